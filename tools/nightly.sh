#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# What takes too long for every change: the tests with what only says the same more
# often (COAPSCOPE_NIGHTLY), the unit tests under valgrind, instructions counted, the
# pure layers on a 32-bit and a big-endian machine, and minutes of fuzzing a target
# (SECONDS_EACH, 300).
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
status=0

fail() {
  printf 'FAILED: %s\n' "$1"
  status=1
}

# elsewhere COMPILER RUNNER: the pure layers built for another machine must
# read the same messages in the same way, and pass over the corpora.
elsewhere() {
  local cc=$1 run=$2 dir=build-$1 name
  mkdir -p "$dir"
  mapfile -t pure < <(git ls-files 'src/base/*.c' 'src/coap/*.c' 'src/wire/*.c' 'src/probe/*.c')
  "$cc" -static -O2 -std=gnu17 -D_GNU_SOURCE -Isrc "${pure[@]}" \
    tests/differential/canonical.c -o "$dir/canonical" -pthread || return 1
  grep -v -e '^#' -e '^$' tests/differential/messages.hex >"$dir/messages.hex"
  "$BUILD/tests/differential/canonical" <"$dir/messages.hex" >"$dir/here.txt"
  $run "$dir/canonical" <"$dir/messages.hex" >"$dir/there.txt" || return 1
  [ -s "$dir/here.txt" ] || return 1
  cmp "$dir/here.txt" "$dir/there.txt" || return 1
  for name in msg option block link; do
    "$cc" -static -O2 -std=gnu17 -D_GNU_SOURCE -Isrc "${pure[@]}" -pthread \
      "tests/fuzz/fuzz_$name.c" tests/fuzz/replay.c -o "$dir/replay_$name" || return 1
    $run "$dir/replay_$name" "tests/fuzz/corpus/$name" || return 1
  done
}

tools/deps.sh nightly || exit 1
COAPSCOPE_NIGHTLY=1 tools/test.sh || fail "tests"
meson test -C "$BUILD" --suite unit --no-suite threads --no-suite bare -t 20 \
  --wrap 'valgrind --error-exitcode=9 --leak-check=full -q' --logbase valgrind \
  >"$BUILD/valgrind.log" 2>&1 || { tail -n 60 "$BUILD/valgrind.log"; fail "valgrind"; }
if [ "$(id -u)" -eq 0 ]; then
  "${PYTHON:-/usr/bin/python3}" bench/instructions.py --check || fail "instructions"
fi
elsewhere i686-linux-gnu-gcc "" || fail "32 bits"
elsewhere s390x-linux-gnu-gcc qemu-s390x || fail "big-endian"
tools/fuzz.sh "${SECONDS_EACH:-300}" || fail "fuzzing"
exit $status
