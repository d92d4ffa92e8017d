"""The wire protocol of the mock NAS, profile dsm7: table-driven, with a clock that passes when told to."""

from __future__ import annotations

from typing import Callable

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import protocol
from ansible_collections.upsfleet.synology.plugins.module_utils._upsd.state import IDLE_LIMIT, Driver
from doubles.nas.upsd_sim import profiles
from doubles.nas.upsd_sim.state import Session, State, User

HOST = "192.0.2.10"
OTHER = "192.0.2.11"
CREDENTIALS = "USERNAME monuser|PASSWORD secret"
NO_UPS, DENIED, BAD = "ERR UNKNOWN-UPS", "ERR ACCESS-DENIED", "ERR INVALID-ARGUMENT"
UNKNOWN, NO_USER, NO_PASSWORD = "ERR UNKNOWN-COMMAND", "ERR USERNAME-REQUIRED", "ERR PASSWORD-REQUIRED"
GONE, STALE = "ERR DRIVER-NOT-CONNECTED", "ERR DATA-STALE"


class Clock:
    """Seconds that pass when told to."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


class Nas:
    """A simulator and one client of it."""

    def __init__(self, profile: str = "dsm7") -> None:
        self.clock = Clock()
        self.state = State(profiles.PROFILES[profile], self.clock, (HOST,))
        self.ups = self.state.upses["ups"]

    def connect(self, address: str = HOST) -> Session:
        """Open a connection."""
        return self.state.connect(address)

    def say(self, session: Session, *lines: str) -> list[str]:
        """Send lines, return the reply's lines."""
        data = "".join(line + "\n" for line in lines).encode()
        return protocol.receive(self.state, session, data).decode().splitlines()

    def login(self, address: str = HOST) -> Session:
        """A connection that is logged in."""
        session = self.connect(address)
        assert self.say(session, "USERNAME monuser", "PASSWORD secret", "LOGIN ups") == ["OK"] * 3
        return session


@pytest.fixture
def nas() -> Nas:
    """A mock NAS that permits HOST."""
    return Nas()


def _denied(nas: Nas) -> None:
    nas.state.permitted.clear()


def _status(text: str) -> Callable[[Nas], None]:
    return lambda nas: nas.ups.variables.update({"ups.status": text})


def _driver(driver: Driver) -> Callable[[Nas], None]:
    return lambda nas: nas.state.driver(nas.ups, driver)


def _fsd(nas: Nas) -> None:
    nas.ups.fsd = True


def _slave(nas: Nas) -> None:
    nas.state.users["monuser"] = User("secret", frozenset({"LOGIN"}))


def _nothing(nas: Nas) -> None:
    pass


BANNER = "Network UPS Tools upsd DSM7-2-1-NewModel-repack-64570-230831 - http://www.networkupstools.org/"
EMPTY_CLIENTS = ["BEGIN LIST CLIENT ups", "END LIST CLIENT ups"]
UPS_LIST = ["BEGIN LIST UPS", 'UPS ups "Description unavailable"', "END LIST UPS"]
OL = 'VAR ups ups.status "OL"'

# what is the matter, what was sent before (lines joined with |), the line, the reply's lines
CASES: list[tuple[Callable[[Nas], None], str, str, list[str]]] = [
    (_nothing, "", "VER", [BANNER]),
    (_nothing, "", "NETVER", ["1.2"]),
    (_nothing, "", "PROTVER", [UNKNOWN]),
    (_nothing, "", "", [UNKNOWN]),
    (_nothing, "", "LIST UPS", UPS_LIST),
    (_nothing, "", "LIST CLIENT ups", EMPTY_CLIENTS),
    (_nothing, "", "LIST VAR nas", [NO_UPS]),
    (_nothing, "", "GET VAR ups ups.status", [OL]),
    (_nothing, "", "GET VAR nas ups.status", [NO_UPS]),
    (_nothing, "", "GET VAR ups nosuch", ["ERR VAR-NOT-SUPPORTED"]),
    (_nothing, "", "GET VAR ups server.nosuch", ["ERR VAR-NOT-SUPPORTED"]),
    (_nothing, "", "GET VAR ups server.info", [f'VAR ups server.info "{BANNER}"']),
    (_nothing, "", "GET TYPE ups ups.status", ["TYPE ups ups.status NUMBER"]),
    (_nothing, "", "GET TRACKING", [BAD]),
    (_nothing, "", "STARTTLS", ["ERR FEATURE-NOT-CONFIGURED"]),
    (_nothing, "", "LOGIN ups", [NO_USER]),
    (_nothing, "USERNAME monuser", "LOGIN ups", [NO_PASSWORD]),
    (_nothing, "PASSWORD secret", "LOGIN ups", [NO_USER]),
    (_nothing, CREDENTIALS, "LOGIN ups", ["OK"]),
    (_nothing, CREDENTIALS, "LOGIN UPS", ["OK"]),
    (_nothing, CREDENTIALS, "LOGIN nas", [NO_UPS]),
    (_nothing, CREDENTIALS, "LOGIN", [BAD]),
    (_nothing, CREDENTIALS + "|LOGIN ups", "LOGIN ups", ["ERR ALREADY-LOGGED-IN"]),
    (_nothing, CREDENTIALS, "USERNAME x", ["ERR ALREADY-SET-USERNAME"]),
    (_nothing, CREDENTIALS, "PASSWORD x", ["ERR ALREADY-SET-PASSWORD"]),
    (_nothing, "USERNAME monuser|PASSWORD wrong", "LOGIN ups", [DENIED]),
    (_nothing, "USERNAME MonUser|PASSWORD secret", "LOGIN ups", [DENIED]),
    (_nothing, CREDENTIALS, "MASTER ups", ["OK MASTER-GRANTED"]),
    (_nothing, CREDENTIALS, "PRIMARY ups", [UNKNOWN]),
    (_nothing, CREDENTIALS, "FSD ups", ["OK FSD-SET"]),
    (_nothing, CREDENTIALS, "FSD nas", [NO_UPS]),
    (_nothing, CREDENTIALS, "SET VAR ups battery.charge.low 20", [DENIED]),
    (_nothing, CREDENTIALS, "INSTCMD ups load.off", [DENIED]),
    (_nothing, CREDENTIALS, "INSTCMD ups nosuch", ["ERR CMD-NOT-SUPPORTED"]),
    (_slave, CREDENTIALS, "LOGIN ups", ["OK"]),
    (_slave, CREDENTIALS, "MASTER ups", [DENIED]),
    (_slave, CREDENTIALS, "FSD ups", [DENIED]),
    (_denied, "", "VER", [DENIED]),
    (_denied, "", "LIST UPS", [DENIED]),
    (_denied, "", "LOGOUT", [DENIED]),
    (_denied, "", "garbage", [UNKNOWN]),
    (_denied, CREDENTIALS, "LOGIN ups", [NO_USER]),
    (_status("OB DISCHRG LB"), "", "GET VAR ups ups.status", ['VAR ups ups.status "OB DISCHRG LB"']),
    (_fsd, "", "GET VAR ups ups.status", ['VAR ups ups.status "FSD OL"']),
    (_driver(Driver.STALE), "", "GET VAR ups ups.status", [STALE]),
    (_driver(Driver.STALE), "", "GET NUMLOGINS ups", [STALE]),
    (_driver(Driver.STALE), "", "LIST UPS", UPS_LIST),
    (_driver(Driver.STALE), CREDENTIALS, "LOGIN ups", ["OK"]),
    (_driver(Driver.DOWN), "", "LIST VAR ups", [GONE]),
    (_driver(Driver.DOWN), "", "LIST CLIENT ups", EMPTY_CLIENTS),
    (_driver(Driver.DOWN), CREDENTIALS, "FSD ups", ["OK FSD-SET"]),
    (_driver(Driver.WAIT), "", "GET VAR ups ups.status", ['VAR ups ups.status "WAIT"']),
]


@pytest.mark.parametrize(("prepare", "before", "line", "reply"), CASES)
def test_line(nas: Nas, prepare: Callable[[Nas], None], before: str, line: str, reply: list[str]) -> None:
    """One line in one situation."""
    prepare(nas)
    session = nas.connect()
    nas.say(session, *filter(None, before.split("|")))
    assert nas.say(session, line) == reply


def test_credentials_accepted_before_the_address_left_the_list(nas: Nas) -> None:
    """Then LOGIN is ACCESS-DENIED, not USERNAME-REQUIRED, and an earlier login stays listed."""
    session, fresh = nas.login(), nas.connect()
    nas.say(fresh, "USERNAME monuser", "PASSWORD secret")
    nas.state.permitted.clear()
    assert nas.say(fresh, "LOGIN ups") == [DENIED]
    assert nas.say(nas.connect("127.0.0.1"), "LIST CLIENT ups")[1] == f"CLIENT ups {session.address}"


def test_loopback_is_always_permitted_but_only_itself(nas: Nas) -> None:
    """127.0.0.1 and ::1, not the rest of 127.0.0.0/8; mapped IPv6 counts as IPv4."""
    for address, reply in (("127.0.0.1", BANNER), ("::1", BANNER), ("::ffff:127.0.0.1", BANNER), ("127.0.0.9", DENIED)):
        assert nas.say(nas.connect(address), "VER") == [reply]


def test_list_client_newest_first_and_logins_end_with_the_connection(nas: Nas) -> None:
    """One line a connection; LOGOUT, close and loss all remove it."""
    nas.state.permitted.append(OTHER)
    first, second = nas.login(), nas.login(OTHER)
    reader = nas.connect()
    assert nas.say(reader, "LIST CLIENT UPS")[1:-1] == [f"CLIENT UPS {OTHER}", f"CLIENT UPS {HOST}"]
    assert nas.say(reader, "GET NUMLOGINS ups") == ["NUMLOGINS ups 2"]
    nas.state.disconnect(second)
    assert nas.say(first, "LOGOUT") == ["OK Goodbye"]
    assert nas.state.expired(first)
    nas.state.disconnect(first)
    assert nas.say(reader, "GET NUMLOGINS ups") == ["NUMLOGINS ups 0"]


def test_hidden_clients_are_logged_in_but_not_listed(nas: Nas) -> None:
    """The fault that a rollback is tested with."""
    nas.state.hidden.add(HOST)
    nas.login()
    assert nas.say(nas.connect(), "LIST CLIENT ups") == EMPTY_CLIENTS


def test_a_host_behind_a_tunnel_on_the_nas_is_seen_as_the_nas_itself(nas: Nas) -> None:
    """Which is always permitted, as with Tailscale in userspace mode."""
    nas.state.seen_as[HOST] = "127.0.0.1"
    nas.state.permitted.clear()
    nas.login()
    assert nas.say(nas.connect(), "LIST CLIENT ups")[1:-1] == ["CLIENT ups 127.0.0.1"]


def test_a_line_behind_logout_keeps_the_connection(nas: Nas) -> None:
    """Executed on DSM 6.2.3: both are answered and the login stays."""
    session = nas.login()
    assert nas.say(session, "LOGOUT", "VER") == ["OK Goodbye", BANNER]
    assert not nas.state.expired(session)


@pytest.mark.parametrize(("line", "kept"), [("VER\n", True), ("\n", True), ("garbage\n", True), ("VE", False)])
def test_idle(nas: Nas, line: str, kept: bool) -> None:
    """Any complete line starts the minute anew, half a line does not."""
    session = nas.connect()
    nas.clock.now += IDLE_LIMIT
    assert not nas.state.expired(session)
    protocol.receive(nas.state, session, line.encode())
    nas.clock.now += 1
    assert nas.state.expired(session) is not kept


def test_silent_driver_becomes_stale_after_maxage(nas: Nas) -> None:
    """30 seconds on DSM."""
    session = nas.connect()
    nas.ups.silent_since = nas.clock()
    nas.clock.now += nas.state.profile.maxage - 0.1
    assert nas.say(session, "GET VAR ups ups.status") == [OL]
    nas.clock.now += 0.1
    assert nas.say(session, "GET VAR ups ups.status") == [STALE]


def test_fsd_is_latched_until_a_restart(nas: Nas) -> None:
    """Neither the mains nor the driver's return clears it."""
    nas.say(nas.login(), "FSD ups")
    reader = nas.connect()
    nas.ups.variables["ups.status"] = "OB DISCHRG"
    assert nas.say(reader, "GET VAR ups ups.status") == ['VAR ups ups.status "FSD OB DISCHRG"']
    nas.state.driver(nas.ups, Driver.DOWN)
    nas.state.driver(nas.ups, Driver.OK)
    assert nas.say(reader, "GET VAR ups ups.status") == ['VAR ups ups.status "FSD OB DISCHRG"']
    nas.state.restart()
    assert nas.state.sessions == []
    assert nas.say(nas.connect(), "GET VAR ups ups.status") == ['VAR ups ups.status "OB DISCHRG"']


def test_counters_count_what_was_refused_too(nas: Nas) -> None:
    """So that a test can assert that nothing dangerous was ever sent."""
    nas.say(nas.connect(OTHER), "FSD ups", "set var ups x 1", "INSTCMD ups load.off", "nonsense", "LOGIN ups")
    expected = {"FSD": 1, "SET": 1, "INSTCMD": 1, "LOGIN": 1, "(unknown)": 1}
    assert dict(nas.state.counters.words) == expected
    assert dict(nas.state.counters.logins) == {OTHER: 1}


def test_a_long_reply_loses_its_line_feed(nas: Nas) -> None:
    """It is cut at exactly 512 bytes, and the next reply is glued on."""
    session = nas.connect()
    reply = protocol.receive(nas.state, session, b"GET DESC ups " + b"u" * 510 + b"\nNETVER\n")
    assert len(reply) == 512 + len(b"1.2\n")
    assert reply.endswith(b"u1.2\n")


def test_reset_forgets_everything(nas: Nas) -> None:
    """Permitted addresses of the command line stay."""
    nas.say(nas.login(), "FSD ups")
    nas.state.permitted.append(OTHER)
    nas.state.users["monuser"] = User("other")
    nas.state.slow, nas.state.full = 5.0, True
    nas.state.reset()
    assert nas.state.permitted == [HOST]
    assert (nas.state.slow, nas.state.full, nas.state.sessions) == (0.0, False, [])
    assert nas.say(nas.login(), "GET VAR ups ups.status") == [OL]


def test_set_and_instcmd_with_rights(nas: Nas) -> None:
    """A user of upsd.users whom DSM does not have."""
    nas.state.users["boss"] = User("x", frozenset({"SET"}), frozenset({"ALL"}))
    session = nas.connect()
    nas.say(session, "USERNAME boss", "PASSWORD x")
    assert nas.say(session, "SET VAR ups battery.charge.low 20", "GET VAR ups battery.charge.low") == [
        "OK",
        'VAR ups battery.charge.low "20"',
    ]
    assert nas.say(session, "INSTCMD ups test.battery.start.quick") == ["OK"]


def test_dsm6_has_a_second_lock() -> None:
    """hosts.deny refuses the privileged words only, before even their arguments are judged."""
    nas = Nas("dsm6")
    assert nas.state.hosts_deny == f"upsd: ALL EXCEPT 127.0.0.1 {HOST}\n"
    nas.login()
    nas.state.hosts_deny = "upsd: ALL EXCEPT 127.0.0.1\n"
    session = nas.connect()
    assert nas.say(session, "LIST UPS") == UPS_LIST
    assert nas.say(session, "USERNAME monuser", "PASSWORD secret", "LOGIN", "LOGIN ups") == ["OK", "OK", DENIED, DENIED]


def test_stock_upsd_knows_no_permitted_list_and_newer_words() -> None:
    """And 2.8 answers in its own way."""
    nas = Nas("stock-2.8.0")
    session = nas.connect(OTHER)
    assert nas.say(session, "PROTVER", "GET TRACKING") == ["1.3", "OFF"]
    assert nas.say(session, "USERNAME monuser", "PASSWORD secret", "PRIMARY ups")[-1] == "OK PRIMARY-GRANTED"
