#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Real CoAP servers on loopback addresses, a scan that finds them, and what it
# wrote down. Nothing leaves this machine. Every process started here is ended
# here, however the script ends. Needs what `make demo` installs and builds.
set -u -o pipefail
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
COAPSCOPE=${COAPSCOPE:-$BUILD/coapscope}
DIR=${DEMO_DIR:-$BUILD/demo}
PEERS=tests/integration # its package-lock.json says which npm coap
RANGE=127.0.16.0/20
HALL=127.0.16.10 POOL=127.0.19.77 STOCK=127.0.24.5 LAMPS=127.0.27.33 LOCK=127.0.30.200
COUNT=5 # devices that answer at all
LISTS=4 # of them with 2.05: the rows of table and CSV
started=()

bold="" dim="" plain=""
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
  bold=$'\e[1m' dim=$'\e[2m' plain=$'\e[0m'
fi

say() { printf '%s\n' "$*"; }
title() { printf '\n%s== %s%s\n' "$bold" "$*" "$plain"; }

die() {
  printf '\nThe demo failed: %s\n' "$*" >&2
  exit 1
}

# shellcheck disable=SC2317
clean_up() {
  trap - EXIT
  for pid in "${started[@]}"; do
    kill "$pid" 2>/dev/null
  done
  for pid in "${started[@]}"; do
    wait "$pid" 2>/dev/null
  done
}
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# run COMMAND...: shows a command as one would type it, and runs it.
run() {
  printf '%s$ %s%s\n' "$dim" "$*" "$plain"
  "$@"
}

# fit COMMAND...: the same, cut to a width as coapscope itself does on a terminal.
fit() {
  if [ -t 1 ]; then run "$@"; else run "$@" | cut -c 1-110; fi
}

# Waits up to 10 s for a command to succeed.
await() {
  for _ in $(seq 100); do
    "$@" >/dev/null 2>&1 && return 0
    sleep 0.1
  done
  return 1
}

# Whether somebody listens on port 5683 of ADDRESS, as ss writes it.
listens() { ss -Hlun "sport = :5683" | awk '{ print $4 }' | grep -qxF "$1:5683"; }

answers() { # ADDRESS: libcoap's own client gets something from it
  [ -n "$(timeout 2 coap-client-notls -B 1 -m get "coap://$1/.well-known/core" 2>/dev/null)" ]
}

# libcoap ADDRESS MORE...: libcoap's example server, with room for 10 resources.
libcoap() {
  local at=$1
  coap-server-notls -A "$at" -p 5683 -d 10 -v 0 >"$DIR/server-$at.log" 2>&1 </dev/null &
  started+=("$!")
  await answers "$at" || die "libcoap's server does not answer on $at; see $DIR/server-$at.log"
}

# resource ADDRESS PATH VALUE: makes a resource on one of our own servers.
resource() {
  timeout 5 coap-client-notls -B 2 -m put -e "$3" "coap://$1/$2" >/dev/null 2>&1 ||
    die "cannot make /$2 on our own server $1"
}

check_ready() {
  [ -x "$COAPSCOPE" ] || die "there is no $COAPSCOPE: run make first"
  for tool in coap-server-notls coap-client-notls node npm ss; do
    command -v "$tool" >/dev/null || die "$tool is missing: run make deps"
  done
  for at in $HALL $POOL $STOCK $LAMPS $LOCK 0.0.0.0 '*' '[::]'; do
    listens "$at" && die "somebody listens on UDP $at:5683 already: end that first (ss -lunp)"
  done
  { rm -rf "$DIR" && mkdir -p "$DIR"; } || die "cannot write $DIR (made by another user?)"
}

start_devices() {
  # What another user has put there may be read, not renewed.
  [ -d "$PEERS/node_modules/coap" ] ||
    (cd "$PEERS" && npm ci --silent --no-audit --no-fund) || die "npm ci in $PEERS"

  libcoap "$HALL"
  resource "$HALL" sensors/temperature 21.5
  resource "$HALL" sensors/humidity 48
  resource "$HALL" actuators/door closed
  say "  $HALL   libcoap, a hall with two sensors and a door"
  libcoap "$POOL"
  resource "$POOL" pump on
  say "  $POOL   libcoap, a pool pump"
  libcoap "$STOCK"
  say "  $STOCK    libcoap, as it comes"
  NODE_PATH=$PEERS/node_modules node tools/demo_devices.js "$LAMPS" "$LOCK" >"$DIR/devices.log" 2>&1 </dev/null &
  started+=("$!")
  await grep -q ready "$DIR/devices.log" || die "node's servers: $(cat "$DIR/devices.log")"
  say "  $LAMPS   node, street lamps: a list of resources that comes in blocks"
  say "  $LOCK  node, a lock that answers 4.01 Unauthorized"
}

check_found() {
  local rows results
  results=$(wc -l <"$DIR/found.jsonl")
  rows=$(($(wc -l <"$DIR/found.csv") - 1))
  [ "$results" -eq $COUNT ] || die "$results of $COUNT services found: see $DIR"
  [ "$rows" -eq $LISTS ] || die "$rows of $LISTS rows in $DIR/found.csv"
  for at in $HALL $POOL $STOCK $LAMPS; do
    grep -q ",$at,udp,5683," "$DIR/found.csv" || die "$at is not in $DIR/found.csv"
  done
}

find_them() {
  fit "$COAPSCOPE" scan -r 2000 -c 3 --enrich -O table --store "$DIR/store" \
    -m "$DIR/scan.json" $RANGE || die "the scan ended with exit status $?"
}

# The scan has ended: nothing is sent again, the store is only read.
write_down() {
  run "$COAPSCOPE" report csv -o "$DIR/found.csv" --store "$DIR/store" || die "writing the CSV"
  run "$COAPSCOPE" report jsonl -o "$DIR/found.jsonl" --store "$DIR/store" ||
    die "writing the JSON lines"
}

# Days before today, as somebody gets them who has subscribed to them.
import_days() {
  mkdir "$DIR/reports" || die "cannot write $DIR"
  python3 tools/demo_days.py "$DIR/reports" "$(date -u -d yesterday +%F)" 6 ||
    die "cannot make sample reports"
  printf '%s$ %s%s\n' "$dim" "$COAPSCOPE report import --sample --store $DIR/store $DIR/reports/*.zip" "$plain"
  "$COAPSCOPE" report import --sample --store "$DIR/store" "$DIR"/reports/*.zip ||
    die "the import ended with exit status $?"
}

# fit_head COMMAND...: the first lines of it. report diff exits 1: there is something new.
fit_head() {
  run "$@" | head -n 16 | cut -c 1-110
  [ "${PIPESTATUS[0]}" -le 1 ] || [ "${PIPESTATUS[0]}" -eq 141 ] || die "$*"
}

make_page() {
  run "$COAPSCOPE" report html --store "$DIR/store" -o "$DIR/page.html" ||
    die "the page ended with exit status $?"
  [ "$(wc -c <"$DIR/page.html")" -gt 100000 ] || die "the page is empty: see $DIR"
}

# Row ADDRESS of the table of verdicts holds these words.
judged() { grep -E "^$1 " "$DIR/watch.txt" | grep -qF "$2"; }

has_namespaces() {
  [ "$(id -u)" -eq 0 ] || unshare --map-root-user --net true 2>/dev/null && return
  say "  (left out: network namespaces want root here)"
  return 1
}

close_it() {
  has_namespaces || return 0
  COAPSCOPE=$COAPSCOPE fit tools/demo_protect.sh "$DIR" || die "coapscope protect"
}

watch_probes() {
  has_namespaces || return 0
  say "  198.51.100.10   nmap -sU -p 5683"
  say "  198.51.100.20   zmap's CoAP probe"
  say "  198.51.100.30   libcoap's client: reads /time, then writes to /light"
  say
  COAPSCOPE=$COAPSCOPE fit tools/demo_watch.sh "$DIR" || die "coapscope watch"
  for at in 198.51.100.10 198.51.100.20; do
    judged $at scan || die "$at is no scan: see $DIR/watch.txt"
  done
  judged 198.51.100.30 "control attempt" || die "no control attempt: see $DIR/watch.txt"
}

show_csv() {
  run head -n 1 "$DIR/found.csv"
  run grep -F ",$STOCK," "$DIR/found.csv"
}

title "Five devices on loopback addresses of this machine"
check_ready
start_devices

title "Find them: 4,096 addresses, one question of 21 bytes each"
find_them
say
say "AMPL is how much larger the answer was than the question: what a reflection"
say "attack would gain. The lock is not in the table: it did not answer 2.05"
say "(--all-codes shows it)."

title "The same results as files, out of the store"
write_down
check_found
say
say "The CSV has the columns of Shadowserver's scan_coap report; one device of it:"
show_csv

title "Six days before it: sample reports, marked as such, in Shadowserver's format"
import_days

title "What the days add up to, and what changed"
fit "$COAPSCOPE" report stats -O table --store "$DIR/store" || die "report stats"
say
fit_head "$COAPSCOPE" report diff -O table --store "$DIR/store"

title "One device in full: its list came in blocks"
run "$COAPSCOPE" resources -O table $LAMPS || die "resources ended with exit status $?"

title "The page: one file, no network"
make_page

title "Who knocks? Real probes of a device in a network of its own, while coapscope watch listens"
watch_probes

title "Close it: rules that look closed, what they really do, and one command that mends them"
close_it

title "Done: $COUNT of $COUNT devices found, $LISTS of them tell everybody what they have"
say "  $DIR/found.csv     Shadowserver's columns"
say "  $DIR/found.jsonl   all that is known, with the lock and the raw bytes"
say "  $DIR/scan.json     what was sent, received and rejected, and why"
say "  $DIR/store/        all of it, for later commands"
say "  $DIR/watch.pcapng  the packets that the verdicts rest on"
say "  $DIR/page.html     the page: open it in a browser, file://$(cd "$DIR" && pwd)/page.html"
say
say "The same live, until Ctrl-C:"
say "  $COAPSCOPE serve --store $DIR/store"
say
say "Next, in a network that is yours (--dry-run sends nothing):"
say "  $COAPSCOPE scan --dry-run local"
say "  $COAPSCOPE scan --help"
say "Or, as root, what this machine's own firewall does with CoAP (nothing is changed):"
say "  $COAPSCOPE protect check"
