#!/bin/sh
# Installs the Debian package in a clean system, uses it, upgrades it and purges it.
# usage: deb.sh ROOT FIRST.deb SECOND.deb, with the variables of the fake org
set -eu
root=$1 first=$2 second=$3

# With `exec`, a program in the background has the number in `$!`.
exec=
in_root() {
    $exec chroot "$root" env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin "$@"
}
# All files but those that dpkg itself writes.
files() {
    (cd "$root" && find . -path ./var/lib/dpkg -prune -o -path ./var/log -prune -o -print | sort)
}

cp "$first" "$root/mnt/first.deb"
cp "$second" "$root/mnt/second.deb"
files >"$root.before"
in_root dpkg --install /mnt/first.deb
[ "$(in_root stat --format=%a:%U:%G /etc/orgtoken)" = 750:root:orgtoken ]
in_root orgtoken --version
in_root test -s /usr/share/man/man1/orgtoken.1 -o -s /usr/share/man/man1/orgtoken.1.gz
in_root test -s /usr/share/bash-completion/completions/orgtoken

echo "== the first token"
cp "$ORGTOKEN_PRIVATE_KEY_FILE" "$root/etc/orgtoken/robot.key"
cp "$ORGTOKEN_CA_FILE" "$root/etc/orgtoken/ca.pem"
cat >"$root/etc/orgtoken/config.toml" <<CONFIG
[profile.acme]
username = "$ORGTOKEN_USERNAME"
client_id = "$ORGTOKEN_CLIENT_ID"
private_key_file = "robot.key"
instance_url = "$ORGTOKEN_INSTANCE_URL"
api_version = "v60.0"
allow_hosts = ["$ORGTOKEN_ALLOW_HOSTS"]
ca_file = "ca.pem"
CONFIG
in_root chown orgtoken /etc/orgtoken/robot.key
in_root chmod 600 /etc/orgtoken/robot.key
in_root chown root:orgtoken /etc/orgtoken/config.toml
in_root chmod 640 /etc/orgtoken/config.toml
# systemd creates these folders from the units.
in_root install --directory --owner=orgtoken --mode=0700 /var/cache/orgtoken
in_root install --directory --owner=orgtoken --mode=0755 /run/orgtoken

unit=$root/usr/lib/systemd/system/orgtoken.service
[ -s "$unit" ] || unit=$root/lib/systemd/system/orgtoken.service
value() {
    sed -n "s/^$1=//p" "$unit"
}
# The words of a unit are split like those of the shell.
as_service() {
    user=$(value User)
    # shellcheck disable=SC2046
    in_root $(value Environment) setpriv --reuid "$user" --regid "$user" --clear-groups "$@"
}
as_service orgtoken token --profile acme | grep --quiet '^00D'

echo "== the service"
socket=/run/orgtoken/orgtoken.sock
start() {
    # shellcheck disable=SC2046
    { exec=exec; as_service $(value ExecStart) --socket $socket; } &
    deadline=$(($(date +%s) + 60))
    until in_root orgtoken serve --check --socket $socket 2>"$root.check"; do
        if [ "$(date +%s)" -gt $deadline ] || ! kill -0 $!; then
            cat "$root.check"
            exit 1
        fi
    done
}
ask() {
    curl --silent --fail --unix-socket "$root$socket" --request POST \
        --header 'X-Orgtoken-Request: 1' http://localhost/v1/token | grep --quiet '"access_token":"00D'
}
start
ask
[ "$(in_root stat --format=%U $socket)" = orgtoken ]
kill $!
wait $!

echo "== the upgrade"
before=$(cd "$root/etc/orgtoken" && cat config.toml robot.key | sha256sum)
in_root dpkg --install /mnt/second.deb
[ "$(cd "$root/etc/orgtoken" && cat config.toml robot.key | sha256sum)" = "$before" ]
start
ask
kill $!
wait $!

echo "== removed and purged"
in_root dpkg --remove orgtoken
in_root test ! -e /usr/bin/orgtoken -a -e /etc/orgtoken/config.toml
in_root dpkg --purge orgtoken
in_root getent passwd orgtoken
in_root rm -rf /run/orgtoken
# The files of the administrator stay, and the backups that useradd makes of its files.
files >"$root.after"
diff "$root.before" "$root.after" | sed -n 's/^[<>] //p' | grep -v '^\./etc/.*-$' >"$root.diff" || true
printf '%s\n' ./etc/orgtoken ./etc/orgtoken/ca.pem ./etc/orgtoken/config.toml \
    ./etc/orgtoken/robot.key | diff - "$root.diff"
rm -r "$root/etc/orgtoken"

echo "== nothing stays of a package that nobody used"
in_root dpkg --install /mnt/second.deb
in_root dpkg --purge orgtoken
in_root test ! -e /etc/orgtoken
