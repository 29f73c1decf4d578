#!/bin/sh
# What a page of a long list costs: the section "Long listings"
# of docs/benchmarks.md on stdout.
# usage: files.sh [OUT]; OUT is the folder of builds (default: build).
#
#   FILES         in the folder (default 50000)
#   ROUNDS        through the whole list (default 5)
#   BENCH_TMP     where the files go (default: where temporary files go)

here=$(cd "$(dirname "$0")" && pwd)

exec "${PYTHON:-/usr/bin/python3}" "$here/files.py" "${1:-$here/../../build}"
