#!/bin/sh
# Brings Prism, which checks requests against a description, into a folder.
#
#     sh t/openai/install.sh build/openai

set -e

dir=$1
here=$(dirname "$0")

command -v node > /dev/null || { echo "node is missing"; exit 1; }
command -v npm > /dev/null || { echo "npm is missing"; exit 1; }

mkdir -p "$dir"

if ! cmp -s "$here/package.json" "$dir/package.json" \
    || [ ! -d "$dir/node_modules" ]; then
    cp "$here/package.json" "$dir/package.json"
    (cd "$dir" && npm install --no-audit --no-fund --no-package-lock \
        --loglevel error > /dev/null) || { rm "$dir/package.json"; exit 1; }
fi
