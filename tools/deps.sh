#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Installs what a set of tasks needs from Debian 12's own packages, and only
# what is missing. Usage: tools/deps.sh [build] [demo] [test] [bench] [nightly]
set -eu

build="gcc libc6-dev make pkg-config meson ninja-build python3 libsqlite3-dev
  libmaxminddb-dev libc-ares-dev libseccomp-dev libcap-ng-dev libmnl-dev
  libinih-dev libzip-dev libmicrohttpd-dev libssl-dev libcjson-dev
  libpcap-dev zlib1g-dev libzstd-dev scdoc"
demo="libcoap3-bin iproute2 iputils-ping procps python3 nmap zmap util-linux nftables"
tests="libcmocka-dev python3-pytest libcoap3-bin iproute2 procps
  nftables iptables ipset knot ufw tshark tcpdump nmap gdb sqlite3 mandoc shellcheck
  cppcheck clang-14 clang-tidy-14 clang-format-14 libclang-rt-14-dev conntrack
  util-linux iputils-ping bsdutils jq zmap masscan prometheus openssl systemd chromium logrotate strace
  tor-geoipdb libmaxmind-db-writer-perl"
nightly="valgrind qemu-user gcc-i686-linux-gnu libc6-dev-i386-cross
  gcc-s390x-linux-gnu libc6-dev-s390x-cross"
bench="zmap masscan nmap valgrind clang-14 libbpf-dev linux-libc-dev iproute2
  knot tcpdump tor-geoipdb libmaxmind-db-writer-perl wrk"

want=""
for set in "${@:-build}"; do
  case "$set" in
    build) want="$want $build" ;;
    demo) want="$want $build $demo" ;;
    test) want="$want $build $tests" ;;
    bench) want="$want $build $bench" ;;
    nightly) want="$want $build $tests $bench $nightly" ;;
    *) echo "deps.sh: '$set': want build, demo, test, bench or nightly" >&2; exit 2 ;;
  esac
done
case " $* " in
  *" demo "* | *" test "*)
    command -v node >/dev/null || want="$want nodejs"
    command -v npm >/dev/null || want="$want npm" ;;
esac

missing=""
for package in $want; do
  case "$(dpkg-query -W -f '${Status}' "$package" 2>/dev/null)" in
    "install ok installed") ;;
    *) missing="$missing $package" ;;
  esac
done
[ -n "$missing" ] || exit 0

as_root=""
if [ "$(id -u)" -ne 0 ]; then
  command -v sudo >/dev/null || {
    echo "deps.sh: missing$missing: install them as root, or install sudo" >&2
    exit 1
  }
  as_root="sudo"
fi
echo "installing:$missing" >&2
# A fresh machine has no package lists, an old one has stale ones.
$as_root apt-get -q -o DPkg::Lock::Timeout=300 update >&2
# shellcheck disable=SC2086 # a list of words is meant
$as_root env DEBIAN_FRONTEND=noninteractive apt-get -q install -y \
  --no-install-recommends -o DPkg::Lock::Timeout=300 $missing >&2
