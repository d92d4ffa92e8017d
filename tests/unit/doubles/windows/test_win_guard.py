# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What guards the doubles: the real modules' documentation, and cmd.sh; and the exchange with an upsd."""

from __future__ import annotations

import base64
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Any, Callable

import pytest
from ansible_collections.upsfleet_doubles.windows.plugins.module_utils.upsd_exchange import exchange
from ansible_collections.upsfleet_doubles.windows.plugins.plugin_utils import real_docs

DOUBLES = Path(__file__).parents[3] / "doubles" / "windows"

EXAMPLE = '''
DOCUMENTATION = r"""
module: win_example
extends_documentation_fragment: [ansible.windows.extra, ansible.windows.extra.second]
options:
  path: {type: path, required: true, aliases: [dest]}
  state: {type: str, choices: [absent, present]}
  paths: {type: list, elements: str}
  actions:
    type: list
    elements: dict
    suboptions:
      kind: {type: str, required: true}
      repetition: {suboptions: {interval: {type: str}}}
"""
RETURN = r"""
answer: {description: It.}
"""
'''
FRAGMENT = """
class ModuleDocFragment:
    DOCUMENTATION = "options: {timeout: {type: int}}"
    SECOND = "options: {retries: {type: int}}"
"""
NAME = "ansible.windows.win_example"


@pytest.fixture
def real(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make up a real collection with one module."""
    plugins = tmp_path / "ansible_collections" / "ansible" / "windows" / "plugins"
    for folder, name, text in (("modules", "win_example", EXAMPLE), ("doc_fragments", "extra", FRAGMENT)):
        (plugins / folder).mkdir(parents=True)
        (plugins / folder / f"{name}.py").write_text(text)
    monkeypatch.setenv(real_docs.REAL_COLLECTIONS, str(tmp_path))
    real_docs.documentation.cache_clear()


@pytest.mark.parametrize(
    "arguments",
    [
        {"path": "C:\\NUT"},
        {"dest": "C:\\NUT", "state": "absent", "timeout": "5", "retries": 2, "_ansible_x": 1},
        {"path": "C:\\NUT", "actions": [{"kind": "a", "repetition": {"interval": "PT1M"}}]},
    ],
)
@pytest.mark.usefixtures("real")
def test_documented_arguments_pass(arguments: dict[str, Any]) -> None:
    real_docs.check_arguments(NAME, arguments)


@pytest.mark.parametrize(
    ("wrong", "named"),
    [
        ({"pth": "C:\\NUT"}, "pth"),
        ({"state": "present"}, "path"),
        ({"path": "C:\\NUT", "state": "there"}, "state"),
        ({"path": "C:\\NUT", "timeout": "soon"}, "timeout"),
        ({"path": ["C:\\NUT"]}, "path is documented as text, but a list"),
        ({"path": "C:\\NUT", "actions": [{"kind": "a", "what": 1}]}, "what"),
        ({"path": "C:\\NUT", "actions": [{"kind": "a", "repetition": "often"}]}, "repetition is documented as a dict"),
        ({"path": "C:\\NUT", "_copy_mode": "query"}, "_copy_mode"),
    ],
)
@pytest.mark.usefixtures("real")
def test_other_arguments_are_named(wrong: dict[str, Any], named: str) -> None:
    with pytest.raises(real_docs.Undocumented, match=f"^double: .*{re.escape(named)}"):
        real_docs.check_arguments(NAME, wrong)


@pytest.mark.usefixtures("real")
def test_results_are_held_against_return() -> None:
    real_docs.check_result(NAME, {"answer": 1, "changed": False, "diff": {}, "_ansible_parsed": True})
    with pytest.raises(real_docs.Undocumented, match="made_up"):
        real_docs.check_result(NAME, {"made_up": 1})


@pytest.mark.usefixtures("real")
def test_a_module_without_a_double_or_documentation_is_named() -> None:
    with pytest.raises(real_docs.Undocumented, match=r"win_reboot has no double"):
        real_docs.double_of("ansible.windows.win_reboot")
    with pytest.raises(real_docs.Undocumented, match=r"no documentation of ansible\.windows\.win_none"):
        real_docs.check_arguments("ansible.windows.win_none", {})


def test_our_own_modules_have_doubles_of_their_own() -> None:
    assert real_docs.double_of("upsfleet.synology.win_upsd_exchange") == "upsfleet_doubles.windows.win_upsd_exchange"
    assert real_docs.double_of("community.windows.win_unzip") == "community.windows.win_unzip"
    assert [real_docs.is_windows_module(n) for n in ("ansible.builtin.copy", "upsfleet.synology.upsd_access")] == [
        False
    ] * 2


def _doubles() -> list[str]:
    files = DOUBLES.glob("ansible_collections/*/windows/plugins/modules/*.py")
    names = {f"{file.parts[-5]}.windows.{file.stem}" for file in files}
    return sorted(name.replace("upsfleet_doubles.windows.", "upsfleet.synology.") for name in names)


@pytest.mark.parametrize("name", _doubles())
def test_a_double_knows_no_option_that_the_real_module_does_not(name: str) -> None:
    from unit.doubles.windows.conftest import options_of

    real = os.environ.get(real_docs.REAL_COLLECTIONS)
    if not real and not name.startswith("upsfleet."):
        pytest.skip(f"{real_docs.REAL_COLLECTIONS} does not name the real collections")
    real_docs.documentation.cache_clear()
    documented = real_docs.documentation(name)[0]
    double = real_docs.double_of(name)
    known = set(options_of(double.replace(".windows.", "."))) - real_docs.PRIVATE.get(name, set())
    assert known <= set(documented)
    if name.startswith("upsfleet."):
        assert known == set(documented)


@pytest.fixture
def as_upsmon(tmp_path: Path) -> Callable[[str], str]:
    """Run a line of shell in a process named upsmon and return what cmd.sh wrote down."""
    shell = tmp_path / "upsmon"
    shutil.copy("/bin/dash", shell)

    def run(line: str) -> str:
        environment = {**os.environ, "UPSFLEET_WINDOWS_DOUBLE": str(tmp_path)}
        subprocess.run([shell, "-c", line + "; true"], env=environment, check=True, cwd=DOUBLES)
        written = tmp_path / "commands.log"
        return written.read_text() if written.exists() else ""

    return run


@pytest.mark.skipif(not os.path.exists("/bin/dash"), reason="needs dash, as Debian has it")
@pytest.mark.parametrize("call", ["./cmd.sh -c --", "./cmd.sh -c"])
def test_what_upsmon_runs_is_written_down(as_upsmon: Callable[[str], str], call: str) -> None:
    command = r'"C:\Program Files\a.exe" /s /t 0'
    assert as_upsmon(f"{call} '{command}'") == command + "\n"
    assert as_upsmon(f"{call} wall") == command + "\n"


@pytest.mark.skipif(not os.path.exists("/bin/dash"), reason="needs dash, as Debian has it")
def test_everybody_else_gets_a_shell() -> None:
    done = subprocess.run([DOUBLES / "cmd.sh", "-c", "echo it runs"], capture_output=True, text=True, check=True)
    assert done.stdout == "it runs\n"


def _ask(port: int, *lines: dict[str, Any], **more: Any) -> dict[str, Any]:
    defaults = {"connect_timeout": 5.0, "timeout": 10.0, "source_address": None, "reply_limit": 4096, "password": None}
    return exchange({"host": "127.0.0.1", "port": port, "lines": list(lines), "prefer": [], **defaults, **more})


def _replies(result: dict[str, Any]) -> list[str]:
    return [base64.b64decode(reply).decode() for reply in result["replies"]]


def test_lines_go_there_and_replies_come_back(fake_upsd: Callable[..., Any]) -> None:
    upsd = fake_upsd(clients=("192.0.2.9",))
    lines = [{"send": "PASSWORD {password}", "go_on": "^OK"}, {"send": "LIST CLIENT ups"}, {"send": "LOGOUT"}]
    result = _ask(upsd.port, *lines, password="a{b}c")
    assert _replies(result)[1] == "BEGIN LIST CLIENT ups\nCLIENT ups 192.0.2.9\nEND LIST CLIENT ups\n"
    assert (result["error"], result["local_address"], result["peer_address"]) == (None, "127.0.0.1", "127.0.0.1")
    assert upsd.received[0] == "PASSWORD a{b}c"


def test_the_exchange_ends_where_a_reply_is_not_as_hoped(fake_upsd: Callable[..., Any]) -> None:
    upsd = fake_upsd({"VER": "ERR ACCESS-DENIED\n"})
    result = _ask(upsd.port, {"send": "VER", "go_on": "^Network"}, {"send": "LIST UPS"})
    assert (_replies(result), result["error"]) == (["ERR ACCESS-DENIED\n"], None)


@pytest.mark.parametrize(
    ("scripted", "more", "error", "replies"),
    [
        ("close", {}, "lost", []),
        ("no line's end", {"timeout": 0.2}, "silent", ["no line's end"]),
        ("x" * 100 + "\n", {"reply_limit": 50}, "too_long", []),
    ],
)
def test_what_goes_wrong_is_a_result(
    fake_upsd: Callable[..., Any], scripted: str, more: dict[str, Any], error: str, replies: list[str]
) -> None:
    upsd = fake_upsd({"VER": scripted})
    result = _ask(upsd.port, {"send": "VER"}, **more)
    assert (result["error"], _replies(result)) == (error, replies)


def test_patience_ends_before_the_time_for_everything(fake_upsd: Callable[..., Any]) -> None:
    upsd = fake_upsd({"VER": None})
    result = _ask(upsd.port, {"send": "NETVER"}, {"send": "VER", "patience": 0.1}, timeout=60.0)
    assert (result["error"], _replies(result)) == ("silent", ["1.2\n"])


def test_the_preferred_address_is_tried_first(fake_upsd: Callable[..., Any]) -> None:
    upsd = fake_upsd(address="127.0.0.1")
    result = _ask(upsd.port, {"send": "VER"}, host="localhost", prefer=["127.0.0.1"])
    assert (result["error"], result["peer_address"]) == (None, "127.0.0.1")
    assert "127.0.0.1" in result["addresses"]


def test_a_refused_connection_has_windows_number(closed_port: int) -> None:
    result = _ask(closed_port, {"send": "VER"})
    assert (result["error"], result["socket_error"], result["peer_address"]) == ("connect", 10061, None)
    assert result["local_address"] == "127.0.0.1"


def test_a_foreign_source_address_is_named(closed_port: int) -> None:
    result = _ask(closed_port, {"send": "VER"}, source_address="192.0.2.77")
    assert (result["error"], result["socket_error"]) == ("source_address", 10049)
