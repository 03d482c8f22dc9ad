# SPDX-License-Identifier: Apache-2.0
"""idle: what a slow scan takes of a core."""
import statistics

import rig
import programs
from table import budgets, spread, table, verdict

ROUNDS = 5
SECONDS = 2.0
RATE = 10000
TARGETS = "10.128.0.0/14"
SENDERS = [("coapscope packet", programs.packet), ("coapscope udp", programs.udp),
           ("zmap -T 1", programs.zmap), ("masscan", programs.masscan)]


def measure(folder):
    runs = {name: [] for name, _ in SENDERS}
    with rig.wire(drop=True) as net:
        for turn in range(ROUNDS):
            for i in range(len(SENDERS)):
                name, program = SENDERS[(i + turn) % len(SENDERS)]
                watched = rig.Watched(net, program(net, folder, TARGETS, RATE))
                try:
                    runs[name].append(watched.window(SECONDS, warm_up=5000))
                finally:
                    watched.stop()
    return runs


def run(folder):
    runs = measure(folder)
    rows = [[name, spread([r["share"] * 100 for r in of], "{:.1f}"),
             spread([r["pps"] for r in of])] for name, of in runs.items()]
    checks = [(f"{name}, % of a core",
               verdict(statistics.median(r["share"] * 100 for r in runs[name]), 5, 3,
                       more_is_better=False))
              for name in ("coapscope packet", "coapscope udp")]
    return "\n\n".join([
        f"Median of {ROUNDS} interleaved runs at {RATE} packets/s; nobody answers.",
        table(["sender", "% of a core", "packets/s"], rows), budgets(*checks)])
