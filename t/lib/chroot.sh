# Minimal Debian systems for tests, made by debootstrap from MIRROR.  Sourced.
# shellcheck shell=bash

# chroot_make ROOT SUITE LOG: what is there already stays.  A mirror may have
# been frozen: its signature counts, not its age.
chroot_make() {
    [ -f "$1/etc/apt/apt.conf.d/90mirror" ] && return 0

    rm -rf "$1"
    debootstrap --variant=minbase "$2" "$1" "$MIRROR" > "$3" 2>&1 || return 1
    echo "deb $MIRROR $2 main" > "$1/etc/apt/sources.list"
    { echo 'Acquire::Check-Valid-Until "false";'
      apt-config dump | grep -iE '^Acquire::[a-z:]*proxy ' || true
    } > "$1/etc/apt/apt.conf.d/90mirror"
}


# chroot_run ROOT USER COMMAND: with processes and mounts of its own, which end
# with it.  npm trusts whom this machine trusts, which may be behind a proxy.
# Inside the single quotes the variables are the inner shell's.
# shellcheck disable=SC2016
chroot_run() {
    cp /etc/resolv.conf "$1/etc/"
    cp /etc/ssl/certs/ca-certificates.crt "$1/etc/npm-trusts.crt" \
        2> /dev/null || true
    unshare --mount --pid --fork --kill-child bash -c '
        mount -t proc proc "$0/proc" && mount --rbind --make-rslave /dev "$0/dev" \
        && exec chroot "$0" runuser -u "$1" -- env -i HOME="/home/$1" LC_ALL=C.UTF-8 \
            NODE_EXTRA_CA_CERTS=/etc/npm-trusts.crt \
            PATH=/usr/sbin:/usr/bin:/sbin:/bin sh -ec "$2"
        ' "$1" "$2" "$3"
}


# chroot_source FOLDER: the tree below the current folder, as git has it
chroot_source() {
    mkdir -p "$1"
    git ls-files -z | tar --null -T - -cf - | tar -C "$1" -xf -
}
