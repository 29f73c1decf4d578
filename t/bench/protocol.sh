#!/bin/sh
# The endpoint under load, beside `return 200` of the same nginx and the
# official TypeScript server: requests and processor time; and the memory of
# many waiting streams.  Markdown on stdout.
#
#     t/bench/protocol.sh build       (or: ./build.sh bench protocol)

set -e

here=$(dirname "$0")
out=${1:-build}
npm=$out/npm-bench

if command -v node > /dev/null && command -v npm > /dev/null; then
    mkdir -p "$npm"
    cp "$here"/protocol/*.mjs "$here"/protocol/package.json "$npm"
    [ -d "$npm/node_modules" ] || (cd "$npm" && npm install --no-audit \
        --no-fund --no-package-lock --loglevel error > /dev/null)
else
    echo "node or npm is missing: the TypeScript server is left out" >&2
    npm=
fi

exec python3 "$here/protocol/measure.py" "$out" "$npm"
