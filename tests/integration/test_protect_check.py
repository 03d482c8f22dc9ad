# SPDX-License-Identifier: Apache-2.0
"""What `protect check` says of rules that people really have, and of what they get wrong."""
import json
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import tempfile
import time

import pytest

import netns
import truth
from firewall import Town
from lab import COAPSCOPE, wait_until

INTERNET4, OWN4, OWN6 = "91.37.142.77", "93.184.77.10", "2a03:b0c0:77::10"


@pytest.fixture(autouse=True)
def fresh(request):
    if "town" in request.fixturenames:
        it = request.getfixturevalue("town")
        truth.load(it, "")
        it.host.sh("sysctl -qw net.ipv4.ip_forward=0 net.ipv6.conf.all.forwarding=0")


@pytest.fixture
def ufw(town):
    it = truth.Ufw(town)
    yield it
    it.run("disable", check=False)
    truth.load(town, "")


def pick(rows, **want):
    """The rows that have these values; at least one."""
    found = [row for row in rows if all(row[key] == value for key, value in want.items())]
    assert found, want
    return found


def one(rows, **want):
    found = pick(rows, **{"proto": "udp", "port": 5683, "flow": "new", **want})
    assert len(found) == 1, found
    return found[0]


def nft(town, text, *args):
    assert truth.load(town, text), text
    return town.check(*args)


def table(*rules, hook="input", priority=0, policy="accept", family="inet", name="filter"):
    lines = [f"table {family} {name} {{", f"\tchain {hook} {{",
             f"\t\ttype filter hook {hook} priority {priority}; policy {policy};",
             *(f"\t\t{rule}" for rule in rules), "\t}", "}"]
    return "\n".join(lines) + "\n"


# --- rules that nft prints wrongly ---

def test_a_rule_that_nft_prints_wrongly_is_named_and_the_others_are_asked(town):
    wrong = ("meta length < 100 meta length > 40 drop", "udp length < 1500 udp length > 100 accept")
    assert truth.load(town, table("udp dport 5684 drop", wrong[0], "udp dport 5683 accept",
                                  wrong[1], "tcp dport 5683 drop", policy="drop"))
    rules = town.host.sh("nft -a list ruleset")
    handle = {rule: int(n) for rule, n in re.findall(r"^\t\t(.*) # handle (\d+)$", rules, re.M)}
    with town.host.inside():
        done = subprocess.run([COAPSCOPE, "protect", "check", "-O", "jsonl"], text=True,
                              capture_output=True, timeout=60)
    assert done.returncode == 1, done.stderr
    said = [line for line in done.stderr.splitlines() if "left out" in line]
    assert len(said) == 2
    for line, text in zip(said, ("meta length != 100-40 drop", "udp length != 1500-100 accept")):
        assert f"table inet filter: chain input: handle {handle[text]}: left out" in line
        assert line.endswith(f"{text}; answers may differ")
    rows = truth.rows_of(done.stdout)
    for proto, port, rule in (("udp", 5683, "udp dport 5683 accept"),
                              ("tcp", 5683, "tcp dport 5683 drop"),
                              ("udp", 5684, "udp dport 5684 drop")):
        row = one(rows, **{"from": "internet", "to": OWN4, "proto": proto, "port": port})
        assert row["rule"]["text"] == rule and row["rule"]["handle"] == handle[rule]
    policy = one(rows, **{"from": "internet", "to": OWN4, "proto": "tcp", "port": 5684})
    assert policy["rule"]["text"] == "policy drop"


# --- the usual advice, and what it really does ---

def numbered(ufw):
    """{(v6, text without blanks): number} as `ufw status numbered` shows it."""
    lines = ufw.run("status numbered").stdout.splitlines()
    found = [re.match(r"\[ *(\d+)\] (.*)", line) for line in lines]
    return {" ".join(m[2].split()): int(m[1]) for m in found if m}


def test_a_deny_after_an_allow_changes_nothing_and_that_is_said(town, ufw):
    ufw.enable(["default deny incoming", "allow 5683", "deny 5683/udp"])
    done = check_ufw(town, ufw)
    assert done.returncode == 1, done.stderr
    rows, numbers = truth.rows_of(done.stdout), numbered(ufw)
    row = one(rows, **{"from": "internet", "to": OWN4})
    assert row["verdict"] == "open" and row["exposed"]
    assert row["rule"] == {"tool": "ufw", "table": "ip filter", "chain": row["rule"]["chain"],
                           "handle": numbers["5683 ALLOW IN Anywhere"],
                           "text": "5683 ALLOW IN Anywhere"}
    assert [(r["tool"], r["handle"], r["text"]) for r in row["shadowed"]] == [
        ("ufw", numbers["5683/udp DENY IN Anywhere"], "5683/udp DENY IN Anywhere")]
    six = one(rows, **{"from": "internet", "to": OWN6})
    assert six["rule"]["handle"] == numbers["5683 (v6) ALLOW IN Anywhere (v6)"]
    assert [r["handle"] for r in six["shadowed"]] == [
        numbers["5683/udp (v6) DENY IN Anywhere (v6)"]]
    assert truth.compare(town, rows) == []


def test_the_trap_is_told_in_words(town, ufw):
    ufw.enable(["allow 5683", "deny 5683/udp"])
    done = check_ufw(town, ufw, "-O", "table")
    assert "EXPOSED to the internet: UDP 5683" in done.stdout
    assert "decided by ufw rule 1: 5683 ALLOW IN Anywhere\n" in done.stdout
    assert "shadowed, without effect: ufw rule 2: 5683/udp DENY IN Anywhere\n" in done.stdout
    assert "Next: coapscope protect plan --strangers drop" in done.stdout


def check_ufw(town, ufw, *args):
    command = [*ufw.wrap, COAPSCOPE, "protect", "check", *(args or ("-O", "jsonl"))]
    with town.host.inside():
        return subprocess.run(command, text=True, capture_output=True, timeout=60)


def test_a_deny_before_the_allow_closes_it(town, ufw):
    ufw.enable(["allow 5683", "insert 1 deny 5683/udp"])
    rows = truth.rows_of(check_ufw(town, ufw).stdout)
    row = one(rows, **{"from": "internet", "to": OWN4})
    assert row["verdict"] == "drop" and not row["exposed"]
    assert (row["rule"]["handle"], row["rule"]["text"]) == (1, "5683/udp DENY IN Anywhere")
    assert [r["text"] for r in row["shadowed"]] == ["5683 ALLOW IN Anywhere"]
    assert one(rows, **{"from": "internet", "to": OWN4}, proto="tcp")["verdict"] == "open"


def test_a_ufw_limit_does_not_hold_what_keeps_its_port(town, ufw):
    ufw.enable(["default deny incoming", "limit 5683/udp"])
    done = check_ufw(town, ufw)
    assert done.returncode == 1
    rows = truth.rows_of(done.stdout)
    new = one(rows, **{"from": "internet", "to": OWN4})
    assert new["verdict"] == "limit" and new["exposed"]
    assert new["rule"]["tool"] == "ufw" and new["rule"]["text"] == "5683/udp LIMIT IN Anywhere"
    kept = one(rows, **{"from": "internet", "to": OWN4}, flow="established")
    assert kept["verdict"] == "open" and kept["exposed"]
    ufw.enable(["allow 5683"])  # it looks as if all were let in
    new = one(truth.rows_of(check_ufw(town, ufw).stdout), **{"from": "internet", "to": OWN4})
    assert new["verdict"] == "limit" and new["rule"]["text"] == "5683/udp LIMIT IN Anywhere"
    assert [r["text"] for r in new["shadowed"]] == ["5683 ALLOW IN Anywhere"]


def test_a_limit_for_each_source_lets_a_spoofed_flood_pass(town):
    done = nft(town, """table inet filter {
\tset m {
\t\ttype ipv4_addr; size 65535; flags dynamic,timeout; timeout 1m
\t}
\tchain input {
\t\ttype filter hook input priority 0; policy accept;
\t\tudp dport 5683 add @m { ip saddr limit rate over 10/second burst 20 packets } drop
\t}
}
""", "--flood")
    row = one(done.rows, **{"from": "internet", "to": OWN4})
    assert row["verdict"] == "limit" and row["exposed"]
    assert row["flood"]["sent"] == 20000
    assert row["flood"]["answered"] >= 19800
    assert row["flood"]["bytes_out"] > row["flood"]["bytes_in"]


def test_a_limit_for_all_holds_a_spoofed_flood(town):
    done = nft(town, table("udp dport 5683 limit rate over 100/second burst 50 packets drop"),
               "--flood")
    row = one(done.rows, **{"from": "internet", "to": OWN4})
    assert row["verdict"] == "limit"
    assert row["flood"]["answered"] < 2000


def test_a_drop_behind_an_accept_is_shadowed(town):
    done = nft(town, table("udp dport 5683 accept", "udp dport 5683 drop"))
    row = one(done.rows, **{"from": "internet", "to": OWN4})
    listing = json.loads(town.host.sh("nft -j -a list ruleset"))["nftables"]
    handles = [o["rule"]["handle"] for o in listing if "rule" in o]
    assert row["verdict"] == "open"
    assert row["rule"] == {"tool": "nft", "table": "inet filter", "chain": "input",
                           "handle": handles[0], "text": "udp dport 5683 accept"}
    assert [(r["handle"], r["text"]) for r in row["shadowed"]] == [
        (handles[1], "udp dport 5683 drop")]


PUBLISHED = """table ip nat {
\tchain prerouting {
\t\ttype nat hook prerouting priority -100; policy accept;
\t\tiifname "eth0" udp dport 5683 %s
\t}
}
table inet filter {
\tchain input {
\t\ttype filter hook input priority 0; policy accept;
\t\tudp dport 5683 drop
\t}
\tchain forward {
\t\ttype filter hook forward priority 0; policy accept;
\t\tudp dport 5683 drop
\t}
}
"""


def test_a_published_container_port_is_exposed_although_two_chains_drop_it(town):
    town.host.sh("sysctl -qw net.ipv4.ip_forward=1")
    done = nft(town, PUBLISHED % "dnat to 172.17.0.2:15683")
    assert done.status == 1
    row = one(done.rows, **{"from": "internet", "to": OWN4})
    assert row["verdict"] == "open" and row["exposed"] and row["path"] == "forward"
    assert row["listener"] is None
    assert row["sent_on"] == {"address": "172.17.0.2", "port": 15683}
    for flow in ("new", "established"):
        row = one(done.rows, **{"from": "internet", "to": OWN4, "flow": flow})
        assert {(r["chain"], r["text"]) for r in row["shadowed"]} == {
            ("input", "udp dport 5683 drop"), ("forward", "udp dport 5683 drop")}
    assert truth.compare(town, done.rows) == []


def test_a_drop_before_the_accept_of_a_published_port_is_shadowed_too(town):
    town.host.sh("sysctl -qw net.ipv4.ip_forward=1")
    rules = PUBLISHED % "dnat to 172.17.0.2:15683"
    last = rules.rindex("\t\tudp dport 5683 drop\n") + len("\t\tudp dport 5683 drop\n")
    done = nft(town, rules[:last] + '\t\toifname "dock0" accept\n' + rules[last:])
    for flow in ("new", "established"):
        row = one(done.rows, **{"from": "internet", "to": OWN4, "flow": flow})
        assert row["verdict"] == "open" and row["path"] == "forward"
        assert {(r["chain"], r["text"]) for r in row["shadowed"]} == {
            ("input", "udp dport 5683 drop"), ("forward", "udp dport 5683 drop")}
        if flow == "established":
            assert row["rule"]["text"] == 'oifname "dock0" accept'


def test_what_was_to_be_sent_on_and_is_dropped_then_is_of_forward(town):
    town.host.sh("sysctl -qw net.ipv4.ip_forward=1")
    for port in (15683, 5683):
        rules = PUBLISHED.replace(":15683", f":{port}") % f"dnat to 172.17.0.2:{port}"
        where = "\t\tudp dport 5683 drop\n"
        last = rules.rindex(where)
        done = nft(town, rules[:last] + "\t\tmeta l4proto udp ct original proto-dst 5683 drop\n"
                   + rules[last + len(where):])
        row = one(done.rows, **{"from": "internet", "to": OWN4})
        assert (row["verdict"], row["path"], row["sent_on"], row["rule"]["text"]) == (
            "drop", "forward", {"address": "172.17.0.2", "port": port},
            "meta l4proto udp ct original proto-dst 5683 drop")


def test_the_jump_to_the_chain_that_decides_is_no_shadow(town):
    assert truth.load(town, "")
    town.host.sh("iptables-restore <<'E'\n*filter\n:INPUT ACCEPT [0:0]\n:mine - [0:0]\n"
                 "-A INPUT -p udp -m multiport --dports 5683,5684 -j mine\n"
                 "-A mine -m hashlimit --hashlimit-upto 10/sec --hashlimit-mode srcip "
                 "--hashlimit-name coap -j ACCEPT\n-A mine -j REJECT\nCOMMIT\nE")
    done = town.check()
    for flow in ("new", "established"):
        row = one(done.rows, **{"from": "internet", "to": OWN4, "flow": flow})
        assert (row["verdict"], row["rule"]["chain"], row["shadowed"]) == ("limit", "mine", [])


def test_bytes_of_hashlimit_are_a_limit(town):
    assert truth.load(town, "")
    town.host.sh("iptables-restore <<'E'\n*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp "
                 "-m udp --dport 5683 -m hashlimit --hashlimit-above 512kb/s --hashlimit-burst "
                 "1mb --hashlimit-mode srcip --hashlimit-name coap -j DROP\nCOMMIT\nE")
    row = one(town.check().rows, **{"from": "internet", "to": OWN4})
    assert (row["verdict"], row["rule"]["tool"]) == ("limit", "iptables")


def test_limits_that_a_map_names_are_limits(town):
    done = nft(town, """table inet t {
 limit slow { rate over 5000/second burst 5000 packets; }
 limit fast { rate over 9000/second burst 9000 packets; }
 map who { type ipv4_addr : limit; flags interval; elements = { 0.0.0.0/1 : "slow" } }
 chain in { type filter hook input priority 0; policy accept;
  udp dport 5683 limit name ip saddr map @who drop
  udp dport 5684 limit name ip saddr map { 91.37.142.77 : "fast", 177.0.0.0/8 : "slow" } drop
 }
}""", "--from", INTERNET4)
    for port in (5683, 5684):
        row = one(done.rows, **{"from": "91.37.142.77", "to": OWN4, "port": port})
        assert row["verdict"] == "limit"


def test_a_policy_of_small_answers_is_a_limit(town):
    done = nft(town, town.host.sh(f"{COAPSCOPE} protect plan --strangers limit "
                                  "--answer-bytes 136"))
    for proto in ("udp", "tcp"):
        row = one(done.rows, **{"from": "internet", "to": OWN4, "proto": proto})
        assert row["verdict"] == "limit"


def test_a_redirected_port_is_exposed_although_a_chain_drops_it(town):
    done = nft(town, PUBLISHED % "redirect to :15683")
    assert done.status == 1
    row = one(done.rows, **{"from": "internet", "to": OWN4})
    assert row["verdict"] == "open" and row["exposed"]
    assert row["listener"]["port"] == 15683
    assert ("input", "udp dport 5683 drop") in {(r["chain"], r["text"])
                                                for r in row["shadowed"]}
    assert truth.compare(town, done.rows) == []


@pytest.mark.parametrize("to, port", [("192.168.1.1", 5683), ("192.168.1.1:9999", 9999),
                                      ("127.0.0.1", 5683)])
def test_who_listens_at_the_address_that_it_is_sent_on_to_is_meant(namespaces_work, to, port):
    with Town(forward=False) as it:
        it.host.sh("sysctl -qw net.ipv4.conf.all.route_localnet=1")
        address = to.split(":")[0]
        with it.host.inside(), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind((address, port))
            done = nft(it, 'table ip nat {\n\tchain pre {\n\t\ttype nat hook prerouting priority '
                           f'-100\n\t\tiifname "eth0" udp dport 5683 dnat to {to}\n\t}}\n}}\n')
        row = one(done.rows, **{"from": "internet", "to": OWN4})
        assert done.status == 1 and row["verdict"] == "open" and row["exposed"]
        assert row["sent_on"] == {"address": address, "port": port}
        assert (row["listener"]["address"], row["listener"]["port"]) == (address, port)


def test_a_coap_server_behind_another_port_is_found(town):
    town.host.sh("sysctl -qw net.ipv4.ip_forward=1")
    done = nft(town, PUBLISHED.replace("udp dport 5683 %s",
                                       "udp dport 9683 dnat to 172.17.0.2:5683")
               .replace("udp dport 5683 drop", "counter"))
    assert done.status == 1
    assert one(done.rows, **{"from": "internet", "to": OWN4}, port=9683)["exposed"]


# --- verdicts ---

@pytest.mark.parametrize("rule, verdict", [
    ("udp dport 5683 accept", "open"),
    ("udp dport 5683 drop", "drop"),
    ("udp dport 5683 reject", "reject"),
    ("udp dport 5683 reject with icmpx admin-prohibited", "reject"),
    ("udp dport 5683 limit rate 10/second burst 5 packets accept; udp dport 5683 drop", "limit"),
    ("udp dport 5683 limit rate 1000000/second accept; udp dport 5683 drop", "limit"),
    ("udp dport 5683 limit rate 1000000/second accept", "open"),
    ("meta l4proto udp th dport vmap { 5683 : drop }", "drop"),
])
def test_what_happens_to_packets_is_the_verdict(town, rule, verdict):
    done = nft(town, table(*rule.split("; ")))
    for to in (OWN4, OWN6):
        assert one(done.rows, **{"from": "internet", "to": to})["verdict"] == verdict


def test_a_rule_for_what_leaves_decides_too(town):
    done = nft(town, table("udp sport 5683 drop", hook="output"))
    row = one(done.rows, **{"from": "internet", "to": OWN4})
    assert row["verdict"] == "drop"
    assert (row["rule"]["chain"], row["rule"]["text"]) == ("output", "udp sport 5683 drop")


def test_a_rule_for_a_group_of_interfaces_decides(town):
    for group, verdict in ((7, "open"), (0, "drop")):
        with netns.during(town.host, f"ip link set eth0 group {group}", "ip link set eth0 group 0"):
            done = nft(town, table("iifgroup 7 accept", policy="drop"))
        for to in (OWN4, OWN6):
            assert one(done.rows, **{"from": "internet", "to": to})["verdict"] == verdict


def test_the_internet_comes_by_each_uplink(town):
    """By the second next hop of one route, and by a table that a rule leads to."""
    host = town.host
    default = host.sh("ip route show default").strip()
    rules = table('iifname "eth0" udp dport 5683 accept', policy="drop")
    ways = {"ip route replace default nexthop via 192.168.1.200 dev lan0 nexthop via 93.184.77.1 dev eth0": "",
            "ip route replace default via 192.168.1.200 dev lan0; ip rule add from 93.184.77.10 lookup 100;"
            "ip route add default via 93.184.77.1 dev eth0 table 100": "ip rule del from 93.184.77.10"}
    try:
        for way, back in ways.items():
            host.sh(way)
            done = nft(town, rules)
            assert done.status == 1
            assert one(done.rows, **{"from": "internet", "to": OWN4})["verdict"] == "open"
            assert one(done.rows, **{"from": "internet", "to": "192.168.1.1"})["verdict"] == "drop"
            host.sh(back or "true")
    finally:
        host.sh(f"ip route flush table 100 2>/dev/null; ip route replace {default}")


def test_a_rule_for_a_kind_of_interface_decides(town):
    """All interfaces of the scratch are of one kind."""
    town.host.sh("ip link add br7 type bridge && ip addr add 192.168.7.1/24 dev br7 && ip link set br7 up")
    try:
        rows = nft(town, table('meta iifkind "bridge" udp dport 5683 accept',
                               'meta iifkind != { "bridge", "vlan" } udp dport 5684 accept',
                               policy="drop")).rows
    finally:
        town.host.sh("ip link del br7")
    told = [one(rows, **{"from": f"{net}.0/24", "to": f"{net}.1"}, port=port)["verdict"]
            for net in ("192.168.7", "192.168.1") for port in (5683, 5684)]
    assert told == ["open", "drop", "drop", "open"]
    mixed = table('meta iifkind vmap { "bridge" : accept, "veth" : drop }')
    assert "asked as if every interface were a veth" in nft(town, mixed).err


def test_a_rule_that_nft_prints_as_another_is_said_and_left_out(town):
    """Two comparisons of two fields, printed as one range."""
    done = nft(town, table("udp sport < 1024 udp dport > 1024 drop", "udp dport != 5000-6000 drop"))
    assert done.err.count("left out, as nft cannot load it again: udp dport != 1024-1024 drop") == 1
    assert "5000" not in done.err
    assert one(done.rows, **{"from": "internet", "to": OWN4})["verdict"] == "open"


def test_who_hides_from_the_trace_is_named(town):
    rules = table("meta nftrace set 0", hook="prerouting", priority=-310, name="quiet") + \
        table("udp dport 5683 meta nftrace set 0 drop")
    row = one(nft(town, rules).rows, **{"from": "internet", "to": OWN4})
    assert row["verdict"] == "drop"
    assert row["rule"]["text"] == "udp dport 5683 meta nftrace set 0 drop"


@pytest.mark.parametrize("icmp, said", [
    ("icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } limit rate 5/second accept", 0),
    ("icmp type echo-request accept", 1)])
def test_rules_that_hide_us_from_neighbours_are_said_once(town, icmp, said):
    done = nft(town, table("ct state established,related accept", "udp dport 5683 accept", icmp,
                           policy="drop"))
    assert one(done.rows, **{"from": "internet", "to": OWN6})["verdict"] == "open"
    assert done.err.count("eth0: rules drop IPv6's neighbour discovery") == said


def test_a_network_that_is_routed_to_nowhere_does_not_stand_for_the_internet(town):
    nowhere = ("blackhole 91.0.0.0/8", "unreachable 2a02::/16")
    with netns.during(town.host, *(" ; ".join(f"ip route {verb} {route}" for route in nowhere)
                                   for verb in ("add", "del"))):
        done = nft(town, "")
    for to in (OWN4, OWN6):
        assert one(done.rows, **{"from": "internet", "to": to})["verdict"] == "open"
    assert done.status == 1 and "default route" not in done.err


def test_no_rules_at_all_are_open_and_no_rule_decides(town):
    done = nft(town, "")
    row = one(done.rows, **{"from": "internet", "to": OWN4})
    assert (row["verdict"], row["rule"], row["shadowed"]) == ("open", None, [])


def test_a_policy_is_a_rule_without_a_handle(town):
    done = nft(town, table(policy="drop"))
    assert done.status == 0
    row = one(done.rows, **{"from": "internet", "to": OWN4})
    assert row["rule"] == {"tool": "nft", "table": "inet filter", "chain": "input",
                           "handle": 0, "text": "policy drop"}


# --- who is asked about ---

def test_every_kind_of_asker_and_question_is_there(town):
    done = nft(town, "", "--allow", "198.51.100.0/24", "--from", "203.0.113.9",
               "--from", "::ffff:203.0.113.9", "--from", "2001:db8::9")
    seen = {(r["from"], r["to"], r["family"], r["proto"], r["port"], r["flow"]) for r in done.rows}
    assert len(seen) == len(done.rows)
    for name in ("internet", "198.51.100.0/24", "203.0.113.9", "93.184.77.0/24"):
        for proto in ("udp", "tcp"):
            for port in (5683, 5684):
                for flow in ("new", "established"):
                    assert (name, OWN4, 4, proto, port, flow) in seen
    assert ("2001:db8::9", OWN6, 6, "udp", 5683, "new") in seen
    assert ("192.168.1.0/24", "224.0.1.187", 4, "udp", 5683, "new") in seen
    assert ("fd12:3456:789a:1::/64", "ff02::fd", 6, "udp", 5683, "new") in seen
    assert ("fd12:3456:789a:1::/64", "ff05::fd", 6, "udp", 5683, "new") in seen
    assert all(row["path"] == "input" for row in done.rows)


def test_a_peer_that_is_let_in_is_open_and_no_exposure(town):
    done = nft(town, table("ip saddr 198.51.100.0/24 udp dport 5683 accept", policy="drop"),
               "--allow", "198.51.100.0/24")
    assert done.status == 0
    peer = one(done.rows, **{"from": "198.51.100.0/24", "to": OWN4})
    assert (peer["verdict"], peer["exposed"]) == ("open", False)
    assert one(done.rows, **{"from": "internet", "to": OWN4})["verdict"] == "drop"


def test_the_internet_is_as_open_as_its_most_open_part(town):
    done = nft(town, table("ip saddr 128.0.0.0/1 udp dport 5683 accept", policy="drop"))
    row = one(done.rows, **{"from": "internet", "to": OWN4})
    assert row["verdict"] == "open" and int(row["source"].split(".")[0]) >= 128


def test_a_host_behind_a_router_is_asked_about(town):
    town.host.sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
    rules = table("tcp dport 5683 drop", hook="forward")
    done = nft(town, rules)
    routed = pick(done.rows, **{"from": "internet", "path": "forward"})
    assert {r["family"] for r in routed} == {4, 6}
    assert all(r["exposed"] == (r["verdict"] == "open") for r in routed)
    assert {r["verdict"] for r in routed if r["proto"] == "tcp" and r["port"] == 5683} == {"drop"}
    assert truth.compare(town, done.rows) == []


PINHOLES = table("ct state established accept",
                 'iifname "eth0" ip daddr 192.168.1.222 udp dport 5683 accept',
                 "ip6 daddr & ::ffff:ffff:ffff:ffff == ::222 udp dport 5684 accept",
                 "ct status dnat accept", hook="forward", policy="drop")
# One that the provider sends here, and that no interface has.
SENT_HERE = """table ip nat {
\tchain prerouting {
\t\ttype nat hook prerouting priority -100; policy accept;
\t\tip daddr 93.184.77.50 udp dport 5683 dnat to 172.17.0.2:15683
\t}
}
"""


def test_a_host_that_rules_name_is_asked_about_where_no_other_is_let_through(town):
    town.host.sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
    done = nft(town, PINHOLES + SENT_HERE)
    assert done.status == 1 and done.err == ""
    routed = pick(done.rows, **{"from": "internet", "path": "forward"}, verdict="open")
    assert all(row["exposed"] for row in routed)
    assert {(row["to"], row["proto"], row["port"]) for row in routed} == {
        ("192.168.1.222", "udp", 5683), ("93.184.77.50", "udp", 5683),
        ("fd12:3456:789a:1::222", "udp", 5684), ("fd12:3456:789a:2::222", "udp", 5684)}
    row = one(done.rows, **{"from": "internet", "to": "93.184.77.50"})
    assert row["sent_on"] == {"address": "172.17.0.2", "port": 15683}
    # What is not sent on from there is somebody else's.
    assert len([row for row in done.rows if row["to"] == "93.184.77.50"]) == 2
    town.world.sh("ip route replace 93.184.77.50/32 via 93.184.77.10")
    try:
        assert truth.compare(town, [row for row in done.rows if row["to"] != "93.184.77.50"]) == []
    finally:
        town.world.sh("ip route del 93.184.77.50/32")


def test_a_connection_is_with_whom_was_asked(town):
    """Of what is not tracked NAT takes a later segment of the server for a new connection."""
    town.host.sh("sysctl -qw net.ipv4.ip_forward=1")
    done = nft(town, table("iifname eth0 tcp dport 5683 notrack", hook="prerouting",
                           priority=-300) +
               "table ip nat {\n\tchain post {\n\t\ttype nat hook postrouting priority srcnat\n"
               "\t\tip saddr 192.168.1.0/24 oifname eth0 snat to 93.184.77.10\n\t}\n}\n")
    rows = {row["flow"]: row["verdict"] for row in
            pick(done.rows, **{"from": "internet", "path": "forward"}, proto="tcp", port=5683,
                 family=4) if row["to"].startswith("192.168.1.")}
    assert rows == {"new": "open", "established": "drop"}


# --- who listens ---

def test_without_a_listener_nothing_is_exposed(namespaces_work):
    with Town(forward=False) as quiet:
        done = quiet.check()
        assert done.status == 0, done.err
        row = one(done.rows, **{"from": "internet", "to": OWN4})
        assert (row["verdict"], row["listener"], row["exposed"]) == ("open", None, False)


@pytest.mark.skipif(not shutil.which("coap-server-notls"), reason="needs libcoap's server")
def test_the_listener_is_named_with_its_process(namespaces_work):
    with Town(forward=False) as it:
        with it.host.inside():
            server = subprocess.Popen(["coap-server-notls", "-A", "0.0.0.0"],
                                      stderr=subprocess.DEVNULL)
        try:
            wait_until(lambda: it.host.sh("ss -HlunA udp 'sport = :5683'"))
            done = it.check()
            row = one(done.rows, **{"from": "internet", "to": OWN4})
            assert row["exposed"]
            assert row["listener"]["address"] == "0.0.0.0"
            assert row["listener"]["process"] == "coap-server-not"
            assert one(done.rows, **{"from": "internet", "to": OWN6})["listener"] is None
            # It has joined no group.
            group = one(done.rows, **{"from": "internet", "to": "224.0.1.187"})
            assert (group["verdict"], group["listener"], group["exposed"]) == ("open", None, False)
        finally:
            server.kill()
            server.wait()


def test_who_listens_on_another_interface_alone_is_no_listener(namespaces_work):
    with Town(forward=False) as it:
        with it.host.inside():
            server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            server.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"lan0")
            server.bind(("0.0.0.0", 5683))
        with server:
            done = it.check()
    assert one(done.rows, **{"from": "internet", "to": OWN4})["listener"] is None
    assert one(done.rows, **{"from": "192.168.1.0/24", "to": "192.168.1.1"})["listener"]
    assert done.status == 0


# --- it leaves nothing behind ---

def state(town):
    pids = subprocess.run(["ip", "netns", "pids", town.host.name], text=True,
                          capture_output=True, check=True).stdout
    names = sorted(n for n in os.listdir("/run/netns") if n.startswith(f"cs{os.getpid()}n"))
    links = town.host.sh("ip -o link; ip addr; ip route show table all; ip -6 route")
    links = re.sub(r"(expires|valid_lft|preferred_lft) \S+", "", links)
    return town.host.sh("nft -a list ruleset"), pids, names, links


def orphans():
    """Programs of ours whose parent has ended."""
    listed = subprocess.run(["ps", "-eo", "ppid=,pid=,args="], text=True, capture_output=True,
                            check=True).stdout
    return [line for line in listed.splitlines()
            if line.split()[0] == "1" and "nft -a monitor trace" in line]


def test_nothing_of_the_host_is_touched(town):
    mine = "meta l4proto { tcp, udp } counter"
    truth.load(town, table(mine, "udp dport 5683 counter drop") +
               table(mine, hook="output", name="out"))
    before = state(town)
    assert town.check("--flood").status in (0, 1)
    assert state(town) == before


def test_a_killed_check_leaves_nothing(town):
    truth.load(town, table("counter"))
    before, strangers = state(town), orphans()
    for delay in (0.02, 0.05, 0.1, 0.2, 0.4):
        with town.host.inside():
            process = subprocess.Popen([COAPSCOPE, "protect", "check"],
                                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        time.sleep(delay)
        process.kill()
        process.wait()
    wait_until(lambda: state(town) == before)
    wait_until(lambda: set(orphans()) <= set(strangers))


# --- other hosts' rules, and bad input ---

@pytest.fixture
def shared():
    """A folder that everybody may read."""
    with tempfile.TemporaryDirectory(prefix="coapscope-rules") as name:
        os.chmod(name, 0o755)
        yield pathlib.Path(name)


unprivileged = pytest.mark.skipif(netns.why_nobody_has_none() is not None,
                                  reason="no user namespaces here")


def run(*args, wrap=(), **more):
    return subprocess.run([*wrap, COAPSCOPE, "protect", "check", *args], text=True,
                          capture_output=True, timeout=60, **more)


@unprivileged
def test_another_hosts_rules_need_no_root(shared, namespaces_work):
    file = shared / "rules.nft"
    file.write_text(table("udp dport 5683 accept", "udp dport 5683 drop", policy="drop"))
    done = run("--ruleset", str(file), "-O", "jsonl", wrap=netns.AS_NOBODY, cwd="/")
    assert done.returncode == 1, done.stderr
    rows = truth.rows_of(done.stdout)
    row = [r for r in rows if r["from"] == "internet" and r["family"] == 4 and
           r["port"] == 5683 and r["proto"] == "udp" and r["flow"] == "new" and
           not r["to"].startswith("224")][0]
    assert row["verdict"] == "open" and row["exposed"] and row["listener"] is None
    assert row["rule"]["text"] == "udp dport 5683 accept"
    assert [r["text"] for r in row["shadowed"]] == ["udp dport 5683 drop"]


@unprivileged
def test_a_chain_of_iptables_may_have_a_name_that_nft_cannot_read(shared, namespaces_work):
    file = shared / "rules.nft"
    file.write_text(table("udp dport 5683 counter jump reject comment \"jump drop\"",
                          "udp dport vmap { 5684 : goto drop, 5685 : accept }")
                    .replace("\n}\n", "\n\tchain reject {\n\t\tdrop\n\t}\n"
                                      "\tchain drop {\n\t\tcounter reject\n\t}\n}\n"))
    done = run("--ruleset", str(file), "-O", "jsonl", wrap=netns.AS_NOBODY, cwd="/")
    assert done.returncode == 1, done.stderr  # TCP is open
    assert f"{file}:7: named rejecT, as nft cannot read what it printed" in done.stderr
    assert f"{file}:10: named droP, " in done.stderr
    rows = [r for r in truth.rows_of(done.stdout) if r["from"] == "internet" and
            r["family"] == 4 and r["proto"] == "udp" and r["flow"] == "new" and
            not r["to"].startswith("224")]
    assert [(r["port"], r["verdict"], r["rule"]["chain"]) for r in rows] == [
        (5683, "drop", "rejecT"), (5684, "reject", "droP")]


@unprivileged
def test_another_hosts_ufw_needs_no_root(shared, namespaces_work):
    with Town(forward=False) as town:
        ufw = truth.Ufw(town)
        ufw.enable(["allow 5683", "deny 5683/udp"])
        ufw.run("disable")
        (pathlib.Path(ufw.etc) / "ufw/ufw.conf").write_text("ENABLED=yes\nLOGLEVEL=low\n")
        shutil.copytree(ufw.etc, shared / "etc")
    subprocess.run(["chmod", "-R", "a+rX", str(shared)], check=True)
    done = run("--ufw", str(shared / "etc/ufw"), "-O", "jsonl", wrap=netns.AS_NOBODY, cwd="/")
    assert done.returncode == 1, done.stderr
    rows = truth.rows_of(done.stdout)
    row = [r for r in rows if r["from"] == "internet" and r["family"] == 4 and
           r["port"] == 5683 and r["proto"] == "udp" and r["flow"] == "new" and
           not r["to"].startswith("224")][0]
    assert row["rule"]["tool"] == "ufw" and row["rule"]["handle"] == 1
    assert [r["handle"] for r in row["shadowed"]] == [2]


def test_reading_this_hosts_rules_needs_root_and_that_is_said():
    done = run(wrap=netns.AS_NOBODY, cwd="/")
    assert done.returncode == 4
    assert "needs root" in done.stderr and "--ruleset FILE" in done.stderr
    assert done.stdout == "" and done.stderr.count("\n") == 1


def test_without_the_nft_program_that_is_said(town):
    with town.host.inside():
        done = subprocess.run(
            ["unshare", "-m", "sh", "-c", "mount --bind /dev/null /usr/sbin/nft && exec "
             + COAPSCOPE + " protect check"], text=True, capture_output=True, timeout=60)
    assert done.returncode == 4, done.stderr
    assert "nft" in done.stderr and done.stderr.count("\n") == 1


@pytest.mark.parametrize("text, line", [
    ("table inet t {\n\tchain input {\n\t\ttype filter hook input priority 0;\n"
     "\t\tudp dport 5683 dorp\n\t}\n}\n", 4),
    ("nonsense\n", 1),
    ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -p udp --dport 5683 -j NOWHERE\nCOMMIT\n", None),
])
def test_a_bad_file_is_named_with_its_line(tmp_path, namespaces_work, text, line):
    file = tmp_path / "rules"
    file.write_text(text)
    done = run("--ruleset", str(file))
    assert done.returncode == 2, (done.returncode, done.stderr)
    assert str(file) in done.stderr and done.stderr.count("\n") == 1
    if line:
        assert f":{line}:" in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize("args, says", [
    (["--ruleset", "/nowhere/rules"], "/nowhere/rules"),
    (["--ufw", "/nowhere"], "/nowhere"),
    (["--ruleset", "a", "--ufw", "b"], "--ruleset and --ufw"),
    (["--from", "10.0.0.0/8"], "--from"),
    (["--from", "10.0.0.300"], "--from"),
    (["--allow", "10.0.0.1/8"], "--allow"),
    (["--from", "224.0.1.187", "--ruleset", "/dev/null"], "224.0.1.187"),
])
def test_bad_usage_is_said_in_a_line(args, says, namespaces_work):
    done = run(*args)
    assert done.returncode == 2, done.stderr
    assert says in done.stderr
    assert done.stdout == ""


def test_an_empty_ruleset_of_another_host_is_open(tmp_path, namespaces_work):
    file = tmp_path / "rules"
    file.write_text("")
    done = run("--ruleset", str(file), "-O", "jsonl")
    assert done.returncode == 1
    assert {r["verdict"] for r in truth.rows_of(done.stdout)} == {"open"}


def test_a_list_of_20000_prefixes_takes_less_than_a_second(town):
    rng = random.Random(5)
    nets = sorted({f"{rng.randrange(1, 223)}.{rng.randrange(256)}.{rng.randrange(256)}.0/24"
                   for _ in range(20400)})[:20000]
    text = ("table inet filter {\n\tset bad {\n\t\ttype ipv4_addr; flags interval; auto-merge\n"
            "\t\telements = { " + ", ".join(nets) + " }\n\t}\n\tchain input {\n"
            "\t\ttype filter hook input priority 0; policy accept;\n"
            "\t\tip saddr @bad drop\n\t\tudp dport 5683 drop\n\t}\n}\n")
    assert truth.load(town, text)
    begun = time.monotonic()
    done = town.check()
    took = time.monotonic() - begun
    assert done.status == 1, done.err  # TCP, and 5684
    assert one(done.rows, **{"from": "internet", "to": OWN4})["verdict"] == "drop"
    print(f"{took:.2f} s for {len(done.rows)} questions")
    assert took < 10  # a busy machine; the bench says what it is on a quiet one


def test_of_many_peers_some_are_asked_and_that_is_said(town):
    peers = [f"45.{n // 256}.{n % 256}.7" for n in range(20000)]
    done = nft(town, "", *(word for peer in peers for word in ("--allow", peer)))
    asked = {row["from"] for row in done.rows if row["from"].startswith("45.")}
    assert asked == {peers[0], peers[9999], peers[-1]}
    assert "3 of 20000 peers asked" in done.err
    with town.host.inside():
        table = subprocess.run(
            [COAPSCOPE, "protect", "check", "-O", "table",
             *(word for peer in peers[:9] for word in ("--allow", peer))],
            text=True, capture_output=True, timeout=60).stdout
    assert "3 of 9 peers asked\n" in table


def test_of_another_host_only_networks_that_are_named_are_to_be_allowed(
        tmp_path, namespaces_work):
    file = tmp_path / "rules"
    file.write_text("table inet t {\n chain in {\n  type filter hook input priority 0\n"
                    "  iifname lan0 ip saddr 192.168.7.0/24 accept\n }\n}\n")

    def next_of(*args):
        out = subprocess.run([COAPSCOPE, "protect", "check", "-O", "table", "--ruleset", file,
                              *args], text=True, capture_output=True, timeout=60).stdout
        return out[out.index("Next, on that host: "):].split("\n\n")[0]

    more = "\n  with --allow PREFIX for each peer and local network that is to be answered"
    plan = "Next, on that host: coapscope protect plan --strangers drop"
    assert next_of() == f"{plan} --allow 192.168.7.0/24{more}"
    assert f"{plan} --allow 10.9.0.0/16" in next_of("--local", "10.9.0.0/16")
    file.write_text("")
    assert next_of() == plan + more


def test_the_output_is_whole_or_not_there(town, tmp_path):
    done = town.check("-o", str(tmp_path / "out.jsonl"))
    assert done.out == ""
    assert truth.rows_of((tmp_path / "out.jsonl").read_text())
    assert town.check("-o", str(tmp_path / "none/out")).status == 4
    assert town.check("-o", "/dev/full").status == 4
