#!/bin/bash
#
# demo.sh start|stop: the example portal with nginx-assist in front of it.
#
#   PORT   public port on 127.0.0.1 (8080)
#   REDIS  address of a Redis, such as redis://127.0.0.1:6379 (none)
#   NGINX  the nginx to run (nginx)
#
# "make demo" builds the module first.  Everything written lies in run/.

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
run=$here/run
conf=$run/nginx.conf
socket=$run/portal.sock

PORT=${PORT:-8080}
REDIS=${REDIS:-}
NGINX=${NGINX:-nginx}
PATH=$PATH:/usr/sbin:/sbin

url=http://127.0.0.1:$PORT
service=1.001456
question='lam ho chieu het bao nhieu tien'


say() {
    printf '%s\n' "$*"
}


die() {
    printf 'demo: %s\n' "$*" >&2

    if nginx_pid >/dev/null; then
        printf 'demo: nginx still runs; "make demo-stop" ends it\n' >&2
    fi

    exit 1
}


# The process of our nginx, if it runs.  A pid file may outlive its process,
# and the number may belong to somebody else by now.

nginx_pid() {
    local pid

    [[ -s $run/nginx.pid ]] || return 1
    pid=$(<"$run/nginx.pid")
    [[ $pid =~ ^[0-9]+$ ]] || return 1

    if [[ -r /proc/$pid/cmdline ]]; then
        tr '\0' ' ' <"/proc/$pid/cmdline" | grep -qF -- "$conf" || return 1

    else
        kill -0 "$pid" 2>/dev/null || return 1
    fi

    printf '%s\n' "$pid"
}


stop() {
    local pid signal i

    pid=$(nginx_pid) || return 1

    # open pages are finished first; what hangs is ended after 5 seconds

    for signal in QUIT TERM; do
        kill -s "$signal" "$pid" 2>/dev/null \
            || die "process $pid cannot be ended: started by another user?"

        for ((i = 0; i < 50; i++)); do
            if ! kill -0 "$pid" 2>/dev/null; then
                rm -f "$socket"
                return 0
            fi

            sleep 0.1
        done
    done

    die "nginx (process $pid) does not end; see $run/error.log"
}


check() {
    local tool

    for tool in "$NGINX" curl luajit; do
        command -v "$tool" >/dev/null \
            || die "$tool is missing: run \"make deps\" first"
    done

    luajit -e 'require "cjson"' 2>/dev/null \
        || die "luajit lacks cjson (package lua-cjson): run \"make deps\" first"

    [[ -f $root/build/ngx_http_assist_module.so ]] \
        || die "the module is not built yet: run \"make demo\" in $root"

    if ! [[ $PORT =~ ^[1-9][0-9]{0,4}$ ]] || ((PORT > 65535)); then
        die "PORT=$PORT is not a port: give a number from 1 to 65535"
    fi

    [[ $REDIS != *[\;\{\}\"\'\\$'\n']* ]] \
        || die "REDIS=$REDIS is not an address such as redis://127.0.0.1:6379"

    [[ $root != *[\"\\\$\;\{\}]* ]] \
        || die "the path $root has a character that nginx would misread"

    # sun_path holds 108 bytes

    (($(printf '%s' "$socket" | wc -c) < 108)) \
        || die "the path $socket is too long for a socket: move the project"
}


port_taken() {
    (exec 3<>"/dev/tcp/127.0.0.1/$PORT") 2>/dev/null
}


# Workers of an nginx that root starts run as somebody else, who must be able
# to read the portal's pages: not so in a checkout below /root.

worker_user() {
    local user

    for user in www-data nginx; do
        if id -u "$user" >/dev/null 2>&1 \
           && setpriv --reuid "$user" --regid "$(id -g "$user")" \
                      --clear-groups test -r "$here/html/index.html" \
                      -a -x "$run" 2>/dev/null
        then
            printf '%s %s\n' "$user" "$(id -gn "$user")"
            return
        fi
    done

    printf 'root\n'
}


# A text as the right-hand side of sed's s|||.

quoted() {
    printf '%s' "$1" | sed 's/[\\&|]/\\&/g'
}


render() {
    local redis='' user='www-data'

    if [[ -n $REDIS ]]; then
        redis=$REDIS
        [[ $redis == *://* || $redis == unix:* ]] || redis=redis://$redis
        [[ $redis == *prefix=* ]] || redis+=' prefix=assist-demo:'
        redis="assist_redis $redis;"
    fi

    if ((EUID == 0)); then
        user=$(worker_user)

        if [[ $user == root ]]; then
            say "Note: workers run as root, since no other user can read" \
                "$here. For a demo only."
        fi
    fi

    sed -e "s|@REDIS@|$(quoted "$redis")|" \
        -e "s|@UPSTREAM@|$(quoted "\"unix:$socket\"")|g" \
        -e "s|@ROOT@|$(quoted "$root")|g" \
        -e "s|@RUN@|$(quoted "$run")|g" \
        -e "s|@PORT@|$PORT|g" \
        -e "s|^user www-data;|user $user;|" \
        "$here/nginx.conf.in" >"$conf"
}


# nginx prints warnings that do not matter here; they are shown on failure.

nginx_run() {
    local out

    if ! out=$("$NGINX" -e "$run/error.log" -c "$conf" "$@" 2>&1); then
        printf '%s\n' "$out" >&2
        return 1
    fi
}


wait_until_up() {
    local i

    for ((i = 0; i < 50; i++)); do
        # a name that the demo's assist_exclude knows
        if curl -sf --noproxy '*' --max-time 2 -A 'demo healthcheck' \
                -o /dev/null "$url/"
        then
            return 0
        fi

        sleep 0.2
    done

    tail -n 20 "$run/error.log" >&2 || :
    die "nginx started, but $url/ does not answer (its log is above)"
}


coverage() {
    curl -sSf --noproxy '*' --max-time 5 "$url/assist-status/coverage.json" \
        || die "$url/assist-status/coverage.json does not answer; see" \
               "$run/error.log"
}


# Reads coverage.json; prints the figure.

print_figure() {
    luajit -e '
        local json = require "cjson"
        local d = json.decode(io.read("*a"))
        local m = d.measures[1]
        local t = d.method and d.method.thresholds or {}
        local levels = m.levels

        local function known(v, form)
            if v == nil or v == json.null then
                return "n/a"
            end
            return form:format(v)
        end

        print(("  services that are fully online:  %d"):format(m.denominator))
        print(("  of these with AI support:        %d (%s), target today %s")
              :format(m.numerator, known(m.ratio, "%.2f %%"),
                      known(m.target, "%.2f %%")))
        print(("  L2 enabled: %d   L3 exercised: %d (from %s on %s on)")
              :format(levels.L2, levels.L3,
                      known(t["l3.interactions"], "%d interaction(s)"),
                      known(t["l3.days"], "%d day(s)")))
    ' <<<"$1" || die "the figure could not be read: $1"
}


# "L2 L3" of coverage.json, to see that it moved.

levels() {
    luajit -e '
        local d = require("cjson").decode(io.read("*a"))
        local l = d.measures[1].levels
        print(l.L2 .. " " .. l.L3)
    ' <<<"$1" || die "the figure could not be read: $1"
}


print_answer() {
    luajit -e '
        local json = require "cjson"
        local d = json.decode(io.read("*a"))

        local function text(v)
            return v ~= nil and v ~= json.null and tostring(v) or "-"
        end

        print((("\n" .. text(d.answer)):gsub("%s+$", ""):gsub("\n", "\n  "))
              :sub(2))
        print()

        for _, s in ipairs(type(d.sources) == "table" and d.sources or {}) do
            print(("  source:   %s, %s, updated %s")
                  :format(text(s.title), text(s.url), text(s.updated)))
        end

        print("  outcome:  " .. text(d.outcome))
        print("  model:    " .. text(d.model))
        print("  cache:    " .. text(d.cache))
    ' <<<"$1" || die "the answer could not be read: $1"
}


ask() {
    curl -sSf --noproxy '*' --max-time 15 -X POST "$url/assist/ask" \
         -A 'Mozilla/5.0 (demo citizen)' \
         -H 'Content-Type: application/json' \
         -H 'Accept: application/json' \
         --data "{\"service\":\"$service\",\"question\":\"$question\"}" \
        || die "$url/assist/ask does not answer; see $run/error.log"
}


start() {
    local before after answer i

    check

    if stop; then
        say "The demo was running: it is started anew."
    fi

    if port_taken; then
        die "port $PORT is taken by another program; choose another:" \
            "make demo PORT=8081"
    fi

    mkdir -p "$run"
    [[ -O $run ]] || die "$run belongs to another user: remove it first"
    chmod 755 "$run"

    # a demo begins at zero, and so does its evidence

    rm -f "$socket" "$run"/{access,coverage,error}.log

    render
    nginx_run -t || die "nginx refuses $conf (why is above)"
    nginx_run || die "nginx does not start (why is above)"
    wait_until_up

    say "The figure before:"
    before=$(coverage)
    print_figure "$before"
    say "  (these thresholds are for the demo; the defaults are 5 and 3)"

    say ""
    say "A citizen asks about $service, without marks: \"$question\""
    answer=$(ask)
    print_answer "$answer"

    # counters are summed once a second

    after=$before

    for ((i = 0; i < 6; i++)); do
        after=$(coverage)
        [[ $(levels "$after") == "$(levels "$before")" ]] || break
        sleep 0.5
    done

    say ""
    say "The figure after:"
    print_figure "$after"

    cat <<END

Open:
  the portal               $url/
  a service                $url/dich-vu/$service.html
  ... by the demo's hook   $url/dich-vu/$service.html?tro-giup=nhanh
  a search, with help      $url/tim-kiem?q=lam+ho+chieu
  the figure, as a page    $url/assist-status/
  ... of a service         $url/assist-status/service/$service
  ... as JSON              $url/assist-status/coverage.json
  service by service       $url/assist-status/services.json

Logs: $run
Stop: make demo-stop
END
}


case ${1:-} in
    start)
        start
        ;;

    stop)
        if stop; then
            say "The demo has ended."
        else
            say "The demo does not run."
        fi
        ;;

    *)
        say "usage: demo.sh start|stop" >&2
        exit 2
        ;;
esac
