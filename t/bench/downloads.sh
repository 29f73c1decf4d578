#!/bin/sh
# 32 downloads at once beside curl --parallel: the section "Downloads" of
# docs/benchmarks.md on stdout.  usage: downloads.sh [OUT]; OUT is the folder
# of builds (default: build).
#
#   ROUNDS       counted ones (default 7), after one that warms up
#   BENCH_TMP    where the files go (default: where temporary files go)

here=$(cd "$(dirname "$0")" && pwd)

exec "${PYTHON:-/usr/bin/python3}" "$here/downloads.py" "${1:-$here/../../build}"
