#!/bin/sh
# Static checks: the laws of the house, looks, and what the tools find.

# Lists of files are split into words on purpose.
# shellcheck disable=SC2046,SC2086

set -u
cd "$(dirname "$0")/.." || exit 1

bad=0
complain() { bad=1; printf '%s\n' "$*" >&2; }

# check NAME COMMAND...: what it prints is wrong
check() {
    name=$1
    shift
    out=$("$@" 2>&1) || true
    if [ -n "$out" ]; then
        complain "== $name"
        printf '%s\n' "$out" | head -n 40 >&2
    fi
}

c_files=$(git ls-files '*.c' '*.h' 2> /dev/null || find . -name '*.[ch]')
lib_files=$(ls lib/*/*.c lib/*/*.h)

# the shell's files but one
others() { printf '%s\n' ngx_sanzaru/*.c | grep -v "$1"; }

# the laws

check 'lib/ knows no nginx' \
    grep -nE '\bngx_|<ngx_|"ngx_' $lib_files
check 'lib/ starts no thread' \
    grep -nE 'pthread_create|thrd_create|\bfork\(' $lib_files
check 'curl_multi_* only in the curl room' \
    grep -nE '\bcurl_multi_' $(others _curl.c) $lib_files
check 'curl_easy_setopt only in the transfer room' \
    grep -nE '\bcurl_easy_setopt' $(others _transfer) $lib_files
check 'files are opened in the store only' \
    grep -nE '[^_a-z](open|openat|fopen|creat)\(' \
    $(printf '%s\n' $lib_files | grep -v /store/)
check 'no API path and no tool in the shell' \
    grep -nE '"/v1|"/videos|"/images|create_video|tools/call' ngx_sanzaru/*.c
check 'JSON trees are changed in base only' \
    grep -nE 'cJSON_(Add|Insert|Replace|Detach|Delete[A-Z])' \
    $(printf '%s\n' $lib_files | grep -v /base/)
check 'callers are known by their id' \
    grep -nE 'head(\.|->)caller\b' $(printf '%s\n' $lib_files \
    | grep -v sz_mcp_exchange.c) $(others _endpoint.c)

# A word of a provider or a client in a text passes sz_json_show() or
# sz_str_show(), which cut it and replace control characters.  check() calls this
# by its name.
# shellcheck disable=SC2317
bare_words() {
    perl -0 -ne 'while (/\b(snprintf|sz_error_set|sz_error_add|sz_call_progress|sz_call_log|sz_printf)\s*\([^;]*?(sz_json_string\(|->valuestring)/g) { print "$ARGV: $1 of $2\n" }' "$@"
}

check 'words of strangers are shown, not printed' \
    bare_words lib/openai/*.c lib/tools/*.c lib/mcp/*.c
check 'error texts grow by sz_error_add() only' \
    grep -nE 'snprintf\((err|error)->text' $lib_files
check 'nobody ignores that memory has no owner' \
    grep -nE '\(void\) sz_(arena_defer|call_init_http)' $lib_files

# looks

check 'lines of at most 80 columns' \
    env LC_ALL=C.UTF-8 grep -nP '^.{81,}' $c_files
check 'no tabs, no trailing blanks' grep -nP '\t| +$' $c_files
check 'nothing unfinished' grep -nE '\b(TODO|FIXME|XXX|HACK)\b' $c_files \
    $(git ls-files '*.sh' '*.py' '*.mjs' '*.t' '*.pm' | grep -v lint.sh)

# the tools

check shellcheck shellcheck -x $(git ls-files '*.sh') .ci/run
check python python3 -W error -m py_compile t/mock/*.py t/demo/*.py \
    t/conformance/*.py t/bench/*.py t/bench/*/*.py t/torture/*.py
for f in t/*.t t/lib/*.pm; do
    out=$(perl -It/lib -c "$f" 2>&1) || complain "$out"
done

check cppcheck cppcheck --quiet --std=c11 --inline-suppr --error-exitcode=0 \
    --enable=warning,performance,portability --suppress=missingIncludeSystem \
    --suppress=uninitvar --suppress=unknownMacro \
    -Ilib -j "$(nproc)" lib

out=$(printf '%s\n' lib/*/*.c | xargs -P "$(nproc)" -n 4 \
      clang-tidy --quiet --warnings-as-errors='*' 2> /dev/null \
      | grep -E 'error:|warning:') || true
check clang-tidy printf '%s' "$out"

[ $bad = 0 ] && echo 'lint: clean' >&2
exit $bad
