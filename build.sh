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
    unit|asan|lint) WERROR=${WERROR:--Werror} ;;
esac
export WERROR=${WERROR:--Wno-error}

BUILD_PACKAGES="gcc make nginx nginx-dev libcurl4-openssl-dev libcjson-dev
    libjpeg62-turbo-dev libpng-dev libwebp-dev libssl-dev libdeflate-dev
    libisal-dev ca-certificates"

RUN_PACKAGES="python3 curl"

TEST_PACKAGES="perl libtest-base-perl libtest-longstring-perl
    liblist-moreutils-perl libhttp-message-perl libfilter-perl libwww-perl
    libipc-run-perl procps python3 python3-pil curl openssl"

LINT_PACKAGES="clang clang-tidy cppcheck shellcheck libclang-rt-14-dev"


usage() {
    cat << END
usage: ./build.sh TARGET

  run        build, and start a gateway on 127.0.0.1:8000
  demo       make a video through MCP, once, and show what was made
  test       all tests

  build      build the module for the nginx that is installed; or, with
             NGINX_SRC=dir, for a pristine nginx source tree
  install    put the module where nginx looks for modules
  unit       unit tests of lib/
  conformance  the official MCP suite, against a gateway with two workers
  asan       unit tests, fuzz targets and suites under ASan and UBSan
  valgrind   suites under valgrind
  lint       static checks, and a minute of fuzzing per parser
  bench      measure, and compare with the peers; "bench images" for one
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


as_root() {
    if [ "$(id -u)" = 0 ]; then
        "$@"
    elif command -v sudo > /dev/null && sudo -n true 2> /dev/null; then
        sudo "$@"
    else
        return 126
    fi
}


# The package lists are split into words on purpose.
# shellcheck disable=SC2086,SC2048
need() {
    local lack
    command -v dpkg-query > /dev/null || return 0       # not a Debian
    lack=$(missing $*)
    [ -z "$lack" ] && return 0

    say "installing: $lack"
    if as_root sh -c "apt-get update -qq && DEBIAN_FRONTEND=noninteractive \
                      apt-get install -y -qq --no-install-recommends $lack \
                      > /dev/null"; then
        return 0
    fi

    die "these packages are missing; as root:
    apt-get update && apt-get install -y $lack"
}


# Test::Nginx is a package of Debian's unstable suite that runs on Debian 12,
# too.  It is fetched with an apt configuration of its own, from the mirror
# this machine uses already; the machine's sources stay as they are.
need_test_nginx() {
    local tmp mirror
    perl -MTest::Nginx::Socket -e 1 2> /dev/null && return 0

    mirror=$(apt-get indextargets --format '$(REPO_URI)' 'Created-By: Packages' \
             'Origin: Debian' 'Label: Debian' | head -n 1)
    [ -n "$mirror" ] || die "no Debian mirror is configured; install
    Test::Nginx from CPAN: cpan Test::Nginx"

    say "installing: libtest-nginx-perl (from unstable)"
    tmp=$(mktemp -d)
    mkdir -p "$tmp/lists/partial" "$tmp/cache/archives/partial"
    echo "deb $mirror unstable main" > "$tmp/sources.list"
    cat > "$tmp/apt.conf" << END
Dir::Etc::sourcelist "$tmp/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$tmp/lists";
Dir::Cache "$tmp/cache";
APT::Sandbox::User "";
END
    ( cd "$tmp"
      as_root env APT_CONFIG="$tmp/apt.conf" apt-get update -qq \
      && APT_CONFIG=$tmp/apt.conf apt-get download -qq libtest-nginx-perl \
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


# A pristine tree: the module and an nginx beside it.
build_pristine() {
    local objs=$1
    [ -f "$NGINX_SRC/configure" ] || die "NGINX_SRC=$NGINX_SRC has no configure"

    configure_once "$objs" "$NGINX_SRC $2 $3" bash -c '
        cd "$0" && ./configure --with-compat --with-threads --with-debug \
            --with-http_ssl_module --with-http_v2_module \
            --with-http_realip_module --with-http_auth_request_module \
            --builddir="$1" --add-dynamic-module="$2" \
            --with-cc-opt="$3" --with-ld-opt="$4"
        ' "$NGINX_SRC" "$objs" "$TOP" "$2" "$3"
    make -s -j "$JOBS" -f "$objs/Makefile" -C "$NGINX_SRC" modules binary
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
    [ -n "$NGINX_PID" ] && kill -QUIT "$NGINX_PID" 2> /dev/null
    [ -n "$NGINX_PID" ] && wait "$NGINX_PID" 2> /dev/null
    [ -n "$MOCK_PID" ] && kill "$MOCK_PID" 2> /dev/null
    return 0
}


# start_mock DIR [OPTION...]: sets MOCK_URL
start_mock() {
    local dir=$1
    shift
    rm -f "$dir/mock.port"
    python3 t/mock/server.py --port 0 --port-file "$dir/mock.port" \
        --log "$dir/logs/stand-in.log" "$@" > /dev/null &
    MOCK_PID=$!
    for _ in $(seq 100); do
        [ -s "$dir/mock.port" ] && break
        sleep 0.05
    done
    [ -s "$dir/mock.port" ] || die "the stand-in for OpenAI did not start"
    MOCK_URL=http://127.0.0.1:$(cat "$dir/mock.port")/v1
}


start_gateway() {
    local dir=$1 port=$2
    "$(nginx_binary)" -q -t -c "$dir/nginx.conf" -p "$dir" \
        -e "$dir/logs/error.log" || die "nginx does not accept the configuration"
    "$(nginx_binary)" -c "$dir/nginx.conf" -p "$dir" -e "$dir/logs/error.log" &
    NGINX_PID=$!
    for _ in $(seq 100); do
        curl -s -o /dev/null "http://127.0.0.1:$port/mcp" && return 0
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
    say "installing: nodejs npm"
    as_root sh -c "DEBIAN_FRONTEND=noninteractive apt-get install -y -qq \
                   --no-install-recommends nodejs npm > /dev/null" \
        || say "there is no npm: flows and conformance will be skipped"
}


need_tests() {
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $TEST_PACKAGES
    need_test_nginx
    need_node
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

    # the image path on a machine without vectors, ISA-L and libdeflate
    build_units "$OUT/unit-portable" "$CC" "-O1 -g -DSZ_PORTABLE" \
        ISAL= LIBDEFLATE= media-units
    run_units "$OUT/unit-portable"
}


target_test() {
    need_tests
    build_module "$OUT/objs"
    target_unit
    run_suites -j "$JOBS" t/*.t
    conformance
}


# conformance [SCENARIO...]: needs node and npm; without them it says so and is
# skipped.
conformance() {
    local rc=0 objs=$OUT/objs-conformance
    say "== conformance"
    SANZARU_CONFORMANCE=1 build_module "$objs"
    TEST_NGINX_BINARY=$(NGINX_OUT=$objs nginx_binary) \
        t/conformance/run.sh "$OUT" "$objs/$MODULE" "$@" || rc=$?
    [ $rc = 0 ] || [ $rc = 77 ] || die "the conformance suite has failed"
}


target_conformance() {
    # shellcheck disable=SC2086
    need $BUILD_PACKAGES $RUN_PACKAGES
    conformance "$@"
}


# --- sanitizers, valgrind, lint ---------------------------------------------

SANITIZE="-fsanitize=address,undefined -fno-omit-frame-pointer"

FUZZ_SECONDS=${FUZZ_SECONDS:-60}


# The nginx of this machine in source, for builds that instrument it, too:
# Debian's own source package, fetched as libtest-nginx-perl is.
need_nginx_source() {
    local version tmp mirror
    [ -n "${NGINX_SRC:-}" ] && return 0
    version=$(nginx -v 2>&1 | sed 's|.*nginx/||')
    NGINX_SRC=$OUT/src/nginx-$version
    [ -f "$NGINX_SRC/configure" ] && return 0

    mirror=$(apt-get indextargets --format '$(REPO_URI) $(CODENAME)' \
             'Created-By: Packages' 'Origin: Debian' 'Label: Debian' \
             | grep -v -- '-updates$' | head -n 1)
    tmp=$(mktemp -d)
    mkdir -p "$tmp/lists/partial" "$tmp/cache/archives/partial" "$OUT/src"
    echo "deb-src $mirror main" > "$tmp/sources.list"
    cat > "$tmp/apt.conf" << END
Dir::Etc::sourcelist "$tmp/sources.list";
Dir::Etc::sourceparts "-";
Dir::State::lists "$tmp/lists";
Dir::Cache "$tmp/cache";
APT::Sandbox::User "";
END
    ( cd "$tmp"
      as_root env APT_CONFIG="$tmp/apt.conf" apt-get update -qq \
      && APT_CONFIG=$tmp/apt.conf apt-get source -qq --download-only nginx 2> /dev/null \
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


target_asan() {
    need_tests
    # shellcheck disable=SC2086
    need $LINT_PACKAGES
    build_units "$OUT/unit-asan" "$CC" "-O1 -g $SANITIZE \
        -fno-sanitize-recover=undefined"
    run_units "$OUT/unit-asan"
    fuzz_all

    need_nginx_source
    export NGINX_SRC SANZARU_SANITIZED=1 SUITE_OBJS=objs-asan
    NGINX_OUT=$OUT/objs-asan
    build_module "$OUT/objs-asan" \
        "-O1 $SANITIZE -DNGX_DEBUG_PALLOC=1" "$SANITIZE"
    rm -f "$OUT"/asan.*
    export ASAN_OPTIONS=detect_odr_violation=0:detect_leaks=0
    export ASAN_OPTIONS=$ASAN_OPTIONS:log_path=$OUT/asan.report
    export UBSAN_OPTIONS=print_stacktrace=1:log_path=$OUT/asan.report
    export UBSAN_OPTIONS=$UBSAN_OPTIONS:suppressions=$TOP/t/ubsan.suppress
    TEST_NGINX_SLEEP=0.1 run_suites -j "$JOBS" t/*.t
    if ls "$OUT"/asan.report* > /dev/null 2>&1; then
        head -n 40 "$OUT"/asan.report* >&2
        die "the sanitizers have found something; see build/asan.report.*"
    fi
    say "the sanitizers are silent"
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
    run_suites -j "$JOBS" t/02[0-5]*.t t/04[0-3]*.t
    # lines of "--" only tell that valgrind does not know openat2()
    if grep -l '^==' "$OUT"/valgrind.*; then
        grep -h '^==' "$OUT"/valgrind.* | head -n 60 >&2
        die "valgrind has found something; see build/valgrind.*"
    fi
    say "valgrind is silent"
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
    [ $# -gt 0 ] || set -- loop downloads protocol throughput images base64
    for what in "$@"; do
        say "== bench $what"
        t/bench/"$what".sh "$OUT" | tee "$OUT/bench-$what.md"
        python3 t/bench/page.py docs/benchmarks.md "$what" \
            < "$OUT/bench-$what.md"
    done
}


target_build() {
    # shellcheck disable=SC2086
    [ -n "${NGINX_SRC:-}" ] || need $BUILD_PACKAGES
    build_module "$OUT/objs"
}


target_install() {
    local dir
    target_build
    dir=$("$(nginx_binary)" -V 2>&1 | tr ' ' '\n' \
          | sed -n 's/^--modules-path=//p')
    dir=${DESTDIR:-}${dir:-/usr/lib/nginx/modules}
    as_root install -D -m 644 "$OUT/objs/$MODULE" "$dir/$MODULE" \
        || die "as root: install -D -m 644 $OUT/objs/$MODULE $dir/$MODULE"
    if [ -z "${DESTDIR:-}" ] && [ -d /usr/share/nginx/modules-available ]; then
        echo "load_module modules/$MODULE;" \
            | as_root tee /usr/share/nginx/modules-available/mod-http-sanzaru.conf \
            > /dev/null
        as_root ln -sf /usr/share/nginx/modules-available/mod-http-sanzaru.conf \
            /etc/nginx/modules-enabled/50-mod-http-sanzaru.conf
        say "loaded by /etc/nginx/modules-enabled/50-mod-http-sanzaru.conf"
    else
        say "add to nginx.conf: load_module $dir/$MODULE;"
    fi
}


target_clean() { rm -rf "$OUT"; }
target_help() { usage; }


case "${1:-help}" in
    run|demo|test|build|install|unit|conformance|asan|valgrind|lint|bench|docs|clean|help)
        "target_$1" "${@:2}" ;;
    *)
        usage >&2
        exit 2 ;;
esac
