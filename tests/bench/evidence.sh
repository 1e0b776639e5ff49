#!/bin/bash
#
# evidence.sh [LINES]: how long `assist report`, `assist verify` and `assist
# close` take for a log of 10 million lines, on one core, and the memory that they
# use.  The log, about 400 bytes a line, is written to /tmp and removed.

set -euo pipefail

bench=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$bench/../..
build=${OUT:-$root/build}
lines=${1:-10000000}

dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT

gcc -std=gnu11 -O2 -Wall -Wextra -Werror -I"$root/ngx_module/core" \
    -o "$dir/evidence_log" "$bench/evidence_log.c" \
    -L"$build" -lassist -Wl,-rpath,"$(realpath "$build")"

# as many services as there are procedures nationally
awk 'BEGIN {
    print "code,name,agency_code,level,updated"
    for (i = 0; i < 5700; i++)
        printf "%d.%06d,Procedure %d,H%02d,full,2026-11-01\n",
               1 + i % 3, i, i, i % 60
}' >"$dir/catalog.csv"

printf '0123456789abcdef0123456789abcdef\n' >"$dir/key"

"$dir/evidence_log" "$lines" "$dir/catalog.csv" >"$dir/coverage.log"
printf '%d lines, %d MB\n' "$(wc -l <"$dir/coverage.log")" \
    "$(($(stat -c %s "$dir/coverage.log") / 1000000))"

measure() {
    local name=$1
    shift
    /usr/bin/time -f "$name: %e s, %U s of CPU, %M KB" -o "$dir/time" \
        taskset -c 1 luajit "$root/lua/bin/assist" "$@" >"$dir/out"
    cat "$dir/time"
}

export ASSIST_LIB=$build/libassist.so

measure report report "$dir/coverage.log" --catalog "$dir/catalog.csv"
measure verify verify "$dir/coverage.log" --key "$dir/key"
tail -n 1 "$dir/out"
# it is of 45 days
month=$(date -u -d "$(date -u +%Y-%m-01) - 1 day" +%Y-%m)
measure "close $month" close "$month" "$dir/coverage.log" \
    --catalog "$dir/catalog.csv" --key "$dir/key" --out "$dir/closed.json"
measure 'verify with the month' verify "$dir/coverage.log" "$dir/closed.json" \
    --key "$dir/key"
cat "$dir/out"
