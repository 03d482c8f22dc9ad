# SPDX-License-Identifier: Apache-2.0
"""enrich: rows enriched by a country database, beside a bare loop of libmaxminddb."""
import pathlib
import re
import statistics
import subprocess

from rig import BUILD
from table import budgets, spread, table, verdict

ROUNDS = 5
MILLIONS = "1"
GEOIP = "/usr/share/tor/geoip"


def once(database):
    """Of each way of bench/enrich.c: rows/s, and its share of the bare loop."""
    text = subprocess.run([BUILD / "bench" / "enrich", database, MILLIONS], check=True,
                          text=True, capture_output=True, timeout=300).stdout
    return {name: (float(rate), float(share)) for name, rate, share in
            re.findall(r"^(.*): (\d+) rows/s, ([\d.]+) of the bare loop$", text, re.M)}


def run(folder):
    database = folder / "country.mmdb"
    script = pathlib.Path(__file__).with_name("geoip_mmdb.pl")
    subprocess.run(["perl", script, GEOIP, database], check=True, timeout=120)
    runs = [once(database) for _ in range(ROUNDS)]
    rows = [[name, spread([r[name][0] for r in runs]),
             spread([r[name][1] for r in runs], "{:.2f}")] for name in runs[0]]
    share = statistics.median(r["places"][1] for r in runs)
    return "\n\n".join([
        f"{ROUNDS} runs of {MILLIONS} million random IPv4 addresses, in turns, one thread, "
        "processor time; 20,000 distinct answers; a "
        f"database of {database.stat().st_size / 1e6:.1f} MB made of tor-geoipdb in MaxMind's "
        "country layout.",
        table(["what", "rows/s", "to the bare loop"], rows),
        budgets(("places to the bare loop", verdict(share, 0.5)))])
