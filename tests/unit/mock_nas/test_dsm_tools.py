"""The doubles of DSM's key-value tools, which SSH's way of permitting uses: run as the scripts they are."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

from doubles.nas.upsd_sim import control
from doubles.nas.upsd_sim.dsm.files import Disk, Files

TOOLS = Path(control.__file__).parents[1] / "root/common/usr/syno/bin"


def tool(name: str, *arguments: str) -> tuple[int, str]:
    """Run one of the doubles of DSM's tools."""
    environment = {"PATH": os.environ["PATH"]}
    done = subprocess.run([TOOLS / name, *arguments], env=environment, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout


def test_key_value_tools(tmp_path: Path) -> None:
    """They keep the rest of the file, and write what the mock reads."""
    files = Files(7, Disk(str(tmp_path)))
    files.reset(["192.0.2.1"])
    path = str(tmp_path / files.path)
    assert tool("synogetkeyvalue", path, "ups_acl") == (0, "192.0.2.1|\n")
    assert tool("synogetkeyvalue", path, "acl") == (0, "")
    before = files.keys()
    assert tool("synosetkeyvalue", path, "ups_acl", "192.0.2.1|2001:db8::1|") == (0, "")
    assert tool("synosetkeyvalue", path, "fresh", "a b\\n&") == (0, "")
    assert files.keys() == {**before, "ups_acl": "192.0.2.1|2001:db8::1|", "fresh": "a b\\n&"}
    assert tool("synogetkeyvalue", path, "fresh") == (0, "a b\\n&\n")
    assert list(Path(path).parent.iterdir()) == [Path(path)]


def test_key_value_tools_without_a_file(tmp_path: Path) -> None:
    """Nothing is printed or made."""
    assert tool("synosetkeyvalue", str(tmp_path / "none"), "ups_acl", "x")[0] == 1
    assert list(tmp_path.iterdir()) == []
    assert tool("synogetkeyvalue", str(tmp_path / "none"), "ups_acl") == (1, "")
    assert tool("synogetkeyvalue", str(tmp_path / "none"))[0] == 1
    assert tool("synosetkeyvalue", str(tmp_path / "none"))[0] == 1
