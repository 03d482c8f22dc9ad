# SPDX-License-Identifier: Apache-2.0
"""page: a year of half a million services a day, written and opened in a browser."""
import json
import os
import statistics
import subprocess
import time

from rig import BUILD, ROOT
from table import budgets, spread, table, verdict

ROUNDS = 5
ROWS = 500000
LAST = "2026-11-21"

# Opens the page as somebody would, and says when something of it is seen, and when it is
# complete; the list must be there by then.
BROWSER = """
const { open } = require(process.argv[1]);
open(async (browser) => {
  const found = [];
  for (let i = 0; i < Number(process.argv[3]); i++) {
    const context = await browser.newContext({ offline: true });
    const page = await context.newPage();
    await page.addInitScript(() => addEventListener("load", () => {
      globalThis.rows = document.querySelectorAll(".rows summary").length;
    }));
    await page.goto(`file://${process.argv[2]}`);
    await page.waitForSelector(".rows summary");
    found.push(await page.evaluate(() =>
      [performance.getEntriesByName("first-contentful-paint")[0].startTime,
        performance.getEntriesByType("navigation")[0].domComplete, globalThis.rows]));
    await context.close();
  }
  console.log(JSON.stringify(found));
});
"""


def timed(*command):
    began, before = time.monotonic(), os.times()
    out = subprocess.run(command, check=True, text=True, stdout=subprocess.PIPE,
                         timeout=400).stdout
    after = os.times()
    return (time.monotonic() - began, after.children_user - before.children_user
            + after.children_system - before.children_system, out)


def make_store(folder):
    subprocess.run([BUILD / "tests" / "tools" / "fill_store", folder / "store", LAST, str(ROWS)],
                   check=True, timeout=400)
    return int(timed(BUILD / "bench" / "year", folder / "store")[2])


def browse(page):
    modules = ROOT / "tests" / "integration" / "page" / "browser.js"
    return json.loads(timed("node", "-e", BROWSER, modules, page, str(ROUNDS))[2])


def run(folder):
    sums = make_store(folder)
    page = folder / "page.html"
    written = [timed(BUILD / "coapscope", "report", "html", "-q", "--store", folder / "store",
                     "-o", page) for _ in range(3)]
    seen, complete, rows = zip(*browse(page))
    if not all(rows):
        raise RuntimeError("the page is complete without its list")
    catalogue = (folder / "store" / "catalog.db").stat().st_size
    size = page.stat().st_size / 1e6
    return "\n\n".join([
        f"365 days of {ROWS} services, {sums} sums in the catalogue; of the last day the rows, "
        f"too. Written 3 times, opened {ROUNDS} times by Chromium from a file, without a GPU.",
        table(["what", "median (min to max)"], [
            ["report html, seconds", spread([wall for wall, _, _ in written], "{:.2f}")],
            ["report html, CPU seconds", spread([cpu for _, cpu, _ in written], "{:.2f}")],
            ["the page, MB", f"{size:.2f}"],
            ["catalogue, KB a day", f"{catalogue / 365e3:.0f}"],
            ["opened: something is seen, ms", spread(seen)],
            ["opened: complete, with its list, ms", spread(complete)]]),
        budgets(("MB", verdict(size, 10, more_is_better=False)),
                ("opens in, seconds, the median",
                 verdict(statistics.median(complete) / 1000, 1, more_is_better=False)))])
