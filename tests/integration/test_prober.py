# SPDX-License-Identifier: Apache-2.0
"""The prober against rulesets of nft and iptables: what packets do there, and by which rule."""
import json
import os
import pathlib
import subprocess
import tempfile

import pytest

import netns
from lab import BUILD

TOOL = str(BUILD / "tests" / "tools" / "prober_ask")

STRANGER = "203.0.113.9 198.51.100.1 eth0"
STRANGER6 = "2001:db8:9::9 2001:db8:1::1 eth0"
NEIGHBOUR = "192.168.1.77 192.168.1.1 eth1"
U3, U4 = "udp 5683 new", "udp 5684 new"
U3E, U4E = "udp 5683 established", "udp 5684 established"
T3, T3E = "tcp 5683 new", "tcp 5683 established"


def ask(path, *questions, wrap=()):
    """One answer a question: "FROM TO LINK PROTO PORT FLOW ANSWER"."""
    end = subprocess.run([*wrap, TOOL, "file", str(path)], input="\n".join(questions) + "\n",
                         capture_output=True, text=True, timeout=120, cwd="/")
    assert end.returncode == 0, end.stderr
    return [json.loads(line) for line in end.stdout.splitlines()]


def chain(hook, *rules, policy="accept", kind="filter", priority=0, table="inet filter", name=None):
    lines = "".join(f"\t\t{rule}\n" for rule in rules)
    return (f"table {table} {{\n\tchain {name or hook} {{\n\t\ttype {kind} hook {hook} priority {priority}; "
            f"policy {policy};\n{lines}\t}}\n}}\n")


def save(*rules, table="filter", heads=(":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]")):
    return "\n".join([f"*{table}", *heads, *rules, "COMMIT", ""])


NAT = (":PREROUTING ACCEPT [0:0]", ":INPUT ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]")
EST = "ct state established,related accept"
EST_XT = "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT"

# name: (rules, [(question, verdict, what the deciding rule's text has (None: no rule))])
CASES = {
    "no rules": ("", [
        (f"{STRANGER} {U3}", "open", None), (f"{STRANGER} {T3}", "open", None),
        (f"{STRANGER6} {U3}", "open", None), (f"{STRANGER} {T3E}", "open", None),
        ("192.168.1.77 224.0.1.187 eth1 udp 5683 new", "open", None),
        ("2001:db8:2::77 ff02::fd eth1 udp 5683 new", "open", None),
        ("2001:db8:2::77 ff05::fd eth1 udp 5683 new", "open", None)]),
    "policy drop": (chain("input", "tcp dport 22 accept", policy="drop"), [
        (f"{STRANGER} {U3}", "drop", "policy drop"), (f"{STRANGER} {T3}", "drop", "policy drop"),
        (f"{STRANGER6} {U3E}", "drop", "policy drop"),
        ("192.168.1.77 224.0.1.187 eth1 udp 5683 new", "drop", "policy drop")]),
    "accept for some": (chain("input", "ip saddr 192.168.1.0/24 udp dport { 5683, 5684 } accept", policy="drop"), [
        (f"{STRANGER} {U3}", "drop", "policy drop"), (f"{NEIGHBOUR} {U3}", "open", "192.168.1.0/24"),
        (f"{NEIGHBOUR} {T3}", "drop", "policy drop")]),
    "reject is told by ICMP or RST": (chain("input", "udp dport 5683 reject", "tcp dport 5683 reject with tcp reset",
                                            "udp dport 5684 reject with icmpx admin-prohibited"), [
        (f"{STRANGER} {U3}", "reject", "udp dport 5683 reject"), (f"{STRANGER6} {U3}", "reject", "reject"),
        (f"{STRANGER} {T3}", "reject", "tcp reset"), (f"{STRANGER6} {T3E}", "reject", "tcp reset"),
        (f"{STRANGER} {U4}", "reject", "admin-prohibited")]),
    "a reject whose error is dropped": (chain("input", "udp dport 5683 reject") +
                                        chain("output", "ip protocol icmp drop"), [
        (f"{STRANGER} {U3}", "drop", "udp dport 5683 reject")]),
    "prerouting comes first": (chain("prerouting", "udp dport 5683 drop", kind="filter", priority=-300) +
                               chain("input", "udp dport 5683 accept"), [
        (f"{STRANGER} {U3}", "drop", "udp dport 5683 drop"), (f"{STRANGER} {T3}", "open", "policy accept")]),
    "at the interface": ('table netdev edge {\n\tchain in {\n\t\ttype filter hook ingress device "eth0" '
                         'priority -500; policy accept;\n\t\tudp dport 5683 drop\n\t}\n}\n' +
                         chain("input", "udp dport 5683 accept"), [
        (f"{STRANGER} {U3}", "drop", "udp dport 5683 drop"), (f"{STRANGER} {U4}", "open", "policy accept"),
        (f"{NEIGHBOUR} {U3}", "open", "udp dport 5683 accept")]),
    "the answer is dropped": (chain("output", "udp sport 5683 drop", "tcp sport 5683 drop"), [
        (f"{STRANGER} {U3}", "drop", "udp sport 5683 drop"), (f"{STRANGER} {T3}", "drop", "tcp sport 5683 drop"),
        (f"{STRANGER} {U4}", "open", "policy accept")]),
    "only large answers are dropped": (chain("output", "udp sport 5683 udp length > 136 drop"), [
        (f"{STRANGER} {U3} 60", "open", None), (f"{STRANGER} {U3} 128", "open", None),
        (f"{STRANGER} {U3} 129", "drop", "udp length > 136 drop"),
        (f"{STRANGER} {U3} 1200", "drop", "udp length > 136 drop")]),
    "established before drop": (chain("input", EST, "udp dport 5683 drop", "tcp dport 5683 drop",
                                      "udp dport 5684 accept"), [
        (f"{STRANGER} {U3}", "drop", "udp dport 5683 drop"), (f"{STRANGER} {U3E}", "drop", "udp dport 5683 drop"),
        (f"{STRANGER} {T3E}", "drop", "tcp dport 5683 drop"), (f"{STRANGER} {U4}", "open", "udp dport 5684 accept"),
        (f"{STRANGER} {U4E}", "open", EST[:20])]),
    "a set, a map, a chain": ("table inet filter {\n\tset coap { type inet_service; elements = { 5683 } \n\t}\n"
                              "\tchain coap {\n\t\tip saddr 203.0.113.0/24 drop\n\t}\n"
                              "\tchain input {\n\t\ttype filter hook input priority 0; policy accept;\n"
                              "\t\tudp dport @coap jump coap\n\t\ttcp dport vmap { 5683 : drop }\n\t}\n}\n", [
        (f"{STRANGER} {U3}", "drop", "203.0.113.0/24 drop"), (f"{STRANGER} {T3}", "drop", "vmap"),
        (f"{NEIGHBOUR} {U3}", "open", "policy accept")]),
    "two tables": (chain("input", "udp dport 5683 accept", table="inet a", priority=-10) +
                   chain("input", "ip saddr 192.168.1.0/24 accept", policy="drop", table="inet b"), [
        (f"{STRANGER} {U3}", "drop", "policy drop"), (f"{NEIGHBOUR} {U3}", "open", "udp dport 5683 accept"),
        (f"{NEIGHBOUR} {U4}", "open", "192.168.1.0/24 accept")]),
    "a small limit": (chain("input", EST, "udp dport 5683 limit rate 10/second accept", policy="drop"), [
        (f"{STRANGER} {U3}", "limit", "limit rate 10/second"), (f"{STRANGER} {U3}", "limit", "limit rate 10/second"),
        (f"{STRANGER} {U3E}", "open", EST[:20]), (f"{STRANGER} {U4}", "drop", "policy drop")]),
    "a limit with a large burst": (chain("input", "udp dport 5683 limit rate over 10/second burst 200 packets drop",
                                         "tcp dport 5683 limit rate 100000/second burst 100000 packets accept",
                                         "tcp dport 5683 drop"), [
        (f"{STRANGER} {U3}", "limit", "burst 200 packets drop"),
        (f"{STRANGER} {U3E}", "limit", "burst 200 packets drop"),
        (f"{STRANGER6} {U3}", "limit", "burst 200 packets drop"),
        (f"{STRANGER} {T3}", "limit", "100000/second"), (f"{STRANGER} {U4}", "open", "policy accept")]),
    "a limit on bytes": (chain("output", "udp sport 5683 limit rate over 10 mbytes/second burst 1 mbytes drop"), [
        (f"{STRANGER} {U3} 60", "limit", "10 mbytes/second"), (f"{STRANGER} {U3} 1200", "limit", "10 mbytes/second"),
        (f"{STRANGER} {T3}", "open", None)]),
    "a limit on answers": (chain("output", "udp sport 5683 limit rate 50/second accept", "udp sport 5683 drop") +
                           chain("input", "udp dport 5683 limit rate 9/second log", "udp dport 5683 accept"), [
        (f"{STRANGER} {U3}", "limit", "limit rate 50/second"), (f"{STRANGER} {U3E}", "limit", "limit rate 50/second")]),
    "each source has a limit": (chain("input", "udp dport 5683 meter coap { ip saddr limit rate over 10/second "
                                      "burst 20 packets } drop"), [
        (f"{STRANGER} {U3}", "limit", "meter coap"), (f"{STRANGER} {U3}", "limit", "meter coap"),
        (f"{STRANGER6} {U3}", "open", "policy accept")]),
    "a limit with a name, and a set that is filled": (
        "table inet filter {\n\tlimit coap { rate 500/second burst 900 packets\n\t}\n\tset seen { type ipv4_addr; "
        "flags dynamic,timeout; timeout 1m; elements = { 192.168.1.77 }\n\t}\n"
        "\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n"
        "\t\tudp dport 5683 limit name \"coap\" accept\n\t\tip saddr @seen udp dport 5684 accept\n"
        "\t\tudp dport 5684 add @seen { ip saddr }\n\t}\n}\n", [
            (f"{STRANGER} {U3}", "limit", 'limit name "coap"'), (f"{NEIGHBOUR} {U4}", "open", "@seen udp dport 5684"),
            (f"{STRANGER} {U4}", "limit", None), (f"{NEIGHBOUR} {U4}", "open", "@seen udp dport 5684")]),
    "a set with a rate of its own": (
        "table inet filter {\n\tset each { type ipv4_addr; size 1000; flags dynamic; limit rate over 900/second burst 90 "
        "packets\n\t}\n\tchain input {\n\t\ttype filter hook input priority 0; policy accept;\n"
        "\t\tudp dport 5683 add @each { ip saddr } drop\n\t}\n}\n", [
            (f"{STRANGER} {U3}", "limit", "add @each"), (f"{STRANGER} {U4}", "open", "policy accept")]),
    # What is named by a map cannot be given another rate: the burst shows what it can.
    "limits out of a map": (
        "table inet filter {\n\tlimit few { rate 10/second\n\t}\n\tmap each { type ipv4_addr : limit; elements = { "
        "203.0.113.9 : \"few\" }\n\t}\n\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n"
        "\t\tudp dport 5683 limit name ip saddr map @each accept\n\t}\n}\n", [
            (f"{STRANGER} {U3}", "limit", "map @each"), (f"{STRANGER} {U3}", "limit", "map @each"),
            (f"{STRANGER} {U4}", "drop", "policy drop"), (f"{NEIGHBOUR} {U3}", "drop", "policy drop")]),
    "limits, narrow to wide": (
        "table inet filter {\n\tset each { type ipv4_addr; size 1000; flags dynamic,timeout; timeout 1m\n\t}\n"
        "\tset wide { type ipv4_addr; size 1000; flags dynamic,timeout; timeout 1m\n\t}\n\tset heard { type ipv4_addr; "
        "size 1000; flags dynamic,timeout; timeout 1m\n\t}\n"
        "\tchain total {\n\t\tlimit rate over 50/second burst 50 packets drop\n\t\tupdate @heard { ip saddr } accept\n\t}\n"
        "\tchain twenty {\n\t\tupdate @wide { ip saddr & 255.255.240.0 limit rate 25/second burst 50 packets } goto total\n"
        "\t\tdrop comment \"the /20\"\n\t}\n\tchain input {\n\t\ttype filter hook input priority 0; policy accept;\n"
        "\t\tudp dport 5683 update @each { ip saddr limit rate 3/second burst 20 packets } goto twenty\n"
        "\t\tudp dport 5683 drop comment \"the /32\"\n\t}\n}\n", [
            (f"{STRANGER} {U3}", "limit", "update @each"), (f"{STRANGER} {U3E}", "limit", "update @each")]),
    # What one question has put into a set is not there at the next.
    "the same asker again": (
        "table inet filter {\n\tset each { type ipv4_addr; size 65535; flags dynamic,timeout; timeout 1m\n\t}\n"
        "\tchain input {\n\t\ttype filter hook input priority 0; policy accept;\n"
        "\t\tudp dport 5683 update @each { ip saddr limit rate 3/second burst 20 packets } accept\n"
        "\t\tudp dport 5683 drop\n\t}\n}\n", 3 * [
            (f"{STRANGER} {U3}", "limit", "update @each"), (f"{STRANGER} {U3E}", "limit", "update @each")]),
    "who asked is banned, beside one who was": (
        "table inet filter {\n\tset banned { type ipv4_addr; size 65535; flags dynamic; elements = { 203.0.113.9 }\n\t}\n"
        "\tchain input {\n\t\ttype filter hook input priority 0; policy accept;\n"
        "\t\tip saddr @banned udp dport 5683 drop\n\t\tudp dport 5684 add @banned { ip saddr } accept\n\t}\n}\n", 2 * [
            (f"{NEIGHBOUR} {U4}", "open", "add @banned"), (f"{NEIGHBOUR} {U3}", "open", "policy accept"),
            (f"{STRANGER} {U3}", "drop", "@banned")]),
    "rules for what no system sends": (chain(
        "input", "tcp flags & (syn|ack) == syn tcp option maxseg missing drop", "ip id 0 drop",
        "tcp flags & (syn|ack) == syn meta length < 60 drop"), [
        (f"{STRANGER} {T3}", "open", "policy accept"), (f"{STRANGER6} {T3}", "open", "policy accept"),
        (f"{STRANGER} {T3E}", "open", "policy accept"), (f"{STRANGER} {U3}", "open", "policy accept")]),
    "a quota": (chain("input", "udp dport 5683 quota over 25 mbytes drop"), [
        (f"{STRANGER} {U3}", "open", "policy accept")]),
    "a quota that is used up": (chain("input", "udp dport 5683 quota over 25 mbytes used 25 mbytes drop"), [
        (f"{STRANGER} {U3}", "drop", "quota over 25 mbytes")]),
    "a quota that a burst uses up": (chain("input", "udp dport 5683 quota over 900 bytes drop"), [
        (f"{STRANGER} {U3}", "limit", "quota over 900 bytes"), (f"{STRANGER} {U3}", "limit", "quota over 900 bytes")]),
    "a limit for the log only": (chain("input", "udp dport 5683 limit rate 3/minute log prefix \"coap: drop \"",
                                       "limit rate 3/minute counter comment \"limit rate 1/second drop\""), [
        (f"{STRANGER} {U3}", "open", "policy accept"), (f"{STRANGER} {U3E}", "open", "policy accept")]),
    "a limit that others meet": (chain("input", "ip saddr 10.0.0.0/8 udp dport 5683 limit rate 1/second accept",
                                       "udp dport 5683 accept", policy="drop"), [
        (f"{STRANGER} {U3}", "open", "udp dport 5683 accept"),
        ("10.1.2.3 198.51.100.1 eth0 udp 5683 new", "open", "udp dport 5683 accept")]),
    "a limit that rejects": (chain("input", "udp dport 5683 limit rate 2/second reject", "udp dport 5683 drop"), [
        (f"{STRANGER} {U3}", "reject", None)]),
    "by chance": (chain("input", "udp dport 5683 numgen random mod 100 < 2 drop"), [
        (f"{STRANGER} {U3}", "limit", "numgen random")]),
    "a published port": (
        chain("prerouting", "udp dport 5683 dnat ip to 192.168.1.9:15683", "tcp dport 5683 dnat ip to 192.168.1.9:15683",
              "udp dport 5684 redirect to :15684", kind="nat", priority=-100, table="inet nat") +
        chain("input", "udp dport 5683 drop", "tcp dport 5683 drop", "udp dport 5684 drop") +
        chain("forward", "udp dport 5683 drop", "tcp dport 5683 drop"), [
            (f"{STRANGER} {U3}", "open", "dnat ip to 192.168.1.9:15683"),
            (f"{STRANGER} {U3E}", "open", "dnat ip to 192.168.1.9:15683"),
            (f"{STRANGER} {T3}", "open", "dnat ip to 192.168.1.9:15683"),
            (f"{STRANGER} {T3E}", "open", "dnat ip to 192.168.1.9:15683"),
            (f"{STRANGER} {U4}", "open", "redirect to :15684")]),
    "redirected to where only a map says": (
        "table ip nat {\n\tmap where { type inet_service : ipv4_addr . inet_service; elements = { 5683 : 198.51.100.1 . "
        "9999 }\n\t}\n\tchain pre {\n\t\ttype nat hook prerouting priority dstnat; policy accept;\n"
        "\t\tdnat to udp dport map @where\n\t}\n}\n", [(f"{STRANGER} {U3}", "open", "map @where")]),
    "a published port that forward drops": (
        chain("prerouting", "udp dport 5683 dnat ip to 192.168.1.9:15683", kind="nat", priority=-100, table="inet nat") +
        chain("forward", "udp dport 15683 drop"), [(f"{STRANGER} {U3}", "drop", "udp dport 15683 drop")]),
    "routed": (chain("forward", "ip daddr 192.168.1.9 udp dport 5683 accept", policy="drop"), [
        ("203.0.113.9 192.168.1.9 eth0 udp 5683 new", "drop", "policy drop"),
        ("203.0.113.9 192.168.1.9 eth0 udp 5684 new", "drop", "policy drop")]),
    "routed, with the way back": (chain("forward", EST, "ip daddr 192.168.1.9 udp dport 5683 accept",
                                        "ip6 daddr 2001:db8:2::/64 tcp dport 5683 accept", policy="drop"), [
        ("203.0.113.9 192.168.1.9 eth0 udp 5683 new", "open", "udp dport 5683 accept"),
        ("203.0.113.9 192.168.1.9 eth0 udp 5684 new", "drop", "policy drop"),
        ("2001:db8:9::9 2001:db8:2::9 eth0 tcp 5683 new", "open", "tcp dport 5683 accept"),
        ("2001:db8:9::9 2001:db8:2::9 eth0 tcp 5683 established", "open", EST[:20])]),
    "masqueraded": (chain("postrouting", 'oifname "eth0" masquerade', kind="nat", priority=100, table="ip nat"), [
        ("192.168.1.77 203.0.113.9 eth1 udp 5683 new", "open", None)]),
    # What the common advice really does.
    "ufw allow, then deny": (save(EST_XT, "-A INPUT -p udp -m udp --dport 5683 -j ACCEPT",
                                  "-A INPUT -p udp -m udp --dport 5683 -j DROP"), [
        (f"{STRANGER} {U3}", "open", "--dport 5683 -j ACCEPT"), (f"{STRANGER} {T3}", "drop", "policy drop")]),
    "ufw limit": (save(
        EST_XT, "-A INPUT -j ufw-user-input",
        "-A ufw-user-input -p udp -m udp --dport 5683 -m conntrack --ctstate NEW -m recent --set --name DEFAULT",
        "-A ufw-user-input -p udp -m udp --dport 5683 -m conntrack --ctstate NEW -m recent --update --seconds 30 "
        "--hitcount 6 --name DEFAULT -j ufw-user-limit",
        "-A ufw-user-input -p udp -m udp --dport 5683 -j ufw-user-limit-accept",
        '-A ufw-user-limit -m limit --limit 3/min -j LOG --log-prefix "[UFW LIMIT BLOCK] "',
        "-A ufw-user-limit -j REJECT --reject-with icmp-port-unreachable", "-A ufw-user-limit-accept -j ACCEPT",
        heads=(":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]", ":ufw-user-input - [0:0]",
               ":ufw-user-limit - [0:0]", ":ufw-user-limit-accept - [0:0]")), [
            (f"{STRANGER} {U3}", "limit", "--hitcount 6"), (f"{STRANGER} {U3}", "limit", "--hitcount 6"),
            (f"{STRANGER} {U3E}", "open", "RELATED,ESTABLISHED"), (f"{STRANGER} {T3}", "drop", "policy drop")]),
    "nft per source, 20 at once": (chain("input", "udp dport 5683 meter perip { ip saddr limit rate over 10/second "
                                         "burst 20 packets } drop"), [(f"{STRANGER} {U3}", "limit", "perip")]),
    "nft in prefixes": (chain("input", "udp dport 5683 limit rate over 5000/second burst 5000 packets drop",
                              "udp dport 5683 meter p16 { ip saddr and 255.255.0.0 limit rate over 2560/second burst "
                              "2560 packets } drop", "udp dport 5683 meter p24 { ip saddr and 255.255.255.0 limit rate "
                              "over 320/second burst 320 packets } drop"), [
        (f"{STRANGER} {U3}", "limit", "limit rate over"), (f"{STRANGER} {U3E}", "limit", "limit rate over")]),
    "docker publishes a port": (
        save(EST_XT, "-A FORWARD -o eth1 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
             "-A FORWARD -o eth1 -j DOCKER", "-A FORWARD -i eth1 ! -o eth1 -j ACCEPT",
             "-A DOCKER -d 192.168.1.9/32 ! -i eth1 -o eth1 -p udp -m udp --dport 15683 -j ACCEPT",
             "-A INPUT -p udp -m udp --dport 5683 -j DROP",
             heads=(":INPUT DROP [0:0]", ":FORWARD DROP [0:0]", ":OUTPUT ACCEPT [0:0]", ":DOCKER - [0:0]")) +
        save("-A PREROUTING -p udp -m udp --dport 5683 -j DNAT --to-destination 192.168.1.9:15683", table="nat",
             heads=NAT), [
            (f"{STRANGER} {U3}", "open", "--dport 15683 -j ACCEPT"), (f"{STRANGER} {T3}", "drop", "policy drop")]),
    "iptables hashlimit": (save("-A INPUT -p udp -m udp --dport 5683 -m hashlimit --hashlimit-upto 50/sec "
                                "--hashlimit-burst 100 --hashlimit-mode srcip --hashlimit-name coap -j ACCEPT"), [
        (f"{STRANGER} {U3}", "limit", "--hashlimit-upto 50/sec"), (f"{STRANGER} {U3}", "limit", "--hashlimit-upto 50"),
        (f"{STRANGER} {U3E}", "limit", "--hashlimit-upto 50/sec")]),
}


UFW_LIMIT = CASES["ufw limit"][0]


def test_both_families_of_ufw_limit_share_no_state(namespaces_work, tmp_path):
    """Lists of the recent match belong to both families: a question must not find another's addresses."""
    path = tmp_path / "rules"
    path.write_text("# Generated by iptables-save v1.8.9 (nf_tables)\n" + UFW_LIMIT +
                    "# Generated by ip6tables-save v1.8.9 (nf_tables)\n" +
                    UFW_LIMIT.replace("icmp-port", "icmp6-port").replace("ufw-user", "ufw6-user"))
    questions = [f"{s} {q} 60" for s in (STRANGER, STRANGER6) for q in (U3, U3E)] * 2
    assert [g["verdict"] for g in ask(path, *questions)] == ["limit", "open"] * 4


@pytest.mark.parametrize("name", CASES)
def test_what_packets_do(namespaces_work, tmp_path, name):
    rules, rows = CASES[name]
    path = tmp_path / "rules"
    path.write_text(rules)
    questions = [q if q.split()[-1].isdigit() else q + " 60" for q, _, _ in rows]
    got = ask(path, *questions)
    assert [(q, g["verdict"]) for q, g in zip(questions, got)] == [(q, v) for q, (_, v, _) in zip(questions, rows)]
    for (question, _, text), answer in zip(rows, got):
        if text is not None:
            assert answer["rule"] is not None, question
            assert text in answer["rule"]["text"], (question, answer["rule"])


def test_no_rules_decide_nothing(namespaces_work, tmp_path):
    path = tmp_path / "rules"
    path.write_text("")
    [got] = ask(path, f"{STRANGER} {U3} 60")
    assert got["rule"] is None
    assert (got["sent"], got["answered"], got["errors"]) == (16, 16, 0)
    assert (got["bytes_in"], got["bytes_out"]) == (16 * 21, 16 * 60)
    assert not got["forwarded"] and got["forward_port"] == 0 and not got["rated"]


def test_where_packets_are_sent_on_to_is_told(namespaces_work, tmp_path):
    path = tmp_path / "rules"
    path.write_text(CASES["a published port"][0])
    dnat, redirect = ask(path, f"{STRANGER} {U3} 60", f"{STRANGER} {U4} 60")
    assert (dnat["forwarded"], dnat["forward_to"], dnat["forward_port"]) == (True, "192.168.1.9", 15683)
    assert (redirect["forwarded"], redirect["forward_to"], redirect["forward_port"]) == (False, "198.51.100.1", 15684)


def test_a_flood_is_let_through_as_the_rules_really_do(namespaces_work, tmp_path):
    path = tmp_path / "rules"
    question = f"flood 3000 {STRANGER} {U3} 60"
    path.write_text(chain("input", "udp dport 5683 meter m { ip saddr limit rate over 10/second burst 20 packets } drop"))
    [each] = ask(path, question)
    assert (each["sent"], each["answered"], each["bytes_out"]) == (3000, 3000, 180000)
    path.write_text(chain("input", "udp dport 5683 limit rate over 1/minute burst 100 packets drop"))
    small, all_together = ask(path, f"{STRANGER} {U3} 60", question)
    assert small["verdict"] == "limit"
    assert all_together["answered"] == 100


@pytest.mark.skipif(netns.why_nobody_has_none() is not None, reason="no user namespaces here")
def test_an_ordinary_user_may_ask():
    with tempfile.TemporaryDirectory(prefix="coapscope-rules") as folder:
        os.chmod(folder, 0o755)
        path = pathlib.Path(folder) / "rules"
        path.write_text(CASES["a small limit"][0])
        got = ask(path, *[f"{STRANGER} {U3} 60"] * 2, wrap=netns.AS_NOBODY)
    assert [g["verdict"] for g in got] == ["limit", "limit"]


def test_many_prefixes_and_a_rate_are_asked_quickly(namespaces_work, tmp_path):
    path = tmp_path / "rules"
    elements = ", ".join(f"{20 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24" for i in range(0, 40000, 2))
    path.write_text("table inet filter {\n\tset bad {\n\t\ttype ipv4_addr\n\t\tflags interval\n"
                    f"\t\telements = {{ {elements} }}\n\t}}\n"
                    "\tchain input {\n\t\ttype filter hook input priority 0; policy drop;\n\t\tip saddr @bad drop\n"
                    "\t\tudp dport 5683 limit rate 10/second accept\n\t}\n}\n")
    got = ask(path, *[f"{STRANGER} {U3} 60"] * 20, f"20.0.2.9 198.51.100.1 eth0 {U3} 60")
    assert [g["verdict"] for g in got] == ["limit"] * 20 + ["drop"]
    assert "@bad" in got[-1]["rule"]["text"]
