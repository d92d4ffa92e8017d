# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Waking the hosts that a power failure has shut down: when a packet may be sent, to whom, and how it ended. Pure.

A packet alone proves nothing, so a host counts as woken when the UPS server lists its upsmon. While a forced shutdown
stands, or on battery, a host that is woken goes down again at once.
"""

from __future__ import annotations

from typing import Any, Mapping, NamedTuple, Sequence, Tuple

from ansible_collections.upsfleet.synology.plugins.module_utils._addresses import normalise_address
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.untrusted import printable

# How it ends.
ALREADY_THERE, WOKEN, CAME_BACK = "already_there", "woken", "came_back"
NO_MAC, NO_ADDRESS, NOT_FED, GAVE_UP, BAD_INPUT = "no_mac", "no_address", "not_fed", "gave_up", "bad_input"
WOULD_WAKE = "would_wake"
WELL = (ALREADY_THERE, WOKEN, CAME_BACK, WOULD_WAKE)

NOT_PERMITTED = "not_permitted"

# Words of ups.status with which a host that comes back goes down again, or will soon; the first that is there is told.
_BAD_WORDS = {
    "FSD": "a forced shutdown stands",
    "OB": "it is on battery",
    "LB": "its battery is low",
    "CAL": "it calibrates its battery",
    "OFF": "it is off",
    "WAIT": "its driver has just started",
}

Server = Tuple[str, int]
"""Address or name of a UPS server, and its port."""

Readings = Mapping[Server, Mapping[str, Any]]
"""What M(upsfleet.synology.upsd_info) returned of each server, failures included."""


class Sleeper(NamedTuple):
    """A host that may be off."""

    name: str
    upses: Sequence[tuple[Server, str]] = ()
    """The UPSes that feed it, by server and name."""
    addresses: Sequence[str] = ()
    """As which its upsmon is listed; none where that is not known."""
    macs: Sequence[str] = ()
    armed: bool | None = None
    """Whether a packet starts it, as its card said when it was last seen alive."""
    why: str = ""
    """What was said of its way back then."""
    passive: bool = False
    """Whether something else starts it: no packet is sent, but it is waited for."""
    broadcast: str = "255.255.255.255"
    port: int = 9
    fault: str = ""
    """What is wrong with its variables, so that it is not tried."""


FRESH = 5.0
"""Seconds for which a reading is taken for the present: packets after that wait for the next one."""


class Plan(NamedTuple):
    """How long to try. All are seconds but the charge, in per cent."""

    wait: float = 3600
    """For the power, the charge and the NAS."""
    timeout: float = 600
    """For the login of a host, from its first packet on."""
    interval: float = 15
    """From one packet to the next."""
    min_charge: float = 30
    at_once: int = 0
    """How many hosts are waited for at the same time; 0: all."""


class Outcome:
    """What was done for a host so far."""

    def __init__(self, sleeper: Sleeper) -> None:
        self.sleeper = sleeper
        self.code = ""
        self.text = ""
        self.packets = 0
        self.error = ""
        self.since: float | None = None
        self.last: float | None = None
        """When it got its last packet."""

    def end(self, code: str, text: str) -> None:
        """Record how it ended."""
        self.code, self.text = code, text

    def sent(self, now: float, error: str = "") -> None:
        """Count a packet; *error* is why it could not be sent."""
        self.packets += 1
        self.last, self.error = now, error

    def shown(self) -> dict[str, Any]:
        """Return it as a result."""
        one = self.sleeper
        return {
            "code": self.code,
            "text": self.text,
            "packets": self.packets,
            "macs": list(one.macs),
            "armed": one.armed,
        }


class Waking:
    """The state of all hosts, in the order in which they are woken."""

    def __init__(self, sleepers: Sequence[Sleeper], plan: Plan, now: float) -> None:
        self.outcomes = [Outcome(sleeper) for sleeper in sleepers]
        self.notes: list[str] = []
        """What people should know that hinders nobody."""
        self.waits: list[str] = []
        """What the last step found that has to pass."""
        self._plan = plan
        self._start = now
        for outcome in self.outcomes:
            if outcome.sleeper.fault:
                outcome.end(BAD_INPUT, outcome.sleeper.fault)
            elif not outcome.sleeper.upses:
                text = "not tried, because no UPS that counts feeds it: give a monitor of it a power_value above 0"
                outcome.end(NOT_FED, f"{text}, or set ups_wake: false.")
            elif not outcome.sleeper.addresses:
                text = "not tried, because no address is known as which the NAS would list it: set ups_client_address"
                outcome.end(NO_ADDRESS, f"{text}, or audit it while it is up, with ups_report_file.")

    def servers(self) -> list[Server]:
        """Return the servers that must be read."""
        pending = [one.sleeper for one in self.outcomes if not one.code]
        return list(dict.fromkeys(server for sleeper in pending for server, _ups in sleeper.upses))

    def step(self, readings: Readings, now: float) -> list[Outcome]:
        """Judge what was just read of all :meth:`servers`; return the hosts that are due for a packet, in order.

        Those that got theirs last come last, so that nobody is left out where sending takes long.
        """
        due, busy = [], 0
        self.waits = []
        for one in self.outcomes:
            if one.code:
                continue
            if is_listed(one.sleeper, readings):
                self._end_well(one, now)
                continue
            hindrance = self._hindrance(one.sleeper, readings)
            if hindrance:
                self.waits = list(dict.fromkeys([*self.waits, f"Waiting, because {hindrance[1]}."]))
                self._end_hindered(one, hindrance, now)
            elif not (one.sleeper.macs or one.sleeper.passive):
                one.end(NO_MAC, _no_mac(one.sleeper))
            elif not self._plan.at_once or busy < self._plan.at_once:
                busy += 1
                one.since = now if one.since is None else one.since
                if now - one.since >= self._plan.timeout:
                    one.end(GAVE_UP, self._gave_up(one))
                elif one.sleeper.macs and (one.last is None or now - one.last >= self._plan.interval):
                    due.append(one)
        return sorted(due, key=lambda one: -1 if one.last is None else one.last)

    def is_still_due(self, one: Outcome, readings: Readings) -> bool:
        """Return whether a host that was due is so by what was read since."""
        return not is_listed(one.sleeper, readings) and self._hindrance(one.sleeper, readings) is None

    def preview(self, readings: Readings) -> None:
        """Judge what was just read, for a run that sends nothing."""
        for one in self.outcomes:
            sleeper = one.sleeper
            if one.code:
                continue
            hindrance = self._hindrance(sleeper, readings)
            if is_listed(sleeper, readings):
                one.end(ALREADY_THERE, "already there.")
            elif not (sleeper.macs or sleeper.passive):
                one.end(NO_MAC, _no_mac(sleeper))
            elif hindrance and hindrance[0] == NOT_PERMITTED:
                one.end(GAVE_UP, f"cannot be woken from here, because {hindrance[1]}.")
            else:
                what = f"send packets to {', '.join(sleeper.macs)}" if sleeper.macs else "wait for it, without a packet"
                first = f"first wait, because {hindrance[1]}, then " if hindrance else ""
                one.end(WOULD_WAKE, f"would {first}{what}. {_promise(sleeper)}")

    def _hindrance(self, sleeper: Sleeper, readings: Readings) -> tuple[str, str] | None:
        found = (hindrance(readings[server], server, ups, self._plan.min_charge) for server, ups in sleeper.upses)
        codes = [one for one in found if one]
        blocking = [one for one in codes if one[0] != _UNUSABLE]
        for _code, text in codes:
            if _code == _UNUSABLE and text not in self.notes:
                self.notes.append(text)
        return blocking[0] if blocking else None

    def _end_well(self, one: Outcome, now: float) -> None:
        seconds = "" if one.since is None else f", {now - one.since:.0f} s after the first"
        if one.packets:
            one.end(WOKEN, f"woken: logged in again after {_packets(one.packets)}{seconds}.")
        elif one.since is not None:
            one.end(CAME_BACK, "came back without a packet, and is logged in again.")
        else:
            one.end(ALREADY_THERE, "already there.")

    def _end_hindered(self, one: Outcome, hindrance: tuple[str, str], now: float) -> None:
        one.since = None  # its seconds begin anew when the power is back
        if hindrance[0] == NOT_PERMITTED or now - self._start >= self._plan.wait:
            sent = f" It got {_packets(one.packets)} before." if one.packets else " Nothing was sent."
            one.end(GAVE_UP, f"gave up, because {hindrance[1]}.{sent}")

    def _gave_up(self, one: Outcome) -> str:
        what = f"{_packets(one.packets)}" if one.packets else "nothing was sent"
        text = f"gave up after {self._plan.timeout:g} s ({what}): the NAS does not list it. {_promise(one.sleeper)}"
        text += f" Sending failed: {one.error.rstrip('.')}." if one.error else ""
        return f"{text} If it is up, upsfleet.synology.audit says why it is not logged in."


_UNUSABLE = "unusable"


def is_listed(sleeper: Sleeper, readings: Readings) -> bool:
    """Return whether every server that feeds a host lists it as a client of the UPS."""
    for server, ups in sleeper.upses:
        found = _ups(readings[server], ups)
        if found is None or not {normalise_address(str(one)) for one in found["clients"]} & set(sleeper.addresses):
            return False
    return bool(sleeper.upses)


def hindrance(reading: Mapping[str, Any], server: Server, ups: str, min_charge: float) -> tuple[str, str] | None:
    """Return why nobody may be woken by what a server says of a UPS, as a code and for people; None if nothing does.

    The code ``unusable`` hinders nobody: it says that the charge is none.
    """
    place = f"{ups}@{server[0]}" if server[1] == 3493 else f"{ups}@{server[0]}:{server[1]}"
    if reading.get("failed") or reading.get("unreachable"):
        reason = str(reading.get("reason") or "unreadable")
        text = f"the UPS server cannot be read: {printable(str(reading.get('msg', 'no answer'))).rstrip('.')}"
        remedy = " (ups_wake_from names a host that is permitted there)" if reason == NOT_PERMITTED else ""
        return reason, text + remedy
    found = _ups(reading, ups)
    if found is None:
        return "no_ups", f"{server[0]} has no UPS {ups}"
    error = found.get("variables_error") or found.get("clients_error")
    if error:
        return "untold", f"{place} answers {printable(str(error))}"
    status = str(found["variables"].get("ups.status", ""))
    words = status.upper().split()
    bad = next((word for word in _BAD_WORDS if word in words), None)
    if bad or "OL" not in words:
        return "power", f"{place} says {printable(status)!r}: {_BAD_WORDS[bad] if bad else 'it is not on line'}"
    return _charge(found["variables"].get("battery.charge"), place, min_charge)


def _charge(value: Any, place: str, min_charge: float) -> tuple[str, str] | None:
    """Judge battery.charge, which counts where it is a number from 0 to 100 (NUT issues 731, 2190)."""
    if not min_charge:
        return None
    try:
        charge = float(str(value))
    except ValueError:
        charge = -1
    if not 0 <= charge <= 100:
        said = "has no battery.charge" if value is None else f"has the battery.charge {printable(str(value))!r}"
        return _UNUSABLE, f"{place} {said}: no charge was waited for"
    return None if charge >= min_charge else ("charge", f"{place} is charged to {charge:g} %, not {min_charge:g} %")


def _ups(reading: Mapping[str, Any], name: str) -> Mapping[str, Any] | None:
    return next((one for one in reading.get("upses") or () if one["name"] == name), None)


def _packets(number: int) -> str:
    return f"{number} packet{'s' * (number != 1)}"


def _promise(sleeper: Sleeper) -> str:
    """Return what may be expected of a packet."""
    why = f": {printable(sleeper.why)}" if sleeper.why else ""
    if sleeper.passive:
        return f"Something else starts it{why}."
    if sleeper.armed:
        return "Its card was armed when it was last audited."
    if sleeper.armed is False:
        return f"No promise, because no card of it was armed when it was last audited{why}."
    return f"No promise, because no audit told whether its card is armed{why}."


def _no_mac(sleeper: Sleeper) -> str:
    why = f" ({printable(sleeper.why)})" if sleeper.why else ""
    return f"no MAC address known{why}: set ups_wake_mac, or audit it while it is up, with ups_report_file."
