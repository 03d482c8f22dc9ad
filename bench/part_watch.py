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
POLL_S = 0.02
# Name, packets, sources, where they are; the least share of the loop's speed.
CAPTURES = [("60,000 sources", 1000000, 60000, "", 0.3),
            ("60,000 in one /16", 1000000, 60000, "one16", 0.3),
            ("1 M sources", 10000000, 1000000, "", 0.15)]
SLOW = {"tshark": 1000000, "ndpiReader": 1000000}  # no more packets than these


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


def peaks(pids, seen):
    """Notes the peak memory in KiB of each process so far."""
    for pid in pids:
        try:
            text = pathlib.Path(f"/proc/{pid}/status").read_text(encoding="ascii")
        except OSError:
            continue
        for line in text.splitlines():
            if line.startswith("VmHWM:"):
                seen[pid] = int(line.split()[1])


def measure(command):
    """Seconds on one core, and MiB of all its processes at their peaks."""
    seen, core = {}, min(os.sched_getaffinity(0))
    started = time.monotonic()
    process = subprocess.Popen(["taskset", "-c", str(core), *command],
                               stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while process.poll() is None:
        peaks(family(process.pid), seen)
        time.sleep(POLL_S)
    if process.returncode:
        raise RuntimeError(f"{command[0]} ended with {process.returncode}")
    return time.monotonic() - started, sum(seen.values()) / 1024


def side_by_side(capture, packets):
    """Rounds of each program, one after the other."""
    runs = {}
    for _ in range(ROUNDS):
        for name, command in programs(capture).items():
            if packets <= SLOW.get(name, packets):
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
        loop = [seconds for seconds, _ in runs["bare loop"]]
        for name, measured in runs.items():
            seconds = [s for s, _ in measured]
            rows.append([what, name, spread([packets / s / 1000 for s in seconds]),
                         spread([s * 1e6 / packets for s in seconds], "{:.2f}"),
                         f"{max(mib for _, mib in measured):.0f}",
                         spread(ratios(loop, seconds), "{:.3f}")])
        ours = sorted(ratios(loop, [s for s, _ in runs["coapscope watch"]]))
        lines.append((f"speed, {what}: of the loop's", verdict(ours[ROUNDS // 2], least)))
        peak = max(mib for _, mib in runs["coapscope watch"])
        lines.append((f"memory, {what}, MiB", verdict(peak, 64, more_is_better=False)))
        capture.unlink()
    return "\n\n".join([
        f"Captures of bench/watch_gen.c, all programs on one core, median of {ROUNDS} "
        "rounds (least to most). Memory: all processes of a program at their peaks.",
        table(["capture", "reader", "1000 packets/s", "us a packet", "peak MiB",
               "of the loop's speed"], rows),
        budgets(*lines)])
