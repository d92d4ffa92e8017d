# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The controller's cache of packages for Windows: fetched once, verified each time, in a form that Windows unpacks."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import shutil
import stat
import subprocess
import tempfile
from typing import Any, Callable, Iterator, NamedTuple
from urllib.parse import urlsplit

from ansible_collections.upsfleet.synology.plugins.plugin_utils._paths import controller_path, controller_paths
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.download import DownloadError, download
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.packages import (
    Checksums,
    PackageError,
    archive_kind,
    checksums,
    git_blob_id,
    make_zip,
    openssl_dlls,
    sha256,
    unpack_zip,
    verify,
)

_PREFIXES = {
    "archive": "nut_client_windows_archive_",
    "legacy_msi": "nut_client_windows_legacy_",
    "winnut": "nut_client_windows_winnut_",
}
_OPENSSL = "nut_client_windows_legacy_openssl_"
_MOST_DOWNLOADED = 1024**3  # bytes; the archive has some tens of MB
_FORMAT = 2  # goes up when the same archive is to become another .zip; those in the caches are then made anew
_UNPACKING = 600  # seconds
_TOOLS: dict[str, Callable[[str, str], list[str]]] = {
    "bsdtar": lambda archive, folder: ["-x", "--no-same-owner", "--no-same-permissions", "-f", archive, "-C", folder],
    **{name: lambda archive, folder: ["x", "-y", "-bd", f"-o{folder}", archive] for name in ("7z", "7zz", "7za")},
}


class PackageRequest(NamedTuple):
    """What one host wants; paths are absolute."""

    method: str
    url: str
    file: str
    checksums: Checksums
    prefix: str
    openssl_file: str
    openssl: Checksums | None
    timeout: float
    """Seconds that one step of a download may take."""

    @property
    def source(self) -> str:
        """Return where the package is from, for people: without a password or a token in the URL."""
        if self.file:
            return self.file
        parts = urlsplit(self.url)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl()


def cache_folder(wanted: str, inventory_dir: str | None) -> str:
    """Return the folder for what was fetched and made: *wanted*, or the user's cache."""
    base = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    return controller_path(wanted, inventory_dir) or os.path.abspath(
        os.path.join(os.path.expanduser(base), "upsfleet-synology")
    )


def read_request(arguments: dict[str, Any], inventory_dir: str | None) -> PackageRequest:
    """Return the arguments as a request.

    :raises PackageError: naming the variable that is missing or has not the right form.
    """
    method = arguments["method"]
    prefix = _PREFIXES[method]
    path = _file(arguments["file"], inventory_dir, prefix)
    wanted = checksums(arguments["git_blob_id"], arguments["sha256"], prefix)
    if not path and urlsplit(arguments["url"]).scheme not in ("http", "https", "file"):
        raise PackageError(f"{prefix}url must begin with https://, http:// or file://, or set {prefix}file.")
    openssl, openssl_path = None, ""
    if method == "legacy_msi":
        if not arguments["openssl_file"]:
            raise PackageError(
                f"{_OPENSSL}file is not set: NUT 2.6.5-6 does not start without libeay32.dll and ssleay32.dll, which "
                "come with no installer. Name the .zip of OpenSSL 1.0.2u for i386 (win32) on the controller there."
            )
        openssl = checksums("", arguments["openssl_sha256"], _OPENSSL)
        openssl_path = _file(arguments["openssl_file"], inventory_dir, _OPENSSL)
    return PackageRequest(method, arguments["url"], path, wanted, prefix, openssl_path, openssl, arguments["timeout"])


def _file(path: str, inventory_dir: str | None, prefix: str) -> str:
    """Return the file that *path* means, absolute; empty for an empty path.

    :raises PackageError: if it is nowhere, naming where it was looked for.
    """
    found = controller_path(path, inventory_dir)
    if path and not os.path.isfile(found):
        places = " or ".join(controller_paths(path, inventory_dir))
        raise PackageError(f"{prefix}file: there is no file {places} on the controller.")
    return found


def check(request: PackageRequest, cache: str) -> None:
    """Look for what would stop :func:`provide`, as far as can be told without fetching.

    :raises PackageError: naming it and the next step.
    """
    to_make = request.method == "archive" and not os.path.exists(_product(request, cache))
    if to_make and (not request.file or archive_kind(request.file) == "7z"):
        unpackers()


def unpackers() -> list[str]:
    """Return the programs here that unpack a .7z.

    :raises PackageError: if there is none, naming the packages that have one.
    """
    found = [name for name in _TOOLS if shutil.which(name)]
    if not found:
        raise PackageError(
            "Nothing on the controller unpacks the .7z archive of NUT for Windows. Install bsdtar or 7z there: "
            "`apt install libarchive-tools` or `apt install 7zip` on Debian, `brew install libarchive` or "
            "`brew install sevenzip` on macOS; or name a .zip of it in nut_client_windows_archive_file."
        )
    return found


def provide(request: PackageRequest, cache: str, look_only: bool) -> dict[str, Any]:
    """Return the result's path, checksum and dlls, from the cache or made now.

    :param look_only: whether nothing may be fetched or made.
    :raises PackageError: naming what is wrong and the next step.
    """
    check(request, cache)
    product = _product(request, cache)
    if look_only and not os.path.isdir(cache):
        return _not_yet(request)
    with _locked(cache, request.checksums.key, look_only):
        checksum = _cached(request, product)
        if checksum is None:
            if look_only:
                if request.file:
                    verify(request.file, request.checksums, request.prefix, request.file)
                return _not_yet(request)
            checksum = _make(request, cache, product)
        return {"path": product, "checksum": checksum, "dlls": _dlls(request, cache, look_only)}


def _not_yet(request: PackageRequest) -> dict[str, Any]:
    done = "packed" if request.file else "fetched"
    return {"msg": f"{request.source} would be {done}; nothing is {done} in check mode."}


def _product(request: PackageRequest, cache: str) -> str:
    return os.path.join(cache, request.checksums.key + (".zip" if request.method == "archive" else ".msi"))


@contextlib.contextmanager
def _locked(cache: str, name: str, look_only: bool) -> Iterator[None]:
    """Make the others wait: the hosts' forks want the same package at the same time.

    :raises PackageError: if others could change what is in the cache. What is made of an archive has no checksum among
        the variables, and becomes a service of the highest rights.
    """
    os.makedirs(cache, mode=0o700, exist_ok=True)
    status = os.stat(cache)
    if status.st_uid != os.geteuid() or status.st_mode & (stat.S_IWGRP | stat.S_IWOTH):
        raise PackageError(
            f"Others may write to {cache}, whose content would run on the hosts with all rights. Give it to yourself "
            "alone (chmod 700), or name another folder in nut_client_windows_cache_dir."
        )
    with open(os.path.join(cache, f"{name}.lock"), "a", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_SH if look_only else fcntl.LOCK_EX)
        yield


def _cached(request: PackageRequest, product: str) -> str | None:
    """Return the SHA-256 of the product in the cache, None if there is none or it is not what was put there."""
    try:
        if request.method != "archive":
            verify(product, request.checksums, request.prefix, product)
        with open(product, "rb") as stream:
            found = sha256(stream)
        if request.method == "archive":
            with open(f"{product}.json", encoding="ascii") as record:
                known = json.load(record)
            asked = {kind: value for kind, value in request.checksums._asdict().items() if value}
            if (known["format"], known["sha256"]) != (_FORMAT, found) or not asked.items() <= known["of"].items():
                return None
    except (FileNotFoundError, PackageError, ValueError, KeyError, TypeError, AttributeError):
        return None
    return found


def _make(request: PackageRequest, cache: str, product: str) -> str:
    """Fetch or take the package, verify it, and put what Windows needs of it into the cache; return its SHA-256."""
    with tempfile.TemporaryDirectory(prefix="work-", dir=cache) as work:
        got = os.path.join(work, "package")
        _get(request, got)
        verify(got, request.checksums, request.prefix, request.source)
        source = _sums(got)
        if request.method == "archive":
            got = _convert(got, request.source, work)
            record = {"format": _FORMAT, "of": source._asdict(), "sha256": _sums(got).sha256}
            _write(f"{product}.json", json.dumps(record).encode("ascii"), work)
        checksum = _sums(got).sha256
        os.replace(got, product)
    return checksum


def _sums(path: str) -> Checksums:
    with open(path, "rb") as stream:
        blob = git_blob_id(stream, os.fstat(stream.fileno()).st_size)
        stream.seek(0)
        return Checksums(blob, sha256(stream))


def _get(request: PackageRequest, target: str) -> None:
    if request.file:
        shutil.copyfile(request.file, target)
        return
    try:
        download(request.url, target, request.timeout, _MOST_DOWNLOADED)
    except DownloadError as error:
        reason = str(error).replace(request.url, request.source)
        raise PackageError(
            f"{request.source} cannot be fetched: {reason}. Where the controller "
            f"has no way to the internet, put the file on it and name it in {request.prefix}file."
        ) from None


def _convert(archive: str, source: str, work: str) -> str:
    folder, made = os.path.join(work, "tree"), os.path.join(work, "made.zip")
    os.mkdir(folder, 0o700)
    if archive_kind(archive) == "zip":
        unpack_zip(archive, folder)
    else:
        _unpack(archive, source, folder)
    make_zip(folder, made)
    return made


def _unpack(archive: str, source: str, folder: str) -> None:
    complaints = []
    for tool in unpackers():
        try:
            done = subprocess.run(
                [tool, *_TOOLS[tool](archive, folder)],
                stdin=subprocess.DEVNULL,
                capture_output=True,
                timeout=_UNPACKING,
                env={**os.environ, "LC_ALL": "C.UTF-8"},
                check=False,
            )
        except subprocess.TimeoutExpired:
            complaints.append(f"{tool}: not done within {_UNPACKING} s")
            continue
        if done.returncode == 0:
            return
        said = (done.stderr or done.stdout).decode("utf-8", "replace").strip().splitlines()
        complaints.append(f"{tool}: {said[-1] if said else f'exit status {done.returncode}'}")
        shutil.rmtree(folder)
        os.mkdir(folder, 0o700)
    raise PackageError(f"{source} has the right checksum and cannot be unpacked ({'; '.join(complaints)}).")


def _dlls(request: PackageRequest, cache: str, look_only: bool) -> list[str]:
    """Return the paths of OpenSSL's DLLs, of which the cache only keeps a copy: the .zip is verified each time."""
    if request.openssl is None:
        return []
    verify(request.openssl_file, request.openssl, _OPENSSL, request.openssl_file)
    folder = os.path.join(cache, f"openssl-{request.openssl.key}")
    paths = []
    for name, content in openssl_dlls(request.openssl_file).items():
        path = os.path.join(folder, name)
        if not look_only:
            os.makedirs(folder, mode=0o700, exist_ok=True)
            _write(path, content, folder)
        paths.append(path)
    return [path for path in paths if os.path.exists(path)]


def _write(path: str, content: bytes, work: str) -> None:
    with tempfile.NamedTemporaryFile(dir=work, delete=False) as file:
        file.write(content)
    os.replace(file.name, path)
