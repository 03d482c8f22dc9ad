# SPDX-License-Identifier: Apache-2.0
"""decode: nanoseconds and instructions of reading, instructions of a probe."""
import json
import subprocess

import instructions
from rig import BUILD
from table import budgets, spread, table, verdict

ROUNDS = 3


def times():
    """ns a unit of each case of bench/decode.c."""
    runs = {}
    for _ in range(ROUNDS):
        text = subprocess.run([BUILD / "bench" / "decode"], check=True, text=True,
                              capture_output=True, timeout=120).stdout
        for line in text.splitlines():
            name, unit, _, ns, _ = line.split()
            runs.setdefault((name, unit), []).append(float(ns))
    return runs


def run(folder):
    runs, counts = times(), instructions.measure(folder)
    recorded = json.loads(instructions.RECORD.read_text())
    above = ", ".join(instructions.worse(counts, recorded))
    decode = [[f"{name}, a {unit}", spread(ns, "{:.1f}"), counts.get(name, "")]
              for (name, unit), ns in runs.items()]
    probes = [[name, "", value] for name, value in counts.items()
              if name.startswith("probe")]
    share = counts["probe packet"] / counts["probe zmap"]
    return "\n\n".join([
        f"ns: median of {ROUNDS} runs. Instructions by callgrind: of user code; for a probe, "
        "from the address's choice to the system call (the slope between two scans).",
        table(["what", "ns", "instructions"], decode + probes),
        budgets(("probe packet to zmap's, instructions",
                 verdict(share, 1, 1 / 3, more_is_better=False)),
                ("5 % above bench/instructions.json",
                 f"NOT REACHED: {above}" if above else "none"))])
