# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Who takes part in a drill, where its upsd is, and what is played to all of them at once."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any, Iterable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._drill import outcome, scenarios
from ansible_collections.upsfleet.synology.plugins.plugin_utils._errors import InvalidInput

_ANY_PORT = 9  # of a datagram that is never sent


def plan(
    result: Mapping[str, Any],
    settings: Mapping[str, Any],
    names: Sequence[str],
    inventory_address: str,
    server: str = "",
    boxes: Sequence[str] = (),
) -> dict[str, Any]:
    """Return of one host why it is not drilled (``obstacle``, ``possible``), and what a drill has to know of it.

    :param result: the fact nut_client_result of an audit that has just been.
    :param settings: of its upsmon.conf, by directive in lower case.
    :param names: the scenarios.
    :param inventory_address: where Ansible finds the host.
    :param server: where the drill's upsd is, an address or a name; empty for this machine's, towards the host.
    :param boxes: where Ansible finds the NAS boxes.
    :raises InvalidInput: where a scenario is unknown, the server has no address, or is a NAS.
    """
    scenarios.named(names)
    access = result.get("access") or ()
    nas = [one.get(key) for one in access for key in ("host", "peer_address")] + list(boxes)
    nas += [address for one in access for address in one.get("addresses") or ()]
    place = _resolved(server) if server else source_address(inventory_address)
    if not place:
        raise InvalidInput(
            f"The drill's upsd is to be at {server}, which has no address: set nut_drill_address to one that the hosts "
            "reach."
        )
    if place in {_resolved(str(one)) for one in nas if one}:
        raise InvalidInput(
            f"The drill's upsd is to be at {place}, where a NAS is, and a drill never touches one: set "
            "nut_drill_server or nut_drill_address to any other host."
        )
    seen = [result.get("address"), inventory_address, *(one.get("source_address") for one in access)]
    obstacle = outcome.obstacle(result)
    return {
        "obstacle": obstacle.text,
        "possible": obstacle.possible,
        "settings": scenarios.own(settings)._asdict(),
        "addresses": list(dict.fromkeys(text for text in map(_address, seen) if text)),
        "server": place,
    }


def _address(text: Any) -> str:
    """Return an address as it is written best, empty for what is none."""
    try:
        return str(ipaddress.ip_address(str(text).partition("%")[0]))
    except ValueError:
        return ""


def _resolved(host: str) -> str:
    """Return the first address of a name, or the address that it is; empty where there is none."""
    try:
        return _address(host) or _address(socket.getaddrinfo(host, None)[0][4][0])
    except OSError:
        return ""


def source_address(host: str) -> str:
    """Return the address of this machine from which it reaches *host*; the loopback's where there is no way.

    Nothing is sent: the kernel's choice of a route is what is asked for.
    """
    try:
        family, kind, _proto, _name, place = socket.getaddrinfo(host, _ANY_PORT, type=socket.SOCK_DGRAM)[0]
        with socket.socket(family, kind) as sock:
            sock.connect(place)
            return str(sock.getsockname()[0])
    except OSError:
        return "127.0.0.1"


def taking_part(hostvars: Mapping[str, Any], hosts: Iterable[str]) -> list[str]:
    """Return those of *hosts* that are drilled."""
    plans = {name: hostvars[name].get("nut_drill_plan") for name in hosts}
    return [name for name, one in plans.items() if one and not one["obstacle"]]


def script(hostvars: Mapping[str, Any], hosts: Sequence[str], names: Sequence[str]) -> dict[str, Any]:
    """Return what is played: ``scenarios``, paced by the slowest host; and ``pace``, ``addresses`` to listen at,
    ``permitted`` ones, and ``until``, seconds after which all is over."""
    plans = [hostvars[name]["nut_drill_plan"] for name in hosts]
    pace = scenarios.pace(one["settings"] for one in plans)
    wanted = scenarios.named(names)
    played = [scenarios.script(one, pace) for one in wanted]
    return {
        "pace": pace._asdict(),
        "scenarios": [{key: one[key] for key in ("name", "steps", "linger")} for one in played],
        "until": max(one["until"] for one in played) + 10,
        "addresses": list(dict.fromkeys(one["server"] for one in plans)),
        "permitted": list(dict.fromkeys(address for one in plans for address in one["addresses"])),
    }


def targets(played: Sequence[Mapping[str, Any]], ports: Mapping[str, int], host: str) -> list[dict[str, Any]]:
    """Return where a host finds the upsd of each scenario."""
    return [{"name": one["name"], "host": host, "port": ports[one["name"]]} for one in played]


def expected_logins(hostvars: Mapping[str, Any], hosts: Sequence[str], names: Sequence[str]) -> dict[str, list[str]]:
    """Return which addresses are to be logged in, by scenario: those that the hosts' upsmons use."""
    started = (hostvars[name].get("__nut_drill_started") or {} for name in hosts)
    addresses = [str(one["address"]) for one in started if one.get("address")]
    return {one.name: addresses for one in scenarios.named(names)}


def judged(
    result: Mapping[str, Any],
    settings: Mapping[str, Any],
    played: Mapping[str, Any],
    events: Mapping[str, Any],
    collected: Mapping[str, Any],
    address: str,
    date: str,
) -> dict[str, Any]:
    """Return what a host made of a drill: ``drill``, which is kept, and ``failures``, which end the host's run.

    :param played: what :func:`script` returned.
    :param events: the result of M(upsfleet.synology.nut_drill_server) with ``played``.
    :param collected: the result of M(upsfleet.synology.nut_drill_client) with ``collected``.
    :param address: from which the host reaches the drill's upsd.
    :param date: ISO 8601.
    :raises InvalidInput: where nothing was played.
    """
    if not events.get("played"):
        raise InvalidInput(f"Nothing was played: {events.get('msg', 'the play ended before')}")
    package = result["package"]["version"]
    begun = {name: rows["steps"][0]["time"] - rows["steps"][0]["at"] for name, rows in events["events"].items()}
    seen = {name: _seen(name, start, events, collected, address) for name, start in begun.items()}
    names = [one["name"] for one in played["scenarios"]]
    rows = outcome.judged(names, package, scenarios.Pace(**played["pace"]), scenarios.own(settings), seen)
    failures = [f"It {row['text']}." for row in rows.values() if row["result"] == outcome.WRONG]
    if collected["left"]:
        failures.append(f"The drill left {', '.join(collected['left'])} behind: remove it.")
    changed = [what for what, same in collected["untouched"].items() if not same]
    if changed:
        failures.append(f"It is not proved that the drill left the host's own upsmon alone: {', '.join(changed)}.")
    return {"drill": {"date": date, "package": package, "scenarios": rows}, "failures": failures}


def _seen(
    name: str, start: float, events: Mapping[str, Any], collected: Mapping[str, Any], address: str
) -> outcome.Seen:
    """Return what was seen of a host in one scenario, in seconds since its first event."""
    marker = collected["markers"].get(name) or {}
    logins = events["events"][name]["clients"].get(address) or [{"logout": start}]
    ended = logins[-1]["logout"]
    return outcome.Seen(
        marker["at"] - start if marker else None,
        marker.get("problem", ""),
        None if ended is None else ended - start,
    )
