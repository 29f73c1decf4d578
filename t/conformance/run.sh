#!/usr/bin/env bash
# The conformance suite of MCP against a gateway with two workers, whose module
# has the fixture pack.
#
#     t/conformance/run.sh build MODULE [SCENARIO...]
#
# `./build.sh conformance` builds the module and calls it.  Keeps the npm
# packages in build/npm-conformance and the checks of every scenario in
# build/conformance.  Prints a table of scenarios and verdicts; not 0 when a
# check has failed.  77: nothing was run, and why.

# Variables of nginx are meant literally.
# shellcheck disable=SC2016

set -euo pipefail

cd "$(dirname "$0")/../.."

OUT=$(cd "$1" && pwd)
MODULE=$2
shift 2
NPM=$OUT/npm-conformance
RUN=$OUT/conformance
NGINX=${TEST_NGINX_BINARY:-$(command -v nginx || echo /usr/sbin/nginx)}

NGINX_PID=
MOCK_PID=


say() { printf '%s\n' "$*" >&2; }
die() { say "conformance: $*"; exit 1; }
skip() { say "conformance: skipped: $*"; exit 77; }


# shellcheck disable=SC2317
stop() {
    [ -n "$NGINX_PID" ] && kill -QUIT "$NGINX_PID" 2> /dev/null
    [ -n "$MOCK_PID" ] && kill "$MOCK_PID" 2> /dev/null
    wait
    return 0
}


# --- the suite --------------------------------------------------------------

install_suite() {
    command -v npm > /dev/null || skip "npm is missing"
    mkdir -p "$NPM"

    if ! cmp -s t/conformance/package.json "$NPM/package.json" \
        || [ ! -d "$NPM/node_modules" ]; then
        cp t/conformance/package.json "$NPM/package.json"
        (cd "$NPM" && npm install --no-audit --no-fund --no-package-lock \
            --loglevel error > install.log 2>&1) || {
                rm -f "$NPM/package.json"
                skip "npm cannot install the suite: $(tail -n 3 \
                    "$NPM/install.log" | tr '\n' ' ')"; }
    fi

    export PATH=$NPM/node_modules/.bin:$PATH
    node -e 'process.exit(+(parseInt(process.versions.node) < 22))' \
        || skip "the suite needs node 22 or newer, not $(node --version)"
}


suite() {
    node "$NPM/node_modules/@modelcontextprotocol/conformance/dist/index.js" \
        server --url "http://localhost:$PORT/mcp" "$@"
}


# --- the gateway ------------------------------------------------------------

wait_for() {
    for _ in $(seq 100); do
        "$@" && return 0
        sleep 0.05
    done
    return 1
}


start_mock() {
    rm -f "$RUN/mock.port"
    python3 t/mock/server.py --port 0 --port-file "$RUN/mock.port" \
        --parent-watch > /dev/null 2>&1 &
    MOCK_PID=$!
    wait_for test -s "$RUN/mock.port" || die "the stand-in did not start"
}


free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0));
print(s.getsockname()[1])'
}


start_gateway() {
    PORT=$(free_port)
    mkdir -p "$RUN/media" "$RUN/state" "$RUN/tmp"
    cat > "$RUN/nginx.conf" << END
load_module $MODULE;
$([ "$(id -u)" = 0 ] && echo "user root;")
worker_processes 2;
daemon off;
pid $RUN/nginx.pid;
error_log $RUN/error.log info;
events { worker_connections 1024; }
http {
    access_log $RUN/access.log;
    client_body_temp_path $RUN/tmp/body;
    proxy_temp_path $RUN/tmp/proxy;
    fastcgi_temp_path $RUN/tmp/fastcgi;
    uwsgi_temp_path $RUN/tmp/uwsgi;
    scgi_temp_path $RUN/tmp/scgi;
    sanzaru_state_path $RUN/state;
    sanzaru_provider openai {
        base_url http://127.0.0.1:$(cat "$RUN/mock.port")/v1;
        key test-key;
    }
    server {
        listen 127.0.0.1:$PORT reuseport;
        listen [::1]:$PORT reuseport;
        location /mcp {
            sanzaru_mcp;
            sanzaru_media_path $RUN/media;
            sanzaru_service video provider=openai;
        }
    }
}
END
    "$NGINX" -p "$RUN" -c "$RUN/nginx.conf" -e "$RUN/error.log" &
    NGINX_PID=$!
    wait_for curl -s -o /dev/null "http://127.0.0.1:$PORT/mcp" \
        || die "nginx did not start: $(tail -n 3 "$RUN/error.log")"
}


# --- runs and their table ---------------------------------------------------

FAILED=0

# run NAME OPTION...: one call of the suite
run() {
    local name=$1 rc=0
    shift
    suite "$@" -o "$RUN/$name" > "$RUN/$name.log" 2>&1 || rc=$?
    python3 t/conformance/table.py "$name" "$RUN/$name" || FAILED=1
    if [ $rc != 0 ]; then
        FAILED=1
        say "$name: the suite says $rc; see $RUN/$name.log"
    fi
}


run_all() {
    local version
    run required-2025-11-25 --requirements 2025-11-25
    run required-2026-07-28 --requirements 2026-07-28
    for version in 2025-03-26 2025-06-18 2025-11-25 2026-07-28; do
        run "all-$version" --suite all --spec-version "$version"
    done
    run all --suite all
}


install_suite

rm -rf "$RUN"
mkdir -p "$RUN"
trap stop EXIT
start_mock
start_gateway

if [ $# -gt 0 ]; then
    for scenario in "$@"; do
        run "$scenario" --scenario "$scenario"
    done
else
    run_all
fi

if grep -E '\[(alert|emerg|crit)\]|exited on signal' "$RUN/error.log" >&2; then
    FAILED=1
fi

[ $FAILED = 0 ] && say "conformance: all pass"
exit $FAILED
