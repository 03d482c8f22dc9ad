# SPDX-License-Identifier: Apache-2.0
"""ptr: reverse names a second from Knot on loopback, beside a bare c-ares loop."""
import statistics
import subprocess

from rig import BUILD
from table import budgets, ratios, spread, table, verdict
import dns

NAMES, ROUNDS = 100000, 7
WINDOWS = [256, 128]


def rounds(resolver, window):
    """Rates of the bare loop and of ours, and the names that ours lost."""
    text = subprocess.run([BUILD / "bench" / "ptr", resolver, str(NAMES), str(window),
                           str(ROUNDS)], check=True, text=True, capture_output=True,
                          timeout=600).stdout
    lines = [[float(number) for number in line.split()] for line in text.splitlines()]
    return [[line[i] for line in lines] for i in range(4)]


def run(folder):
    rows, lines = [], []
    place = folder / "knot"
    place.mkdir()
    with dns.Knot(place) as knot:
        for window in WINDOWS:
            bare, ours, bare_lost, lost = rounds(knot.resolver, window)
            ratio = ratios(ours, bare)
            rows.append([window, spread(bare), spread(ours), spread(ratio, "{:.2f}"),
                         f"{sum(lost):.0f}, {sum(bare_lost):.0f}"])
            lines.append((f"to the bare loop, window {window}",
                          verdict(statistics.median(ratio), 0.7)))
    return "\n\n".join([
        f"{NAMES} names a round, {ROUNDS} rounds in turns, one resolver (Knot with "
        "mod-synthrecord, one worker), groups of 4,096. Names a second; the ratio is "
        "the median over the rounds.",
        table(["window", "bare c-ares", "coapscope", "ratio", "names lost (ours, bare)"],
              rows),
        budgets(*lines)])
