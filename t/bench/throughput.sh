#!/bin/sh
# 200 pictures at once through MCP in one worker, beside the same jobs straight
# from C: the section "Pictures through MCP" of docs/benchmarks.md on stdout.
# usage: throughput.sh [OUT]; OUT is the folder of builds (default: build).
#
#   ROUNDS        counted ones (default 5), after one that warms up
#   CALLS         at once (default 200)
#   IMAGE_JOBS    sanzaru_image_jobs, and threads in C (default: processors)
#   NICE          sanzaru_thread_nice, and of the threads in C (default 10)
#   THREADS       of the thread pool (default: 32, as nginx has it)
#   SAMPLES       of each probe (default 1000), one every 5 ms
#   BENCH_TMP     where the files go (default: where temporary files go)
#   BENCH_INPUTS  a folder with the pictures; made in OUT when absent

set -e

here=$(cd "$(dirname "$0")" && pwd)
out=${1:-$here/../../build}
mkdir -p "$out"
out=$(cd "$out" && pwd)

make -s -C "$here/../.." -f t/Makefile OUT="$out/bench-objs" CC="${CC:-gcc}" \
    CFLAGS="-O2 -g" "$out/bench-objs/bench/media/together" \
    "$out/bench-objs/bench/media/prepare" >&2

exec "${PYTHON:-/usr/bin/python3}" "$here/throughput.py" "$out"
