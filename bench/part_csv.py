# SPDX-License-Identifier: Apache-2.0
"""csv: a day of a million rows as a report, for all and for a thousand owners."""
import os
import resource
import statistics
import subprocess
import sys
import time

from rig import BUILD
from table import budgets, ratios, spread, table, verdict

ROUNDS = 3
MILLIONS = "1"
OWNERS, PREFIXES = 1000, 100
DAY = "2024-10-04"

# What a user would write. The same columns in the same order; no escapes.
SQL = """
SELECT datetime(time_us / 1000000, 'unixepoch'), 'medium', %s, 'udp', reply_port, '',
       'coap;iot', 2, 0, '', '', '', 0, '', CAST(payload AS TEXT), response_size,
       printf('%%.2f', 1.0 * response_size / request_size), ''
FROM result LEFT JOIN body ON body.id = body WHERE code = 69 ORDER BY ip, port
"""
DOTTED = ("printf('%d.%d.%d.%d', " + ", ".join(
    "16 * (instr('0123456789ABCDEF', substr(hex(ip), {0}, 1)) - 1)"
    " + instr('0123456789ABCDEF', substr(hex(ip), {1}, 1)) - 1".format(i, i + 1)
    for i in (25, 27, 29, 31)) + ")")
PYTHON = f"""
import csv, socket, sqlite3, sys
rows = sqlite3.connect(sys.argv[1]).execute({SQL % "ip"!r})
with open(sys.argv[2], "w", newline="") as out:
    to = csv.writer(out, lineterminator="\\n")
    for row in rows:
        row = list(row)
        row[2] = socket.inet_ntoa(row[2][12:])
        row[14] = row[14].replace("\\n", "|")
        to.writerow(row)
"""


def cpu(argv, **more):
    """Seconds of CPU that a program takes, its kernel time too; and of the clock."""
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(argv, check=True, timeout=300, **more)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime,
            time.monotonic() - began)


def write_owners(path):
    """Prefixes of /17 side by side from 0.0.0.0 on: three quarters of all addresses."""
    with open(path, "w", encoding="ascii") as out:
        for owner in range(OWNERS):
            out.write(f"[org{owner}]\nprefixes =\n")
            for i in range(owner * PREFIXES, (owner + 1) * PREFIXES):
                out.write(f"  {i >> 9}.{i >> 1 & 255}.{(i & 1) << 7}.0/17\n")


def ways(folder):
    """Each: a name and a function that gives seconds of CPU and of the clock."""
    store, out = folder / "store", folder / "out.csv"
    segment = next((store / DAY).glob("*-0.db"))
    report = [BUILD / "coapscope", "report", "csv", "-q", "--store", store, "--day", DAY]

    def bare(what, source):
        began = time.monotonic()
        text = subprocess.run([BUILD / "bench" / "csv", what, source, folder / "bare.csv"],
                              check=True, text=True, capture_output=True, timeout=300).stdout
        return float(text), time.monotonic() - began

    return {
        "report csv": lambda: cpu([*report, "-o", out]),
        f"report csv, {OWNERS} owners": lambda: cpu(
            [*report, "--out-dir", folder / "reports", "--owners", folder / "owners.ini"]),
        "bare fputs of its cells": lambda: bare("cells", out),
        "bare loop over SQLite": lambda: bare("loop", segment),
        "sqlite3 -csv": lambda: cpu(["sqlite3", "-csv", segment, SQL % DOTTED],
                                    stdout=open(folder / "sqlite.csv", "w")),
        "python3 csv": lambda: cpu([sys.executable, "-c", PYTHON, segment,
                                    folder / "python.csv"]),
    }


def check(folder, rows):
    """All of them wrote the same rows; an address that came twice is one of ours."""
    for name in ("out.csv", "sqlite.csv", "python.csv"):
        lines = int(subprocess.run(["grep", "-ac", "", folder / name], check=True,
                                   capture_output=True).stdout)
        if not rows <= lines - (name == "out.csv") <= rows * 1.001:
            raise RuntimeError(f"{name} has {lines} lines, not {rows}")
    files = os.listdir(folder / "reports")
    if len(files) != OWNERS:
        raise RuntimeError(f"{len(files)} reports")


def run(folder):
    subprocess.run([BUILD / "bench" / "store", folder, MILLIONS], check=True,
                   stdout=subprocess.DEVNULL, timeout=300)
    write_owners(folder / "owners.ini")
    runs = {name: [way()] for name, way in ways(folder).items()}
    for _ in range(ROUNDS - 1):
        for name, way in ways(folder).items():
            runs[name].append(way())
    lines = int(subprocess.run(["grep", "-ac", "", folder / "out.csv"], check=True,
                               capture_output=True).stdout) - 1
    check(folder, lines)
    ours = [c for c, _ in runs["report csv"]]
    shown = [[name, spread([lines / c / 1000 for c, _ in all_runs]),
              spread([wall for _, wall in all_runs], "{:.1f}"),
              f"{statistics.median(ratios([c for c, _ in all_runs], ours)):.2f}"]
             for name, all_runs in runs.items()]
    bare = statistics.median(ratios([c for c, _ in runs["bare fputs of its cells"]], ours))
    loop = statistics.median(ratios([c for c, _ in runs["bare loop over SQLite"]], ours))
    rate = lines / statistics.median(ours) / 1000
    return "\n\n".join([
        f"{ROUNDS} interleaved runs over {lines} rows of one day "
        f"({(folder / 'out.csv').stat().st_size / 1e6:.0f} MB of CSV); {OWNERS} owners have "
        f"{PREFIXES} prefixes each. CPU time, user and kernel; all but the bare fputs read "
        "the rows from the store's file, in the order of their addresses.",
        table(["what", "k rows per CPU second: median (min to max)", "seconds",
               "CPU time to ours"], shown),
        budgets(("report csv to the bare fputs", verdict(bare, 0.5)),
                ("report csv to the bare loop over SQLite", verdict(loop, 0.5)),
                ("k rows per CPU second, the aim", verdict(rate, 500)))])
