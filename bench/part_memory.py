# SPDX-License-Identifier: Apache-2.0
"""memory: the peak of a scan of 2^24 addresses."""
import rig
import programs
from table import budgets, table, verdict

TARGETS = "10.0.0.0/8"
# The wire's own network is no way for raw frames: ours would refuse it.
LEFT_OUT = ["--exclude", "10.77.0.0/24"]
SCANNERS = [("coapscope packet", programs.packet, 120), ("coapscope udp", programs.udp, 8),
            ("zmap -T 1", programs.zmap, 8), ("masscan", programs.masscan, 8)]


def scan(net, folder, program, seconds):
    command = program(net, folder, TARGETS, 0, cooldown=8)
    if program in (programs.packet, programs.udp):
        command += LEFT_OUT
    watched = rig.Watched(net, command)
    whole = watched.wait_or_stop(seconds) < seconds
    return watched.rss_kib / 1024, "whole" if whole else f"stopped after {seconds} s"


def run(folder):
    with rig.wire(drop=True) as net:
        rows = [(name, *scan(net, folder, program, seconds))
                for name, program, seconds in SCANNERS]
    return "\n\n".join([
        "Peak resident memory of a scan of 10.0.0.0/8, unpaced, 8 s cooldown; nobody "
        "answers. (Where all answer: see find.)",
        table(["scanner", "peak MiB", "run"],
              [[name, f"{mib:.1f}", whole] for name, mib, whole in rows]),
        budgets(*[(f"{name}, MiB", verdict(mib, 64, more_is_better=False))
                  for name, mib, whole in rows
                  if name.startswith("coapscope") and whole == "whole"])])
