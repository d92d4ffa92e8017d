# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package on the controller: fetched once, verified always, made into a .zip by a real bsdtar."""

from __future__ import annotations

import hashlib
import http.server
import io
import os
import socket
import stat
import struct
import subprocess
import sys
import threading
import urllib.request
import zipfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Iterator

import ansible.module_utils.urls
import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows import download, package_cache
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.packages import (
    PackageError,
    git_blob_id,
    sha256,
)

FILES = ("bin/nut.exe", "bin/x.dll", "sbin/upsmon.exe", "etc/upsmon.conf.sample")
PACKED = ["bin/x.dll", "bin/nut.exe", "sbin/upsmon.exe"]
TOKEN = "S3ntinel"
DEFAULTS: dict[str, Any] = {
    "method": "archive",
    "timeout": 60.0,
    **dict.fromkeys(("url", "file", "git_blob_id", "sha256", "openssl_file", "openssl_sha256"), ""),
}


class Server(http.server.ThreadingHTTPServer):
    """A web server on loopback that counts what is asked of it."""

    def __init__(self, folder: Path) -> None:
        self.asked: list[str] = []
        asked = self.asked

        class Handler(http.server.SimpleHTTPRequestHandler):
            def __init__(self, *args: Any) -> None:
                super().__init__(*args, directory=str(folder))

            def log_message(self, *_args: Any) -> None:
                asked.append(self.path)

        super().__init__(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


@pytest.fixture
def web(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Serve the test's folder."""
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    server = Server(tmp_path)
    thread = threading.Thread(target=server.serve_forever, args=[0.02])
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    """A .7z as NUT has it, with programs that are none."""
    folder = tmp_path / "source"
    for name in FILES:
        path = folder / "NUT-for-Windows-x86_64-RELEASE-2.8.4/mingw64" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name, encoding="utf-8")
    made = tmp_path / "nut.7z"
    subprocess.run(["bsdtar", "--format=7zip", "-cf", str(made), "-C", str(folder), "."], check=True)
    return made


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    """Where the cache is going to be."""
    return tmp_path / "made" / "cache"


def sums(path: Path) -> dict[str, str]:
    """Return both checksums of a file, as options."""
    content = path.read_bytes()
    return {"git_blob_id": git_blob_id(io.BytesIO(content), len(content)), "sha256": sha256(io.BytesIO(content))}


def request_for(**options: Any) -> package_cache.PackageRequest:
    """Return the request that the module's options make."""
    return package_cache.read_request({**DEFAULTS, **options}, None)


def names(path: str) -> list[str]:
    """Return the names in a .zip."""
    with zipfile.ZipFile(path) as opened:
        assert opened.testzip() is None
        return opened.namelist()


def refusal(call: Any, *arguments: Any) -> str:
    """Return what the call refuses its arguments with."""
    with pytest.raises(PackageError) as error:
        call(*arguments)
    return str(error.value)


def test_an_archive_becomes_a_zip(archive: Path, cache: Path, web: Server) -> None:
    result = package_cache.provide(request_for(url=f"{web.url}/nut.7z", **sums(archive)), str(cache), False)
    assert names(result["path"]) == PACKED
    assert result == {
        "path": str(cache / f"sha256-{sums(archive)['sha256']}.zip"),
        "checksum": sums(Path(result["path"]))["sha256"],
        "dlls": [],
    }
    assert stat.S_IMODE(cache.stat().st_mode) == 0o700
    assert sorted(path.suffix for path in cache.iterdir()) == [".json", ".lock", ".zip"]  # nothing is left behind


def test_a_file_url_works(archive: Path, cache: Path) -> None:
    result = package_cache.provide(
        request_for(url=archive.as_uri(), git_blob_id=sums(archive)["git_blob_id"]), str(cache), False
    )
    assert names(result["path"]) == PACKED


def test_a_file_outranks_the_url(archive: Path, cache: Path, web: Server) -> None:
    options = {"url": f"{web.url}/nut.7z", "file": str(archive), "sha256": sums(archive)["sha256"]}
    assert names(package_cache.provide(request_for(**options), str(cache), False)["path"]) == PACKED
    assert web.asked == []


def test_a_zip_of_it_is_taken_without_any_program(
    archive: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    path = tmp_path / "nut.zip"
    with zipfile.ZipFile(path, "w") as made:
        for name in FILES:
            made.writestr(f"mingw64/{name}", name)
    asked = request_for(file=str(path), sha256=sums(path)["sha256"])
    package_cache.check(asked, str(cache))
    assert names(package_cache.provide(asked, str(cache), False)["path"]) == PACKED


def test_ansibles_fork_asks_nobody_for_anything(
    archive: Path, cache: Path, web: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """macOS ends a fork that asks for proxies, as urllib does; it is another process that fetches."""
    commands = []
    run = subprocess.run

    def watched(command: list[str], **options: Any) -> Any:
        commands.append(command)
        return run(command, **options)

    def refuse(*_arguments: Any, **_options: Any) -> Any:
        raise AssertionError("this process was asked")

    monkeypatch.setattr(subprocess, "run", watched)
    for name in ("getproxies", "proxy_bypass", "build_opener", "urlopen"):
        monkeypatch.setattr(urllib.request, name, refuse)
    for owner, name in ((ansible.module_utils.urls, "open_url"), (socket, "getaddrinfo"), (socket.socket, "connect")):
        monkeypatch.setattr(owner, name, refuse)
    url = f"{web.url}/nut.7z?token={TOKEN}"
    assert package_cache.provide(request_for(url=url, **sums(archive)), str(cache), False)["path"]
    assert [path.partition("?")[0] for path in web.asked] == ["/nut.7z"]
    assert [Path(command[1]).name for command in commands if command[0] == sys.executable] == ["download.py"]
    assert [word for command in commands for word in command if TOKEN in word] == []


@pytest.mark.parametrize(
    ("python", "reason"),
    [("", "Ansible does not know its own Python here"), ("/bin/false", "exit status 1"), ("/bin/cat", "No such file")],
)
def test_a_process_that_does_not_fetch(cache: Path, monkeypatch: pytest.MonkeyPatch, python: str, reason: str) -> None:
    monkeypatch.setattr(sys, "executable", python)
    monkeypatch.setattr(download, "__file__", "/nowhere/download.py")
    message = refusal(
        package_cache.provide, request_for(url="http://127.0.0.1:9/nut.7z", sha256="c" * 64), str(cache), False
    )
    assert message.startswith("http://127.0.0.1:9/nut.7z cannot be fetched: ")
    assert reason in message


def test_many_hosts_fetch_once(archive: Path, cache: Path, web: Server) -> None:
    asked = request_for(url=f"{web.url}/nut.7z", sha256=sums(archive)["sha256"])
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda _number: package_cache.provide(asked, str(cache), False), range(16)))
    assert all(result == results[0] for result in results)
    assert web.asked == ["/nut.7z"]


def test_either_checksum_finds_what_is_in_the_cache_if_it_is_right(archive: Path, cache: Path, web: Server) -> None:
    both, url = sums(archive), f"{web.url}/nut.7z"
    package_cache.provide(request_for(url=url, sha256=both["sha256"]), str(cache), False)
    package_cache.provide(request_for(url=url, **both), str(cache), False)
    assert web.asked == ["/nut.7z"]
    refused = refusal(
        package_cache.provide, request_for(url=url, sha256=both["sha256"], git_blob_id="a" * 40), str(cache), False
    )
    assert f"expected {'a' * 40}, found {both['git_blob_id']}" in refused


@pytest.mark.parametrize("spoilt", [".zip", ".json"])
@pytest.mark.parametrize("content", [b"", b"[]", b"{}", b"spoilt"])
def test_what_is_spoilt_in_the_cache_is_made_again(
    archive: Path, cache: Path, web: Server, spoilt: str, content: bytes
) -> None:
    asked = request_for(url=f"{web.url}/nut.7z", sha256=sums(archive)["sha256"])
    first = package_cache.provide(asked, str(cache), False)
    Path(first["path"] + (".json" if spoilt == ".json" else "")).write_bytes(content)
    assert package_cache.provide(asked, str(cache), False) == first
    assert names(first["path"]) == PACKED
    assert web.asked == ["/nut.7z"] * 2


def test_a_zip_of_an_older_format_is_made_again(archive: Path, cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = request_for(file=str(archive), sha256=sums(archive)["sha256"])
    package_cache.provide(asked, str(cache), False)
    monkeypatch.setattr(package_cache, "_FORMAT", package_cache._FORMAT + 1)
    assert "msg" in package_cache.provide(asked, str(cache), True)
    assert package_cache.provide(asked, str(cache), False) == package_cache.provide(asked, str(cache), True)


def test_a_wrong_file_is_refused_and_not_kept(archive: Path, cache: Path, web: Server) -> None:
    url = f"{web.url}/nut.7z"
    message = refusal(
        package_cache.provide, request_for(url=f"{url}?token={TOKEN}", sha256="c" * 64), str(cache), False
    )
    assert message.startswith(
        f"{url} is not the file that nut_client_windows_archive_sha256 names: expected {'c' * 64}, found "
        f"{sums(archive)['sha256']} "
    )
    assert [path.suffix for path in cache.iterdir()] == [".lock"]


@pytest.mark.parametrize("method", ["archive", "winnut"])
def test_what_cannot_be_fetched_says_the_next_step(cache: Path, web: Server, closed_port: int, method: str) -> None:
    here = web.url.rsplit(":", 1)[1]
    for port, reason in ((here, "HTTP Error 404: File not found"), (closed_port, "")):
        url = f"http://me:{TOKEN}@127.0.0.1:{port}/missing?token={TOKEN}"
        message = refusal(
            package_cache.provide, request_for(method=method, url=url, sha256="c" * 64), str(cache), False
        )
        assert message.startswith(f"http://127.0.0.1:{port}/missing cannot be fetched: {reason}")
        assert message.endswith(f"put the file on it and name it in nut_client_windows_{method}_file.")
        assert TOKEN not in message


def test_too_large_a_download_is_refused(cache: Path, web: Server, archive: Path, monkeypatch: Any) -> None:
    monkeypatch.setattr(package_cache, "_MOST_DOWNLOADED", 10)
    message = refusal(package_cache.provide, request_for(url=f"{web.url}/nut.7z", sha256="c" * 64), str(cache), False)
    assert "cannot be fetched: more than 10 bytes." in message


def test_an_archive_that_is_broken_or_none_is_refused(archive: Path, tmp_path: Path, cache: Path) -> None:
    broken = tmp_path / "broken.7z"
    broken.write_bytes(archive.read_bytes()[:-40])
    message = refusal(
        package_cache.provide, request_for(file=str(broken), sha256=sums(broken)["sha256"]), str(cache), False
    )
    assert message.startswith(f"{broken} has the right checksum and cannot be unpacked (bsdtar: ")
    page = tmp_path / "page"
    page.write_text("<html>", encoding="utf-8")
    asked = request_for(url=page.as_uri(), sha256=sums(page)["sha256"])
    assert "is neither a .7z nor a .zip archive" in refusal(package_cache.provide, asked, str(cache), False)


def test_nothing_is_made_in_check_mode(archive: Path, cache: Path, web: Server) -> None:
    url, right = f"{web.url}/nut.7z", {"sha256": sums(archive)["sha256"]}
    fetched = {"msg": f"{url} would be fetched; nothing is fetched in check mode."}
    packed = {"msg": f"{archive} would be packed; nothing is packed in check mode."}
    assert package_cache.provide(request_for(url=url, **right), str(cache), True) == fetched
    assert not cache.exists()
    cache.mkdir(parents=True, mode=0o700)
    assert package_cache.provide(request_for(url=url, **right), str(cache), True) == fetched
    assert package_cache.provide(request_for(file=str(archive), **right), str(cache), True) == packed
    assert "expected" in refusal(
        package_cache.provide, request_for(file=str(archive), sha256="c" * 64), str(cache), True
    )
    assert web.asked == []
    made = package_cache.provide(request_for(url=url, **right), str(cache), False)
    assert package_cache.provide(request_for(url=url, **right), str(cache), True) == made


def test_a_cache_that_others_can_write_to_is_refused(archive: Path, cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o770)
    message = refusal(package_cache.provide, request_for(file=str(archive), **sums(archive)), str(cache), False)
    assert message.startswith(f"Others may write to {cache}, ")


@pytest.mark.parametrize("method", ["legacy_msi", "winnut"])
def test_an_installer_is_taken_as_it_is(tmp_path: Path, cache: Path, web: Server, method: str) -> None:
    installer = tmp_path / "x.msi"
    installer.write_bytes(os.urandom(1000))
    options: dict[str, Any] = {"method": method, "url": f"{web.url}/x.msi", **sums(installer)}
    if method == "legacy_msi":
        options.update(openssl(tmp_path, 0x14C))
    for _time in range(2):
        result = package_cache.provide(request_for(**options), str(cache), False)
        assert (result["path"], result["checksum"]) == (
            str(cache / f"sha256-{options['sha256']}.msi"),
            options["sha256"],
        )
        assert Path(result["path"]).read_bytes() == installer.read_bytes()
    assert web.asked == ["/x.msi"]
    Path(result["path"]).write_bytes(b"spoilt")
    assert package_cache.provide(request_for(**options), str(cache), False) == result
    assert web.asked == ["/x.msi"] * 2


def openssl(folder: Path, machine: int) -> dict[str, str]:
    """Make a .zip with two DLLs that nothing can run, and return the options that name it."""
    data = bytearray(256)
    data[:2] = b"MZ"
    struct.pack_into("<I", data, 0x3C, 0x80)
    struct.pack_into("<4sH", data, 0x80, b"PE\0\0", machine)
    path = folder / "openssl.zip"
    with zipfile.ZipFile(path, "w") as made:
        made.writestr("x/libeay32.dll", bytes(data))
        made.writestr("x/ssleay32.dll", bytes(data))
    return {"openssl_file": str(path), "openssl_sha256": hashlib.sha256(path.read_bytes()).hexdigest()}


def test_the_legacy_installer_comes_with_the_dlls(tmp_path: Path, cache: Path) -> None:
    installer = tmp_path / "x.msi"
    installer.write_bytes(b"installer")
    options: dict[str, Any] = {"method": "legacy_msi", "file": str(installer), **sums(installer)}
    right = {**options, **openssl(tmp_path, 0x14C)}
    dlls = package_cache.provide(request_for(**right), str(cache), False)["dlls"]
    assert [Path(path).name for path in dlls] == ["libeay32.dll", "ssleay32.dll"]
    Path(dlls[0]).write_bytes(b"spoilt")
    assert package_cache.provide(request_for(**right), str(cache), False)["dlls"] == dlls
    assert Path(dlls[0]).read_bytes() == Path(dlls[1]).read_bytes()
    message = refusal(package_cache.provide, request_for(**{**right, "openssl_sha256": "c" * 64}), str(cache), False)
    assert "is not the file that nut_client_windows_legacy_openssl_sha256 names" in message
    wrong = {**options, **openssl(tmp_path, 0x8664)}
    for look_only in (False, True):
        assert "0xc000007b" in refusal(package_cache.provide, request_for(**wrong), str(cache), look_only)


LEGACY = {"method": "legacy_msi", "url": "https://nas.example.com/x.msi", "git_blob_id": "a" * 40}


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"url": "https://x.example.com/x"}, "Neither nut_client_windows_archive_sha256 nor "),
        ({"url": "https://x.example.com/x", "sha256": "x"}, "nut_client_windows_archive_sha256 must be 64 hexadecimal"),
        (
            {"file": "/nothing", "sha256": "c" * 64},
            "nut_client_windows_archive_file: there is no file /nothing on the controller.",
        ),
        (
            {**LEGACY, "openssl_file": "/nothing", "openssl_sha256": "c" * 64},
            "nut_client_windows_legacy_openssl_file: there is no file /nothing on the controller.",
        ),
        *[
            (
                {"method": "winnut", "url": url, "sha256": "a" * 64},
                "nut_client_windows_winnut_url must begin with https:",
            )
            for url in ("", "x.msi", "ftp://x.example.com/x", "data:,x", "/x.msi")
        ],
        (LEGACY, "nut_client_windows_legacy_openssl_file is not set: "),
        ({**LEGACY, "openssl_file": "/nothing"}, "Neither nut_client_windows_legacy_openssl_sha256 nor "),
    ],
)
def test_what_is_missing_is_named(options: dict[str, Any], message: str) -> None:
    with pytest.raises(PackageError) as error:
        request_for(**options)
    assert str(error.value).startswith(message)


def test_a_check_only_looks(archive: Path, cache: Path, web: Server, tmp_path: Path, monkeypatch: Any) -> None:
    url = f"{web.url}/nut.7z"
    package_cache.check(request_for(url=url, sha256="c" * 64), str(cache))
    made = package_cache.provide(request_for(file=str(archive), sha256=sums(archive)["sha256"]), str(cache), False)
    monkeypatch.setenv("PATH", str(tmp_path))
    message = refusal(package_cache.check, request_for(url=url, sha256="c" * 64), str(cache))
    for package in ("libarchive-tools", "7zip", "brew install libarchive", "brew install sevenzip"):
        assert package in message
    package_cache.check(request_for(url=url, sha256=sums(archive)["sha256"]), str(cache))  # it is made already
    package_cache.check(request_for(method="winnut", url=url, sha256="c" * 64), str(cache))
    assert package_cache.provide(request_for(url=url, sha256=sums(archive)["sha256"]), str(cache), False) == made
    assert web.asked == []


SEVEN_ZIP = """#!/bin/sh
# A double of 7zz: checks its arguments and makes the tree of the archive. It cannot show that 7zz reads the archive.
[ "$1 $2 $3" = "x -y -bd" ] && [ -s "$5" ] && [ $# = 5 ] || exit 9
folder=${4#-o}
mkdir "$folder/bin" "$folder/sbin" && : > "$folder/bin/nut.exe" && : > "$folder/sbin/upsmon.exe"
"""
NO_BSDTAR = '#!/bin/sh\n# A double of a bsdtar that cannot read the archive.\n: > "$7/left"\necho cannot >&2\nexit 1\n'


@pytest.mark.parametrize("programs", [{"7zz": SEVEN_ZIP}, {"bsdtar": NO_BSDTAR, "7zz": SEVEN_ZIP}])
def test_7z_unpacks_it_too(
    archive: Path, cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, programs: dict[str, str]
) -> None:
    folder = tmp_path / "programs"
    folder.mkdir()
    for name, text in programs.items():
        (folder / name).write_text(text, encoding="utf-8")
        (folder / name).chmod(0o755)
    monkeypatch.setattr("shutil.which", lambda name: str(folder / name) if name in programs else None)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")
    result = package_cache.provide(request_for(file=str(archive), **sums(archive)), str(cache), False)
    assert names(result["path"]) == ["bin/nut.exe", "sbin/upsmon.exe"]


def test_the_cache_is_where_the_user_keeps_such(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert package_cache.cache_folder("", "/inventory") == "/home/me/.cache/upsfleet-synology"
    monkeypatch.setenv("XDG_CACHE_HOME", "/var/tmp/me")
    assert package_cache.cache_folder("", "/inventory") == "/var/tmp/me/upsfleet-synology"
    assert package_cache.cache_folder("~/mine", "/inventory") == "/home/me/mine"
    assert package_cache.cache_folder("cache", "/inventory") == "/inventory/cache"
