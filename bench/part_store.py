# SPDX-License-Identifier: Apache-2.0
"""store: rows into and out of the store, beside a bare loop of inserts."""
import re
import statistics
import subprocess

from rig import BUILD
from table import budgets, spread, table, verdict

ROUNDS = 3
MILLIONS = "1"


def once(folder):
    """bench/store.c's lines: a name, a figure and, for some, bytes a row."""
    text = subprocess.run([BUILD / "bench" / "store", folder, MILLIONS], check=True,
                          text=True, capture_output=True, timeout=300).stdout
    seen = {}
    for line in text.splitlines():
        found = re.match(r"(\S+(?: \S+)?)\s\s+([\d.]+)", line)
        if found:
            seen[found[1]] = float(found[2])
        size = re.search(r"([\d.]+) bytes a row", line)
        if size:
            seen[found[1] + " bytes"] = float(size[1])
    return seen


def run(folder):
    place = folder / "store"
    runs = []
    for _ in range(ROUNDS):
        place.mkdir()
        runs.append(once(place))
        subprocess.run(["rm", "-rf", place], check=True)
    forms = {"ratio": "{:.2f}", "to publish": "{:.2f}", "store bytes": "{:.1f}",
             "bare loop bytes": "{:.1f}"}
    rows = [[name, spread([r[name] for r in runs], forms.get(name, "{:.0f}"))]
            for name in runs[0]]

    def middle(name):
        return statistics.median(r[name] for r in runs)

    return "\n\n".join([
        f"{ROUNDS} runs of {MILLIONS} million rows, in turns with the bare loop on the same "
        "schema. Rows/s, bytes a row, seconds to publish.",
        table(["what", "median (min to max)"], rows),
        budgets(("to the bare loop", verdict(middle("ratio"), 0.8)),
                ("bytes a row", verdict(middle("store bytes"), 150,
                                        more_is_better=False)))])
