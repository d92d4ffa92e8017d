"""The mock's stock profiles answer what Debian's real upsd answers, for four releases, line by line.

The real upsd has a dummy-ups driver that tells the variables of the mock's UPS. Each case is one connection: its lines
and LOGOUT go through a raw socket to both, and the replies must be the same but for DIFFERENCES.
"""

from __future__ import annotations

import contextlib
import re
import socket
from typing import TYPE_CHECKING, Any, Callable, Iterator

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._access import probe
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.words import encode
from ansible_collections.upsfleet.synology.plugins.plugin_utils._client.advice import advise
from doubles.nas.upsd_sim import profiles

if TYPE_CHECKING:
    from .conftest import Fleet, Mock
else:
    Fleet = Mock = Any

RELEASES = {"bullseye": "2.7.4", "bookworm": "2.8.0", "trixie": "2.8.1", "forky": "2.8.5"}

SETUP = """
set -e
cat > /etc/nut/ups.conf << 'END'
[ups]
  driver = dummy-ups
  port = ups.dev
END
cat > /etc/nut/upsd.conf << 'END'
LISTEN 0.0.0.0 3493
MAXAGE 6
END
cat > /etc/nut/upsd.users << 'END'
[monuser]
  password = secret
  upsmon master
[reader]
  password = x
  upsmon slave
[boss]
  password = x
  actions = SET
  instcmds = ALL
END
cat > /etc/nut/ups.dev << 'END'
%s
END
chown root:nut /etc/nut/*
chmod 0640 /etc/nut/*
"""

FIND = """
set -e
for folder in /lib/nut /usr/lib/nut /usr/libexec/nut; do
  test -x $folder/dummy-ups && driver=$folder/dummy-ups
done
upsd=/usr/sbin/upsd
test -x /lib/nut/upsd && upsd=/lib/nut/upsd
"""

# Redirections: a daemon that keeps the pipe open would keep the caller waiting.
START_DRIVER = FIND + "$driver -a ups > /run/dummy.log 2>&1 < /dev/null\n"
START_UPSD = FIND + "$upsd > /run/upsd.log 2>&1 < /dev/null\n"
STOP_DRIVER = "pkill -CONT dummy-ups; pkill -KILL dummy-ups; rm -f /run/nut/dummy-ups-ups*; true\n"
STOP_UPSD = "pkill -KILL -x upsd; while pgrep -x upsd; do sleep 0.1; done; rm -f /run/nut/upsd.pid; true\n"

GOOD = "USERNAME monuser|PASSWORD secret|"
BOSS = "USERNAME boss|PASSWORD x|"
READER = "USERNAME reader|PASSWORD x|"
TOO_LONG = "SET VAR ups battery.charge.low " + "9" * 99

CASES = [
    *("VER", "ver", "NETVER", "PROTVER", "HELP", "VER x", "NETVER x", "PROTVER x", "HELP x", "STARTTLS", "STARTTLS x"),
    *("", "garbage", "#comment", "VER=x", "=", '"VER"', "V\\ER", "V\rER", "VER\r", "\x00", "VÄER", "\x7fVER"),
    *('GET VAR ups "ups.status|"', 'x"y', '"open|VER|"', "VE\\|R", "SLAVE ups", "SECONDARY ups"),
    *("LIST", "LIST UPS", "LIST UPS x", "LIST nosuch", "LIST nosuch ups", "LIST VAR", "LIST VAR ups", "LIST VAR UPS"),
    *("LIST VAR ups x", "LIST VAR wrong", "LIST RW ups", "LIST RW wrong", "LIST CMD ups", "LIST CMD wrong"),
    *("LIST CLIENT", "LIST CLIENT ups", "LIST CLIENT wrong", "LIST CLIENTS ups", "LIST ENUM ups", "LIST RANGE ups"),
    *("LIST ENUM ups ups.status", "LIST RANGE ups ups.status", "LIST ENUM ups nosuch", "LIST RANGE wrong x"),
    *("GET", "GET nosuch", "GET nosuch ups x", "GET VAR", "GET VAR ups", "GET VAR ups ups.status", "GET VAR wrong x"),
    *("get var UPS UPS.Status", "GET VAR ups nosuch", "GET VAR ups ups.status x", "GET VAR ups ups.id"),
    *("GET VAR ups server.info", "GET VAR ups server.version", "GET VAR wrong server.version", "GET VAR ups server.x"),
    *("GET NUMLOGINS", "GET NUMLOGINS ups", "GET NUMLOGINS wrong", "GET UPSDESC ups", "GET UPSDESC wrong"),
    *("GET TYPE ups ups.status", "GET TYPE ups battery.charge.low", "GET TYPE ups driver.version"),
    *("GET TYPE ups nosuch", "GET TYPE wrong x", "GET DESC ups ups.status", "GET DESC ups nosuch", "GET DESC wrong x"),
    *("GET CMDDESC ups load.off", "GET CMDDESC ups nosuch", "GET CMDDESC wrong x"),
    *("GET TRACKING", "GET TRACKING x", "GET DESC ups " + "u" * 480 + "|VER", "GET DESC ups " + "u" * 600 + "|VER"),
    *("USERNAME", "USERNAME a b", 'USERNAME ""', "USERNAME a|USERNAME b", "PASSWORD", "PASSWORD a|PASSWORD b"),
    *(
        "LOGIN",
        "LOGIN ups",
        "LOGIN wrong",
        "MASTER ups",
        "PRIMARY ups",
        "FSD wrong",
        "SET VAR ups x 1",
        "INSTCMD ups x",
    ),
    *("USERNAME monuser|LOGIN ups", "USERNAME monuser|FSD wrong", "PASSWORD secret|LOGIN ups"),
    *(GOOD + "LOGIN", GOOD + "LOGIN ups x", GOOD + "LOGIN wrong", GOOD + "LOGIN ups", GOOD + "LOGIN UPS"),
    *(GOOD + "LOGIN ups|LOGIN ups", GOOD + "LOGIN ups|GET NUMLOGINS ups", GOOD + "LOGOUT x"),
    *(GOOD + "MASTER", GOOD + "MASTER wrong", GOOD + "MASTER ups", GOOD + "PRIMARY ups", GOOD + "PRIMARY wrong"),
    *(GOOD + "FSD", GOOD + "FSD wrong", GOOD + "FSD ups x", "USERNAME monuser|PASSWORD wrong|LOGIN ups"),
    *("USERNAME monuser|PASSWORD wrong|FSD ups", "USERNAME MonUser|PASSWORD secret|LOGIN ups"),
    *(READER + "LOGIN ups", READER + "MASTER ups", READER + "PRIMARY ups", READER + "FSD ups"),
    *(GOOD + "SET", GOOD + "SET VAR", GOOD + "SET nosuch x", GOOD + "SET VAR ups battery.charge.low"),
    *(GOOD + "SET VAR ups battery.charge.low 20", GOOD + "SET VAR wrong x 1", GOOD + "SET VAR ups nosuch 1"),
    *(GOOD + "SET TRACKING", GOOD + "SET TRACKING x", GOOD + "SET TRACKING ON|GET TRACKING|GET TRACKING x"),
    *(GOOD + "SET TRACKING ON|SET TRACKING OFF|GET TRACKING",),
    *(BOSS + "LOGIN ups", BOSS + "FSD ups", BOSS + "MASTER ups", BOSS + "SET VAR ups battery.charge.low 20"),
    *(BOSS + "SET VAR ups driver.version 1", BOSS + "SET VAR ups nosuch 1", BOSS + "SET VAR wrong x 1"),
    *(BOSS + TOO_LONG, BOSS + "INSTCMD ups nosuch", BOSS + "INSTCMD wrong x"),
    *(GOOD + "INSTCMD", GOOD + "INSTCMD ups", GOOD + "INSTCMD ups load.off", GOOD + "INSTCMD wrong load.off"),
]

UNAVAILABLE = [
    *("LIST UPS", "LIST VAR ups", "LIST RW ups", "LIST CMD ups", "LIST CLIENT ups", "LIST ENUM ups ups.status"),
    *("GET VAR ups ups.status", "GET VAR ups nosuch", "GET VAR ups server.version", "GET UPSDESC ups"),
    *("GET NUMLOGINS ups", "GET TYPE ups ups.status", "GET DESC ups ups.status", "GET CMDDESC ups load.off"),
    *(GOOD + "LOGIN ups|LIST CLIENT ups", GOOD + "MASTER ups", GOOD + "SET VAR ups battery.charge.low 20"),
    GOOD + "INSTCMD ups load.off",
]
"""Asked again while the driver is silent, and while it is gone."""

DIFFERENCES = {
    "LIST RW ups": "dummy-ups calls every variable writable; the mock has those of the recorded usbhid-ups",
    "GET TYPE ups ups.status": "as above",
    "GET TYPE ups battery.charge.low": "as above: another length",
    BOSS + TOO_LONG: "as above: it takes longer ones",
    "LIST CMD ups": "dummy-ups has other commands than the recorded usbhid-ups",
}
"""Cases whose replies are the driver's, not upsd's; the recording of DSM 6.2.3 covers the mock's."""


DRIVERS_OWN = re.compile(r"VAR ups driver\.", re.IGNORECASE)


def _comparable(reply: bytes) -> list[str]:
    """Reply lines without those about the driver itself, which are the driver's."""
    return [line for line in reply.decode("latin-1").split("\n") if not DRIVERS_OWN.match(line)]


Ask = Callable[[str, int, bytes], bytes]


class Pair:
    """A real upsd and the mock that plays it."""

    def __init__(self, fleet: Fleet, release: str, mock: Mock, ask: Ask) -> None:
        self.release = release
        self.mock = mock
        self._fleet = fleet
        self._ask = ask

    @property
    def address(self) -> str:
        """The real upsd's."""
        return self._fleet.address(self.release)

    def host(self, script: str) -> None:
        """Run a script beside the real upsd."""
        self._fleet.run(self.release, script)

    def real(self, case: str) -> list[str]:
        """What the real upsd answers."""
        return self._lines(self._fleet.address(self.release), 3493, case)

    def played(self, case: str) -> list[str]:
        """What the mock answers."""
        # The peers' addresses differ: loopback here, the bridge there.
        return self._lines("127.0.0.1", self.mock.port, case)

    def _lines(self, address: str, port: int, case: str) -> list[str]:
        data = "".join(line + "\n" for line in [*case.split("|"), "LOGOUT"]).encode("latin-1")
        lines = _comparable(self._ask(address, port, data))
        return [line if not line.startswith("CLIENT ") else line.rpartition(" ")[0] for line in lines]


@pytest.fixture(scope="module", params=RELEASES)
def pair(
    request: pytest.FixtureRequest, fleet: Fleet, mocks: Callable[[str], Mock], ask: Ask, until: Any
) -> Iterator[Pair]:
    """Real upsd and dummy-ups started by hand, no units involved."""
    release = request.param
    made = Pair(fleet, release, mocks(f"stock-{RELEASES[release]}"), ask)
    device = "\n".join(f"{key}: {encode(value)}" for key, value in profiles.VARIABLES.items())
    made.mock.ctl("user", "reader", "x", "slave")
    made.mock.ctl("user", "boss", "x", "admin")
    made.host(STOP_UPSD + STOP_DRIVER + SETUP % device)
    made.host(START_DRIVER)
    made.host(START_UPSD)
    until(lambda: made.real("GET VAR ups ups.vendorid")[0].startswith("VAR "), f"dummy-ups of {release}")
    yield made
    made.mock.ctl("reset")
    made.host(STOP_UPSD + STOP_DRIVER)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case[:60])
def test_same_reply(pair: Pair, case: str) -> None:
    """One connection, the same words to both."""
    real, played = pair.real(case), pair.played(case)
    if case in DIFFERENCES:
        assert real[-2:] == played[-2:]  # LOGOUT's answer, all that can be compared
    else:
        assert played == real


def _compare_all(pair: Pair) -> None:
    assert {case: pair.played(case) for case in UNAVAILABLE} == {case: pair.real(case) for case in UNAVAILABLE}


def test_silent_driver(pair: Pair, until: Any) -> None:
    """After MAXAGE the same words are refused by both."""
    pair.host("pkill -STOP dummy-ups")
    until(lambda: pair.real("GET VAR ups ups.status")[0] == "ERR DATA-STALE", "DATA-STALE")
    pair.mock.ctl("stale")
    _compare_all(pair)
    pair.host("pkill -CONT dummy-ups")
    until(lambda: pair.real("GET VAR ups ups.status")[0] == 'VAR ups ups.status "OL"', "fresh data")
    pair.mock.ctl("driver-up")


def test_driver_gone(pair: Pair, until: Any) -> None:
    """The same words are refused by both."""
    pair.host(STOP_DRIVER)
    until(lambda: pair.real("GET VAR ups ups.status")[0] == "ERR DRIVER-NOT-CONNECTED", "a lost driver")
    pair.mock.ctl("driver-down")
    _compare_all(pair)
    pair.host(START_DRIVER)
    until(lambda: pair.real("GET VAR ups ups.status")[0] == 'VAR ups ups.status "OL"', "the driver's return")
    pair.mock.ctl("driver-up")


def test_forced_shutdown(pair: Pair) -> None:
    """FSD is latched and shown in the same way. Nobody monitors this upsd, so nothing is shut down."""
    pair.mock.ctl("reset")  # dummy-ups reads its file again and forgets what earlier cases set
    for case in (GOOD + "FSD ups", "GET VAR ups ups.status", "LIST VAR ups", GOOD + "FSD UPS"):
        assert pair.played(case) == pair.real(case)
    assert pair.played("GET VAR ups ups.status")[0] == 'VAR ups ups.status "FSD OL"'
    pair.mock.ctl("reset")
    pair.host(STOP_UPSD)
    pair.host(START_UPSD)


def test_a_full_server_has_a_verdict(pair: Pair) -> None:
    """At MAXCONN, which counts the driver and upsd's own sockets too, a connect succeeds and nothing is answered."""
    pair.host("cp -p /etc/nut/upsd.conf /etc/nut/upsd.conf.kept && echo 'MAXCONN 8' >>/etc/nut/upsd.conf")
    pair.host(STOP_UPSD)
    pair.host(START_UPSD)
    try:
        with contextlib.ExitStack() as stack:
            for _ in range(8):
                stack.enter_context(socket.create_connection((pair.address, 3493), 60))
            asked = probe.probe(
                host=pair.address, port=3493, ups="ups", username="monuser", password="secret", timeout=2
            )
        full = probe.report(asked)
        assert (full["verdict"], full["reason"]) == ("unreachable", "silent")
        assert "as an upsd does when it is full" in advise(full)
    finally:
        pair.host("mv /etc/nut/upsd.conf.kept /etc/nut/upsd.conf")
        pair.host(STOP_UPSD)
        pair.host(START_UPSD)
