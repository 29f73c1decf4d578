#!/usr/bin/env bash
# lib/ for 64-bit ARM: cross-built in a chroot below DIR, and its unit tests run
# under qemu.
#
#     MIRROR=http://... CODENAME=bookworm t/arm64.sh DIR
#
# `./build.sh arm64` calls it.  DIR keeps the chroot.

set -euo pipefail

cd "$(dirname "$0")/.."

. t/lib/chroot.sh

DIR=$1
ROOT=$DIR/arm64

PACKAGES="make perl gcc-aarch64-linux-gnu libc6-dev-arm64-cross
    qemu-user-static libcjson-dev:arm64 libjpeg62-turbo-dev:arm64
    libpng-dev:arm64 libwebp-dev:arm64 libssl-dev:arm64 libdeflate-dev:arm64
    libisal-dev:arm64 zlib1g-dev:arm64"


die() { printf 'arm64: %s\n' "$*" >&2; exit 1; }


mkdir -p "$DIR"
chroot_make "$ROOT" "$CODENAME" "$DIR/arm64.log" \
    || die "debootstrap failed; see $DIR/arm64.log"

chroot_run "$ROOT" root "dpkg --add-architecture arm64; apt-get update -qq
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
        --no-install-recommends ${PACKAGES//$'\n'/ }" \
    > "$DIR/arm64.log" 2>&1 || die "packages are missing; see $DIR/arm64.log"

rm -rf "$ROOT/src"
chroot_source "$ROOT/src"

chroot_run "$ROOT" root "cd /src
    make -s -j $(nproc) -f t/Makefile OUT=build/arm64 CFLAGS='-O2 -g' \
        CC=aarch64-linux-gnu-gcc AR=aarch64-linux-gnu-ar units
    prove -j $(nproc) -e qemu-aarch64-static build/arm64/test_*[!.][!o]"
