#!/bin/sh
# Another build beside this one, in turns: the section "Beside an earlier
# commit" of docs/benchmarks.md on stdout.
#
#     git worktree add --detach /tmp/before COMMIT
#     (cd /tmp/before && ./build.sh build)
#     BEFORE=/tmp/before ./build.sh bench pairs
#
#   BEFORE        a checkout in which ./build.sh build has run
#   ROUNDS        pairs (default 21), after one that warms up
#   MINUTES       after which no further pair begins (default: no limit)
#   ONLY          a pattern: the figures to measure (default: all)
#   STREAMS       (default 6000)
#   BENCH_TMP     where the files go (default: where temporary files go)
#   BENCH_INPUTS  a folder with the pictures; made in OUT when absent

set -e

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../build}
mkdir -p "$out"
out=$(cd "$out" && pwd)
: "${BEFORE:?"the checkout to compare with"}"

for top in "$here/../.." "$BEFORE"; do
    make -s -C "$top" -f t/Makefile OUT="$(cd "$top" && pwd)/build/bench-objs" \
        CC="${CC:-gcc}" CFLAGS="-O2 -g" WERROR=-Wno-error benches >&2
done

exec "${PYTHON:-/usr/bin/python3}" "$here/pairs.py" "$out" "$BEFORE"
