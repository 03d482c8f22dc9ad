#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Close it: a real service behind rules that look closed and are not, in network
# namespaces of its own; what `coapscope protect` finds, does, proves and takes
# back. Nothing leaves this machine; all that it starts ends with it. Called by demo.sh.
# Usage: tools/demo_protect.sh DIR (what it writes goes there)
set -u -o pipefail
COAPSCOPE=${COAPSCOPE:-build/coapscope}
DIR=$1
DEVICE=198.51.100.1 STRANGER=198.51.100.66 PEER=198.51.100.20

# shellcheck source=tools/demo_net.sh
. "$(dirname "$0")/demo_net.sh"

need nft coap-server-notls coap-client-notls ip nsenter
mount -t tmpfs none /run || die "no /run of our own"

far_end $DEVICE $STRANGER $PEER
ip route add default via 198.51.100.254

coap-server-notls -A $DEVICE -p 5683 -d 10 -v 0 </dev/null >"$DIR/protect-server.log" 2>&1 &
nft -f - <<'RULES' || die "nft does not take the rules"
table inet host {
	chain input {
		type filter hook input priority 0; policy drop;
		ct state established,related accept
		iif lo accept
		udp dport 5683 accept
		udp dport 5683 drop
	}
}
RULES
nft -a list ruleset >"$DIR/rules-before"

# Its messages stand where they were said, also in a pipe.
protect() {
  local verb=$1
  shift
  "$COAPSCOPE" protect "$verb" --store "$DIR/protect" "$@" 2>&1
}

# ask NAME FROM: what a client there is told.
ask() {
  local answer
  answer=$(there timeout 2 coap-client-notls -a "$2" -B 1 -m get "coap://$DEVICE/time" 2>/dev/null)
  if [ -n "$answer" ]; then
    printf '  %-8s asks from %s and is answered: %s\n' "$1" "$2" "$answer"
  else
    printf '  %-8s asks from %s: silence\n' "$1" "$2"
    return 1
  fi
}

show() {
  printf '\n  $ coapscope protect %s\n' "$*"
}

printf 'The rules of a host that was opened once, and closed later as people are advised:\n\n'
sed -n '/chain input/,/}/p' "$DIR/rules-before" | sed 's/ # handle/  # handle/'
printf '\n'
for _ in $(seq 20); do
  ask stranger $STRANGER >"$DIR/said" && break
  sleep 0.2
done
cat "$DIR/said"
grep -q answered "$DIR/said" || die "nobody is answered at first"

show check
protect check -O table -o "$DIR/check.txt"
[ $? -eq 1 ] || die "check does not find it: see $DIR/check.txt"
sed -n '1,3p' "$DIR/check.txt" | cut -c -110
show apply --strangers drop --allow $PEER
protect apply --strangers drop --allow $PEER | tee "$DIR/apply.txt" | cut -c -110 ||
  die "apply: $(cat "$DIR/apply.txt")"
show confirm
protect confirm || die "confirm"
show check
protect check --allow $PEER -O table -o "$DIR/closed.txt" || die "still exposed: see $DIR/closed.txt"
sed -n '1,2p' "$DIR/closed.txt" | cut -c -110
printf '\n'
ask stranger $STRANGER && die "the stranger is answered all the same"
ask peer $PEER || die "the peer is shut out"
show undo
protect undo || die "undo"
nft -a list ruleset | cmp -s - "$DIR/rules-before" || die "undo left something behind"
printf '  the rules are again as they were, byte for byte\n'
