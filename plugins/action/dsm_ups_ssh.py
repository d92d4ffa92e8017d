# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The permitted list by SSH: raw commands on the NAS, everything else on the controller. No Python runs on the NAS."""

from __future__ import annotations

import datetime
import time
from typing import Any, Sequence

from ansible.errors import AnsibleConnectionFailure
from ansible.module_utils.parsing.convert_bool import boolean
from ansible.plugins.action import ActionBase
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import record as permissions
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm import record_file
from ansible_collections.upsfleet.synology.plugins.module_utils._dsm.addresses import canonical, merged
from ansible_collections.upsfleet.synology.plugins.plugin_utils import _core, _dsm_ssh, _dsm_ssh_write

PAUSE = 2.0  # seconds between two looks while the UPS service starts
ATTEMPTS = 5  # how often other runs may be quicker
RESTART = 60.0  # seconds that the UPS service gets to start, which another run has just restarted


class ActionModule(ActionBase):  # type: ignore[misc]
    """Look, compare, set only on a difference, look again."""

    TRANSFERS_FILES = False
    _supports_check_mode = True

    def run(self, tmp: str | None = None, task_vars: dict[str, Any] | None = None) -> dict[str, Any]:
        result: dict[str, Any] = super().run(tmp, task_vars)
        arguments = self._task.args
        path = str(arguments.get("record") or "")
        try:
            result.update(
                self._converge(
                    permissions.wish(arguments),
                    boolean(arguments.get("exact", False), strict=False),
                    [str(status) for status in arguments.get("statuses") or []],
                    float(arguments.get("wait_for_ups") or 0),
                    record_file.read(path).get(str(arguments.get("nas")), {}) if path else {},
                )
            )
        except AnsibleConnectionFailure as error:  # unreachable would end the run for all, where it is the only NAS
            result.update(failed=True, msg=f"The NAS cannot be reached by SSH: {error}")
        except (_dsm_ssh.UnexpectedNas, ValueError) as error:
            result.update(failed=True, msg=str(error))
        return result

    def _converge(
        self,
        wish: permissions.Wish,
        exact: bool = False,
        statuses: Sequence[str] = (),
        wait: float = 0,
        noted: permissions.Record | None = None,
    ) -> dict[str, Any]:
        """Bring the list to what is asked.

        :param wait: seconds for a UPS service that is just starting. :param noted: what the API's way has recorded.
        """
        for _attempt in range(ATTEMPTS):
            state = self._read()
            record = permissions.merged(permissions.told(noted or {}, state.permitted), _record(state))
            target = merged(state.permitted, permissions.asked(wish), exact, permissions.dropped(wish, record))
            today = datetime.date.today().isoformat()
            new = permissions.updated(wish, record, state.permitted, target, today)
            note = state.record if new == _record(state) else permissions.text(new)
            result = _result(wish, state, target, record, note)
            if not _dsm_ssh.in_step(state, target):
                state = state._replace(status=self._status(state, wait))
                _dsm_ssh.refuse_unsafe(state, target, exact, statuses)
            if not result["changed"] or self._task.check_mode or self._write(state, target, note, result):
                return result
            wait = max(wait, RESTART)
        raise _dsm_ssh.UnexpectedNas(
            f"Each of {ATTEMPTS} times somebody else changed the list between reading and writing it. Nothing was "
            "changed. Find out who does it, and run this again."
        )

    def _read(self) -> _dsm_ssh.NasState:
        return _dsm_ssh.parse(_core.run_script(self, _dsm_ssh.read_script()))

    def _status(self, state: _dsm_ssh.NasState, wait: float) -> str:
        """Return ups.status, after *wait* seconds at most for a UPS service that is just starting."""
        deadline = time.monotonic() + wait
        while not _dsm_ssh.ready(state) and time.monotonic() + PAUSE <= deadline:
            time.sleep(PAUSE)
            state = self._read()
        return state.status

    def _write(self, state: _dsm_ssh.NasState, target: list[str], note: str, result: dict[str, Any]) -> bool:
        """Set the list and note the record; return False where somebody else was quicker, so that nothing was done."""
        output = _core.run_script(self, _dsm_ssh_write.write_script(state, target, note))
        if _dsm_ssh_write.overtaken(output):
            return False
        lock = _dsm_ssh_write.busy(output)
        if lock:
            raise _dsm_ssh.UnexpectedNas(
                f"Another run has held {lock} on the NAS for {_dsm_ssh_write.LOCK_PATIENCE} s. Nothing was changed. "
                "Run this again after it; where there is none, remove that link and the one ending in .taken."
            )
        if not _dsm_ssh.in_step(state, target):
            self._check_written(output, state, target)
        if note != state.record and not _dsm_ssh_write.noted(output):
            result["warnings"].append(
                "The NAS did not take the record of what was permitted, so this collection will not drop it by itself."
            )
        return True

    def _check_written(self, output: str, state: _dsm_ssh.NasState, target: list[str]) -> None:
        if not _dsm_ssh_write.written(output):
            outcome = "its files were put back as they were"
            if not _dsm_ssh_write.put_back(output):
                outcome = "how far it came is not known; the files before are those ending in .upsfleet-last"
            raise _dsm_ssh.UnexpectedNas(
                f"The NAS did not take the list; {outcome}. "
                "Look at the NAS's log, or add the addresses in DSM's dialog."
            )
        # Another run may have changed the list after this one, but not what this one asked for.
        stands = self._read()
        there, asked = ({canonical(one) for one in some} for some in (stands.permitted, target))
        gone = {canonical(one) for one in state.permitted} - asked
        if not asked - gone <= there or gone & there or not _dsm_ssh.in_step(stands, stands.permitted):
            raise _dsm_ssh.UnexpectedNas(
                f"The NAS took the list, but what stands there now is {', '.join(stands.permitted) or 'empty'}: "
                "somebody or something else changes it. The list before is in the file ending in .upsfleet-last."
            )


def _record(state: _dsm_ssh.NasState) -> permissions.Record:
    try:
        return permissions.parse(state.record)
    except ValueError as error:
        raise _dsm_ssh.UnexpectedNas(
            f"{_dsm_ssh.record_path(state)} on the NAS: {error} Nothing was changed."
        ) from None


def _result(
    wish: permissions.Wish, state: _dsm_ssh.NasState, target: list[str], record: permissions.Record, note: str
) -> dict[str, Any]:
    asked = [*permissions.asked(wish), *permissions.away(wish, record)]
    result: dict[str, Any] = {
        "changed": not _dsm_ssh.in_step(state, target) or note != state.record,
        "added": [address for address in target if address not in state.permitted],
        "removed": [address for address in state.permitted if address not in target],
        "extra": [address for address in target if canonical(address) not in asked],
        "diff": {
            "before": _lines([*state.permitted, *state.hosts_deny, state.record]),
            "after": _lines([*target, *_dsm_ssh.lock_lines(state, target), note]),
        },
        "warnings": _dsm_ssh.warnings(state, target),
        "settings": {"enabled": state.enabled, "mode": state.mode.upper(), "permitted": target},
    }
    result["recorded"] = permissions.told(record, [*result["removed"], *result["extra"]])
    result["warnings"] += permissions.warnings(wish, record, result["removed"], result["extra"])
    return result


def _lines(addresses: Any) -> str:
    return "".join(f"{address}\n" for address in addresses if address)
