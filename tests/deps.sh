#!/bin/bash
#
# deps.sh GROUP...: installs the Debian packages of the groups that are not
# there yet (build, demo, wiki, test, browser, bench), and for the tests what their
# package.json names.  Never removes a package: Debian has two LuaJITs that
# conflict, and a portal may use either.

set -euo pipefail

sudo=
[[ $(id -u) = 0 ]] || sudo=sudo

has() {
    [[ $(dpkg-query -W -f '${Status}' "$1" 2>/dev/null) = "install ok installed" ]]
}

want=()

need() {
    local package
    for package; do
        has "$package" || want+=("$package")
    done
}

# One of several packages; the first is preferred.
need_one() {
    local package
    for package; do
        if has "$package"; then
            return
        fi
    done
    want+=("$1")
}

# OpenResty's LuaJIT first, which libnginx-mod-http-lua prefers; but the other
# one where its library is installed, because the two conflict.
need_luajit() {
    if has libluajit-5.1-2; then
        need_one "$2" "$1"
    else
        need_one "$1" "$2"
    fi
}

# Node.js may come from elsewhere, with its own npm; 18 is enough.
need_node() {
    local major=0
    if command -v node >/dev/null; then
        major=$(node -p 'process.versions.node.split(".")[0]')
    fi
    (( major >= 18 )) || want+=(nodejs)
    command -v npm >/dev/null || want+=(npm)
}

install_packages() {
    echo "installing: ${want[*]}"
    $sudo apt-get update -q
    # --no-remove: stops rather than take a package away
    $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -q -y --no-install-recommends --no-remove "${want[@]}"
}

# The clients that tests use, as the lock file has them.  Where they cannot be
# had, the tests that need them are skipped.
install_clients() {
    cd "$(dirname "${BASH_SOURCE[0]}")"
    if [[ node_modules/.package-lock.json -nt package-lock.json ]]; then
        return
    fi
    echo "installing: tests/package.json"
    npm ci --no-audit --no-fund --no-update-notifier --loglevel=error \
        || echo "deps.sh: npm ci failed in tests/; some tests are skipped" >&2
}

for group; do
    case $group in
    build)
        need gcc make libc6-dev nginx-dev libhiredis-dev libsqlite3-dev \
             libutf8proc-dev libjansson-dev libssl-dev libdeflate-dev lua-cjson
        need_luajit libluajit2-5.1-dev libluajit-5.1-dev
        ;;
    demo)
        need_one nginx-core nginx-light nginx-full nginx-extras nginx
        need curl
        need_luajit luajit2 luajit
        ;;
    test)
        need libcmocka-dev redis-server openssl lua-check
        need_node
        ;;
    wiki)
        need dokuwiki php-cgi php-cli
        ;;
    browser)
        need chromium fonts-noto-core
        ;;
    bench)
        need libnginx-mod-http-lua libnginx-mod-http-subs-filter wrk valgrind
        ;;
    *)
        echo "deps.sh: there is no group \"$group\"" >&2
        exit 1
        ;;
    esac
done

(( ${#want[@]} == 0 )) || install_packages

[[ " $* " != *" test "* ]] || install_clients
