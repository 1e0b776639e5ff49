#!/bin/bash
#
# wiki.sh start|stop: DokuWiki, from Debian's package, and nginx-assist in front
# of it.  Nothing of the package is changed: configuration and pages lie in run/.
#
#   PORT   public port on 127.0.0.1 (8090)
#   RUN    another folder than run/
#   NGINX  the nginx to run (nginx)

set -euo pipefail

here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
run=$(realpath -m "${RUN:-$here/run}")
wiki=/usr/share/dokuwiki

PORT=${PORT:-8090}
NGINX=${NGINX:-nginx}
PATH=$PATH:/usr/sbin:/sbin


die() {
    printf 'wiki: %s\n' "$*" >&2
    exit 1
}


# end NAME SIGNAL: the process of a pid file, if it is still the one that we
# started.

end() {
    local pid

    [[ -s $run/$1.pid ]] || return 0
    pid=$(<"$run/$1.pid")

    if tr '\0' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -qF -- "$run"; then
        kill -s "$2" "$pid" 2>/dev/null || :
        for _ in {1..50}; do
            kill -0 "$pid" 2>/dev/null || break
            sleep 0.1
        done
    fi

    rm -f "$run/$1.pid"
}


# A port for the wiki itself, which only our nginx knows.

free_port() {
    php -r '$s = stream_socket_server("tcp://127.0.0.1:0");
            echo explode(":", stream_socket_get_name($s, false))[1];'
}


start() {
    local back user=www-data

    for tool in "$NGINX" php curl; do
        command -v "$tool" >/dev/null || die "$tool is missing"
    done

    [[ -f $wiki/doku.php ]] || die "DokuWiki is missing: make demo-wiki"
    [[ -f $root/build/ngx_http_assist_module.so ]] \
        || die "the module is not built yet: run \"make build\" in $root"

    stop
    rm -rf "$run"/{conf,data}
    mkdir -p "$run"/{conf,data/{attic,cache,index,locks,log,media,media_attic,media_meta,meta,pages,tmp}}
    cp -L /etc/dokuwiki/*.conf /etc/dokuwiki/*.php "$run/conf/"
    cp "$here/local.php" "$run/conf/local.php"
    cp "$here"/pages/*.txt "$run/data/pages/"
    printf '<?php define("DOKU_CONF", "%s/conf/"); $_SERVER["WIKI_DATA"] = "%s";\n' \
           "$run" "$run/data" >"$run/prepend.php"

    back=$(free_port)

    php -d auto_prepend_file="$run/prepend.php" -S "127.0.0.1:$back" \
        -t "$wiki" >"$run/wiki.log" 2>&1 &
    echo $! >"$run/php.pid"

    ((EUID)) || user=root

    sed -e "s|@ROOT@|$root|g" -e "s|@RUN@|$run|g" -e "s|@HERE@|$here|g" \
        -e "s|@BACK@|127.0.0.1:$back|g" -e "s|@PORT@|$PORT|g" \
        -e "s|@USER@|$user|" "$here/nginx.conf.in" >"$run/nginx.conf"

    "$NGINX" -e "$run/error.log" -c "$run/nginx.conf" || die "nginx does not start"

    for _ in {1..50}; do
        if curl -sf --noproxy '*' -o /dev/null -A healthcheck \
                "http://127.0.0.1:$PORT/doku.php/ho_chieu"
        then
            printf 'The wiki, with an assistant: http://127.0.0.1:%s/doku.php/ho_chieu\n' \
                   "$PORT"
            return
        fi
        sleep 0.2
    done

    die "the wiki does not answer; see $run/wiki.log and $run/error.log"
}


stop() {
    end nginx QUIT
    end php TERM
}


case ${1:-} in
    start) start ;;
    stop)  stop ;;
    *)     die "usage: wiki.sh start|stop" ;;
esac
