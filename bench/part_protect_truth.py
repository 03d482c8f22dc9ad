# SPDX-License-Identifier: Apache-2.0
"""protect check: what it says of random rules beside what they do to packets, and its time."""
import io
import os
import pathlib
import random
import time

import rig
from table import budgets, table, verdict

os.environ.setdefault("COAPSCOPE", str(rig.BUILD / "coapscope"))
import truth  # noqa: E402
from firewall import Town  # noqa: E402

RULESETS, FIRST, ROWS, PREFIXES, ROUNDS = 500, 1000, 50, 20000, 3


def twenty_thousand():
    """A list of networks, then a drop; with a rate behind it. Seconds of each."""
    rng = random.Random(5)
    nets = {f"{rng.randrange(1, 223)}.{rng.randrange(256)}.{rng.randrange(256)}.0/24"
            for _ in range(PREFIXES + 400)}
    head = ("table inet filter {\n\tset bad {\n\t\ttype ipv4_addr; flags interval; auto-merge\n"
            "\t\telements = { " + ", ".join(sorted(nets)[:PREFIXES]) + " }\n\t}\n"
            "\tchain input {\n\t\ttype filter hook input priority 0; policy accept;\n"
            "\t\tip saddr @bad drop\n")
    took = {}
    with Town(forward=False) as town:
        for name, rule in (("a list", "udp dport 5683 drop"),
                           ("a list and a rate",
                            "udp dport 5683 limit rate over 50/second drop")):
            truth.load(town, f"{head}\t\t{rule}\n\t}}\n}}\n")
            times = []
            for _ in range(ROUNDS):
                begun = time.monotonic()
                asked = len(town.check().rows)
                times.append(time.monotonic() - begun)
            took[name] = (sorted(times)[ROUNDS // 2], asked)
    return took


def run(folder):
    said = io.StringIO()
    figures = truth.compare_many(range(FIRST, FIRST + RULESETS),
                                 truth.KINDS, ROWS, said)
    pathlib.Path(folder, "protect_truth.log").write_text(said.getvalue(), encoding="utf-8")
    took = twenty_thousand()
    row = [figures["rulesets"], figures["wrong"], figures["questions"],
           figures["wrong_answers"]]
    lines = [(f"{PREFIXES} networks, {name}: {asked} questions, s",
              verdict(seconds, 1, more_is_better=False))
             for name, (seconds, asked) in took.items()]
    return "\n\n".join([
        "Random rules of nft (seven of ten: sets, maps, concatenations, conntrack, marks, fib, "
        "priorities, several chains, ingress, NAT, rates, rejects, rules for answers), of both "
        "iptables (two of ten) and of real ufw in namespaces. What "
        "`protect check` says of a question beside a burst of real packets from another "
        "namespace to a real server; of each ruleset at most "
        f"{ROWS} questions, drawn by its seed.",
        table(["rulesets", "told wrong", "questions", "answered wrong"], [row]),
        budgets(("answered wrong", verdict(figures["wrong_answers"], 0, more_is_better=False)),
                *lines)])
