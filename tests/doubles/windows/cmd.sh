#!/bin/dash
# Double of cmd.exe as upsmon calls it: /bin/sh of a double host. What upsmon runs is written down, not run; everybody
# else gets the real shell. Cannot show: whether Windows would run the command.
{ read -r parent <"/proc/$PPID/comm"; } 2>/dev/null || parent=
if [ "$parent" = upsmon ] && [ "$1" = -c ]; then
    shift
    if [ "$1" = -- ]; then
        shift
    fi
    [ "$1" = wall ] || # how upsmon tells users on Linux something; Windows has none
        printf '%s\n' "$1" >>"${UPSFLEET_WINDOWS_DOUBLE:-/var/lib/windows-double}/commands.log"
    exit 0
fi
exec /bin/dash "$@"
