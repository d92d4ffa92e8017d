"""The NAS's password is in no output, log or file but those only root and upsmon may read."""

from __future__ import annotations

import base64
import shlex
from pathlib import Path

import pytest
from scenarios.harness import UPSMON_CONF, Run, fleet

PAIR = ["bullseye", "forky"]  # the oldest and the newest
FIRST, SECOND, WRONG = "Sentinel-1c4e07d2", "Sentinel-2b95f31a", "Sentinel-3d60a8be"
SECRETS = (FIRST, SECOND, WRONG)
ALLOWED = {"640 root:nut", "600 root:root"}


def coded(secret: str) -> set[str]:
    """A secret's base64 forms inside a longer text, whose beginnings and ends depend on what surrounds them."""
    forms = (base64.b64encode(b"x" * shift + secret.encode()).decode().rstrip("=") for shift in range(3))
    return {form[4:-2] for form in forms}


FORMS = {form for secret in SECRETS for form in (secret, *coded(secret))}


@pytest.fixture(scope="module")
def controller(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Ansible leaves things on the controller."""
    return tmp_path_factory.mktemp("ansible-home")


def site(controller: Path, password: str, **variables: object) -> Run:
    return fleet.playbook(
        "site",
        "-vvv",
        "--diff",
        limit=PAIR,
        variables=variables,
        host_variables={name: {"ups_password": password} for name in PAIR},
        environment={"ANSIBLE_HOME": str(controller), "ANSIBLE_LOCAL_TEMP": str(controller / "tmp")},
    )


def assert_nothing_leaks(run: Run) -> None:
    assert not [form for form in FORMS if form in run.text]


def test_a_first_run_says_nothing(controller: Path) -> None:
    fleet.nas("user", "monuser", FIRST)
    run = site(controller, FIRST).succeeds()

    assert '+MONITOR "ups@' in run.text, "the difference is shown"
    assert_nothing_leaks(run)
    fleet.nas.wait_for_clients(*PAIR)


def test_a_change_says_nothing(controller: Path) -> None:
    run = site(controller, FIRST, nut_client_pollfreq=7).succeeds()
    assert run.changed["forky"] > 0
    assert "+POLLFREQ 7" in run.text
    assert_nothing_leaks(run)


def test_a_new_password_says_nothing(controller: Path) -> None:
    fleet.nas("user", "monuser", SECOND)
    run = site(controller, SECOND).succeeds()
    assert run.changed["forky"] > 0
    assert_nothing_leaks(run)
    fleet.nas.wait_for_clients(*PAIR)


def test_a_refusal_says_nothing(controller: Path) -> None:
    run = site(controller, WRONG).fails().changes_nothing()
    assert set(run.verdicts.values()) == {"bad_credentials"}
    assert_nothing_leaks(run)


@pytest.mark.parametrize("name", PAIR)
def test_only_root_and_upsmon_can_read_it_on_the_hosts(name: str) -> None:
    host = fleet.hosts[name]
    patterns = "\n".join(sorted(FORMS))
    # The patterns come through standard input, or they would be found in this very command.
    places = "/ /run /tmp /var/tmp /dev/shm"
    found = host.run(
        "umask 077; cat > /root/patterns; "
        f"find {places} -xdev -type f ! -path /root/patterns -print0 | xargs -0 grep -laFf /root/patterns"
        " | sort -u | xargs stat -c '%a %U:%G %n'; true",
        stdin=patterns,
    )
    shown = dict(line.split("/", 1) for line in found.splitlines())
    assert any(UPSMON_CONF.lstrip("/") == path for path in shown.values()), f"the search itself works: {found}"
    assert {rights.strip() for rights in shown} <= ALLOWED, found
    elsewhere = "journalctl --no-pager --output=export; cat /proc/[0-9]*/cmdline /proc/[0-9]*/environ 2>/dev/null"
    assert host.run(f"{{ {elsewhere}; }} | grep -acFf /root/patterns; true") == "0"
    host.run("rm /root/patterns")


def test_nothing_is_left_behind(controller: Path) -> None:
    for name in PAIR:
        left = fleet.hosts[name].run("find /root/.ansible /home/admin/.ansible -type f 2>/dev/null", ok=False)
        assert left == ""
    for path in filter(Path.is_file, controller.rglob("*")):
        text = path.read_bytes().decode("latin-1")
        assert not [form for form in FORMS if form in text], shlex.quote(str(path))
