# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Packages for Windows: checksums, the .zip that is made of an unpacked archive, and OpenSSL's DLLs."""

from __future__ import annotations

import hashlib
import io
import os
import struct
import subprocess
import zipfile
from pathlib import Path
from typing import Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import packages
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.packages import (
    Checksums,
    PackageError,
    archive_kind,
    checksums,
    git_blob_id,
    make_zip,
    nut_root,
    openssl_dlls,
    pe_machine,
    safe_names,
    sha256,
    unpack_zip,
    verify,
)
from hypothesis import given
from hypothesis import strategies as st

PREFIX = "nut_client_windows_archive_"
SHA1, SHA256 = "a" * 40, "b" * 64
NUT = ("bin/nut.exe", "sbin/upsmon.exe")


def dll(machine: int, size: int = 256) -> bytes:
    """Return the head of a Windows DLL for *machine*; nothing runs it."""
    head = bytearray(size)
    head[:2] = b"MZ"
    struct.pack_into("<I", head, 0x3C, 0x80)
    struct.pack_into("<4sH", head, 0x80, b"PE\0\0", machine)
    return bytes(head)


def tree(folder: Path, *names: str) -> Path:
    """Make files below *folder*, each with its own name as content."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return folder


def zipped(path: Path, files: dict[str, bytes], change: Callable[[zipfile.ZipInfo], None] | None = None) -> Path:
    """Make a .zip whose entries have exactly these names."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as made:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name)
            entry.compress_type = zipfile.ZIP_DEFLATED
            if change:
                change(entry)
            made.writestr(entry, content)
    return path


@given(st.binary(max_size=2000))
def test_checksums_are_those_of_the_programs(content: bytes) -> None:
    assert sha256(io.BytesIO(content)) == hashlib.sha256(content).hexdigest()
    ours = git_blob_id(io.BytesIO(content), len(content))
    assert ours == hashlib.sha1(b"blob " + str(len(content)).encode() + b"\0" + content).hexdigest()


def test_the_blob_id_is_gits(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(os.urandom(3 * 1024 * 1024 + 7))  # more than one piece
    told = subprocess.run(["git", "hash-object", str(path)], check=True, capture_output=True, text=True).stdout.strip()
    with path.open("rb") as stream:
        assert git_blob_id(stream, path.stat().st_size) == told


@pytest.mark.parametrize(
    ("blob", "sha", "key"),
    [
        (SHA1, "", f"blob-{SHA1}"),
        ("", SHA256, f"sha256-{SHA256}"),
        (SHA1, SHA256, f"sha256-{SHA256}"),
        (f" {SHA1.upper()}\n", SHA256.upper(), f"sha256-{SHA256}"),
    ],
)
def test_checksums_are_taken(blob: str, sha: str, key: str) -> None:
    assert checksums(blob, sha, PREFIX).key == key


@pytest.mark.parametrize(
    ("blob", "sha", "message"),
    [
        ("", "", f"Neither {PREFIX}sha256 nor {PREFIX}git_blob_id is set: "),
        ("a" * 39, "", f"{PREFIX}git_blob_id must be 40 hexadecimal digits."),
        ("g" * 40, "", f"{PREFIX}git_blob_id must be 40 hexadecimal digits."),
        (SHA1, SHA1, f"{PREFIX}sha256 must be 64 hexadecimal digits."),
        (SHA1, "../" + "b" * 61, f"{PREFIX}sha256 must be 64 hexadecimal digits."),
    ],
)
def test_checksums_that_are_none_are_refused(blob: str, sha: str, message: str) -> None:
    with pytest.raises(PackageError) as error:
        checksums(blob, sha, PREFIX)
    assert str(error.value).startswith(message)


def test_a_file_is_what_every_given_checksum_names(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    blob, sha = git_blob_id(io.BytesIO(b"content"), 7), sha256(io.BytesIO(b"content"))
    for given_sums in (Checksums(blob, ""), Checksums("", sha), Checksums(blob, sha)):
        verify(str(path), given_sums, PREFIX, "the source")
    for kind, wrong, expected, found in (
        ("git_blob_id", Checksums(SHA1, sha), SHA1, blob),
        ("sha256", Checksums(blob, SHA256), SHA256, sha),
    ):
        with pytest.raises(PackageError) as error:
            verify(str(path), wrong, PREFIX, "the source")
        assert str(error.value) == (
            f"the source is not the file that {PREFIX}{kind} names: expected {expected}, found {found} (7 bytes). Get "
            f"the right file onto the controller and name it in {PREFIX}file; if this one is wanted and you have "
            f"checked where it is from, change {PREFIX}{kind}."
        )


def test_an_archive_is_known_by_how_it_begins(tmp_path: Path) -> None:
    path = tmp_path / "archive"
    for head, kind in ((b"7z\xbc\xaf\x27\x1c\0\4", "7z"), (b"PK\x03\x04rest", "zip")):
        path.write_bytes(head)
        assert archive_kind(str(path)) == kind
    for head in (b"", b"7z", b"<html>", b"PK\x05\x06", b"MZ"):
        path.write_bytes(head)
        with pytest.raises(PackageError, match=r"is neither a \.7z nor a \.zip archive"):
            archive_kind(str(path))


@pytest.mark.parametrize(
    ("data", "machine"),
    [
        (dll(0x14C), 0x14C),
        (dll(0x8664), 0x8664),
        (dll(0x14C)[:0x86], 0x14C),
        (dll(0x14C)[:0x85], 0),
        (b"", 0),
        (b"MZ", 0),
        (b"MZ" + bytes(62), 0),
        (b"MZ" + b"\xff" * 62, 0),
        (b"\x7fELF" + bytes(300), 0),
        (dll(0x14C).replace(b"PE\0\0", b"NE\0\0"), 0),
    ],
)
def test_the_machine_of_a_dll(data: bytes, machine: int) -> None:
    assert pe_machine(data) == machine


@given(st.binary(max_size=300))
def test_any_data_has_a_machine_or_none(data: bytes) -> None:
    assert 0 <= pe_machine(b"MZ" + data) <= 0xFFFF


@pytest.mark.parametrize(
    ("prefix", "root"),
    [("", ""), ("mingw64/", "mingw64"), ("NUT-for-Windows-x86_64-RELEASE-2.8.4/mingw64/",) * 2, ("a b/ö/",) * 2],
)
def test_the_folder_of_nut_is_found(prefix: str, root: str) -> None:
    others = ["README", "x/bin/nut.exe", "y/sbin/upsmon.exe", "z/nut.exe", "xbin/nut.exe", "xsbin/upsmon.exe"]
    assert nut_root([*others, *(prefix + name for name in NUT)]) == root.rstrip("/")
    assert nut_root([prefix + "BIN/NUT.EXE", prefix + "Sbin/UpsMon.exe"]) == root.rstrip("/")


@pytest.mark.parametrize(
    ("names", "found"),
    [
        ([], "no folder"),
        (["bin/nut.exe"], "no folder"),
        (["bin/nut.exe", "x/sbin/upsmon.exe"], "no folder"),
        ([f"{root}/{name}" for root in ("mingw64", "mingw32") for name in NUT], "2 folders (mingw32, mingw64)"),
    ],
)
def test_no_folder_or_two_are_refused(names: list[str], found: str) -> None:
    with pytest.raises(PackageError) as error:
        nut_root(names)
    assert str(error.value).startswith(f"The archive has {found} with bin/nut.exe and sbin/upsmon.exe; exactly one")


@pytest.mark.parametrize(
    "name",
    [
        *(
            "../x",
            "a/../x",
            "/x",
            "a//x",
            "./x",
            "",
            "a/",
            "..\\x",
            "a\\..\\..\\x",
            "C:/x",
            "C:x",
            "a:stream",
            "\\\\h\\x",
        ),
        *(
            "etc./x",
            "etc /x",
            "...",
            "con",
            "bin/NUL",
            "com1.dll",
            "a\nb",
            "a\0b",
            "a*",
            "a?b",
            'a"b',
            "a<b",
            "a|b",
            "\udcff",
        ),
    ],
)
def test_a_name_that_leads_out_or_that_windows_cannot_have_is_refused(name: str) -> None:
    with pytest.raises(PackageError, match=r"^The archive holds .*, a name that Windows cannot have or"):
        safe_names(["ok", name])


def test_names_that_windows_can_have_are_taken_sorted() -> None:
    names = ["share/a b.txt", "bin/nut.exe", ".hidden", "console", "com10", "a..b", "lib/libstdc++-6.dll", "ö"]
    assert safe_names(names) == sorted(names)
    with pytest.raises(PackageError, match="there twice"):
        safe_names(["bin/a.dll", "bin/A.DLL"])


def test_the_zip_holds_what_a_client_runs_and_the_programs_last(tmp_path: Path) -> None:
    folder = tree(
        tmp_path / "tree",
        *(f"NUT/mingw64/{name}" for name in (*NUT, "bin/x.dll", "Etc/nut.conf.sample", "etcetera", "share/etc/y")),
        "NUT/README",
        "other",
    )
    (folder / "NUT/mingw64/sbin/x.dll").symlink_to("../bin/x.dll")
    (folder / "NUT/mingw64/empty").mkdir()
    made = tmp_path / "made.zip"
    make_zip(str(folder), str(made))
    with zipfile.ZipFile(made) as archive:
        assert archive.testzip() is None
        content = {entry.filename: archive.read(entry) for entry in archive.infolist()}
        modes = {entry.external_attr >> 16 for entry in archive.infolist()}
    assert list(content) == ["bin/x.dll", "sbin/x.dll", "bin/nut.exe", "sbin/upsmon.exe"]
    assert content["sbin/x.dll"] == content["bin/x.dll"] == b"NUT/mingw64/bin/x.dll"
    assert modes == {0o100644}


def test_the_same_files_make_the_same_zip(tmp_path: Path) -> None:
    for number, where in enumerate(("one", "two")):
        folder = tree(tmp_path / where, *(NUT if number else reversed(NUT)))
        os.utime(folder / NUT[0], (number * 10**8, number * 10**8))
        (folder / NUT[1]).chmod(0o755 if number else 0o600)
        make_zip(str(folder), str(tmp_path / f"{where}.zip"))
    assert (tmp_path / "one.zip").read_bytes() == (tmp_path / "two.zip").read_bytes()


@pytest.mark.parametrize("target", ["/etc/hostname", "../../secret", "nothing", "loop", "../bin", "/"])
def test_a_link_that_leads_out_or_nowhere_is_refused(tmp_path: Path, target: str) -> None:
    tree(tmp_path, "secret")
    folder = tree(tmp_path / "tree", *NUT)
    (folder / "sbin/loop").symlink_to(target)
    with pytest.raises(PackageError, match=r"^The archive holds sbin/loop, which is neither"):
        make_zip(str(folder), str(tmp_path / "made.zip"))


def test_what_is_neither_file_nor_folder_is_refused(tmp_path: Path) -> None:
    folder = tree(tmp_path / "tree", *NUT)
    os.mkfifo(folder / "pipe")
    with pytest.raises(PackageError, match=r"^The archive holds pipe, which is neither"):
        make_zip(str(folder), str(tmp_path / "made.zip"))


def test_too_much_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tree(tmp_path / "tree", *NUT)
    monkeypatch.setattr(packages, "MOST_BYTES", 25)
    with pytest.raises(PackageError, match="unpacks to 26 bytes; allowed are 25"):
        make_zip(str(folder), str(tmp_path / "made.zip"))
    with pytest.raises(PackageError, match="unpacks to more than 25 bytes"):
        unpack_zip(str(zipped(tmp_path / "x.zip", {"a": bytes(13), "b": bytes(13)})), str(tmp_path / "out"))


def test_a_zip_is_unpacked(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"a/": b"", "a/b/c": b"one", "d": b""})
    unpack_zip(str(path), str(tmp_path / "out"))
    found = {
        str(file.relative_to(tmp_path / "out")): file.read_bytes()
        for file in tmp_path.rglob("out/**/*")
        if file.is_file()
    }
    assert found == {"a/b/c": b"one", "d": b""}


@pytest.mark.parametrize("name", ["../out", "/tmp/out", "a/../../out", "C:\\out"])
def test_a_zip_whose_names_lead_out_unpacks_nothing(tmp_path: Path, name: str) -> None:
    path = zipped(tmp_path / "x.zip", {"first": b"x", name: b"x"})
    with pytest.raises(PackageError, match="a name that Windows cannot have"):
        unpack_zip(str(path), str(tmp_path / "in"))
    assert sorted(tmp_path.iterdir()) == [path]


def test_a_zip_with_a_link_is_refused(tmp_path: Path) -> None:
    path = zipped(tmp_path / "x.zip", {"a": b"/etc"}, lambda entry: setattr(entry, "external_attr", 0o120777 << 16))
    with pytest.raises(PackageError, match="holds the link a: pack files"):
        unpack_zip(str(path), str(tmp_path / "out"))


def _encrypted(content: bytes) -> bytes:
    for head, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = content.index(head) + offset
        content = content[:at] + bytes([content[at] | 1]) + content[at + 1 :]
    return content


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda content: content[:-30], "is not a .zip archive, or a damaged one"),
        (lambda content: b"<html>not found</html>", "is not a .zip archive, or a damaged one"),
        (
            lambda content: content[:45] + bytes([content[45] ^ 0xFF]) + content[46:],
            "is damaged: get the archive again",
        ),
        (_encrypted, "cannot be unpacked"),
    ],
)
def test_a_damaged_or_encrypted_zip_is_refused(tmp_path: Path, spoil: Callable[[bytes], bytes], message: str) -> None:
    path = zipped(tmp_path / "x.zip", {"libeay32.dll": dll(0x14C, 4096), "ssleay32.dll": dll(0x14C)})
    path.write_bytes(spoil(path.read_bytes()))
    with pytest.raises(PackageError, match=message):
        unpack_zip(str(path), str(tmp_path / "out"))
    with pytest.raises(PackageError, match=message):
        openssl_dlls(str(path))


@pytest.mark.parametrize("prefix", ["", "openssl-1.0.2u-i386-win32/", "a/b/"])
def test_the_dlls_are_found_in_any_folder(tmp_path: Path, prefix: str) -> None:
    content = {"libeay32.dll": dll(0x14C), "ssleay32.dll": dll(0x14C, 300)}
    files = {prefix + (name.upper() if prefix else name): data for name, data in content.items()}
    path = zipped(tmp_path / "x.zip", {**files, "openssl.exe": dll(0x8664), "xlibeay32.dll": b"", "../../x": b""})
    assert openssl_dlls(str(path)) == content


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, "holds libeay32.dll 0 times, not once: name the .zip"),
        ({"libeay32.dll": dll(0x14C)}, "holds ssleay32.dll 0 times"),
        (
            {"x/libeay32.dll": dll(0x14C), "y/LIBEAY32.DLL": dll(0x14C), "ssleay32.dll": dll(0x14C)},
            "holds libeay32.dll 2 times",
        ),
        (
            {"libeay32.dll": dll(0x8664), "ssleay32.dll": dll(0x8664)},
            "is x86_64 (64-bit), not i386 (32-bit); upsmon.exe would die with 0xc000007b. Name the .zip of OpenSSL",
        ),
        ({"libeay32.dll": dll(0x14C), "ssleay32.dll": dll(0x8664)}, "ssleay32.dll in "),
        ({"libeay32.dll": dll(0xAA64), "ssleay32.dll": dll(0x14C)}, "is ARM64 (64-bit), not"),
        ({"libeay32.dll": dll(0x200), "ssleay32.dll": dll(0x14C)}, "is machine type 0x200, not"),
        ({"libeay32.dll": b"text", "ssleay32.dll": dll(0x14C)}, "is no Windows DLL at all, not"),
    ],
)
def test_dlls_that_upsmon_could_not_load_are_refused(tmp_path: Path, files: dict[str, bytes], message: str) -> None:
    with pytest.raises(PackageError) as error:
        openssl_dlls(str(zipped(tmp_path / "x.zip", files)))
    assert message in str(error.value)


def test_a_dll_that_would_fill_the_memory_is_refused_unread(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packages, "MOST_DLL_BYTES", 999)
    path = zipped(tmp_path / "x.zip", {"libeay32.dll": dll(0x14C) + bytes(10**6), "ssleay32.dll": dll(0x14C)})
    assert path.stat().st_size < 10**4
    with pytest.raises(PackageError, match="has more than 999 bytes"):
        openssl_dlls(str(path))
