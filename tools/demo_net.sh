# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# For the demo's parts that need a network: namespaces of their own, gone with what made them.
# Nothing leaves this machine. Sourced, after DIR is set, with the script's own arguments.

die() {
  printf '\nThe demo failed: %s\n' "$*" >&2
  exit 1
}

# A network, and processes, of our own; root's or, where that is allowed, a user's.
if [ "${2:-}" != inside ]; then
  who=(--map-root-user)
  [ "$(id -u)" -eq 0 ] && who=()
  exec unshare "${who[@]}" --net --mount --pid --fork --kill-child --mount-proc \
    "$0" "$DIR" inside
fi

need() {
  for tool; do
    command -v "$tool" >/dev/null || die "$tool is missing: run make deps"
  done
}

there() { nsenter --target "$far" --net "$@"; }

# far_end HERE THERE...: a second namespace, in which `there COMMAND` runs; "near" with the
# address HERE leads to its "far" with the others.
far_end() {
  local here=$1 at
  shift
  unshare --net sleep 120 &
  far=$!
  for _ in $(seq 50); do
    [ "$(readlink "/proc/$far/ns/net")" != "$(readlink /proc/self/ns/net)" ] && break
    sleep 0.1
  done
  ip link set lo up
  ip link add near type veth peer name far netns "$far" || die "no veth pair"
  ip addr add "$here/24" dev near
  ip link set near up
  there ip link set lo up
  for at; do there ip addr add "$at/24" dev far; done
  there ip link set far up
}
