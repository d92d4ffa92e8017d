# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What a package for Windows must be before a host may have it, and the .zip that is made of the NUT archive.

Pure, and for the controller: files and folders come in as paths or streams, nothing is fetched or run.
"""

from __future__ import annotations

import hashlib
import io
import os
import re
import shutil
import stat
import struct
import zipfile
import zlib
from typing import BinaryIO, Iterable, Iterator, NamedTuple

MOST_BYTES = 2 * 1024**3
"""Bytes that an unpacked NUT may have; the official 2.8 archives stay far below."""
MOST_DLL_BYTES = 16 * 1024**2
"""Bytes that one DLL of OpenSSL may have; those of 1.0.2 have less than 3 MiB."""
OPENSSL_DLLS = ("libeay32.dll", "ssleay32.dll")
I386 = 0x14C

_MACHINES = {I386: "i386 (32-bit)", 0x8664: "x86_64 (64-bit)", 0xAA64: "ARM64 (64-bit)"}
_PIECE = 1024 * 1024
_OPENSSL_ADVICE = "name the .zip of OpenSSL 1.0.2u for i386 (win32) in nut_client_windows_legacy_openssl_file."
_MAGIC = {b"7z\xbc\xaf\x27\x1c": "7z", b"PK\x03\x04": "zip"}
_DIGITS = {"git_blob_id": 40, "sha256": 64}
_EARLIEST = (
    1980,
    1,
    1,
    0,
    0,
    0,
)  # what a .zip can hold; the same for every file, so that the same tree is the same .zip
_PROGRAMS = ("bin/nut.exe", "sbin/upsmon.exe")
_USED = ("bin/", "sbin/")
_RESERVED = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\..*)?", re.IGNORECASE)


class PackageError(ValueError):
    """A package that cannot be used; the text names the cause and the next step."""


class Checksums(NamedTuple):
    """What the variables say about a file; an empty text says nothing. At least one says something."""

    git_blob_id: str
    sha256: str

    @property
    def key(self) -> str:
        """Return a name for exactly this content, usable as a file's name."""
        return f"sha256-{self.sha256}" if self.sha256 else f"blob-{self.git_blob_id}"


def checksums(git_blob_id: str, sha256: str, prefix: str) -> Checksums:
    """Return the checksums in lower case.

    :param prefix: what the variables' names begin with, for the message.
    :raises PackageError: if there is none, or one has not the form of its kind.
    """
    given = Checksums(git_blob_id.strip().lower(), sha256.strip().lower())
    if not any(given):
        raise PackageError(
            f"Neither {prefix}sha256 nor {prefix}git_blob_id is set: nothing would tell a right file from a wrong one. "
            "Set one of them; `sha256sum FILE` and `git hash-object FILE` print them."
        )
    for kind, value in given._asdict().items():
        if value and not re.fullmatch(f"[0-9a-f]{{{_DIGITS[kind]}}}", value):
            raise PackageError(f"{prefix}{kind} must be {_DIGITS[kind]} hexadecimal digits.")
    return given


def sha256(stream: BinaryIO) -> str:
    """Return the SHA-256 of what is left of *stream*, in hexadecimal."""
    return _digest(hashlib.sha256(), stream)


def git_blob_id(stream: BinaryIO, size: int) -> str:
    """Return the id that git gives a file of *size* bytes, as ``git hash-object`` prints it."""
    return _digest(hashlib.sha1(b"blob %d\0" % size), stream)  # noqa: S324  # git's choice


def _digest(digest: hashlib._Hash, stream: BinaryIO) -> str:
    for piece in iter(lambda: stream.read(_PIECE), b""):
        digest.update(piece)
    return digest.hexdigest()


def verify(path: str, wanted: Checksums, prefix: str, source: str) -> None:
    """Compare the file at *path* with every checksum that is given.

    :param source: where it is from, for the message.
    :raises PackageError: naming the variable, what it says, and what was found.
    """
    for kind, expected in wanted._asdict().items():
        if not expected:
            continue
        with open(path, "rb") as stream:
            size = os.fstat(stream.fileno()).st_size
            found = git_blob_id(stream, size) if kind == "git_blob_id" else sha256(stream)
        if found != expected:
            raise PackageError(
                f"{source} is not the file that {prefix}{kind} names: expected {expected}, found {found} ({size} "
                f"bytes). Get the right file onto the controller and name it in {prefix}file; if this one is wanted "
                f"and you have checked where it is from, change {prefix}{kind}."
            )


def archive_kind(path: str) -> str:
    """Return ``7z`` or ``zip`` for the archive at *path*, by how it begins.

    :raises PackageError: if it is neither.
    """
    with open(path, "rb") as stream:
        head = stream.read(6)
    for magic, kind in _MAGIC.items():
        if head.startswith(magic):
            return kind
    raise PackageError(
        f"{path} is neither a .7z nor a .zip archive. Take the archive NUT-for-Windows-x86_64-RELEASE-VERSION.7z of "
        "networkupstools.org."
    )


def pe_machine(data: bytes) -> int:
    """Return the machine type of a Windows program or DLL, such as :data:`I386`; 0 if *data* is none.

    Source: Microsoft's "PE Format": the offset of the signature is at 0x3c, the machine follows it.
    """
    if len(data) < 0x40 or data[:2] != b"MZ":
        return 0
    offset = struct.unpack_from("<I", data, 0x3C)[0]
    if data[offset : offset + 4] != b"PE\0\0" or len(data) < offset + 6:
        return 0
    return int(struct.unpack_from("<H", data, offset + 4)[0])


def nut_root(names: Iterable[str]) -> str:
    """Return the folder, ``""`` for the top, among files *names* (with slashes) that holds NUT for Windows.

    :raises PackageError: if there is none, or more than one.
    """
    there = {name.lower(): name for name in names}
    roots = sorted(
        there[name][: -len("bin/nut.exe")].rstrip("/")
        for name in there
        if (name == "bin/nut.exe" or name.endswith("/bin/nut.exe"))
        and name[: -len("bin/nut.exe")] + "sbin/upsmon.exe" in there
    )
    if len(roots) != 1:
        found = f"{len(roots)} folders ({', '.join(roots)})" if roots else "no folder"
        raise PackageError(
            f"The archive has {found} with bin/nut.exe and sbin/upsmon.exe; exactly one is needed. Take the archive "
            "NUT-for-Windows-x86_64-RELEASE-VERSION.7z of networkupstools.org, or pack one folder of it as a .zip."
        )
    return roots[0]


def make_zip(folder: str, destination: str) -> None:
    """Write what a client runs of NUT, ``bin`` and ``sbin``, found in the unpacked *folder*, to a new .zip.

    The same files make the same bytes. The two programs come last: what is there counts as installed with them. A
    symbolic link to a file inside is stored as that file.

    :raises PackageError: if NUT is not there once, or something in it cannot or must not be stored.
    """
    files = dict(_files(os.path.realpath(folder)))
    root = nut_root(files)
    start = f"{root}/" if root else ""
    wanted = {name[len(start) :]: path for name, path in files.items() if name.startswith(start)}
    total = sum(os.path.getsize(path) for path in wanted.values())
    if total > MOST_BYTES:
        raise PackageError(f"The archive unpacks to {total} bytes; allowed are {MOST_BYTES}.")
    with zipfile.ZipFile(destination, "w", zipfile.ZIP_DEFLATED) as made:
        for name in sorted(safe_names(wanted), key=lambda one: one.lower() in _PROGRAMS):
            if not name.lower().startswith(_USED):
                continue
            entry = zipfile.ZipInfo(name, _EARLIEST)
            entry.compress_type, entry.create_system, entry.external_attr = zipfile.ZIP_DEFLATED, 3, 0o100644 << 16
            entry.file_size = os.path.getsize(wanted[name])  # or zipfile could not tell that a file is large
            with open(wanted[name], "rb") as source, made.open(entry, "w") as target:
                shutil.copyfileobj(source, target, _PIECE)


def _files(folder: str) -> Iterator[tuple[str, str]]:
    """Yield name and real path of every regular file below *folder*; refuse what is neither a file nor a folder."""
    for where, folders, names in os.walk(folder):
        for name in folders + names:
            path = os.path.join(where, name)
            relative = os.path.relpath(path, folder).replace(os.sep, "/")
            real = os.path.realpath(path)
            mode = os.lstat(path).st_mode
            if stat.S_ISLNK(mode):
                inside = os.path.commonpath([folder, real]) == folder
                mode = os.stat(real).st_mode if inside and os.path.isfile(real) else mode
            if stat.S_ISREG(mode):
                yield relative, real
            elif not stat.S_ISDIR(mode):
                raise PackageError(
                    f"The archive holds {relative}, which is neither a file nor a folder, or a link that leads out of "
                    "it. This is not an archive of NUT for Windows as networkupstools.org has it."
                )


def safe_names(names: Iterable[str]) -> list[str]:
    """Return the names sorted, if each stays below the folder into which Windows unpacks it, and none hides another.

    :raises PackageError: naming the first that does not.
    """
    seen: set[str] = set()
    for name in sorted(names):
        if not all(_plain(part) for part in name.split("/")) or name.lower() in seen:
            raise PackageError(f"The archive holds {name!r}, a name that Windows cannot have or that is there twice.")
        seen.add(name.lower())
    return sorted(names)


def _plain(part: str) -> bool:
    return (
        part not in ("", ".", "..")
        and part.isprintable()
        and not re.search(r'[\\:*?"<>|]', part)
        and part[-1] not in ". "
        and not _RESERVED.fullmatch(part)
    )


def unpack_zip(path: str, folder: str) -> None:
    """Unpack a .zip that a person made into *folder*.

    :raises PackageError: if it is broken, encrypted or too large, or holds a link or a name that leads out.
    """
    with _opened(path) as archive:
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
        safe_names([entry.filename for entry in entries])
        if sum(entry.file_size for entry in entries) > MOST_BYTES:
            raise PackageError(f"{path} unpacks to more than {MOST_BYTES} bytes.")
        for entry in entries:
            if stat.S_ISLNK(entry.external_attr >> 16):
                raise PackageError(f"{path} holds the link {entry.filename}: pack files, not links.")
            target = os.path.join(folder, *entry.filename.split("/"))
            os.makedirs(os.path.dirname(target), exist_ok=True)
            with open(target, "wb") as stream:
                _copy(path, archive, entry, stream)


def openssl_dlls(path: str) -> dict[str, bytes]:
    """Return the two DLLs that NUT 2.6.5-6 lacks, by name, from anywhere in the OpenSSL .zip at *path*.

    :raises PackageError: if one is missing, there twice, too large, or not for 32-bit programs: upsmon.exe of 2.6.5-6
        is one, and dies with 0xc000007b when it meets a 64-bit DLL.
    """
    found: dict[str, bytes] = {}
    with _opened(path) as archive:
        for name in OPENSSL_DLLS:
            entries = [entry for entry in archive.infolist() if entry.filename.split("/")[-1].lower() == name]
            if len(entries) != 1:
                raise PackageError(f"{path} holds {name} {len(entries)} times, not once: {_OPENSSL_ADVICE}")
            if entries[0].file_size > MOST_DLL_BYTES:
                raise PackageError(f"{name} in {path} has more than {MOST_DLL_BYTES} bytes: {_OPENSSL_ADVICE}")
            content = io.BytesIO()
            _copy(path, archive, entries[0], content)
            found[name] = content.getvalue()
            machine = pe_machine(found[name])
            if machine != I386:
                kind = _MACHINES.get(machine, f"machine type {machine:#x}" if machine else "no Windows DLL at all")
                raise PackageError(
                    f"{name} in {path} is {kind}, not {_MACHINES[I386]}; upsmon.exe would die with 0xc000007b. "
                    f"{_OPENSSL_ADVICE[0].upper()}{_OPENSSL_ADVICE[1:]}"
                )
    return found


def _opened(path: str) -> zipfile.ZipFile:
    try:
        return zipfile.ZipFile(path)
    except zipfile.BadZipFile:
        raise PackageError(f"{path} is not a .zip archive, or a damaged one: get it again.") from None


def _copy(path: str, archive: zipfile.ZipFile, entry: zipfile.ZipInfo, target: BinaryIO) -> None:
    """Copy one entry, of which zipfile never reads more than the size that the entry states."""
    try:
        with archive.open(entry) as source:
            shutil.copyfileobj(source, target, _PIECE)
    except (zipfile.BadZipFile, zlib.error, EOFError):
        raise PackageError(f"{entry.filename} in {path} is damaged: get the archive again.") from None
    except (RuntimeError, NotImplementedError) as error:  # encrypted; compressed in an unknown way
        raise PackageError(
            f"{entry.filename} in {path} cannot be unpacked ({error}): pack it again, plainly."
        ) from None
