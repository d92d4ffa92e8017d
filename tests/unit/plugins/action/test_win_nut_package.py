# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The package on the controller as a task: a thin cover of the cache."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.action import win_nut_package as plugin
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.packages import PackageError

ROOT = Path(__file__).parents[4]
FILES = ("bin/nut.exe", "bin/x.dll", "sbin/upsmon.exe", "etc/upsmon.conf.sample")
PACKED = ["bin/x.dll", "bin/nut.exe", "sbin/upsmon.exe"]


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


def sums(path: Path) -> dict[str, str]:
    """Return both checksums of a file, as options."""
    content = path.read_bytes()
    blob = hashlib.sha1(b"blob %d\0%b" % (len(content), content), usedforsecurity=False)
    return {"git_blob_id": blob.hexdigest(), "sha256": hashlib.sha256(content).hexdigest()}


def names(path: str) -> list[str]:
    """Return the names in a .zip."""
    with zipfile.ZipFile(path) as opened:
        assert opened.testzip() is None
        return opened.namelist()


def run_task(folder: Path, arguments: dict[str, Any], *words: str) -> dict[str, Any]:
    """Run the module as a task and return its result."""
    done = subprocess.run(
        [sys.executable, "-m", "ansible", "adhoc", "-i", "win1,", "all", "-m", "upsfleet.synology.win_nut_package"]
        + ["-a", json.dumps(arguments), "-e", "ansible_connection=winrm", *words],
        env={
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "LC_ALL": "C.UTF-8",
            "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
            "ANSIBLE_COLLECTIONS_PATH": str(ROOT / ".collections"),
            "ANSIBLE_HOME": str(folder / "ansible"),
            "ANSIBLE_STDOUT_CALLBACK": "ansible.builtin.minimal",
        },
        capture_output=True,
        text=True,
        check=False,
    )
    _head, arrow, told = done.stdout.partition(" => ")
    assert arrow, done.stdout + done.stderr
    return dict(yaml.safe_load(told))


def test_it_is_a_task_that_needs_no_connection(archive: Path, tmp_path: Path) -> None:
    options = {"file": str(archive), **sums(archive)}
    looked = run_task(tmp_path, {**options, "check_only": True})
    assert (looked["changed"], looked["path"], looked["dlls"]) == (False, None, [])
    assert not (tmp_path / ".cache/upsfleet-synology").exists()
    tried = run_task(tmp_path, options, "--check")
    assert (tried["changed"], tried["path"]) == (False, None)
    assert "would be packed" in tried["msg"]
    done = run_task(tmp_path, options)
    assert (done["changed"], names(done["path"])) == (False, PACKED)
    fetched = run_task(tmp_path, {"url": archive.as_uri(), **sums(archive), "cache_dir": str(tmp_path / "other")})
    assert (fetched["path"], names(fetched["path"])) == (str(tmp_path / "other" / Path(done["path"]).name), PACKED)
    failed = run_task(tmp_path, {**options, "sha256": "x"})
    assert failed["msg"] == "nut_client_windows_archive_sha256 must be 64 hexadecimal digits."


@pytest.mark.parametrize("check_only", [False, True])
@pytest.mark.parametrize(
    ("error", "message"),
    [
        (PackageError("there is no file x on the controller."), "there is no file x on the controller."),
        (OSError(28, "No space left on device", "/cache/x"), "/cache/x on the controller: No space left on device."),
        (OSError(28, "No space left on device"), "/cache on the controller: No space left on device."),
        (OSError("tired"), "/cache on the controller: tired."),
    ],
)
def test_what_goes_wrong_on_the_controller_fails_the_task(
    monkeypatch: pytest.MonkeyPatch, check_only: bool, error: Exception, message: str
) -> None:
    def fail(*_arguments: Any) -> Any:
        raise error

    defaults = {name: option["default"] for name, option in plugin._ARGUMENTS.items()}
    given = {**defaults, "sha256": "c" * 64, "file": __file__, "cache_dir": "/cache", "check_only": check_only}
    monkeypatch.setattr(ActionBase, "run", lambda *_arguments: {})
    monkeypatch.setattr(plugin, "check" if check_only else "provide", fail)
    action = plugin.ActionModule.__new__(plugin.ActionModule)
    action.validate_argument_spec = lambda argument_spec: (None, given)
    action._task = SimpleNamespace(check_mode=False)
    result = action.run(task_vars={})
    assert result == {"changed": False, "path": None, "checksum": None, "dlls": [], "failed": True, "msg": message}
