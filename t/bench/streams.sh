#!/bin/sh
# What waiting streams cost: the section "Waiting streams"
# of docs/benchmarks.md on stdout.
# usage: streams.sh [OUT]; OUT is the folder of builds (default: build).
#
#   STREAMS       that wait (default 6000)
#   ROUNDS        of 40 changes each (default 5)
#   BENCH_TMP     where the files go (default: where temporary files go)

here=$(cd "$(dirname "$0")" && pwd)

exec "${PYTHON:-/usr/bin/python3}" "$here/streams.py" "${1:-$here/../../build}"
