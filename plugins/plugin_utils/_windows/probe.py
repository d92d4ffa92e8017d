# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe an upsd from a Windows host: the host carries the lines (win_upsd_exchange), the controller reads them."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import Exchange, converse, report
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import Upsd, UpsdError, quote_word
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import ModuleFailed, RemoteModules
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.replay import Replay, Stopped

MODULE = "upsfleet.synology.win_upsd_exchange"

_CONNECTION = ("host", "port", "connect_timeout", "timeout", "source_address")


def check_tls(tls: str) -> None:
    """Check that a Windows host can do what *tls* asks for: C(try) goes on in clear text, as with an upsd without TLS.

    :raises ValueError: for C(require), naming the option and what to do.
    """
    if tls == "require":
        raise ValueError(
            "tls: require is not possible on a Windows host, where the probe speaks clear text only. "
            "Set tls to never or try for this host."
        )


def probe(modules: RemoteModules, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report of :func:`report`, and ``peer_address``, the upsd's address where one answered.

    :param options: those of the module upsd_access; ups, username and password are needed beside the host. Others are
        not looked at.
    :raises ValueError: if an option is none that can be used; the text holds no password.
    :raises ModuleFailed: if the module failed.
    """
    check_tls(options.get("tls") or "never")
    words = {key: options[key] for key in ("ups", "username", "password")}
    lines = exchange_lines(words["ups"], words["username"])
    result = _run(modules, {**_connection(options), "lines": lines, "password": quote_word(words["password"])})
    seen = replay(
        result,
        host=options["host"],
        port=options.get("port", 3493),
        source_address=options.get("source_address"),
        **words,
    )
    return {**report(seen), "peer_address": seen.peer_address}


def listed_clients(modules: RemoteModules, host: str, port: int) -> list[str]:
    """Return the addresses that are logged in to any UPS of an upsd; asks without a login.

    :raises ModuleFailed: if the module failed. An upsd that cannot be reached has no clients.
    """
    names = replay_names(_run(modules, {"host": host, "port": port, "lines": list(UPS_LINES)}))
    if not names:
        return []
    result = _run(modules, {"host": host, "port": port, "lines": client_lines(names)})
    return replay_clients(result, names)


def _connection(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: options[key] for key in _CONNECTION if options.get(key) is not None}


def _run(modules: RemoteModules, arguments: dict[str, Any]) -> dict[str, Any]:
    result = modules.run(MODULE, **arguments)
    if "replies" not in result:
        raise ModuleFailed(MODULE, result)
    return result


# The conversation of module_utils/_access/probe.py, held by a host that cannot run Python and understood here.

PASSWORD = "{password}"  # noqa: S105  where the host puts the password in, which travels by itself

# When the host goes on to the next line, as regular expressions for the first line of a reply. They keep the password
# from what is not an upsd, does not permit the host, or does not have the UPS.
_PERMITTED = "^(?!ERR ACCESS-DENIED)"
_KNOWN = "^(?!ERR UNKNOWN-UPS)"
_OK = "^OK"


def exchange_lines(ups: str, username: str) -> list[dict[str, str]]:
    """Return what a host says to an upsd so that :func:`replay` can judge it: all that probe.probe could say.

    :raises ValueError: if *ups* or *username* cannot be sent; the text holds none of them.
    """
    if PASSWORD in ups + username:
        raise ValueError(f"{PASSWORD} cannot be part of ups or username on Windows")
    ups, username = quote_word(ups), quote_word(username)
    return [
        {"send": "VER", "go_on": _PERMITTED},
        {"send": "LIST UPS", "go_on": "^BEGIN LIST UPS"},
        {"send": f"GET VAR {ups} ups.status", "go_on": _KNOWN},
        {"send": f"LIST CLIENT {ups}", "go_on": _KNOWN},
        {"send": f"USERNAME {username}", "go_on": _OK},
        {"send": f"PASSWORD {PASSWORD}", "go_on": _OK},
        {"send": f"LOGIN {ups}", "go_on": _OK},
        {"send": f"LIST CLIENT {ups}"},
        {"send": "LOGOUT"},
    ]


def replay(
    result: Mapping[str, Any],
    *,
    host: str,
    port: int,
    ups: str,
    username: str,
    password: str,
    source_address: str | None = None,
) -> Exchange:
    """Return what probe.probe would have returned on the host, from its *result* of win_upsd_exchange.

    :param result: of the lines of :func:`exchange_lines`; its ``elapsed`` is in seconds.
    :raises ValueError: if *result* is not such a result, or a word could not have been sent.
    """
    word = quote_word(password)
    sent = [line["send"].replace(PASSWORD, word) for line in exchange_lines(ups, username)]
    exchange = Exchange(host=host, port=port, ups=ups, source_address=source_address)
    try:
        with Upsd(Replay(sent, result)) as upsd:
            converse(upsd, exchange, username, password)
    except Stopped:
        pass  # what upsd refused is noted where it was refused
    except UpsdError as error:
        exchange.fail(error)
    exchange.elapsed = float(result["elapsed"])
    return exchange


UPS_LINES: tuple[dict[str, str], ...] = ({"send": "LIST UPS"},)


def replay_names(result: Mapping[str, Any]) -> list[str]:
    """Return the names of an upsd's UPSes, from a host's *result* of :data:`UPS_LINES`; none if it did not tell."""
    try:
        names = list(Upsd(Replay([line["send"] for line in UPS_LINES], result)).list_ups())
        client_lines(names)
    except (UpsdError, ValueError):  # or a name that no upsd has
        return []
    return names


def client_lines(names: Sequence[str]) -> list[dict[str, str]]:
    """Return what asks an upsd for the clients of the UPSes *names*, without a login.

    :raises ValueError: if one of *names* cannot be sent.
    """
    return [{"send": f"LIST CLIENT {quote_word(name)}"} for name in names]


def replay_clients(result: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Return the addresses of all clients of *names*, from a host's *result* of :func:`client_lines`.

    UPSes whose clients the server does not tell have none here.
    """
    upsd = Upsd(Replay([line["send"] for line in client_lines(names)], result))
    clients = []
    for name in names:
        try:
            clients += upsd.list_clients(name)
        except UpsdError:
            continue
    return clients
