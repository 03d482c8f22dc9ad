# SPDX-License-Identifier: Apache-2.0
"""verdict: precision and recall of each class on captures whose truth is known.

Seeds that were not looked at while thresholds were set; a few hundred things done of
each class, in captures with others and with noise.
"""
import subprocess
import sys

import rig
from table import budgets, table

sys.path.insert(0, str(rig.ROOT / "tests" / "score"))
import score  # noqa: E402 (found by the line above)

SEEDS = range(2000, 2010)
EACH = 30 # things done of a class, a seed
WANT = 0.98


def measure(folder):
    total = score.Score()
    for seed in SEEDS:
        one = folder / f"seed{seed}"
        subprocess.run([rig.BUILD / "tests" / "scenario" / "scenario", "--seed", str(seed),
                        "--out", one, "--positives", str(EACH)], check=True, timeout=120)
        total.add_score(score.score_folder(one, rig.BUILD / "coapscope"))
    return total


def run(folder):
    total = measure(folder)
    rows = [[name, total.truth[name], total.called[name], score.share(total.precision(name)),
             score.share(total.recall(name))] for name in score.CLASSES]
    confused = ", ".join(f"{t} called {g}: {n}" for (t, g), n in total.confused.most_common())
    below = "; ".join(total.below(WANT))
    return "\n\n".join([
        f"Seeds {SEEDS[0]} to {SEEDS[-1]}: {total.sources} labelled sources in {total.files} "
        f"captures ({EACH} things done of each class a seed, mixed with others and with "
        "noise). The unit is the source, or the prefix of a carpet, at the end of its capture.",
        table(["class", "positives", "called so", "precision", "recall"], rows),
        f"Wrong: {confused or 'none'}. Called victims that are none: {len(total.excused)}. "
        f"Answered or not, wrong: {len(total.wrong_answered)}.",
        budgets((f"precision and recall of each class, at least {WANT}",
                 f"NOT REACHED: {below}" if below else "reached"),
                ("victims named as attackers",
                 f"NOT REACHED: {len(total.blamed)}" if total.blamed else "none: reached"),
                ("worry too low",
                 f"{len(total.shortfalls)} of {total.with_worry}"))])
