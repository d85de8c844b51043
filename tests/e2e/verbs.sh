#!/bin/bash
# verbs.sh - every verb once, against real daemons on the loopback interface: exit statuses, JSON, files.
#
#   tests/e2e/verbs.sh PROGRAM [REGIMES]
#
# REGIMES is the folder of the regimes, by default deploy/regimes of this checkout.
set -u

program=$(realpath "${1:?usage: verbs.sh PROGRAM [REGIMES]}")
here=$(realpath "$(dirname "$0")")
export DONGGUI_REGIMES=${2:-$here/../../deploy/regimes}
unset DONGGUI_NODE LANGUAGE LC_ALL LC_MESSAGES NO_COLOR
export LANG=C.UTF-8

work=$(mktemp -d)
chmod 700 "$work"
daemons=()
checks=0
failures=0

cleanup() {
    local pid
    for pid in "${daemons[@]}"; do
        kill "$pid" 2>/dev/null && wait "$pid"
    done
    rm -rf "$work"
}
trap cleanup EXIT
cd "$work" || exit 1

# run STATUS ARGUMENTS... : runs the program; what it printed is in $out and $err.
run() {
    local expected=$1 status
    shift
    "$program" "$@" >stdout 2>stderr </dev/null
    status=$?
    out=$(cat stdout)
    err=$(cat stderr)
    checks=$((checks + 1))
    if [ "$status" != "$expected" ]; then
        failures=$((failures + 1))
        echo "FAILED: donggui $* gave $status, not $expected"
        sed 's/^/    /' stdout stderr
    fi
}

# holds WHAT COMMAND... : counts a check of anything else.
holds() {
    local what=$1
    shift
    checks=$((checks + 1))
    if ! "$@"; then
        failures=$((failures + 1))
        echo "FAILED: $what"
        sed 's/^/    /' stdout stderr
    fi
}

# json WHAT EXPRESSION : EXPRESSION is Python over `rows`, the JSON lines of the last answer.
json() {
    holds "$1: $2" python3 -c '
import json, sys
rows = [json.loads(line) for line in open("stdout", encoding="utf-8")]
assert all(row["v"] == 1 for row in rows), rows
sys.exit(0 if eval("(" + sys.argv[1] + ")") else 1)' "$2"
}

says() { holds "the message has $1" grep -q -- "$1" stderr; }

free_port() {
    python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# serve DIR : starts the daemon and waits until it answers.
serve() {
    "$program" -n "$1" serve 2>"$1.log" &
    daemons+=($!)
    served=$!
    local tries
    for tries in $(seq 100); do
        "$program" -n "$1" status >stdout 2>stderr && return
        sleep 0.1
    done
    echo "FAILED: $1 does not come up"
    cat "$1.log"
    exit 1
}

# stop PID : stops one daemon cleanly.
stop() {
    kill "$1"
    wait "$1"
    holds "SIGTERM stops the daemon with status 0" test $? = 0
}

# until_true SECONDS EXPRESSION ARGUMENTS... : repeats a verb until its JSON is as expected.
until_true() {
    local tries=$(($1 * 5)) expression=$2
    shift 2
    while [ "$tries" -gt 0 ]; do
        "$program" "$@" >stdout 2>stderr && python3 -c '
import json, sys
rows = [json.loads(line) for line in open("stdout", encoding="utf-8")]
sys.exit(0 if eval("(" + sys.argv[1] + ")") else 1)' "$expression" && return
        tries=$((tries - 1))
        sleep 0.2
    done
    holds "$*: $expression" false
}

report() {
    cat <<END
---
kind: periodic
period: 2026-10
number: $1
date: $(TZ=Asia/Ho_Chi_Minh date +%F)
title: Báo cáo tình hình Nhân dân và công tác dân vận tháng 10 năm 2026
urgency: normal
indicators: {buoi-tiep-cong-dan: 12, ty-le: 98.5, ma: 007}
---
# I. Tình hình Nhân dân

Ổn định.
END
}

# ---- the call ---------------------------------------------------------------------------------------
run 2
run 2 psuh
says USAGE
says push
run 2 push --bogus
says -- --bogus
run 0 help
run 0 help push
run 0 push --help
run 2 help psuh
run 0 --version
LANG=vi_VN.UTF-8 run 0 help
holds "help is Vietnamese for a Vietnamese locale" grep -q "Chi tiết" stdout
LANGUAGE=vi run 2 psuh
says "gần nhất"
run 2 status
run 6 -n "$work/nowhere" status
holds "what is wrong is told once" test "$(wc -l <stderr)" = 2
says BAD_NODE
run 2 -n "$work/nowhere" inbox cap-uy
says BAD_NODE
run 6 -n "$work/nowhere" status --json
says BAD_NODE
json "where no node is, none is up" 'rows[0]["state"] == "DOWN" and rows[0]["unit"] is None and rows[0]["links"] == []'

# ---- founding and joining ---------------------------------------------------------------------------
root_port=$(free_port)
child_port=$(free_port)
init=(init bp --root --federation danvan.example --unit binh-phuoc --level province
      --name "Tỉnh Bình Phước" --regime binh-phuoc --listen "tcp://127.0.0.1:$root_port")
run 0 "${init[@]}" --dry-run
holds "a dry run makes nothing" test ! -e bp
run 2 init bp --root --federation "Not a name" --unit u --level province --name N --regime binh-phuoc
run 2 init bp --root --federation danvan.example --unit BAD --level province --name N --regime binh-phuoc
run 2 init bp --root --federation danvan.example --unit u --level kingdom --name N --regime binh-phuoc
printf 'name: x\ntitle: x\nrules: nonsense\nbogus: y\n' >bad.yaml
run 2 init bp --root --federation danvan.example --unit u --level province --name N --regime ./bad.yaml
says BAD_REGIME
run 2 "${init[@]}" --organ ban-dan-vam
says BAD_ROLE
says "ban-dan-van?"
run 2 "${init[@]:0:${#init[@]}-1}" tcp://127.0.0.1:0
says BAD_VALUE
holds "a refused founding leaves nothing" test ! -e bp
run 0 "${init[@]}"
run 2 "${init[@]}"
says NOT_EMPTY
chmod 755 bp
run 77 -n bp serve
says OPEN_DIR
chmod 700 bp
holds "a node's directory is its owner's alone" test "$(stat -c %a bp)" = 700

run 6 -n bp status
run 6 -n bp status --json
json "a silent node is DOWN" 'rows[0]["state"] == "DOWN"'
run 6 -n bp invite --unit dong-phu --level district --name "Huyện Đồng Phú"
serve bp
bp_pid=$served
run 7 -n bp serve
says LOCKED
run 0 -n bp status --json
json "status" 'rows[0]["state"] == "OK" and rows[0]["log"]["size"] > 0 and rows[0]["level"] == "province"'

run 0 -n bp invite --unit dong-phu --level district --name "Huyện Đồng Phú" --regime huyen --dry-run
holds "a dry invitation is no invitation" test -z "$out"
run 2 -n bp invite --unit dong-phu --level district --name "Huyện Đồng Phú" --for 7w
run 2 -n bp invite --unit dong-phu --level province --name "Huyện Đồng Phú"
says BAD_LEVEL
run 0 -n bp invite --unit dong-phu --level district --name "Huyện Đồng Phú" --regime huyen
cp stdout invitation
run 2 join dp /dev/null
says BAD_INVITATION
run 0 join dp invitation --dry-run
run 0 join dp invitation --listen "tcp://127.0.0.1:$child_port"
serve dp
dp_pid=$served
until_true 20 'rows[0]["links"][0]["connected"] and rows[0]["links"][0]["queued"] == 0' -n dp status --json
json "no log is anchored yet" 'rows[0]["log"]["anchored"] is None'
json "the link goes up" 'rows[0]["links"][0]["direction"] == "up" and rows[0]["links"][0]["unit"] == "binh-phuoc"'

run 0 -n bp tree --json
json "tree" '[row["unit"] for row in rows] == ["binh-phuoc", "dong-phu"]'
run 0 -n bp tree --asof 2000-01-01 --json
json "nobody was a member then" 'rows == []'
run 2 -n bp tree --asof yesterday
run 0 -n bp tree
run 0 -n dp key root
cp stdout root.key
run 0 -n bp key root --json
json "every node names the same key" 'rows[0]["key"] == open("root.key").read().strip()'
run 0 -n bp config check
run 0 -n bp config show --json --changed
json "what was changed" 'all(row["changed"] for row in rows) and rows[0]["key"] == "listen"'
run 0 -n bp config show
run 2 -n bp config bogus

# ---- calendars ----------------------------------------------------------------------------------------
calendars=$here/../../deploy/calendars
run 0 calendar check "$calendars/binh-phuoc-2026.yaml" --json
json "a calendar without a node" 'rows[0]["ok"] and rows[0]["regimes_of"] is None and rows[0]["mistakes"] == []'
run 0 -n bp calendar check "$calendars/binh-phuoc-2026.yaml" --json
json "a calendar with a node" 'rows[0]["ok"] and rows[0]["regimes_of"] == "binh-phuoc" and rows[0]["meetings"] == 2'
run 0 -n bp calendar check "$calendars/binh-phuoc-2026.yaml"
run 0 -n dp calendar check "$calendars/huyen-2026.yaml"
run 0 calendar show "$calendars/binh-phuoc-2026.yaml" --json
json "the dates of a file" '{e["due"] for e in rows[0]["entries"] if e["rule"] == "BP-24.2b" and e["period"] == "2026"} == {
    "2026-12-15", "2026-12-17", "2026-12-19", "2026-12-22"} and rows[0]["remind"]["every"] == 3'
run 0 calendar show "$calendars/huyen-2026.yaml"
sed -e 's/BP-24.2b/BP-42.2b/' -e 's/2026-04-27 /2026-04-31 /' "$calendars/binh-phuoc-2026.yaml" >bad-calendar.yaml
run 2 -n bp calendar check bad-calendar.yaml
says "bad-calendar.yaml:15:5:"
says 'unknown rule "BP-42.2b"'
says "did you mean BP-24.2b"
run 2 -n bp calendar check bad-calendar.yaml --json
json "mistakes as data" 'rows[0]["ok"] is False and [m["line"] for m in rows[0]["mistakes"]] == [15, 34, 41]'
run 2 -n bp calendar show bad-calendar.yaml
run 2 calendar check missing.yaml
says BAD_FILE
run 2 calendar check
run 2 calendar forget x.yaml
run 2 calendar show "$calendars/huyen-2026.yaml" --asof 2026-01-01
run 0 -n bp calendar show --json
json "no calendar yet" 'rows == []'
run 0 -n bp calendar show --asof 2026-03-01
run 4 -n bp calendar show binh-phuoc-2026
says NOT_FOUND

# ---- a report -----------------------------------------------------------------------------------------
report 15-BC/HU >r.md
run 0 -n dp explain r.md --from cap-uy --json
json "explain" 'rows[0]["from"] == "cap-uy@dong-phu" and {r["organ"]: r["as"] for r in rows[0]["recipients"]} == {
    "cap-uy@binh-phuoc": "to", "ban-dan-van@binh-phuoc": "copy"} and all(
    r["through"] is None and r["rules"][0]["id"] == "BP-24.2b" and r["rules"][0]["cites"] for r in rows[0]["recipients"])
    and rows[0]["regimes"][0]["name"] == "binh-phuoc" and len(rows[0]["regimes"][0]["hash"]) == 64'
run 0 -n dp explain r.md --from cap-uy@dong-phu
run 5 -n dp explain r.md --from cap-uy@binh-phuoc
says NO_ORGAN
run 5 -n dp explain r.md --from van-phong --json
says NO_RULE
holds "a refusal is no answer" test -z "$out"
sed 's/^period: .*/period: 2026-13/' r.md >bad.md
run 5 -n dp explain bad.md --from cap-uy
says BAD_PERIOD
sed 's/^date: .*/date: 2900-01-01/' r.md >bad.md
run 5 -n dp explain bad.md --from cap-uy
says BAD_DATE
run 5 -n dp push bad.md --from cap-uy
says BAD_DATE
sed 's/^kind: /kindd: /' r.md >bad.md
run 2 -n dp push bad.md --from cap-uy
says BAD_HEADER
run 2 -n dp push missing.md --from cap-uy
holds "a file is named once" test "$(grep -o missing.md stderr | wc -l)" = 1
run 2 -n dp push r.md
run 2 -n dp push r.md --from cap-uy --wait soon
run 2 -n dp push r.md --from cap-uy --attach missing.pdf --dry-run
says BAD_FILE
run 2 -n dp attachment 00000000 r.md
run 0 -n dp push r.md --from cap-uy --attach r.md --dry-run
run 0 -n dp push r.md --from cap-uy --dry-run
holds "a dry push prints no id" test -z "$out"
run 0 -n dp outbox --json
json "a dry push leaves nothing" 'rows == []'

run 0 -n dp push r.md --from cap-uy --wait 30
id=$out
holds "push prints the id and nothing else" grep -qE '^[0-9a-f]{64}$' stdout
short=${id:0:8}
run 0 -n dp outbox cap-uy --json
json "outbox" "rows[0]['id'] == '$id' and rows[0]['state'] == 'received' and rows[0]['owed'] == 1"
run 0 -n dp outbox
run 4 -n dp outbox nobody
run 0 -n bp inbox ban-dan-van --json
json "inbox" "rows[0]['id'] == '$id' and rows[0]['from'] == 'cap-uy@dong-phu' and rows[0]['as'] == 'copy'
    and rows[0]['state'] == 'arrived' and rows[0]['period'] == '2026-10' and rows[0]['urgency'] == 'normal'
    and rows[0]['rules'][0]['id'] == 'BP-24.2b' and rows[0]['arrived'].endswith('Z')"
run 0 -n bp inbox cap-uy
run 4 -n bp inbox nobody
run 0 -n dp show "$short" --json
json "show" "rows[0]['id'] == '$id' and rows[0]['indicators'] == {'buoi-tiep-cong-dan': 12, 'ty-le': 98.5, 'ma': '007'}"
run 0 -n bp show "$short" --body
holds "the body is the author's" grep -q "Ổn định." stdout
run 2 -n dp show "${id:0:7}"
run 4 -n dp show 0123456789abcdef
run 0 -n dp status --json
json "what is known of the superior log" 'rows[0]["log"]["beacon"]["origin"] == "danvan.example/binh-phuoc/e1"
    and rows[0]["log"]["beacon"]["size"] > 0'
run 0 -n dp status
holds "status says that nothing is anchored" grep -q "never anchored" stdout

# ---- a second one for the same period ---------------------------------------------------------------
sed "s|15-BC/HU|15a-BC/HU|" r.md >again.md
run 0 -n dp push again.md --from cap-uy --dry-run
says FURTHER_REPORT
says "$id"
says "both stand"
sed "s|^title: .*|title: Báo cáo\nalso-to: [cap-uy@nowhere-at-all, mttq@dong-phu, khong-co@dong-phu]|" again.md >bad.md
run 5 -n dp push bad.md --from cap-uy
says BAD_RECIPIENT
holds "a refused push warns of nothing" test "$(grep -c FURTHER_REPORT stderr)" = 0
sed "s/^urgency:.*/supersedes: $id/" again.md >bad.md && mv bad.md again.md
run 0 -n dp push again.md --from cap-uy --wait 30
holds "what takes its place does not stand beside it" test "$(grep -c FURTHER_REPORT stderr)" = 0
again=$out
run 0 -n dp outbox --json
json "outbox tells the further one" "[(r['id'], r['flags'], r['further_to'], r['supersedes']) for r in rows]
    == [('$id', [], None, None), ('$again', ['further'], '$id', '$id')]"
run 0 -n dp outbox
holds "in words too" grep -q "further report.*${id:0:12}.*supersedes ${id:0:12}" stdout
run 0 -n bp inbox cap-uy --json
json "inbox does" "[r['further_to'] for r in rows] == [None, '$id']"
run 0 -n bp show "$again" --json
json "show does" "rows[0]['flags'] == ['further'] and rows[0]['supersedes'] == '$id'"
run 0 -n bp trail "$again" --json
json "trail does" "[r['further_to'] for r in rows if r['event'] == 'received'] == ['$id']"
run 0 -n bp trail "$again"
run 0 -n bp status --json
json "it is no cause for alarm" "rows[0]['state'] == 'OK'"
for organ in cap-uy ban-dan-van; do
    run 0 -n bp mark "$again" --as "$organ" refused
done

# ---- states -------------------------------------------------------------------------------------------
run 2 -n bp mark "$short" --as cap-uy nonsense
says "accepted, assigned, processing, done, recall-agreed, recall-refused"
LANG=vi_VN.UTF-8 run 2 -n bp mark "$short" --as cap-uy lung-tung
says "đã tiếp nhận, phân công, đang xử lý, hoàn thành"
run 2 -n bp mark 1234 --as cap-uy done
says "the first 8 or more"
LANG=vi_VN.UTF-8 run 2 -n bp mark 1234 --as cap-uy done
says "8 chữ số đầu trở lên.*1234"
run 4 -n bp mark 0123456789abcdef --as cap-uy done
holds "a full id is not told how long an id is" test "$(grep -c digits stderr)" = 0
run 5 -n bp mark "$short" --as mttq 03
says NOT_RECEIVED
run 0 -n bp mark "$short" --as cap-uy 03 --dry-run
run 0 -n bp mark "$short" --as cap-uy đã tiếp nhận --note "Chuyển Ban Dân vận"
run 5 -n bp mark "$short" --as cap-uy arrived
says BAD_STATE
run 0 -n bp mark "$short" --as ban-dan-van accepted
run 0 -n bp mark "$short" --as ban-dan-van done
run 0 -n bp inbox ban-dan-van --json
json "what is done is left out" 'rows == []'
run 0 -n bp inbox ban-dan-van --all --json
json "but not with --all" 'rows[0]["state"] == "done"'
until_true 20 'sum(row["event"] == "state" for row in rows) == 3' -n dp trail "$short" --json
json "trail" '[row["event"] for row in rows][:2] == ["signed", "logged"]
    and {"forwarded", "received", "delivered"} <= {row["event"] for row in rows}
    and {row["organ"] for row in rows if row["event"] == "delivered"} == {"cap-uy@binh-phuoc", "ban-dan-van@binh-phuoc"}
    and all(row["proof"] == "receipt" for row in rows)'
run 0 -n dp trail "$short"
run 0 -n bp trail "$id" --json
json "the receiver says so too" 'rows[0]["event"] == "signed" and rows[1]["event"] == "received"'

# ---- proofs -------------------------------------------------------------------------------------------
run 0 -n dp export "$short" -o r.trail
run 2 -n dp export "$short" -o r.trail
run 0 -n dp export "$short" -o r.trail -y
run 0 -n dp export "$short" -o other.trail --dry-run
holds "a dry export writes nothing" test ! -e other.trail
run 2 -n dp export -o other.trail
run 0 verify r.trail --root root.key
run 0 verify --root "$(cat root.key)" r.trail --json
json "verify" "rows[0]['verified'] is True and rows[0]['report'] == '$id' and rows[0]['from'] == 'cap-uy@dong-phu'
    and all(check['ok'] for check in rows[0]['checks'])"
head -c 1000 r.trail >cut.trail
run 8 verify cut.trail --root root.key --json
json "a cut trail" 'rows[0]["verified"] is False'
says VERIFY_FAILED
python3 - <<'END'
data = bytearray(open("r.trail", "rb").read())
data[len(data) // 2] ^= 1
open("flipped.trail", "wb").write(data)
END
run 8 verify flipped.trail --root root.key
run 2 verify r.trail --root r.md
run 2 verify r.trail --root "$(cut -c1-40 root.key)"
says "neither a verification key"
run 2 verify missing.trail --root root.key
run 2 verify r.trail
run 0 trail-extract r.trail -o parts
holds "the parts are there" test -s parts/policy -a -s parts/report.bin
holds "the report's bytes have its id" test "$(sha256sum parts/report.bin | cut -d' ' -f1)" = "$id"
run 2 trail-extract r.trail -o parts
run 0 -n bp export --log -o log
holds "the log is there" test -s log/checkpoint -a -d log/tile/entries
run 0 -n bp audit --json
json "audit" 'rows[0]["ok"] is True'
run 0 -n dp audit --since 2026-01-01

# ---- without the parent -------------------------------------------------------------------------------
stop "$bp_pid"
report 16-BC/HU >r2.md
run 3 -n dp push r2.md --from cap-uy --wait 1
says PENDING
id2=$out
run 0 -n dp queue --json
json "queue" "any(row['id'] == '$id2' and row['kind'] == 'report' and not row['held'] for row in rows)"
run 0 -n dp trail "$id2" --json
json "what waits is said to wait" 'any(row["event"] == "queued" and row["proof"] == "none" for row in rows)'
run 0 -n dp queue hold "$id2" --dry-run
run 0 -n dp queue hold "$id2"
run 0 -n dp queue --json
json "held" "any(row['id'] == '$id2' and row['held'] for row in rows)"
run 0 -n dp queue
run 0 -n dp why "$id2" --json
json "why a held report waits" 'rows[0]["state"] == "waits" and rows[0]["waits"][0]["cause"] == "held" and "release" in rows[0]["waits"][0]["do"]'
run 0 -n dp why "$id2"
run 0 -n dp queue release "$id2"
run 0 -n dp queue retry "$id2"
run 2 -n dp queue drop "$id2"
run 4 -n dp why 0123456789abcdef
run 2 -n dp why xyz
run 4 -n dp queue retry 0123456789abcdef
until_true 60 'rows[0]["state"] == "DEGRADED" and "UPLINK_DOWN" in rows[0]["reasons"]' -n dp status --json
serve bp
bp_pid=$served
until_true 60 "any(row['id'] == '$id2' for row in rows)" -n bp inbox cap-uy --json
until_true 30 'all(row["state"] == "received" for row in rows)' -n dp outbox --json

# ---- a calendar that is issued ------------------------------------------------------------------------
run 77 -n bp calendar issue "$calendars/binh-phuoc-2026.yaml" --as mttq
says "calendars.*the organ that directs reporting"
LANG=vi_VN.UTF-8 run 77 -n bp calendar issue "$calendars/binh-phuoc-2026.yaml" --as mttq
says "thuộc cơ quan chỉ đạo báo cáo.*thay thế: BP-"
run 0 -n bp calendar issue "$calendars/binh-phuoc-2026.yaml" --as ban-dan-van
run 0 -n bp calendar show --json
json "the calendar here" 'len(rows) == 1 and rows[0]["by"] == "ban-dan-van@binh-phuoc" and rows[0]["serial"] == 1'
until_true 30 'any(row["name"] == "binh-phuoc-2026" for row in rows)' -n dp calendar show --json
run 0 -n dp calendar show binh-phuoc-2026 --json
json "the same dates below" 'len(rows) == 1 and len(rows[0]["entries"]) > 50 and len(rows[0]["hash"]) == 64'
run 0 -n dp calendar show binh-phuoc-2026
sed 's/^from: .*/from: 2026-07-01/; s/, Q, H, 9M, Y\]/]/; s/, Q, H, 9M\]/]/; s/\[H, Y\]/[Y]/; /exceptions:/d; /period: 2026-0/d; /giao-ban-6/,/participants/d' \
    "$calendars/binh-phuoc-2026.yaml" >second-half.yaml
run 0 -n bp calendar issue second-half.yaml --as ban-dan-van
run 0 -n bp calendar show --asof 2026-06-30 --json
json "the first issue answers for June" '[row["serial"] for row in rows] == [1]'
run 0 -n bp calendar show --asof 2026-07-01 --json
json "the second from July on" '[row["serial"] for row in rows] == [2]'
run 0 -n bp calendar show --asof 2025-12-31 --json
json "nobody answers for the year before" 'rows == []'

stop "$dp_pid"
run 6 -n dp push r.md --from cap-uy
says NOT_RUNNING
run 6 -n dp mark "$short" --as cap-uy 03
run 0 -n dp trail "$short" --json
json "reading needs no daemon" 'len(rows) > 5'
stop "$bp_pid"
daemons=()

# ---- a store that was cut off ---------------------------------------------------------------------------
cp -r dp cut
truncate -s 12288 cut/store/data.mdb
for verb in "tree" "audit" "inbox cap-uy" "trail $short"; do
    run 1 -n cut $verb
    says STORE_CORRUPT
    says "cut off"
done

echo "$checks checks, $failures failed"
test "$failures" = 0
