#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# All tests: unit, fuzz corpora and integration on the plain build, unit and
# corpora under ASan + UBSan, the threaded parts under TSan, then lint. Ends in
# "N passed, N failed" over all of them and fails when anything failed.
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
PYTHON=${PYTHON:-/usr/bin/python3}
results=$(mktemp -d)
trap 'rm -rf "$results"' EXIT
status=0
junit=()

note() { printf '\n== %s (%ss)\n' "$1" "$SECONDS"; }

fail() {
  printf 'FAILED: %s\n' "$1"
  status=1
}

# setup DIR OPTION...: a fresh or known build folder.
setup() {
  local dir=$1
  shift
  if [ -f "$dir/build.ninja" ]; then
    set -- configure "$dir" "$@" # it may have been made without the tests
  else
    set -- setup "$dir" "$@"
  fi
  meson "$@" -Dtests=enabled >"$results/setup.log" 2>&1 ||
    { cat "$results/setup.log"; return 1; }
}

# configure DIR OPTION...: one that is built.
configure() {
  local dir=$1
  setup "$@" || return 1
  ninja -C "$dir" >"$results/build.log" 2>&1 ||
    { tail -n 60 "$results/build.log"; return 1; }
}

# run DIR NAME MESON-ARGS...: meson tests of a build folder, counted.
run() {
  local dir=$1 name=$2
  shift 2
  meson test -C "$dir" --print-errorlogs --logbase "$name" "$@" \
    >"$results/$name.log" 2>&1 || { tail -n 200 "$results/$name.log"; fail "$name"; }
  tail -n 12 "$results/$name.log" | grep -E '^(Ok|Fail|Timeout|Skipped)'
  junit+=("$dir/meson-logs/$name.junit.xml")
}

note "build"
configure "$BUILD" || { fail build; echo "0 passed, 1 failed"; exit 1; }
note "unit tests and fuzz corpora"
run "$BUILD" plain

note "ASan + UBSan"
# clang's: it warns of other things than gcc (so lint need not build with it as well), and its
# UBSan sees more.
if CC=clang-14 configure build-clang-asan -Db_sanitize=address,undefined -Db_lundef=false; then
  UBSAN_OPTIONS=halt_on_error=1:print_stacktrace=1 run build-clang-asan asan -t 2
else
  fail "ASan build"
fi

note "TSan"
# What these tests need is built, and no more.
if setup build-tsan -Db_sanitize=thread; then
  TSAN_OPTIONS=halt_on_error=1:second_deadlock_stack=1 run build-tsan tsan --suite threads
else
  fail "TSan build"
fi

# The slow readers of the code read while the integration tests wait.
nice -n 19 tools/lint.sh cppcheck clang-tidy >"$results/readers.log" 2>&1 &
readers=$!

note "integration"
(cd tests/integration && npm ci --silent --no-audit --no-fund) >"$results/npm.log" 2>&1 ||
  { tail -n 20 "$results/npm.log"; fail "npm ci"; }
export COAPSCOPE=$PWD/$BUILD/coapscope COAPSCOPE_BUILD=$PWD/$BUILD PYTHON results
# Three at a time, a file each: they wait more than they work. The slow ones go first.
slow=(tests/integration/test_{protect_ufw,protect_policy,protect_apply,scan_store,page,scan_senders,watch_peers}.py)
mapfile -t rest < <(printf '%s\n' tests/integration/test_*.py "${slow[@]}" | sort | uniq -u)
# shellcheck disable=SC2016
printf '%s\n' "${slow[@]}" "${rest[@]}" | xargs -P 3 -I FILE bash -c '
  name=$(basename FILE .py)
  "$PYTHON" -m pytest -q -p no:cacheprovider --durations=3 --junitxml "$results/$name.xml" FILE \
    >"$results/$name.log" 2>&1 && { tail -n 1 "$results/$name.log" | sed "s/^/$name: /"; exit 0; }
  cat "$results/$name.log"
  exit 1' || fail "integration"
for file in "${slow[@]}" "${rest[@]}"; do
  junit+=("$results/$(basename "$file" .py).xml")
done

note "lint"
tools/lint.sh -cppcheck -clang-tidy -clang-build || fail "lint"
wait "$readers" || fail "cppcheck, clang-tidy"
cat "$results/readers.log"

note "done"
"$PYTHON" tools/count.py "${junit[@]}" || status=1
exit $status
