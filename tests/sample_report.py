# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Reports of fleets that do not exist, for the tests of what is drawn from a report."""

from __future__ import annotations

from typing import Any

TIME = "2026-11-28T01:15:00Z"
NAS = "192.0.2.10"

_PLAYED = {"logged_out": None, "result": "right", "text": ""}
DRILL: dict[str, Any] = {
    "date": "2026-11-20",
    "scenarios": {
        "fsd": {**_PLAYED, "outcome": "down", "must": "down", "seconds": 12.0},
        "short_blip": {**_PLAYED, "outcome": "up", "must": "up", "seconds": None},
    },
}
WAY_BACK = {"way": "wake_on_lan", "text": "Wake-on-LAN is armed at enp3s0", "armed": True, "bmc": False, "cards": []}


def monitor(**changes: Any) -> dict[str, Any]:
    """Return a UPS as a host sees it that is logged in."""
    return {
        "server": NAS,
        "port": 3493,
        "ups": "ups",
        "address": NAS,
        "verdict": "ok",
        "status": "OL CHRG",
        "charge": 97,
        "runtime": 2460,
        "logged_in": True,
        "seen_as": None,
        **changes,
    }


def row(name: str, address: str = "192.0.2.21", **changes: Any) -> dict[str, Any]:
    """Return a host that is protected, with *changes*."""
    return {
        "name": name,
        "machine_id": None,
        "time": TIME,
        "address": address,
        "addresses": [address],
        "verdict": "ok",
        "system": "debian 13",
        "double": False,
        "protected": True,
        "accepted": False,
        "will_be_protected": False,
        "logged_in": True,
        "nut_version": "2.8.1",
        "ups_status": "OL CHRG",
        "drift": [],
        "drift_details": [],
        "reason": "",
        "gaps": [],
        "replaced": [],
        "held_back": [],
        "drill": DRILL,
        "budget": None,
        "advice": "",
        "cause": "",
        "notes": [],
        "returns": WAY_BACK,
        "monitors": [monitor(seen_as=address)],
        **changes,
    }


def unprotected(name: str, address: str = "192.0.2.22", **changes: Any) -> dict[str, Any]:
    """Return a host that its NAS does not permit, with *changes*."""
    refused = {"verdict": "not_permitted", "status": None, "charge": None, "runtime": None, "logged_in": False}
    return row(
        name,
        address,
        **{
            "verdict": "not_permitted",
            "protected": False,
            "logged_in": False,
            "ups_status": None,
            "drill": None,
            "returns": {"way": "by_hand", "text": "no card is armed", "armed": False, "bmc": False, "cards": []},
            "advice": f"{NAS} does not permit {address}. Add {address} in Control Panel > Hardware & Power > UPS > "
            "Permitted Synology NAS Devices, then OK and Apply.",
            "cause": f"{NAS} does not permit it. Add its address in Control Panel > Hardware & Power > UPS > Permitted "
            "Synology NAS Devices, then OK and Apply.",
            "monitors": [monitor(**refused)],
            **changes,
        },
    )


def would_stay_up(name: str, address: str, **changes: Any) -> dict[str, Any]:
    """Return a host that is logged in and would not go down, with *changes*."""
    gap = "SHUTDOWNCMD (/opt/off) runs /opt/off, which does not exist"
    text = f"It is logged in, but in a power failure it would not go down, or not be protected again after it: {gap}."
    changes = {"gaps": [{"code": "shutdowncmd_not_found", "text": gap}], "advice": text, "cause": text, **changes}
    return row(name, address, **{"verdict": "would_stay_up", "protected": False, **changes})


def not_audited(name: str, **changes: Any) -> dict[str, Any]:
    """Return a host that nobody could look at, with *changes*."""
    text = "Failed to connect to the host via ssh: ssh: connect to host 192.0.2.99 port 22: No route to host"
    return row(
        name,
        **{
            "address": "192.0.2.99",
            "verdict": "not_audited",
            "system": None,
            "protected": False,
            "logged_in": None,
            "nut_version": None,
            "ups_status": None,
            "drill": None,
            "returns": None,
            "advice": text,
            "cause": "Ansible cannot reach it.",
            "monitors": [],
            **changes,
        },
    )


def document(rows: list[dict[str, Any]], **changes: Any) -> dict[str, Any]:
    """Return the report of these hosts, with *changes*."""
    return {
        "schema": 1,
        "time": TIME,
        "scope": {"kind": "whole", "limit": None, "slice": None},
        "versions": {"ansible_core": "2.19.4", "collection": "0.1.0"},
        "counts": {"hosts": len(rows), "protected": sum(one["protected"] for one in rows)},
        "expected": {"hosts": len(rows), "names": None, "missing": [], "unexpected": []},
        "failures": [],
        "hosts": rows,
        "nas": [nas()],
        "shared_addresses": [],
        "returns": {},
        **changes,
    }


def nas(**changes: Any) -> dict[str, Any]:
    """Return a NAS that permits more than the hosts, with *changes*."""
    return {
        "name": "nas",
        "failure": "",
        "way": "api",
        "permitted": ["192.0.2.21", "192.0.2.23", "192.0.2.77", "192.0.2.78"],
        "added": [],
        "removed": [],
        "recorded": {},
        "extra": [
            {"address": "192.0.2.77", "hosts": {"lab7": "2026-03-02"}},
            {"address": "192.0.2.78", "hosts": {}},
        ],
        "changed": False,
        "planned": True,
        "notes": [],
        "unknown_clients": ["192.0.2.78"],
        **changes,
    }


def small() -> dict[str, Any]:
    """Return the report of four hosts."""
    note = "NUT 2.8.1 ignores DEADTIME on a forced shutdown"
    return document(
        [
            row("proxmox", notes=[note], machine_id="0123456789abcdef0123456789abcdef"),
            unprotected("backup"),
            row("pi", "192.0.2.23", system="raspbian 12", notes=[note], drill=None),
            would_stay_up("lab", "192.0.2.24"),
        ]
    )


def large(hosts: int = 1000) -> dict[str, Any]:
    """Return the report of a fleet with two NAS boxes, of which one host in forty is not protected for some cause."""
    rows = []
    for number in range(hosts):
        name, address = f"host{number}.example.com", f"198.51.100.{number % 250 + 1}"
        second = {"server": "192.0.2.11", "address": "192.0.2.11"} if number % 2 else {}
        kinds = {7: unprotected, 47: would_stay_up}
        made = kinds.get(number % 80, row)(name, address)
        if number % 160 == 21:
            made = not_audited(name)
        for one in made["monitors"]:
            one.update(second)
        made["machine_id"] = f"{number:032x}"
        rows.append(made)
    boxes = [nas(extra=[], unknown_clients=[], permitted=[]), nas(name="nas2", failure="Nothing listens on port 5001.")]
    return document(rows, nas=boxes, expected=None)


HOSTILE = (
    "<script>fetch('{url}?script')</script>",
    "<img src='{url}?img' onerror=fetch('{url}?onerror')>",
    "</script></style></title></textarea><script>document.title='taken'</script>",
    '" onmouseover="document.title=1" style="background:url({url}?style)',
    "' autofocus onfocus='document.title=1",
    "<link rel=stylesheet href={url}?link><iframe src={url}?frame></iframe><meta http-equiv=refresh content=0>",
    "{{ 7 * 7 }} {% raw %} &amp; &lt;b&gt; \\u003cb\\u003e <!-- ",
    "\u202egnp.exe\u2066 \u0000\u001b[31m\u0007\r\n\t\u2028\ud800 \u0661",
    "javascript:fetch('{url}?javascript')",
)
"""What somebody in the network may put wherever a report takes a text from there; {url} is a server of his."""


def hostile(url: str = "http://192.0.2.66/") -> dict[str, Any]:
    """Return a report in which every text from outside is hostile, in each kind of it once."""
    rows, boxes = [], []
    for number, pattern in enumerate(HOSTILE):
        text = pattern.replace("{url}", url)
        rows.append(
            unprotected(
                f"{number}{text}",
                text,
                system=text,
                nut_version=text,
                ups_status=text,
                advice=text,
                cause=text,
                notes=[text],
                gaps=[{"code": "x", "text": text}],
                drift_details=[{"code": "x", "text": text}],
                replaced=[{"text": text}],
                returns={**WAY_BACK, "text": text},
                monitors=[monitor(status=text, ups=text, server=text, address=text), monitor(status=text)],
            )
        )
        boxes.append(
            nas(
                name=text,
                failure=text,
                permitted=[text],
                added=[text],
                removed=[text],
                extra=[{"address": text, "hosts": {text: text}}],
                notes=[text],
                unknown_clients=[text],
            )
        )
    texts = [pattern.replace("{url}", url) for pattern in HOSTILE]
    return document(
        rows,
        nas=boxes,
        failures=texts,
        shared_addresses=[{"address": text, "hosts": [text, text]} for text in texts],
        scope={"kind": "limited", "limit": texts[0], "slice": None},
        expected={"hosts": 1, "names": texts, "missing": texts, "unexpected": texts},
        versions={"ansible_core": texts[0], "collection": texts[1]},
    )
