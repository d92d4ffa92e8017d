# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What opens URLs for _dsm/session.py, made of ansible.module_utils.urls; no package beside ansible-core is needed."""

from __future__ import annotations

import errno
import http.client
import queue
import socket
import ssl
import threading
import urllib.error
from typing import Any
from urllib.parse import urlencode

from ansible.module_utils.urls import open_url
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.errors import DsmError, DsmTls, DsmUnreachable
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.session import REPLY_LIMIT, Fetch

_CUT = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError, ssl.SSLEOFError, ssl.SSLZeroReturnError)
_NO_TLS = ("WRONG_VERSION_NUMBER", "HTTP_REQUEST", "UNKNOWN_PROTOCOL", "RECORD_LAYER_FAILURE")


def opener(*, validate_certs: bool = True, ca_path: str | None = None, use_proxy: bool = False) -> Fetch:
    """Return a function as :data:`session.Fetch` says.

    :raises ValueError: if *ca_path* is no file of certificates.
    """
    if ca_path and validate_certs:
        try:
            ssl.create_default_context(cafile=ca_path)
        except OSError as error:  # SSLError is one
            why = error.strerror if error.errno and not isinstance(error, ssl.SSLError) else "holds no PEM certificate"
            raise ValueError(f"ca_path: {ca_path}: {why}.") from None

    def post(url: str, form: dict[str, str], headers: dict[str, str], timeout: float) -> tuple[int, bytes]:
        try:
            response: Any = open_url(
                url,
                method="POST",
                data=urlencode(form),
                headers=headers,
                timeout=timeout,
                validate_certs=validate_certs,
                ca_path=ca_path,
                use_proxy=use_proxy,
                follow_redirects="none",
                use_netrc=False,
                decompress=False,
            )
        except urllib.error.HTTPError as error:
            response = error
        with response:
            body: bytes = response.read(REPLY_LIMIT + 1)
            promised = response.headers.get("Content-Length", "")
        if promised.isdigit() and len(body) < min(int(promised), REPLY_LIMIT + 1):
            raise ConnectionResetError  # read() does not tell a cut answer from a whole one
        return int(response.status), body

    def fetch(url: str, form: dict[str, str], headers: dict[str, str], timeout: float) -> tuple[int, bytes]:
        # In a thread that may be left behind: a timeout of urllib's is for each step, and the resolver knows none.
        answers: queue.SimpleQueue[Any] = queue.SimpleQueue()

        def work() -> None:
            try:
                answers.put(post(url, form, headers, timeout))
            except Exception as error:
                answers.put(_why(error))

        threading.Thread(target=work, daemon=True).start()
        try:
            answer = answers.get(timeout=timeout)
        except queue.Empty:
            answer = DsmUnreachable("timeout")
        if isinstance(answer, DsmError):
            raise answer
        status, body = answer
        return int(status), bytes(body)

    return fetch


def _why(error: BaseException) -> DsmError:
    """Return what *error* means, without its text, in which URLs and proxies may stand."""
    while isinstance(error, urllib.error.URLError) and isinstance(error.reason, BaseException):
        error = error.reason
    if isinstance(error, ssl.SSLCertVerificationError):
        return DsmTls(error.verify_message.rstrip("."))
    if isinstance(error, (*_CUT, http.client.HTTPException)):
        return DsmUnreachable("lost")
    if isinstance(error, ssl.SSLError):
        reason = str(error.reason or "")
        if reason in _NO_TLS:
            return DsmTls("what answers there speaks no TLS, as DSM's HTTP port 5000 does")
        return DsmTls(reason.replace("_", " ").lower() or "the handshake failed")
    if isinstance(error, socket.gaierror):
        return DsmUnreachable("name")
    if isinstance(error, ConnectionRefusedError):
        return DsmUnreachable("refused")
    if isinstance(error, socket.timeout) or getattr(error, "errno", None) == errno.ETIMEDOUT:
        return DsmUnreachable("timeout")
    if isinstance(error, OSError) and error.errno:
        return DsmUnreachable("no_route", str(error.strerror or ""))
    return DsmUnreachable("failed", type(error).__name__)
