# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Listening sockets."""

from __future__ import annotations

import errno
import socket


def bind_all(hosts: list[str], port: int) -> list[socket.socket]:
    """One socket an address; IPv6 ones take no IPv4 clients, as upsd's do not. For port 0 they all share one port."""
    sockets: list[socket.socket] = []
    for host in hosts:
        try:
            sockets.append(_bind(host, port))
        except OSError as error:
            if host == "::" and error.errno in (errno.EAFNOSUPPORT, errno.EADDRNOTAVAIL):
                continue  # a machine or container without IPv6
            for sock in sockets:
                sock.close()
            raise
        port = sockets[-1].getsockname()[1]
    return sockets


def _bind(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.bind((host, port))
    except OSError:
        sock.close()
        raise
    return sock
