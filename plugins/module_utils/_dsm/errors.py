# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What can go wrong with DSM's WebAPI, each as a sentence: the cause and what to do next.

No text here holds a password, a one-time code, a session or a token, nor anything of an answer's body.
"""

from __future__ import annotations

from typing import Any, Sequence

__all__ = [
    "AUTH_CODES",
    "COMMON_CODES",
    "DsmError",
    "DsmNotApplied",
    "DsmRefused",
    "DsmTls",
    "DsmUnexpected",
    "DsmUnreachable",
    "LoginRefused",
    "NotDsm",
    "Refusal",
    "SessionExpired",
    "login_refused",
    "request_refused",
]

USERS = "Control Panel > User & Group"
SECURITY = "Control Panel > Security"
PORTS = "Control Panel > Login Portal (DSM 6: Network > DSM Settings)"


class DsmError(Exception):
    """Talking to DSM failed. ``kind`` names the class for machines, ``code`` is DSM's error code, where it sent one."""

    kind = "error"

    def __init__(self, text: str, code: int | None = None) -> None:
        super().__init__(text)
        self.code = code


class DsmUnreachable(DsmError):
    """No answer. ``reason`` is one of ``name``, ``refused``, ``timeout``, ``no_route`` and ``lost`` (cut midway)."""

    kind = "unreachable"

    def __init__(self, reason: str, text: str = "") -> None:
        super().__init__(text or reason)
        self.reason = reason


class DsmTls(DsmError):
    """No HTTPS with a certificate that is trusted."""

    kind = "tls_failed"


class NotDsm(DsmError):
    """What answers does not speak DSM's WebAPI."""

    kind = "not_dsm"


class DsmUnexpected(DsmError):
    """DSM answered what this collection does not know how to read."""

    kind = "unexpected"


class DsmRefused(DsmError):
    """DSM answered a request with an error code."""

    kind = "refused"


class LoginRefused(DsmRefused):
    """DSM did not let the account in. It is not tried again: DSM blocks addresses after a few failures."""

    kind = "login_refused"

    def __init__(self, text: str, code: int | None = None, kind: str = "login_refused") -> None:
        super().__init__(text, code)
        self.kind = kind


class SessionExpired(DsmRefused):
    """DSM ended the session. No second login is made."""

    kind = "session_expired"


class Refusal(DsmError):
    """This collection does not send what was asked for.

    ``needs_ssh``: the SSH way would do all of it. ``differs`` names the settings that are not as asked, where that is
    what matters.
    """

    kind = "not_safe"

    def __init__(self, text: str, needs_ssh: bool = False, differs: Sequence[str] = ()) -> None:
        super().__init__(text)
        self.needs_ssh = needs_ssh
        self.differs = list(differs)
        self.kind = "needs_ssh" if needs_ssh else "not_safe"


class DsmNotApplied(DsmError):
    """What stands after a set is not what was asked for."""

    kind = "not_applied"


class DsmOvertaken(DsmNotApplied):
    """DSM took the permitted list, and another one stands: somebody may have set it right afterwards.

    ``stands`` is what DSM told then, a :class:`settings.UpsSettings`.
    """

    def __init__(self, text: str, stands: Any) -> None:
        super().__init__(text)
        self.stands = stands


# Codes that any API may answer. {what} is what was asked, such as "the login"; {account} is who is logged in.
COMMON_CODES = {
    100: "{host} answered {what} with error 100, which DSM gives without a reason. Look at Log Center on the NAS, then "
    "try again.",
    101: "{host} refused {what}: it misses a parameter, or one is wrong (error 101). Its DSM differs from those "
    "this collection knows.",
    102: "{host} has no such API for {what} (error 102): DSM before 5 has none, and a router in between may answer for "
    "the NAS.",
    103: "{host} does not know the method of {what} (error 103). Its DSM differs from those this collection knows.",
    104: "{host} does not take {what} in the version that this collection speaks (error 104).",
    105: "{host} refused {what}: {account} has no permission (error 105). The account must be in the group "
    "administrators: " + USERS + ".",
    106: "{host} ended the session of {account} before {what} (error 106, time ran out). Run this again.",
    107: "{host} ended the session of {account} before {what} (error 107, the account logged in elsewhere at the same "
    "time). Give Ansible an account of its own and run this again.",
    114: "{host} refused {what}: parameters are missing (error 114). Its DSM differs from those this collection knows.",
    119: "{host} no longer knows the session of {account} at {what} (error 119): it was ended, or DSM has restarted. "
    "Run this again.",
    120: "{host} refused {what}: a parameter is not valid (error 120). Its DSM differs from those this collection "
    "knows.",
    150: "{host} saw {what} come from another address than the login (error 150). Go to the NAS directly, or turn off "
    "proxy or address translation in between; the check is Improve security with checking IP address under "
    + SECURITY
    + ".",
    160: "{host} does not let {account} use the application behind {what} (error 160). Allow it under "
    + USERS
    + " > the account > Applications.",
}

_ONCE = "This was one attempt and no second is made, because DSM blocks addresses that fail too often."
_DEVICE = (
    "To do without it from then on, run once with otp_code: the result holds device_id, which you keep in the vault "
    "and give as device_id, with the same device_name."
)

# Codes of SYNO.API.Auth.
AUTH_CODES = {
    400: "{host} refused the login of {account} (error 400): no such account, or the password is wrong. DSM answers "
    "this to some accounts that are not in the group administrators too. " + _ONCE,
    401: "{host} refused the login: the account {account} is disabled (error 401). Enable it under " + USERS + ".",
    402: "{host} refused the login: {account} may not log in to DSM (error 402). Put it in the group administrators "
    "and allow it the application DSM under " + USERS + ".",
    403: "{host} asks {account} for a one-time code (error 403). " + _DEVICE,
    404: "{host} did not accept the one-time code of {account} (error 404). A code is good once and for about 30 "
    "seconds: take the next one, and compare the clocks of the NAS and of the device that makes it. " + _ONCE,
    406: "{host} demands 2-factor authentication of {account} (error 406). If the account has none yet, log in to DSM "
    "with a browser once and set it up. " + _DEVICE,
    407: "{host} has blocked the address that this came from, after too many failed logins (error 407). Take it out "
    "under " + SECURITY + " > Protection > Auto Block, correct the password, then run this again.",
    408: "{host} refused the login: the password of {account} has expired and cannot be changed by itself (error 408). "
    "Let an administrator set a new one under " + USERS + ".",
    409: "{host} refused the login: the password of {account} has expired (error 409). Log in to DSM with a browser "
    "and change it.",
    410: "{host} refused the login: {account} must change its password first (error 410). Log in to DSM with a browser "
    "and change it.",
    411: "{host} refused the login: the account {account} is locked after failed logins (error 411). Wait, or unlock "
    "it under " + SECURITY + " > Account, and correct the password.",
}
_AUTH_KINDS = {
    400: "bad_credentials",
    403: "otp_needed",
    404: "otp_wrong",
    406: "otp_needed",
    407: "blocked",
}
_EXPIRED = (106, 107, 119)


def login_refused(host: str, account: str, code: int, with_device: bool) -> LoginRefused:
    """Return the error for what SYNO.API.Auth answered.

    :param with_device: whether a device_id was sent.
    """
    text = AUTH_CODES.get(code, COMMON_CODES.get(code, ""))
    if not text:
        text = (
            "{host} refused the login of {account} with error {code}, for which DSM documents no meaning. Try the "
            "account with a browser. " + _ONCE
        )
    text = text.format(host=host, account=account, code=code, what="the login")
    if with_device and code in (403, 406):
        text += (
            " The device_id that was given is not accepted: it belongs to another account or device_name, or was taken "
            "off the account's trusted devices. Make a new one."
        )
    return LoginRefused(text, code, _AUTH_KINDS.get(code, LoginRefused.kind))


def request_refused(host: str, account: str, what: str, code: int) -> DsmRefused:
    """Return the error for what an API other than SYNO.API.Auth answered.

    :param what: what was asked, such as "the request to read the UPS settings".
    """
    text = COMMON_CODES.get(code)
    if not text:
        text = (
            "{host} answered {what} with error {code}, for which DSM documents no meaning. Look at Log Center on the "
            "NAS, and try the same in DSM's own dialog."
        )
    text = text.format(host=host, account=account, what=what, code=code)
    if code in _EXPIRED:
        return SessionExpired(text, code)
    error = DsmRefused(text, code)
    if code == 105:
        error.kind = "not_administrator"
    return error
