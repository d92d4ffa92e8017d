# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Probe a upsd from a Windows host: the host carries the lines (win_upsd_exchange), the controller understands them."""

from __future__ import annotations

from typing import Any, Callable, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils import access, exchange
from ansible_collections.upsfleet.synology.plugins.module_utils.upsd import quote_word

Execute = Callable[[str, "dict[str, Any]"], "dict[str, Any]"]
"""Executes a module by name with arguments on the host and returns its result."""

MODULE = "upsfleet.synology.win_upsd_exchange"

_CONNECTION = ("host", "port", "connect_timeout", "timeout", "source_address")


class ProbeFailed(Exception):
    """The module could not run, so nothing is known of the upsd; ``result`` is what it said."""

    def __init__(self, result: Mapping[str, Any]) -> None:
        said = result.get("msg") or result.get("module_stderr") or "no answer"
        super().__init__(f"{MODULE}: {said}")
        self.result = dict(result)


def check_tls(tls: str) -> None:
    """Check that a Windows host can do what *tls* asks for: C(try) goes on in clear text, as with a upsd without TLS.

    :raises ValueError: for C(require), naming the option and what to do.
    """
    if tls == "require":
        raise ValueError(
            "tls: require is not possible on a Windows host, where the probe speaks clear text only. "
            "Set tls to never or try for this host."
        )


def probe(execute: Execute, options: Mapping[str, Any]) -> dict[str, Any]:
    """Return the report of :func:`access.report`, and ``peer_address``, the upsd's address where one answered.

    :param options: those of the module upsd_access; ups, username and password are needed beside the host. Others are
        not looked at.
    :raises ValueError: if an option is none that can be used; the text holds no password.
    :raises ProbeFailed: if the module failed.
    """
    check_tls(options.get("tls") or "never")
    words = {key: options[key] for key in ("ups", "username", "password")}
    lines = exchange.exchange_lines(words["ups"], words["username"])
    result = _run(execute, {**_connection(options), "lines": lines, "password": quote_word(words["password"])})
    seen = exchange.replay(
        result,
        host=options["host"],
        port=options.get("port", 3493),
        source_address=options.get("source_address"),
        **words,
    )
    return {**access.report(seen), "peer_address": seen.peer_address}


def clients(execute: Execute, host: str, port: int, names: Sequence[str]) -> list[str]:
    """Return the addresses that are logged in to any of the UPSes *names* of a upsd; asks without a login.

    :raises ProbeFailed: if the module failed. A upsd that cannot be reached has no clients.
    """
    result = _run(execute, {"host": host, "port": port, "lines": exchange.client_lines(names)})
    return exchange.replay_clients(result, names)


def _connection(options: Mapping[str, Any]) -> dict[str, Any]:
    return {key: options[key] for key in _CONNECTION if options.get(key) is not None}


def _run(execute: Execute, arguments: dict[str, Any]) -> dict[str, Any]:
    result = execute(MODULE, arguments)
    if result.get("failed") or result.get("unreachable") or "replies" not in result:
        raise ProbeFailed(result)
    return result
