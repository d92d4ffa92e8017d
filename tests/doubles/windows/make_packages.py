# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""Makes the packages that tests install on doubles of Windows: doubles of NUT's archive and MSI, WinNUT's MSI, OpenSSL.

Names and layouts are those of the real ones; the programs are headers only, and an MSI is a zip with a manifest
(msi.json) that the double of win_package understands. Cannot show: what real installers do beside that.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from ansible_collections.upsfleet_doubles.windows.plugins.module_utils import pe  # found by the line above

VERSION = "2.8.4"
CONF_SAMPLES = ("nut.conf", "ups.conf", "upsd.conf", "upsd.users", "upsmon.conf", "upssched.conf")
LEGACY_PRODUCT = "{878DBBDE-8551-4151-811A-686A7E4BD66B}"
WINNUT_PRODUCT = "{B1F13B5D-1DA1-42DB-8555-794DAB5A6754}"  # of 2.2.8719: every build of the real one has its own
PROGRAM_FILES_32 = "C:\\Program Files (x86)"
_EVENT_SOURCE = "HKLM:\\SYSTEM\\CurrentControlSet\\Services\\EventLog\\Application\\Network UPS Tools"
_LIBGCC = "libgcc_s_dw2-1.dll"
_OPENSSL = ("libeay32.dll", "ssleay32.dll")


def archive_tree(version: str = VERSION) -> dict[str, bytes]:
    """Return the files of NUT's 64-bit archive, by their paths in it."""
    top = f"NUT-for-Windows-x86_64-RELEASE-{version}/mingw64"
    library = pe.program(pe.AMD64)
    tree = {
        f"{top}/bin/nut.exe": pe.program(pe.AMD64, ["libwinpthread-1.dll"], version),
        f"{top}/bin/upsc.exe": pe.program(pe.AMD64, ["libwinpthread-1.dll"], version),
        f"{top}/bin/libwinpthread-1.dll": library,
        f"{top}/sbin/upsmon.exe": pe.program(pe.AMD64, ["libwinpthread-1.dll"], version),
        f"{top}/sbin/upsd.exe": pe.program(pe.AMD64, ["libwinpthread-1.dll"], version),
        f"{top}/sbin/libwinpthread-1.dll": library,
        f"{top}/share/cmdvartab": b"# a double of NUT's file\n",
    }
    samples = {f"{top}/etc/{name}.sample": f"# sample of {name}\n".encode() for name in CONF_SAMPLES}
    return {**tree, **samples}


def make_7z(path: Path, version: str = VERSION) -> Path:
    """Write NUT's archive as a .7z; needs bsdtar (Debian: libarchive-tools)."""
    with tempfile.TemporaryDirectory() as folder:
        for name, content in archive_tree(version).items():
            file = Path(folder, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_bytes(content)
        subprocess.run(["bsdtar", "--format=7zip", "-cf", str(path), "-C", folder, *os.listdir(folder)], check=True)
    return path


def _zip(path: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)  # no time of day: equal content, equal file
    return path


def make_zip(path: Path, version: str = VERSION) -> Path:
    """Write what is in the folder of NUT's archive, as somebody keeps it who has unpacked it."""
    return _zip(path, {name.partition("/mingw64/")[2]: content for name, content in archive_tree(version).items()})


def make_msi(path: Path, manifest: dict[str, Any], files: dict[str, bytes]) -> Path:
    """Write a made-up MSI; ``files`` are below the folder that it installs to."""
    named = {f"files/{name}": content for name, content in files.items()}
    return _zip(path, {"msi.json": json.dumps(manifest, indent=1).encode(), **named})


def make_legacy_msi(path: Path, appears_after_looks: int = 1) -> Path:
    """Write NUT 2.6.5-6's MSI: no libgcc in sbin, no OpenSSL, no live configuration, a service with an unquoted path.

    The service is registered in the background: it appears after ``appears_after_looks`` looks for it.
    """
    manifest = {
        "product_code": LEGACY_PRODUCT,
        "name": "NUT - Network UPS Tools",
        "version": "2.6.5.6",
        "target": PROGRAM_FILES_32,
        "folder": "NUT",
        "properties": {"LIBUSBINSTALL": "1"},
        "hangs_unless": {"LIBUSBINSTALL": "0"},
        "service": {
            "name": "Network UPS Tools",
            "path": "{target}\\bin\\nut.exe",
            "appears_after_looks": appears_after_looks,
        },
        "registry": [
            ["HKLM:\\SOFTWARE\\WOW6432Node\\Network UPS Tools", "InstallDir", "string", "{target}"],
            [_EVENT_SOURCE, "EventMessageFile", "string", "{target}\\bin\\nut.exe"],
        ],
    }
    library, needs = pe.program(pe.I386), [_LIBGCC, *_OPENSSL]
    files = {
        "bin/nut.exe": pe.program(pe.I386, [_LIBGCC], "2.6.5"),
        "bin/upsc.exe": pe.program(pe.I386, [_LIBGCC], "2.6.5"),
        f"bin/{_LIBGCC}": library,
        "bin/wdi-simple.exe": pe.program(pe.I386),
        "sbin/upsmon.exe": pe.program(pe.I386, needs, "2.6.5"),
        "sbin/upsd.exe": pe.program(pe.I386, needs, "2.6.5"),
        "sbin/libupsclient-3.dll": library,
        "sbin/msys-1.0.dll": library,
        **{f"etc/{name}.sample": f"# sample of {name} of 2.6.5\n".encode() for name in CONF_SAMPLES},
    }
    return make_msi(path, manifest, files)


def make_winnut_msi(path: Path, version: str = "2.2.8719") -> Path:
    """Write WinNUT-Client's MSI: a program for a logged-in user, no service."""
    manifest = {
        "product_code": WINNUT_PRODUCT,
        "name": "WinNUT-Client",
        "version": version,
        "target": f"{PROGRAM_FILES_32}\\WinNUT-client",
        "properties": {"ALLUSERS": ""},
    }
    return make_msi(path, manifest, {"WinNUT-Client.exe": pe.program(pe.I386, text=version)})


def make_openssl_zip(path: Path, machine: int = pe.I386) -> Path:
    """Write OpenSSL 1.0.2u's two libraries; with ``machine=pe.AMD64`` the ones that do not fit NUT 2.6.5."""
    return _zip(path, {name: pe.program(machine, text="1.0.2u") for name in _OPENSSL})


def make_all(folder: Path) -> dict[str, Path]:
    """Write all packages into a folder and return them by name."""
    folder.mkdir(parents=True, exist_ok=True)
    return {
        "archive": make_7z(folder / f"NUT-for-Windows-x86_64-RELEASE-{VERSION}.7z"),
        "legacy_msi": make_legacy_msi(folder / "NUT-Installer-2.6.5-6.msi"),
        "winnut_msi": make_winnut_msi(folder / "WinNUT-Setup.msi"),
        "openssl": make_openssl_zip(folder / "openssl-1.0.2u-i386-win32.zip"),
        "openssl_x86_64": make_openssl_zip(folder / "openssl-1.0.2u-x64_86-win64.zip", pe.AMD64),
    }


if __name__ == "__main__":
    for what, made in make_all(Path(sys.argv[1])).items():
        print(f"{what}: {made}")
