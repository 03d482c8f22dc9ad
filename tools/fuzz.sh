#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Fuzzes each target for SECONDS (and only those named after it, if any) under
# ASan + UBSan, starting from its committed corpus. New inputs stay in
# build-fuzz/; what crashes is left there too, and fails the run.
set -u
cd "$(dirname "$0")/.." || exit 1
seconds=${1:-60}
shift
[ -f build-fuzz/build.ninja ] ||
  CC=clang-14 meson setup build-fuzz -Dfuzz=true -Dtests=enabled -Db_lundef=false \
    -Db_sanitize=address,undefined -Dc_args=-fsanitize=fuzzer-no-link \
    -Dbuildtype=debugoptimized >/dev/null || exit 1
ninja -C build-fuzz || exit 1
failed=0
for program in build-fuzz/tests/fuzz/fuzz_*; do
  { [ -x "$program" ] && [ -f "$program" ]; } || continue
  name=${program##*/fuzz_}
  [ $# -eq 0 ] || [[ " $* " == *" $name "* ]] || continue
  mkdir -p "build-fuzz/found/$name"
  echo "== $name, $seconds s"
  if UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 "$program" \
    -max_total_time="$seconds" -timeout=10 -rss_limit_mb=2048 -max_len=8192 \
    -artifact_prefix="build-fuzz/crash-$name-" -print_final_stats=1 \
    "build-fuzz/found/$name" "tests/fuzz/corpus/$name" >"build-fuzz/$name.log" 2>&1; then
    grep -E 'number_of_executed_units|average_exec_per_sec' "build-fuzz/$name.log"
  else
    tail -n 40 "build-fuzz/$name.log"
    echo "FAILED: $name"
    failed=1
  fi
done
exit $failed
