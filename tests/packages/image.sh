#!/bin/sh
# Runs the unpacked image in a pod as in docs/kubernetes/sidecar.yaml: the volumes have the modes
# that Kubernetes gives them, the service runs as the user of the image, and a program of another
# user connects to its socket. Needs a mount namespace of its own: `unshare --mount image.sh …`.
# usage: image.sh ROOT UID:GID VARIABLE=VALUE… -- ENTRYPOINT…, with the variables of the fake org
set -eu
root=$1 user=$2
shift 2
variables=
while [ "$1" != -- ]; do
    variables="$variables $1"
    shift
done
shift
program=$1
chroot=$(command -v chroot)
[ -z "$(find "$root" -xdev ! -type l -perm /022)" ]

# With `exec`, a program in the background has the number in `$!`.
exec=
in_image() {
    # shellcheck disable=SC2086
    $exec env -i $variables "$chroot" --userspec="$user" --groups= "$root" "$@"
}

# The Secret: a tmpfs on which the files are links, and the group of the pod can read them.
settings=$root/etc/orgtoken
mount -t tmpfs -o mode=1777 tmpfs "$settings"
mkdir -m 2755 "$settings/..version"
ln -s ..version "$settings/..data"
cp "$ORGTOKEN_PRIVATE_KEY_FILE" "$settings/..version/robot.key"
cp "$ORGTOKEN_CA_FILE" "$settings/..version/ca.pem"
cat >"$settings/..version/config.toml" <<CONFIG
[profile.acme]
username = "$ORGTOKEN_USERNAME"
client_id = "$ORGTOKEN_CLIENT_ID"
private_key_file = "robot.key"
instance_url = "$ORGTOKEN_INSTANCE_URL"
api_version = "v60.0"
allow_hosts = ["$ORGTOKEN_ALLOW_HOSTS"]
allow_users = ["1000"]
ca_file = "ca.pem"
CONFIG
chown -R "0:${user#*:}" "$settings"
chmod 440 "$settings"/..version/*
for file in robot.key ca.pem config.toml; do
    ln -s "..data/$file" "$settings/$file"
done
mount -o remount,ro "$settings"

# The emptyDir, and the folder in it that the first container makes.
volume=$root.volume
mkdir "$volume"
mount -t tmpfs -o mode=2777,gid="${user#*:}" tmpfs "$volume"
setpriv --reuid "${user%:*}" --regid "${user#*:}" --clear-groups \
    mkdir -p -m 0755 "$volume/orgtoken"
mount --bind "$volume/orgtoken" "$root/run/orgtoken"

{ exec=exec; in_image "$@" --no-cache; } &
deadline=$(($(date +%s) + 60))
until in_image "$program" serve --check 2>"$root.check"; do
    if [ "$(date +%s)" -gt $deadline ] || ! kill -0 $!; then
        cat "$root.check"
        exit 1
    fi
done
in_image "$program" token --profile acme | grep --quiet '^00D'

# The program: another user, and a read-only mount of the folder.
mkdir "$root.app"
mount --bind "$volume/orgtoken" "$root.app"
mount -o remount,ro,bind "$root.app"
ask() {
    setpriv --reuid "$1" --regid "$1" --clear-groups curl --silent --fail \
        --unix-socket "$root.app/orgtoken.sock" --request POST \
        --header 'X-Orgtoken-Request: 1' http://localhost/v1/token
}
ask 1000 | grep --quiet '"access_token":"00D'
# `! ask` would not end the script.
if ask 1001; then
    exit 1
fi
kill $!
wait $!
