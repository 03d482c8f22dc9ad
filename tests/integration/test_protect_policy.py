# SPDX-License-Identifier: Apache-2.0
"""The rules of a policy, by real packets through a host with world, LAN and container."""
import concurrent.futures
import contextlib
import json
import os
import random
import re
import resource
import signal
import socket
import subprocess
import time

import pytest

import lab
from netns import during
from protected import briefly
from walled import (GET, HOST4, HOST6, LAN4, Server, Walled, ask, connect, open_from, run,
                    spoofed, together)

STRANGER4, STRANGER6, PEER4, PEER6 = "198.18.1.1", "2a0f:18::1", "198.19.0.7", "2a0f:18:7::7"
LAN6 = "fd05::1"


@pytest.fixture(scope="module")
def built(namespaces_work):
    with Walled() as it:
        yield it


@pytest.fixture
def walled(built):
    """Without rules; what a test changes beside rules it takes back (during)."""
    built.clear()
    return built


@pytest.fixture
def served(walled):
    """The same with servers on both ports, in the group of all CoAP nodes."""
    groups = [("224.0.1.187", LAN4), ("224.0.1.187", HOST4)]
    with Server(walled.host, groups=groups) as plain, Server(walled.host, port=5684) as dtls:
        walled.servers = plain, dtls
        yield walled


@pytest.fixture
def lone(served):
    """The same host, which forwards for nobody: fewer questions are to be asked of it."""
    with during(served.host, FORWARDING.format(0), FORWARDING.format(1)):
        yield served


def answered(walled, source4, source6, port=5683, n=5):
    """Of n requests each: by IPv4, by IPv6, and whether TCP was taken."""
    udp4, udp6, tcp4, tcp6 = together(
        (ask, walled.outside, source4, HOST4, port, n),
        (ask, walled.outside, source6, HOST6, port, n),
        (connect, walled.outside, source4, HOST4, port),
        (connect, walled.outside, source6, HOST6, port))
    return udp4.n, udp6.n, tcp4 is not None, tcp6 is not None


ALL, NONE = (5, 5, True, True), (0, 0, False, False)
LANES = 4
FORWARDING = "sysctl -qw net.ipv4.ip_forward={0} net.ipv6.conf.all.forwarding={0}"


@pytest.mark.parametrize("strangers, plain, dtls", [
    ("drop", NONE, NONE), ("limit", ALL, ALL), ("dtls-only", NONE, ALL)])
def test_strangers_get_what_the_word_says_and_peers_get_all(served, strangers, plain, dtls):
    assert answered(served, STRANGER4, STRANGER6) == ALL
    served.protect("--strangers", strangers, "--allow", f"{PEER4},{PEER6}")
    assert together((answered, served, STRANGER4, STRANGER6),
                    (answered, served, "198.18.9.1", "2a0f:18:9::1", 5684),
                    (answered, served, PEER4, PEER6),
                    (answered, served, PEER4, PEER6, 5684)) == [plain, dtls, ALL, ALL]
    # Local networks are strangers, too; the host itself is not.
    said = together((ask, served.lan, "192.168.5.9", LAN4, 5683, 5),
                    (ask, served.lan, "fd05::2", LAN6, 5683, 5),
                    (ask, served.host, HOST4, HOST4, 5683, 5),
                    (ask, served.host, "::1", "::1", 5683, 5))
    assert [each.n for each in said] == [*plain[:2], 5, 5]


def test_other_ports_are_not_touched(served):
    with Server(served.host, port=5685):
        served.protect("--strangers", "drop")
        assert answered(served, STRANGER4, STRANGER6, port=5685) == ALL
        # An answer's own port may be any, also of what is asked.
        assert ask(served.outside, STRANGER4, port=5685, sport=5683, n=3).n == 3


def link_local(net, interface):
    text = net.sh(f"ip -6 -o addr show dev {interface} scope link")
    return text.split("inet6 ")[1].split("/")[0]


def ask_link_local(walled, n=5):
    to = link_local(walled.host, "lan0")
    with walled.lan.inside(), socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as sock:
        scope = socket.if_nametoindex("l0")
        sock.settimeout(0.25)
        for _ in range(n):
            sock.sendto(GET, (to, 5683, 0, scope))
        got = 0
        with contextlib.suppress(TimeoutError):
            while got < n:
                got += bool(sock.recv(2048))
    return got


def test_link_local_addresses_are_strangers_unless_allowed(served):
    assert ask_link_local(served) == 5
    served.protect()
    assert ask_link_local(served) == 0
    served.protect("--allow", "fe80::/10@lan0")
    assert ask_link_local(served) == 5
    served.protect("--allow", "fe80::/10@wan0")
    assert ask_link_local(served) == 0


def test_a_peer_that_is_bound_cannot_be_forged_from_elsewhere(served):
    served.protect("--allow", "192.168.5.0/24@lan0,198.18.0.0/16@wan0")
    assert ask(served.lan, "192.168.5.9", LAN4, n=5).n == 5
    assert ask(served.outside, STRANGER4, n=5).n == 5
    send_raw(served.outside, [spoofed("192.168.5.9", HOST4)] * 20)
    time.sleep(0.1)
    assert served.counter("strangers") == 20
    assert not [h for h in served.servers[0].heard if h[0] == "192.168.5.9" and h[1] == 40000]


def send_raw(net, packets, to=HOST4):
    with net.inside(), socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
        for packet in packets:
            raw.sendto(packet, (to, 0))


def test_a_forged_peer_has_no_more_than_its_own_limit(served):
    served.protect("--allow", f"{PEER4},198.19.0.8", "--peer-rate", "10")
    began = time.monotonic()
    send_raw(served.outside, [spoofed(PEER4, HOST4, sport=1024 + i) for i in range(300)])
    time.sleep(0.1)
    most = 10 * (time.monotonic() - began + 1)
    heard = sum(h[0] == PEER4 for h in served.servers[0].heard)
    assert 10 <= heard <= most
    assert served.counter("peers_limited") == 300 - heard
    assert ask(served.outside, "198.19.0.8", n=5).n == 5  # another peer loses nothing by it


def frames_of(capture):
    """Bytes of IPv4 and IPv6 that UDP or fragments of it took, from the host."""
    sizes = []
    for frame in capture.frames():
        kind = frame[12:14]
        if kind == b"\x08\x00" and frame[23] in (6, 17):
            sizes.append(len(frame) - 14)
        elif kind == b"\x86\xdd" and frame[20] in (6, 17, 44):
            sizes.append(len(frame) - 14)
    return sizes


def capture_of(walled, where="outside", interface="w0"):
    return contextlib.closing(lab.Capture(getattr(walled, where), interface, outgoing=False))


@pytest.mark.parametrize("size, passes", [(4, True), (100, True), (101, False), (1400, False),
                                          (6000, False), (60000, False)])
def test_no_answer_above_n_bytes_nor_a_piece_of_one_leaves(served, size, passes):
    served.protect("--strangers", "limit", "--answer-bytes", "100", "--allow",
                   f"{PEER4},{PEER6}")
    for server in served.servers:
        server.size = size
    with capture_of(served) as capture:
        said = together(*((ask, served.outside, source, to, port, 2)
                          for source, to in ((STRANGER4, HOST4), (STRANGER6, HOST6))
                          for port in (5683, 5684)))
        assert [each.n for each in said] == [2 * passes] * 4
        sizes = frames_of(capture)
    assert len(sizes) == 8 * passes and all(n <= 148 for n in sizes)
    assert served.counter("answers_large") == 8 * (not passes)
    assert ask(served.outside, PEER4).largest == size
    assert ask(served.outside, PEER6, HOST6).largest == size


@pytest.mark.parametrize("size", [100, 101, 3000])
def test_no_segment_has_more_than_n_bytes(served, size):
    served.protect("--strangers", "limit", "--answer-bytes", "100", "--allow", f"{PEER4},{PEER6}")
    for server in served.servers:
        server.size = size
    said = together(*((connect, served.outside, source, to, port)
                      for source, to in ((STRANGER4, HOST4), (STRANGER6, HOST6))
                      for port in (5683, 5684)))
    assert said == [b"x" * (100 if size == 100 else 0)] * 4
    assert len(connect(served.outside, PEER4)) == size
    assert len(connect(served.outside, PEER6, HOST6)) == size


@pytest.mark.parametrize("rate", [1, 40] + lab.NIGHTLY * [5])
def test_all_strangers_together_get_no_more_than_r_answers_a_second(served, rate):
    served.protect("--strangers", "limit", "--answer-rate", rate, "--allow", PEER4)
    addresses = [f"198.18.{n}.{n}" for n in range(1, 200)]
    with capture_of(served) as capture:
        began = time.monotonic()
        while time.monotonic() - began < 1.7:
            send_raw(served.outside, [spoofed(a, HOST4) for a in addresses])
            time.sleep(0.02)
        time.sleep(0.2)
        seconds = time.monotonic() - began
        n = len([u for u in capture.udp() if u[1] == 5683])
    assert rate <= n <= rate * (seconds + 1)
    assert n >= rate * 2  # and no flood keeps the rest from what is left
    assert ask(served.outside, PEER4, n=50).n == 50


def test_one_source_leaves_something_for_the_others(served):
    served.protect("--strangers", "limit", "--answer-rate", "100")
    assert 20 <= ask(served.outside, STRANGER4, n=200).n <= 24
    assert ask(served.outside, "198.19.9.9", n=20).n == 20
    assert 20 <= ask(served.outside, STRANGER6, HOST6, n=200).n <= 24
    assert ask(served.outside, "2a0f:18:1::1", HOST6, n=20).n >= 19


def test_an_echo_is_an_answer(served):
    """A server that sends requests back (or anything like one) is held like any other."""
    served.servers[0].make = lambda data: data
    served.protect("--strangers", "limit", "--answer-rate", "3", "--answer-bytes", str(len(GET)))
    assert ask(served.outside, STRANGER4, n=10).n <= 4
    assert ask(served.outside, "198.19.9.9", data=GET + b"x", n=3).n == 0
    served.protect("--strangers", "drop")
    assert ask(served.outside, "198.19.9.10", n=10).n == 0


def test_what_the_server_says_unasked_stays_inside(served):
    served.protect("--strangers", "drop")
    with capture_of(served) as capture:
        for payload in (b"\x50\x45\x00\x01notification", b"\x60\x45\x00\x01", b"anything"):
            for server in served.servers:
                with pytest.raises(PermissionError):
                    server.udp.sendto(payload, ("::ffff:198.18.1.1", 7000))
        time.sleep(0.1)
        assert frames_of(capture) == []
    assert served.counter("answers_dropped") >= 6  # TCP may still end what an earlier test began


@pytest.mark.parametrize("mode", ["drop", "limit", "dtls-only"])
def test_own_clients_are_answered(walled, mode):
    """From any port, also from the CoAP port itself; by large answers, too."""
    with Server(walled.outside, size=900) as far:
        walled.protect("--strangers", mode)
        for sport in (0, 5683):
            assert ask(walled.host, HOST4, "198.18.5.5", sport=sport, n=20).n == 20
            assert ask(walled.host, HOST6, "2a0f:18::5", sport=sport, n=20).n == 20
        assert len(connect(walled.host, HOST4, "198.18.5.5")) == 900
        # Whoever was asked may answer, and no more: a request from there is a stranger's.
        with contextlib.closing(open_from(walled.host, HOST4, 5683)) as client:
            client.sendto(GET, ("203.0.113.2", 5683))
            client.settimeout(1)
            assert len(client.recv(2048)) == 900
            far.udp.sendto(GET, ("::ffff:203.0.113.1", 5683))
            far.udp.sendto(far.make(GET), ("::ffff:203.0.113.1", 5683))
            heard = [client.recv(2048)]
            client.settimeout(0.2)
            with contextlib.suppress(TimeoutError):
                heard.append(client.recv(2048))
        assert [data[1] for data in heard] == [0x45] if mode != "limit" else len(heard) == 2


def test_a_dtls_client_on_the_dtls_port_is_answered(walled):
    hello = bytes([22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 60, 1]) + bytes(59)
    with Server(walled.outside, port=5684):
        walled.protect("--strangers", "drop")
        assert ask(walled.host, HOST4, "198.18.5.5", 5684, sport=5684, data=hello, n=3).n == 3
        # Its later records, too; and nobody else's.
        assert ask(walled.host, HOST4, "198.18.5.5", 5684, sport=5684, data=b"\x17" * 50).n == 1
        assert ask(walled.host, HOST4, "198.18.5.6", 5684, sport=5684, data=b"\x17" * 50).n == 0


@pytest.mark.parametrize("options", ["", "--router"])
@pytest.mark.parametrize("masquerade", [False, True])
def test_clients_behind_it_are_answered(walled, options, masquerade):
    if masquerade:
        walled.publish(15683)
    else:
        walled.outside.sh("ip route replace 192.168.5.0/24 via 203.0.113.1")
    with Server(walled.outside, size=900):
        walled.protect("--strangers", "drop", options)
        assert ask(walled.lan, "192.168.5.2", "198.18.5.5", n=10).n == 10
        assert ask(walled.lan, "192.168.5.2", "198.18.5.5", n=10, sport=5683).n == 10
        assert len(connect(walled.lan, "192.168.5.2", "198.18.5.5")) == 900


def test_what_is_sent_on_by_dnat_is_covered(walled):
    walled.publish()
    with Server(walled.container) as server:
        assert ask(walled.outside, STRANGER4, n=5).n == 5
        # What usual advice does, and what it is worth.
        walled.nft("table inet filter {\n chain input {\n type filter hook input priority 0\n"
                   "udp dport 5683 drop\n }\n chain forward {\n type filter hook forward "
                   "priority 0\n udp dport 15683 drop\n }\n}\n")
        assert ask(walled.outside, STRANGER4, n=5).n == 5
        walled.protect("--strangers", "drop", "--allow", PEER4)
        assert ask(walled.outside, STRANGER4, n=5).n == 0
        assert connect(walled.outside, STRANGER4) is None
        assert ask(walled.outside, PEER4, n=5).n == 5
        walled.protect("--strangers", "limit", "--answer-rate", "5", "--allow", PEER4)
        for size in (136, 137, 5000):
            server.size = size
            with capture_of(walled) as capture:
                assert ask(walled.outside, f"198.18.7.{size % 250}", n=1).n == (size == 136)
                assert len(frames_of(capture)) == (size == 136)
            assert ask(walled.outside, PEER4, n=5).n == 5


@pytest.mark.parametrize("to", ["172.30.0.2:15683", "203.0.113.1:15683"])
def test_what_is_sent_on_to_another_port_is_covered(walled, to):
    """To a container, and to another port of the host itself."""
    walled.publish(to=to)
    with Server(walled.container if to[:3] == "172" else walled.host, port=15683) as server:
        assert ask(walled.outside, STRANGER4, n=5).n == 5
        walled.protect("--strangers", "drop", "--allow", PEER4)
        assert ask(walled.outside, STRANGER4, n=5).n == 0
        assert ask(walled.outside, PEER4, n=5).n == 5
        walled.protect("--strangers", "limit", "--answer-rate", "9", "--allow", PEER4)
        server.size = 137
        assert ask(walled.outside, "198.18.3.1", n=2).n == 0
        server.size = 136
        assert 7 <= ask(walled.outside, "198.18.3.2", n=50).n <= 9 * 2
        assert walled.counter("answers_large") == 2


@pytest.mark.parametrize("to", ["172.30.0.2:5683", "203.0.113.1:5683"])
def test_a_port_that_leads_to_coap_is_said_and_the_rest_is_closed(walled, tmp_path, to):
    """Rules match CoAP ports alone, in front of DNAT."""
    walled.publish(port=6000, to=to)
    where = walled.container if to[:3] == "172" else walled.host
    options = ("--strangers", "drop", "--router", "--store", str(tmp_path))
    with Server(where), Server(walled.host, port=5684):
        done = run(walled.host, lab.COAPSCOPE, "protect", "plan", *options[:3], timeout=60)
        assert ("# NOT protected: ports that lead to CoAP and are neither 5683 nor 5684. The "
                f"internet reaches:\n#   {HOST4}, UDP 6000\n") in done.stdout
        done = run(walled.host, lab.COAPSCOPE, "protect", "apply", *options, timeout=60)
        assert done.returncode == 0, done.stderr
        assert ("warning: a port that leads to CoAP is not protected, as internet to "
                f"{HOST4}, UDP 6000: open") in done.stderr
        assert ask(walled.outside, STRANGER4, port=6000, n=5).n == 5
        assert ask(walled.outside, STRANGER4, port=5684, n=5).n == 0
        run(walled.host, lab.COAPSCOPE, "protect", "undo", *options[3:])


def test_without_router_other_hosts_traffic_is_not_touched(walled):
    walled.protect("--strangers", "drop")
    with Server(walled.lan) as server:
        server.size = 3000
        assert ask(walled.outside, STRANGER4, "192.168.5.2", n=5).n == 5
        assert ask(walled.outside, STRANGER6, "fd05::2", n=5).n == 5
        assert connect(walled.outside, STRANGER4, "192.168.5.2") is not None


def test_who_forwards_without_router_is_told_that_hosts_behind_are_open(walled, tmp_path):
    def protect(*words):
        done = run(walled.host, lab.COAPSCOPE, "protect", *words, timeout=60)
        assert done.returncode == 0, done.stderr
        return done

    said = protect("plan", "--strangers", "drop").stdout
    assert "# NOT protected: hosts behind this one; --router protects them, too." in said
    assert "#   192.168.5." in said and "#   fd05::" in said and "#   203.0.113." not in said
    store = ("--store", str(tmp_path))
    said = protect("apply", "--strangers", "drop", *store).stderr
    assert re.search("warning: hosts behind this one are not protected, as internet to "
                     r"\S+, UDP 5683: open: want --router", said)
    protect("undo", *store)
    # Nor where it is a router, or forwards nothing.
    assert "behind" not in protect("apply", "--strangers", "drop", "--router", *store).stderr
    protect("undo", *store)
    with during(walled.host, FORWARDING.format(0), FORWARDING.format(1)):
        assert "NOT protected" not in protect("plan", "--strangers", "drop").stdout


PINHOLE = """table inet f {
 chain forward {
  type filter hook forward priority 0; policy drop
  ct state established accept
  ip daddr { 192.168.5.200, 192.168.66.9 } udp dport 5683 accept
 }
}
"""


def test_a_host_behind_that_a_rule_opens_is_said(walled, tmp_path):
    def protect(*words):
        done = run(walled.host, lab.COAPSCOPE, "protect", *words, "--store", str(tmp_path),
                   timeout=60)
        assert done.returncode == 0, done.stderr
        return done.stderr

    with during(walled.host, "ip route add 192.168.66.0/24 via 192.168.5.2",
                "ip route del 192.168.66.0/24"):
        walled.nft(PINHOLE)
        open_host = "warning: hosts behind this one are not protected, as internet to {}, UDP 5683"
        assert open_host.format("192.168.5.200") in protect("apply", "--strangers", "drop")
        protect("undo")
        # A router's hosts are those of its own networks, and of those that are named.
        said = protect("apply", "--strangers", "drop", "--router")
        assert open_host.format("192.168.66.9") + ": open: want --local" in said
        protect("undo")
        said = protect("apply", "--strangers", "drop", "--router", "--local", "192.168.0.0/16")
        assert "behind" not in said
        protect("undo")


def test_with_router_the_hosts_behind_are_covered(walled):
    with Server(walled.lan) as server:
        walled.protect("--strangers", "drop", "--router", "--allow", f"{PEER4},172.30.0.0/24@dmz0")
        assert ask(walled.outside, STRANGER4, "192.168.5.2", n=5).n == 0
        assert ask(walled.outside, STRANGER6, "fd05::2", n=5).n == 0
        assert connect(walled.outside, STRANGER4, "192.168.5.2") is None
        assert ask(walled.outside, PEER4, "192.168.5.2", n=5).n == 5
        assert ask(walled.container, "172.30.0.2", "192.168.5.2", n=5).n == 5
        walled.protect("--strangers", "limit", "--router", "--answer-rate", "5")
        for size in (136, 137, 5000):
            server.size = size
            with capture_of(walled) as capture:
                assert ask(walled.outside, STRANGER4, "192.168.5.2", n=1).n == (size == 136)
                assert len(frames_of(capture)) == (size == 136)


def test_discovery_is_for_the_link_alone(served):
    def discovered(net, source):
        return ask(net, source, "224.0.1.187", n=3).n

    assert discovered(served.lan, "192.168.5.2") == 3
    served.protect("--strangers", "limit")
    assert discovered(served.lan, "192.168.5.2") == 0
    served.protect("--strangers", "drop", "--allow", f"192.168.5.0/24@lan0,{PEER4}")
    assert discovered(served.lan, "192.168.5.2") == 3  # a peer, on its link
    served.protect("--strangers", "drop", "--multicast", "--allow", PEER4)
    assert discovered(served.lan, "192.168.5.2") == 3
    assert ask(served.lan, "192.168.5.2", LAN4, n=3).n == 0  # discovery alone
    before = served.counter("multicast")
    with during(served.outside, "ip route add 224.0.1.187 dev w0", "ip route del 224.0.1.187"):
        said = together((discovered, served.outside, STRANGER4),
                        (discovered, served.outside, PEER4))
    assert said == [0, 0]  # from outside, whoever it is
    assert served.counter("multicast") - before == 6


def test_entries_hold_before_the_policy_and_the_more_special_one_first(served):
    served.protect("--strangers", "drop", "--allow", "198.18.0.0/16")
    put = "nft add element inet coapscope {} {{ {} timeout 1h }}"

    def peer(address):
        return ask(served.outside, address).n

    assert (peer("198.18.1.1"), peer("198.19.1.1")) == (1, 0)
    served.host.sh(put.format("deny_hosts4", "198.18.1.1"))
    served.host.sh(put.format("deny_nets4", "198.18.2.0/24"))
    served.host.sh(put.format("allow_hosts4", "198.18.2.2"))
    served.host.sh(put.format("allow_nets4", "198.19.1.0/24"))
    served.host.sh(put.format("allow_if4", '"wan0" . 198.19.2.1'))
    served.host.sh(put.format("allow_if4", '"lan0" . 198.19.2.2'))
    served.host.sh(put.format("deny_hosts6", STRANGER6))
    assert together(*((peer, a) for a in (
        "198.18.1.1", "198.18.1.2", "198.18.2.1", "198.18.2.2",
        "198.19.1.1", "198.19.2.1", "198.19.2.2"))) == [0, 1, 0, 1, 1, 1, 0]
    assert ask(served.outside, STRANGER6, HOST6).n == 0
    assert served.counter("denied") == 3


def helpers(walled):
    """What runs in the host's namespace: asked from outside, so not ourselves."""
    done = subprocess.run(["ip", "netns", "pids", walled.host.name], check=True, text=True,
                          capture_output=True)
    return [int(pid) for pid in done.stdout.split()]


def kill(pids):
    assert pids and os.getpid() not in pids
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def test_the_kernel_alone_brings_the_kept_policy_back(lone, tmp_path):
    """No process of ours is left when the time is over: the element goes, and that is all."""
    def protect(*words):
        return run(lone.host, lab.COAPSCOPE, "protect", *words, "--store", str(tmp_path))

    for words in (("apply", "--allow", PEER4), ("confirm",)):
        assert protect(*words).returncode == 0
    seconds, _ = briefly(lambda seconds: protect(
        "apply", "--allow", STRANGER4, "--strangers", "limit", "--answer-rate", "1",
        "--confirm-within", str(seconds)), lambda: protect("status"), lambda: helpers(lone),
        tries=(2, 10, 50))
    began = time.monotonic()
    kill(helpers(lone))
    assert ask(lone.outside, STRANGER4, n=5).n == 5
    time.sleep(max(0, began + seconds + 0.1 - time.monotonic()))
    assert answered(lone, STRANGER4, STRANGER6) == NONE
    assert ask(lone.outside, PEER4, n=5).n == 5
    assert "chain in_new" in lone.host.sh("nft list table inet coapscope")
    assert protect("undo").returncode == 0
    assert lone.host.sh("nft list ruleset") == ""


def test_without_a_kept_policy_nothing_is_left_in_force(lone, tmp_path):
    def protect(*words):
        return run(lone.host, lab.COAPSCOPE, "protect", *words, "--store", str(tmp_path))

    seconds, _ = briefly(lambda seconds: protect("apply", "--confirm-within", str(seconds)),
                         lambda: protect("status"), lambda: helpers(lone))
    kill(helpers(lone))
    assert ask(lone.outside, STRANGER4, wait=0.1).n == 0
    assert "chain in_new" in lone.host.sh("nft list table inet coapscope")
    time.sleep(seconds + 0.1)
    assert answered(lone, STRANGER4, STRANGER6) == ALL


def test_a_real_server_and_a_real_client(walled):
    with walled.host.inside():
        server = subprocess.Popen(["coap-server-notls", "-A", "::"], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL)

    def get(net, source, to):
        done = run(net, "coap-client-notls", "-B", "1", "-a", source, "-m", "get",
                   f"coap://{to}/.well-known/core")
        return "<" in done.stdout

    try:
        lab.wait_until(lambda: get(walled.outside, STRANGER4, HOST4))
        walled.protect("--allow", f"{PEER4},{PEER6}")
        assert together((get, walled.outside, STRANGER4, HOST4),
                        (get, walled.outside, PEER4, HOST4),
                        (get, walled.outside, PEER6, f"[{HOST6}]")) == [False, True, True]
        walled.protect("--strangers", "limit")
        assert not get(walled.outside, STRANGER4, HOST4)  # its list is larger
    finally:
        server.kill()
        server.wait()


LINKS = ("eth0", "wg-0.5", "0a")


def random_policy(rng):
    def prefix():
        if rng.random() < 0.5:
            bits = rng.randrange(0, 33)
            n = rng.getrandbits(32) >> (32 - bits) << (32 - bits) if bits else 0
            return f"{socket.inet_ntop(socket.AF_INET, n.to_bytes(4, 'big'))}/{bits}"
        bits = rng.randrange(0, 129)
        n = rng.getrandbits(128) >> (128 - bits) << (128 - bits) if bits else 0
        return f"{socket.inet_ntop(socket.AF_INET6, n.to_bytes(16, 'big'))}/{bits}"

    options = ["--strangers", rng.choice(["drop", "limit", "dtls-only"]),
               "--answer-bytes", str(rng.choice([4, 136, 1200, 65507])),
               "--answer-rate", str(rng.choice([1, 7, 50, 767, 768, 1000000])),
               "--peer-rate", str(rng.choice([1, 1000, 1000000]))]
    options += [flag for flag in ("--multicast", "--log", "--router") if rng.random() < 0.5]
    for _ in range(rng.choice([0, 1, 3, 40])):
        name = rng.choice(["", ""] + [f"@{link}" for link in LINKS])
        options += ["--allow", prefix().replace("::ffff:", "::fffe:") + name]
    for _ in range(rng.choice([0, 1, 4])):
        options += ["--local", prefix()]
    return options


def test_nft_takes_every_policy(walled):
    rng = random.Random(5683)
    policies = [random_policy(rng) for _ in range(600 if lab.NIGHTLY else 40)]

    def checked(options):
        return walled.host.sh("nft -c -f -", input=walled.rules(*options))

    there, gone = ("; ".join(f"ip link {verb} {link}{kind}" for link in LINKS)
                   for verb, kind in (("add", " type veth"), ("del", "")))
    with (during(walled.host, there, gone),
          concurrent.futures.ThreadPoolExecutor(LANES) as lanes):
        for options, said in zip(policies, lanes.map(checked, policies)):
            assert said == "", options


def test_bad_prefixes_are_named_with_file_and_line(walled, tmp_path):
    file = tmp_path / "protect.ini"
    file.write_text("[protect]\nallow = 10.0.0.1\n  10.0.0.0/33\n")
    done = run(walled.host, lab.COAPSCOPE, "protect", "plan", "--config", str(file))
    assert done.returncode == 2
    assert f"{file}:3" in done.stderr and "10.0.0.0/33" in done.stderr


def test_mapped_addresses_and_overlaps_are_settled(walled, tmp_path):
    file = tmp_path / "protect.ini"
    file.write_text("[protect]\nallow = ::ffff:10.0.0.1\n  10.0.0.0/24, 10.0.0.0/24\n"
                    "  10.0.0.0/8@lan0\n")
    done = run(walled.host, lab.COAPSCOPE, "protect", "plan", "--config", str(file))
    assert done.returncode == 0, done.stderr
    assert "elements = { 10.0.0.0/24 }" in done.stdout
    assert "elements = { 10.0.0.0/8 }" in done.stdout
    assert "10.0.0.1" not in done.stdout


def test_an_interface_that_is_not_there_is_named_by_plan_as_by_apply(walled, tmp_path):
    for words in (("plan",), ("apply", "--store", str(tmp_path)), ("plan", "--backend", "ufw")):
        done = run(walled.host, lab.COAPSCOPE, "protect", *words, "--allow", "10.0.0.7@wg9")
        assert (done.returncode, done.stdout) == (2, "")
        assert done.stderr == ("coapscope protect: --allow 10.0.0.7/32@wg9: "
                               "there is no interface wg9 here\n")
    file = tmp_path / "protect.ini"
    file.write_text("[protect]\nallow = 10.0.0.1\n  10.0.0.2, 10.0.0.7@wg9\n")
    done = run(walled.host, lab.COAPSCOPE, "protect", "plan", "--config", str(file))
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr == (f"coapscope protect: {file}:3: allow 10.0.0.7/32@wg9: "
                           "there is no interface wg9 here\n")
    done = run(walled.host, lab.COAPSCOPE, "protect", "allow", "10.0.0.7@wg9",
               "--store", str(tmp_path))
    assert done.returncode == 0 and "no interface wg9 here" in done.stderr


@pytest.mark.parametrize("wide, source, to", [
    ("0.0.0.0/0", STRANGER4, HOST4), ("::/0", STRANGER6, HOST6)])
def test_who_allows_everybody_is_told_that_he_is_exposed(lone, tmp_path, wide, source, to):
    """And the other family is none of it."""
    other = (STRANGER6, HOST6) if source == STRANGER4 else (STRANGER4, HOST4)
    said = run(lone.host, lab.COAPSCOPE, "protect", "plan", "--allow", wide)
    assert said.returncode == 0 and "# EXPOSED" in said.stdout, said.stderr
    for words in (("apply", "--allow", wide), ("confirm",)):
        done = run(lone.host, lab.COAPSCOPE, "protect", *words, "--store", str(tmp_path))
        assert done.returncode == 0, done.stderr
    assert ask(lone.outside, source, to, n=5).n == 5
    assert ask(lone.outside, *other, n=5).n == 0
    done = run(lone.host, lab.COAPSCOPE, "protect", "check", "--allow", wide, "-O", "jsonl")
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 1
    assert {row["family"] for row in rows if row["exposed"]} == {6 if ":" in wide else 4}


def worked():
    """Seconds of processor time of what has ended: the same on a busy machine."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def test_twenty_thousand_peers_are_no_burden(served, open_path):
    file = open_path / "protect.ini"
    rows = [f"  10.{n >> 8}.{n & 255}.{n % 7 * 32}/27" for n in range(20000)]
    file.write_text("[protect]\nallow = 198.19.0.7\n" + "\n".join(rows) + "\n")
    began = worked()
    script = served.rules("--config", file)
    planned = worked() - began
    served.nft(script)
    loaded = worked() - began - planned
    assert ask(served.outside, PEER4, n=5).n == 5
    assert ask(served.outside, STRANGER4, n=5).n == 0
    assert loaded < 2 and planned < 4  # a slow machine's; bench/RESULTS.md has a quick one's


def test_a_plan_is_only_applied_to_the_rules_it_was_made_for(lone, tmp_path):
    plan, store = str(tmp_path / "plan"), ("--store", str(tmp_path))

    def protect(*words):
        return run(lone.host, lab.COAPSCOPE, "protect", *words)

    lone.nft("table inet filter {\n chain input {\n type filter hook input priority 0\n"
               "udp dport 53 counter accept\n}\n}\n")
    assert protect("plan", "--allow", PEER4, "-o", plan).returncode == 0
    ask(lone.outside, STRANGER4, port=53)  # a counter is no rule
    lone.nft("add rule inet filter input udp dport 5683 accept")
    before = lone.host.sh("nft -a list ruleset")
    done = protect("apply", "--plan", plan, *store)
    assert done.returncode == 3
    assert "+ udp dport 5683 accept" in done.stderr
    assert "udp dport 53" not in done.stderr
    assert lone.host.sh("nft -a list ruleset") == before
    assert protect("plan", "--allow", PEER4, "-o", plan).returncode == 0
    assert protect("apply", "--plan", plan, *store).returncode == 0
    assert ask(lone.outside, PEER4).n == 1
    assert ask(lone.outside, STRANGER4).n == 0
    assert protect("undo", *store).returncode == 0
    assert lone.host.sh("nft -a list ruleset") == before


def test_a_plan_says_what_check_will_and_who_else_keeps_a_peer_out(lone):
    lone.nft("table inet filter {\n chain input {\n type filter hook input priority 0\n"
               "ip saddr 198.19.0.0/16 udp dport 5683 drop\n}\n}\n")
    before = lone.host.sh("nft -a list ruleset")
    done = run(lone.host, lab.COAPSCOPE, "protect", "plan", "--allow", PEER4, timeout=60)
    assert done.returncode == 0, done.stderr
    rules, said = done.stdout.split("# What check will say:\n")
    assert "# + table inet coapscope" in rules
    assert all(line.startswith("#") for line in said.splitlines())
    handle = before.split("udp dport 5683 drop # handle ")[1].split()[0]
    assert (f"#   to open it: nft insert rule inet filter input handle {handle} ip saddr {PEER4} "
            "udp dport 5683 accept\n") in said
    assert "EXPOSED" not in said
    assert lone.host.sh("nft -a list ruleset") == before
    lone.nft(done.stdout)  # the whole is a script
    assert ask(lone.outside, STRANGER4).n == 0


def test_what_a_plan_says_opens_it_when_it_is_run(lone):
    lone.nft("table inet filter {\n chain input {\n type filter hook input priority 0\n"
             "policy drop\nip saddr 198.19.0.0/16 return\n}\n"
             " chain back {\n type filter hook output priority 0\n"
             "udp sport 5683 drop\n}\n}\n")
    lone.host.sh("iptables-legacy -A INPUT -p udp --dport 5683 -j DROP")

    def opens():
        said = run(lone.host, lab.COAPSCOPE, "protect", "plan", "--allow", PEER4, timeout=60).stdout
        commands = re.findall("#   to open it: (.*)", said)
        (one,) = [c for c in commands if re.search("udp (--)?[ds]port 5683", c)]
        assert "plan again when these are open" in said
        lone.host.sh(one)
        return ask(lone.outside, PEER4, n=3).n

    # One behind the other, each at the front of where the packet is stopped.
    assert [opens(), opens(), opens()] == [0, 0, 3]
    rules = lone.host.sh("nft list ruleset")
    assert f"ip daddr {PEER4} udp sport 5683 accept" in rules
    assert f"-s {PEER4}/32 -p udp" in lone.host.sh("iptables-legacy -S")
    assert ask(lone.outside, STRANGER4, n=3).n == 0
    lone.host.sh("iptables-legacy -F")


def test_other_programs_rules_are_left_alone_and_opened_in_their_own_words(lone):
    lone.nft("table inet firewalld {\n chain filter_IN_public {\n reject\n }\n"
             " chain filter_INPUT {\n type filter hook input priority 10\n"
             "udp dport 5683 accept\ngoto filter_IN_public\n }\n}\n"
             "table ip nat {\n chain DOCKER {\n }\n}\n")
    said = run(lone.host, lab.COAPSCOPE, "protect", "plan", "--allow", PEER4, timeout=60).stdout
    assert "# firewalld keeps rules here (table inet firewalld): left alone\n" in said
    assert "# docker keeps rules here (chain DOCKER): left alone\n" in said
    assert ("#   to open it: firewall-cmd --zone=public --add-rich-rule='rule family=ipv4 "
            f"source address={PEER4} port port=5683 protocol=tcp accept'\n") in said
    assert "nft insert rule inet firewalld" not in said


def test_a_local_network_that_is_allowed_and_kept_out_is_said_like_any_peer(
        lone, tmp_path):
    lone.nft("table inet filter {\n chain input {\n type filter hook input priority 0\n"
               "policy drop\nudp dport 5683 accept\n}\n}\n")
    said = run(lone.host, lab.COAPSCOPE, "protect", "plan", "--allow", "192.168.5.0/24",
               timeout=60).stdout
    assert ("# Peer 192.168.5.0/24, tcp 5683: not let in by nft inet filter input: policy drop\n"
            "#   to open it: nft insert rule inet filter input ip saddr 192.168.5.0/24 "
            "tcp dport 5683 accept\n") in said
    assert said.count("# Peer ") == 3  # udp 5683 is open
    done = run(lone.host, lab.COAPSCOPE, "protect", "apply", "--allow", "192.168.5.0/24",
               "--confirm-within", "1", "--store", str(tmp_path), timeout=60)
    assert ("allowed, and yet 192.168.5.0/24 to 192.168.5.1, TCP 5683: drop: not by us but by "
            "nft inet filter input: policy drop\n") in done.stderr


def test_the_log_has_no_more_than_a_line_a_second(walled):
    rules = walled.rules("--log")
    assert rules.count("limit log_line {") == 1
    assert "rate 1/second burst 1 packets" in rules
    for line in rules.splitlines():
        assert (" log prefix " in line) == ("limit name log_line" in line)


