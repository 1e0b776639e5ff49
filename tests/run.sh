#!/bin/bash
#
# run.sh: runs the unit, Lua, integration and browser tests, shows what failed,
# and ends with one line "N passed, N failed" (", N skipped" where some were).
#
#   OUT       the folder of the module and of unit/ (build)
#   SANITIZE  set: nginx loads the module under ASan and UBSan
#
# "make test" builds everything first.

set -uo pipefail

tests=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
OUT=$(realpath -m "${OUT:-$tests/../build}")
export OUT SANITIZE=${SANITIZE:-}

passed=0 failed=0 skipped=0
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT


# The numbers of one program's TAP, whose exit code is given.

count() {
    local tap=$1 code=$2 ok bad skip

    skip=$(grep -cE '^ok .* # SKIP' "$tap")
    ok=$(($(grep -cE '^ok ' "$tap") - skip))
    bad=$(grep -cE '^not ok ' "$tap")

    # a program that ends badly without saying which test it was, or that has
    # no test at all
    if ((bad == 0 && (code != 0 || ok + skip == 0))); then
        bad=1
    fi

    passed=$((passed + ok)) failed=$((failed + bad)) skipped=$((skipped + skip))
    ((bad == 0))
}


# A program that prints TAP: its whole output is shown when it fails.

program() {
    local name=$1 tap=$results/tap code
    shift

    "$@" >"$tap" 2>&1
    code=$?

    if count "$tap" "$code"; then
        printf 'ok      %s\n' "$name"
    else
        printf 'FAILED  %s (exit code %d)\n' "$name" "$code"
        cat "$tap"
    fi
}


# Runs in a shell of its own, two at a time.

integration() {
    local tap
    tap=$results/$(basename "$(dirname "$1")").$(basename "$1" .test.mjs).tap

    timeout 300 node --test --test-reporter=tap "$1" >"$tap" 2>&1
    printf '%d\n' "$?" >"$tap.code"
}

export results
export -f integration


for test in "$OUT"/unit/test_*; do
    [[ -x $test ]] || continue
    program "unit/$(basename "$test")" env CMOCKA_MESSAGE_OUTPUT=TAP "$test"
done

program lua luajit "$tests/lua/run.lua"

if command -v luacheck >/dev/null; then
    program luacheck env -C "$tests/.." \
        luacheck --formatter TAP . lua/bin/assist
fi

printf '%s\0' "$tests"/{integration,browser}/*.test.mjs \
    | xargs -0 -n 1 -P 2 bash -c 'integration "$1"' integration

for tap in "$results"/*.tap; do
    name=$(basename "$tap" .tap)
    name=${name/.//}

    if count "$tap" "$(<"$tap.code")"; then
        printf 'ok      %s\n' "$name"
    else
        printf 'FAILED  %s\n' "$name"
        # each failed test with its details; of a file that broke, its end
        awk '/^not ok / { show = 1 } show; /^  \.\.\.$/ { show = 0 }' "$tap"
        grep -q '^not ok ' "$tap" || tail -n 30 "$tap"
    fi
done

summary="$passed passed, $failed failed"
((skipped == 0)) || summary+=", $skipped skipped"
printf '%s\n' "$summary"

((failed == 0 && passed > 0))
