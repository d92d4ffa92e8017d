# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The shell script that sets the permitted list in DSM's own files, and what its output means. Pure."""

from __future__ import annotations

import re
import shlex
from typing import Sequence

from ansible_collections.upsfleet.synology.plugins.plugin_utils._dsm_ssh import (
    GENERATIONS,
    MARK,
    Generation,
    NasState,
    hosts_deny_line,
    in_step,
    record_path,
)

LOCK_PATIENCE = 120  # seconds that other runs may take, each with a restart of the UPS service

# One run at a time, and only if the list is still the one that this run has read. A link is made with its content, in
# one step; what a run that was killed left behind is known by its process, or its boot, and only one run takes it away.
_LOCK = """
trap '' HUP PIPE
PATH=$PATH:/usr/syno/bin:/usr/syno/sbin:/usr/sbin:/sbin
say() {{ printf '{mark}%s=%s\\n' "$1" "$2"; }}
umask 077
lock={settings}.upsfleet-lock
holder="$$ $(cat /proc/sys/kernel/random/boot_id 2>/dev/null)"
left={patience}
until ln -s "$holder" "$lock" 2>/dev/null; do
  held=$(readlink "$lock")
  if [ -n "$held" ] && {{ [ "${{held#* }}" != "${{holder#* }}" ] || ! kill -0 "${{held%% *}}" 2>/dev/null; }}; then
    if ln -s "$holder" "$lock.taken" 2>/dev/null; then
      [ "$(readlink "$lock")" != "$held" ] || rm -f "$lock"
      rm -f "$lock.taken"
    fi
  fi
  [ "$left" -gt 0 ] || {{ say busy "$lock"; exit 1; }}
  left=$((left - 1))
  sleep 1
done
trap 'rm -f "$lock"' EXIT
if [ "$(synogetkeyvalue {settings} ups_acl)" != {acl} ] || [ "$(cat {record} 2>/dev/null)" != {record_before} ]; then
  say overtaken yes
  exit 1
fi
"""

# upsd reads the list when it is told to, and hosts.deny at each login: only a failed apply calls for another one.
_WRITE = """
unchanged() {{
  say undone yes
  exit 1
}}
undo() {{
  back=yes
  for file in {files}; do
    cp -p "$file.upsfleet-last" "$file" || back=no
    rm -f "$file.upsfleet-new"
  done
  [ "$1" != again ] || {apply} >/dev/null 2>&1
  say undone "$back"
  exit 1
}}
for file in {files}; do
  [ -e "$file" ] || {{ true > "$file" && chmod 644 "$file"; }} || unchanged
  [ -e "$file.upsfleet-original" ] || cp -p "$file" "$file.upsfleet-original" || unchanged
  cp -p "$file" "$file.upsfleet-last" || unchanged
done
synosetkeyvalue {settings} ups_acl {acl} || undo
{deny}
{apply} >/dev/null 2>&1 || undo again
say "done" yes
"""

# Last: what is noted and not permitted would be taken for this collection's when somebody else permits it.
_NOTE = """
if printf '%s\\n' {text} > {record}.upsfleet-new && mv {record}.upsfleet-new {record}; then
  say noted yes
fi
"""

# grep, because sed would glue the new line to a last one without an end; it returns 1 where there is no other line.
_DENY = """
others() {{ grep -v '^upsd[[:blank:]]*:' /etc/hosts.deny.upsfleet-last || [ $? = 1 ]; }}
{{ others && printf '%s\\n' {line}; }} > /etc/hosts.deny.upsfleet-new || undo
cat /etc/hosts.deny.upsfleet-new > /etc/hosts.deny || undo
rm -f /etc/hosts.deny.upsfleet-new
"""


def write_script(state: NasState, permitted: Sequence[str], record: str) -> str:
    """Return the script that sets the list and notes *record*, each only if it differs.

    It puts everything back if a step fails; backups stay beside the files. It does nothing where the NAS is not as
    *state* says any more.
    """
    generation = GENERATIONS[state.major]
    names = {"mark": MARK, "settings": generation.settings, "record": record_path(state)}
    script = _LOCK.format(
        **names, patience=LOCK_PATIENCE, acl=shlex.quote(state.acl), record_before=shlex.quote(state.record)
    )
    if not in_step(state, permitted):
        deny = _DENY.format(line=shlex.quote(hosts_deny_line(permitted))) if generation.hosts_deny else ""
        files = [generation.settings, *(["/etc/hosts.deny"] if generation.hosts_deny else [])]
        acl = shlex.quote("".join(f"{one}|" for one in permitted))
        script += _WRITE.format(
            **names, files=" ".join(files), acl=acl, deny=deny, apply=_apply(generation, state.mode)
        )
    if record != state.record:
        script += _NOTE.format(**names, text=shlex.quote(record))
    return script


def _apply(generation: Generation, mode: str) -> str:
    return generation.apply.replace("ups-usb", "ups-net") if mode == "snmp" else generation.apply


def written(output: str) -> bool:
    """Return whether the write script has set the list."""
    return f"{MARK}done=yes" in output


def noted(output: str) -> bool:
    """Return whether the write script has noted the record."""
    return f"{MARK}noted=yes" in output


def overtaken(output: str) -> bool:
    """Return whether another run, or a person, was quicker, so that the write script did nothing."""
    return f"{MARK}overtaken=yes" in output


def busy(output: str) -> str:
    """Return the lock that another run has held all the time, empty where none has."""
    found = re.search(rf"{MARK}busy=(.*)", output)
    return found[1].strip() if found else ""


def put_back(output: str) -> bool:
    """Return whether the write script left the files as they were."""
    return f"{MARK}undone=yes" in output
