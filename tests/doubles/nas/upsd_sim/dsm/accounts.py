"""The accounts of this test double of DSM, and its auto block; no sockets, the clock is injected."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from typing import Callable

from .errors import ApiError, Code

BLOCK_AFTER = 5
BLOCK_WINDOW = 300.0
"""Seconds in which that many refused logins block an address, until somebody takes the block away."""

ADMIN = "upsadmin"


@dataclass
class Account:
    """A DSM account."""

    password: str
    admin: bool = True
    otp: str = ""
    """The one code that is right now; none asked if empty."""
    devices: dict[str, str] = field(default_factory=dict)
    """Device tokens by their names: such a device is not asked for a code again."""


@dataclass(frozen=True)
class Credentials:
    """What a login brings."""

    account: str
    password: str
    otp_code: str = ""
    device_name: str = ""
    device_id: str = ""


class Accounts:
    """Who may log in, and from where no more."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.reset()

    def reset(self) -> None:
        """As new."""
        self.by_name = {ADMIN: Account("Api-Password-1"), "guest": Account("Guest-Password-1", admin=False)}
        self.block_after = BLOCK_AFTER
        self.blocked: set[str] = set()
        self.refuse_with = 0
        """A code that answers right credentials: account disabled, password expired, and so on."""
        self._failures: dict[str, list[float]] = {}

    @property
    def failures(self) -> dict[str, int]:
        """Refused logins that still count, by address."""
        oldest = self._clock() - BLOCK_WINDOW
        counts = {address: sum(time > oldest for time in times) for address, times in self._failures.items()}
        return {address: count for address, count in counts.items() if count}

    def unblock(self) -> None:
        """A person empties DSM's block list."""
        self.blocked.clear()
        self._failures.clear()

    def login(self, address: str, given: Credentials) -> Account:
        """The account, or ApiError. A login that fails by its password or its code counts against the address."""
        if address in self.blocked:
            raise ApiError(Code.ADDRESS_BLOCKED)
        account = self.by_name.get(given.account)
        if account is None or account.password != given.password:
            raise self._failed(address, Code.BAD_CREDENTIALS)
        if self.refuse_with:
            raise ApiError(self.refuse_with)
        if account.otp and not self._is_known_device(account, given):
            if not given.otp_code:
                raise ApiError(Code.OTP_NEEDED)
            if given.otp_code != account.otp:
                raise self._failed(address, Code.OTP_WRONG)
        return account

    @staticmethod
    def _is_known_device(account: Account, given: Credentials) -> bool:
        return bool(given.device_id) and account.devices.get(given.device_name) == given.device_id

    def _failed(self, address: str, code: Code) -> ApiError:
        self._failures.setdefault(address, []).append(self._clock())
        if self.failures[address] >= self.block_after:
            self.blocked.add(address)
        return ApiError(code)

    @staticmethod
    def remember(account: Account, device_name: str) -> str:
        """A token that spares this device the code from now on."""
        return account.devices.setdefault(device_name, secrets.token_urlsafe(24))
