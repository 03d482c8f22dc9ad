# SPDX-License-Identifier: Apache-2.0
"""report: a day of a million rows in memory, asked, added up, compared; and on disk."""
import pathlib
import re
import resource
import subprocess
import sys
import time

from rig import BUILD
from table import budgets, table, verdict

ROWS = 1000000
DAY = "2024-10-04" # the first of bench/report.c's two

# What a user would write: how many services each country has.
SQL = ("SELECT geo, count(*) FROM enriched JOIN place ON place.id = place GROUP BY geo"
       " ORDER BY 2 DESC")
PYTHON = """
import collections, csv, sys
with open(sys.argv[1], newline="", errors="replace") as rows:
    counts = collections.Counter(row["geo"] for row in csv.DictReader(rows))
for geo, n in counts.most_common():
    print(geo, n)
"""


def measures(store):
    """bench/report.c's lines: [name, milliseconds, what came of it]."""
    text = subprocess.run([BUILD / "bench" / "report", store, str(ROWS)], check=True,
                          text=True, capture_output=True, timeout=660).stdout
    return [list(m) for m in re.findall(r"^(\S.*?)\s{2,}([\d.]+) ms\s+(\d+)$", text, re.M)]


def cpu(*command):
    """Seconds of processor time, user and kernel, and of the clock; and what it printed."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    out = subprocess.run(command, check=True, text=True, capture_output=True, timeout=300).stdout
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime,
            time.monotonic() - began, out)


def by_country(folder, store):
    """The same question to three; each gives one line a country."""
    report = [BUILD / "coapscope", "report"]
    found = [p for p in (store / DAY).iterdir() if "enriched" in p.name]
    if len(found) != 1:
        raise RuntimeError(f"{len(found)} enrichments of {DAY}")
    subprocess.run([*report, "csv", "-q", "--store", store, "--day", DAY, "-o",
                    folder / "day.csv"], check=True, timeout=300)
    return {
        "coapscope report stats (added up when the rows came)":
            cpu(*report, "stats", "-q", "--store", store, "--day", DAY, "-O", "csv"),
        "sqlite3, GROUP BY over the day's enrichment": cpu("sqlite3", found[0], SQL),
        "python3, csv module over the day's report":
            cpu(sys.executable, "-c", PYTHON, folder / "day.csv"),
    }


def check(answers):
    """All of them counted the same."""
    counts = [sorted(map(int, re.findall(r"\b(?:DE|FR|US|CN|BR)\W+(\d+)", out)))
              for _, _, out in answers]
    if len(counts[0]) != 5 or counts.count(counts[0]) != len(counts):
        raise RuntimeError(f"they do not agree: {counts}")


def sizes(store):
    def total(paths):
        return sum(p.stat().st_size for p in paths if p.is_file())

    days = [p for p in store.rglob("2*/*") if p.is_file()]
    enriched = [p for p in days if "enriched" in p.name]
    return [["segments, bytes a row", f"{total(set(days) - set(enriched)) / ROWS / 2:.1f}"],
            ["enrichment, bytes a row", f"{total(enriched) / ROWS / 2:.1f}"],
            ["first and last seen, bytes an address and port",
             f"{(store / 'seen.db').stat().st_size / (ROWS * 1.01):.1f}"],
            ["catalogue with two days, KB",
             f"{(store / 'catalog.db').stat().st_size / 1000:.0f}"]]


def run(folder):
    store = pathlib.Path(folder) / "store"
    rows = measures(store)
    answers = by_country(folder, store)
    check(answers.values())
    least = {name: float(ms) for name, ms, _ in rows}
    others = min(seconds for name, (seconds, _, _) in answers.items() if "coapscope" not in name)
    ours = next(iter(answers.values()))[0]
    return "\n\n".join([
        f"Two days of {ROWS} rows, each with a name of its own. Milliseconds of processor "
        "time, the least of five where nothing changes by it, and what came of it.",
        table(["what", "ms", "n"], rows),
        "How many services each country has; processor time, user and kernel.",
        table(["what", "CPU seconds", "seconds"],
              [[name, f"{c:.3f}", f"{wall:.2f}"] for name, (c, wall, _) in answers.items()]),
        table(["on disk", "here"], sizes(store)),
        budgets(("load, seconds", verdict(least["load"] / 1000, 10, more_is_better=False)),
                ("by country, CPU time to the quicker of the others",
                 verdict(ours / others, 1, more_is_better=False)))])
