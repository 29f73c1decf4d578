#!/bin/sh
# Brings the npm packages of t/flows, and its scripts, into a build folder.
#
#     sh t/flows/install.sh build/npm

set -e

dir=$1
here=$(dirname "$0")

command -v node > /dev/null || { echo "node is missing"; exit 1; }
command -v npm > /dev/null || { echo "npm is missing"; exit 1; }

mkdir -p "$dir"

# suites that run side by side come here one after the other
exec 9> "$dir.lock"
flock 9

cp "$here"/*.mjs "$dir"

if ! cmp -s "$here/package.json" "$dir/package.json" \
    || [ ! -d "$dir/node_modules" ]; then
    cp "$here/package.json" "$dir/package.json"
    (cd "$dir" && npm install --no-audit --no-fund --no-package-lock \
        --loglevel error > /dev/null) || { rm "$dir/package.json"; exit 1; }
fi
