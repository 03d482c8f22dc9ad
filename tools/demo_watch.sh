#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Who knocks: real probes of nmap, zmap and libcoap's client against a real service, in
# network namespaces of its own, and what `coapscope watch` says of them. Nothing
# leaves this machine; all that it starts ends with it. Called by demo.sh.
# Usage: tools/demo_watch.sh DIR (what it writes goes there)
set -u -o pipefail
COAPSCOPE=${COAPSCOPE:-build/coapscope}
DIR=$1
DEVICE=198.51.100.1 NMAP=198.51.100.10 ZMAP=198.51.100.20 CLIENT=198.51.100.30

# shellcheck source=tools/demo_net.sh
. "$(dirname "$0")/demo_net.sh"

need nmap zmap coap-server-notls coap-client-notls ip nsenter

far_end $DEVICE $NMAP $ZMAP $CLIENT
# zmap asks for the gateway's hardware address of nobody but the neighbour table.
there ping -q -c 1 -W 2 $DEVICE >/dev/null 2>&1

coap-server-notls -A $DEVICE -p 5683 -d 10 -v 0 </dev/null >"$DIR/watch-server.log" 2>&1 &
"$COAPSCOPE" watch -i near -O table -o "$DIR/watch.txt" --summary "$DIR/watch.json" \
  --pcap-out "$DIR/watch.pcapng" --interval 200 -q 2>"$DIR/watch.log" &
watch=$!
for _ in $(seq 50); do
  there timeout 2 coap-client-notls -a $CLIENT -B 1 -m get "coap://$DEVICE/time" >/dev/null 2>&1
  [ -s "$DIR/watch.pcapng" ] && break
  kill -0 $watch 2>/dev/null || die "watch: $(cat "$DIR/watch.log")"
  sleep 0.2
done

there nmap -sU -Pn -n -p 5683 -S $NMAP -e far $DEVICE >"$DIR/nmap.txt" 2>&1 ||
  die "nmap: $(tail -n 3 "$DIR/nmap.txt")"
mac=$(ip -o link show near | sed -n "s|.*link/ether \([0-9a-f:]*\).*|\1|p")
there zmap -M udp -p 5683 -i far -G "$mac" -S $ZMAP -r 10 -c 1 -q --blacklist-file=/dev/null \
  --probe-args=hex:40017d70bb2e77656c6c2d6b6e6f776e04636f7265 $DEVICE/32 \
  >"$DIR/zmap.txt" 2>"$DIR/zmap.log" || die "zmap: $(tail -n 3 "$DIR/zmap.log")"
there timeout 5 coap-client-notls -a $CLIENT -B 1 -m put -e off "coap://$DEVICE/light" >/dev/null 2>&1
sleep 1

kill -INT $watch
wait $watch || die "watch ended with exit status $?: $(cat "$DIR/watch.log")"
cat "$DIR/watch.txt"
