"""What keeps apt from installing is named with its remedy, what does not is passed by; nothing goes unasked."""

from __future__ import annotations

import pytest
from scenarios.harness import Run, fleet, together, wait_for

bullseye, bookworm, trixie, forky = (fleet.hosts[name] for name in ("bullseye", "bookworm", "trixie", "forky"))
DEAD = "http://127.0.0.1:1/debian"  # a port that refuses
LISTS = """deb {dead} nosuch main
deb [signed-by=/etc/apt/keyrings/nosuch.gpg] {archive} bullseye-updates main
"""
# Holds the lock as dpkg does, until it is ended.
HELD = "/run/lock-is-held"
HOLD_LOCK = f"""systemd-run --quiet --unit=hold-lock python3 -c '
import fcntl, time
lock = open("/var/lib/dpkg/lock-frontend", "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
open("{HELD}", "w")
time.sleep(600)
'"""
# A package that fails to be configured, as one does whose service does not start. It does not concern NUT.
BREAK = r"""mkdir -p /tmp/broken/DEBIAN && cd /tmp/broken
printf 'Package: broken\nVersion: 1\nArchitecture: all\nMaintainer: x <x@example.com>\n' > DEBIAN/control
echo 'Description: broken' >> DEBIAN/control
printf '#!/bin/sh\nexit 1\n' > DEBIAN/postinst
chmod 755 DEBIAN/postinst && dpkg-deb -b . ../broken.deb && ! dpkg -i ../broken.deb"""
JOURNAL = "/var/lib/dpkg/updates/0000"  # what a dpkg leaves behind that was ended
# apcupsd as it watches another apcupsd over the network: the only kind that needs no hardware.
APCUPSD = """sed -i 's/^ISCONFIGURED=.*/ISCONFIGURED=yes/' /etc/default/apcupsd
sed -i 's/^UPSTYPE.*/UPSTYPE net/; s/^UPSCABLE.*/UPSCABLE ether/' /etc/apcupsd/apcupsd.conf
sed -i 's/^DEVICE.*/DEVICE 127.0.0.1:1/' /etc/apcupsd/apcupsd.conf
systemctl restart apcupsd.service"""
QUICKLY = {"__nut_client_lock_timeout": 1}
RUNS = {"apcupsd.service": "enabled active"}


def has(host: str, package: str) -> bool:
    """Return whether a package is installed."""
    status = f"dpkg-query -W -f '${{db:Status-Status}}' {package} 2>/dev/null"
    return fleet.hosts[host].holds(f'test "$({status})" = installed')


def archive() -> str:
    """Return the archive that the host was made from."""
    return bullseye.run(
        "sed -n 's/^deb \\(\\[[^]]*\\] \\)\\{0,1\\}\\([^ ]*\\) .*/\\2/p' /etc/apt/sources.list | head -n 1"
    )


def break_lists() -> None:
    bullseye.run("cat > /etc/apt/sources.list.d/dead.list", stdin=LISTS.format(dead=DEAD, archive=archive()))


def take_lock() -> None:
    bookworm.run(HOLD_LOCK)
    wait_for("the lock", lambda: bookworm.holds(f"test -e {HELD}"))


def break_dpkg() -> None:
    trixie.run(BREAK)
    trixie.run(f"cat > {JOURNAL}", stdin="Package: broken\nStatus: install ok half-configured\nVersion: 1\n")


def install_apcupsd() -> None:
    forky.install("apcupsd")
    forky.run(APCUPSD)
    wait_for("apcupsd", lambda: forky.units("apcupsd.service") == RUNS)


@pytest.fixture(scope="module")
def first() -> Run:
    """A run in which each host has a fault of its own."""
    faults = {"bullseye": break_lists, "bookworm": take_lock, "trixie": break_dpkg, "forky": install_apcupsd}
    together(lambda name: faults[name](), faults)
    return fleet.playbook("site", variables=QUICKLY).fails()


def test_what_works_is_installed_from_and_the_lists_that_do_not_are_named(first: Run) -> None:
    assert first.verdicts["bullseye"] == "ok"
    for name in (f"{DEAD} nosuch", f"{archive().rstrip('/')} bullseye-updates"):
        assert name in first.text


def test_who_holds_the_lock_is_named(first: Run) -> None:
    assert "nut-client was not installed: python3 (process " in first.advice("bookworm")
    assert not has("bookworm", "nut-client")


def test_an_interrupted_dpkg_is_named_with_its_command(first: Run) -> None:
    assert "nut-client was not installed: dpkg was interrupted." in first.advice("trixie")
    assert "sudo dpkg --configure -a" in first.advice("trixie")


def test_apcupsd_stays_and_is_named_before_anything_changes(first: Run) -> None:
    assert (first.verdicts["forky"], first.changed["forky"]) == ("not_logged_in", 0)
    assert "apcupsd is installed, and nut-client cannot be beside it." in first.advice("forky")
    assert "nut_client_replace_apcupsd: true" in first.advice("forky")
    assert forky.units("apcupsd.service") == RUNS
    assert not forky.holds("test -e /var/lib/upsfleet")


@pytest.fixture(scope="module")
def second(first: Run) -> Run:
    """A run after two are mended, one has another fault, and apcupsd may go."""
    assert first.status
    bookworm.run("systemctl stop hold-lock.service; apt-get -q update && apt-mark hold nut-client")
    trixie.run(f"rm {JOURNAL}")
    consent = {"forky": {"nut_client_replace_apcupsd": True}}
    return fleet.playbook("site", variables=QUICKLY, host_variables=consent).fails()


def test_a_package_that_is_held_stays_away(second: Run) -> None:
    assert "nut-client was not installed: nut-client is held." in second.advice("bookworm")
    assert "sudo apt-mark unhold nut-client" in second.advice("bookworm")
    assert not has("bookworm", "nut-client")


def test_another_package_that_is_broken_keeps_nobody_from_being_protected(second: Run) -> None:
    assert second.verdicts["trixie"] == "ok"
    assert "nut-client is installed all the same. dpkg has not finished: broken is half-configured." in second.text


def test_apcupsd_is_replaced_where_a_person_says_so(second: Run) -> None:
    assert second.verdicts["forky"] == "ok"
    assert not has("forky", "apcupsd")
    assert forky.holds("grep -q '^DEVICE 127.0.0.1:1' /etc/apcupsd/apcupsd.conf && ! pgrep -x apcupsd")
    fleet.nas.wait_for_clients("bullseye", "trixie", "forky")


def test_remove_brings_apcupsd_back_as_it_was(second: Run) -> None:
    assert second.status
    run = fleet.playbook("remove", limit=["bookworm", "forky"]).succeeds()

    assert run.changed["forky"] > 0
    assert (has("forky", "apcupsd"), has("forky", "nut-client")) == (True, False)
    assert forky.units("apcupsd.service") == RUNS
    assert forky.holds("grep -q '^DEVICE 127.0.0.1:1' /etc/apcupsd/apcupsd.conf")
    assert not forky.holds("test -e /var/lib/upsfleet")


def test_what_was_mended_is_protected(second: Run) -> None:
    assert second.status
    bookworm.run("apt-mark unhold nut-client")
    run = fleet.playbook("site", limit=["bullseye", "bookworm", "trixie"], variables=QUICKLY).succeeds()

    assert set(run.verdicts.values()) == {"ok"}
    assert (run.changed["bullseye"], run.changed["trixie"]) == (0, 0)


def test_what_sudo_refuses_is_told_with_its_remedy(second: Run) -> None:
    assert second.status
    for host, rule in ((bullseye, "admin ALL=(ALL) ALL"), (bookworm, "admin ALL=(ALL) ALL"), (trixie, "")):
        host.run(f"echo '{rule}' > /etc/sudoers.d/admin; echo admin:example | chpasswd")
    passwords = {"bookworm": "another", "trixie": "example"}
    given = {name: {"ansible_become_password": password} for name, password in passwords.items()}
    run = fleet.playbook("audit", host_variables=given, limit=["bullseye", "bookworm", "trixie"]).fails()

    assert set(run.verdicts.values()) == {"not_audited"}
    assert run.advice("bullseye").startswith("sudo asks for a password on this host. Run it with -K")
    assert run.advice("bookworm").startswith("sudo does not take this password.")
    assert run.advice("trixie").startswith("This user may not use sudo.")
