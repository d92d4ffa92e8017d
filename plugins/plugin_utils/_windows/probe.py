# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe an upsd from a Windows host: the host carries the lines (win_upsd_exchange), the controller reads them."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils._access import conversation
from ansible_collections.upsfleet.synology.plugins.module_utils._access.conversation import FIRST, Exchange, Plan, Words
from ansible_collections.upsfleet.synology.plugins.module_utils._access.probe import evidence, report
from ansible_collections.upsfleet.synology.plugins.module_utils._access.reading import CHARGE, RUNTIME
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.client import (
    ErrReply,
    Upsd,
    UpsdError,
    quote_word,
)
from ansible_collections.upsfleet.synology.plugins.module_utils._nut.errors import silent
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.modules import ModuleFailed, RemoteModules
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.replay import Replay, Stopped

MODULE = "upsfleet.synology.win_upsd_exchange"

_CONNECTION = ("host", "port", "connect_timeout", "timeout", "source_address", "prefer")
_NUMBERS: dict[str, type[int] | type[float]] = {"port": int, "connect_timeout": float, "timeout": float}
_TIMEOUT = 10.0  # seconds, the module's own


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
    """Return what :func:`report` and :func:`evidence` say of :func:`ask`."""
    seen = ask(modules, options)
    return {**report(seen), **evidence(seen)}


def ask(modules: RemoteModules, options: Mapping[str, Any]) -> Exchange:
    """Ask an upsd all that a verdict needs, as module_utils/_access/probe.py does on the host.

    One that lacks commands or wants to know the user first costs another execution, as it costs probe.probe another
    connection; all of them end within the timeout.

    :param options: those of the module upsd_access, and ``prefer`` of :meth:`Upsd.connect`; ups, username and password
        are needed beside the host. Others are not looked at.
    :raises ValueError: if an option is none that can be used; the text holds no password.
    :raises ModuleFailed: if the module failed.
    """
    check_tls(options.get("tls") or "never")
    given = _connection(options)
    words = {key: options[key] for key in ("ups", "username", "password")}
    timeout = given.get("timeout") or _TIMEOUT
    plan, spent = FIRST, 0.0
    while True:
        arguments = {**given, "timeout": timeout - spent}
        lines = exchange_lines(words["ups"], words["username"], plan, timeout * conversation.SHARE)
        result = _run(modules, {**arguments, "lines": lines, "password": quote_word(words["password"])})
        seen = replay(
            result,
            host=options["host"],
            port=given.get("port", 3493),
            source_address=options.get("source_address"),
            plan=plan,
            **words,
        )
        spent = seen.elapsed = spent + seen.elapsed
        better = conversation.following(seen, plan)
        if better is not None and spent < timeout:
            plan = better
            continue
        if better is not None and seen.error is None:
            seen.fail(silent(seen.source_address))
        return seen


def listed_clients(modules: RemoteModules, host: str, port: int) -> list[str] | None:
    """Return the addresses that are logged in to any UPS of an upsd, None if it does not tell; asks without a login.

    :raises ModuleFailed: if the module failed.
    """
    names = replay_names(_run(modules, {**_connection({"host": host, "port": port}), "lines": list(UPS_LINES)}))
    if not names:
        return names
    result = _run(modules, {**_connection({"host": host, "port": port}), "lines": client_lines(names)})
    return replay_clients(result, names)


def _connection(options: Mapping[str, Any]) -> dict[str, Any]:
    """Return those of *options* that travel, numbers as such: the host would read text in the culture of its session.

    :raises ValueError: naming the option that is no number.
    """
    given = {key: options[key] for key in _CONNECTION if options.get(key) is not None}
    for name, kind in _NUMBERS.items():
        try:
            given.update({name: kind(given[name])} if name in given else {})
        except (TypeError, ValueError):
            raise ValueError(f"{name} must be a number such as {kind(7.5)}, not {given[name]!s}.") from None
    return given


def _run(modules: RemoteModules, arguments: dict[str, Any]) -> dict[str, Any]:
    result = modules.run(MODULE, **arguments)
    if "replies" not in result:
        raise ModuleFailed(MODULE, result)
    return result


# The conversation of module_utils/_access/probe.py, held by a host that cannot run Python and understood here.

PASSWORD = "{password}"  # noqa: S105  where the host puts the password in, which travels by itself

# When the host goes on to the next line, as regular expressions for the first line of a reply. They keep the password
# from what is not an upsd, does not permit the host (DSM refuses USERNAME too), or does not have the UPS.
_LISTED = "^BEGIN LIST UPS"
_LISTED_OR_CLOSED = f"^(BEGIN LIST UPS|ERR ({'|'.join(conversation.CLOSED)}))"
_KNOWN = "^(?!ERR UNKNOWN-UPS)"
_OK = "^OK"


def exchange_lines(ups: str, username: str, plan: Plan = FIRST, patience: float = 2.0) -> list[dict[str, Any]]:
    """Return what a host says to an upsd so that :func:`replay` can judge it: all that probe.probe could say.

    :param patience: seconds for what a server may lack.
    :raises ValueError: if *ups* or *username* cannot be sent; the text holds none of them.
    """
    if PASSWORD in ups + username:
        raise ValueError(f"{PASSWORD} cannot be part of ups or username on Windows")
    ups, username = quote_word(ups), quote_word(username)
    lacks = [command for command, _why in plan.skip]
    counting = next((one for one in (conversation.LIST_CLIENT, conversation.NUMLOGINS) if one not in lacks), "")
    count = [{"send": f"{counting} {ups}", "patience": patience, "go_on": _KNOWN}] if counting else []
    who = [{"send": f"USERNAME {username}", "go_on": _OK}, {"send": f"PASSWORD {PASSWORD}", "go_on": _OK}]
    read: list[dict[str, Any]] = [
        *([] if conversation.VER in lacks else [{"send": conversation.VER, "patience": patience}]),
        {"send": "LIST UPS", "go_on": _LISTED if plan.introduce else _LISTED_OR_CLOSED},
        {"send": f"GET VAR {ups} ups.status", "go_on": _KNOWN},
        {"send": f"GET VAR {ups} {CHARGE}", "go_on": _KNOWN},
        *count,
    ]
    battery = [{"send": f"GET VAR {ups} {name}", "patience": patience} for name in (CHARGE, RUNTIME)]
    return [
        *(who + read if plan.introduce else read + who),
        {"send": f"LOGIN {ups}", "go_on": _OK},
        *count,
        *battery,
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
    plan: Plan = FIRST,
) -> Exchange:
    """Return what one attempt of probe.probe would have shown on the host, from its *result* of win_upsd_exchange.

    :param result: of the lines of :func:`exchange_lines`; its ``elapsed`` is in seconds.
    :raises ValueError: if *result* is not such a result, or a word could not have been sent.
    """
    word = quote_word(password)
    sent = [line["send"].replace(PASSWORD, word) for line in exchange_lines(ups, username, plan)]
    exchange = Exchange(host=host, port=port, ups=ups, source_address=source_address)
    played = Replay(sent, result)
    try:
        if played.unconnected:
            raise played.unconnected
        with Upsd(played) as upsd:
            conversation.converse(upsd, exchange, Words(username, password), plan)
    except Stopped:
        pass  # what upsd refused is noted where it was refused
    except UpsdError as error:
        exchange.fail(error)
    exchange.elapsed = float(result["elapsed"])
    return exchange


UPS_LINES: tuple[dict[str, str], ...] = ({"send": "LIST UPS"},)


def replay_names(result: Mapping[str, Any]) -> list[str] | None:
    """Return the names of an upsd's UPSes, from a host's *result* of :data:`UPS_LINES`.

    None if it did not tell; one that does not permit this host serves it none.
    """
    try:
        names = list(Upsd(Replay([line["send"] for line in UPS_LINES], result)).list_ups())
        client_lines(names)
    except ErrReply as error:
        return [] if error.code == "ACCESS-DENIED" else None
    except (UpsdError, ValueError):  # or a name that no upsd has
        return None
    return names


def client_lines(names: Sequence[str]) -> list[dict[str, str]]:
    """Return what asks an upsd for the clients of the UPSes *names*, without a login.

    :raises ValueError: if one of *names* cannot be sent.
    """
    return [{"send": f"LIST CLIENT {quote_word(name)}"} for name in names]


def replay_clients(result: Mapping[str, Any], names: Sequence[str]) -> list[str] | None:
    """Return the addresses of all clients of *names*, from a host's *result* of :func:`client_lines`.

    None if the server does not tell those of one of them.
    """
    upsd = Upsd(Replay([line["send"] for line in client_lines(names)], result))
    return conversation.clients_of(upsd, names)
