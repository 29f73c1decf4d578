#!/usr/bin/env bash
# The README's commands on bare systems, made by debootstrap below DIR.
#
#     MIRROR=http://... t/machines.sh DIR [SUITE...]
#
# `./build.sh machines` calls it.  In each of the suites (bookworm, trixie, sid)
# a plain user without the packages is told which are missing; root installs
# them and runs the demo; the plain user runs it with the packages there; and
# root installs the module.  With MACHINES_TEST=1 root and the user run
# `./build.sh test`, too, which takes some ten minutes each.  DIR keeps the bare
# systems and a log of each step.  Prints a table; not 0 when a step has failed.

set -euo pipefail

cd "$(dirname "$0")/.."

. t/lib/chroot.sh

DIR=$1
shift
[ $# -gt 0 ] || set -- bookworm trixie sid

PASSED=0
FAILED=0


say() { printf '%s\n' "$*" >&2; }


# step SUITE USER NAME COMMAND: a row of the table
step() {
    local suite=$1 user=$2 name=$3 rc=0 began=$SECONDS log
    log=$DIR/$suite.$user.${name// /-}.log
    chroot_run "$DIR/$suite" "$user" "cd /home/$user/sanzaru; $4" \
        > "$log" 2>&1 < /dev/null || rc=$?
    row "$suite" "$user" "$name" $rc $((SECONDS - began))
    [ $rc = 0 ] || say "  the end of $log:" "$(tail -n 12 "$log")"
}


row() {
    local verdict=pass
    if [ "$4" = 0 ]; then
        PASSED=$((PASSED + 1))
    else
        FAILED=$((FAILED + 1))
        verdict="FAIL ($4)"
    fi
    printf '%-10s %-7s %-22s %-9s %5s s\n' "$1" "$2" "$3" "$verdict" "$5"
}


versions() {
    chroot_run "$DIR/$1" root 'nginx -v 2>&1; gcc --version | head -n 1
        curl --version | cut -d " " -f 1-2 | head -n 1
        openssl version; python3 --version' 2> /dev/null | paste -sd ';' \
        | sed 's/;/; /g'
}


machine() {
    local suite=$1 began=$SECONDS
    if ! chroot_make "$DIR/$suite.bare" "$suite" "$DIR/$suite.log"; then
        row "$suite" root "debootstrap" 1 $((SECONDS - began))
        say "  the end of $DIR/$suite.log:" "$(tail -n 5 "$DIR/$suite.log")"
        return
    fi

    rm -rf "${DIR:?}/$suite"
    cp -a "$DIR/$suite.bare" "$DIR/$suite"
    chroot "$DIR/$suite" useradd tester
    chroot_source "$DIR/$suite/home/root/sanzaru"
    chroot_source "$DIR/$suite/home/tester/sanzaru"
    chroot "$DIR/$suite" chown -R tester /home/tester

    step "$suite" tester "says what is missing" \
        './build.sh demo 2>&1 | tee /tmp/out; grep -q "are missing; as root" /tmp/out'
    step "$suite" root "demo, bare" './build.sh demo'
    step "$suite" tester "demo" './build.sh demo'
    step "$suite" root "install" './build.sh install && nginx -t \
        && nginx -T 2>&1 | grep "load_module modules/ngx_http_sanzaru"'

    if [ -n "${MACHINES_TEST:-}" ]; then
        step "$suite" root "test" './build.sh test'
        step "$suite" tester "test" './build.sh test'
    fi

    versions "$suite"
}


mkdir -p "$DIR"

for suite in "$@"; do
    machine "$suite"
done

printf '%s passed, %s failed\n' "$PASSED" "$FAILED"
[ $FAILED = 0 ]
