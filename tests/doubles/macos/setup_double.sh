#!/bin/dash
# setup_double.sh macos|macports: set this Debian host up as a double of a Mac, with Homebrew or, in its place, MacPorts.
# The commands are wrappers of tests/doubles/macos, the system behind them stays Debian's.
set -eu

# double COMMAND PATH: a command that the double answers.
double() {
    mkdir -p "$(dirname "$2")"
    rm -f "$2" # it may be a link to something that is still needed
    cat >"$2" <<END
#!/bin/dash
PYTHONPATH=/opt/doubles PYTHONDONTWRITEBYTECODE=1 exec /usr/bin/python3 -P -m macos $1 "\$@"
END
    chmod 0755 "$2"
}

homebrew() {
    mkdir -p /opt/homebrew/bin /opt/homebrew/Cellar /opt/homebrew/etc /opt/homebrew/opt /opt/homebrew/sbin \
        /opt/homebrew/var
    double brew /opt/homebrew/bin/brew
    chown -R admin:admin /opt/homebrew
}

macports() {
    touch /opt/doubles/with-macports
    rm -rf /opt/homebrew
    double port /opt/local/bin/port
}

# The program logs each call of a double, whoever makes it.
mkdir -p /var/lib/macos-double /var/db
touch /var/lib/macos-double/commands.log
chmod 0666 /var/lib/macos-double/commands.log

mkdir -p /System/Library/CoreServices
cat >/System/Library/CoreServices/SystemVersion.plist <<'END'
<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">
<dict>
	<key>ProductBuildVersion</key>
	<string>24F74</string>
	<key>ProductName</key>
	<string>macOS</string>
	<key>ProductVersion</key>
	<string>15.5</string>
</dict>
</plist>
END

# root's group is wheel on a Mac; systemd knows gid 0 without its name.
sed -i 's/^root:x:0:/wheel:x:0:/' /etc/group
sed -i 's/^root:/wheel:/' /etc/gshadow

mkdir -p /Library/LaunchAgents /Library/LaunchDaemons
for directory in /Users/admin /Users/admin/Library /Users/admin/Library/LaunchAgents; do
    install -d -o admin -g admin "$directory"
done

double uname /usr/bin/uname
double sw_vers /usr/bin/sw_vers
double launchctl /bin/launchctl
double ifconfig /sbin/ifconfig
double shutdown /sbin/shutdown
[ ! -e /usr/bin/lsof ] || mv /usr/bin/lsof /usr/sbin/lsof # where it is on a Mac

cat >/etc/systemd/system/launchd.service <<'END'
[Unit]
Description=double of launchd: loads /Library/LaunchDaemons at boot
After=network.target

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/bin/launchctl double-boot

[Install]
WantedBy=multi-user.target
END
mkdir -p /etc/systemd/system/multi-user.target.wants
ln -sf ../launchd.service /etc/systemd/system/multi-user.target.wants/launchd.service

if [ "$1" = macports ] || [ -e /opt/doubles/with-macports ]; then
    macports
else
    homebrew
fi
