"""A real upsmon reads the SHUTDOWNCMD of a Windows host's upsmon.conf as the command that was meant, byte for byte.

upsmon hands the command to system(), which starts ``/bin/sh -c COMMAND``. In the containers /bin/sh is therefore a
double that notes the command if upsmon is its parent, and is dash otherwise. It is Linux's upsmon, whose parser that of
Windows shares; this cannot show what cmd.exe makes of the command.
"""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, Iterator

import pytest
from ansible_collections.upsfleet.synology.plugins.plugin_utils._windows.settings import windows_shutdown_command
from role_files import WINDOWS, Host, write_files

if TYPE_CHECKING:
    from .conftest import Fleet
else:
    Fleet = Any

RELEASES = ("bullseye", "bookworm", "trixie", "forky")
NUT_ON_WINDOWS = "2.8.4"
NOTES = "/run/conformance-commands"
PROGRAM = r"C:\Windows\System32\shutdown.exe"

# name, nut_client_windows_shutdown, the command that has to arrive
CASES: list[tuple[str, Any, str]] = [
    ("default", {"action": "shutdown", "delay": 0, "force": True}, PROGRAM + " /s /t 0 /f"),
    ("delay", {"delay": 60}, PROGRAM + " /s /t 60 /f"),
    ("hibernate", {"action": "hibernate"}, PROGRAM + " /h /f"),
    *[
        (name, command, command)
        for name, command in [
            ("quotes", r'cmd /c "C:\Program Files\ups\bye.cmd" "now"'),
            ("backslashes", r'C:\\srv\new\table\\bye.exe \\ \x "a \" b\" \\" '),
            ("hash", 'powershell -c "Stop-Computer # now" # later = "#"'),
            ("others", "  cmd /c a=b 'c' %TEMP% ^& | < > $HOME `id` ; ~ ! * ? [x] {y} , -- -x  "),
            ("long", "x" * 511),
        ]
    ],
]

RECORDER = f"""#!/bin/dash
# A double of /bin/sh: notes what upsmon wants run, and is dash to everybody else.
IFS= read -r parent < "/proc/$PPID/comm"
[ "$parent" = upsmon ] || exec /bin/dash "$@"
shift
[ "$1" != -- ] || shift
[ "$1" != wall ] || exit 0
printf %s "$1" > "{NOTES}/.$$"
/bin/mv "{NOTES}/.$$" "{NOTES}/$$"
"""

DRESS = f"""
set -e
mkdir -p {NOTES}
folder=$(readlink -f /bin)
test -e "$folder/sh.real" || cp -P "$folder/sh" "$folder/sh.real"
printf %s '{base64.b64encode(RECORDER.encode()).decode()}' | base64 -d > "$folder/sh.new"
chmod 0755 "$folder/sh.new"
mv -f "$folder/sh.new" "$folder/sh"
"""
UNDRESS = 'folder=$(readlink -f /bin); mv -f "$folder/sh.real" "$folder/sh"\n'

RUN = f"""
set -e
rm -rf {NOTES}/*
echo '%s' | base64 -d > /etc/nut/upsmon.conf
chown root:nut /etc/nut/upsmon.conf
chmod 0640 /etc/nut/upsmon.conf
upsmon=/usr/sbin/upsmon
test -x /lib/nut/upsmon && upsmon=/lib/nut/upsmon
$upsmon > /run/upsmon.log 2>&1 < /dev/null
"""
STOP = "pkill -TERM -x upsmon; while pgrep -x upsmon > /dev/null; do sleep 0.1; done; true\n"
NOTED = f"for note in {NOTES}/*; do test ! -e $note || base64 -w0 < $note; echo; done\n"


@pytest.fixture(scope="module")
def files(fleet: Fleet, tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    """The upsmon.conf of each case, by name, made by the role itself."""
    folder = tmp_path_factory.mktemp("rendered")
    own = {"ups_host": fleet.nas_address, "nut_client_pollfreq": 1, "nut_client_finaldelay": 0}
    write_files(
        folder,
        {
            name: Host(
                "windows",
                NUT_ON_WINDOWS,
                WINDOWS,
                {**own, "nut_client_windows_shutdown": value},
                {"upsmon.conf.j2": folder / name},
            )
            for name, value, _command in CASES
        },
    )
    return {name: (folder / name).read_bytes() for name, _value, _command in CASES}


@pytest.fixture(scope="module", params=RELEASES)
def host(request: pytest.FixtureRequest, fleet: Fleet) -> Iterator[str]:
    """A host whose /bin/sh notes what upsmon wants run, and a NAS that tells everybody to shut down."""
    release = str(request.param)
    fleet.fresh_nas()
    fleet.nas("fsd")
    fleet.run(release, DRESS)
    yield release
    fleet.run(release, UNDRESS)
    fleet.fresh_nas()


def test_a_command_is_what_the_role_means() -> None:
    """What is compared below is what the filter says."""
    for _name, value, command in CASES:
        assert windows_shutdown_command(value) == command


@pytest.mark.parametrize(("name", "command"), [(case[0], case[2]) for case in CASES], ids=[case[0] for case in CASES])
def test_upsmon_reads_the_command_byte_for_byte(
    fleet: Fleet, files: dict[str, bytes], host: str, until: Any, name: str, command: str
) -> None:
    """The line has the command with every backslash twice; upsmon runs the command."""
    text = files[name]
    assert all(byte == 0x0A or 0x20 <= byte < 0x7F for byte in text)  # neither a BOM nor a carriage return
    if name in ("default", "hibernate"):
        switches = b"/s /t 0 /f" if name == "default" else b"/h /f"
        assert b'SHUTDOWNCMD "C:\\\\Windows\\\\System32\\\\shutdown.exe ' + switches + b'"\n' in text
    try:
        fleet.run(host, RUN % base64.b64encode(text).decode())
        noted = until(lambda: fleet.run(host, NOTED).stdout.split(), f"{host}'s upsmon running its SHUTDOWNCMD")
    finally:
        fleet.run(host, STOP)
    assert [base64.b64decode(note) for note in noted] == [command.encode()]
