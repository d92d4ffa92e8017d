"""The mock NAS's WebAPI on real sockets, and its control commands."""

from __future__ import annotations

import asyncio
import json
import ssl
from pathlib import Path
from typing import Any, Awaitable, Callable
from urllib.parse import urlencode

import pytest
from doubles.nas.upsd_sim import control, profiles
from doubles.nas.upsd_sim.dsm.certificates import Certificates
from doubles.nas.upsd_sim.dsm.files import Disk, Files
from doubles.nas.upsd_sim.dsm.web import WebServer
from doubles.nas.upsd_sim.server import Server
from doubles.nas.upsd_sim.state import State

PATIENCE = 20.0
LOGIN = {"api": "SYNO.API.Auth", "version": 6, "method": "login", "account": "upsadmin", "passwd": "Api-Password-1"}
UPS = {"api": "SYNO.Core.ExternalDevice.UPS", "version": 1}
SET = {**UPS, "method": "set", "enable": "true", "mode": '"USB"', "ACL_list": '["192.0.2.9"]'}


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """For loopback."""
    return Certificates(str(tmp_path_factory.mktemp("tls")), ["nas", "127.0.0.1"])


class Nas:
    """All doors on loopback, the settings in files."""

    def __init__(self, folder: Path, certificates: Certificates, profile: str = "dsm7") -> None:
        made = profiles.PROFILES[profile]
        self.state = State(made, lambda: 0.0, ("192.0.2.1",), Files(made.dsm, Disk(str(folder))) if made.dsm else None)
        self.server = Server(self.state, ["127.0.0.1"], 0, 8, None)
        self.certificates = certificates
        self.server.web = WebServer(self.server.dsm, ["127.0.0.1"], 0, certificates)

    async def ctl(self, words: str) -> str:
        """A control command."""
        return await control.run(self.server, words.split())

    async def ask(self, **params: Any) -> dict[str, Any]:
        """One request over TLS with verification; the answer, or {"html": …}."""
        assert self.server.web is not None
        trust = ssl.create_default_context(cafile=self.certificates.ca)
        trust.verify_flags |= ssl.VERIFY_X509_STRICT
        reader, writer = await asyncio.open_connection("127.0.0.1", self.server.web.port, ssl=trust)
        body = urlencode(params)
        head = f"POST /webapi/entry.cgi HTTP/1.1\r\nHost: nas\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write((head + body).encode())
        try:
            reply = (await asyncio.wait_for(reader.read(), PATIENCE)).decode()
        finally:
            writer.close()
        if not reply:
            raise ConnectionResetError
        head, _, text = reply.partition("\r\n\r\n")
        return {"html": text} if "text/html" in head else dict(json.loads(text))

    async def sid(self) -> str:
        """A login."""
        return str((await self.ask(**LOGIN))["data"]["sid"])

    async def until_listening(self) -> None:
        """The restart is over."""

        async def poll() -> None:
            while not self.server.listening:
                await asyncio.sleep(0.001)

        await asyncio.wait_for(poll(), PATIENCE)


Story = Callable[[Nas], Awaitable[None]]


@pytest.fixture
def play(tmp_path: Path, certificates: Certificates) -> Callable[..., None]:
    """Run a story on a listening NAS."""

    def run(story: Story, profile: str = "dsm7") -> None:
        async def inner() -> None:
            nas = Nas(tmp_path, certificates, profile)
            assert nas.server.web is not None
            await nas.server.start()
            await nas.server.web.start()
            try:
                await story(nas)
            finally:
                await nas.ctl("reset")
                nas.server.web.stop()
                nas.server.stop_listening()
                nas.server.drop_all()

        asyncio.run(inner())

    return run


def test_what_the_webapi_sets_upsd_enforces_after_its_restart(play: Callable[..., None]) -> None:
    """Refused meanwhile, while the WebAPI goes on answering."""

    async def story(nas: Nas) -> None:
        sid = await nas.sid()
        await nas.ctl("web restart-seconds 3600")
        assert await nas.ask(**SET, _sid=sid) == {"success": True}
        assert not nas.server.listening
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", nas.server.port)
        assert (await nas.ask(**UPS, method="get", _sid=sid))["data"]["ACL_list"] == ["192.0.2.9"]
        with pytest.raises(control.UsageError, match="not running"):
            await nas.ctl("reload")
        await nas.ctl("restart 0")
        await nas.until_listening()
        assert nas.state.permitted == ["192.0.2.9"]
        assert (nas.server.dsm.counts.calls["set"], nas.server.restarts) == (1, 2)

    play(story)


@pytest.mark.parametrize(("when", "expected"), [("before", ["192.0.2.1"]), ("after", ["192.0.2.9"])])
def test_a_cut_connection(play: Callable[..., None], when: str, expected: list[str]) -> None:
    """No answer at all, and either nothing or everything changed."""

    async def story(nas: Nas) -> None:
        sid = await nas.sid()
        await nas.ctl(f"web cut-set {when}")
        with pytest.raises((OSError, asyncio.IncompleteReadError)):
            await nas.ask(**SET, _sid=sid)
        assert nas.state.files.permitted == expected

    play(story)


def test_faults_of_the_door_and_their_end(play: Callable[..., None]) -> None:
    """`reset` ends them all."""

    async def story(nas: Nas) -> None:
        await nas.ctl("web html")
        assert "html" in await nas.ask(**LOGIN)
        await nas.ctl("web tls-name other.example")
        with pytest.raises(ssl.SSLCertVerificationError, match="mismatch"):
            await nas.ask(**LOGIN)
        await nas.ctl("web down")
        with pytest.raises(ConnectionRefusedError):
            await nas.ask(**LOGIN)
        await nas.ctl("reset")
        assert await nas.sid()

    play(story)


def test_slow_answers(play: Callable[..., None]) -> None:
    """The delay is asked of asyncio, not measured."""

    async def story(nas: Nas) -> None:
        await nas.ctl("web slow 3600")
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(nas.ask(**LOGIN), 0.2)
        await nas.ctl("web slow 0")
        assert await nas.sid()

    play(story)


def test_a_person_at_the_dialog(play: Callable[..., None]) -> None:
    """Saving truncates a longer stored list; the boxes stop upsd or empty its list."""

    async def story(nas: Nas) -> None:
        await nas.ctl("web restart-seconds 0")
        nas.state.files.permit([f"198.51.100.{number}" for number in range(8)])
        await nas.ctl("dialog 192.0.2.1 2001:DB8::1")
        await nas.until_listening()
        assert nas.state.permitted == nas.state.files.permitted == ["192.0.2.1", "2001:db8::1"]
        await nas.ctl("network-server off")
        await nas.until_listening()
        assert nas.state.permitted == []
        assert nas.state.files.permitted is None
        await nas.ctl("network-server on")
        await nas.ctl("permit 192.0.2.7")
        await nas.ctl("ups-support off")
        await asyncio.sleep(0.05)
        assert not nas.server.listening
        await nas.ctl("permit 192.0.2.7")
        assert nas.state.files.permitted == ["192.0.2.7"]
        await nas.ctl("ups-support on")
        await nas.until_listening()
        assert nas.state.permitted == ["192.0.2.7"]

    play(story)


def test_the_tools_of_ssh(play: Callable[..., None]) -> None:
    """A reload keeps the latch, a restart does not, and only the current mode's service has an upsd."""

    async def story(nas: Nas) -> None:
        await nas.ctl("web restart-seconds 0")
        await nas.ctl("fsd")
        nas.state.files.change({"ups_acl": "192.0.2.8|"})
        assert nas.state.permitted == ["192.0.2.1"]
        assert "upsd DSM7" in await nas.ctl("reload")
        assert (nas.state.permitted, nas.state.upses["ups"].fsd) == (["192.0.2.8"], True)
        await nas.ctl("service ups-net")
        assert nas.server.restarts == 0
        await nas.ctl("service ups-usb")
        assert (nas.server.restarts, nas.state.upses["ups"].fsd) == (1, False)

    play(story)


def test_control_of_accounts(play: Callable[..., None]) -> None:
    """Each command does what its name says."""

    async def story(nas: Nas) -> None:
        sid = await nas.sid()

        async def code(**params: Any) -> int:
            return int((await nas.ask(**params)).get("error", {}).get("code", 0))

        get = {**UPS, "method": "get", "_sid": sid}
        for command, params, expected in (
            ("web admin off", get, 105),
            ("web admin on", get, 0),
            ("web error 160", get, 160),
            ("web error off", get, 0),
            ("web expire-sessions 106", get, 106),
            ("web otp 123456", LOGIN, 403),
            ("web otp off", LOGIN, 0),
            ("web login-error 411", LOGIN, 411),
            ("web login-error off", LOGIN, 0),
            ("web block-after 1", LOGIN, 0),
            ("web password New-1", LOGIN, 400),
            ("web status", LOGIN, 407),
            ("web unblock", {**LOGIN, "passwd": "New-1"}, 0),
        ):
            await nas.ctl(command)
            assert await code(**params) == expected, command

    play(story)


def test_show_and_ca(play: Callable[..., None]) -> None:
    """What tests and the fleet read."""

    async def story(nas: Nas) -> None:
        await nas.sid()
        shown = json.loads(await nas.ctl("show"))["dsm"]
        assert (shown["calls"]["login"], shown["sessions"], shown["restarts"], shown["upsd_listens"]) == (1, 1, 0, True)
        assert shown["stored_permitted"] == ["192.0.2.1"]
        assert (await nas.ctl("ca")).startswith("-----BEGIN CERTIFICATE-----")

    play(story)


MISUSES = [
    ("dialog", "1 to 5 addresses"),
    ("dialog 1.1.1.1 1.1.1.2 1.1.1.3 1.1.1.4 1.1.1.5 1.1.1.6", "1 to 5 addresses"),
    ("dialog nas", "not an IPv4"),
    ("ups-support", "on or off"),
    ("network-server maybe", "on or off"),
    ("service nginx", "ups-usb or ups-net"),
    ("web", "expected one of otp"),
    ("web explode", "expected one of otp"),
    ("web otp", "one argument"),
    ("web cut-set soon", "before or after or off"),
    ("web error x", "a code must be a number"),
    ("web block-after 0", "from 1"),
    ("web restart-seconds -1", "seconds must be"),
]


@pytest.mark.parametrize(("words", "complaint"), MISUSES)
def test_usage_errors_are_explained(play: Callable[..., None], words: str, complaint: str) -> None:
    """And changes nothing."""

    async def story(nas: Nas) -> None:
        before = nas.server.dsm.show()
        with pytest.raises(control.UsageError, match=complaint):
            await nas.ctl(words)
        assert nas.server.dsm.show() == before

    play(story)


def test_a_stock_upsd_has_no_dsm_around_it(play: Callable[..., None]) -> None:
    """Neither dialog nor WebAPI."""

    async def story(nas: Nas) -> None:
        for words in ("dialog 192.0.2.1", "web status"):
            with pytest.raises(control.UsageError, match="not a DSM"):
                await nas.ctl(words)
        assert "dsm" not in json.loads(await nas.ctl("show"))

    play(story, profile="stock")
