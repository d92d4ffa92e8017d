# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The words that only read (NUT server/netmisc.c, netget.c, netlist.c)."""

from __future__ import annotations

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.errors import Refused, find_ups, need, need_data
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.profile import Profile
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import Session, State, Ups
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.words import encode

NO_DESCRIPTION = "Description unavailable"


def version(state: State, session: Session, args: list[str]) -> list[str]:
    """VER."""
    need(not args)
    return [state.profile.banner]


def netver(state: State, session: Session, args: list[str]) -> list[str]:
    """NETVER, and PROTVER since 2.8.0."""
    need(not args)
    return [state.profile.netver]


def help_text(state: State, session: Session, args: list[str]) -> list[str]:
    """HELP; upsd's own list leaves out NETVER, MASTER and FSD."""
    need(not args)
    return [f"Commands: {state.profile.help_words}"]


def get(state: State, session: Session, args: list[str]) -> list[str]:
    """GET; surplus arguments are ignored."""
    need(bool(args))
    what = args[0].upper()
    need(len(args) >= 2)
    if what == "NUMLOGINS":
        need_data(state, find_ups(state, args[1]))
        return [f"NUMLOGINS {args[1]} {len(state.clients(args[1].lower()))}"]
    if what == "UPSDESC":
        return [f'UPSDESC {args[1]} "{find_ups(state, args[1]).description or "Unavailable"}"']
    need(len(args) >= 3 and what in _GETTERS)
    return [_GETTERS[what](state, args[1], args[2])]


def _get_var(state: State, name: str, var: str) -> str:
    # server.* belongs to no UPS and is told even while the driver is gone.
    if var.lower().startswith("server."):
        own = {"server.info": state.profile.banner, "server.version": state.profile.version}
        if var.lower() not in own:
            raise Refused("VAR-NOT-SUPPORTED")
        return f'VAR {name} {var} "{own[var.lower()]}"'
    return f'VAR {name} {var} "{encode(_value(state, name, var))}"'


def _value(state: State, name: str, var: str) -> str:
    ups = find_ups(state, name)
    need_data(state, ups)
    value = ups.visible().get(var.lower())
    if value is None:
        raise Refused("VAR-NOT-SUPPORTED")
    return value


def _get_type(state: State, name: str, var: str) -> str:
    _value(state, name, var)
    key, profile = var.lower(), state.profile
    if key in profile.enums:
        kind = "RW ENUM"
    elif key in profile.ranges:
        kind = "RW RANGE"
    elif key in profile.strings:
        kind = f"RW STRING:{profile.strings[key]}"
    else:
        kind = profile.plain_type
    return f"TYPE {name} {var} {kind}"


def _get_desc(state: State, name: str, var: str) -> str:
    return f'DESC {name} {var} "{_description(state, name, var)}"'


def _get_cmddesc(state: State, name: str, command: str) -> str:
    return f'CMDDESC {name} {command} "{_description(state, name, command)}"'


def _description(state: State, name: str, key: str) -> str:
    need_data(state, find_ups(state, name))
    return state.profile.descriptions.get(key.lower(), NO_DESCRIPTION)


_GETTERS = {"VAR": _get_var, "TYPE": _get_type, "DESC": _get_desc, "CMDDESC": _get_cmddesc}


def list_(state: State, session: Session, args: list[str]) -> list[str]:
    """LIST; surplus arguments are ignored."""
    need(bool(args))
    what = args[0].upper()
    if what == "UPS":
        rows = [f'UPS {name} "{ups.description or NO_DESCRIPTION}"' for name, ups in state.upses.items()]
        return _framed("UPS", rows)
    need(len(args) >= 2)
    if what == "CLIENT":
        return _framed(f"CLIENT {args[1]}", _list_client(state, args[1]))
    if what in _LISTERS:
        ups = find_ups(state, args[1])
        need_data(state, ups)
        return _framed(f"{what} {args[1]}", [f"{what} {args[1]} {row}" for row in _LISTERS[what](state.profile, ups)])
    need(len(args) >= 3 and what in ("ENUM", "RANGE"))
    _value(state, args[1], args[2])
    head = f"{what} {args[1]} {args[2]}"
    return _framed(head, [f"{head} {row}" for row in _choices(state.profile, what, args[2].lower())])


def _framed(title: str, rows: list[str]) -> list[str]:
    return [f"BEGIN LIST {title}", *rows, f"END LIST {title}"]


def _list_client(state: State, name: str) -> list[str]:
    find_ups(state, name)
    return [f"CLIENT {name} {client.address}" for client in state.listed(name.lower())]


def _list_var(profile: Profile, ups: Ups) -> list[str]:
    return [f'{key} "{encode(value)}"' for key, value in sorted(ups.visible().items())]


def _list_rw(profile: Profile, ups: Ups) -> list[str]:
    writable = {**profile.strings, **profile.enums, **profile.ranges}
    return [f'{key} "{encode(value)}"' for key, value in sorted(ups.visible().items()) if key in writable]


def _list_cmd(profile: Profile, ups: Ups) -> list[str]:
    return list(profile.commands)


_LISTERS = {"VAR": _list_var, "RW": _list_rw, "CMD": _list_cmd}


def _choices(profile: Profile, what: str, key: str) -> list[str]:
    if what == "ENUM":
        return [f'"{choice}"' for choice in profile.enums.get(key, ())]
    return [f'"{low}" "{high}"' for low, high in profile.ranges.get(key, ())]
