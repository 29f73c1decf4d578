#!/bin/sh
# Base64 beside EVP, memcpy and write: the section "Base64" of
# docs/benchmarks.md on stdout.  usage: base64.sh [OUT]; see media/run.sh.

exec "$(dirname "$0")/media/run.sh" base64 "$@"
