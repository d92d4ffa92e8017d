"""Real upsc and upsmon of four Debian releases work against the mock NAS (its container, profile dsm7)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Iterator

import pytest
from doubles.nas.upsd_sim import profiles

if TYPE_CHECKING:
    from .conftest import Fleet
else:
    Fleet = Any

RELEASES = ("bullseye", "bookworm", "trixie", "forky")
MARKER = "/run/conformance-shutdown"

# The SHUTDOWNCMD of these tests shuts nothing down.
UPSMON_CONF = f"""
MONITOR ups@%(nas)s 1 monuser %(password)s %(role)s
MINSUPPLIES 1
SHUTDOWNCMD "touch {MARKER}"
POLLFREQ 1
POLLFREQALERT 1
HOSTSYNC 1
DEADTIME 5
FINALDELAY 0
"""

START = f"""
set -e
cat > /etc/nut/upsmon.conf << 'END'
%sEND
chown root:nut /etc/nut/upsmon.conf
chmod 0640 /etc/nut/upsmon.conf
rm -f {MARKER}
upsmon=/usr/sbin/upsmon
test -x /lib/nut/upsmon && upsmon=/lib/nut/upsmon
$upsmon > /run/upsmon.log 2>&1 < /dev/null
"""

STOP = "pkill -TERM -x upsmon; while pgrep -x upsmon > /dev/null; do sleep 0.1; done; true\n"


@pytest.fixture(params=RELEASES)
def release(request: pytest.FixtureRequest, fleet: Fleet) -> Iterator[str]:
    """A host with real clients, a NAS as new that permits every host."""
    fleet.fresh_nas()
    yield str(request.param)
    fleet.run(str(request.param), STOP)


def _upsc(fleet: Fleet, release: str, *words: str) -> Any:
    return fleet.run(release, "upsc " + " ".join(words), check=False)


def _start_upsmon(fleet: Fleet, release: str, password: str = "secret") -> None:
    role = "slave" if release == "bullseye" else "secondary"
    fleet.run(release, START % (UPSMON_CONF % {"nas": fleet.nas_address, "password": password, "role": role}))


def _logged_in(fleet: Fleet, release: str) -> bool:
    return {"address": fleet.address(release), "ups": "ups"} in fleet.show()["clients"]


def test_upsc_reads_all_variables(fleet: Fleet, release: str) -> None:
    """Every variable arrives, quotes and backslashes included."""
    done = _upsc(fleet, release, f"ups@{fleet.nas_address}")
    assert done.returncode == 0, done.stderr
    found = dict(line.split(": ", 1) for line in done.stdout.splitlines())
    assert found == {**profiles.VARIABLES, **profiles.PROFILES["dsm7"].driver}


def test_upsc_lists_upses(fleet: Fleet, release: str) -> None:
    """LIST UPS."""
    done = _upsc(fleet, release, "-l", fleet.nas_address)
    assert (done.returncode, done.stdout) == (0, "ups\n"), done.stderr


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        (["deny"], "Access denied"),
        (["stale"], "Data stale"),
        (["driver-down"], "Driver not connected"),
    ],
)
def test_upsc_understands_refusals(fleet: Fleet, release: str, command: list[str], complaint: str) -> None:
    """Each refusal has its text in the real client."""
    fleet.nas(*command, *([fleet.address(release)] if command == ["deny"] else []))
    done = _upsc(fleet, release, f"ups@{fleet.nas_address}", "ups.status")
    assert done.returncode != 0
    assert complaint in done.stderr


def test_upsmon_logs_in_and_obeys_fsd(fleet: Fleet, release: str, until: Any) -> None:
    """It appears in LIST CLIENT, runs its SHUTDOWNCMD on FSD, and is gone from the list; it sends nothing dangerous."""
    _start_upsmon(fleet, release)
    until(lambda: _logged_in(fleet, release), f"upsmon of {release} in LIST CLIENT")
    clients = _upsc(fleet, release, "-c", f"ups@{fleet.nas_address}")
    assert (clients.returncode, clients.stdout.split()) == (0, [fleet.address(release)]), clients.stderr
    assert fleet.run(release, f"test -e {MARKER}", check=False).returncode == 1
    fleet.nas("fsd")
    until(lambda: fleet.run(release, f"test -e {MARKER}", check=False).returncode == 0, "SHUTDOWNCMD")
    until(lambda: not _logged_in(fleet, release), "LOGOUT")
    assert fleet.show()["counters"]["dangerous"] == {"FSD": 0, "SET": 0, "INSTCMD": 0}


def test_upsmon_goes_on_silently_after_a_refused_login(fleet: Fleet, release: str, until: Any) -> None:
    """The reason for this collection: a wrong password, and upsmon polls on as if nothing had happened (NUT 3403)."""
    _start_upsmon(fleet, release, password="wrong")
    address = fleet.address(release)
    until(lambda: fleet.show()["counters"]["logins"].get(address) == 1, "one LOGIN")
    polls = fleet.show()["counters"]["words"].get("GET", 0)
    until(lambda: fleet.show()["counters"]["words"].get("GET", 0) > polls + 1, "polls after the refusal")
    assert not _logged_in(fleet, release)
    assert fleet.show()["counters"]["logins"][address] == 1
    assert fleet.run(release, "pgrep -x upsmon", check=False).returncode == 0


def test_upsmon_comes_back_after_a_restart_of_upsd(fleet: Fleet, release: str, until: Any) -> None:
    """DSM restarts its upsd by itself; a client logs in again."""
    _start_upsmon(fleet, release)
    until(lambda: _logged_in(fleet, release), "first login")
    fleet.nas("restart", "1")
    address = fleet.address(release)
    until(lambda: fleet.show()["counters"]["logins"].get(address) == 2, "second login")
    until(lambda: _logged_in(fleet, release), "upsmon in LIST CLIENT again")
    assert fleet.run(release, f"test -e {MARKER}", check=False).returncode == 1
