"""The certificate authority of this test double of DSM, made anew with the openssl command at each start."""

from __future__ import annotations

import ipaddress
import os
import ssl
import subprocess
from typing import Sequence

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
_CA = (
    "basicConstraints=critical,CA:TRUE",
    "keyUsage=critical,keyCertSign,cRLSign",
    "subjectKeyIdentifier=hash",
)
_SERVER = (
    "basicConstraints=critical,CA:FALSE",
    "keyUsage=critical,digitalSignature",
    "extendedKeyUsage=serverAuth",
    "subjectKeyIdentifier=hash",
    "authorityKeyIdentifier=keyid",
)


class Certificates:
    """Files in one directory: ca.pem is for everybody, the keys are not."""

    def __init__(self, folder: str, names: Sequence[str]) -> None:
        self._folder = folder
        self._names = list(names)
        self.ca = self._path("ca.pem")
        os.makedirs(folder, exist_ok=True)
        extensions = [part for extension in _CA for part in ("-addext", extension)]
        request = ["req", "-x509", *_KEY, "-days", "3650", "-subj", "/CN=mock NAS CA", *extensions]
        _openssl([*request, "-keyout", self._path("ca.key"), "-out", self.ca])
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.issue()

    def issue(self, name: str = "") -> None:
        """A new server certificate, for `name` only or for the names of the NAS; new connections get it."""
        names = [name] if name else self._names
        self._write("server.ext", "\n".join([*_SERVER, "subjectAltName=" + ",".join(map(_alternative, names))]))
        request, key, chain = self._path("server.csr"), self._path("server.key"), self._path("server.pem")
        _openssl(["req", "-new", *_KEY, "-subj", "/CN=mock NAS", "-keyout", key, "-out", request])
        sign = ["x509", "-req", "-in", request, "-CA", self.ca, "-CAkey", self._path("ca.key"), "-CAcreateserial"]
        _openssl([*sign, "-days", "825", "-extfile", self._path("server.ext"), "-out", chain])
        self.context.load_cert_chain(chain, key)

    def _path(self, name: str) -> str:
        return os.path.join(self._folder, name)

    def _write(self, name: str, text: str) -> None:
        with open(self._path(name), "w", encoding="ascii") as stream:
            stream.write(text + "\n")


def _alternative(name: str) -> str:
    try:
        return f"IP:{ipaddress.ip_address(name)}"
    except ValueError:
        return f"DNS:{name}"


def _openssl(arguments: list[str]) -> None:
    done = subprocess.run(["openssl", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise OSError(f"openssl {arguments[0]}: {done.stderr.strip()}")


def own_names() -> list[str]:
    """What this container may be called: its name, and its addresses as `hostname -I` tells them."""
    try:
        done = subprocess.run(["hostname", "-I"], capture_output=True, text=True, check=False)
        addresses = done.stdout.split()
    except FileNotFoundError:
        addresses = []
    return ["nas", "localhost", "127.0.0.1", *addresses]
