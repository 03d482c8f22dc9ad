# SPDX-License-Identifier: Apache-2.0
"""Somebody in the network guesses our ports and says what no device said."""
import os
import random
import socket
import struct

import pytest

import coap
from coap import ACK, CON, CONTENT, NON, RST
from lab import wait_until

SCANNER, TARGETS, STRANGER = "10.9.0.1", "10.9.1.0/24", "10.9.2.7"
HONEST = "10.9.1.200"


def honest(q):
    yield q.ack(payload=b"</honest>")


@pytest.fixture
def street(lab):
    """scanner 10.9.0.1/16 on a link with a peer that has all other addresses."""
    scanner, peer = lab.net(), lab.net()
    lab.pair(scanner, peer)
    scanner.sh(f"ip addr add {SCANNER}/16 dev eth0")
    peer.sh("ip addr add 10.9.0.2/16 dev eth0; ip route add local 10.9.1.0/24 dev lo;"
            f"ip addr add {STRANGER}/32 dev lo; sysctl -qw net.ipv4.conf.all.arp_ignore=0")
    # No address resolution: what counts here is who is believed.
    mac = peer.sh("cat /proc/net/dev >/dev/null; ip -br link show eth0").split()[2]
    scanner.sh("for i in $(seq 0 255); do ip neigh add 10.9.1.$i lladdr %s dev eth0; done" % mac)
    return scanner, peer


def spray(peer, source, port, to_ports, datagrams):
    """Sends each of datagrams() to each port, in the name of source:port."""
    with peer.inside():
        sock = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    addresses = socket.inet_aton(source) + socket.inet_aton(SCANNER)
    with sock:
        for to in to_ports:
            for data in datagrams():
                udp = struct.pack("!HHHH", port, to, 8 + len(data), 0) + data
                ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
                sock.sendto(ip + addresses + udp, (SCANNER, 0))


def forgeries():
    mid = random.randrange(65536)
    yield coap.message(ACK, CONTENT, mid, payload=b"</forged>")
    yield coap.message(NON, CONTENT, mid, payload=b"</forged>")
    yield coap.message(CON, CONTENT, mid, payload=b"</forged>")
    yield coap.message(RST, 0, mid)
    yield os.urandom(random.randrange(1, 40))


def scanner_ports(net):
    """The source ports that a scan has bound."""
    lines = net.sh("cat /proc/net/udp").splitlines()[1:]
    return sorted({int(line.split()[1].split(":")[1], 16) for line in lines})


def test_no_row_for_who_guesses_ports_in_the_name_of_a_target(lab, street):
    """All source ports are sprayed in three targets' names, again and again."""
    scanner, peer = street
    heard = lab.devices(peer, {HONEST: honest})
    running = lab.start(scanner, TARGETS, "-r1000", "-c4")
    wait_until(lambda: len(heard.heard) >= 256)
    ports = scanner_ports(scanner)
    assert len(ports) >= 64
    for _ in range(4):
        for victim in ("10.9.1.17", "10.9.1.18", "10.9.1.19"):
            spray(peer, victim, 5683, ports, forgeries)
    run = running.wait().ok()
    assert [row["ip"] for row in run.rows] == [HONEST]
    rejected = run.meta["rejected"]
    assert rejected["wrong_port"] > 4 * 3 * 5 * (len(ports) - 1) * 0.95
    assert rejected["out_of_scope"] == 0
    # Who hits the right port is still no ACK, RST or confirmed answer.
    assert rejected["wrong_mid"] >= 12 and rejected["unconfirmed"] >= 12


def test_what_comes_from_out_of_scope_is_counted_and_answered_by_nothing(lab, street):
    scanner, peer = street
    heard = lab.devices(peer, {HONEST: honest})
    running = lab.start(scanner, TARGETS, "-r1000", "-c3")
    wait_until(lambda: len(heard.heard) >= 256)
    ports = scanner_ports(scanner)
    spray(peer, STRANGER, 5683, ports, forgeries)
    spray(peer, STRANGER, 40000, ports, forgeries)
    run = running.wait().ok()
    assert [row["ip"] for row in run.rows] == [HONEST]
    assert run.meta["rejected"]["out_of_scope"] == 2 * 5 * len(ports)
    assert not heard.to(STRANGER)


def test_a_forger_who_answers_before_the_device_does_not_stand_in_its_place(lab, street):
    """By luck on the right port, before the device: the device's answer counts."""
    scanner, peer = street

    def slow(q):
        if q.nth == 0:
            ports = [heard.heard[-1].peer[1]]
            spray(peer, q.ip, 5683, ports, lambda: [
                coap.message(NON, CONTENT, 1, payload=b"</forged>")])
        yield q.ack(payload=b"</honest>")

    heard = lab.devices(peer, {"10.9.1.5": slow})
    run = lab.scan(scanner, "10.9.1.5", "-c2").ok()
    row = run.by_ip["10.9.1.5"]
    assert row["match"] == "full"
    assert bytes.fromhex(row["payload_hex"]) == b"</honest>"


def test_an_answer_to_a_question_not_yet_asked_is_no_answer(lab, street):
    scanner, peer = street
    heard = lab.devices(peer, {})
    running = lab.start(scanner, TARGETS, "-r100", "-c1", "-e5")
    wait_until(lambda: heard.heard)
    ports = scanner_ports(scanner)
    asked = {h.ip for h in heard.heard}
    waiting = [f"10.9.1.{i}" for i in range(256) if f"10.9.1.{i}" not in asked]
    for ip in waiting[-3:]:
        spray(peer, ip, 5683, ports, lambda: [
            coap.message(NON, CONTENT, 1, payload=b"</forged>")])
    run = running.wait().ok()
    assert run.rows == []
    assert run.meta["rejected"]["not_probed"] >= 2


def test_a_flood_from_one_device_costs_no_memory_and_no_other_row(lab, street):
    """100,000 datagrams for one probe, while the others answer."""
    scanner, peer = street
    n = 100_000

    def flood(q):
        if q.nth:
            return
        for _ in range(n):
            yield q.ack(payload=b"</flood>" * 20)

    heard = lab.devices(peer, lambda ip: flood if ip == "10.9.1.3" else honest)
    running = lab.start(scanner, TARGETS, "-r400", "-c4", "-e2")
    peak = 0

    def ended():
        nonlocal peak
        try:
            status = open(f"/proc/{running.pid}/status").read()
        except OSError:
            return True
        if "VmHWM" in status:
            peak = max(peak, int(status.split("VmHWM:")[1].split()[0]))
        return running.process.poll() is not None

    wait_until(ended, timeout=60, step=0.05)
    run = running.wait().ok()
    assert len(run.rows) == 256
    row = run.by_ip["10.9.1.3"]
    lost = run.meta["receive_dropped"]
    assert row["response_size"] == 165 and row["code"] == "2.05"
    assert row["datagrams"] + lost >= n * 0.98
    assert row["bytes"] == row["datagrams"] * 165
    assert peak < 160 * 1024, peak
    del heard
