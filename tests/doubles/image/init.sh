#!/bin/dash
# First process of a double: sets the host up as one, then goes on as every test host does. Not /bin/sh, which the double
# of Windows replaces.
set -eu
if [ -n "${UPSFLEET_DOUBLE:-}" ]; then
    /opt/doubles/setup_double "$UPSFLEET_DOUBLE"
fi
exec env -u UPSFLEET_DOUBLE dash /usr/local/sbin/upsfleet-init
