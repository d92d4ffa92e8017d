"""The numbers with which this test double of DSM's WebAPI refuses (common and SYNO.API.Auth codes, as documented)."""

from __future__ import annotations

import enum


class Code(enum.IntEnum):
    """Numbers below 400 belong to every API, those from 400 to SYNO.API.Auth."""

    BAD_REQUEST = 101
    NO_API = 102
    NO_METHOD = 103
    NO_VERSION = 104
    NO_PERMISSION = 105
    TIMED_OUT = 106
    DUPLICATE_LOGIN = 107
    MISSING_PARAMETER = 114
    NO_SESSION = 119
    INVALID_PARAMETER = 120
    OTHER_ADDRESS = 150
    NO_APP_PRIVILEGE = 160
    BAD_CREDENTIALS = 400
    DISABLED = 401
    DENIED = 402
    OTP_NEEDED = 403
    OTP_WRONG = 404
    OTP_ENFORCED = 406
    ADDRESS_BLOCKED = 407
    PASSWORD_EXPIRED = 408
    PASSWORD_MUST_CHANGE = 409
    PASSWORD_EXPIRED_TOO = 410
    LOCKED = 411


class ApiError(Exception):
    """Becomes {"success": false, "error": {"code": …}}."""

    def __init__(self, code: int) -> None:
        super().__init__(code)
        self.code = int(code)
