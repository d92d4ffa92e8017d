#!/bin/sh
# First process of a test host: gives it its keys, then becomes systemd.
set -eu

if [ ! -e /etc/ssh/ssh_host_ed25519_key ]; then
    ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
fi
if [ -n "${UPSFLEET_AUTHORIZED_KEY:-}" ]; then
    install -d -m 0700 -o admin -g admin /home/admin/.ssh
    printf '%s\n' "$UPSFLEET_AUTHORIZED_KEY" >/home/admin/.ssh/authorized_keys
    chown admin:admin /home/admin/.ssh/authorized_keys
fi

# systemd 258 and newer refuses a host that still runs cgroup v1. There the kernel's v2 hierarchy is mounted instead,
# and entered through a group and a cgroup namespace of this container's own: without them two such hosts would both
# take the root of one hierarchy for theirs and stop each other's services.
if [ -n "${UPSFLEET_CGROUP:-}" ]; then
    umount -l /sys/fs/cgroup
    mount -t cgroup2 cgroup2 /sys/fs/cgroup
    mkdir -p "/sys/fs/cgroup/$UPSFLEET_CGROUP"
    echo $$ >"/sys/fs/cgroup/$UPSFLEET_CGROUP/cgroup.procs"
    umount /sys/fs/cgroup
    exec unshare --cgroup sh -c '
        mount -t cgroup2 cgroup2 /sys/fs/cgroup
        exec env -u UPSFLEET_AUTHORIZED_KEY -u UPSFLEET_CGROUP /sbin/init'
fi
exec env -u UPSFLEET_AUTHORIZED_KEY /sbin/init
