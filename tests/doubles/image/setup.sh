#!/bin/sh
# Turns a bare test host into one that can be set up as a double of a Mac or of Windows. Runs once, inside the image.
set -eu

# Whatever umask the clone was made with.
chmod -R u=rwX,go=rX /opt/doubles
chmod 0755 /opt/doubles/image/*.sh
ln -s image/setup_double.sh /opt/doubles/setup_double

# Real NUT and lsof, of which only the programs stay: the host must look as if no client were installed.
apt-get update
DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends lsof nut-client
nut=/opt/doubles/nut
mkdir -p "$nut/bin" "$nut/sbin" "$nut/lib" "$nut/etc"
cp -p /usr/bin/upsc "$nut/bin/"
cp -p /usr/lib/nut/upsmon "$nut/sbin/" # the real one: /usr/sbin/upsmon is Debian's wrapper, which asks for MODE
cp -a /usr/lib/*/libupsclient.so.* "$nut/lib/"
for file in nut upsmon upssched; do
    install -m 0644 "/etc/nut/$file.conf" "$nut/etc/$file.conf.sample"
done
apt-get purge -y nut-client 'libupsclient*'
apt-get clean
rm -rf /etc/nut /usr/lib/nut /run/nut /var/lib/apt/lists/*
echo "$nut/lib" >/etc/ld.so.conf.d/doubles.conf
ldconfig

# Debian's upsmon drops to this user, and keeps its pid file there whatever the configuration says.
getent passwd nut >/dev/null || useradd --system --user-group --home-dir /var/empty --shell /usr/sbin/nologin nut
echo 'd /run/nut 0770 root nut - -' >/etc/tmpfiles.d/doubles-nut.conf

"$nut/sbin/upsmon" -V
