#!/bin/bash
#
# redis_down.sh: what Redis costs when it is stopped (SIGSTOP) or killed, from that
# moment on, and while it stays so: questions that a worker answers, as a share of
# those of another with assist_cache_zone alone.  Hits of L1, and questions that
# are all new.  Both workers are asked in the same seconds, on one core: the share
# is that of their requests, and of requests for a second of CPU, which other
# programs' load does not move.
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
    # its port is free when it has ended
    while [[ -n $redis ]] && kill -KILL "$redis" 2>/dev/null; do
        sleep 0.1
    done

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


# ask NAME MODE: prints a turn's questions and nanoseconds.

ask() {
    local before pid questions
    pid=$(<"$tmp/$1.pid")
    pid=$(<"/proc/$pid/task/$pid/children")

    before=$(cut -d' ' -f1 "/proc/${pid% }/schedstat")
    questions=$(taskset -c "$(($(nproc) - 1))" wrk -t1 -c32 -d2 \
        -s "$here/wrk_questions.lua" "http://127.0.0.1:${port[$1]}/assist/ask" \
        -- "$2" | tail -1)
    echo "$questions" \
         "$(($(cut -d' ' -f1 "/proc/${pid% }/schedstat") - before))"
}


# compare WHAT [SIGNAL]: both at once; a Redis that is started for it gets the
# signal half a second after the beginning.

compare() {
    local what=$1 mode round asking
    shift

    for mode in hits misses; do
        : >"$tmp/turns"

        for ((round = 0; round < ROUNDS; round++)); do
            if ((round == 0 && $#)); then
                start_redis
                (sleep 0.5; kill "-$1" "$redis") &
            fi

            ask l1 "$mode" >"$tmp/l1.turn" &
            asking=$!
            ask down "$mode" >"$tmp/down.turn"
            wait "$asking"
            paste -d' ' "$tmp/l1.turn" "$tmp/down.turn" >>"$tmp/turns"
        done

        awk -v what="$what" -v mode="$mode" '
            { a += $1; ca += $2; b += $3; cb += $4
              least = NR == 1 || $3 / $1 < least ? $3 / $1 : least }
            END { printf "%-14s %-7s %8d of %8d  %.2f (least %.2f), by CPU %.2f\n",
                         what, mode, b, a, b / a, least, b / cb / (a / ca) }' \
            "$tmp/turns"
    done
}


# And the worker is connected to it.

start_redis() {
    # its port is free when it has ended
    while [[ -n $redis ]] && kill -KILL "$redis" 2>/dev/null; do
        sleep 0.1
    done

    redis-server --port "${port[redis]}" --bind 127.0.0.1 --save '' \
                 --dir "$tmp" >"$tmp/redis.log" &
    redis=$!
    disown "$redis"             # its end is no news
    pids+=("$redis")

    until (($(redis-cli -p "${port[redis]}" client list 2>/dev/null | wc -l)
            >= 2))
    do
        sleep 0.2
        curl -s -o "$tmp/answer" -H 'Content-Type: application/json' \
             -d "{\"question\":\"$RANDOM\"}" \
             "http://127.0.0.1:${port[down]}/assist/ask" || :
    done
}


declare -A port
base=$((20000 + RANDOM % 10000))
port=([l1]=$base [down]=$((base + 1)) [redis]=$((base + 2)))

sed "s|@TMP@|$tmp|g" "$here/http.conf.in" >"$tmp/http.conf"

start l1 "${port[l1]}" ''
start down "${port[down]}" "assist_redis redis://127.0.0.1:${port[redis]};"
start_redis
sleep 1

compare 'Redis there'
compare 'Redis stopped' STOP
compare 'Redis killed' KILL

printf '%d line(s) of Redis in the log\n' \
       "$(grep -c 'assist: redis' "$tmp/down.error.log")"
