#!/bin/dash
# setup_double macos|macports|windows: make this Debian host answer as another system's would, as far as the doubles go.
# Runs at every start of the container, so it changes nothing the second time.
set -eu
case "$*" in
macos | macports)
    exec dash "/opt/doubles/macos/setup_double.sh" "$1"
    ;;
windows)
    mkdir -p /var/lib/windows-double
    # Beside it and then over it: this script's own tools may ask for a shell in between.
    install -m 0755 /opt/doubles/windows/cmd.sh /usr/bin/sh.new
    mv -f /usr/bin/sh.new /usr/bin/sh
    ;;
*)
    echo "setup_double: no double of '$*'; there are macos, macports, windows" >&2
    exit 64
    ;;
esac
