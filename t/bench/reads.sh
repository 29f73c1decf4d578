#!/bin/sh
# How often a read that fails is sent: the section "Reads that fail"
# of docs/benchmarks.md on stdout.
# usage: reads.sh [OUT]; OUT is the folder of builds (default: build).
#
#   READS         (default 20)
#   BENCH_TMP     where the files go (default: where temporary files go)

here=$(cd "$(dirname "$0")" && pwd)

exec "${PYTHON:-/usr/bin/python3}" "$here/reads.py" "${1:-$here/../../build}"
