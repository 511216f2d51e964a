#!/bin/sh
# Makes the files of a release again, from a clone in another folder, as another user, with another
# umask, home folder and time zone, and compares them byte by byte.
# Needs a mount namespace of its own: `unshare --mount reproduce.sh …`.
# usage: reproduce.sh REPOSITORY FILES TOOLS
set -eu
repository=$1 files=$2 tools=$3
user=65534

folder=$(mktemp -d)
trap 'cd /; umount "$folder/rustup"; rm -rf "$folder"' EXIT
chmod 755 "$folder"
git clone --quiet "$repository" "$folder/some where/else"
cd "$folder/some where/else"
# The tools are not built again. Their paths differ from those of the first build, too.
mkdir -p target
cp -r "$tools" target/tools
mkdir "$folder/cargo" "$folder/rustup" "$folder/home"
cargo=${CARGO_HOME:-$HOME/.cargo}
cp -r "$cargo/registry" "$folder/cargo/registry"
rm -rf "$folder/cargo/registry/src"
for config in config config.toml; do
    [ ! -e "$cargo/$config" ] || cp "$cargo/$config" "$folder/cargo/"
done
chown -R $user:$user "$folder/some where" "$folder/cargo" "$folder/home"
# The toolchain may be in the home folder of root.
sysroot=$(rustc --print sysroot)
mount --bind "$sysroot" "$folder/rustup"

umask 077
setpriv --reuid $user --regid $user --clear-groups env -i \
    PATH="$folder/rustup/bin:/usr/bin:/bin" HOME="$folder/home" CARGO_HOME="$folder/cargo" \
    TZ=Asia/Tokyo LANG=C.UTF-8 USER=nobody \
    cargo xtask dist
diff "$files/SHA256SUMS" target/dist/SHA256SUMS
