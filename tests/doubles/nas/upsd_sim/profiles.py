"""What differs between the upsds this test double can play: tables only, no behaviour.

dsm6 is taken from a recording of a real DSM 6.2.3 upsd. dsm7 is inferred: its version tag was reported by users of
DSM 7.2.1, its drivers are those of NUT 2.7.4, everything else is assumed to be dsm6's behaviour on a 2.7.4 base.
The stock profiles are Debian's nut-server, compared line by line in tests/conformance.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Mapping

from ansible_collections.upsfleet.synology.plugins.module_utils._upsd import profile as plain

PRIVILEGED = frozenset({"LOGIN", "MASTER", "PRIMARY", "FSD", "SET", "INSTCMD"})
"""Words that ask for USERNAME and PASSWORD first (FLAG_USER in NUT server/netcmds.h)."""

_WORDS_27 = PRIVILEGED - {"PRIMARY"} | plain.WORDS
_WORDS_28 = _WORDS_27 | {"PROTVER", "PRIMARY"}


STRINGS = {"battery.charge.low": 10, "ups.delay.shutdown": 10}
"""Writable strings, with their longest length in characters."""

ENUMS = {"input.sensitivity": ("low", "medium", "high")}
RANGES = {"input.transfer.high": ((253, 285),)}
COMMANDS = ("beeper.disable", "beeper.enable", "load.off", "shutdown.return", "test.battery.start.quick")


@dataclass(frozen=True)
class Profile(plain.Profile):
    """One kind of upsd."""

    words: frozenset[str] = _WORDS_27
    privileged: frozenset[str] = PRIVILEGED
    help_words: str = "HELP VER GET LIST SET INSTCMD LOGIN LOGOUT USERNAME PASSWORD STARTTLS"
    strings: Mapping[str, int] = field(default_factory=lambda: STRINGS)
    enums: Mapping[str, tuple[str, ...]] = field(default_factory=lambda: ENUMS)
    ranges: Mapping[str, tuple[tuple[int, int], ...]] = field(default_factory=lambda: RANGES)
    commands: tuple[str, ...] = COMMANDS
    permitted_list: bool = True
    """Synology's own address list, asked for every known word."""
    hosts_deny: bool = False
    """The second lock: DSM 6 writes /etc/hosts.deny beside the list, and upsd asks it for the privileged words."""
    dsm: int = 0
    """The generation of DSM around this upsd; 0: none."""
    tracking: bool = False
    """SET TRACKING and GET TRACKING, NUT 2.8.0 and later."""
    maxage: float = 30.0
    """Seconds without a word from the driver until DATA-STALE (executed on DSM 6.2.3: 28 to 29; stock: 15)."""
    driver: dict[str, str] = field(default_factory=dict)
    """Variables in which the drivers of this upsd differ."""


_DSM6 = "DSM6-2-25364-191230"
_DSM7 = "DSM7-2-1-NewModel-repack-64570-230831"
_STOCK_DESCRIPTIONS = {
    "ups.status": "UPS status",
    "battery.charge": "Battery charge (percent of full)",
    "load.off": "Turn off the load immediately",
}


def _driver(version: str, internal: str, data: str) -> dict[str, str]:
    return {"driver.version": version, "driver.version.internal": internal, "driver.version.data": data}


def _stock(version: str, url: str, words: frozenset[str] = _WORDS_28, netver: str = "1.3") -> Profile:
    return Profile(
        name=f"stock-{version}",
        version=version,
        words=words,
        netver=netver,
        url=url,
        permitted_list=False,
        maxage=15.0,
        driver=_driver(version, "0.41", "APC HID 0.96"),
        descriptions=_STOCK_DESCRIPTIONS,
        tracking=words is _WORDS_28,
    )


_STOCK_285 = replace(
    _stock("2.8.5", "https://www.networkupstools.org/historic/v2.8.5/index.html"),
    help_words="HELP VER PROTVER GET LIST SET INSTCMD LOGIN LOGOUT USERNAME PASSWORD STARTTLS",
)

PROFILES = {
    profile.name: profile
    for profile in (
        Profile(name="dsm7", version=_DSM7, dsm=7, driver=_driver(_DSM7, "0.41", "APC HID 0.96")),
        Profile(
            name="dsm6",
            version=_DSM6,
            plain_type="UNKNOWN",
            hosts_deny=True,
            dsm=6,
            driver=_driver(_DSM6, "0.38", "APC HID 0.95"),
        ),
        _stock("2.7.4", "http://www.networkupstools.org/", _WORDS_27, "1.2"),
        _stock("2.8.0", "http://www.networkupstools.org/"),
        _stock("2.8.1", "https://www.networkupstools.org/"),
        _STOCK_285,
    )
}

PROFILES["stock"] = PROFILES["stock-2.8.5"]

VARIABLES = {
    "battery.charge": "100",
    "battery.charge.low": "10",
    "battery.charge.warning": "50",
    "battery.runtime": "2460",
    "battery.runtime.low": "120",
    "battery.type": "PbAc",
    "battery.voltage": "13.6",
    "device.mfr": "American Power Conversion",
    "device.model": "Back-UPS ES 700G",
    "device.serial": "5B1234T00000",
    "device.type": "ups",
    "driver.name": "usbhid-ups",
    "driver.parameter.pollfreq": "30",
    "driver.parameter.pollinterval": "5",
    "driver.parameter.port": "auto",
    "input.sensitivity": "medium",
    "input.transfer.high": "266",
    "input.transfer.low": "180",
    "input.voltage": "230.0",
    "ups.beeper.status": "enabled",
    "ups.delay.shutdown": "20",
    "ups.firmware": "871.O4 .I",
    # A value with everything that needs quoting: clients must survive it.
    "ups.id": 'odd "quoted" back\\slash',
    "ups.load": "12",
    "ups.mfr": "American Power Conversion",
    "ups.model": "Back-UPS ES 700G",
    "ups.productid": "0002",
    "ups.serial": "5B1234T00000",
    "ups.status": "OL",
    "ups.timer.shutdown": "-1",
    "ups.vendorid": "051d",
}
"""The UPS of the recording."""
