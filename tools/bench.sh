#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# Ours and its peers side by side, in network namespaces of its own; as root.
# Usage: tools/bench.sh [PART...], of: send find idle checksum memory resources
# decode store csv ptr enrich serve report page watch watch_live verdict protect protect_truth.
# Prints a table a part, and keeps it in bench/RESULTS.md.
set -eu
cd "$(dirname "$0")/.."
export BUILD=${BUILD:-build}
[ "$(id -u)" -eq 0 ] || { echo "bench.sh: needs root" >&2; exit 1; }
[ -f "$BUILD/build.ninja" ] || meson setup "$BUILD" >/dev/null
ninja -C "$BUILD" all bench/txloop bench/xdp_drop.o bench/no_seccomp.so \
  bench/csv bench/decode bench/enrich bench/ptr bench/httploop bench/live_loop \
  bench/report bench/store bench/year >/dev/null
# Ended after this long whatever happens; what is run ends its own children.
exec timeout --signal=TERM --kill-after=60 720 "${PYTHON:-/usr/bin/python3}" bench/run.py "$@"
