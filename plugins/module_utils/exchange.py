# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The conversation of :mod:`access`, held by a host that cannot run Python and judged here afterwards."""

from __future__ import annotations

from typing import Any, Mapping, Sequence

from ansible_collections.upsfleet.synology.plugins.module_utils.access import Exchange, converse
from ansible_collections.upsfleet.synology.plugins.module_utils.transcript import Replay, Stopped
from ansible_collections.upsfleet.synology.plugins.module_utils.upsd import Upsd, UpsdError, quote_word

__all__ = ["PASSWORD", "client_lines", "exchange_lines", "replay", "replay_clients"]

PASSWORD = "{password}"  # noqa: S105  where the host puts the password in, which travels by itself

# When the host goes on to the next line, as regular expressions for the first line of a reply. They keep the password
# from what is not a upsd, does not permit the host, or does not have the UPS.
_PERMITTED = "^(?!ERR ACCESS-DENIED)"
_KNOWN = "^(?!ERR UNKNOWN-UPS)"
_OK = "^OK"


def exchange_lines(ups: str, username: str) -> list[dict[str, str]]:
    """Return what a host says to a upsd so that :func:`replay` can judge it: all that access.probe could say.

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
    """Return what access.probe would have returned on the host, from its *result* of win_upsd_exchange.

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


def client_lines(names: Sequence[str]) -> list[dict[str, str]]:
    """Return what asks a upsd for the clients of the UPSes *names*, without a login.

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
