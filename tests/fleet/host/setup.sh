#!/bin/sh
# Turns a minimal Debian system into the bare host that the tests start from. Runs once, inside the image.
set -eu

useradd --create-home --shell /bin/bash admin
echo 'admin ALL=(ALL) NOPASSWD: ALL' >/etc/sudoers.d/admin
chmod 0440 /etc/sudoers.d/admin

# One host key type, made by upsfleet-init at the first start: an image must not carry keys, and RSA takes a second.
rm -f /etc/ssh/ssh_host_*
mkdir -p /etc/ssh/sshd_config.d
cat >/etc/ssh/sshd_config.d/upsfleet.conf <<'EOF'
HostKey /etc/ssh/ssh_host_ed25519_key
PasswordAuthentication no
EOF

# apt's timers would take its lock in the middle of a test; newer releases' key unit would make the RSA key after all;
# nobody types passwords here, and the units that watch for it use up the machine's inotify instances (128 by default).
for unit in apt-daily.timer apt-daily-upgrade.timer sshd-keygen.service \
    systemd-ask-password-console.path systemd-ask-password-wall.path; do
    ln -sf /dev/null "/etc/systemd/system/$unit"
done
systemctl enable ssh.service

# Every container gets its own identity.
: >/etc/machine-id
rm -f /var/lib/dbus/machine-id
chmod 0755 /usr/local/sbin/upsfleet-init
