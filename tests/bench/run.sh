#!/bin/bash
#
# run.sh: nginx-assist side by side with nginx alone, lua-nginx-module and
# subs_filter.
# Prints a table and writes it to RESULTS.md.
#
#   OUT     folder of ngx_http_assist_module.so (build/)
#   ROUNDS  how often each case, and each pair, has its turn of a second (3)
#   NGINX   the nginx to run (nginx)
#
# One worker on the first core, wrk and Redis on the last one.  Speed fails
# nothing; wrong answers, errors and questions that miss the cache do.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)

OUT=${OUT:-$root/build}
ROUNDS=${ROUNDS:-3}
NGINX=${NGINX:-nginx}
PATH=$PATH:/usr/sbin:/sbin

connections=32
warm_up=100                     # requests of a case before callgrind counts
counted=500                     # and those that it counts
page=/dich-vu/1.001456.html
other=/gioi-thieu.html          # in no catalogue
service=1.001445
question='mất hộ chiếu cần giấy tờ gì'

tmp=$(mktemp -d "${TMPDIR:-/tmp}/assist-bench.XXXXXX")
pids=()                         # ours to end

# A server is an nginx of ours, named after its template; a case is an address
# of it that is measured, with the body that is posted, if any, or a file of
# them, which are posted in turn.

declare -A port address worker server url body bodies
cases=()

# Ours and a peer, to be compared.
pairs=("page_views page_plain" "page_idle page_plain"
       "page_evidence page_plain" "page_views page_lua"
       "page_idle page_lua" "page_hook page_access"
       "ask_l1 ask_return" "ask_l1 ask_dict"
       "redis_each redis_lua_each" "redis_same redis_lua_same"
       "redis_unix redis_lua_unix"
       "inject_assist inject_subs")


die() {
    printf 'bench: %s\n' "$*" >&2
    exit 1
}


finish() {
    stop_all
    rm -rf "$tmp"
}


stop_all() {
    local pid

    for pid in "${pids[@]}"; do
        kill "$pid" 2>/dev/null || :
    done

    for pid in "${pids[@]}"; do
        wait "$pid" 2>/dev/null || :
    done

    pids=()
}


check_tools() {
    local tool

    for tool in "$NGINX" wrk valgrind callgrind_annotate redis-server \
                redis-cli curl luajit taskset
    do
        command -v "$tool" >/dev/null \
            || die "$tool is missing: run \"make deps-bench\" first"
    done

    [[ -f $OUT/ngx_http_assist_module.so ]] \
        || die "$OUT/ngx_http_assist_module.so is missing: run \"make build\""

    [[ -r /proc/self/schedstat ]] \
        || die "the kernel has no /proc/PID/schedstat, which tells CPU time"
}


# Ports that nobody listens on.

take_ports() {
    local name candidate

    for name; do
        while :; do
            candidate=$((20000 + RANDOM % 10000))
            [[ " ${port[*]} " != *" $candidate "* ]] || continue
            listens "$candidate" || break
        done

        port[$name]=$candidate
    done
}


listens() {
    (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}


wait_until() {
    local i

    for ((i = 0; i < 300; i++)); do
        if "$@"; then
            return 0
        fi

        sleep 0.1
    done

    tail -n 20 "$tmp"/*.error.log >&2 || :
    die "this did not come true in 30 s: $*"
}


# render NAME [TEMPLATE]: the configuration of a server from its template.

render() {
    local name=$1 main text key

    main="worker_processes 1;
pid \"$tmp/$name.pid\";
error_log \"$tmp/$name.error.log\" warn;
events { worker_connections 1024; }"

    if ((EUID == 0)); then
        main="user root;
$main"
    fi

    text=$(<"$here/${2:-$name}.conf.in")
    text=${text//@MAIN@/"$main"}
    text=${text//@ANSWER@/"${answer:-}"}
    text=${text//@ADDRESS@/"${address[$name]:-}"}
    text=${text//@NAME@/"$name"}
    text=${text//@PORT@/"${port[$name]:-}"}
    text=${text//@TMP@/"$tmp"}
    text=${text//@HERE@/"$here"}
    text=${text//@MODULE@/"$tmp/ngx_http_assist_module.so"}

    for key in "${!port[@]}"; do
        text=${text//@${key^^}@/"${port[$key]}"}
    done

    printf '%s\n' "$text" >"$tmp/$name.conf"
}


# The page, the catalogue with 200 more services, the question.

write_inputs() {
    local i sentence

    # the worker keeps this one, whatever is built meanwhile
    cp "$OUT/ngx_http_assist_module.so" "$tmp/"

    mkdir -p "$tmp/html${page%/*}"
    sentence='<p>Nộp hồ sơ trực tuyến tại Cổng dịch vụ công (dữ liệu mẫu).</p>'

    {
        printf '<!DOCTYPE html>\n<html lang="vi"><body>\n'

        for ((i = 0; i < 98; i++)); do
            printf '%s\n' "$sentence"
        done

        printf '</body></html>\n'
    } >"$tmp/html$page"

    cp "$tmp/html$page" "$tmp/html$other"

    {
        cat "$here/catalog.csv"

        for ((i = 100; i < 300; i++)); do
            printf '9.000%d,Thủ tục mẫu số %d,H29,Tỉnh Mẫu,partial,' "$i" "$i"
            printf '/dich-vu/9.000%d.html,Đơn,0,1 ngày,Xã,/,2026-11-05\n' "$i"
        done
    } >"$tmp/catalog.csv"

    printf '{"service":"%s","question":"%s"}' \
           "$service" "$question" >"$tmp/ask.json"

    # twice as many as connections: at no time are two of them the same
    for i in {a..h}{a..h}; do
        printf '{"service":"%s","question":"%s %s"}\n' \
               "$service" "$question" "$i"
    done >"$tmp/each.json"
}


start_nginx() {
    taskset -c "$core" "$NGINX" -e "$tmp/$1.error.log" -c "$tmp/$1.conf" \
            -g 'daemon off;' &
    pids+=($!)
    wait_until listens "${port[$2]}"
    worker[$1]=$(<"/proc/$!/task/$!/children")
    worker[$1]=${worker[$1]% }
}


start_redis() {
    taskset -c "$client" redis-server --port "${port[store]}" \
            --bind 127.0.0.1 --unixsocket "$tmp/redis.sock" --save '' \
            --appendonly no --dir "$tmp" >"$tmp/redis.log" &
    pids+=($!)
    wait_until test -S "$tmp/redis.sock"
}


# Headers and body of a case's answer, to files.

fetch() {
    curl -sSf --noproxy '*' --max-time 5 -D "$tmp/headers" -o "$tmp/body" \
         ${body[$1]:+-H 'Content-Type: application/json'} \
         ${body[$1]:+--data-binary "@${body[$1]}"} "${url[$1]}"
}


is_hit() {
    fetch "$1" && grep -q '"cache":"HIT"' "$tmp/body"
}


# What nginx puts between single quotes.

nginx_quoted() {
    local text=$1

    [[ $text != *'$'* ]] || die "the answer has a \$, which nginx would expand"
    text=${text//\\/\\\\}
    printf '%s' "${text//\'/\\\'}"
}


# Each server gives the same: status, headers but the date, length of body.

compare() {
    local name=$1 base=$2 part

    for part in "$base" "$name"; do
        fetch "$part"
        # an answer's id is random, and of one length
        sed -E 's/"id":"[^"]*"/"id":""/' "$tmp/body" >"$tmp/body.$part"
        grep -viE '^(date|connection|last-modified|etag):' "$tmp/headers" \
            | tr -d '\r' | sort >"$tmp/headers.$part"
    done

    diff "$tmp/headers.$base" "$tmp/headers.$name" >&2 \
        || die "the headers of $name are not those of $base"
    cmp "$tmp/body.$base" "$tmp/body.$name" >&2 \
        || die "the answer of $name is not that of $base"
}


add_case() {
    cases+=("$1")
    server[$1]=$2
    url[$1]=http://127.0.0.1:${port[$3]}$4
    body[$1]=${5:-}
    bodies[$1]=${6:-${5:-}}
}


add_cases() {
    local ask=$tmp/ask.json each=$tmp/each.json

    add_case page_plain    plain  plain    "$page"
    add_case page_views    assist views    "$page"
    add_case page_idle     assist idle     "$page"
    add_case page_evidence assist evidence "$page"
    add_case page_lua      lua    lua      "$page"
    add_case page_hook     assist idle     "$other"
    add_case page_access   lua    access   "$other"

    add_case inject_assist assist inject   "$page"
    add_case inject_subs   subs   subs     "$page"

    add_case ask_return    plain  plain    /assist/ask "$ask"
    add_case ask_l1        assist ask      /assist/ask "$ask"
    add_case ask_dict      lua    lua      /dict       "$ask"

    add_case redis_each     redis redis /assist/ask "$ask" "$each"
    add_case redis_lua_each lua   lua   /redis      "$ask" "$each"
    add_case redis_same     redis redis /assist/ask "$ask"
    add_case redis_lua_same lua   lua   /redis      "$ask"
    add_case redis_unix     unix  unix  /assist/ask "$ask" "$each"
    add_case redis_lua_unix lua   lua   /redis-unix "$ask" "$each"
}


start_all() {
    local key

    take_ports plain views idle evidence inject ask redis unix store lua access \
               subs
    address=([redis]=redis://127.0.0.1:${port[store]}
             [unix]=unix:$tmp/redis.sock)
    add_cases

    render http
    render assist
    render redis
    render unix redis
    start_redis
    start_nginx assist ask
    start_nginx redis redis
    start_nginx unix unix

    # the peers give an answer of ours
    wait_until is_hit redis_same
    wait_until is_hit redis_unix
    wait_until is_hit ask_l1
    cp "$tmp/body" "$tmp/answer.json"
    answer=$(nginx_quoted "$(<"$tmp/answer.json")")$'\n'

    give_peer "$question"

    for key in {a..h}{a..h}; do
        give_peer "$question $key"
    done

    while read -r key; do
        printf '%s' "$key" >"$tmp/one.json"
        body[one]=$tmp/one.json
        url[one]=${url[redis_same]}
        wait_until is_hit one
    done <"$tmp/each.json"

    render plain
    render lua
    render subs
    start_nginx plain plain
    start_nginx lua lua
    start_nginx subs subs

    compare page_views page_plain
    compare page_idle page_plain
    compare page_evidence page_plain
    compare page_lua page_plain
    compare page_hook page_plain
    compare page_access page_plain
    compare inject_assist inject_subs
    compare ask_l1 ask_return
    compare ask_dict ask_return
    compare redis_same ask_return
    compare redis_lua_same ask_return
    compare redis_unix ask_return
    compare redis_lua_unix ask_return
}


# The answer, where the peer looks for it in Redis.

give_peer() {
    local key

    key=$(printf '%s\0%s' "$service" "$1" | md5sum)
    redis-cli -s "$tmp/redis.sock" -x set "${key%% *}" \
        <"$tmp/answer.json" >"$tmp/redis-cli.log"
}


# CPU time of a server's worker, in nanoseconds.

cpu_time() {
    local ns _

    read -r ns _ <"/proc/${worker[$1]}/schedstat"
    printf '%s' "$ns"
}


# measure CASE: prints "case requests microseconds nanoseconds", the
# last one of the worker's CPU.

measure() {
    local name=$1 line requests us errors before after

    before=$(cpu_time "${server[$name]}")
    line=$(taskset -c "$client" wrk -t 1 -c "$connections" -d 1s \
               -s "$here/wrk.lua" "${url[$name]}" \
               ${bodies[$name]:+-- "${bodies[$name]}"} | tail -n 1)
    after=$(cpu_time "${server[$name]}")

    read -r requests us errors <<<"$line"
    [[ $errors == 0 ]] || die "$name: wrk counts $errors errors"

    printf '%s %d %d %d\n' "$name" "$requests" "$us" "$((after - before))"
}


# Each case in turn, and every other round from the last to the first; then
# each pair at the same time, so that both meet the same core as it is then.

measure_all() {
    local round name

    for ((round = 1; round <= ROUNDS; round++)); do
        for name in "${cases[@]}"; do
            measure "$name"
        done >>"$tmp/rounds"

        for name in "${pairs[@]}"; do
            measure_pair "${name% *}" "${name#* }"
        done

        mapfile -t cases < <(printf '%s\n' "${cases[@]}" | tac)
    done
}


measure_pair() {
    local first

    measure "$1" >"$tmp/ours" &
    first=$!
    measure "$2" >"$tmp/peer"
    wait "$first"

    paste -d ' ' "$tmp/ours" "$tmp/peer" >>"$tmp/pairs"
}


# What the servers say of the load, and what they wrote to their error logs.

check_all() {
    local name

    for name in ask_l1 redis_same redis_unix; do
        curl -sSf --noproxy '*' --max-time 5 -o "$tmp/$name.services.json" \
             "${url[$name]%/assist/ask}/assist-status/services.json"
    done

    check_logs
}


check_logs() {
    if grep -hE '\[(emerg|alert|crit|error)\]' "$tmp"/*.error.log >&2; then
        die "the error log has what must not be there (above)"
    fi
}


# Instructions: callgrind writes a report, and starts anew, when nginx is told
# to open its logs again; so each case of a server has its own.

count_all() {
    local name pid

    for name in plain assist lua subs; do
        count_server "$name" &
        pids+=($!)
    done

    for pid in "${pids[@]}"; do
        wait "$pid"
    done

    pids=()
}


# In a shell of its own, which ends what it started.

count_server() {
    local name n=0 report=$tmp/$1.callgrind all=()

    trap stop_all EXIT
    trap 'exit 1' INT TERM
    pids=()

    for name in "${cases[@]}"; do
        # Redis's are not: most of their work is not the worker's
        [[ ${server[$name]} != "$1" || $name = redis_* ]] || all+=("$name")
    done

    valgrind --tool=callgrind --callgrind-out-file="$report" \
             --dump-before=ngx_reopen_files \
             "$NGINX" -e "$tmp/$1.error.log" -c "$tmp/$1.conf" \
             -g 'daemon off; master_process off;' 2>"$tmp/$1.valgrind.log" &
    pids=($!)
    wait_until listens "$(port_of "${all[0]}")"

    for name in "${all[@]}"; do
        ask_often "$name" "$warm_up"
    done

    for name in start "${all[@]}"; do
        if [[ $name != start ]]; then
            ask_often "$name" "$counted"
        fi

        n=$((n + 1))
        kill -USR1 "${pids[0]}"
        wait_until grep -qs '^totals:' "$report.$n"

        if [[ $name != start ]]; then
            callgrind_annotate --inclusive=yes --auto=no --threshold=100 \
                --show-percs=no "$report.$n" >"$tmp/$name.functions"
        fi
    done

    stop_all
}


port_of() {
    local address=${url[$1]#*127.0.0.1:}

    printf '%s' "${address%%/*}"
}


# Over one connection; the fragment only makes curl count.

ask_often() {
    local good

    good=$(curl -sS --noproxy '*' -o "$tmp/often.${server[$1]}" \
                -w '%{http_code}\n' \
                ${body[$1]:+-H 'Content-Type: application/json'} \
                ${body[$1]:+--data-binary "@${body[$1]}"} \
                "${url[$1]}#[1-$2]" | grep -c '^200$')

    ((good == $2)) || die "$1: $good of $2 answers under callgrind"
}


machine() {
    local model

    model=$(sed -n 's/^model name[[:space:]]*: //p' /proc/cpuinfo | head -n 1)

    printf '%s, %d cores, Linux %s, %s, %s; %d rounds of 1 s, %d connections' \
           "${model:-unknown CPU}" "$(nproc)" "$(uname -r | cut -d- -f1)" \
           "$("$NGINX" -v 2>&1 | sed 's|.*: ||')" \
           "$(redis-server --version | sed -E 's/.*v=([^ ]+).*/Redis \1/')" \
           "$ROUNDS" "$connections"
}


trap finish EXIT
trap 'exit 1' INT TERM

check_tools

# the first and the last core that this process may use
cores=$(sed -n 's/^Cpus_allowed_list:[[:space:]]*//p' /proc/self/status)
core=${cores%%[-,]*}
client=${cores##*[-,]}

write_inputs
start_all
measure_all
check_all
stop_all
count_all
check_logs

luajit "$here/report.lua" "$tmp" "$counted" "$(machine)" >"$tmp/RESULTS.md"
cp "$tmp/RESULTS.md" "$here/RESULTS.md"
cat "$here/RESULTS.md"
