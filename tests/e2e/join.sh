#!/bin/bash
# join.sh DONGGUI - a province invites a district, which joins, serves and is connected.
#
# Also: a second daemon is locked out (7), verbs without a daemon say so (6), a used invitation is
# refused on another machine, a stranger's directory is left alone, SIGTERM stops cleanly.
set -euo pipefail

donggui=$(realpath "$1")
work=$(mktemp -d)
export LANGUAGE=en
pids=()

finish() {
    local status=$?
    for pid in "${pids[@]}"; do kill -9 "$pid" 2>/dev/null || true; done
    if [ "$status" -ne 0 ]; then
        echo "join.sh: failed; the daemons said:" >&2
        tail -n 20 "$work"/*.log >&2 || true
    fi
    rm -rf "$work"
    exit "$status"
}
trap finish EXIT

fail() { echo "join.sh: $*" >&2; exit 1; }

# expect STATUS COMMAND…: runs it and compares its exit status.
expect() {
    local want=$1 got=0
    shift
    "$@" >"$work/out" 2>"$work/err" || got=$?
    [ "$got" -eq "$want" ] || { cat "$work/out" "$work/err" >&2; fail "exit $got, not $want: $*"; }
}

# serve NAME: starts the daemon of $work/NAME and waits until it is ready; sets $pid.
serve() {
    "$donggui" -n "$work/$1" serve 2>"$work/$1.log" &
    pid=$!
    pids+=("$pid")
    for _ in $(seq 100); do
        grep -q "^donggui: ready" "$work/$1.log" && return
        kill -0 "$pid" 2>/dev/null || fail "the daemon of $1 ended"
        sleep 0.05
    done
    fail "the daemon of $1 is not ready"
}

stop() {
    local status=0
    kill -TERM "$1"
    wait "$1" || status=$?
    [ "$status" -eq 0 ] || fail "SIGTERM ended a daemon with $status"
}

# connected NAME UNIT: waits until status shows the link to UNIT as connected.
connected() {
    for _ in $(seq 200); do
        if "$donggui" -n "$work/$1" status --json 2>/dev/null |
            grep -Eq "\"unit\": ?\"$2\"[^}]*\"connected\": ?true"; then
            return
        fi
        sleep 0.1
    done
    "$donggui" -n "$work/$1" status --json >&2 || true
    fail "$1 is not connected to $2"
}

port=$((20000 + $$ % 20000))

expect 0 "$donggui" init "$work/province" --root --federation danvan.example --unit binh-phuoc --level province \
    --name "Tỉnh Bình Phước" --regime binh-phuoc --listen "tcp://127.0.0.1:$port"
expect 2 "$donggui" init "$work/province" --root --federation danvan.example --unit binh-phuoc --level province \
    --name "Tỉnh Bình Phước" --regime binh-phuoc
[ "$(stat -c %a "$work/province")" = 700 ] || fail "the node's directory is not private"

expect 6 "$donggui" -n "$work/province" invite --unit dong-phu --level district --name "Huyện Đồng Phú"
serve province
province=$pid
expect 7 "$donggui" -n "$work/province" serve

(umask 077 && "$donggui" -n "$work/province" invite --unit dong-phu --level district --name "Huyện Đồng Phú" \
    --regime huyen >"$work/invitation")
[ "$(wc -l <"$work/invitation")" -eq 1 ] || fail "an invitation is one line"

expect 0 "$donggui" join "$work/district" "$work/invitation" --dry-run
[ ! -e "$work/district" ] || fail "--dry-run made something"
mkdir "$work/taken" && touch "$work/taken/something"
expect 2 "$donggui" join "$work/taken" "$work/invitation"

expect 0 "$donggui" join "$work/district" "$work/invitation" --listen "tcp://127.0.0.1:$((port + 1))"
[ ! -e "$work/district/joining" ] || fail "a finished join left its marker"
[ ! -e "$work/district/keys/federation.key" ] || fail "a child has the federation's key"
expect 2 "$donggui" join "$work/district" - <"$work/invitation"
expect 5 "$donggui" join "$work/elsewhere" - <"$work/invitation"
grep -q INVITATION_USED "$work/err" || fail "a used invitation was not named as such"

serve district
district=$pid
connected district binh-phuoc
connected province dong-phu

# The child knows the federation's key, and it is the same one.
[ "$("$donggui" -n "$work/province" key root)" = "$("$donggui" -n "$work/district" key root)" ] ||
    fail "the two nodes know different root keys"

# A restarted parent finds its child again without a human.
stop "$province"
serve province
province=$pid
connected province dong-phu

stop "$district"
stop "$province"
expect 6 "$donggui" -n "$work/province" status
echo "join.sh: ok"
