# Copyright (c) 2026, The upsfleet authors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What the words of a SHUTDOWNCMD say of it."""

from __future__ import annotations

import pytest
from ansible_collections.upsfleet.synology.plugins.module_utils._upsmon import shutdown_command

# command, its flaw, whether systemd 257 denies it while somebody holds a block inhibitor
COMMANDS = [
    ("/usr/local/sbin/upsmon-shutdown", "", False),
    ("/sbin/shutdown -h +0", "", True),
    ("shutdown -P now", "", True),
    ("/sbin/shutdown -h 23:00 going down", "late", True),
    ("/sbin/shutdown -h +240", "late", True),
    ("/sbin/shutdown -h +2", "", True),
    ("/sbin/shutdown -r now >/dev/null 2>&1", "reboots", True),
    ("/sbin/shutdown -r now; exit 0", "reboots", True),
    ("shutdown -k now & exit 0", "only_announces", True),
    ("shutdown -h +P now && true", "invalid_time", True),
    ("/sbin/shutdown -h now >/dev/null 2>&1", "", True),
    ("echo off >/dev/null", "does_nothing", False),
    ("sh -c 'systemctl suspend'", "suspends", False),
    ("sh -c '/sbin/shutdown -h now'", "", False),
    ("systemctl stop sleep-watcher.service; shutdown -h +0", "", True),
    ("systemctl start suspend-vms.service && poweroff", "", True),
    ("rtcwake -m no -s 3600; poweroff", "", True),
    ("rtcwake -m off -s 3600", "", False),
    ("/sbin/shutdown -h +P now", "invalid_time", True),
    ("/sbin/shutdown -h soon", "invalid_time", True),
    ("/sbin/shutdown -k now", "only_announces", True),
    ("/sbin/shutdown -c", "only_announces", True),
    ("/sbin/shutdown -r now", "reboots", True),
    ("/sbin/reboot", "reboots", False),
    ("systemctl reboot", "reboots", False),
    ("systemctl isolate reboot.target", "reboots", False),
    ("init 6", "reboots", False),
    ("init 0", "", True),
    ("poweroff", "", True),
    ("poweroff -f", "", False),
    ("systemctl poweroff", "", True),
    ("systemctl poweroff --check-inhibitors=no", "", True),
    ("systemctl poweroff --force", "", False),
    ("systemctl --no-block --job-mode=replace-irreversibly start poweroff.target", "", False),
    ("loginctl poweroff", "", True),
    ("sudo -n /sbin/shutdown -h now", "", True),
    ("exec /sbin/shutdown -h now", "", True),
    ("FORCE=1 /sbin/shutdown -h now", "", True),
    ("logger bye; /sbin/shutdown -h +0", "", True),
    ("/opt/stop-guests && /usr/local/sbin/upsmon-shutdown", "", False),
    ("/opt/anything at all", "", False),
    ("/usr/bin/touch /var/tmp/mark", "", False),
    ("/bin/true", "does_nothing", False),
    (":", "does_nothing", False),
    ("logger the power fails", "does_nothing", False),
    ("echo a && true", "does_nothing", False),
    ("systemctl suspend", "suspends", False),
    ("/usr/bin/systemctl hibernate -i", "suspends", False),
    ("systemctl hybrid-sleep", "suspends", False),
    ("loginctl suspend-then-hibernate", "suspends", False),
    ("pm-hibernate", "suspends", False),
    ("sh -c 'echo mem > /sys/power/state'", "suspends", False),
    ("rtcwake -m mem -s 600", "suspends", False),
    ("busctl call org.freedesktop.login1 /org/freedesktop/login1 org.freedesktop.login1.Manager Suspend b false",
     "suspends", False),
    ("/usr/bin/pmset sleepnow", "suspends", False),
    ("rundll32.exe powrprof.dll,SetSuspendState 0,1,0", "suspends", False),
    ("psshutdown -d -t 0", "suspends", False),
    ("osascript -e 'tell application \"System Events\" to sleep'", "suspends", False),
    ("osascript -e 'tell application \"System Events\" to shut down'", "needs_session", False),
    ("/opt/local/etc/shutdown.applescript", "needs_session", False),
    ("gnome-session-quit --power-off", "needs_session", False),
    ("qdbus org.kde.ksmserver /KSMServer logout 0 2 2", "needs_session", False),
    ("/opt/it's broken", "", False),
]  # fmt: skip


@pytest.mark.parametrize(("command", "flaw", "asks"), COMMANDS)
def test_a_command(command: str, flaw: str, asks: bool) -> None:
    assert shutdown_command.flaw(command) == flaw
    assert shutdown_command.obeys_inhibitors(command) is asks


def test_on_a_mac_shutdown_can_sleep() -> None:
    assert shutdown_command.flaw("/sbin/shutdown -s now", "macos") == "suspends"
    assert shutdown_command.flaw("/sbin/shutdown -h +0", "macos") == ""
