#!/bin/sh
# Pictures beside Pillow and sharp: the section "Images" of docs/benchmarks.md
# on stdout.  usage: images.sh [OUT]; settings: see media/run.sh.

exec "$(dirname "$0")/media/run.sh" images "$@"
