"""The double of a Windows host, looked at behind Ansible's back: its drive is a folder, the rest of it a file."""

from __future__ import annotations

import json
from functools import cached_property
from pathlib import Path
from typing import Any

from fleet.windows import make_packages
from scenarios.harness import Host, fleet

ROOT = "/var/lib/windows-double"
SERVICE = "Network UPS Tools"
NUT = "C:\\NUT"


class Windows:
    """The double named ``windows`` of the running fleet."""

    @property
    def host(self) -> Host:
        """The container that it lives in."""
        return fleet.hosts["windows"]

    @cached_property
    def packages(self) -> dict[str, Path]:
        """Stand-ins for the packages, by name, on the controller."""
        return make_packages(fleet.containers.dir)

    @property
    def state(self) -> dict[str, Any]:
        """Everything but its drive."""
        state: dict[str, Any] = json.loads(self.host.run(f"cat {ROOT}/state.json"))
        return state

    @property
    def service(self) -> dict[str, Any]:
        """The service of NUT, empty where there is none."""
        found: dict[str, Any] = self.state["services"].get(SERVICE.lower(), {})
        return found

    def change(self, change: str) -> None:
        """Change its state by a line of Python about ``state``, as a person or another program would."""
        script = f"import json\npath = '{ROOT}/state.json'\nstate = json.load(open(path))\n{change}\n"
        self.host.run("python3 -", stdin=f"{script}json.dump(state, open(path, 'w'))")

    def path(self, path: str) -> str:
        """Where a path of its drive C: is in the container."""
        return f"{ROOT}/C/" + path.removeprefix("C:\\").replace("\\", "/")

    def read(self, path: str) -> str:
        """The text of a file, without the line end at its end."""
        return self.host.run(f"cat '{self.path(path)}'")

    def exists(self, path: str) -> bool:
        """Whether a file or folder is there."""
        return self.host.holds(f"test -e '{self.path(path)}'")

    def files(self) -> str:
        """A fingerprint of its whole drive."""
        return self.host.run(f"cd {ROOT}/C && find . -printf '%p %s %m %T@\\n' | sort")

    def shutdowns(self) -> list[str]:
        """The command lines with which it was told to shut down or hibernate."""
        log = self.host.run(f"cat {ROOT}/commands.log 2>/dev/null", ok=False)
        return [line for line in log.splitlines() if "nut.exe" not in line]

    def upsmon(self) -> list[str]:
        """Process numbers of the upsmon behind upsmon.exe."""
        return self.host.run("pgrep -x upsmon", ok=False).split()

    def value(self, key: str, name: str) -> Any:
        """A value of its registry, None where there is none."""
        found = self.state["registry"].get(key.lower(), {}).get("values", {}).get(name.lower())
        return found and found["data"]


windows = Windows()
