#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Runs parts of the benchmark, prints what they say and keeps it in RESULTS.md.

    bench/run.py [PART...]

A part is a file part_<name>.py with run(folder), which returns Markdown. Parts
that do not run now keep what RESULTS.md says of them.
"""
import datetime
import importlib
import os
import pathlib
import platform
import re
import signal
import sys
import tempfile
import time

import rig
import programs

RESULTS = rig.ROOT / "bench" / "RESULTS.md"
PARTS = ["send", "find", "idle", "checksum", "memory", "resources", "decode", "store", "csv",
         "ptr", "enrich", "serve", "report", "page", "watch", "watch_live",
         "verdict", "protect", "protect_truth"]
HEAD = """# Benchmarks

Ours beside its peers, interleaved in one run by `make bench`; see `tools/bench.sh`.
No physical network: figures of the CPU, not of a wire, and only to be compared
within a table.
"""


def machine():
    """CPU model, cores and kernel; nothing that names the machine."""
    text = pathlib.Path("/proc/cpuinfo").read_text(encoding="utf-8")
    model = re.search(r"^model name\s*: (.*)", text, re.M)
    kernel = re.match(r"[\d.]+", platform.release())[0]
    return (f"{model[1] if model else platform.machine()}, {os.cpu_count()} cores, "
            f"Linux {kernel}")


def section(name, seconds, text):
    today = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d %H:%M UTC")
    load = os.getloadavg()[0]
    return (f"## {name}\n\n{today}; {machine()}; load {load:.1f}; {seconds:.0f} s; "
            f"{programs.versions()}\n\n{text}\n")


def read_sections():
    if not RESULTS.exists():
        return {}
    parts = re.split(r"^## (\w+)\n", RESULTS.read_text(encoding="utf-8"), flags=re.M)
    return {name: f"## {name}\n{text.rstrip()}\n"
            for name, text in zip(parts[1::2], parts[2::2])}


def write_sections(sections):
    text = "\n".join([HEAD, *(sections[name] for name in PARTS if name in sections)])
    RESULTS.write_text(text, encoding="utf-8")


def run_part(name):
    part = importlib.import_module(f"part_{name}")
    with tempfile.TemporaryDirectory(prefix="coapscope-bench-") as folder:
        folder = pathlib.Path(folder)
        programs.prepare(folder)
        os.chdir(folder) # masscan leaves files where it is
        began = time.monotonic()
        text = part.run(folder)
        os.chdir(rig.ROOT)
    return section(name, time.monotonic() - began, text)


def main():
    wanted = sys.argv[1:] or PARTS
    if unknown := set(wanted) - set(PARTS):
        sys.exit(f"bench: no part {', '.join(unknown)}; there are: {' '.join(PARTS)}")
    if why := rig.netns.why_not():
        sys.exit(f"bench: {why}")
    # So that a kill, too, ends what was started and removes the namespaces.
    for sign in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(sign, lambda number, _frame: sys.exit(128 + number))
    failed = []
    for name in wanted:
        print(f"\n== bench: {name}", flush=True)
        try:
            text = run_part(name)
        except (OSError, RuntimeError, ValueError, TimeoutError,
                rig.subprocess.SubprocessError) as error:
            print(f"FAILED: {name}: {error}", flush=True)
            failed.append(name)
            continue
        print(text, flush=True)
        write_sections(read_sections() | {name: text})
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
