# SPDX-License-Identifier: Apache-2.0
"""How packets leave and come back: both senders, routes, firewalls, full tables."""
import fcntl
import os
import socket
import struct
import subprocess
import threading
import time

import pytest

import coap
import netns
import ufw_files
from lab import Says, checksums_hold, read_udp, wait_until

DEVICES = "10.3.0.0/24"


def links(q):
    yield q.ack(payload=b"</x>")


class Routed:
    """scanner 10.1.0.1 -- router -- devices: all of 10.3.0.0/16 (and 10.2.0.2)."""

    def __init__(self, lab, answers=lambda ip: links):
        self.scanner, self.router, self.far = lab.net(), lab.net(), lab.net()
        lab.pair(self.scanner, self.router)
        lab.pair(self.router, self.far, "eth1")
        self.scanner.sh("ip addr add 10.1.0.1/24 dev eth0; ip route add default via 10.1.0.2")
        self.router.sh("ip addr add 10.1.0.2/24 dev eth0; ip addr add 10.2.0.1/24 dev eth1;"
                       "ip route add 10.3.0.0/16 via 10.2.0.2; sysctl -qw net.ipv4.ip_forward=1")
        self.far.sh("ip addr add 10.2.0.2/24 dev eth0; ip route add default via 10.2.0.1;"
                    "ip route add local 10.3.0.0/16 dev lo")
        self.devices = lab.devices(self.far, answers)


@pytest.fixture
def routed(lab):
    return Routed(lab)


def deny_by_ufw(lab, net):
    """ufw's defaults (incoming denied), enabled in a namespace with files of its own."""
    etc, default = lab.dir / "ufw", lab.dir / "default"
    ufw_files.write(etc, default)
    mount = f"{ufw_files.mounts(etc, default)} && mount -t tmpfs none /run"
    net.sh(f"unshare -m sh -ec '{mount}; ufw default deny incoming; ufw --force enable;"
           " ufw status verbose' >&2", stderr=subprocess.PIPE)


def deny_by_nft(_, net):
    net.sh("nft -f - <<END\ntable inet t {\nchain in { type filter hook input priority 0;"
           " policy drop; ct state established,related accept; iif lo accept; }\n}\nEND")


# --- a firewall on the scanner's own host

@pytest.mark.parametrize("deny", [deny_by_ufw, deny_by_nft])
@pytest.mark.parametrize("sender", ["packet", "udp"])
def test_results_are_whole_behind_a_firewall_that_denies_incoming(lab, routed, deny, sender):
    if deny is deny_by_ufw and ufw_files.why_not():
        pytest.skip(ufw_files.why_not())
    deny(lab, routed.scanner)
    rules = routed.scanner.sh("nft list ruleset; iptables -S")
    assert ("ufw-user-input" in rules) == (deny is deny_by_ufw)
    run = lab.scan(routed.scanner, DEVICES, "--sender", sender, "-c1", "-r2000").ok()
    assert run.meta["sender"] == sender
    assert len(run.rows) == 256
    assert routed.scanner.nstat("IcmpOutDestUnreachs") == 0


# --- senders and the routes

@pytest.mark.parametrize("sender", ["packet", "udp"])
def test_no_checksum_is_wrong_and_no_icmp_error_leaves(lab, routed, sender):
    capture = lab.capture(routed.router, "eth0", outgoing=False)
    run = lab.scan(routed.scanner, "10.3.0.0/21", "--sender", sender, "-c1", "-r4000").ok()
    frames = [f for f in capture.frames() if read_udp(f) and read_udp(f)[3] == 5683]
    assert capture.dropped() == 0
    assert len(frames) == run.meta["probes_sent"] == 2048
    if sender == "packet":  # a socket leaves checksums to the hardware, which a veth has not
        assert all(map(checksums_hold, frames))
    assert routed.far.nstat("UdpInCsumErrors") == 0
    assert len(run.rows) == 2048
    assert routed.scanner.nstat("IcmpOutMsgs") == 0
    assert routed.scanner.nstat("IcmpOutDestUnreachs") == 0


def test_a_port_of_ours_that_nobody_reads_sends_no_icmp_error_either(lab, routed):
    """Late answers, after the chunk has closed but while the scan goes on."""
    def late(q):
        yield Says(q.ack(), after=0.7)
    routed.devices.answers = lambda ip: late
    run = lab.scan(routed.scanner, "10.3.0.0/26", "-c1", "-r2000").ok()
    assert len(run.rows) == 64
    assert routed.scanner.nstat("IcmpOutDestUnreachs") == 0


def test_auto_takes_packet_behind_a_gateway_and_says_so(lab, routed):
    run = lab.scan(routed.scanner, "10.3.0.0/28", "-c1", "-v").ok()
    assert run.meta["sender"] == "packet"
    assert "sender: packet" in run.err and "by gateway 10.1.0.2 on eth0" in run.err
    assert len(run.rows) == 16


def test_auto_splits_by_route(lab, routed):
    """By gateway, on the link, and this host itself: each in its own way."""
    lab.devices(routed.router, {"10.1.0.2": links})
    lab.devices(routed.scanner, {"127.0.0.9": links, "10.1.0.1": links})
    run = lab.scan(routed.scanner, "10.3.0.0/28", "10.1.0.2", "127.0.0.9", "10.1.0.1",
                   "-c1").ok()
    assert run.meta["sender"] == "packet and udp"
    assert set(run.by_ip) == {f"10.3.0.{i}" for i in range(16)} | {
        "10.1.0.2", "127.0.0.9", "10.1.0.1"}


def test_a_whole_on_link_network_as_root(lab):
    """A /24 on the own Ethernet, most of it absent."""
    scanner, peer = lab.net(), lab.net()
    lab.pair(scanner, peer)
    scanner.sh("ip addr add 10.4.0.1/24 brd + dev eth0")
    here = [2, 3, 77, 254]
    for i in here:
        peer.sh(f"ip addr add 10.4.0.{i}/24 dev eth0")
    lab.devices(peer, lambda ip: links)
    run = lab.scan(scanner, "10.4.0.0/24", "-c4", "-r500").ok()
    assert run.meta["sender"] == "udp"
    assert set(run.by_ip) == {f"10.4.0.{i}" for i in here}
    assert run.meta["targets"] == 255 and run.meta["excluded"] == 1  # the link's broadcast


def test_a_device_behind_a_tunnel(lab):
    scanner, peer = lab.net(), lab.net()
    join_by_tun(scanner, peer)
    peer.sh("ip route add local 10.7.0.0/24 dev lo; ip route add default dev t0")
    scanner.sh("ip route add default dev t0")
    lab.devices(peer, lambda ip: links)
    run = lab.scan(scanner, "10.7.0.0/26", "10.6.0.2", "-c1", "-v").ok()
    assert run.meta["sender"] == "udp" and "by tunnel" in run.err
    assert len(run.rows) == 65


def join_by_tun(a, b):
    """Two tun devices; what one gets is written to the other."""
    fds = []
    for net, us in ((a, 1), (b, 2)):
        with net.inside():
            fd = os.open("/dev/net/tun", os.O_RDWR)
            fcntl.ioctl(fd, 0x400454ca, struct.pack("16sH", b"t0", 0x1001))  # TUN, no header
        net.sh(f"ip addr add 10.6.0.{us}/24 dev t0; ip link set t0 up")
        fds.append(fd)

    def copy(source, to):
        try:
            while True:
                os.write(to, os.read(source, 65535))
        except OSError:
            pass

    for source, to in (fds, fds[::-1]):
        # Ends when the namespaces go, and with them the devices.
        threading.Thread(target=copy, args=(source, to), daemon=True).start()


def test_loopback_without_root(lab):
    net = lab.net()
    lab.devices(net, lambda ip: links)
    os.chmod(lab.dir, 0o777)
    nobody = [*netns.AS_NOBODY, "--bounding-set=-all"]
    run = lab.scan(net, "127.0.0.0/24", "-c1", "-r2000", wrap=nobody).ok()
    assert run.meta["sender"] == "udp" and len(run.rows) == 256


def test_ipv6_by_both_senders(lab, routed):
    routed.scanner.sh("ip -6 addr add fd01::1/64 dev eth0 nodad; ip -6 route add default via fd01::2")
    routed.router.sh("ip -6 addr add fd01::2/64 dev eth0 nodad; ip -6 addr add fd02::1/64 dev eth1 nodad;"
                     "ip -6 route add fd03::/64 via fd02::2; sysctl -qw net.ipv6.conf.all.forwarding=1")
    routed.far.sh("ip -6 addr add fd02::2/64 dev eth0 nodad; ip -6 route add default via fd02::1;"
                  "ip -6 route add local fd03::/64 dev lo")
    for sender in ("packet", "udp"):
        run = lab.scan(routed.scanner, "fd03::/122", "10.3.0.0/28", "--sender", sender, "-c1").ok()
        assert run.meta["sender"] == sender
        assert sum(":" in ip for ip in run.by_ip) == 64 and len(run.rows) == 80
    assert routed.scanner.nstat("Icmp6OutDestUnreachs") == 0
    assert routed.far.nstat("Udp6InCsumErrors") == 0


# --- what cannot be

def test_packet_without_the_right_to_it(lab, routed):
    os.chmod(lab.dir, 0o777)
    nobody = [*netns.AS_NOBODY, "--bounding-set=-all"]
    run = lab.scan(routed.scanner, "10.3.0.1", "--sender", "packet", wrap=nobody, meta=False)
    assert run.status == 4
    assert run.err.count("\n") == 1
    assert "CAP_NET_RAW" in run.err and "--sender udp" in run.err
    # auto does without.
    run = lab.scan(routed.scanner, "10.3.0.1", "-c1", wrap=nobody).ok()
    assert run.meta["sender"] == "udp" and len(run.rows) == 1


def test_packet_without_a_gateway(lab):
    net = lab.net()
    run = lab.scan(net, "127.0.0.1", "--sender", "packet", meta=False)
    assert run.status == 2
    assert run.err == ("coapscope scan: --sender packet: no Ethernet gateway leads to 127.0.0.1 "
                       "(interface lo): want auto or udp\n")


def test_a_gateway_that_is_not_there(lab, routed):
    routed.scanner.sh("ip route del default; ip route add default via 10.1.0.77")
    run = lab.scan(routed.scanner, "10.3.0.1", "--sender", "packet", meta=False)
    assert run.status == 4
    assert "10.1.0.77" in run.err and run.err.count("\n") == 1


def test_no_route(lab):
    net = lab.net()
    run = lab.scan(net, "10.3.0.1", meta=False)
    assert run.status == 4
    assert run.err == "coapscope scan: no route to 10.3.0.1\n"


def test_no_route_to_some_of_the_targets_is_said(lab):
    net = lab.net()
    lab.devices(net, {"127.0.0.1": links})
    run = lab.scan(net, "10.3.0.0/24", "127.0.0.1", "-c1").ok()
    assert "no route to 256 of the addresses" in run.err
    assert set(run.by_ip) == {"127.0.0.1"}


@pytest.mark.parametrize("ports", ["40000", "39990-40010"])
def test_a_source_port_that_is_taken(lab, ports):
    net = lab.net()
    with net.inside():
        taken = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with taken:
        taken.bind(("0.0.0.0", 40000))
        run = lab.scan(net, "127.0.0.1", "-s", ports, meta=False)
    assert run.status == 4
    assert "40000" in run.err and "in use" in run.err and run.err.count("\n") == 1


def test_the_source_ports_that_were_asked_for_are_used(lab):
    net = lab.net()
    devices = lab.devices(net, lambda ip: links)
    lab.scan(net, "127.0.0.0/22", "-s", "41000-41001", "-c1", "-r0", "-e1").ok()
    assert {h.peer[1] for h in devices.heard} == {41000, 41001}


def test_a_source_address_that_is_not_ours_is_refused(lab, routed):
    for sender in ("udp", "packet"):
        run = lab.scan(routed.scanner, "10.3.0.1", "-S", "10.1.0.99", "--sender", sender,
                       meta=False)
        assert run.status == 2
        assert run.err == "coapscope scan: --source-ip 10.1.0.99: want an address of this host\n"
    assert not routed.devices.heard


def test_a_source_address_of_ours_is_used(lab, routed):
    routed.scanner.sh("ip addr add 10.1.0.50/24 dev eth0")
    for sender in ("udp", "packet"):
        routed.devices.heard.clear()
        run = lab.scan(routed.scanner, "10.3.0.0/28", "-S", "10.1.0.50", "--sender", sender,
                       "-c1").ok()
        assert len(run.rows) == 16
        assert {h.peer[0] for h in routed.devices.heard} == {"10.1.0.50"}


@pytest.mark.parametrize("sender", ["packet", "udp"])
def test_an_interface_that_goes_down_ends_the_scan_and_resume_goes_on(lab, routed, sender):
    running = lab.start(routed.scanner, "10.3.0.0/20", "--sender", sender, "-c1", "-r2000",
                        "-e3")
    wait_until(lambda: len(routed.devices.heard) > 1000)
    routed.scanner.sh("ip link set eth0 down")
    run = running.wait()
    assert run.status == 4
    assert "sending failed" in run.err and "--resume last" in run.err
    routed.scanner.sh("ip link set eth0 up; ip route replace default via 10.1.0.2")
    run = lab.scan(routed.scanner, "--resume", "last", "-r0").ok()
    assert len(run.rows) == 4096
    assert run.meta["chunks"] == {"closed": 1, "open": 0}


@pytest.mark.parametrize("sender", ["packet", "udp"])
def test_a_full_send_queue_is_waited_for(lab, routed, sender):
    """2 Mbit/s and a queue of a few packets, unpaced: nothing is lost on the way."""
    routed.scanner.sh("tc qdisc add dev eth0 root tbf rate 4mbit burst 2000 limit 2000")
    run = lab.scan(routed.scanner, "10.3.0.0/22", "--sender", sender, "-c1", "-r0").ok()
    asked = {h.ip for h in routed.devices.heard}
    assert len(asked) + run.meta["send_failed"] == 1024
    assert len(asked) == 1024 and len(run.rows) == 1024
    assert run.meta["send_retried"] > 0


# --- tables of the host

def test_a_small_neighbour_table_slows_an_on_link_scan(lab):
    scanner, peer = lab.net(), lab.net()
    lab.pair(scanner, peer)
    scanner.sh("ip addr add 10.4.0.1/22 dev eth0")
    run = lab.scan(scanner, "10.4.0.0/22", "--dry-run", meta=False).ok()
    thresh = int(open("/proc/sys/net/ipv4/neigh/default/gc_thresh3").read())
    slowed = "neighbour table has no more room" in run.out
    assert slowed == (1023 > thresh // 2), run.out


def test_a_small_connection_table_slows_a_udp_scan_and_is_never_filled(lab, routed):
    deny_by_nft(lab, routed.scanner)
    routed.scanner.sh("sysctl -qw net.netfilter.nf_conntrack_udp_timeout=1")
    most = int(open("/proc/sys/net/netfilter/nf_conntrack_max").read())
    dry = lab.scan(routed.scanner, "10.3.0.0/16", "--sender", "udp", "-r0", "--dry-run",
                   meta=False).ok()
    assert ("connection tracking table has no more room" in dry.out) == (65536 > most // 2)


def test_an_interface_may_be_named(lab, routed):
    run = lab.scan(routed.scanner, "10.3.0.0/28", "-i", "eth0", "-c1").ok()
    assert len(run.rows) == 16
    run = lab.scan(routed.scanner, "10.3.0.1", "-i", "eth7", meta=False)
    assert run.status == 2
    assert run.err == "coapscope scan: --interface eth7: this host has no such interface\n"


def test_the_rate_bounds_all_packets(lab, routed):
    """Follow-ups included, over any second."""
    def block(q):
        n = q.message.block2[0] if q.message.block2 else 0
        yield q.ack(opts=[(23, coap.block(n, n < 3, 0))], payload=b"x" * 16)
    routed.devices.answers = lambda ip: block
    began = time.monotonic()
    run = lab.scan(routed.scanner, "10.3.0.0/25", "-r200", "-c1").ok()
    assert len(run.rows) == 128 and all(row["complete"] for row in run.rows)
    times = sorted(h.at for h in routed.devices.heard)
    assert len(times) == 4 * 128
    busiest = max(sum(t <= other < t + 1 for other in times) for t in times[::16])
    assert busiest <= 240
    assert time.monotonic() - began > 4 * 128 / 220
