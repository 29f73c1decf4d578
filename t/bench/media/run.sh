#!/usr/bin/env bash
# The image path and Base64 beside their peers, as markdown on stdout.
#
#   run.sh              ours, Pillow, sharp (if it is installed or npm can), EVP, memcpy
#   BENCH_TMP           everything is made here (default: a folder in /tmp)
#   BENCH_INPUTS        a folder with WxH.jpg, .png, a.png, .webp; made when absent
#   ROUNDS              of each case (default 5); takes a few minutes
set -eu

here="$(cd "$(dirname "$0")" && pwd)"
root="$(cd "$here/../../.." && pwd)"
tmp="${BENCH_TMP:-/tmp/sz-bench-media}"
inputs="${BENCH_INPUTS:-$tmp/inputs}"
python="${PYTHON:-/usr/bin/python3}"
cc="${CC:-cc}"

mkdir -p "$tmp"
"$python" -c 'import PIL' || { echo "Pillow is missing (Debian: python3-pil)" >&2; exit 1; }

flags="-std=gnu11 -O2 -Wall -I$root/lib"
libs="-lcjson -ljpeg -lpng -lwebp -lz -lcrypto -lm -lpthread"

if echo '#include <isa-l/igzip_lib.h>' | "$cc" -E - >/dev/null 2>&1; then
    flags="$flags -DSZ_HAVE_ISAL"
    libs="-lisal $libs"
fi

for program in prepare base64; do
    "$cc" $flags -o "$tmp/$program" "$here/$program.c" "$root"/lib/base/*.c "$root"/lib/media/*.c $libs
done

"$python" "$here/inputs.py" "$inputs"

peers=("ours=$tmp/prepare" "scaled=$tmp/prepare -s" "pillow=$python $here/pillow_worker.py")

if [ ! -d "$tmp/node_modules/sharp" ] && [ -d "${SHARP:-}" ]; then
    ln -sfn "$SHARP" "$tmp/node_modules"
elif [ ! -d "$tmp/node_modules/sharp" ] && command -v npm >/dev/null; then
    (cd "$tmp" && npm install --no-audit --no-fund --loglevel=error sharp >npm.log 2>&1) || true
fi

if [ -d "$tmp/node_modules/sharp" ] && command -v node >/dev/null; then
    peers+=("sharp=node $here/sharp_worker.mjs $tmp")
fi

echo "## Pictures and Base64"
echo
echo "$(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -1), $(nproc) processors; $("$cc" --version | head -1);" \
     "Pillow $("$python" -c 'import PIL; print(PIL.__version__)')." \
     "Command: t/bench/media/run.sh."

"$python" "$here/bench.py" "$inputs" "$tmp" "${peers[@]}"

echo
echo "### Base64"
echo
"$tmp/base64" "$tmp" 8388608 1048576 33554432
