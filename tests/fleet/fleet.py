"""One fleet: created, put back to bare, asked, removed."""

from __future__ import annotations

import contextlib
import ipaddress
import json
import shutil
import subprocess
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from functools import partial
from typing import Any, TypeVar

from fleet import network
from fleet.engine import LABEL, LIMITS, Engine
from fleet.images import NEEDS_CGROUP_V2, Images
from fleet.inventory import write_inventory
from fleet.paths import CLONE, build_dir, control_dir, prefix
from fleet.shell import FleetError, as_root, output
from fleet.spec import FleetSpec
from fleet.windows import powershell_options

T = TypeVar("T")
NAS_PLACE, FIRST_HOST_PLACE = 2, 10  # last parts of the addresses


class Fleet:
    """A mock NAS and its hosts, under one name in one clone."""

    def __init__(self, name: str, engine: Engine, say: Callable[[str], None]) -> None:
        self.name = name
        self.prefix = prefix(name)
        self.dir = build_dir(name)
        self.engine = engine
        self.say = say
        self.images = Images(engine, say)

    # what a person or a test asks for

    def up(self, spec: FleetSpec) -> None:
        """Bring up what the spec asks for; nothing happens if it already is."""
        self.images.ensure(spec.releases, spec.nas, bool(spec.doubles))
        facts = self._facts_or_none()
        if facts and facts["spec"] == self._spec_facts(spec) and not self._missing(facts):
            self.say(f"{self.name}: already up")
            return
        self.down()
        self.dir.mkdir(parents=True, exist_ok=True)
        self._make_key()
        ipv6 = network.has_ipv6()
        try:
            facts = self._create(spec, ipv6)
        except FleetError as problem:
            if not ipv6:
                raise
            self.say(f"{self.name}: trying again without IPv6 ({str(problem).splitlines()[-1]})")
            self._remove_containers()
            facts = self._create(spec, ipv6=False)
        self._settle(facts)
        (self.dir / "fleet.json").write_text(json.dumps(facts, indent=2) + "\n")
        write_inventory(self.dir, self.name, facts)
        self.say(f"{self.name}: {len(facts['hosts'])} hosts are up")

    def reset(self, only: tuple[str, ...] = ()) -> None:
        """Every host bare again and the NAS as new, at the same addresses. Replacing a container is the sure way.

        With *only*, those hosts alone; all but they, the NAS and what it permits included, stays as it is.
        """
        facts = self.facts()
        if only:
            known = {row["name"]: row for row in facts["hosts"]}
            if unknown := set(only) - set(known):
                raise FleetError(f"{self.name} has no host {sorted(unknown)[0]!r}")
            facts = {**facts, "hosts": [known[name] for name in dict.fromkeys(only)], "nas": None}
        self.engine("rm", "--force", "--time", "0", *(row["container"] for row in self._rows(facts)))
        self._forget_connections()
        self._start(facts)
        self._settle(facts)

    def down(self) -> None:
        """Remove everything of this fleet."""
        self._remove_containers()
        self._forget_connections()
        shutil.rmtree(control_dir(self.name), ignore_errors=True)
        if self.dir.exists():
            output(as_root(["rm", "-rf", str(self.dir)]))

    def facts(self) -> dict[str, Any]:
        """What fleet.json says."""
        facts = self._facts_or_none()
        if facts is None:
            raise FleetError(f"the fleet {self.name} is not up: python3 tests/fleet up {self.name}")
        return facts

    def command(self, host: str, argv: list[str]) -> list[str]:
        """Command line that runs something on a host (or on `nas`) as root; standard input is passed on."""
        facts = self.facts()
        for row in self._rows(facts):
            if row.get("name", "nas") == host:
                return [*self.engine.argv, "exec", "--interactive", row["container"], *argv]
        raise FleetError(f"{self.name} has no host {host!r}")

    def multiply(self, copies: int, once_more: Iterable[str] = ()) -> None:
        """Add *copies* of each host as it is now, its disk included: bookworm2, bookworm3, … at addresses of their own.

        What takes long is then done once a release.

        :param once_more: hosts of which there is one copy more.
        """
        facts = self.facts()
        originals = [row for row in facts["hosts"] if "tmpfs" not in row and "double" not in row]
        images = dict(
            zip([row["name"] for row in originals], self._together(partial(self._commit, row) for row in originals))
        )
        subnet = ipaddress.ip_network(facts["subnet"])
        rows = [
            {**row, "name": f"{row['name']}{number}", "image": images[row["name"]]}
            for row in originals
            for number in range(2, copies + 2 + (row["name"] in once_more))
        ]
        for place, row in enumerate(rows, FIRST_HOST_PLACE + len(facts["hosts"])):
            row["container"] = f"{self.prefix}-{row['name']}"
            row["address"] = str(subnet[place])
            row.pop("address6", None)
        self._permit(facts, rows)  # before they meet the NAS: an upsmon that was refused does not log in again
        added = {**facts, "hosts": rows, "nas": None}
        self._start(added)
        self._settle(added)
        facts["hosts"] += rows
        (self.dir / "fleet.json").write_text(json.dumps(facts, indent=2) + "\n")
        write_inventory(self.dir, self.name, facts)

    def _commit(self, row: dict[str, Any]) -> str:
        """Return an image of a host as it is now; it has the container's labels, by which it is removed."""
        return self.engine("commit", "--quiet", row["container"]).split()[-1]

    def running(self, host: str) -> bool:
        """Return whether a host has power, so to speak: whether its container runs."""
        return host in self.up_hosts()

    def up_hosts(self) -> set[str]:
        """Return the names of the hosts that have power, asked for at once."""
        facts = self.facts()
        missing = self._missing(facts)
        return {str(row["name"]) for row in facts["hosts"] if row["container"] not in missing}

    def boot(self, *hosts: str) -> None:
        """Switch hosts on, or off and on again, and wait until they can be used; what they have on disk stays."""
        facts = self.facts()
        rows = [row for row in facts["hosts"] if row["name"] in hosts]
        self._forget_connections(keys=False)
        self.engine("stop", "--time", "0", *(row["container"] for row in rows), ok=False)
        self.engine("start", *(row["container"] for row in rows))
        self._settle({**facts, "hosts": rows, "nas": None})

    def status(self) -> Iterable[str]:
        """One line a member: name, address, image, whether it runs."""
        facts = self.facts()
        missing = self._missing(facts)
        for row in self._rows(facts):
            state = "missing" if row["container"] in missing else "running"
            yield f"{row.get('name', 'nas'):12} {row['address']:15} {state:8} {row['container']}"

    # how

    def _facts_or_none(self) -> dict[str, Any] | None:
        with contextlib.suppress(FileNotFoundError):
            facts: dict[str, Any] = json.loads((self.dir / "fleet.json").read_text())
            return facts
        return None

    def _spec_facts(self, spec: FleetSpec) -> dict[str, Any]:
        """The spec with the images that would be used: a changed image means a new fleet."""
        images = {release: self.images.host(release) for release in spec.releases}
        facts = {
            **asdict(spec),
            "images": images,
            "nas_image": self.images.nas() if spec.nas else None,
            "double_image": self.images.double() if spec.doubles else None,
        }
        return dict(json.loads(json.dumps(facts)))

    @staticmethod
    def _rows(facts: dict[str, Any]) -> list[dict[str, Any]]:
        return [*filter(None, [facts["nas"]]), *facts["hosts"]]

    def _missing(self, facts: dict[str, Any]) -> set[str]:
        """Containers that do not run."""
        names = self.engine("ps", "--filter", f"label=upsfleet.fleet={self.prefix}", "--format", "{{.Names}}")
        return {str(row["container"]) for row in self._rows(facts)} - set(names.split())

    def _labels(self) -> list[str]:
        return ["--label", f"{LABEL}={CLONE}", "--label", f"upsfleet.fleet={self.prefix}"]

    def _make_key(self) -> None:
        key = self.dir / "id_ed25519"
        output(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", self.prefix, "-f", str(key)])

    def _create(self, spec: FleetSpec, ipv6: bool) -> dict[str, Any]:
        subnet = network.create(self.engine, self.prefix, self._labels(), ipv6)

        def row(label: str, place: int) -> dict[str, Any]:
            addresses = {"address": str(subnet[place])}
            if ipv6:
                addresses["address6"] = network.address6(self.prefix, place)
            return {"container": f"{self.prefix}-{label}", **addresses}

        facts = {
            "spec": self._spec_facts(spec),
            "engine": self.engine.argv,
            "network": self.prefix,
            "subnet": str(subnet),
            "nas": row("nas", NAS_PLACE) if spec.nas else None,
            "hosts": [
                {**host, **row(host["name"], place)} for place, host in enumerate(spec.hosts(), FIRST_HOST_PLACE)
            ],
        }
        self._start(facts)
        return facts

    def _start(self, facts: dict[str, Any]) -> None:
        """Create and start all containers, as many at a time as there are processors plus waiting."""
        jobs = [partial(self._run_host, facts, row) for row in facts["hosts"]]
        if facts["nas"]:
            jobs.insert(0, partial(self._run_nas, facts))
        self._together(jobs)

    @staticmethod
    def _together(jobs: Iterable[Callable[[], T]]) -> list[T]:
        with ThreadPoolExecutor(4) as pool:
            return [future.result() for future in [pool.submit(job) for job in jobs]]

    def _run(self, row: dict[str, Any], image: str, options: list[str], command: Iterable[str] = ()) -> None:
        where = ["--network", self.prefix, "--ip", row["address"]]
        if "address6" in row:
            where += ["--ip6", row["address6"]]
        who = ["--name", row["container"], "--hostname", row.get("name", "nas"), *self._labels()]
        # The journal, podman's usual place for logs, is not there on every CI machine.
        logs = ["--log-driver=k8s-file"] if self.engine.is_podman else []
        self.engine("run", "--detach", *who, *where, *LIMITS, *logs, *options, image, *command)

    def _run_nas(self, facts: dict[str, Any]) -> None:
        spec = facts["spec"]
        key = (self.dir / "id_ed25519.pub").read_text().strip()
        options = ["--env", f"UPSFLEET_AUTHORIZED_KEY={key}"]
        self._run(facts["nas"], spec["nas_image"], options, ["/opt/mock_nas/init.sh", spec["profile"]])

    def _run_host(self, facts: dict[str, Any], row: dict[str, Any]) -> None:
        key = (self.dir / "id_ed25519.pub").read_text().strip()
        options = self.engine.systemd_options(row["container"], row["release"] in NEEDS_CGROUP_V2)
        options += ["--env", f"UPSFLEET_AUTHORIZED_KEY={key}"]
        if facts["spec"]["mounts"]:
            options += self.engine.mount_options()
        if "tmpfs" in row:
            options += ["--tmpfs", row["tmpfs"]]
        if "double" in row:
            # A Mac's lsof tells root of every process's sockets; in a container that takes this capability.
            options += ["--cap-add=SYS_PTRACE", "--env", f"UPSFLEET_DOUBLE={row['double']}"]
            options += powershell_options() if row["double"] == "windows" else []
            image = facts["spec"]["double_image"]
        else:
            image = row.get("image") or facts["spec"]["images"][row["release"]]
        self._run(row, image, options)

    def _settle(self, facts: dict[str, Any]) -> None:
        """Wait until every member can be used, then tell the NAS whom to permit."""
        self._together(partial(self._wait_for_host, row) for row in facts["hosts"])
        if not facts["nas"]:
            return
        self._wait_for_nas(facts["nas"], facts["spec"]["profile"])
        self._permit(facts, facts["hosts"])

    def _permit(self, facts: dict[str, Any], rows: list[dict[str, Any]]) -> None:
        """Have the NAS permit hosts, where that is wanted at all."""
        if facts["nas"] and facts["spec"]["permit"]:
            script = 'for address; do mock-nas ctl permit "$address" || exit; done'
            argv = ["sh", "-c", script, "permit", *(row["address"] for row in rows)]
            self.engine("exec", facts["nas"]["container"], *argv)

    def _wait_for_host(self, row: dict[str, Any]) -> None:
        """systemd is through with booting (until then pam_nologin refuses admin) and sshd greets."""

        def booted() -> bool:
            state = self.engine("exec", row["container"], "systemctl", "is-system-running", "--wait", ok=False)
            return state.strip() in ("running", "degraded")

        network.wait_until(f"systemd on {row['name']}", booted)
        network.wait_until(f"sshd on {row['name']}", partial(network.speaks_ssh, row["address"]))

    def _wait_for_nas(self, row: dict[str, Any], profile: str) -> None:
        """The simulator opens its control after its other doors. Each start makes a new CA, kept beside the keys."""
        ready = partial(self.engine.succeeds, "exec", row["container"], "mock-nas", "ctl", "show")
        network.wait_until(f"mock NAS {row['container']}", ready)
        network.wait_until("sshd on the mock NAS", partial(network.speaks_ssh, row["address"]))
        if profile.startswith("dsm"):
            authority = self.engine("exec", row["container"], "mock-nas", "ctl", "ca")
            (self.dir / "nas-ca.pem").write_text(authority)

    def _forget_connections(self, keys: bool = True) -> None:
        """A new host has new keys, and ssh must not go on with a connection to the old one."""
        if keys:
            (self.dir / "known_hosts").unlink(missing_ok=True)
        for path in control_dir(self.name).iterdir():
            command = ["ssh", "-o", f"ControlPath={path}", "-O", "exit", "nobody"]
            subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, check=False)
            path.unlink(missing_ok=True)

    def _remove_containers(self) -> None:
        remove(self.engine, f"upsfleet.fleet={self.prefix}")


def remove(engine: Engine, label: str) -> None:
    """Remove all containers and networks with a label, quickly: nothing in them needs to end in order."""
    containers = engine("ps", "--all", "--quiet", "--filter", f"label={label}").split()
    if containers:
        engine("rm", "--force", "--time", "0", "--volumes", *containers)
    images = engine("images", "--all", "--quiet", "--filter", f"label={label}").split()
    if images:
        engine("rmi", "--force", *images)
    networks = engine("network", "ls", "--quiet", "--filter", f"label={label}").split()
    if networks:
        engine("network", "rm", "--force", *networks)


def _label_values(engine: Engine, name: str, *only: str) -> set[str]:
    """Values of one label over all of this project's containers, or those with a certain label."""
    template = f'{{{{index .Labels "{name}"}}}}'
    return set(engine("ps", "--all", "--filter", f"label={'='.join([LABEL, *only])}", "--format", template).split())


def clones_with_containers(engine: Engine) -> set[str]:
    """Clones that have a fleet in this engine's storage."""
    return _label_values(engine, LABEL)


def fleets_of_this_clone(engine: Engine) -> set[str]:
    """Names of the fleets that have containers."""
    return {value.rpartition("-")[2] for value in _label_values(engine, "upsfleet.fleet", CLONE)}
