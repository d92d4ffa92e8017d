# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""One long-lived PowerShell that runs the collection's .ps1 modules with the Ansible.Basic of an ansible-core."""

from __future__ import annotations

import json
import os
import socket
import subprocess
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Mapping

HERE = Path(__file__).resolve().parent
MODULES = HERE.parents[1] / "plugins" / "modules"
PATIENCE = 60.0
"""Seconds after which a PowerShell that does not answer is given up."""


def source(module: str) -> str:
    """Return the text of one of the collection's scripts."""
    return (MODULES / f"{module}.ps1").read_text(encoding="utf-8")


@dataclass
class Job:
    """One run of a module; *before* and *doubles* are explained in runner.ps1."""

    module: str
    arguments: Mapping[str, Any]
    script: str | None = None  # another text in its place
    culture: str = ""
    before: str = ""
    doubles: Mapping[str, str] = field(default_factory=dict)

    def line(self) -> bytes:
        """Return the job as runner.ps1 reads it."""
        script = source(self.module) if self.script is None else self.script
        job = {"name": self.module, "script": script, "arguments": dict(self.arguments), "culture": self.culture}
        return json.dumps({**job, "before": self.before, "doubles": dict(self.doubles)}).encode() + b"\n"


class Session:
    """A PowerShell process; :meth:`close` ends it."""

    def __init__(self, pwsh: str, ansible: str, folder: Path, environment: Mapping[str, str] | None = None) -> None:
        """Start it.

        :param pwsh: path of PowerShell 7.
        :param ansible: folder of an installed ansible-core's package ``ansible``.
        :param folder: where its socket and its messages are put.
        """
        self._socket = folder / "runner"
        self._messages = folder / "messages"
        argv = [pwsh, "-NoProfile", "-NonInteractive", "-File", str(HERE / "runner.ps1"), ansible, str(self._socket)]
        quiet = {"POWERSHELL_TELEMETRY_OPTOUT": "1", "POWERSHELL_UPDATECHECK": "Off", "NO_COLOR": "1"}
        with self._messages.open("w", encoding="utf-8") as messages:
            self._process = subprocess.Popen(
                argv,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=messages,
                text=True,
                env={**os.environ, **quiet, **(environment or {})},
            )
        assert self._process.stdout is not None
        if self._process.stdout.readline().strip() != "ready":
            self.close()
            raise RuntimeError(f"no PowerShell: {self._messages.read_text(encoding='utf-8')[-2000:]}")

    def answer(self, job: Job) -> dict[str, Any]:
        """Return what runner.ps1 answers.

        :raises RuntimeError: if the process has ended.
        """
        with socket.socket(socket.AF_UNIX) as sock:
            sock.settimeout(PATIENCE)
            sock.connect(str(self._socket))
            sock.sendall(job.line())
            with sock.makefile("rb") as stream:
                line = stream.readline()
        if not line:
            raise RuntimeError(f"PowerShell ended: {self._messages.read_text(encoding='utf-8')[-2000:]}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def run(self, job: Job) -> dict[str, Any]:
        """Return the module's result; one that threw has failed, as ansible-core has it."""
        answer = self.answer(job)
        if "thrown" in answer or answer["errors"]:
            text = answer.get("thrown") or answer["errors"][0]
            return {"failed": True, "msg": f"Unhandled exception while executing module: {text}"}
        assert answer["rest"] == [], answer["rest"]  # what a module prints beside its result breaks the result
        assert answer["culture"] == job.culture
        result: dict[str, Any] = json.loads(answer["output"])
        assert answer["status"] == (1 if result.get("failed") else 0)
        return result

    def close(self) -> None:
        """End it."""
        self._process.kill()
        self._process.wait()
        if self._process.stdout is not None:
            self._process.stdout.close()
