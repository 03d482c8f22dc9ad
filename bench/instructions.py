#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Instructions in user code, counted by callgrind: the same on a busy machine.

    bench/instructions.py            prints them
    bench/instructions.py --record   writes bench/instructions.json
    bench/instructions.py --check    fails when one is 5 % above what was recorded

A probe's cost is that of the sending thread, as the slope between two scans that
differ in how many they send: what starting and waiting cost is not in it. Needs
root (namespaces), and a build.
"""
import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

import rig
import programs

RECORD = rig.ROOT / "bench" / "instructions.json"
TOLERANCE = 1.05
FEW, MANY = 20000, 60000 # probes
ROUNDS = 200             # of a decode case
PACKETS, SOURCES = 50000, 1000 # of a capture that is watched
DECODE = ["write-probe", "msg-probe", "msg-reply", "inspect-reply", "packet-probe",
          "alien-reply", "options", "links", "link-attrs", "link-match"]


def callgrind(folder, *options):
    """The command's beginning. The totals are read by `totals`."""
    preload = f"LD_PRELOAD={rig.BUILD}/bench/no_seccomp.so"
    return ["env", preload, "valgrind", "-q", "--tool=callgrind",
            f"--callgrind-out-file={folder}/open/callgrind.out", *options]


def totals(folder):
    """The sum in each of callgrind's files, by name; the files are removed."""
    sums = {}
    for path in (folder / "open").glob("callgrind.out*"):
        found = re.search(r"^(?:totals|summary): (\d+)", path.read_text(), re.M)
        sums[path.name] = int(found[1]) if found else 0
        path.unlink()
    return sums


def count_scan(net, folder, program, probes):
    """Instructions of each thread of a scan of @probes addresses."""
    # zmap is nobody when callgrind writes its file again.
    (folder / "open" / "callgrind.out").touch()
    (folder / "open" / "callgrind.out").chmod(0o666)
    wrap = callgrind(folder, "--separate-threads=yes")
    command = program(net, folder, "10.96.0.0/12", 0, cooldown=1)
    net.run("scanner", [*wrap, *map(str, command), "-e", 1, "-n", probes], timeout=300)
    return totals(folder)


def per_probe(net, folder, program):
    few = count_scan(net, folder, program, FEW)
    many = count_scan(net, folder, program, MANY)
    # The main thread sends in neither; zmap's spends a random time on its order.
    return max(many[name] - few.get(name, 0) for name in many
               if not name.endswith("-01")) / (MANY - FEW)


def per_unit(folder, case):
    wrap = callgrind(folder, "--toggle-collect=run_*")
    text = subprocess.run([*wrap, rig.BUILD / "bench" / "decode", case, str(ROUNDS)],
                          check=True, text=True, capture_output=True, timeout=120).stdout
    return sum(totals(folder).values()) / int(text.split()[2])


def scans(folder):
    """Of a probe: ours by both senders, and zmap's."""
    with rig.wire(drop=True) as net:
        return {name: round(per_probe(net, folder, program), 1)
                for name, program in (("probe packet", programs.packet),
                                      ("probe udp", programs.udp),
                                      ("probe zmap", programs.zmap))}


def count_watch(folder, packets):
    """Instructions of the decoding process, from frames to verdicts."""
    capture = folder / "watch.pcap"
    subprocess.run([rig.BUILD / "bench" / "watch_gen", capture, str(packets),
                    str(SOURCES)], check=True)
    wrap = callgrind(folder, "--trace-children=yes", "--toggle-collect=cs_decoder_run",
                     f"--callgrind-out-file={folder}/open/callgrind.out.%p")
    subprocess.run([*wrap, rig.BUILD / "coapscope", "watch", "-r", capture, "-o",
                    "/dev/null", "--summary", "/dev/null"], check=True, timeout=300,
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return sum(totals(folder).values())


def per_packet(folder):
    """Of a packet whose source is known: what sources and the start cost falls out."""
    few, many = count_watch(folder, PACKETS), count_watch(folder, 3 * PACKETS)
    return (many - few) / (2 * PACKETS)


def measure(folder):
    return scans(folder) | {"watch packet": round(per_packet(folder), 1)} | {case: round(per_unit(folder, case), 1) for case in DECODE}


def worse(now, recorded):
    """What of ours costs more than the record allows."""
    return [name for name, value in now.items()
            if name != "probe zmap" and value > recorded.get(name, value) * TOLERANCE]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--check", action="store_true")
    args = parser.parse_args()
    if os.geteuid() != 0:
        sys.exit("instructions.py: needs root, to make network namespaces")
    subprocess.run(["ninja", "-C", rig.BUILD, "all", "bench/decode", "bench/xdp_drop.o",
                    "bench/watch_gen",
                    "bench/no_seccomp.so"], check=True, stdout=subprocess.DEVNULL)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        programs.prepare(folder)
        now = measure(folder)
    recorded = json.loads(RECORD.read_text()) if RECORD.exists() else {}
    for key, value in now.items():
        print(f"{key:14} {value:8} instructions   (recorded: {recorded.get(key, '-')})")
    if args.record:
        RECORD.write_text(json.dumps(now, indent=2) + "\n")
    if args.check and (bad := worse(now, recorded)):
        sys.exit(f"instructions.py: more than 5 % above the record: {', '.join(bad)}")


if __name__ == "__main__":
    main()
