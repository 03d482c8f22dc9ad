# SPDX-License-Identifier: Apache-2.0
"""Who a source is: lists, and names that lead back, from a real DNS server and liars."""
import json
import shutil
import subprocess
import time

import pytest

import dns
import netns

LOOKUP = netns.BUILD / "tests" / "tools" / "who_lookup"

MANY = "".join(f"real A 198.51.100.{i}\n" for i in range(1, 50))
ZONES = {
    "113.0.203.in-addr.arpa.": "1 PTR census1.shodan.io.\n2 PTR x.shodan.io.\n"
                               "3 PTR host3.example.\n4 PTR many.stretchoid.com.\n"
                               "5 PTR nobody.shodan.io.\n7 PTR host.unserved.test.\n",
    "8.b.d.0.1.0.0.2.ip6.arpa.":
        "5" + ".0" * 23 + " PTR v6.shodan.io.\n6" + ".0" * 23 + " PTR v6.shodan.io.\n",
    "shodan.io.": "census1 A 203.0.113.1\nx A 203.0.113.99\nv6 AAAA 2001:db8::5\n",
    "example.": "host3 A 203.0.113.3\n",
    "stretchoid.com.": "many CNAME real\nreal A 203.0.113.4\n" + MANY,
}


def lookup(addresses, *servers, **options):
    """What is found, by address, and the counts. Options are the tool's."""
    args = [LOOKUP]
    for server in servers:
        args += ["--resolver", getattr(server, "resolver", server)]
    for name, value in options.items():
        for one in value if isinstance(value, list) else [value]:
            args += [f"--{name}", str(one)]
    done = subprocess.run(args, input="".join(a + "\n" for a in addresses), text=True,
                          timeout=60, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    *rows, counts = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["ip"] for row in rows] == list(addresses)
    return {row["ip"]: row for row in rows}, counts


@pytest.fixture(scope="module")
def knot(tmp_path_factory):
    if not shutil.which("knotd", path="/usr/sbin:/usr/bin"):
        pytest.skip("knotd is not installed")
    with dns.Knot(tmp_path_factory.mktemp("knot"), more=ZONES) as it:
        yield it


@pytest.fixture
def listed(tmp_path):
    path = tmp_path / "list.json"
    path.write_text(json.dumps({
        "name": "Ours", "description": "of 2026-08-20", "type": "cidr", "version": 1,
        "list": ["203.0.113.0/30"]}), encoding="ascii")
    return path


def test_a_name_counts_when_it_leads_back(knot):
    rows, counts = lookup(["203.0.113.1", "2001:db8::5"], knot)
    for row in rows.values():
        assert (row["name"], row["kind"]) == ("Shodan", "search engine")
        assert row["by_name"] and not row["by_list"]
    assert rows["203.0.113.1"]["hostname"] == "census1.shodan.io"
    assert rows["203.0.113.1"]["date"][:10] == time.strftime("%Y-%m-%d", time.gmtime())
    assert (counts["asked"], counts["confirmed"], counts["lied"]) == (2, 2, 0)


def test_a_name_that_leads_elsewhere_or_nowhere_is_a_lie(knot):
    liars = ["203.0.113.2", "203.0.113.5", "2001:db8::6"]
    rows, counts = lookup(liars, knot)
    for row in rows.values():
        assert row["name"] == row["hostname"] == "" and not row["by_name"]
    assert (counts["confirmed"], counts["lied"]) == (0, 3)


def test_a_confirmed_name_of_nobody_known_is_a_host_name(knot):
    rows, _ = lookup(["203.0.113.3", "203.0.113.6"], knot)
    assert rows["203.0.113.3"]["hostname"] == "host3.example"
    assert rows["203.0.113.3"]["name"] == "" and not rows["203.0.113.3"]["by_name"]
    assert rows["203.0.113.6"]["hostname"] == ""


def test_an_answer_too_long_for_udp_behind_an_alias(knot):
    rows, _ = lookup(["203.0.113.4"], knot)
    assert rows["203.0.113.4"]["name"] == "Stretchoid"
    assert rows["203.0.113.4"]["hostname"] == "many.stretchoid.com"


def test_a_name_that_nobody_can_resolve_is_no_lie(knot):
    rows, counts = lookup(["203.0.113.7"], knot)
    assert rows["203.0.113.7"]["hostname"] == ""
    assert (counts["failed"], counts["lied"]) == (1, 0)


def test_list_and_name_are_told_apart(knot, listed):
    rows, _ = lookup(["203.0.113.1", "203.0.113.2", "203.0.113.4"], knot, scanners=listed)
    by = {ip: (r["by_list"], r["by_name"], r["name"]) for ip, r in rows.items()}
    assert by == {"203.0.113.1": (True, True, "Ours"), "203.0.113.2": (True, False, "Ours"),
                  "203.0.113.4": (False, True, "Stretchoid")}
    assert rows["203.0.113.1"]["date"].startswith("2026-08-20")


def test_nobody_is_asked_without_a_resolver(listed):
    rows, counts = lookup(["203.0.113.1"], scanners=listed)
    assert rows["203.0.113.1"]["by_list"] and counts["asked"] == 0


def test_live_asks_a_few_at_a_time_and_keeps_what_it_learns(knot):
    addresses = [f"203.0.113.{i}" for i in range(1, 7)]
    rows, counts = lookup(addresses, knot, live=1)
    assert counts["asked"] == 4
    assert rows["203.0.113.1"]["name"] == "Shodan"
    rows, counts = lookup(addresses, knot, live=9)
    assert counts["asked"] == 6 and counts["dropped"] == 0


def test_live_a_silent_resolver_is_asked_once_in_a_while():
    with dns.Liar(lambda question: None, alive=False) as silent:
        began = time.monotonic()
        _, counts = lookup([f"203.0.113.{i}" for i in range(1, 20)], silent, live=20,
                           timeout=100)
        assert time.monotonic() - began < 5
        assert counts["asked"] == counts["failed"] == 4


def test_a_name_of_another_question_proves_nothing():
    """The forward answer is about another name: it is not believed."""
    def answer(question):
        if b"in-addr" in question.name:
            return question.named("a", "shodan", "io")
        return question.reply(dns.record(dns.wire("b.shodan.io"), 1, 60,
                                         bytes([203, 0, 113, 1])),
                              name=dns.wire("b.shodan.io"), kind=1)
    with dns.Liar(answer) as liar:
        rows, counts = lookup(["203.0.113.1"], liar, timeout=200)
        assert rows["203.0.113.1"]["name"] == "" and counts["confirmed"] == 0


def test_many_names_in_groups(knot):
    addresses = [f"10.0.{i >> 8}.{i & 255}" for i in range(9000)]
    rows, counts = lookup(addresses, knot)
    assert counts["asked"] == 9000 and not any(r["hostname"] for r in rows.values())
