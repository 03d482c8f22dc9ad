# SPDX-License-Identifier: Apache-2.0
"""Rules as nft, both iptables and ufw print them, read and put elsewhere (rules_show)."""
import json
import os
import random
import re
import shutil
import subprocess
import types

import pytest

import netns
import ufw_files

SHOW = netns.TOOLS / "rules_show"
NOBODY = 65534


class Private:
    """A network and a mount namespace with a /etc/ufw of its own; sh() runs in them."""

    def __init__(self, folder):
        self.etc, self.default = folder / "ufw", folder / "default"
        ufw_files.write(self.etc, self.default)
        self.shell = subprocess.Popen(
            ["unshare", "-n", "-m", "sh", "-c",
             f"ip link set lo up && {ufw_files.mounts(self.etc, self.default)} && "
             "mount -t tmpfs none /run && echo ready && exec cat"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert self.shell.stdout.readline() == "ready\n"

    def sh(self, script, check=True, **options):
        done = subprocess.run(
            ["nsenter", "-t", str(self.shell.pid), "-n", "-m", "-r", "sh", "-ec",
             f"{ufw_files.GUARD}\n{script}"],
            text=True, capture_output=True, timeout=120, **options)
        assert done.returncode == 0 or not check, done.stderr
        return done.stdout if check else done

    def show(self, *args):
        return read(self.sh(" ".join([str(SHOW), *map(str, args)])))

    def close(self):
        self.shell.communicate(timeout=20)


@pytest.fixture
def private(namespaces_work, tmp_path):
    it = Private(tmp_path)
    yield it
    it.close()


def read(lines):
    rows = [json.loads(line) for line in lines.splitlines()]
    return types.SimpleNamespace(rules=rows[:-1], all=rows[-1])


def show_file(path, **options):
    return subprocess.run([SHOW, "file", path], text=True, capture_output=True, timeout=60,
                          **options)


def bytes_of(text):
    """The text behind the JSON encoder's own escapes."""
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text or "")


FIREWALL = """
table inet fw {
    comment "of { the # handle 9"
    set ports { type inet_service; flags interval; elements = { 5683-5684 }
    }
    map verdicts { type inet_service : verdict; elements = { 5683 : jump coap, 80 : accept }
    }
    chain coap { udp dport 5683 counter packets 7 bytes 9 drop comment "a } # handle 7"
    }
    chain input { type filter hook input priority filter + 10; policy drop;
        udp dport vmap @verdicts
        ip saddr { %s } udp dport @ports drop
        udp dport 5683 update @seen { ip saddr limit rate over 10/second } drop
    }
    set seen { type ipv4_addr; flags dynamic; size 100
    }
}
table netdev edge { chain in { type filter hook ingress device "lo" priority -500; tcp dport 1 drop
    }
}
table ip off { flags dormant; chain in { type filter hook input priority 0; drop
    }
}
""" % ", ".join(f"10.{i}.0.0/16" for i in range(0, 80, 2))


def test_nfts_rules_are_read_with_their_handles_and_put_elsewhere_as_they_are(private):
    private.sh("nft -f -", input=FIREWALL)
    before = private.sh("nft -a list ruleset")
    got = private.show("here")
    assert private.sh("nft -a list ruleset") == before
    assert got.all["unread"] == [] and got.all["rates"]
    handles = [int(h) for h in re.findall(r"^\t\t(?!type |elements|comment).*# handle (\d+)$",
                                          before, re.M)]
    rules = [r for r in got.rules if r["place"] is not None]
    assert [r["handle"] for r in rules] == handles
    assert rules[0]["text"] == 'udp dport 5683 counter drop comment "a } # handle 7"'
    assert {(c["table"], c["name"], c["priority"], c["drops"], c["dormant"])
            for c in got.all["chains"]} == {
                ("inet fw", "input", 10, True, False), ("netdev edge", "in", -500, False, False),
                ("ip off", "in", 0, False, True)}
    private.show("here", "load")
    assert private.sh("nft -s list ruleset") == private.sh("nft flush ruleset; nft -f -; "
                                                           "nft -s list ruleset", input=before)


def test_iptables_rules_go_elsewhere_in_iptables_own_words(private):
    private.sh("""
        iptables-nft -A INPUT -p udp --dport 5683 -m comment --comment 'a "q" # handle 3' -j DROP
        iptables-nft -A INPUT -p udp -m hashlimit --hashlimit-upto 5/sec --hashlimit-name x -j ACCEPT
        iptables-nft -t nat -A PREROUTING -p udp --dport 5683 -j DNAT --to 10.0.0.2:15683
        ip6tables-nft -P FORWARD DROP
        iptables-legacy -t mangle -A PREROUTING -p udp --dport 5683 -j MARK --set-mark 5
        iptables-legacy -A INPUT -p udp --dport 5684 -j DROP
        iptables-legacy -t security -L -n
        nft add table ip raw
        nft add chain ip raw PREROUTING '{ type filter hook prerouting priority -300; }'
        nft add rule ip raw PREROUTING udp dport 5683 accept
    """)
    saved = private.sh("iptables-nft-save -t filter; iptables-nft-save -t nat")
    got = private.show("here")
    by = {(r["table"], r["chain"], r["place"], r["text"]): r for r in got.rules}
    assert len(got.all["unread"]) == 1  # both have rules in filter
    assert "iptables-legacy: it has rules in tables that the new backend has" in got.all["unread"][0]
    for line in saved.splitlines():
        if line.startswith("-A"):
            assert any(bytes_of(r["text"]) == line and r["tool"] == "iptables"
                       and r["handle"] == r["place"] + 1 for r in got.rules), line
    assert by["ip raw", "PREROUTING", 0, "udp dport 5683 accept"]["tool"] == "nft"
    assert by["ip6 filter", "FORWARD", None, "policy drop"]["handle"] == 0
    assert not any(r["table"] == "ip security" for r in got.rules)
    private.sh(f"{SHOW} here load > /dev/null")
    strip = [line for line in saved.splitlines() if not line.startswith("#")]
    again = private.sh("iptables-nft-save -t filter; iptables-nft-save -t nat")
    assert [line for line in again.splitlines() if not line.startswith("#")] == strip
    assert "--set-xmark 0x5" in private.sh("iptables-nft-save -t mangle")
    assert "--dport 5684 -j DROP" in private.sh("iptables-legacy-save -t filter")


def test_a_table_of_nfts_that_iptables_would_misread_stays_nfts(private):
    private.sh("nft -f -", input="""table ip filter { set own { type ipv4_addr
        }
        chain INPUT { type filter hook input priority 0;
            ip saddr @own udp dport 5683 counter accept
        }
    }""")
    got = private.show("here")
    assert [(r["tool"], r["text"]) for r in got.rules] == [
        ("nft", "ip saddr @own udp dport 5683 counter accept"), ("nft", "policy accept")]


UFW = """
ufw allow 22/tcp
ufw --force enable
ufw allow 5683
ufw deny 5683/udp
ufw limit 5684/udp
ufw allow from 10.0.0.0/8 to any port 5683:5690 proto udp comment 'hello "x" # handle 7'
ufw allow in on eth0 to any port 5683,5684 proto udp
ufw deny log-all from 2001:db8::/32 to any port 5683
ufw deny log from 192.0.2.7
ufw route allow in on eth0 out on eth1 to 192.168.1.5 port 5683 proto udp
ufw route deny from any to any
ufw reject out to any port 5683
ufw allow proto udp from any port 5683
ufw allow proto ah from 10.1.0.0/16 to 10.2.0.1
ufw allow from any to any app CoAP
ufw insert 1 deny from 198.51.100.0/24 to any app CoAP
ufw allow out on eth0 from 10.0.0.1
"""
PROFILE = "[CoAP]\ntitle=t\ndescription=d\nports=5683/udp|5683:5684/tcp\n"


def numbered(text):
    return {int(n): " ".join(words.split())
            for n, words in re.findall(r"^\[ ?(\d+)\] (.*)$", text, re.M)}


def said(got):
    return {r["handle"]: bytes_of(r["text"]) for r in got.rules
            if r["tool"] == "ufw" and r["handle"]}


def plain(save):
    return [line for line in save.splitlines() if line[:1] != "#"]


def check_copy(private):
    """The copy of ufw's files says what real ufw has put in force; its rules."""
    for_status = numbered(private.sh("ufw status numbered"))
    here = private.show("here")
    there = read(subprocess.run([SHOW, "ufw", private.etc], text=True, capture_output=True,
                                check=True).stdout)
    for got in here, there:
        assert said(got) == for_status
        assert plain(bytes_of(got.all["xtables4"])) == plain(private.sh("iptables-save"))
        assert plain(bytes_of(got.all["xtables6"])) == plain(private.sh("ip6tables-save"))
    assert here.all["unread"] == []
    return there


def test_ufws_rules_have_the_numbers_and_words_of_its_status(private):
    (private.etc / "applications.d" / "coap").write_text(PROFILE)
    private.sh(UFW)
    (private.etc / "default").mkdir()
    shutil.copy(private.default, private.etc / "default" / "ufw")
    got = check_copy(private)
    assert got.all["ufw"] and got.all["unread"] == []
    assert "5683/udp DENY IN Anywhere" in said(got).values()
    assert "Default: deny (incoming)" in [r["text"] for r in got.rules]


@pytest.mark.parametrize("incoming", ["allow", "deny", "reject"])
@pytest.mark.parametrize("ipv6", ["yes", "no"])
def test_ufws_default_policies_and_its_ipv6_are_as_ufw_makes_them(private, incoming, ipv6):
    text = private.default.read_text().replace("IPV6=yes", f"IPV6={ipv6}")
    private.default.write_text(text)
    private.sh(f"ufw default {incoming}; ufw default reject routed; ufw logging medium; "
               "ufw allow 5683/udp; ufw --force enable")
    shutil.copy(private.default, private.etc / "ufw.default")
    got = check_copy(private)
    verb = {"allow": "allow", "deny": "deny", "reject": "reject"}[incoming]
    assert f"Default: {verb} (incoming)" in [r["text"] for r in got.rules]


def test_ufw_that_is_off_or_has_lost_files_is_said(private):
    private.sh("ufw allow 5683/udp")
    off = read(subprocess.run([SHOW, "ufw", private.etc], text=True, capture_output=True,
                              check=True).stdout)
    assert off.rules == [] and not off.all["ufw"]
    assert any("ENABLED is not yes" in line for line in off.all["unread"])
    private.sh("ufw --force enable")
    (private.etc / "before.rules").unlink()
    got = read(subprocess.run([SHOW, "ufw", private.etc], text=True, capture_output=True,
                              check=True).stdout)
    assert any("before.rules" in line for line in got.all["unread"])
    (private.etc / "after.rules").write_text("*filter\n-A ufw-after-input --dport 1 -j DROP\nCOMMIT\n")
    bad = subprocess.run([SHOW, "ufw", private.etc], text=True, capture_output=True)
    assert bad.returncode and f"{private.etc}/after.rules:2: " in bad.stderr
    (private.etc / "after.rules").unlink()
    os.mkfifo(private.etc / "after.rules")  # nobody will ever write to it
    pipe = subprocess.run([SHOW, "ufw", private.etc], text=True, capture_output=True, timeout=20)
    assert pipe.returncode and f"{private.etc}/after.rules: want a regular file" in pipe.stderr
    (private.etc / "after.rules").unlink()
    whole = (private.etc / "user.rules").read_text()
    cut = whole[:whole.index("COMMIT")]
    (private.etc / "user.rules").write_text(cut)
    short = subprocess.run([SHOW, "ufw", private.etc], text=True, capture_output=True)
    assert short.returncode
    assert f"{private.etc}/user.rules:{cut.count(chr(10))}: the file ends here" in short.stderr
    none = subprocess.run([SHOW, "ufw", private.etc / "applications.d"], text=True,
                          capture_output=True)
    assert none.returncode and "no copy of /etc/ufw" in none.stderr


def test_rules_that_somebody_put_into_ufws_chains_keep_iptables_words(private):
    private.sh("ufw allow 5683/udp; ufw --force enable; "
               "iptables -I ufw-user-input -p udp --dport 5683 -j DROP")
    got = private.show("here")
    assert [(r["tool"], r["handle"]) for r in got.rules if r["chain"] == "ufw-user-input"] == [
        ("iptables", 1), ("iptables", 2)]
    assert any("ufw-user-input" in line for line in got.all["unread"])
    assert said(got) == {2: "5683/udp (v6) ALLOW IN Anywhere (v6)"}


def random_ufw(rng):
    """A command for ufw of one of the forms that people use."""
    action = rng.choice(["allow", "deny", "reject", "limit"]) + rng.choice(["", "", " log"])
    proto = rng.choice(["udp", "tcp"])
    port = rng.choice(["5683", "5684", "5683:5684", "80,5683,6000:6010"])
    source = rng.choice(["any", "10.0.0.0/8", "192.0.2.7", "2001:db8::/32", "fd00::1"])
    form = rng.randrange(5)
    if form == 0:
        return f"ufw {action.split()[0]} {port}/{proto}"
    if form == 1:
        return f"ufw {action} from {source} to any port {port} proto {proto}"
    if form == 2:
        return f"ufw {action} {rng.choice(['in', 'out'])} on eth{rng.randrange(2)} from {source}"
    if form == 3:
        return f"ufw route {action} in on eth0 from {source} to any port {port} proto {proto}"
    return f"ufw insert 1 {action} proto {proto} from {source} port {port}"


@pytest.mark.parametrize("seed", range(6))
def test_random_ufw_rules_are_numbered_as_ufw_does(private, seed):
    rng = random.Random(seed)
    private.sh("ufw --force enable")
    for _ in range(15):
        private.sh(random_ufw(rng), check=False)
    shutil.copy(private.default, private.etc / "ufw.default")
    check_copy(private)


def test_a_file_of_nft_is_read_by_nft_without_root_too(namespaces_work, tmp_path):
    (tmp_path / "more.nft").write_text("define more = 5684\n")
    path = tmp_path / "rules.nft"
    path.write_text("""#!/usr/sbin/nft -f
flush ruleset
include "more.nft"
define wan = "enp3s0"
add table inet fw
table inet fw {
    flags owner;
    chain input {
        type filter hook input priority 0; policy drop;
        iif $wan udp dport { 5683, $more } accept
        oif "lan1" drop
    }
}
""")
    os.chmod(tmp_path, 0o755)
    for user in 0, NOBODY:
        for parent in tmp_path.parents:
            if user and os.stat(parent).st_mode & 5 != 5:
                break
        else:
            done = show_file(path, user=user, group=user)
            assert done.returncode == 0, done.stderr
            got = read(done.stdout)
            assert [(r["handle"] > 0, r["text"]) for r in got.rules] == [
                (True, 'iif "enp3s0" udp dport { 5683, 5684 } accept'),
                (True, 'oif "lan1" drop'), (False, "policy drop")]


def test_a_listing_keeps_the_handles_of_the_machine_that_printed_it(private, tmp_path):
    private.sh("nft add table ip gone; nft delete table ip gone; nft -f -", input=FIREWALL)
    private.sh("nft insert rule inet fw input udp dport 1 drop; "
               "nft delete rule inet fw input handle "
               "$(nft -a list chain inet fw input | sed -n 's/.*vmap.*handle //p')")
    here = private.show("here")
    path = tmp_path / "listing"
    path.write_text(private.sh("nft -a list ruleset"))
    assert read(show_file(path).stdout).rules == here.rules
    path.write_text(private.sh("nft list ruleset"))
    fresh = read(show_file(path).stdout)
    assert [r["text"] for r in fresh.rules] == [r["text"] for r in here.rules]
    assert [r["handle"] for r in fresh.rules] != [r["handle"] for r in here.rules]


@pytest.mark.parametrize("text, where", [
    ("table inet x {\n\tchain c {\n\t\tfoo\n\t}\n}\n", ":3:"),
    ("table inet x {\n\tchain c {\n\t\tjump nowhere\n\t}\n}\n", ":3:"),
    ("*filter\n-A INPUT -p udp\n-A INPUT --dport 5 -j DROP\nCOMMIT\n", ":3: unknown option"),
    ("*filter\n:INPUT ACCEPT [0:0]\n-A INPUT -j ACCEPT\n", ":3: not as iptables-save"),
    ("*filter\nhello\nCOMMIT\n", ":2: not as iptables-save"),
    ("table inet x {\n}\n\0table inet y {\n}\n", ":3: a zero byte"),
])
def test_a_bad_file_is_told_with_its_line(namespaces_work, tmp_path, text, where):
    path = tmp_path / "bad"
    path.write_text(text)
    done = show_file(path)
    assert done.returncode == 1 and done.stdout == ""
    assert f"{path}{where}" in done.stderr and done.stderr.count("\n") == 1


def test_what_nft_or_this_machine_cannot_load_is_said_and_left_out(namespaces_work, tmp_path):
    path = tmp_path / "rules"
    path.write_text("""table ip filter { # handle 1
	chain INPUT { # handle 1
		type filter hook input priority filter; policy accept;
		meta l4proto udp xt match hashlimit counter packets 0 bytes 0 accept # handle 2
		udp dport 5683 drop # handle 3
	}
}
""")
    got = read(show_file(path).stdout)
    assert [(r["handle"], r["place"], r["text"]) for r in got.rules][:1] == [
        (3, 0, "udp dport 5683 drop")]
    assert len(got.all["unread"]) == 1 and f"{path}:4: " in got.all["unread"][0]
    path.write_text("*filter\n-A INPUT -m set --match-set bad src -j DROP\n"
                    "-A INPUT -p udp --dport 5683 -j ACCEPT\nCOMMIT\n")
    got = read(show_file(path).stdout)
    assert len(got.all["unread"]) == 1 and f"{path}:2: left out: Set bad" in got.all["unread"][0]
    assert got.rules[0]["text"] == "-A INPUT -p udp -m udp --dport 5683 -j ACCEPT"


def test_flows_that_are_offloaded_are_said_and_the_rest_is_read(namespaces_work, tmp_path):
    path = tmp_path / "rules"
    path.write_text("""table inet f {
	flowtable ft {
		hook ingress priority filter
		devices = { eth0, eth1 }
	}
	chain forward {
		type filter hook forward priority filter; policy drop;
		ip protocol { tcp, udp } flow add @ft
		udp dport 5683 drop
	}
}
""")
    got = read(show_file(path).stdout)
    assert [r["text"] for r in got.rules] == ["ip protocol { tcp, udp }", "udp dport 5683 drop",
                                              "policy drop"]
    assert len(got.all["unread"]) == 1 and f"{path}:8: left out: flows" in got.all["unread"][0]


def test_what_happens_where_nothing_is_tried_is_said(namespaces_work, tmp_path):
    path = tmp_path / "rules"
    path.write_text("""table bridge b {
	chain drops {
		type filter hook forward priority 0; policy drop;
	}
	chain holds {
		type filter hook input priority 0; policy accept;
		udp dport 5683 drop
	}
	chain nothing {
		type filter hook output priority 0; policy accept;
	}
}
table arp a {
	chain counts {
		type filter hook input priority 0; policy accept;
		counter
	}
}
table inet words {
	chain in {
		type filter hook input priority 0; policy accept;
		udp dport 5683 log prefix " queue num 3 " drop comment "not a queue "
	}
}
""")
    assert read(show_file(path).stdout).all["unread"] == [
        "table bridge b: chain drops: not asked: no packet that is tried crosses a bridge",
        "table bridge b: chain holds: not asked: no packet that is tried crosses a bridge",
        "table arp a: chain counts: not asked: no address is resolved for a packet that is tried"]


def test_a_file_of_iptables_save_holds_both_families(private, tmp_path):
    private.sh("""
        iptables -A INPUT -p udp --dport 5683 -j ACCEPT
        ip6tables -A INPUT -p udp --dport 5683 -j DROP
        ip6tables -A INPUT -s 2001:db8::/32 -j DROP
    """)
    path = tmp_path / "save"
    both = private.sh("iptables-save -c; ip6tables-save -c")
    for text in both, "\n".join(plain(both)) + "\n":
        path.write_text(text)
        got = read(show_file(path).stdout)
        assert [(r["table"], r["text"].split(" -j ")[-1]) for r in got.rules
                if r["place"] is not None] == [
                    ("ip filter", "ACCEPT"), ("ip6 filter", "DROP"), ("ip6 filter", "DROP")]


def test_20000_prefixes_are_no_matter(private):
    nets = ", ".join(f"{10 + i // 65536}.{i // 256 % 256}.{i % 256}.0/24"
                     for i in range(0, 40000, 2))
    private.sh("nft -f -", input=f"""table inet fw {{
        set s {{ type ipv4_addr; flags interval; elements = {{ {nets} }}
        }}
        chain in {{ type filter hook input priority 0; ip saddr @s udp dport 5683 drop
        }}
    }}""")
    before = private.sh("nft -a list ruleset")
    assert len(private.show("here").rules) == 2
    private.show("here", "load")
    strip = re.compile(r" # handle \d+")
    assert strip.sub("", private.sh("nft -a list ruleset")) == strip.sub("", before)
