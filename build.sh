#!/usr/bin/env bash
# The one entry: run, demo, test, and the developer's targets.

# Formats of apt-get, configure lines and nginx variables are meant literally.
# shellcheck disable=SC2016

set -euo pipefail

cd "$(dirname "$0")"

TOP=$PWD
OUT=$TOP/build
MODULE=ngx_http_sanzaru_module.so
JOBS=$(nproc)
export CC=${CC:-gcc}

# A warning is an error for who develops, and in CI; the next compiler's new
# warnings must not keep anybody from running this.
[ "${CI:-}" != true ] || WERROR=${WERROR:--Werror}
case "${1:-}" in
    unit|portable|asan|chaos|lint) WERROR=${WERROR:--Werror} ;;
esac
export WERROR=${WERROR:--Wno-error}

LIBRARY_PACKAGES="gcc make libcurl4-openssl-dev libcjson-dev
    libjpeg62-turbo-dev libpng-dev libwebp-dev libssl-dev libdeflate-dev
    libisal-dev ca-certificates"

# for the nginx that is installed, or for one in source
if [ -z "${NGINX_SRC:-}" ]; then
    BUILD_PACKAGES="$LIBRARY_PACKAGES nginx nginx-dev"
else
    BUILD_PACKAGES="$LIBRARY_PACKAGES libpcre2-dev zlib1g-dev"
fi

RUN_PACKAGES="python3 curl"

TEST_PACKAGES="perl libtest-base-perl libtest-longstring-perl
    liblist-moreutils-perl libhttp-message-perl libfilter-perl libwww-perl
    libipc-run-perl procps python3 python3-pil curl openssl"

LINT_PACKAGES="clang clang-tidy cppcheck shellcheck libclang-rt-dev"


usage() {
    cat << END
usage: ./build.sh TARGET

  run        build, and start a gateway on 127.0.0.1:8000 (PORT=n: another)
  demo       make a video through MCP, once, and show what was made
  test       all tests, one step after the other; the last line counts them

  build      build the module for the nginx that is installed; or, with
             NGINX_SRC=dir, for an nginx source tree or clone, with the options
             of NGINX_CONFIGURE
  install    put the module where nginx looks for modules

  unit       unit tests of lib/
  portable   those of pictures, as on a processor without vectors
  suites     suites against nginx; "suites FILE..." for some
  conformance  the official MCP suite, against a gateway with two workers
  asan       unit tests, fuzz targets and suites under ASan and UBSan
  sweep      kill a worker after each n-th instruction in shared memory, under
             ASan; "sweep 1" for each
  valgrind   suites under valgrind
  torture    unit tests with each call of lib/ to the outside failing once
  lint       static checks, and a minute of fuzzing per parser
  chaos      clients that leave, faults, reloads and killed workers, under ASan:
             CHAOS_SECONDS=n (1200), CHAOS_SEED=n
  arm64      lib/ for ARM, its unit tests under qemu; as root
  machines   run and test on bare Debian 12, 13 and sid; as root
  bench      measure, and compare with the peers; "bench images" for one;
             BEFORE=checkout "bench pairs" with another build
  docs       make docs/tools.md from the tables
  clean      remove what was built
  help       this text
END
}


say() { printf '%s\n' "$*" >&2; }
die() { say "build.sh: $*"; exit 1; }


# --- packages ---------------------------------------------------------------

missing() {
    local p
    for p in "$@"; do
        dpkg-query -W -f '${Status}' "$p" 2>/dev/null \
            | grep -q 'ok installed' || printf '%s ' "$p"
    done
}


can_be_root() {
    [ "$(id -u)" = 0 ] && return 0
    command -v sudo > /dev/null || return 1
    sudo -n true 2> /dev/null || [ -t 0 ]       # it may ask for a password
}


as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    else
        can_be_root && sudo "$@"
    fi
}


apt_install() {
    as_root env DEBIAN_FRONTEND=noninteractive DEBCONF_NOWARNINGS=yes \
        apt-get install -y -qq --no-install-recommends "$@" > /dev/null
}


# The package lists are split into words on purpose.
# shellcheck disable=SC2048,SC2086
need() {
    local lack
    command -v dpkg-query > /dev/null || return 0       # not a Debian
    lack=$(missing $*)
    [ -z "$lack" ] && return 0

    if can_be_root; then
        say "installing, which may take some minutes: $lack"
        as_root apt-get update -qq && apt_install $lack && return 0
    fi

    die "these packages are missing; as root:
    apt-get update && apt-get install -y --no-install-recommends $lack"
}


# The mirror that this machine uses already, and its release.
debian_mirror() {
    apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
        'Created-By: Packages' 'Origin: Debian' 'Label: Debian' \
        | grep -v -- '-updates$' | head -n 1
}


# apt_apart LINE [OPTION...] COMMAND: apt-get with an apt configuration of its
# own, in the current folder, whose only source is LINE; the machine's stays as
# it is.  A mirror may have been frozen: its signature counts, not its age.
apt_apart() {
    local line=$1
    shift
    mkdir -p lists/partial cache/archives/partial
    echo "$line" > sources.list
    cat > apt.conf << END
Dir::Etc::sourcelist "$PWD/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$PWD/lists";
Dir::Cache "$PWD/cache";
APT::Sandbox::User "";
Acquire::Check-Valid-Until "false";
END
    as_root env APT_CONFIG="$PWD/apt.conf" apt-get update -qq \
        && APT_CONFIG=$PWD/apt.conf apt-get "$@"
}


# Test::Nginx is a package of Debian's unstable suite that runs on Debian 12,
# too.
need_test_nginx() {
    local tmp mirror
    perl -MTest::Nginx::Socket -e 1 2> /dev/null && return 0

    mirror=$(debian_mirror)
    [ -n "$mirror" ] || die "no Debian mirror is configured; install
    Test::Nginx from CPAN: cpan Test::Nginx"

    say "installing: libtest-nginx-perl (from unstable)"
    tmp=$(mktemp -d)
    ( cd "$tmp"
      apt_apart "deb ${mirror% *} unstable main" \
          download -qq libtest-nginx-perl \
      && as_root dpkg -i ./libtest-nginx-perl_*.deb > /dev/null ) \
        || die "Test::Nginx could not be installed; from CPAN: cpan Test::Nginx"
    rm -rf "$tmp"
}


# --- the module -------------------------------------------------------------

# As Debian builds its nginx.  _FORTIFY_SOURCE may be set by the compiler.
HARDEN_CC="-fstack-protector-strong -Wformat -Werror=format-security \
-U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2"
HARDEN_LD="-Wl,-z,relro -Wl,-z,now"


# build_module OBJS [CC_OPT [LD_OPT]]: hardened, without options of its own.
# nginx's configure has the warnings, and -Werror, which comes before ours.
build_module() {
    local objs=$1 cc_opt="-g -O2 ${2-$HARDEN_CC} $WERROR"
    local ld_opt=${3-$HARDEN_LD}

    mkdir -p "$objs"
    [ -f "$objs/$MODULE" ] || say "compiling, which may take a minute or two"

    if [ -n "${NGINX_SRC:-}" ]; then
        build_pristine "$objs" "$cc_opt" "$ld_opt"
    else
        build_packaged "$objs" "$cc_opt" "$ld_opt"
    fi

    say "built ${objs#"$TOP"/}/$MODULE"
}


# Debian's headers: the tree is read-only and has no Makefile of its own, so
# make is pointed to the one that configure has written here.
build_packaged() {
    local src=/usr/share/nginx/src objs=$1
    [ -d $src ] || die "no nginx headers: install nginx-dev, or give a source
    tree with NGINX_SRC=dir"

    configure_once "$objs" "$2 $3" bash -c '
        cd "$0" && . ./conf_flags && ./configure "${NGX_CONF_FLAGS[@]}" \
            --builddir="$1" --add-dynamic-module="$2" \
            --with-cc-opt="$3" --with-ld-opt="$4"
        ' $src "$objs" "$TOP" "$2" "$3"
    make -s -j "$JOBS" -f "$objs/Makefile" -C $src modules
}


# A tree of nginx, or a clone of it: the module and an nginx beside it.  For an
# nginx that is not --with-compat, NGINX_CONFIGURE has the options it was
# configured with, as "nginx -V" shows them.
build_pristine() {
    local objs=$1 src=$NGINX_SRC configure=configure
    local options="--with-compat --with-threads --with-debug
        --with-http_ssl_module --with-http_v2_module --with-http_realip_module
        --with-http_auth_request_module --with-http_dav_module"

    [ -f "$src/configure" ] || configure=auto/configure
    [ -f "$src/$configure" ] || die "NGINX_SRC=$src is no source of nginx: it has
    neither configure nor auto/configure"
    [ ! -d "$src/src/http/v3" ] || options="$options --with-http_v3_module"
    options=${NGINX_CONFIGURE:-$options}

    configure_once "$objs" "$src $(cksum < "$src/src/core/nginx.h") $options $2 $3" \
        bash -c '
        cd "$0" && eval "set -- \"\$@\" $6" && "./$5" "${@:7}" \
            --builddir="$1" --add-dynamic-module="$2" \
            --with-cc-opt="$3" --with-ld-opt="$4"
        ' "$src" "$objs" "$TOP" "$2" "$3" "$configure" "${options//$'\n'/ }"
    make -s -j "$JOBS" -f "$objs/Makefile" -C "$src" modules binary
}


# configure_once OBJS KEY COMMAND...: again only when a file came or went, or
# the options changed.
configure_once() {
    local objs=$1 key=$2
    shift 2
    key="$key $CC $("$CC" -dumpversion) $(
        cd "$TOP" && echo config ngx_sanzaru/*.[ch] lib/*/*.[ch] \
            t/conformance/*.[ch] && cksum < config)"

    [ -f "$objs/Makefile" ] && [ "$(cat "$objs/.key" 2> /dev/null)" = "$key" ] \
        && return 0

    "$@" > "$objs/configure.log" 2>&1 || {
        tail -n 20 "$objs/configure.log" >&2
        die "configure failed; see ${objs#"$TOP"/}/configure.log"
    }
    printf '%s' "$key" > "$objs/.key"
}


nginx_binary() {
    if [ -n "${NGINX_SRC:-}" ]; then
        echo "${NGINX_OUT:-$OUT/objs}/nginx"
    else
        command -v nginx || echo /usr/sbin/nginx
    fi
}


# --- run and demo -----------------------------------------------------------

# write_config DIR PORT BASE_URL KEY_LINE: a small nginx.conf for one gateway.
write_config() {
    local dir=$1
    mkdir -p "$dir/media" "$dir/logs" "$dir/tmp"
    chmod 700 "$dir"
    [ -s "$dir/session.secret" ] || head -c 32 /dev/urandom | od -An -tx1 \
        | tr -d ' \n' > "$dir/session.secret"

    cat > "$dir/nginx.conf" << END
load_module $OUT/objs/$MODULE;

$([ "$(id -u)" = 0 ] && echo "user root;")
worker_processes auto;
daemon off;
pid $dir/nginx.pid;
error_log $dir/logs/error.log notice;

events {
    worker_connections 1024;
}

http {
    log_format gateway '$(printf '$%s' time_iso8601) \$status '
                       '\$sanzaru_method \$sanzaru_tool \$sanzaru_outcome '
                       '\$request_time';
    access_log $dir/logs/access.log gateway;

    client_body_temp_path $dir/tmp/body;
    proxy_temp_path $dir/tmp/proxy;
    fastcgi_temp_path $dir/tmp/fastcgi;
    uwsgi_temp_path $dir/tmp/uwsgi;
    scgi_temp_path $dir/tmp/scgi;

    sanzaru_secret_file $dir/session.secret;
    sanzaru_state_path $dir/state;

    sanzaru_provider openai {
        base_url $3;
        $4
    }

    server {
        listen 127.0.0.1:$2;

        location /mcp {
            sanzaru_mcp;
            sanzaru_media_path $dir/media;
            sanzaru_service video provider=openai;
            sanzaru_service image provider=openai;
            $5
        }
    }
}
END
}


free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0));
print(s.getsockname()[1])'
}


MOCK_PID=
NGINX_PID=

stop_all() {
    if [ -n "$NGINX_PID" ]; then
        kill -QUIT "$NGINX_PID" 2> /dev/null || true
        wait "$NGINX_PID" 2> /dev/null || true
    fi
    if [ -n "$MOCK_PID" ]; then
        kill "$MOCK_PID" 2> /dev/null || true
    fi
}


# start_mock DIR [OPTION...]: sets MOCK_URL
start_mock() {
    local dir=$1
    shift
    rm -f "$dir/mock.port"
    python3 t/mock/server.py --port 0 --port-file "$dir/mock.port" \
        --log "$dir/logs/stand-in.log" --parent-watch "$@" > /dev/null &
    MOCK_PID=$!
    for _ in $(seq 100); do
        [ -s "$dir/mock.port" ] && break
        sleep 0.05
    done
    [ -s "$dir/mock.port" ] || die "the stand-in for OpenAI did not start"
    MOCK_URL=http://127.0.0.1:$(cat "$dir/mock.port")/v1
}


port_is_free() {
    python3 -c 'import socket, sys; s = socket.socket()
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
s.bind(("127.0.0.1", int(sys.argv[1])))' "$1" 2> /dev/null
}


# The pid file comes when nginx has its port: until then another program may
# be the one that answers there.
start_gateway() {
    local dir=$1 port=$2
    rm -f "$dir/nginx.pid"
    "$(nginx_binary)" -q -t -c "$dir/nginx.conf" -p "$dir" \
        -e "$dir/logs/error.log" || die "nginx does not accept the configuration"
    "$(nginx_binary)" -c "$dir/nginx.conf" -p "$dir" -e "$dir/logs/error.log" &
    NGINX_PID=$!
    for _ in $(seq 100); do
        [ -s "$dir/nginx.pid" ] \
            && curl -s -o /dev/null "http://127.0.0.1:$port/mcp" && return 0
        kill -0 "$NGINX_PID" 2> /dev/null || break
        sleep 0.05
    done
    tail -n 5 "$dir/logs/error.log" >&2
    die "nginx did not start; is port $port in use?"
}


# choose_upstream DIR: the real one with a key, the stand-in without
choose_upstream() {
    local dir=$1
    if [ -n "${OPENAI_API_KEY:-}" ]; then
        BASE_URL=${OPENAI_BASE_URL:-https://api.openai.com/v1}
        (umask 077; printf '%s\n' "$OPENAI_API_KEY" > "$dir/openai.key")
        KEY_LINE="key_file $dir/openai.key;"
        UPSTREAM="$BASE_URL, with the key of OPENAI_API_KEY: calls cost money"
    else
        start_mock "$dir" "${@:2}"
        BASE_URL=$MOCK_URL
        KEY_LINE="key stand-in;"
        UPSTREAM="the bundled stand-in for OpenAI (no OPENAI_API_KEY is set):
             test pictures, no money"
    fi
}


target_run() {
    local dir=$OUT/run port=${PORT:-8000}
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $RUN_PACKAGES
    port_is_free "$port" || die "another program has port $port of 127.0.0.1 (or
    it takes a privilege); choose one: PORT=8001 ./build.sh run"
    build_module "$OUT/objs"
    mkdir -p "$dir/logs"
    trap stop_all EXIT
    choose_upstream "$dir"
    write_config "$dir" "$port" "$BASE_URL" "$KEY_LINE" ""
    start_gateway "$dir" "$port"
    cat << END

  MCP          http://127.0.0.1:$port/mcp
  media        $dir/media
  upstream     $UPSTREAM
  logs         $dir/logs

  add it to a client:
    claude mcp add --transport http sanzaru http://127.0.0.1:$port/mcp

  Ctrl-C ends it.
END
    trap 'exit 0' INT TERM
    wait "$NGINX_PID"
}


target_demo() {
    local dir=$OUT/demo port
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $RUN_PACKAGES
    build_module "$OUT/objs"
    rm -rf "$dir"
    mkdir -p "$dir/logs"
    trap stop_all EXIT
    port=$(free_port)
    choose_upstream "$dir" --render-seconds 6
    write_config "$dir" "$port" "$BASE_URL" "$KEY_LINE" \
        "$([ -n "$MOCK_PID" ] && echo 'sanzaru_poll_interval 500ms 1s;')"
    start_gateway "$dir" "$port"
    say "upstream: $UPSTREAM"
    python3 t/demo/demo.py "http://127.0.0.1:$port/mcp" "$dir/media"
}


# --- tests ------------------------------------------------------------------

# The flows and the conformance suite run on Node, whose own version comes from
# npm; without it they are skipped and say so.
need_node() {
    command -v npm > /dev/null && return 0
    can_be_root || { say "there is no npm: flows and conformance are skipped"
                     return 0; }
    say "installing, which may take some minutes: nodejs npm"
    apt_install nodejs npm \
        || say "npm cannot be installed: flows and conformance are skipped"
}


need_tests() {
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $TEST_PACKAGES
    need_test_nginx
}


# build_units OUT CC CFLAGS [MAKE-TARGET...]
build_units() {
    local out=$1 cc=$2 cflags=$3
    shift 3
    make -s -j "$JOBS" -f t/Makefile OUT="$out" CC="$cc" CFLAGS="$cflags" \
        WERROR="$WERROR" "${@:-units}"
}


run_units() {
    say "== unit tests ($1)"
    prove -j "$JOBS" -e '' "$1"/test_*[!.][!o] "${@:2}"
}


# run_suites [PROVE-OPTION...] FILE...: with Test::Nginx, each file on ports
# and in a folder of its own
run_suites() {
    say "== suites"
    local flags=$OUT/run-suites
    mkdir -p "$flags"
    TEST_NGINX_BINARY=$(nginx_binary) \
    TEST_NGINX_LOAD_MODULES=$OUT/${SUITE_OBJS:-objs}/$MODULE \
    TEST_NGINX_RANDOMIZE=1 TEST_NGINX_SLEEP=${TEST_NGINX_SLEEP:-0.02} \
        prove -It/lib "$@"
}


target_unit() {
    need_tests
    build_units "$OUT/unit" "$CC" "-O1 -g"
    run_units "$OUT/unit" t/unit/*.py
}


# the image path on a machine without vectors, ISA-L and libdeflate
target_portable() {
    need_tests
    build_units "$OUT/unit-portable" "$CC" "-O1 -g -DSZ_PORTABLE" \
        ISAL= LIBDEFLATE= media-units
    run_units "$OUT/unit-portable"
}


target_suites() {
    need_tests
    need_node
    build_module "$OUT/objs"
    [ $# -gt 0 ] || set -- t/*.t
    run_suites -j "$JOBS" "$@"
}


PASSED=() FAILED=() SKIPPED=()

# step TARGET [ARGUMENT...]: one step of the tests, in a process of its own; the
# others run whatever becomes of it.  It is skipped where it says 77.
step() {
    local rc=0 began=$SECONDS verdict
    "$TOP/build.sh" "$@" || rc=$?
    case $rc in
        0) PASSED+=("$1") verdict=passed ;;
        77) SKIPPED+=("$1") verdict=skipped ;;
        *) FAILED+=("$1") verdict=FAILED ;;
    esac
    say "== $1: $verdict, $((SECONDS - began)) s"
}


# The last line counts steps; before it the names of those that failed.
summary() {
    [ ${#SKIPPED[@]} = 0 ] || say "skipped, see above why: ${SKIPPED[*]}"
    [ ${#FAILED[@]} = 0 ] || say "failed, one by one with ./build.sh NAME:" \
        "${FAILED[*]}"
    printf '%s passed, %s failed' ${#PASSED[@]} ${#FAILED[@]}
    [ ${#SKIPPED[@]} = 0 ] || printf ', %s skipped' ${#SKIPPED[@]}
    printf '\n'
    [ ${#FAILED[@]} = 0 ]
}


target_test() {
    need_tests
    need_node
    step build
    step unit
    step portable
    step torture --seconds 30
    step suites
    step conformance
    summary
}


# needs node and npm; without them it says so and is skipped, with 77
target_conformance() {
    local rc=0 objs=$OUT/objs-conformance
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $RUN_PACKAGES
    say "== conformance"
    SANZARU_CONFORMANCE=1 build_module "$objs"
    TEST_NGINX_BINARY=$(NGINX_OUT=$objs nginx_binary) \
        t/conformance/run.sh "$OUT" "$objs/$MODULE" "$@" || rc=$?
    [ $rc = 0 ] || [ $rc = 77 ] || say "the conformance suite has failed"
    return $rc
}


# --- sanitizers, valgrind, lint ---------------------------------------------

SANITIZE="-fsanitize=address,undefined -fno-omit-frame-pointer"

FUZZ_SECONDS=${FUZZ_SECONDS:-60}


# The nginx of this machine in source, for builds that instrument it, too:
# Debian's own source package, fetched as libtest-nginx-perl is.
need_nginx_source() {
    local version tmp
    [ -n "${NGINX_SRC:-}" ] && return 0
    version=$(nginx -v 2>&1 | sed 's|.*nginx/||')
    NGINX_SRC=$OUT/src/nginx-$version
    [ -f "$NGINX_SRC/configure" ] && return 0

    tmp=$(mktemp -d)
    mkdir -p "$OUT/src"
    ( cd "$tmp"
      apt_apart "deb-src $(debian_mirror) main" \
          source -qq --download-only nginx 2> /dev/null \
      && tar xzf nginx_*.orig.tar.gz -C "$OUT/src" ) \
        || die "no source of nginx $version; give one with NGINX_SRC=dir"
    rm -rf "$tmp"
}


fuzz_all() {
    local f name seeds
    build_units "$OUT/fuzz" clang "-O1 -g -fsanitize=fuzzer-no-link $SANITIZE \
        -fno-sanitize-recover=undefined" fuzzers
    for f in "$OUT"/fuzz/fuzz_*; do
        name=${f##*/}
        case $name in *.*) continue ;; esac
        say "== $name, $FUZZ_SECONDS s"
        mkdir -p "$OUT/fuzz/corpus/$name"
        seeds=()
        [ -d "t/fuzz/corpus/$name" ] && seeds=("t/fuzz/corpus/$name")
        "$f" -max_total_time="$FUZZ_SECONDS" -timeout=20 -rss_limit_mb=2048 \
            -print_final_stats=0 -verbosity=0 \
            -artifact_prefix="$OUT/fuzz/$name-" "$OUT/fuzz/corpus/$name" \
            "${seeds[@]}" \
            2> "$OUT/fuzz/$name.log" || {
                tail -n 40 "$OUT/fuzz/$name.log" >&2
                die "$name found something; see build/fuzz/$name.log"; }
    done
}


# The module and an nginx in build/objs-asan, both instrumented.
build_sanitized() {
    need_nginx_source
    export NGINX_SRC
    NGINX_OUT=$OUT/objs-asan
    build_module "$OUT/objs-asan" \
        "-O1 $SANITIZE -DNGX_DEBUG_PALLOC=1" "$SANITIZE"
}


# Builds them, and runs suites: all, or the arguments.
asan_suites() {
    build_sanitized
    export SANZARU_SANITIZED=1 SUITE_OBJS=objs-asan
    rm -f "$OUT"/asan.*
    export ASAN_OPTIONS=detect_odr_violation=0:detect_leaks=0
    export ASAN_OPTIONS=$ASAN_OPTIONS:log_path=$OUT/asan.report
    export UBSAN_OPTIONS=print_stacktrace=1:log_path=$OUT/asan.report
    export UBSAN_OPTIONS=$UBSAN_OPTIONS:suppressions=$TOP/t/ubsan.suppress
    TEST_NGINX_SLEEP=0.1 run_suites "$@"
    if ls "$OUT"/asan.report* > /dev/null 2>&1; then
        head -n 40 "$OUT"/asan.report* >&2
        die "the sanitizers have found something; see build/asan.report.*"
    fi
    say "the sanitizers are silent"
}


target_asan() {
    need_tests
    # shellcheck disable=SC2086
    need $LINT_PACKAGES
    build_units "$OUT/unit-asan" "$CC" "-O1 -g $SANITIZE \
        -fno-sanitize-recover=undefined"
    run_units "$OUT/unit-asan"
    fuzz_all
    asan_suites -j "$JOBS" t/*.t
}


target_sweep() {
    need_tests
    SANZARU_SWEEP=${1:-29} asan_suites -v t/046-hub-killed.t
}


target_chaos() {
    need_tests
    build_sanitized
    /usr/bin/python3 t/chaos/chaos.py "$OUT/objs-asan/nginx" \
        "$OUT/objs-asan/$MODULE" "${CHAOS_SECONDS:-1200}" "${CHAOS_SEED:-}"
}


target_valgrind() {
    need_tests
    need valgrind
    build_module "$OUT/objs"
    rm -f "$OUT"/valgrind.*
    export SANZARU_SANITIZED=1
    export SANZARU_VALGRIND="valgrind --quiet --leak-check=full
        --show-leak-kinds=definite --errors-for-leak-kinds=definite
        --num-callers=30 --suppressions=$TOP/t/valgrind.suppress
        --log-file=$OUT/valgrind.%p"
    run_suites -j "$JOBS" t/02[0-58]*.t t/04[0-35]*.t
    # lines of "--" only tell that valgrind does not know openat2()
    if grep -l '^==' "$OUT"/valgrind.*; then
        grep -h '^==' "$OUT"/valgrind.* | head -n 60 >&2
        die "valgrind has found something; see build/valgrind.*"
    fi
    say "valgrind is silent"
}


# torture [--seconds N] [--seed N] [TEST...]: see t/torture/run.py
target_torture() {
    need_tests
    need binutils
    build_units "$OUT/torture" "$CC" \
        "-O1 -g -fsanitize=address -fno-omit-frame-pointer" tortures
    say "== torture"
    t/torture/run.py "$OUT/torture/torture" "$@"
}


target_lint() {
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $LINT_PACKAGES
    t/lint.sh
    fuzz_all
}


target_docs() {
    build_units "$OUT/unit" "$CC" "-O1 -g" "$OUT/unit/docs/tools"
    "$OUT/unit/docs/tools" > docs/tools.md
    say "wrote docs/tools.md"
}


target_bench() {
    need_tests
    # shellcheck disable=SC2086
    need wrk
    build_module "$OUT/objs"
    build_units "$OUT/bench-objs" "$CC" "-O2 -g" benches
    local what
    [ $# -gt 0 ] || set -- loop downloads protocol throughput images base64 \
        files streams reads memory
    for what in "$@"; do
        say "== bench $what"
        t/bench/"$what".sh "$OUT" | tee "$OUT/bench-$what.md"
        python3 t/bench/page.py docs/benchmarks.md "$what" \
            < "$OUT/bench-$what.md"
    done
}


target_build() {
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES
    build_module "$OUT/objs"
}


# put FILE PATH: with root's help only where it takes that
put() {
    if mkdir -p "${2%/*}" 2> /dev/null && [ -w "${2%/*}" ]; then
        install -m 644 "$1" "$2"
    else
        as_root install -D -m 644 "$1" "$2" \
            || die "as root: install -D -m 644 $1 $2"
    fi
}


target_install() {
    local dir conf=/usr/share/nginx/modules-available/mod-http-sanzaru.conf
    target_build
    dir=$("$(nginx_binary)" -V 2>&1 | tr ' ' '\n' \
          | sed -n 's/^--modules-path=//p')
    dir=${dir:-/usr/lib/nginx/modules}
    put "$OUT/objs/$MODULE" "${DESTDIR:-}$dir/$MODULE"

    if [ -z "${DESTDIR:-}${NGINX_SRC:-}" ] && [ -d /etc/nginx/modules-enabled ]
    then
        echo "load_module modules/$MODULE;" > "$OUT/mod-http-sanzaru.conf"
        put "$OUT/mod-http-sanzaru.conf" $conf
        as_root ln -sf $conf \
            /etc/nginx/modules-enabled/50-mod-http-sanzaru.conf
        say "loaded by /etc/nginx/modules-enabled/50-mod-http-sanzaru.conf"
    else
        say "add to nginx.conf: load_module $dir/$MODULE;"
    fi
}


# The long ones, in chroots below build/machines.
target_arm64() { chroots arm64 "$@"; }
target_machines() { chroots machines "$@"; }

chroots() {
    local mirror
    [ "$(id -u)" = 0 ] || die "$1 needs root, for debootstrap and chroot"
    need debootstrap
    mirror=$(debian_mirror)
    [ -n "$mirror" ] || die "no Debian mirror is configured"
    MIRROR=${mirror% *} CODENAME=${mirror#* } "t/$1.sh" "$OUT/machines" "${@:2}"
}


target_clean() { rm -rf "$OUT"; }
target_help() { usage; }


[ $# -gt 0 ] || set -- help

case $1 in
    run|demo|test|build|install|unit|portable|suites|conformance|asan|sweep|\
    valgrind|torture|lint|chaos|arm64|machines|bench|docs|clean|help)
        "target_$1" "${@:2}" ;;
    *)
        usage >&2
        exit 2 ;;
esac
