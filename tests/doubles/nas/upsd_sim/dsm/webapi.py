"""DSM's WebAPI as this test double plays it: a request in, a reply out; no sockets, no real time."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any, Callable, Dict

from . import settings
from .accounts import Credentials
from .errors import ApiError, Code
from .nas import Dsm
from .sessions import Session

AUTH = "SYNO.API.Auth"
INFO = "SYNO.API.Info"
UPS = "SYNO.Core.ExternalDevice.UPS"
PAGE = "<!DOCTYPE html>\n<html><head><title>Synology double</title></head><body>Sorry.</body></html>\n"


@dataclass(frozen=True)
class Request:
    """One HTTP request; `script` is what stands behind /webapi/."""

    script: str
    params: dict[str, str]
    address: str
    token: str = ""
    """The header X-SYNO-TOKEN."""
    cookie: str = ""
    """The cookie `id`."""


@dataclass
class Reply:
    """One HTTP reply."""

    body: str
    content_type: str = "application/json; charset=utf-8"
    cut: bool = False
    """Close the connection instead."""
    cookie: str = ""


@dataclass(frozen=True)
class Api:
    """What SYNO.API.Info tells of one API."""

    path: str
    newest: int
    oldest: int = 1
    json_values: bool = False
    scripts: frozenset[str] = field(default_factory=frozenset)
    """Other scripts that serve it too."""

    def told(self) -> dict[str, Any]:
        """As in the answer to `query`."""
        told = {"path": self.path, "minVersion": self.oldest, "maxVersion": self.newest}
        return {**told, "requestFormat": "JSON"} if self.json_values else told


def apis(generation: int) -> dict[str, Api]:
    """The APIs of DSM 6 or 7."""
    both = frozenset({"entry.cgi", "query.cgi"})
    if generation == 6:
        return {
            INFO: Api("query.cgi", 1, scripts=both),
            AUTH: Api("auth.cgi", 6),
            UPS: Api("entry.cgi", 1),
        }
    return {
        INFO: Api("entry.cgi", 1, json_values=True, scripts=both),
        AUTH: Api("entry.cgi", 7, json_values=True, scripts=frozenset({"auth.cgi"})),
        UPS: Api("entry.cgi", 1, json_values=True),
    }


class Cut(Exception):
    """The connection ends here."""


Method = Callable[[Request], Dict[str, Any]]


class WebApi:
    """Answers the requests to one NAS."""

    def __init__(self, dsm: Dsm) -> None:
        self._dsm = dsm
        self._apis = apis(dsm.files.generation)
        self._methods: dict[tuple[str, str], Method] = {
            (INFO, "query"): self._query,
            (AUTH, "login"): self._login,
            (AUTH, "logout"): self._logout,
            (UPS, "get"): self._get,
            (UPS, "set"): self._set,
        }

    def answer(self, request: Request) -> Reply:
        """Carry out one request."""
        if self._dsm.faults.html:
            return Reply(PAGE, "text/html")
        method = request.params.get("method", "")
        try:
            data = self._dispatch(request)
        except Cut:
            return Reply("", cut=True)
        except ApiError as error:
            self._dsm.counts.refusals[f"{method or '(none)'} {error.code}"] += 1
            return Reply(json.dumps({"error": {"code": error.code}, "success": False}))
        wants_cookie = method == "login" and request.params.get("format", "cookie") == "cookie"
        body: dict[str, Any] = {"data": data, "success": True} if data else {"success": True}
        return Reply(json.dumps(body), cookie=data["sid"] if wants_cookie else "")

    def _dispatch(self, request: Request) -> dict[str, Any]:
        name, version, method = (request.params.get(key, "") for key in ("api", "version", "method"))
        if not name or not version or not method:
            raise ApiError(Code.BAD_REQUEST)
        api = self._apis.get(name)
        if api is None or request.script not in api.scripts | {api.path}:
            raise ApiError(Code.NO_API)
        if (name, method) not in self._methods:
            raise ApiError(Code.NO_METHOD)
        self._dsm.counts.calls[method] += 1
        if not version.isdecimal() or not api.oldest <= int(version) <= api.newest:
            raise ApiError(Code.NO_VERSION)
        return self._methods[name, method](request)

    def _query(self, request: Request) -> dict[str, Any]:
        wanted = request.params.get("query", "").strip('"').split(",")
        return {name: api.told() for name, api in self._apis.items() if name in wanted or wanted in (["all"], ["ALL"])}

    def _login(self, request: Request) -> dict[str, Any]:
        params = request.params
        # DSM 7 calls passwd, device_name and device_id the same up to version 6, which is all that is spoken here.
        if not params.get("account") or "passwd" not in params:
            raise ApiError(Code.BAD_CREDENTIALS if "account" in params else Code.BAD_REQUEST)
        names = ("account", "passwd", "otp_code", "device_name", "device_id")
        given = Credentials(*(params.get(name, "") for name in names))
        account = self._dsm.accounts.login(request.address, given)
        session = self._dsm.sessions.open(account, request.address, params.get("enable_syno_token") == "yes")
        data = {"sid": session.sid, "is_portal_port": False}
        if session.token:
            data["synotoken"] = session.token
        if params.get("enable_device_token") == "yes" and given.device_name:
            key = "device_id" if int(params["version"]) >= 7 else "did"
            data[key] = self._dsm.accounts.remember(account, given.device_name)
        return data

    def _logout(self, request: Request) -> dict[str, Any]:
        self._dsm.sessions.close(self._sid(request))
        self._dsm.session_is_over()
        return {}

    @staticmethod
    def _sid(request: Request) -> str:
        return request.params.get("_sid", request.cookie)

    def _admin(self, request: Request) -> Session:
        """The session of a request that only administrators may make."""
        token = request.params.get("SynoToken", request.token)
        session = self._dsm.sessions.find(self._sid(request), request.address, token)
        if not session.account.admin:
            raise ApiError(Code.NO_PERMISSION)
        if self._dsm.faults.answer:
            raise ApiError(self._dsm.faults.answer)
        return session

    def _get(self, request: Request) -> dict[str, Any]:
        self._admin(request)
        part = request.params.get("type", "").strip('"')
        return settings.describe(self._dsm.files, self._dsm.state.upses["ups"], part)

    def _set(self, request: Request) -> dict[str, Any]:
        cut, self._dsm.faults.cut_set = self._dsm.faults.cut_set, ""
        if cut == "before":
            raise Cut
        self._admin(request)
        self._dsm.set(self._values(request.params))
        if cut:
            raise Cut
        return {}

    def _values(self, params: dict[str, str]) -> dict[str, Any]:
        """The parameters of `set`: JSON on DSM 7; DSM 6 takes a bare word for a string."""
        values = {}
        for name, text in params.items():
            if name in ("api", "version", "method", "_sid", "SynoToken"):
                continue
            try:
                values[name] = json.loads(text)
            except ValueError:
                if self._apis[UPS].json_values:
                    raise ApiError(Code.INVALID_PARAMETER) from None
                values[name] = text
        return values
