# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permitted list by SSH: raw commands on the NAS, everything else on the controller. No Python runs on the NAS."""

from __future__ import annotations

import time
from typing import Any, Sequence

from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import merged, permitted_address
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core, _dsm_ssh

PAUSE = 2.0  # seconds between two looks while the UPS service starts


class ActionModule(ActionBase):  # type: ignore[misc]
    """Look, compare, set only on a difference, look again."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        try:
            wanted = [permitted_address(str(address)) for address in self._task.args["permitted"]]
            exact = boolean(self._task.args.get("exact", False), strict=False)
            statuses = [str(status) for status in self._task.args.get("statuses") or []]
            wait = float(self._task.args.get("wait_for_ups") or 0)
            result.update(self._converge(wanted, exact, statuses, wait))
        except (_dsm_ssh.UnexpectedNas, ValueError) as error:
            result.update(failed=True, msg=str(error))
        return result

    def _converge(
        self, wanted: list[str], exact: bool, statuses: Sequence[str] = (), wait: float = 0
    ) -> dict[str, Any]:
        state = self._read()
        target = merged(state.permitted, wanted, exact)
        result = {
            "changed": not _dsm_ssh.in_step(state, target),
            "added": [address for address in target if address not in state.permitted],
            "removed": [address for address in state.permitted if address not in target],
            "extra": [address for address in target if address not in wanted],
            "diff": {
                "before": _lines([*state.permitted, *state.hosts_deny]),
                "after": _lines([*target, *_dsm_ssh.lock_lines(state, target)]),
            },
            "warnings": _dsm_ssh.warnings(state, target),
            "settings": {"enabled": state.enabled, "mode": state.mode.upper(), "permitted": target},
        }
        if not result["changed"]:
            return result
        state = state._replace(status=self._status(state, wait))
        _dsm_ssh.refuse_unsafe(state, target, exact, statuses)
        if not self._task.check_mode:
            self._write(state, target)
        return result

    def _read(self) -> _dsm_ssh.NasState:
        return _dsm_ssh.parse(_core.run_script(self, _dsm_ssh.read_script()))

    def _status(self, state: _dsm_ssh.NasState, wait: float) -> str:
        """Return ups.status, after *wait* seconds at most for a UPS service that is just starting."""
        deadline = time.monotonic() + wait
        while not _dsm_ssh.ready(state) and time.monotonic() + PAUSE <= deadline:
            time.sleep(PAUSE)
            state = self._read()
        return state.status

    def _write(self, state: _dsm_ssh.NasState, target: list[str]) -> None:
        output = _core.run_script(self, _dsm_ssh.write_script(state, target))
        if not _dsm_ssh.written(output):
            outcome = "its files were put back as they were"
            if not _dsm_ssh.put_back(output):
                outcome = "how far it came is not known; the files before are those ending in .upsfleet-last"
            raise _dsm_ssh.UnexpectedNas(
                f"The NAS did not take the list; {outcome}. "
                "Look at the NAS's log, or add the addresses in DSM's dialog."
            )
        stands = self._read()
        if not _dsm_ssh.in_step(stands, target):
            raise _dsm_ssh.UnexpectedNas(
                f"The NAS took the list, but what stands there now is {', '.join(stands.permitted) or 'empty'}: "
                "somebody or something else changes it. The list before is in the file ending in .upsfleet-last."
            )


def _lines(addresses: Any) -> str:
    return "".join(f"{address}\n" for address in addresses)
