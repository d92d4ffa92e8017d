"""The arguments of this test double's control commands: checked, or explained."""

from __future__ import annotations

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.control import UsageError as UsageError

from . import access

LONGEST_WAIT = 3600.0
"""Seconds; the most that any command accepts."""


def one(args: list[str], what: str) -> str:
    """The only argument."""
    if len(args) != 1 or not args[0]:
        raise UsageError(f"expected one argument: {what}")
    return args[0]


def none(args: list[str]) -> None:
    """No argument."""
    if args:
        raise UsageError(f"takes no argument, got: {' '.join(args)}")


def choice(args: list[str], words: tuple[str, ...]) -> str:
    """One of these words."""
    if len(args) != 1 or args[0] not in words:
        raise UsageError(f"expected {' or '.join(words)}, got: {' '.join(args) or '(none)'}")
    return args[0]


def number(args: list[str], what: str, longest: int = 100000) -> int:
    """A whole number from 1."""
    text = one(args, what)
    if not text.isdecimal() or not 1 <= int(text) <= longest:
        raise UsageError(f"{what} must be a number from 1 to {longest}, got: {text}")
    return int(text)


def address(args: list[str]) -> str:
    """An address, as upsd compares it."""
    text = one(args, "an IPv4 or IPv6 address")
    try:
        return access.canonical(text)
    except ValueError:
        raise UsageError(f"not an IPv4 or IPv6 address: {text}") from None


def seconds(text: str) -> float:
    """A time that is not too long."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= LONGEST_WAIT:
        raise UsageError(f"seconds must be a number from 0 to {LONGEST_WAIT:.0f}, got: {text}")
    return value
