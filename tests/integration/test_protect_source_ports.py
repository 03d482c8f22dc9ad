# SPDX-License-Identifier: Apache-2.0
"""`protect check` of rules that look at the source port: who asks chooses it himself."""
import shutil
import subprocess

import pytest

import truth
from lab import COAPSCOPE

OWN4, OWN6 = "93.184.77.10", "2a03:b0c0:77::10"


@pytest.fixture(autouse=True)
def fresh(town):
    truth.clear_xt(town)


def rows_of(rows, **want):
    want = {"from": "internet", "flow": "new", "proto": "udp", "port": 5683, **want}
    return [row for row in rows if row["to"] in (OWN4, OWN6)
            and all(row[key] == value for key, value in want.items())]


def told(rows, **want):
    """(verdict, source_port) of all that this is asked of: the same."""
    found = {(row["verdict"], row["source_port"]) for row in rows_of(rows, **want)}
    assert len(found) == 1, found
    return found.pop()


def nft(*rules, hook="input", more=""):
    return "\n".join(["table inet filter {", more, f"\tchain {hook} {{",
                      f"\t\ttype filter hook {hook} priority 0; policy drop;",
                      *(f"\t\t{rule}" for rule in rules), "\t}", "}"]) + "\n"


def checked(town, text, *args):
    assert truth.load(town, text), text
    return town.check(*args)


def test_open_to_one_source_port_is_exposed(town):
    done = checked(town, nft("udp sport 5683 accept"))
    assert done.status == 1
    for flow in ("new", "established"):
        for row in rows_of(done.rows, flow=flow):
            assert (row["verdict"], row["source_port"], row["exposed"]) == ("open", 5683, True)
            assert row["rule"]["text"] == "udp sport 5683 accept"
    assert told(done.rows, proto="tcp") == ("drop", None)
    some = rows_of(done.rows) + rows_of(done.rows, flow="established", family=4)
    assert truth.compare(town, some) == []


@pytest.mark.parametrize("rule, want", [
    ("udp sport 53 accept", ("open", 53)),
    ("udp sport 1-1023 accept", ("open", 1)),
    ("udp sport 1024-65535 accept", ("open", None)),
    ("udp sport < 1024 accept", ("open", 1)),
    ("udp sport { 53, 123, 5683 } accept", ("open", 5683)),
    ("udp sport @clients accept", ("open", 77)),
    ("udp sport vmap { 53 : drop, 5684 : accept }", ("open", 5684)),
    ("udp sport . udp dport { 53 . 5684, 123 . 5683 } accept", ("open", 123)),
    ("th sport 53 accept", ("open", 53)),
    ("meta l4proto udp @th,0,16 53 accept", ("open", 53)),
    ("meta l4proto udp ct original proto-src 53 accept", ("open", 53)),
    ("udp sport & 0xff00 == 0x1600 accept", ("open", 5632)),
    ("udp sport 53 limit rate 5/second accept", ("limit", 53)),
    ("udp sport 53 reject", ("drop", None)),
    ("udp sport 67 udp dport 68 accept", ("drop", None)),
    ("udp sport != 53 accept", ("open", None)),
    ("udp sport 53 udp dport 5683 ct state new accept", ("open", 53)),
])
def test_who_gets_more_from_a_port_that_rules_name_is_told(town, rule, want):
    sets = "\tset clients { type inet_service; elements = { 77, 78 }\n\t}"
    done = checked(town, nft(rule, more=sets if "@clients" in rule else ""))
    assert told(done.rows) == want
    assert done.status == (want[0] in ("open", "limit"))


def test_what_leaves_looks_at_the_port_of_who_asked(town):
    done = checked(town, nft("udp sport 5683 udp dport 53 accept", hook="output"))
    assert told(done.rows) == ("open", 53)
    done = checked(town, nft("udp sport 5683 accept", hook="output"))
    assert told(done.rows) == ("open", None)
    assert done.status == 1


def test_ordinary_ports_are_asked_first(town):
    done = checked(town, nft("udp sport 5683 accept", "udp dport 5683 limit rate 5/second accept"))
    assert told(done.rows) == ("open", 5683)
    done = checked(town, nft("udp sport 5683 accept", "udp dport 5683 accept"))
    assert told(done.rows) == ("open", None)


def test_who_is_allowed_is_asked_about_from_ordinary_ports(town):
    done = checked(town, nft("udp sport 5683 accept"), "--allow", "198.51.100.7",
                   "--allow", "192.168.1.0/24", "--from", "203.0.113.9")
    mine = {row["from"]: (row["verdict"], row["source_port"]) for row in done.rows
            if row["proto"] == "udp" and row["port"] == 5683 and row["flow"] == "new"
            and row["family"] == 4}
    assert mine["198.51.100.7"] == mine["192.168.1.0/24"] == ("drop", None)
    assert mine["203.0.113.9"] == mine["internet"] == ("open", 5683)


def test_the_internet_chooses_its_ports_also_where_all_of_it_is_allowed(town):
    done = checked(town, nft("udp sport 5683 accept"), "--allow", "0.0.0.0/0")
    assert done.status == 1
    assert told(done.rows) == ("open", 5683)


def test_more_ports_than_are_asked_from_are_said(town):
    done = checked(town, nft(*(f"udp sport {port} counter" for port in range(100, 109))))
    assert done.err.count("more source ports apart") == 1
    done = checked(town, nft(*(f"udp sport {port} counter" for port in range(100, 108))))
    assert "source ports" not in done.err


def test_people_are_told_from_which_port(town):
    assert truth.load(town, nft("udp sport 53 accept"))
    done = protect(town, "check", "-O", "table")
    assert done.returncode == 1
    assert f"UDP 5683, 5684 at {OWN4} is answered when asked from source port 53" in done.stdout


def protect(town, *args):
    with town.host.inside():
        return subprocess.run([COAPSCOPE, "protect", *args], text=True, capture_output=True,
                              timeout=60)


SAVE = """*filter
:INPUT DROP [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT %s -j ACCEPT
COMMIT
"""


@pytest.mark.parametrize("rule, want", [
    ("-p udp --sport 5683", ("open", 5683)),
    ("-p udp --source-port domain", ("open", 53)),
    ("-p udp --sport 1024:65535", ("open", None)),
    ("-p udp --sport :1023", ("open", 1)),
    ("-p udp -m multiport --sports 53,5684:5690", ("open", 5684)),
    ("-p udp -m multiport --source-ports 53,123", ("open", 53)),
    ("-p udp -m multiport --ports 53", ("open", 53)),
    ("-p udp --sport 67 --dport 68", ("drop", None)),
    ("-p tcp --sport 5683", ("drop", None)),
])
def test_iptables_rules_name_source_ports_too(tmp_path, rule, want):
    file = tmp_path / "rules"
    file.write_text(SAVE % rule)
    done = subprocess.run([COAPSCOPE, "protect", "check", "--ruleset", file, "-O", "jsonl"],
                          text=True, capture_output=True)
    assert done.returncode == 1, done.stderr  # IPv6 has no rules at all
    rows = [row for row in truth.rows_of(done.stdout) if row["from"] == "internet"
            and row["family"] == 4 and (row["proto"], row["port"]) == ("udp", 5683)]
    assert {(row["verdict"], row["source_port"]) for row in rows} == {want}


def test_ufw_opens_to_source_ports(town, tmp_path):
    ufw = truth.Ufw(town)
    ufw.enable(["default deny incoming", "allow from any port 5683 proto udp",
                "allow from any port 53 to any port 5684 proto tcp"])
    try:
        with town.host.inside():
            done = subprocess.run([*ufw.wrap, *truth.checked()], text=True, capture_output=True)
        assert done.returncode == 1, done.stderr
        rows = truth.rows_of(done.stdout)
        assert told(rows) == ("open", 5683)
        assert {row["rule"]["tool"] for row in rows_of(rows)} == {"ufw"}
        assert told(rows, proto="tcp", port=5684) == ("open", 53)
        assert told(rows, proto="tcp") == ("drop", None)
        assert truth.compare(town, rows_of(rows) + rows_of(rows, proto="tcp", port=5684)) == []
    finally:
        ufw.run("disable", check=False)
    shutil.copytree(ufw.etc, tmp_path / "etc")
    (tmp_path / "etc/ufw/ufw.conf").write_text("ENABLED=yes\nLOGLEVEL=low\n")
    done = subprocess.run([COAPSCOPE, "protect", "check", "--ufw", str(tmp_path / "etc/ufw"),
                           "-O", "jsonl"], text=True, capture_output=True)
    assert done.returncode == 1, done.stderr
    assert {row["source_port"] for row in truth.rows_of(done.stdout)
            if row["exposed"] and row["proto"] == "udp"} == {5683}


def test_a_policy_closes_it(town):
    rules = nft("udp sport 5683 accept")
    assert truth.load(town, rules)
    plan = town.host.sh(f"{COAPSCOPE} protect plan --strangers drop")
    assert "# Not exposed" in plan
    done = checked(town, rules + plan)
    assert done.status == 0
    assert told(done.rows) == ("drop", None)


def test_a_policy_is_proved_beside_it(town, tmp_path):
    assert truth.load(town, nft("udp sport 5683 accept"))
    store = ("--store", str(tmp_path))
    done = protect(town, "apply", "--strangers", "limit", *store)
    assert done.returncode == 0, done.stderr
    assert protect(town, "undo", *store).returncode == 0
