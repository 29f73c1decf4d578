#!/usr/bin/env bash
# The image path or Base64 beside their peers, as one section of markdown on
# stdout; what goes on meanwhile is told on stderr.
#
#   run.sh images|base64 [OUT]    OUT: the folder of builds (default: build)
#
#   BENCH_TMP      everything else is made here (default: a new folder, which
#                  is removed; give one to keep the inputs and npm's packages)
#   BENCH_INPUTS   a folder with WxH.jpg, .png, a.png, .webp; made when absent
#   BENCH_CPU      the processor of what runs alone (default: the second)
#   SHARP          a node_modules folder that has sharp (default: npm installs)
#   ROUNDS         of each case (default 9)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../../.." && pwd)
what=${1:?"usage: run.sh images|base64 [OUT]"}
out=${2:-$root/build}
python=${PYTHON:-/usr/bin/python3}
cpu=${BENCH_CPU:-$(( $(nproc) > 1 ? 1 : 0 ))}

if [ -n "${BENCH_TMP:-}" ]; then
    tmp=$BENCH_TMP
    mkdir -p "$tmp"
else
    tmp=$(mktemp -d)
    trap 'rm -rf "$tmp"' EXIT
fi

say() { printf '%s\n' "$*" >&2; }

# build NAME: the path of the program
build() {
    local program=$out/bench-objs/bench/media/$1
    make -s -C "$root" -f t/Makefile OUT="$out/bench-objs" CC="${CC:-gcc}" \
        CFLAGS="-O2 -g" "$program" >&2
    printf '%s\n' "$program"
}

# version PACKAGE: of a library, "-" when it is not there
version() { pkg-config --modversion "$1" 2> /dev/null || printf '%s' -; }

machine() {
    sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1 | tr '\n' ' '
    printf '(%s), %s processors, Linux %s, %s' \
        "$(grep -m 1 ^flags /proc/cpuinfo | tr ' ' '\n' \
           | grep -E '^(avx2|avx512f)$' | paste -sd ' ')" \
        "$(nproc)" "$(uname -r)" "$("${CC:-gcc}" --version | head -n 1)"
}

# sharp: a folder with node_modules/sharp in it, or nothing
sharp() {
    command -v node > /dev/null || return 0
    if [ -d "${SHARP:-}/sharp" ]; then
        ln -sfn "$SHARP" "$tmp/node_modules"
    elif [ ! -d "$tmp/node_modules/sharp" ] && command -v npm > /dev/null; then
        say "installing sharp"
        (cd "$tmp" && npm install --no-audit --no-fund --loglevel=error \
            sharp > npm.log 2>&1) || say "sharp cannot be installed"
    fi
    [ ! -d "$tmp/node_modules/sharp" ] || printf '%s\n' "$tmp"
}

images() {
    local program inputs=${BENCH_INPUTS:-$tmp/inputs} peers folder

    "$python" -c 'import PIL' \
        || { say "Pillow is missing (Debian: python3-pil)"; exit 1; }

    program=$(build prepare)
    say "making the pictures"
    "$python" "$here/inputs.py" "$inputs"

    peers=("ours=$program" "scaled=$program -s" "faster=$program -e faster"
           "smaller=$program -e smaller"
           "pillow=$python $here/pillow_worker.py")
    folder=$(sharp)

    echo "## Images"
    echo
    printf '%s; libjpeg-turbo %s, libpng %s, libwebp %s, ISA-L %s, Pillow %s' \
        "$(machine)" "$(version libjpeg)" "$(version libpng)" \
        "$(version libwebp)" "$(version libisal)" \
        "$("$python" -c 'import PIL; print(PIL.__version__)')"

    if [ -n "$folder" ]; then
        peers+=("sharp=node $here/sharp_worker.mjs $folder")
        printf ', sharp %s on node %s' "$(node -p \
            "require('$folder/node_modules/sharp/package.json').version")" \
            "$(node --version)"
    fi

    # shellcheck disable=SC2016
    printf '. Command: `./build.sh bench images`.\n'

    BENCH_CPU=$cpu "$python" "$here/bench.py" "$inputs" "$tmp" "${peers[@]}"
}

base64() {
    local program
    program=$(build base64)

    echo "## Base64"
    echo
    # shellcheck disable=SC2016
    printf '%s; %s; files on %s. Command: `./build.sh bench base64`.\n\n' \
        "$(machine)" "$(openssl version | cut -d " " -f 1,2)" "$(stat -f -c %T "$tmp")"

    taskset -c "$cpu" "$program" "$tmp" 1048576 8388608 33554432
}

case $what in
    images | base64) "$what" ;;
    *) say "usage: run.sh images|base64 [OUT]"; exit 2 ;;
esac
