#!/bin/sh
# Turns a bare test host into the mock NAS. Runs once, inside the image.
set -eu

# Whatever umask the clone was made with: init.sh copies these directories over the container's own.
chmod -R u=rwX,go=rX /opt/mock_nas

# DSM's first administrator: sudo asks for the password, unlike on the hosts.
groupadd --force administrators
usermod --append --groups administrators admin
echo 'admin:NasSudo-1' | chpasswd
rm /etc/sudoers.d/admin
echo '%administrators ALL=(ALL) ALL' >/etc/sudoers.d/administrators
chmod 0440 /etc/sudoers.d/administrators

# A real DSM often has no Python that Ansible could find, so this one hides the one that the double itself runs on.
mv "$(readlink -f /usr/bin/python3)" /opt/mock_nas/python
chmod 0700 /opt/mock_nas/python
rm -f /usr/bin/python3 /usr/bin/python3.*
cat >/usr/local/bin/mock-nas <<'END'
#!/bin/sh
PYTHONHOME=/usr PYTHONPATH=/opt/mock_nas exec /opt/mock_nas/python -m upsd_sim "$@"
END
chmod 0755 /usr/local/bin/mock-nas /opt/mock_nas/init.sh
