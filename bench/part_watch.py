# SPDX-License-Identifier: Apache-2.0
"""watch: capture files read and judged, beside other readers and the bare loop."""
import os
import pathlib
import shutil
import subprocess
import time

from rig import BUILD
from table import budgets, ratios, spread, table, verdict

ROUNDS = 3
POLL_S = 0.01
TICKS = os.sysconf("SC_CLK_TCK")
# Name, packets, sources, where they are; the least share of the loop's speed.
CAPTURES = [("6,000 sources", 100000, 6000, "", 0.3),
            ("60,000 sources", 1000000, 60000, "", 0.3),
            ("60,000 in one /16", 1000000, 60000, "one16", 0.3),
            ("1 M sources", 10000000, 1000000, "", 0.15)]
MANY, ROUNDS_MANY = 10000000, 1
PEAK = 64 + 8 # MiB: the program itself
SLOW = {"tshark": 100000, "ndpiReader": 100000, "tcpdump -nn": 100000}  # these at most, and once


def programs(capture):
    """What reads a capture, by name; those that are not installed are left out."""
    every = {"bare loop": [BUILD / "bench" / "watch_loop", capture],
             "coapscope watch": [BUILD / "coapscope", "watch", "-r", capture,
                                 "-o", "/dev/null", "--summary", "/dev/null"],
             "tcpdump -nn": ["tcpdump", "-nn", "-r", capture],
             "ndpiReader": ["ndpiReader", "-q", "-i", capture],
             "tshark": ["tshark", "-q", "-z", "io,phs", "-r", capture]}
    return {name: list(map(str, command)) for name, command in every.items()
            if shutil.which(str(command[0]))}


def family(pid):
    """A process and what it started."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children")
    try:
        return [pid, *(int(child) for child in children.read_text().split())]
    except OSError:
        return [pid]


def look(pids, kib, cpu):
    """Notes the peak memory in KiB and the CPU seconds of each process so far."""
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
            stat = pathlib.Path(f"/proc/{pid}/stat").read_text(encoding="ascii")
        except OSError:
            continue
        fields = stat.rpartition(")")[2].split()
        cpu[pid] = (int(fields[11]) + int(fields[12])) / TICKS
        for line in text.splitlines():
            if line.startswith("VmHWM:"):
                kib[pid] = int(line.split()[1])


def measure(command):
    """CPU seconds of the process that decodes, and of all; MiB of the two likewise."""
    kib, cpu, core = {}, {}, min(os.sched_getaffinity(0))
    process = subprocess.Popen(["taskset", "-c", str(core), *command],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    pid, status = 0, 0
    while not pid:
        look(family(process.pid), kib, cpu)
        time.sleep(POLL_S)
        pid, status, used = os.wait4(process.pid, os.WNOHANG)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    every = used.ru_utime + used.ru_stime
    children = [child for child in cpu if child != process.pid]
    decodes = sum(cpu[child] for child in children) if children else every
    mib = [sum(kib.get(one, 0) for one in some) / 1024 for some in (children or kib, kib)]
    return decodes, every, *mib


def side_by_side(capture, packets):
    """Rounds of each program, one after the other."""
    runs = {}
    for each in range(ROUNDS_MANY if packets >= MANY else ROUNDS):
        for name, command in programs(capture).items():
            if name not in SLOW or (each == 0 and packets <= SLOW[name]):
                runs.setdefault(name, []).append(measure(command))
    return runs


def run(folder):
    rows, lines = [], []
    subprocess.run(["ninja", "-C", BUILD, "coapscope", "bench/watch_gen",
                    "bench/watch_loop"], check=True, stdout=subprocess.DEVNULL)
    for what, packets, sources, where, least in CAPTURES:
        capture = folder / "watch.pcap"
        subprocess.run([BUILD / "bench" / "watch_gen", capture, str(packets),
                        str(sources), *filter(None, [where])], check=True)
        runs = side_by_side(capture, packets)
        loop = [run[0] for run in runs["bare loop"]]
        for name, measured in runs.items():
            decodes, every = ([run[i] for run in measured] for i in (0, 1))
            rows.append([what, name, spread([packets / s / 1000 for s in decodes]),
                         spread([s * 1e6 / packets for s in decodes], "{:.2f}"),
                         spread([s * 1e6 / packets for s in every], "{:.2f}"),
                         f"{max(run[2] for run in measured):.0f}",
                         f"{max(run[3] for run in measured):.0f}",
                         spread(ratios(loop, decodes), "{:.3f}")])
        ours = sorted(ratios(loop, [run[0] for run in runs["coapscope watch"]]))
        lines.append((f"speed, {what}: of the loop's", verdict(ours[len(ours) // 2], least)))
        peak = max(run[2] for run in runs["coapscope watch"])
        lines.append((f"memory, {what}, MiB", verdict(peak, PEAK, more_is_better=False)))
        capture.unlink()
    return "\n\n".join([
        f"Captures of bench/watch_gen.c, all programs on one core, CPU time, median of "
        f"{ROUNDS} rounds (least to most; of {MANY:,} packets and more {ROUNDS_MANY}; "
        f"{', '.join(SLOW)} once, and not with so many). "
        "Of watch the process that decodes and classifies counts; the one that writes "
        "is in \"all\", with the lists of places that it reads.",
        table(["capture", "reader", "1000 packets/s", "us a packet", "all",
               "peak MiB", "all", "of the loop's speed"], rows),
        budgets(*lines)])
