"""Check mode on bare hosts tells what it would do and does nothing."""

from __future__ import annotations

from scenarios.harness import fleet, together

# Everything a package, a service or a file of ours could leave; names, sizes, modes and times.
FINGERPRINT = (
    "find /etc /usr /var/lib /opt /root /boot -xdev ! -name __pycache__ ! -name '*.pyc' -printf '%p %s %m %T@\\n'"
)


def fingerprints() -> dict[str, set[str]]:
    found = together(lambda name: set(fleet.hosts[name].run(FINGERPRINT).splitlines()), fleet.hosts)
    return dict(zip(fleet.hosts, found))


def test_the_check_step_left_the_hosts_bare() -> None:
    assert all(together(lambda name: fleet.hosts[name].is_bare(), fleet.hosts))
    assert fleet.nas.clients() == []


def test_check_mode_says_what_it_would_do() -> None:
    before = fingerprints()
    run = fleet.playbook("site", "--check", "--diff").succeeds()

    assert all(run.changed[name] > 0 for name in fleet.hosts)
    assert set(run.verdicts.values()) == {"not_logged_in"}
    for name in fleet.hosts:
        assert run.rows[name]["will_be_protected"]
    assert f"{', '.join(fleet.hosts)}: would be provisioned" in run.text
    assert "+MODE=netclient" in run.text
    after = fingerprints()
    for name, files in after.items():
        assert files ^ before[name] == set(), name
