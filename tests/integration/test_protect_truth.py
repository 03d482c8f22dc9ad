# SPDX-License-Identifier: Apache-2.0
"""`protect check` beside real packets: random rules of nft, iptables and real ufw.

As many as there is time for, a few; bench/part_protect_truth.py compares 500.
"""
import time

import pytest

import lab
import truth
from firewall import Town

ROWS = 70  # of a ruleset


@pytest.fixture(scope="module")
def town(namespaces_work):
    with Town() as it:
        it.serve()
        yield it


@pytest.mark.parametrize("compare, seconds, most, at_least", [
    (truth.one_ufw, 90 if lab.NIGHTLY else 3, 12, 1),
    (truth.one_xt, 60 if lab.NIGHTLY else 4, 40, 1),
    (truth.one_nft, 120 if lab.NIGHTLY else 8, 100, 3),
])
def test_rules_do_to_packets_what_check_says(town, compare, seconds, most, at_least):
    end, seed = time.monotonic() + seconds, 0
    while seed < at_least or (seed < most and time.monotonic() < end):
        text, rows, wrong = compare(town, seed, ROWS)
        assert rows
        assert not wrong, text + "\n".join(truth.describe(*one) for one in wrong)
        seed += 1
    print(f"{seed} rulesets")
