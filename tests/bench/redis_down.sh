#!/bin/bash
#
# redis_down.sh: what Redis costs while it is stopped (SIGSTOP), and while it is
# killed: questions that a worker answers in a second, as a share of those with
# assist_cache_zone alone.  Hits of L1, and questions that are all new.  A second
# is one of the worker's CPU, so that other programs' load does not matter.
#
#   OUT     folder of ngx_http_assist_module.so (build/)
#   ROUNDS  turns of 2 s for each case (3)

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
OUT=${OUT:-$here/../../build}
ROUNDS=${ROUNDS:-3}
PATH=$PATH:/usr/sbin:/sbin

tmp=$(mktemp -d "${TMPDIR:-/tmp}/assist-bench.XXXXXX")
pids=()
redis=

finish() {
    [[ -z $redis ]] || kill -CONT "$redis" 2>/dev/null || :

    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || :
    done

    wait
    rm -rf "$tmp"
}

trap finish EXIT


# start NAME PORT DIRECTIVES: an nginx of one worker on the first core.

start() {
    cat >"$tmp/$1.conf" <<END
load_module $(realpath "$OUT")/ngx_http_assist_module.so;
$( ((EUID)) || echo 'user root;')
worker_processes 1;
pid $tmp/$1.pid;
error_log $tmp/$1.error.log notice;
events { worker_connections 1024; }
http {
    include $tmp/http.conf;
    assist_catalog $here/catalog.csv;
    assist_cache_zone answers:64m;
    $3
    server {
        listen 127.0.0.1:$2;
        location /assist/ { assist_chat; }
    }
}
END
    taskset -c 0 nginx -e "$tmp/$1.error.log" -c "$tmp/$1.conf" \
            -g 'daemon off;' &
    pids+=($!)
}


# ask NAME MODE: adds a turn to the name's questions and nanoseconds.

ask() {
    local before pid
    pid=$(<"$tmp/$1.pid")
    pid=$(<"/proc/$pid/task/$pid/children")

    before=$(cut -d' ' -f1 "/proc/${pid% }/schedstat")
    asked[$1]=$((asked[$1] + $(taskset -c "$(($(nproc) - 1))" wrk -t1 -c32 -d2 \
        -s "$here/wrk_questions.lua" "http://127.0.0.1:${port[$1]}/assist/ask" \
        -- "$2" | tail -1)))
    cpu[$1]=$((cpu[$1] + $(cut -d' ' -f1 "/proc/${pid% }/schedstat") - before))
}


# compare WHAT: both nginxes in turn, so that both meet the same machine.

compare() {
    local mode round a b

    for mode in hits misses; do
        asked=([l1]=0 [down]=0) cpu=([l1]=0 [down]=0)

        for ((round = 0; round < ROUNDS; round++)); do
            ask l1 "$mode"
            ask down "$mode"
        done

        a=$((asked[l1] * 1000000 / (cpu[l1] / 1000)))
        b=$((asked[down] * 1000000 / (cpu[down] / 1000)))

        printf '%-14s %-7s %7d/s of %7d/s  %s\n' "$1" "$mode" "$b" "$a" \
               "$(awk -v a="$a" -v b="$b" 'BEGIN { printf "%.2f", b / a }')"
    done
}


declare -A port asked cpu
base=$((20000 + RANDOM % 10000))
port=([l1]=$base [down]=$((base + 1)) [redis]=$((base + 2)))

redis-server --port "${port[redis]}" --bind 127.0.0.1 --save '' --dir "$tmp" \
             >"$tmp/redis.log" &
redis=$!
disown "$redis"                 # its end is no news
pids+=("$redis")

sed "s|@TMP@|$tmp|g" "$here/http.conf.in" >"$tmp/http.conf"

start l1 "${port[l1]}" ''
start down "${port[down]}" "assist_redis redis://127.0.0.1:${port[redis]};"
sleep 2

compare 'Redis there'
kill -STOP "$redis"
compare 'Redis stopped'
kill -CONT "$redis"
kill -KILL "$redis"
compare 'Redis killed'

printf '%d line(s) of Redis in the log\n' \
       "$(grep -c 'assist: redis' "$tmp/down.error.log")"
