# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""A client of DSM's WebAPI for the UPS settings; what opens URLs is passed in.

It discovers, logs in once, reads and sets SYNO.Core.ExternalDevice.UPS, and logs out. What is right to set is decided
in _dsm/settings.py. What a NAS answers is untrusted.
"""

from __future__ import annotations

import json
import re
import time
from types import TracebackType
from typing import Any, Callable, Dict, Tuple

from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.errors import (
    PORTS,
    DsmError,
    DsmRefused,
    DsmTls,
    DsmUnexpected,
    DsmUnreachable,
    NotDsm,
    login_refused,
    request_refused,
)

AUTH = "SYNO.API.Auth"
INFO = "SYNO.API.Info"
UPS = "SYNO.Core.ExternalDevice.UPS"
AUTH_VERSION = 6  # 7 may want a handshake of its own, below 3 there is no session that DSM 6 and 7 share
OLDEST_AUTH = 3
UPS_VERSION = 1
SESSION = "upsfleet"
REPLY_LIMIT = 256 * 1024  # bytes; the answer to get has about 1000
LOGOUT_GRACE = 3.0  # seconds for the logout, which is sent even when the deadline has passed
_REQUESTS = {"get": "the request to read the UPS settings", "set": "the request to change the UPS settings"}
_PATHS = ("query.cgi", "entry.cgi")  # where SYNO.API.Info answers; every DSM has the first, newer ones both
_PATH = re.compile(r"(?:[A-Za-z0-9_-]+/)*[A-Za-z0-9_-]+\.cgi")

#: ``fetch(url, form, headers, timeout)`` posts a form and returns status and body, of which it may leave out what is
#: beyond :data:`REPLY_LIMIT` + 1 bytes. It follows no redirects, keeps *timeout* for everything from resolving the name
#: to the last byte, and raises :class:`DsmUnreachable` or :class:`DsmTls` with a short text, nothing else.
Fetch = Callable[[str, Dict[str, str], Dict[str, str], float], Tuple[int, bytes]]


def _is_integer(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


class Dsm:
    """A session with a NAS. As a context manager it logs out at the end, also after an error, if it logged in.

    Every method raises a :class:`DsmError` whose text is a sentence for a person.
    """

    def __init__(
        self,
        fetch: Fetch,
        host: str,
        port: int = 5001,
        *,
        timeout: float = 30.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Send nothing yet.

        :param timeout: seconds for everything but the logout, from now on.
        """
        self._fetch = fetch
        self._host = host
        self._port = port
        self._clock = clock
        self._timeout = timeout
        self._deadline = clock() + timeout
        self._account = "this account"
        self._apis: dict[str, tuple[str, int]] = {}
        self._sid = ""
        self._token = ""
        self._login_tried = False

    def __repr__(self) -> str:
        return f"<Dsm {self._host} port {self._port}>"

    def __enter__(self) -> Dsm:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.logout()

    def login(
        self,
        username: str,
        password: str,
        *,
        otp_code: str | None = None,
        device_id: str | None = None,
        device_name: str = SESSION,
    ) -> str | None:
        """Log in, once in the life of this object, after asking where.

        :param otp_code: a one-time code; DSM is then asked to know this device from now on.
        :param device_id: what a login with a one-time code returned; not used together with *otp_code*.
        :returns: the new device_id, after a login with *otp_code*.
        :raises LoginRefused: never try again by yourself.
        """
        if self._login_tried:
            raise DsmError("A second login is never made: DSM blocks addresses that fail too often.")
        self._discover()
        self._login_tried = True
        self._account = username
        form = {"account": username, "passwd": password, "format": "sid", "enable_syno_token": "yes"}
        if otp_code:
            form.update(otp_code=otp_code, enable_device_token="yes", device_name=device_name)  # noqa: S106 no password
        elif device_id:
            form.update(device_id=device_id, device_name=device_name)
        code, data = self._call(AUTH, "login", {**form, "session": SESSION}, self._left())
        if code is not None:
            raise login_refused(self._host, username, code, bool(device_id and not otp_code))
        sid, token = data.get("sid"), data.get("synotoken")
        if not isinstance(sid, str) or not sid:
            raise DsmUnexpected(f"{self._host} accepted the login of {username}, but its answer holds no session.")
        self._sid = sid
        self._token = token if isinstance(token, str) and re.fullmatch(r"[!-~]+", token) else ""
        device = data.get("did") or data.get("device_id")
        return device if otp_code and isinstance(device, str) else None

    def ups_get(self) -> dict[str, Any]:
        """Return DSM's UPS settings as it tells them; :func:`settings.parse_settings` reads them."""
        return self._ask("get", {})

    def ups_set(self, form: dict[str, str]) -> None:
        """Set DSM's UPS settings, which restarts its UPS service.

        :param form: what :func:`settings.set_form` made.
        """
        self._ask("set", form)

    def logout(self) -> None:
        """End the session, if there is one; never raises."""
        if not self._sid:
            return
        try:
            self._call(AUTH, "logout", {"session": SESSION}, LOGOUT_GRACE)
        except DsmError:
            pass  # DSM ends it by itself after a while; an earlier error is worth more
        finally:
            self._sid = self._token = ""

    def left(self) -> float:
        """Return the seconds that are left, 0 or less behind the deadline."""
        return self._deadline - self._clock()

    def _left(self) -> float:
        if self.left() <= 0:
            raise self._unreachable("timeout", "")
        return self.left()

    def _discover(self) -> None:
        """Ask where the APIs answer and in which versions."""
        form = {"query": f"{AUTH},{UPS}"}
        found: dict[str, Any] = {}
        for path in _PATHS:
            self._apis = {INFO: (path, 1)}
            try:
                code, found = self._call(INFO, "query", form, self._left())
                if code is not None:
                    raise request_refused(self._host, self._account, "the request for its APIs", code)
                break
            except (NotDsm, DsmRefused):
                if path == _PATHS[-1]:
                    raise
        self._apis = {
            AUTH: self._api(found, AUTH, OLDEST_AUTH, AUTH_VERSION),
            UPS: self._api(found, UPS, UPS_VERSION, UPS_VERSION),
        }

    def _api(self, found: dict[str, Any], name: str, oldest: int, newest: int) -> tuple[str, int]:
        """Return path and the newest common version of an API."""
        entry: Any = found.get(name)
        if entry is None:
            raise DsmUnexpected(
                f"{self._host} does not offer {name}. DSM 6 and 7 do; check that this is the NAS and that it has USB."
            )
        entry = entry if isinstance(entry, dict) else {}
        path, first, last = (entry.get(key) for key in ("path", "minVersion", "maxVersion"))
        known = isinstance(path, str) and _PATH.fullmatch(path) and _is_integer(first) and _is_integer(last)
        if not known:
            raise DsmUnexpected(f"{self._host} describes {name} in a way that this collection does not know.")
        version = min(newest, last)
        if version < max(oldest, first):
            raise DsmUnexpected(
                f"{self._host} offers {name} in the versions {first} to {last}; this collection speaks {oldest} to "
                f"{newest}."
            )
        return path, version

    def _ask(self, method: str, form: dict[str, str]) -> dict[str, Any]:
        if not self._sid:
            raise DsmError("Log in first.")
        code, data = self._call(UPS, method, form, self._left())
        if code is not None:
            raise request_refused(self._host, self._account, _REQUESTS[method], code)
        return data

    def _call(self, api: str, method: str, form: dict[str, str], timeout: float) -> tuple[int | None, dict[str, Any]]:
        """Return DSM's error code, if it sent one, and the data of its answer."""
        path, version = self._apis[api]
        form = {"api": api, "version": str(version), "method": method, **form}
        headers = {"X-SYNO-TOKEN": self._token} if self._token else {}
        if self._sid:
            form["_sid"] = self._sid
        host = f"[{self._host}]" if ":" in self._host else self._host
        failure: DsmError
        try:
            status, body = self._fetch(f"https://{host}:{self._port}/webapi/{path}", form, headers, timeout)
        except DsmUnreachable as error:
            failure = self._unreachable(error.reason, str(error))
        except DsmTls as error:
            failure = self._tls(str(error))
        else:
            return self._read(status, body)
        raise failure  # out here, so that it carries no other exception along

    def _read(self, status: int, body: bytes) -> tuple[int | None, dict[str, Any]]:
        if len(body) > REPLY_LIMIT:
            raise self._not_dsm(f"more than {REPLY_LIMIT} bytes")
        if status != 200:
            hint = "a redirect, which is not followed, " if 300 <= status < 400 else ""
            raise self._not_dsm(f"{hint}HTTP status {status}")
        answer = _json(body)
        if answer is None:
            raise self._not_dsm("an HTML page" if body.lstrip()[:1] == b"<" else "something that is not JSON")
        if not isinstance(answer, dict) or not isinstance(answer.get("success"), bool):
            raise self._not_dsm("JSON that is not DSM's")
        if answer["success"]:
            data = answer.get("data", {})
            return None, data if isinstance(data, dict) else {}
        error = answer.get("error")
        code = error.get("code") if isinstance(error, dict) else None
        if not _is_integer(code):
            raise DsmUnexpected(f"{self._host} reports an error without a code.")
        return code, {}

    def _not_dsm(self, what: str) -> NotDsm:
        return NotDsm(
            f"{self._host} port {self._port} answers with {what}, not as DSM's WebAPI does. Correct host or port "
            f"(HTTPS, 5001 unless changed under {PORTS}); if they are right, DSM is starting, or something in between "
            "answers."
        )

    def _unreachable(self, reason: str, detail: str) -> DsmUnreachable:
        place = f"{self._host} port {self._port}/tcp"
        texts = {
            "name": f"The name {self._host} does not resolve here. Correct it or the DNS, or use the NAS's address.",
            "refused": f"Nothing listens on {place}. Check that the NAS is on, and its HTTPS port under {PORTS}.",
            "timeout": f"No answer from {place} within {self._timeout:g} s. Check that this is the NAS's address and "
            "that it is on, allow DSM's HTTPS port in its firewall, or raise timeout.",
            "no_route": f"No route leads to {place}, or the NAS is off. Check its address and the network between.",
            "lost": f"{place} broke off the connection. DSM may be restarting: try again in a minute.",
        }
        text = texts.get(reason, f"Talking to {place} failed.")
        return DsmUnreachable(reason, f"{text} ({detail})" if detail not in ("", reason) else text)

    def _tls(self, detail: str) -> DsmTls:
        return DsmTls(
            f"HTTPS with {self._host} port {self._port} failed: {detail}. The certificate must be valid, be made for "
            f"the name {self._host}, and be signed by a CA in ca_path or, without one, in the system's store: give "
            "ca_path, or use the name that the certificate carries (Control Panel > Security > Certificate). "
            "validate_certs: false is the last resort: it would give the password to whoever answers."
        )


def _json(body: bytes) -> Any:
    """Return what *body* holds, None if it is not JSON; raises nothing, since the error would hold the body."""
    try:
        return json.loads(body.decode("utf-8"))
    except (ValueError, RecursionError):
        return None
