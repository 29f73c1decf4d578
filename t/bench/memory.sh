#!/bin/sh
# What a worker keeps after many downloads: the section "Memory after many downloads"
# of docs/benchmarks.md on stdout.
# usage: memory.sh [OUT]; OUT is the folder of builds (default: build).
#
#   DOWNLOADS     at once (default 1800)
#   ROUNDS        (default 5)
#   BENCH_TMP     where the files go (default: where temporary files go)

here=$(cd "$(dirname "$0")" && pwd)

exec "${PYTHON:-/usr/bin/python3}" "$here/memory.py" "${1:-$here/../../build}"
