#!/bin/sh
# First process of the mock NAS, `init.sh PROFILE`: DSM's tools for that generation, sshd, and the simulator.
set -eu

profile=${1:-dsm7}
case $profile in
    dsm*)
        cp -a /opt/mock_nas/root/common/. "/opt/mock_nas/root/$profile/." /
        cp /etc.defaults/VERSION /etc/VERSION
        ;;
esac
[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
if [ -n "${UPSFLEET_AUTHORIZED_KEY:-}" ]; then
    install -d -m 0700 -o admin -g admin /home/admin/.ssh
    printf '%s\n' "$UPSFLEET_AUTHORIZED_KEY" >/home/admin/.ssh/authorized_keys
    chown admin:admin /home/admin/.ssh/authorized_keys
fi
mkdir -p /run/sshd
/usr/sbin/sshd

# The shell stays, to collect what sshd's sessions leave behind.
mock-nas serve --profile "$profile" --root / --web-port 5001 --tls-dir /opt/mock_nas &
wait $!
