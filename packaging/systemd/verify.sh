#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Verifies units as systemd reads them: verify.sh COAPSCOPE UNIT...
# The program need not be installed: copies name the one that was built.
set -eu
program=$(realpath "$1")
shift
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
for unit in "$@"; do
  sed "s|^\(Exec[A-Za-z]*\)=[^ ]*/coapscope |\1=$program |" "$unit" >"$folder/$(basename "$unit")"
done
# Complaints about other units of this machine are not ours.
SYSTEMD_LOG_LEVEL=warning SYSTEMD_UNIT_PATH="$folder:" \
  systemd-analyze verify --man=no "$folder"/*.service "$folder"/*.timer >"$folder/said" 2>&1 || status=$?
grep coapscope "$folder/said" && exit 1
exit "${status:-0}"
