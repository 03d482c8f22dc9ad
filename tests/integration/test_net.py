# SPDX-License-Identifier: Apache-2.0
"""The senders, receivers and route look-ups of src/net between namespaces."""
import re

import netns
import pytest

# How a run sends and receives: (--tx, --rx).
WAYS = [("udp", "udp"), ("packet", "packet"), ("packet", "udp")]


def send(net, tx, rx, to, count, *more, **options):
    """Probes from the scanner; see netcheck.c for what comes back."""
    source = "fd77::1" if ":" in to else "10.77.0.1"
    args = ["--tx", tx, "--rx", rx, "--to", to, "--count", count, "--interface", "v0",
            "--source", source, "--mac", net.mac("peer", "v1"), *more]
    for key, value in options.items():
        args += [f"--{key}", value]
    return net.netcheck("scanner", "send", *args)


def ways(net, *ranges, name="scanner"):
    found = net.netcheck(name, "route", *ranges)["ways"]
    return [(w["lo"], w["hi"], w["kind"], w["interface"]) for w in found]


# Sending

@pytest.mark.parametrize("to, prefix", [("10.96.0.0", "Udp"), ("fd97::", "Udp6")])
def test_no_checksum_of_a_million_probes_is_wrong(pair, to, prefix):
    with pair.responder("--default", "silent") as r:
        out = send(pair, "packet", "none", to, 1 << 20, token=8, ports=256)
    seen = pair.counters("peer")
    assert out["sent"] == 1 << 20
    assert seen["IpExtInCsumErrors"] == 0
    assert seen[f"{prefix}InCsumErrors"] == 0
    lost = seen[f"{prefix}RcvbufErrors"]
    # A busy peer's backlog drops some before anybody looks at them, and its
    # socket some more.
    assert 0.9 * (1 << 20) < r.saw["requests"] + lost <= 1 << 20
    assert lost < 1 << 19 # the better part was looked at by the peer's UDP


def test_a_wrong_checksum_would_have_been_counted(pair):
    script = ("import socket; s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW);"
              "s.bind(('v0', 0)); s.send(bytes.fromhex('{}'))")
    packet = (pair.mac("peer", "v1") + pair.mac("scanner", "v0")).replace(":", "")
    packet += "0800" + "4500001c0000400040119999" + "0a4d0001" + "0a4d0002" + "16331633000800"
    pair.run("scanner", ["/usr/bin/python3", "-c", script.format(packet + "00")])
    assert pair.counters("peer")["IpExtInCsumErrors"] == 1


def test_udp_says_why_a_probe_did_not_leave(pair):
    pair.ip("scanner", "route add blackhole 10.96.1.0/24",
            "route add unreachable 10.96.3.0/24", "route add prohibit 10.96.5.0/24")
    with pair.responder():
        for to in ["10.96.1.0", "10.96.3.0", "10.96.5.0"]:
            out = send(pair, "udp", "udp", to, 300, wait=200)
            assert (out["sent"], out["no_route"], out["io"]) == (44, 256, False)
            assert out["received"] == 44
        out = send(pair, "udp", "none", "10.77.0.254", 3)
        assert (out["sent"], out["no_route"]) == (2, 1) # .255 is broadcast
        pair.nft("scanner", "output", "ip daddr 10.96.9.0/25 drop")
        out = send(pair, "udp", "udp", "10.96.9.0", 256, wait=200)
        assert (out["sent"], out["denied"], out["received"]) == (128, 128, 128)


def test_an_interface_that_is_down_stops_the_sender(pair):
    mac = pair.mac("peer", "v1")
    pair.ip("scanner", "link set v0 down")
    out = pair.netcheck("scanner", "send", "--tx", "packet", "--to", "10.96.0.0", "--count",
                        "100", "--interface", "v0", "--source", "10.77.0.1", "--mac", mac)
    assert out["io"] is True
    assert out["sent"] == 0


def test_a_full_queue_is_waited_for(pair):
    with pair.responder() as r:
        # The peer learns our hardware address: later the reply to its question
        # might find the queue full, too.
        assert send(pair, "packet", "packet", "10.96.0.0", 1)["received"] == 1
        pair.run("scanner", "tc qdisc add dev v0 root tbf rate 2mbit burst 2k limit 4k".split())
        out = send(pair, "packet", "packet", "10.96.0.0", 1000) # waits for what is queued
    assert out["full"] > 0
    assert (out["sent"], out["received"]) == (1000, 1000)
    assert r.saw["requests"] == 1001


# Receiving

@pytest.mark.parametrize("tx, rx", WAYS)
@pytest.mark.parametrize("to", ["10.96.0.0", "fd97::"])
def test_each_answer_is_found_and_no_icmp_error_leaves(pair, tx, rx, to):
    with pair.responder() as r:
        out = send(pair, tx, rx, to, 8192, rate=20000, ports=64)
    assert out["received"] == r.saw["answers"] == 8192
    assert out["datagrams"] == 8192
    assert (out["dropped"], out["bad_checksum"], out["fragments"]) == (0, 0, 0)
    assert pair.counters("scanner")["IcmpOutDestUnreachs"] == 0
    assert pair.counters("scanner")["Icmp6OutDestUnreachs"] == 0


def test_without_a_socket_there_would_be_icmp_errors(pair):
    script = "import socket; socket.socket(2, 2).sendto(b'x', ('10.77.0.1', 40000))"
    pair.run("peer", ["/usr/bin/python3", "-c", script])
    assert pair.counters("scanner")["IcmpOutDestUnreachs"] == 1


@pytest.mark.parametrize("rx", ["udp", "packet"])
@pytest.mark.parametrize("to, size", [("10.96.0.1", 5000), ("fd97::1", 5000),
                                      ("10.96.0.1", 65507), ("fd97::1", 65487)])
def test_large_answers_are_joined_from_fragments(pair, rx, to, size):
    with pair.responder("--default", f"big:{size}"):
        out = send(pair, "packet", rx, to, 20, rate=2000)
    assert out["received"] == 20
    assert out["longest"] == size
    assert out["bytes"] == 20 * size
    assert out["unlike"] == 0
    assert out["fragments"] == 0


def test_a_lost_fragment_is_counted(pair):
    # Of each answer the last part, with offset 4440 (555 units), is lost.
    pair.nft("peer", "egress device v1", "ip frag-off & 0x1fff == 555 drop", family="netdev")
    with pair.responder("--default", "big:5000"):
        out = send(pair, "packet", "packet", "10.96.0.1", 70)
    assert out["received"] == 0
    assert out["fragments"] == 6 * 3 # 64 are still held; three parts came of each


def test_a_firewall_that_denies_input_hides_nothing_from_packet(pair):
    pair.nft("scanner", "input", "policy drop", "ct state established accept")
    with pair.responder():
        assert send(pair, "packet", "packet", "10.96.0.0", 1000, rate=20000)["received"] == 1000
        # Why it must be so: frames that were sent raw make no connection.
        assert send(pair, "packet", "udp", "10.96.0.0", 1000, rate=20000)["received"] == 0
        assert send(pair, "udp", "udp", "10.96.0.0", 1000, rate=20000)["received"] == 1000


@pytest.mark.parametrize("rx", ["udp", "packet"])
def test_loopback_is_heard_too(net, rx):
    net.add("alone")
    with net.responder(name="alone"):
        out = net.netcheck("alone", "send", "--tx", "udp", "--rx", rx, "--to", "127.0.0.1",
                           "--count", "100", "--interface", "lo")
    assert out["received"] == 100
    assert out["bad_checksum"] == 0


def test_what_overflows_is_counted(pair):
    with pair.responder("--default", "ok:8") as r:
        out = send(pair, "packet", "udp", "10.96.0.0", 1280, rate=6400, ports=1, buffer=8192)
    assert r.saw["answers"] == 8 * 1280
    assert out["dropped"] > 0
    assert out["received"] + out["dropped"] == 8 * 1280


def test_a_wrong_udp_checksum_is_seen_by_packet(pair):
    # An answer whose payload was changed on the way, the checksum not.
    pair.nft("peer", "egress device v1", "udp sport 5683 @th,96,8 set 0x21", family="netdev")
    with pair.responder("--default", "404"):
        out = send(pair, "packet", "packet", "10.96.0.0", 10)
    assert out["received"] + out["bad_checksum"] == 10


# Routes

def test_each_kind_of_way_is_told(pair):
    pair.ip("scanner", "route add blackhole 10.1.0.0/16", "route add unreachable 10.2.0.0/16",
            "route add prohibit 10.3.0.0/16", "route del default",
            "route add 10.4.0.0/16 via 10.77.0.2", "tuntap add t0 mode tun",
            "addr add 10.5.0.1/24 dev t0", "link set t0 up", "link add d0 type veth peer name d1",
            "addr add 10.6.0.1/24 dev d0", "link set d0 arp off up", "link set d1 up")
    assert ways(pair, "10.0.0.0/13") == [
        ("10.0.0.0", "10.3.255.255", "none", ""),
        ("10.4.0.0", "10.4.255.255", "gateway", "v0"),
        ("10.5.0.0", "10.5.0.0", "point", "t0"),
        ("10.5.0.1", "10.5.0.1", "loopback", "lo"),
        ("10.5.0.2", "10.5.0.254", "point", "t0"),
        ("10.5.0.255", "10.5.0.255", "broadcast", "t0"),
        ("10.5.1.0", "10.5.255.255", "none", ""),
        ("10.6.0.0", "10.6.0.0", "point", "d0"),
        ("10.6.0.1", "10.6.0.1", "loopback", "lo"),
        ("10.6.0.2", "10.6.0.254", "point", "d0"),
        ("10.6.0.255", "10.6.0.255", "broadcast", "d0"),
        ("10.6.1.0", "10.7.255.255", "none", ""),
    ]
    assert ways(pair, "10.77.0.0/24") == [
        ("10.77.0.0", "10.77.0.0", "on-link", "v0"),
        ("10.77.0.1", "10.77.0.1", "loopback", "lo"),
        ("10.77.0.2", "10.77.0.254", "on-link", "v0"),
        ("10.77.0.255", "10.77.0.255", "broadcast", "v0"),
    ]
    assert ways(pair, "224.0.0.1", "255.255.255.255") == [
        ("224.0.0.1", "255.255.255.255", "none", ""), # no route for them either
    ]


def test_a_default_route_takes_all_but_what_nobody_may_be_sent(pair):
    assert [w[2] for w in ways(pair, "0.0.0.0/0")] == [
        "loopback", "gateway", "on-link", "loopback", "on-link", "broadcast", "gateway",
        "loopback", "broadcast", "gateway", "broadcast", "gateway", "broadcast"]


def test_ipv6_ways(pair):
    pair.ip("scanner", "route add blackhole fd01::/64", "route add unreachable fd02::/64")
    assert ways(pair, "fd01::/120", "fd02::/120", "fd77::1", "fd77::2-fd77::5",
                "fd97::/120", "ff02::1") == [
        ("fd01::", "fd02::ff", "none", ""),
        ("fd77::1", "fd77::1", "loopback", "lo"),
        ("fd77::2", "fd77::5", "on-link", "v0"),
        ("fd97::", "fd97::ff", "gateway", "v0"),
        ("ff02::1", "ff02::1", "broadcast", "v0"),
    ]


def test_a_ways_gateway_and_source_are_told(pair):
    (way,) = pair.netcheck("scanner", "route", "10.96.0.0/24", "10.98.0.0/24")["ways"]
    assert way == {"lo": "10.96.0.0", "hi": "10.98.0.255", "kind": "gateway",
                   "interface": "v0", "gateway": "10.77.0.2", "source": "10.77.0.1",
                   "mac": pair.mac("scanner", "v0")}
    pair.ip("scanner", "addr add 10.88.0.1/32 dev v0",
            "route add 10.97.0.0/16 via 10.77.0.2 src 10.88.0.1")
    sources = [w["source"] for w in pair.netcheck("scanner", "route", "10.96.0.0/14")["ways"]]
    assert sources == ["10.77.0.1", "10.88.0.1", "10.77.0.1"]


def test_an_ipv6_gateway_for_ipv4(pair):
    pair.ip("scanner", "route add 10.9.0.0/16 via inet6 fd77::2 dev v0")
    (way,) = pair.netcheck("scanner", "route", "10.9.0.0/16")["ways"]
    assert (way["kind"], way["gateway"]) == ("gateway", "fd77::2")


def test_rules_cut_too(pair):
    pair.ip("scanner", "rule add to 10.8.0.0/24 lookup 7", "route add blackhole default table 7")
    assert [w[:3] for w in ways(pair, "10.8.0.0/22")] == [
        ("10.8.0.0", "10.8.0.255", "none"), ("10.8.1.0", "10.8.3.255", "gateway")]


def test_an_interface_alone_is_no_route(pair):
    pair.ip("scanner", "link add d0 type veth peer name d1", "addr add 10.6.0.1/24 dev d0",
            "link set d0 up", "link set d1 up")
    assert ways(pair, "--interface", "d0", "10.6.0.9", "10.96.0.1") == [
        ("10.6.0.9", "10.6.0.9", "on-link", "d0"), ("10.96.0.1", "10.96.0.1", "none", "")]


def test_many_targets_and_many_routes_are_fast(pair):
    few = pair.netcheck("scanner", "route", "--count", 1000000, "--to", "10.96.0.0")
    assert len(few["ways"]) == 1
    pair.ip("scanner", *[f"route add 10.{i // 250}.{i % 250}.0/25 via 10.77.0.2 metric {i}"
                         for i in range(2500, 3500)],
            *[f"route add blackhole 10.{i // 250}.{i % 250}.128/25" for i in range(2500, 3500)])
    many = pair.netcheck("scanner", "route", "--count", 1000000, "--to", "10.8.0.0")
    assert len(many["ways"]) == 2001
    assert few["ms"] < 1000 # 20 when nothing else runs
    assert many["ms"] < 2000


# Neighbours, own prefixes, room

def neighbour(net, address, *more):
    return net.netcheck("scanner", "neighbour", address, *more)


@pytest.mark.parametrize("gateway", ["10.77.0.2", "fd77::2"])
def test_a_neighbour_is_known_resolved_or_missing(pair, gateway):
    mac = pair.mac("peer", "v1")
    assert neighbour(pair, gateway) == {"error": "no error", "mac": mac}
    pair.ip("scanner", f"neigh del {gateway} dev v0")
    assert neighbour(pair, gateway, "--wait", 3000) == {"error": "no error", "mac": mac}
    nobody = "10.77.0.9" if "." in gateway else "fd77::9"
    assert neighbour(pair, nobody, "--wait", 200) == {"error": "not found", "mac": None}


def test_without_the_right_to_resolve_that_is_said(pair):
    command = ["setpriv", "--bounding-set", "-net_admin", netns.TOOLS / "netcheck",
               "neighbour", "10.77.0.9"]
    assert '"not permitted"' in pair.run("scanner", command).stdout


def test_own_prefixes_and_broadcasts(pair):
    pair.ip("scanner", "addr add 10.8.4.1/8 dev v0", "addr add 10.5.0.1 peer 10.5.0.2 dev v0")
    local = pair.netcheck("scanner", "local")["ranges"]
    assert sorted(local) == ["10.5.0.2-10.5.0.2", "10.77.0.0-10.77.0.255",
                             "10.8.0.0-10.8.255.255", "fd77::-fd77::ffff"]
    assert pair.netcheck("scanner", "local", "--interface", "lo")["ranges"] == []
    broadcasts = pair.netcheck("scanner", "broadcasts")["ranges"]
    assert "10.77.0.255-10.77.0.255" in broadcasts
    assert all(re.fullmatch(r"(\S+)-\1", b) for b in broadcasts)


def test_tracking_is_noticed(pair):
    assert pair.netcheck("scanner", "room")["conntrack_used"] is False
    pair.nft("scanner", "output", "ct state new accept")
    for more in [[], ["--v6"]]:
        room = pair.netcheck("scanner", "room", *more)
        assert room["conntrack_used"] is True
        assert room["conntrack_free"] > 1000
        assert room["conntrack_hold_s"] == 30
        assert 0 < room["neighbour_free"] <= 1 << 20


# The responder itself

ANSWERS = {
    "ok": ["60450001"], "ok:3": ["60450001"] * 3, "404": ["60840001"], "rst": ["70000001"],
    "empty-ack": ["60000001"], "silent": [], "text": ["48545450"], "empty": [""],
    "echo": ["40010001"], "bad-version": ["a0450001"], "bad-token": ["69450001"],
    "bad-short": ["604500"], "bad-marker": ["60450001ff"], "bad-option": ["60450001f100"],
    "bad-cut": ["60450001c428"], "other-port": ["60450001"], "block2": ["60450001"],
    "block-endless": ["60450001"], "block-repeat": ["60450001"],
    "block-resize": ["60450001"], "block-etag": ["60450001"],
}
ASK = """
import socket, sys
s = socket.socket(2, 2); s.settimeout(0.1)
for i in range(int(sys.argv[1])):
    s.sendto(bytes.fromhex("40010001bb2e77656c6c2d6b6e6f776e04636f7265"), (f"10.96.0.{i}", 5683))
    try:
        while True: print(i, *[x.hex() if type(x) is bytes else x[1] for x in s.recvfrom(70000)])
    except TimeoutError: pass
"""


def test_each_behaviour_answers_as_it_says(pair):
    rules = [f"--rule=10.96.0.{i}={name}" for i, name in enumerate(ANSWERS)]
    with pair.responder(*rules) as r:
        lines = pair.run("scanner", ["/usr/bin/python3", "-c", ASK, len(ANSWERS)]).stdout
    heard = {}
    for line in lines.splitlines():
        words = line.split(" ")
        heard.setdefault(int(words[0]), []).append(words[1])
        assert int(words[2]) == (5684 if "other-port" == list(ANSWERS)[int(words[0])] else 5683)
    for i, (name, want) in enumerate(ANSWERS.items()):
        got = heard.get(i, [])
        assert len(got) == len(want), name
        for g, w in zip(got, want):
            assert g == w if name.startswith(("bad-s", "bad-m", "bad-o", "bad-c", "em")) \
                else g.startswith(w), name
    assert r.saw["requests"] == len(ANSWERS)
