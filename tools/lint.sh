#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Everything that can be said of the code without running it. Needs a
# configured build folder for the compile commands.
# Usage: tools/lint.sh [STEP...]: only these steps; tools/lint.sh -STEP: all but this.
set -u
cd "$(dirname "$0")/.." || exit 1
BUILD=${BUILD:-build}
PYTHON=${PYTHON:-/usr/bin/python3}
status=0
mapfile -t all < <(git ls-files '*.c' '*.h')
mapfile -t src < <(git ls-files 'src/*.c')
mapfile -t scripts < <(git ls-files '*.sh' .ci/run)

wanted=("$@")

is_wanted() {
  [ ${#wanted[@]} -eq 0 ] && return
  case "${wanted[0]}" in
    -*) [[ " ${wanted[*]} " != *" -$1 "* ]] ;;
    *) [[ " ${wanted[*]} " == *" $1 "* ]] ;;
  esac
}

step() {
  local name=$1
  is_wanted "$name" || return 0
  shift
  if "$@" >"$BUILD/lint-$name.log" 2>&1; then
    printf 'lint: %s: clean\n' "$name"
  else
    grep -F ' error: ' "$BUILD/lint-$name.log" | sort -u | head -n 40
    tail -n 40 "$BUILD/lint-$name.log"
    printf 'lint: %s: FAILED\n' "$name"
    status=1
  fi
}

# shellcheck disable=SC2317
clang_build() {
  { [ -f build-clang/build.ninja ] || CC=clang-14 meson setup build-clang; } &&
    ninja -C build-clang
}

# shellcheck disable=SC2317
tidy() {
  printf '%s\n' "${src[@]}" |
    xargs -P "$(nproc)" -n 6 clang-tidy-14 -p "$BUILD" --quiet
}

# cppcheck 2.10 does not come to an end in page.c; clang-tidy has looked at it.
mapfile -t ended < <(git ls-files 'src/*.c' ':!src/report/page.c')

# shellcheck disable=SC2317
check_cppcheck() {
  cppcheck -q -j "$(nproc)" --std=c11 --error-exitcode=1 --inline-suppr -I src \
    -I "$BUILD/src" \
    --enable=warning,performance,portability --suppress=unknownMacro \
    --suppress=missingIncludeSystem "${ended[@]}"
}

step clang-format clang-format-14 --dry-run --Werror "${all[@]}"
step clang-build clang_build
step clang-tidy tidy
step cppcheck check_cppcheck
step shellcheck shellcheck "${scripts[@]}"
step layers "$PYTHON" tools/layers.py docs/layers
step spdx "$PYTHON" tools/spdx.py
if ls "$BUILD"/docs/man/*.[1-8] >/dev/null 2>&1; then
  step man mandoc -Tlint -W error "$BUILD"/docs/man/*.[1-8]
fi
exit $status
