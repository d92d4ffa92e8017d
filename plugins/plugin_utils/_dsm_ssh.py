# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permitted list in DSM's own files: how a NAS tells it, and what may be made of it. Pure.

For more than the five addresses that DSM's dialog and WebAPI hold, and for a NAS without API access. The NAS needs no
Python: the scripts, of which _dsm_ssh_write.py has the one that changes something, use DSM's synogetkeyvalue and
synosetkeyvalue. Sources: the scripts and programs of DSM 6.2.3; for DSM 7 users' reports, so whatever is found
otherwise stops with a sentence before anything is changed.
"""

from __future__ import annotations

import re
from typing import NamedTuple, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import restart
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import nobody_left
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.dialog import DIALOG

LIST_LIMIT = 30  # addresses beside loopback that upsd takes (executed on DSM 6.2.3's upsd)
DIALOG_LIMIT = 5  # addresses that the dialog holds; saving it drops the others (reported for DSM 7)
RECORD = ".upsfleet-permitted"  # what the record's file is called, behind the name of the settings file
MARK = "@@upsfleet@@"


class UnexpectedNas(Exception):
    """The NAS is not as this module knows it; nothing was changed. The text says what was found and what to do."""


class Generation(NamedTuple):
    """Where a DSM generation keeps its list, and what makes upsd read it."""

    settings: str
    apply: str
    hosts_deny: bool  # whether upsd's second lock has to be kept in step


GENERATIONS = {
    # A reload re-reads the list (executed on DSM 6.2.3's upsd) and keeps every client connected.
    6: Generation("/etc/synoinfo.conf", "upsd -c reload", True),
    # Whether a reload re-reads the list is not known here; the restart is what users report to work.
    7: Generation("/usr/syno/etc/ups/synoups.conf", "synosystemctl restart ups-usb", False),
}


class NasState(NamedTuple):
    """What the scripts found on the NAS."""

    major: int
    enabled: bool
    mode: str
    status: str  # ups.status, empty where upsc did not tell
    permitted: tuple[str, ...]
    hosts_deny: tuple[str, ...]  # its lines about upsd
    charge: str = ""  # battery.charge, asked only while the status says OB
    acl: str = ""  # the list as the file has it
    record: str = ""  # what this collection has noted of it (module_utils/_dsm/record.py)


_READ = """
PATH=$PATH:/usr/syno/bin:/usr/syno/sbin:/usr/sbin:/sbin
say() {{ printf '{mark}%s=%s\\n' "$1" "$2"; }}
say begin yes
say user "$(id -u)"
major=$(sed -n 's/^majorversion="*\\([0-9]*\\).*/\\1/p' /etc.defaults/VERSION 2>/dev/null)
say major "$major"
case $major in
{cases}
*) file= ;;
esac
command -v synogetkeyvalue >/dev/null && command -v synosetkeyvalue >/dev/null && say tools yes
if [ -f "$file" ]; then
  say settings "$file"
  for key in ups_enabled ups_mode ups_acl; do say "$key" "$(synogetkeyvalue "$file" "$key")"; done
  say record "$(cat "$file{record}" 2>/dev/null)"
fi
sed -n '/^upsd[[:blank:]]*:/p' /etc/hosts.deny 2>/dev/null | while read -r line; do say hosts_deny "$line"; done
# A full server takes the connection and stays silent. Without a timeout command of this form: no limit.
ask() {{
  timeout 5 upsc ups@localhost "$1" 2>/dev/null
  case $? in 0 | 124) ;; *) upsc ups@localhost "$1" 2>/dev/null ;; esac
}}
status=$(ask ups.status)
say status "$status"
case " $status " in *" OB "*) say charge "$(ask battery.charge)" ;; esac
say end yes
"""


def read_script() -> str:
    """Return the script that tells everything and changes nothing."""
    cases = "\n".join(f"{major}) file={generation.settings} ;;" for major, generation in GENERATIONS.items())
    return _READ.format(mark=MARK, cases=cases, record=RECORD)


def parse(output: str) -> NasState:
    """Return what the read script printed; a tty's line ends and what stands around the markers do not matter.

    :raises UnexpectedNas: where the NAS is not a DSM of a known generation, or the script could not look.
    """
    found: dict[str, list[str]] = {}
    for key, value in re.findall(rf"{MARK}(\w+)=(.*)", output):
        found.setdefault(key, []).append(value.strip("\r"))

    def one(key: str) -> str:
        return found.get(key, [""])[0].strip()

    if not one("begin") or not one("end"):
        raise UnexpectedNas(
            "The NAS did not run the script that looks at its settings: is it a Synology, and may this user use sudo?"
        )
    if one("user") != "0":
        raise UnexpectedNas(
            "Reading the UPS settings of the NAS needs root: set ansible_become: true and the user's "
            "ansible_become_password."
        )
    if not one("major").isdigit() or int(one("major")) not in GENERATIONS:
        known = " and ".join(map(str, GENERATIONS))
        raise UnexpectedNas(
            f"This is DSM {one('major') or '(unknown)'}, and known are DSM {known}: use dsm_ups_server_method: api."
        )
    if not one("tools") or not one("settings"):
        raise UnexpectedNas("The NAS lacks synogetkeyvalue or its UPS settings file: use dsm_ups_server_method: api.")
    return NasState(
        int(one("major")),
        one("ups_enabled") == "yes",
        one("ups_mode").lower(),
        one("status"),
        tuple(filter(None, one("ups_acl").split("|"))),
        tuple(line.strip() for line in found.get("hosts_deny", [])),
        one("charge"),
        found.get("ups_acl", [""])[0],
        found.get("record", [""])[0],
    )


def hosts_deny_line(permitted: Sequence[str]) -> str:
    """Return the line that DSM 6 writes beside its list; an IPv6 address stands in brackets there (hosts_access(5))."""
    return "upsd: ALL EXCEPT " + " ".join(f"[{one}]" if ":" in one else one for one in ("127.0.0.1", *permitted))


def in_step(state: NasState, permitted: Sequence[str]) -> bool:
    """Return whether the NAS already has this list, second lock included."""
    return list(state.permitted) == list(permitted) and list(state.hosts_deny) == lock_lines(state, permitted)


def lock_lines(state: NasState, permitted: Sequence[str]) -> list[str]:
    """Return what hosts.deny is to say about upsd: on DSM 6 one line, on others what it says."""
    return [hosts_deny_line(permitted)] if GENERATIONS[state.major].hosts_deny else list(state.hosts_deny)


def warnings(state: NasState, permitted: Sequence[str]) -> list[str]:
    """Return what a person should know of a list of that length."""
    if len(permitted) <= DIALOG_LIMIT:
        return []
    missing = [address for address in permitted if address not in state.permitted]
    notes = [
        f"{len(permitted)} addresses are permitted, and DSM's dialog holds {DIALOG_LIMIT}: whoever saves it drops the "
        "others. Run this again after that."
    ]
    if missing and len(state.permitted) == DIALOG_LIMIT:
        notes.append(
            f"{', '.join(missing)} is missing and the list holds exactly {DIALOG_LIMIT}: if it was permitted before, "
            "the dialog in DSM was saved by hand."
        )
    return notes


def record_path(state: NasState) -> str:
    """Return where on the NAS the record lies."""
    return f"{GENERATIONS[state.major].settings}{RECORD}"


def ready(state: NasState) -> bool:
    """Return whether the UPS service is not just starting, so that what it says of the UPS means something."""
    return restart.ready(state.status, state.charge)


def refuse_unsafe(state: NasState, permitted: Sequence[str], exact: bool, statuses: Sequence[str]) -> None:
    """Refuse what would not work or would make things worse.

    :param exact: whether *permitted* is to drop all others.
    :param statuses: what others have just read as ups.status.
    :raises UnexpectedNas: saying what to do instead.
    """
    nobody = nobody_left(state.permitted, permitted, exact)
    if nobody:
        raise UnexpectedNas(f"{nobody} Nothing was changed.")
    if len(permitted) > LIST_LIMIT:
        raise UnexpectedNas(
            f"{len(permitted)} addresses are to be permitted, and the NAS's upsd takes {LIST_LIMIT}. Let one permitted "
            "Linux host serve the UPS to the others (NUT's upsd with dummy-ups as a repeater), or drop old addresses "
            "with dsm_ups_server_exact: true. Nothing was changed."
        )
    if not state.enabled:
        raise UnexpectedNas(
            "UPS support is off on the NAS, and by SSH only the permitted list is managed: turn it on in DSM "
            f"({DIALOG}), or let dsm_ups_server_method: api do it. Nothing was changed."
        )
    if state.mode not in ("usb", "snmp"):
        raise UnexpectedNas(
            f"The NAS does not serve a UPS of its own (ups_mode is {state.mode or 'empty'}): permit the fleet on the "
            "server that it gets its UPS from, or set the UPS up in DSM. Nothing was changed."
        )
    not_now = restart.refusal([state.status, *statuses])
    if not_now:
        raise UnexpectedNas(f"{not_now} Nothing was changed.")
