"""What the scenarios' tests share: run a playbook on the fleet and read its outcome, ask hosts, tell the NAS things.

The fleet is the one that UPSFLEET_FLEET names, Molecule's own if nothing is said.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import yaml
from fleet import network
from fleet.engine import Engine
from fleet.fleet import Fleet as Containers
from fleet.paths import ROOT
from report_text import unwrapped

FLEET = os.environ.get("UPSFLEET_FLEET", "molecule")
HERE = Path(__file__).parent
# The last one loaded sees a call first: counted is what was asked for, not the double that answers.
CALLBACKS = (
    HERE / "callback_plugins",
    ROOT / "tests" / "doubles" / "windows" / "callback_plugins",
    ROOT / "tests" / "bench" / "callback",
)
UPSMON_CONF = "/etc/nut/upsmon.conf"
FILES = ("/etc/nut/nut.conf", UPSMON_CONF, "/etc/systemd/system/nut-monitor.service.d/upsfleet.conf")
INSTALLED = "dpkg-query -W -f '${Package} ${db:Status-Status}\\n' 'nut*' | grep ' installed' | cut -d' ' -f1"

# Something that only a clean shutdown leaves behind.
CLEAN = """
cat > /etc/systemd/system/clean.service <<END
[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/true
ExecStop=/usr/bin/touch /var/lib/stopped-in-order
END
systemctl daemon-reload
systemctl start clean.service
"""
# The journal is in memory only here; this is the last to be stopped.
LISTEN = (
    "systemd-run --quiet --unit=listener --property=DefaultDependencies=no "
    "sh -c 'exec journalctl -f -n0 -t upsmon-shutdown >/var/log/said'; until test -e /var/log/said; do sleep 0.1; done"
)

_RECAP = re.compile(r"^(\S+) +: ok=(\d+) +changed=(\d+) +unreachable=(\d+) +failed=(\d+)", re.MULTILINE)


@dataclass(frozen=True)
class Run:
    """How a playbook ended."""

    status: int
    text: str  # standard output, then standard error; each sentence of the report is one line
    rows: dict[str, dict[str, Any]]  # the fleet report, by host
    modules: dict[str, list[str]]  # what was executed on each host
    output: str = ""  # standard output alone

    @property
    def changed(self) -> dict[str, int]:
        """The recap's count of changed tasks, by host."""
        return {found[1]: int(found[3]) for found in _RECAP.finditer(self.text)}

    @property
    def verdicts(self) -> dict[str, str]:
        """The report's verdicts, by host."""
        return {name: row["verdict"] for name, row in self.rows.items()}

    def advice(self, host: str) -> str:
        """What the report advises for a host."""
        return str(self.rows[host]["advice"])

    def tells(self, host: str) -> bool:
        """Whether the report says what to do about a host, beside others of the same cause."""
        row = self.rows[host]
        said = [line for line in self.text.splitlines() if line.startswith(f"{row['verdict']}: ")]
        return any(line.endswith((row["advice"], row["cause"])) and host in line.split(": ")[1] for line in said)

    @property
    def of_the_nas(self) -> str:
        """What the report says of the NAS."""
        return "\n".join(line.removeprefix("nas: ") for line in self.text.splitlines() if line.startswith("nas: "))

    def succeeds(self) -> Run:
        """Fail with the whole output unless the run ended well."""
        assert self.status == 0, self.text
        return self

    def fails(self) -> Run:
        """Fail with the whole output unless the run ended as one does in which tasks failed."""
        assert self.status == 2, self.text
        return self

    def changes_nothing(self) -> Run:
        """Fail with the whole output if any task changed anything."""
        assert not any(self.changed.values()), self.text
        return self


class Host:
    """One host of the fleet, looked at behind Ansible's back."""

    def __init__(self, name: str, address: str, containers: Containers) -> None:
        self.name = name
        self.address = address
        self._containers = containers

    def run(self, script: str, ok: bool = True, stdin: str = "") -> str:
        """Run a shell script as root and return its output."""
        command = self._containers.command(self.name, ["sh", "-c", script])
        done = subprocess.run(command, input=stdin, capture_output=True, text=True, check=False)
        assert done.returncode == 0 or not ok, f"{self.name}: {script}\n{done.stdout}{done.stderr}"
        return done.stdout.strip()

    def holds(self, script: str) -> bool:
        """Return whether a shell script ends with 0."""
        return self.run(f"if {script}; then echo yes; else echo no; fi").endswith("yes")

    def write(self, path: str, content: str, mode: str, owner: str = "root:nut") -> None:
        """Write a file, as somebody did before us."""
        self.run(f"cat > {path}; chown {owner} {path}; chmod {mode} {path}", stdin=content)

    def is_up(self) -> bool:
        """Return whether the host has not powered itself off."""
        return self._containers.running(self.name)

    def packages(self) -> list[str]:
        """Installed packages of NUT."""
        return self.run(INSTALLED, ok=False).split()

    def install(self, package: str) -> None:
        """Install a package by hand."""
        self.run(f"apt-get -q update && DEBIAN_FRONTEND=noninteractive apt-get -q install -y {package}")

    def units(self, *names: str) -> dict[str, str]:
        """Return whether each unit is enabled and whether it is active, in systemctl's words."""
        shown = self.run(f"systemctl show --property=Id,UnitFileState,ActiveState {' '.join(names)}")
        blocks = [dict(line.split("=", 1) for line in block.splitlines()) for block in shown.split("\n\n")]
        return {block["Id"]: f"{block['UnitFileState']} {block['ActiveState']}".strip() for block in blocks}

    def state(self) -> dict[str, str]:
        """What nothing may touch where nothing is to be changed: files with their rights, upsmon, units, packages."""
        # -P 1: not the children with which upsmon tells users something
        units = "systemctl show --property=Id,UnitFileState,ActiveState nut-monitor.service nut.target"
        files = f"for file in {' '.join(FILES)}; do stat -c '%n %a %U:%G %Y' $file; sha256sum $file; done 2>&1"
        parts = {"packages": INSTALLED, "upsmon": "pgrep -x -P 1 upsmon", "units": units, "files": files}
        found = self.run("; echo ====; ".join(parts.values()), ok=False)
        return dict(zip(parts, map(str.strip, found.split("===="))))

    def is_bare(self) -> bool:
        """Return whether no NUT and nothing of ours is there."""
        ours = "/etc/nut /var/lib/upsfleet /etc/systemd/system/nut-monitor* /usr/local/sbin/upsmon-*"
        return not self.run(f"{INSTALLED}; ls -d {ours} 2>/dev/null; pgrep -x upsmon", ok=False)


class Nas:
    """The mock NAS."""

    def __init__(self, fleet: TestFleet) -> None:
        self._fleet = fleet

    def __call__(self, *words: str) -> str:
        """Tell it something: permit ADDRESS, status "OB DISCHRG", ..."""
        return self._exec("mock-nas", "ctl", *words)

    def run(self, script: str) -> str:
        """Run a shell script on it as root and return its output."""
        return self._exec("sh", "-c", script).strip()

    def _exec(self, *argv: str) -> str:
        command = self._fleet.containers.command("nas", list(argv))
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"{' '.join(argv)}: {done.stderr}"
        return done.stdout

    def show(self) -> dict[str, Any]:
        """What it knows."""
        shown: dict[str, Any] = json.loads(self("show"))
        return shown

    def permitted(self) -> list[str]:
        """The list that is stored, however long it is."""
        return list(self.show()["dsm"]["stored_permitted"] or [])

    def calls(self) -> Counter[str]:
        """How often each method of the WebAPI was called: query, login, get, set, logout."""
        return Counter(self.show()["dsm"]["calls"])

    def clients(self) -> list[str]:
        """The names of the hosts that are logged in, once for each login; an address of nobody's as it is."""
        names = {host.address: host.name for host in self._fleet.hosts.values()}
        return sorted(names.get(client["address"], client["address"]) for client in self.show()["clients"])

    def permit(self, *addresses: str) -> None:
        """Permit addresses behind everybody's back."""
        script = 'for address; do mock-nas ctl permit "$address" || exit; done'
        self._exec("sh", "-c", script, "permit", *addresses)

    def as_new(self) -> None:
        """Forget everything, and permit the whole fleet.

        In one command: an upsmon that met a NAS which does not permit it yet would not log in again by itself.
        """
        self("reset", *(host.address for host in self._fleet.hosts.values()))

    def wait_for_clients(self, *names: str) -> None:
        """Wait until exactly these hosts are logged in."""
        wait_for(f"logins of {', '.join(names)}", lambda: self.clients() == sorted(names))


class TestFleet:
    """The running fleet, as the tests see it."""

    __test__ = False  # no test class, whatever pytest thinks of its name

    def __init__(self, name: str = FLEET) -> None:
        self.name = name

    @cached_property
    def containers(self) -> Containers:
        """What the fleet tool works with."""
        return Containers(self.name, Engine.find(), print)

    @cached_property
    def hosts(self) -> dict[str, Host]:
        """The hosts, by name."""
        rows = self.containers.facts()["hosts"]
        return {row["name"]: Host(row["name"], row["address"], self.containers) for row in rows}

    @cached_property
    def nas(self) -> Nas:
        """The mock NAS."""
        return Nas(self)

    @property
    def api(self) -> dict[str, str]:
        """The NAS's variables for its WebAPI, as an inventory has them."""
        return {
            "dsm_ups_server_api_username": "upsadmin",
            "dsm_ups_server_api_password": "Api-Password-1",
            "dsm_ups_server_ca_path": str(self.containers.dir / "nas-ca.pem"),
        }

    @property
    def nas_address(self) -> str:
        """Where the hosts reach the NAS."""
        return str(self.containers.facts()["nas"]["address"])

    def state(self, *names: str) -> dict[str, dict[str, str]]:
        """What :meth:`Host.state` says of each of these hosts, or of all."""
        wanted = names or tuple(self.hosts)
        return dict(zip(wanted, together(lambda name: self.hosts[name].state(), wanted)))

    def multiply(self, copies: int, once_more: Iterable[str] = ()) -> None:
        """Add copies of every host as it is now, of some of them one more; the NAS permits them."""
        self.containers.multiply(copies, once_more)
        del self.hosts

    def up(self) -> set[str]:
        """The names of the hosts that have not powered themselves off."""
        return self.containers.up_hosts()

    def boot(self, *names: str) -> None:
        """Switch hosts on, or off and on again."""
        self.containers.boot(*names)

    def play(self, book: Path, *options: str, **more: Any) -> Run:
        """Run a playbook of the test's own; the options are those of :meth:`playbook`."""
        return self.playbook(str(book.with_suffix("")), *options, **more)

    def playbook(
        self,
        name: str,
        *options: str,
        limit: Iterable[str] = (),
        without: Iterable[str] = (),
        variables: Mapping[str, Any] | None = None,
        host_variables: Mapping[str, Mapping[str, Any]] | None = None,
        environment: Mapping[str, str] | None = None,
        installed: Path | None = None,
    ) -> Run:
        """Run one of the collection's playbooks.

        :param installed: a folder that has the collection installed; the playbook is then called from an empty one.
        :param without: hosts that the inventory does not have; without the NAS it is one that variables describe.
        :param variables: extra variables, which outrank everything.
        :param host_variables: variables in the inventory, by host.
        """
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder)
            extra = {"ups_report_file": str(place / "report.json"), **(variables or {})}
            (place / "extra.json").write_text(json.dumps(extra))
            (place / "hosts.json").write_text(json.dumps({"all": {"hosts": dict(host_variables or {})}}))
            book = f"upsfleet.synology.{name}" if installed else str(ROOT / "playbooks" / f"{name}.yml")
            command = [sys.executable, "-m", "ansible", "playbook", book]
            (place / "fleet.yml").write_text(self._inventory(without, place))
            command += ["-i", str(place / "fleet.yml"), "-i", str(place / "hosts.json")]
            command += ["-e", f"@{place / 'extra.json'}", *options]
            command += ["--limit", ",".join(limit)] if limit else []
            paths = os.environ["ANSIBLE_COLLECTIONS_PATH"].split(":")[1:]
            found = {"ANSIBLE_COLLECTIONS_PATH": ":".join([str(installed), *paths])} if installed else {}
            done = subprocess.run(
                command,
                cwd=place if installed else ROOT,
                env={
                    **_environment(),
                    **found,
                    "UPSFLEET_BENCH_MODULES": str(place / "modules"),
                    **(environment or {}),
                },
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            text = unwrapped(done.stdout) + done.stderr
            return Run(done.returncode, text, _rows(place), _modules(place), done.stdout)

    def _inventory(self, without: Iterable[str], place: Path) -> str:
        inventory = yaml.safe_load((self.containers.dir / "inventory.yml").read_text())
        groups = inventory["all"]["children"]
        hosts = groups["ups_clients"]["children"]["ups_clients_linux"]["hosts"]
        for name in without:
            if name == "nas":
                (place / "host_vars").mkdir()
                variables = json.dumps(groups["ups_nas"]["hosts"].pop(name))
                (place / "host_vars" / f"{name}.json").write_text(variables)
            else:
                del hosts[name]
        return str(yaml.safe_dump(inventory, sort_keys=False))

    def playbook_with(self, name: str, at_task: str, command: str, *options: str, **more: Any) -> Run:
        """Run a playbook, and a shell command just before the task whose name begins with *at_task*.

        In the command `$PPID` is ansible-playbook.
        """
        environment = {"UPSFLEET_AT_TASK": at_task, "UPSFLEET_AT_TASK_RUN": command}
        return self.playbook(name, *options, environment=environment, **more)


def _environment() -> dict[str, str]:
    """The environment without what Molecule put there for its own Ansible."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("ANSIBLE_", "MOLECULE_"))}
    if "ANSIBLE_HOME" in os.environ:
        kept["ANSIBLE_HOME"] = os.environ["ANSIBLE_HOME"]
    return {
        **kept,
        "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg"),
        "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
        "ANSIBLE_CALLBACK_PLUGINS": ":".join(map(str, CALLBACKS)),
        "ANSIBLE_CALLBACKS_ENABLED": "at_task,windows_doubles,count_modules",
        "NO_COLOR": "1",
        "ANSIBLE_NOCOLOR": "1",
    }


def _rows(place: Path) -> dict[str, dict[str, Any]]:
    path = place / "report.json"
    return {row["name"]: row for row in json.loads(path.read_text())["hosts"]} if path.exists() else {}


def _modules(place: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    path = place / "modules"
    for line in path.read_text().splitlines() if path.exists() else []:
        record = json.loads(line)
        if "module" in record:
            found.setdefault(record["host"], []).append(record["module"])
    return found


def together(action: Callable[[str], Any], names: Iterable[str]) -> list[Any]:
    """Do the same for several hosts at a time."""
    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(action, names))


def wait_for(what: str, condition: Callable[[], bool]) -> None:
    """Poll until the condition holds."""
    network.wait_until(what, condition, 90)


fleet = TestFleet()
