#!/bin/dash
# First process of a double: it dresses, then goes on as every test host does. Not /bin/sh, which Windows' dress changes.
set -eu
if [ -n "${UPSFLEET_DOUBLE:-}" ]; then
    /opt/doubles/dress "$UPSFLEET_DOUBLE"
fi
exec env -u UPSFLEET_DOUBLE dash /usr/local/sbin/upsfleet-init
