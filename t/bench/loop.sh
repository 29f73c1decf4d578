#!/bin/sh
# How long a ping takes while pictures and downloads are under way: the section
# "The event loop under load" of docs/benchmarks.md on stdout.
# usage: loop.sh [OUT]; OUT is the folder of builds (default: build).
#
#   ROUNDS        idle and loaded in turns (default 3)
#   SAMPLES       of each probe in each (default 2000), one every 5 ms
#   THREADS       of the thread pool (default: 32, as nginx has it)
#   IMAGE_JOBS    sanzaru_image_jobs (default: the module's own)
#   BENCH_TMP     where the files go (default: where temporary files go)
#   BENCH_INPUTS  a folder with 4000x3000.jpg; made in OUT when absent

here=$(cd "$(dirname "$0")" && pwd)

exec "${PYTHON:-/usr/bin/python3}" "$here/loop.py" "${1:-$here/../../build}"
