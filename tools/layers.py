#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Checks that includes under src/ point down only, as docs/layers says."""

import pathlib
import re
import sys


def read_ranks(path):
    ranks = {}
    lines = (line.split("#")[0].split() for line in pathlib.Path(path).read_text().splitlines())
    for rank, names in enumerate(names for names in lines if names):
        for name in names:
            ranks[name] = rank
    return ranks


def main():
    ranks = read_ranks(sys.argv[1])
    bad = checked = 0
    for path in sorted(pathlib.Path("src").rglob("*.[ch]")):
        own = path.parts[1]
        for number, line in enumerate(path.read_text().splitlines(), 1):
            match = re.match(r'\s*#\s*include\s+"([a-z_0-9]+)/', line)
            if not match or match.group(1) == own:
                continue
            other = match.group(1)
            checked += 1
            if own not in ranks or other not in ranks or ranks[other] >= ranks[own]:
                bad += 1
                print("%s:%d: %s may not include %s" % (path, number, own, other))
    if not checked:
        print("no include was checked")
    return 1 if bad or not checked else 0


if __name__ == "__main__":
    sys.exit(main())
