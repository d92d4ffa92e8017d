"""Python starts with this where it is in PYTHONPATH: connections come from the address in UPSFLEET_SOURCE."""

import os
import socket

_connect = socket.socket.connect


def _connect_from(self, address):  # type: ignore[no-untyped-def]
    if self.family == socket.AF_INET and os.environ.get("UPSFLEET_SOURCE"):
        self.bind((os.environ["UPSFLEET_SOURCE"], 0))
    return _connect(self, address)


socket.socket.connect = _connect_from  # type: ignore[method-assign]
