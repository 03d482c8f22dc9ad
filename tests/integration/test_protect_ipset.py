# SPDX-License-Identifier: Apache-2.0
"""`protect check` where iptables' rules look at ipset's sets: beside what packets do."""
import os
import pathlib
import shutil

import pytest

import truth
from firewall import Town

SETS = """
create trusted hash:net family inet hashsize 1024 maxelem 65536 timeout 3600 counters comment
add trusted 192.168.1.0/24 timeout 3000 comment "timeout 1"
create strangers hash:net family inet
add strangers 91.0.0.0/8
create strangers6 hash:net family inet6
add strangers6 2a00::/8
add strangers6 2a02::/16 nomatch
create coap bitmap:port range 5000-6000
add coap 5683
create both hash:net,port family inet
add both 172.17.0.0/16,udp:5684
create lan hash:net,iface family inet
add lan 192.168.1.0/24,lan0
create all list:set size 8
add all trusted
add all both
"""
RULES4 = """*filter
:INPUT DROP [0:0]
:FORWARD DROP [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p udp -m set --match-set all src,dst -m set --match-set coap dst -j ACCEPT
-A INPUT -p udp -m set --match-set both src,dst -j ACCEPT
-A INPUT -p tcp -m set --match-set lan src,src -m tcp --dport 5684 -j ACCEPT
-A INPUT -p udp -m set ! --match-set strangers src -m udp --dport 5683 -j ACCEPT
-A INPUT -p tcp -m set --match-set trusted src -m tcp --dport 5683 -j REJECT
COMMIT
"""
RULES6 = """*filter
:INPUT ACCEPT [0:0]
:FORWARD ACCEPT [0:0]
:OUTPUT ACCEPT [0:0]
-A INPUT -p udp -m set --match-set strangers6 src -m udp --dport 5683 -j DROP
COMMIT
"""


@pytest.fixture(scope="module")
def town(namespaces_work):
    with Town() as it:
        it.serve()
        yield it


@pytest.fixture(autouse=True)
def fresh(town):
    yield
    truth.clear_xt(town)
    town.host.sh("ipset flush; ipset destroy")


def put(town, kind, sets, rules4, rules6=""):
    town.host.sh("ipset restore", input=sets)
    assert truth.restore(town, f"iptables-{kind}", rules4)
    assert not rules6 or truth.restore(town, f"ip6tables-{kind}", rules6)


def one(rows, **want):
    found = [row for row in rows if all(row[key] == value for key, value in
             {"proto": "udp", "port": 5683, "flow": "new", "path": "input", **want}.items())]
    return [row for row in found if not row["to"].startswith(("224.", "ff"))][0]


@pytest.mark.parametrize("kind", ["nft", "legacy"])
def test_sets_decide_as_they_do_for_packets(town, kind):
    put(town, kind, SETS, RULES4, RULES6)
    done = town.check()
    assert done.status == 1 and "left out" not in done.err, done.err
    wrong = truth.compare(town, done.rows)
    assert not wrong, "\n".join(truth.describe(*row) for row in wrong)
    asked = one(done.rows, **{"from": "internet", "family": 4})
    assert asked["verdict"] == "open" and not asked["source"].startswith("91.")
    assert "! --match-set strangers src" in asked["rule"]["text"]
    assert one(done.rows, **{"from": "172.17.0.0/16", "port": 5684})["verdict"] == "open"
    # Nobody's set is another than before.
    assert "add strangers 91.0.0.0/8" in town.host.sh("ipset save")


def test_what_a_packet_puts_into_a_set_is_gone_at_the_next_question(town):
    put(town, "nft", "create seen hash:ip\n", """*filter
:INPUT ACCEPT [0:0]
-A INPUT -p udp -m set --match-set seen src -j DROP
-A INPUT -p udp -m udp --dport 5684 -j SET --add-set seen src
COMMIT
""")
    rows = town.check().rows
    for row in rows:
        if row["proto"] != "udp" or row["family"] != 4 or row["path"] != "input":
            continue
        if row["port"] == 5683:
            assert row["verdict"] == "open", row
        elif row["flow"] == "new":
            assert (row["verdict"], row["answered"]) == ("limit", 1), row
        else:
            assert row["verdict"] == "drop", row


def test_a_source_port_that_only_a_set_names_is_asked_from(town):
    put(town, "nft", "create from bitmap:port range 1000-9999\nadd from 7777\n"
        "create peers hash:ip,port\nadd peers 91.37.142.77,tcp:4444\n", """*filter
:INPUT DROP [0:0]
-A INPUT -p udp -m udp --dport 5683 -m set --match-set from src -j ACCEPT
-A INPUT -p tcp -m set --match-set peers src,src -m tcp --dport 5684 -j ACCEPT
COMMIT
""")
    rows = town.check().rows
    asked = [one(rows, **{"from": "internet", "family": 4, "to": "93.184.77.10"}),
             one(rows, **{"from": "internet", "family": 4, "to": "93.184.77.10", "proto": "tcp",
                          "port": 5684})]
    assert [(row["verdict"], row["source_port"]) for row in asked] == [("open", 7777), ("open", 4444)]
    assert truth.compare(town, asked) == []


def tools(folder, without):
    """The programs that check starts, in a folder of their own."""
    for name in ("nft", "ipset", "ip", "sysctl", "iptables-nft-save", "ip6tables-nft-save",
                 "iptables-nft-restore", "ip6tables-nft-restore"):
        path = shutil.which(name, path=os.environ["PATH"] + ":/usr/sbin:/sbin")
        if name != without and path:
            (folder / name).symlink_to(path)
    return str(folder)


def test_where_ipset_is_not_installed_its_rules_are_left_out_and_said(town, tmp_path, monkeypatch):
    put(town, "nft", SETS, RULES4)
    monkeypatch.setenv("PATH", tools(tmp_path, "ipset"))
    done = town.check()
    assert "ipset: no such program is installed" in done.err
    assert done.err.count("left out: Set ") == 5, done.err
    assert one(done.rows, **{"from": "internet", "family": 4})["verdict"] == "drop"


def test_a_set_that_cannot_be_made_elsewhere_is_left_out_with_its_rules(town, tmp_path,
                                                                       monkeypatch):
    put(town, "nft", "create odd hash:ip\nadd odd 91.37.142.77\n"
        "create bad hash:net\nadd bad 0.0.0.0/1\nadd bad 128.0.0.0/1\n", """*filter
:INPUT ACCEPT [0:0]
-A INPUT -m set --match-set odd src -j ACCEPT
-A INPUT -m set --match-set bad src -j DROP
COMMIT
""")
    real = shutil.which("ipset", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    fake = pathlib.Path(tmp_path, "ipset")
    fake.write_text(f"#!/bin/sh\n[ \"$1\" = save ] || exec {real} \"$@\"\n"
                    f"{real} save | sed 's/^create odd hash:ip/create odd hash:odd/'\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    done = town.check()
    assert "ipset: set odd: left out: " in done.err and "Set odd doesn't exist" in done.err
    assert "Set bad" not in done.err
    assert one(done.rows, **{"from": "internet", "family": 4})["verdict"] == "drop"
