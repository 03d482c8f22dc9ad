# SPDX-License-Identifier: Apache-2.0
"""What `protect check` says of rules beside what they do to packets.

Run by itself it compares many: /usr/bin/python3 truth.py FIRST_SEED N [nft|xt|ufw]; it prints
the rulesets that are told wrong, and a line of figures.
"""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import time

import from_ports
import ufw_files
from firewall import Town
from rulesets import Nft, ufw_commands
from rulesets_xt import IPSETS, Xtables

RATED = 24  # rows that are compared one after the other, as a rate is the same for all
ALLOW = ("--allow", "198.51.100.7")


class Ufw:
    """A real ufw of the town's host, with its own copy of the files."""

    def __init__(self, town):
        self.town = town
        self.etc = os.path.join(town.folder, "etc")
        shutil.rmtree(self.etc, ignore_errors=True)
        os.makedirs(os.path.join(self.etc, "default"))
        etc, default = (pathlib.Path(self.etc, *names) for names in (["ufw"], ["default", "ufw"]))
        ufw_files.write(etc, default)
        self.wrap = ufw_files.wrap(etc, default)

    def run(self, line, check=True):
        with self.town.host.inside():
            return subprocess.run([*self.wrap, "sh", "-c", f"ufw {line}"], text=True,
                                  check=check, capture_output=True)

    def enable(self, lines):
        for line in lines:
            self.run(line, check=False)  # it refuses some places in its list
        self.run("--force enable")


def load(town, text):
    """Puts an nft ruleset in force in place of all others; False when it is none."""
    with town.host.inside():
        done = subprocess.run(["nft", "-f", "-"], input="flush ruleset\n" + text, text=True,
                              capture_output=True)
    return done.returncode == 0


def random_nft(town, rng):
    while True:
        made = Nft(rng)
        text = made.ruleset()
        # Of two protocols in one rule nft prints what it cannot read.
        if load(town, text) and load(town, town.host.sh("nft list ruleset")) and load(town, text):
            return text, made.rated


def goes_back(town, row):
    """Sent on to the link that it came from: the answer does not come by the host."""
    to = row["sent_on"] and row["sent_on"]["address"]
    return bool(to) and row["path"] == "forward" and \
        town.where(to) is town.where(row["source"])


def patience(row):
    """Of a connection that is kept the SYN comes again after a second, and is old to conntrack."""
    return 1.3 if row["proto"] == "tcp" and row["flow"] == "established" else 0.2


def measured(town, row, wait):
    if row["source_port"]:
        return from_ports.measure(town, row, wait)
    return town.measure([row], wait=wait)[0]


def overlooked(town, rows):
    """Rows that say closed to a stranger who gets an answer from a port that he chose."""
    closed = [row for row in rows if row["from"] == "internet" and row["flow"] == "new"
              and row["verdict"] in ("drop", "reject")]
    some = [row for row, port in from_ports.answered(town, closed)]
    return [(row, f"open from source port {port}")
            for row, port in from_ports.answered(town, [r for r in closed if r in some])]


def compare(town, rows, again=None):
    """The rows that packets contradict, as (row, what was measured). @again makes the rules new."""
    rows = [row for row in rows if not goes_back(town, row)]
    if again is None:
        plain = [row for row in rows if not row["source_port"]]
        wrong = [row for row, seen in zip(plain, town.measure(plain)) if row["verdict"] != seen]
        wrong += [row for row in rows if row["source_port"]
                  and from_ports.measure(town, row, 0.05) != row["verdict"]]
        # A busy machine loses packets: what is wrong is wrong alone, too.
        return [(row, seen) for row in wrong
                if (seen := measured(town, row, patience(row))) != row["verdict"]
                ] + overlooked(town, rows)
    wrong = []
    for row in rows:
        for wait in (0.05, 0.5):
            again()
            seen = measured(town, row, wait)
            if seen == row["verdict"]:
                break
        else:
            wrong.append((row, seen))
    return wrong


def forget(town):
    with town.host.inside():
        subprocess.run(["conntrack", "-F"], check=False, capture_output=True)


def some(seed, rows, most):
    return rows if len(rows) <= most else random.Random(seed).sample(rows, most)


def one_nft(town, seed, most=10000):
    """A random nft ruleset; (text, rows, wrong ones). At most so many rows are compared."""
    text, rated = random_nft(town, random.Random(seed))
    done = town.check(*ALLOW)
    assert done.status in (0, 1), done.err + text
    rows = some(seed, done.rows, min(most, RATED) if rated else most)

    def again():
        load(town, text)
        forget(town)

    wrong = compare(town, rows, again if rated else None)
    return text, rows, wrong


def random_xt(town, rng):
    """Random iptables rules of one backend in force; its programs' names, and whether they rate."""
    kind = rng.choice(["nft", "nft", "legacy"])
    town.host.sh("ipset -exist restore", input=IPSETS)
    tools = [f"{tool}-{kind}" for tool in ("iptables", "ip6tables")]
    while True:
        made = Xtables(rng)
        if all(restore(town, tool, made.text(v6)) for v6, tool in enumerate(tools)):
            return tools, made


def restore(town, tool, text):
    with town.host.inside():
        return subprocess.run([f"{tool}-restore"], input=text, text=True,
                              capture_output=True).returncode == 0


def clear_xt(town):
    """No rules of either backend. The old one's tables stay, and are empty."""
    load(town, "")
    for tool in ("iptables-legacy", "ip6tables-legacy"):
        for table in town.host.sh(f"{tool}-save 2>/dev/null").split("*")[1:]:
            chains = [line[1:].split()[0] for line in table.splitlines()
                      if line.startswith(":") and " - " not in line]
            restore(town, tool, f"*{table.split()[0]}\n"
                    + "".join(f":{chain} ACCEPT [0:0]\n" for chain in chains) + "COMMIT\n")


def one_xt(town, seed, most=10000):
    """Random iptables rules, of either backend."""
    clear_xt(town)
    tools, made = random_xt(town, random.Random(seed))
    text = "\n".join(f"# {tool}\n{made.text(v6)}" for v6, tool in enumerate(tools))
    try:
        done = town.check(*ALLOW)
        assert done.status in (0, 1), done.err + text
        rows = some(seed, done.rows, min(most, RATED) if made.rated else most)

        def again():
            clear_xt(town)
            for v6, tool in enumerate(tools):
                restore(town, tool, made.text(v6))
            forget(town)

        wrong = compare(town, rows, again if made.rated else None)
    finally:
        clear_xt(town)
    return text, rows, wrong


def again_of(town):
    """Makes iptables' rules new as they are now: their lists of recent addresses are empty."""
    tools = ("iptables", "ip6tables")
    saved = [town.host.sh(f"{tool}-save") for tool in tools]

    def again():
        town.host.sh("nft flush ruleset")
        for tool, text in zip(tools, saved):
            town.host.sh(f"{tool}-restore", input=text)
        forget(town)

    return again


def one_ufw(town, seed, most=10000):
    ufw = Ufw(town)
    load(town, "")
    rng = random.Random(seed)
    lines = ufw_commands(rng)
    ufw.enable(lines)
    try:
        command = [*ufw.wrap, *checked()]
        with town.host.inside():
            done = subprocess.run(command, text=True, capture_output=True, timeout=60)
        assert done.returncode in (0, 1), done.stderr
        rows = rows_of(done.stdout)
        if any("limit" in line for line in lines):
            rows = some(seed, rows, min(most, RATED))
            wrong = compare(town, rows, again_of(town))
        else:
            rows = some(seed, rows, most)
            wrong = compare(town, rows)
    finally:
        ufw.run("disable", check=False)
        load(town, "")
    return "\n".join(lines), rows, wrong


def checked():
    from lab import COAPSCOPE
    return [COAPSCOPE, "protect", "check", "-O", "jsonl", *ALLOW]


def rows_of(text):
    import json
    return [json.loads(line) for line in text.splitlines()]


def describe(row, seen):
    keys = ("from", "source", "source_port", "to", "proto", "port", "flow", "path", "verdict", "sent",
            "answered", "errors")
    rule = row["rule"] and f"{row['rule']['table']} {row['rule']['chain']}: {row['rule']['text']}"
    return f"{' '.join(f'{k}={row[k]}' for k in keys)} SEEN={seen} rule={rule}"


# Of ten rulesets.
KINDS = (one_nft,) * 7 + (one_xt,) * 2 + (one_ufw,)


def main():
    first, n = int(sys.argv[1]), int(sys.argv[2])
    kinds = {"nft": (one_nft,), "xt": (one_xt,), "ufw": (one_ufw,)}.get(
        sys.argv[3] if len(sys.argv) > 3 else "", KINDS)
    most = int(sys.argv[4]) if len(sys.argv) > 4 else 10000
    return compare_many(range(first, first + n), kinds, most, sys.stdout)["wrong"] > 0


def compare_many(seeds, kinds, most, to):
    """Compares a ruleset for each seed; the figures. What is told wrong is printed."""
    begun, asked, wrong_rows, bad = time.time(), 0, 0, 0
    with Town() as town:
        town.serve()
        for seed in seeds:
            text, rows, wrong = kinds[seed % len(kinds)](town, seed, most)
            asked += len(rows)
            wrong_rows += len(wrong)
            bad += bool(wrong)
            if wrong:
                print(f"--- seed {seed}: {len(wrong)} of {len(rows)}\n{text}", file=to)
                for row, seen in wrong[:8]:
                    print(describe(row, seen), file=to, flush=True)
    print(f"{len(seeds)} rulesets, {bad} told wrong; {asked} questions, {wrong_rows} answered "
          f"wrong; {time.time() - begun:.0f} s", file=to)
    return {"rulesets": len(seeds), "wrong": bad, "questions": asked, "wrong_answers": wrong_rows}


if __name__ == "__main__":
    sys.exit(main())
