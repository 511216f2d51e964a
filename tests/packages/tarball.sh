#!/bin/sh
# Unpacks the archive in a system that has only busybox, and logs in.
# usage: tarball.sh ROOT BUSYBOX ORGTOKEN.tar.gz, with the variables of the fake org
set -eu
root=$1 busybox=$2 archive=$3

mkdir -p "$root/bin" "$root/etc" "$root/home"
cp "$busybox" "$root/bin/busybox"
ln -s busybox "$root/bin/sh"
cp "$archive" "$root/orgtoken.tar.gz"
install -m 600 "$ORGTOKEN_PRIVATE_KEY_FILE" "$root/etc/robot.key"
cp "$ORGTOKEN_CA_FILE" "$root/etc/ca.pem"
chroot "$root" /bin/busybox tar xzf /orgtoken.tar.gz
program=$(cd "$root" && echo orgtoken-*/bin/orgtoken)

for output in 1 2; do
    chroot "$root" /bin/busybox env -i HOME=/home \
        ORGTOKEN_USERNAME="$ORGTOKEN_USERNAME" ORGTOKEN_CLIENT_ID="$ORGTOKEN_CLIENT_ID" \
        ORGTOKEN_INSTANCE_URL="$ORGTOKEN_INSTANCE_URL" \
        ORGTOKEN_ALLOW_HOSTS="$ORGTOKEN_ALLOW_HOSTS" \
        ORGTOKEN_PRIVATE_KEY_FILE=/etc/robot.key ORGTOKEN_CA_FILE=/etc/ca.pem \
        "/$program" token >"$root.token$output"
done
grep --quiet '^00D' "$root.token1"
# The second token is the cached one.
cmp "$root.token1" "$root.token2"
# Names are resolved without a C library of the system.
echo '127.0.0.9 login.example' >"$root/etc/hosts"
status=0
chroot "$root" /bin/busybox env -i HOME=/home ORGTOKEN_USERNAME=x@acme.com ORGTOKEN_CLIENT_ID=3MVG9 \
    ORGTOKEN_INSTANCE_URL=https://login.example ORGTOKEN_ALLOW_HOSTS=login.example \
    ORGTOKEN_PRIVATE_KEY_FILE=/etc/robot.key "/$program" token --no-cache --json 2>"$root.error" ||
    status=$?
# The name has an address, at which no server listens.
[ $status = 6 ]
grep --quiet '"code":"net.connect"' "$root.error"
