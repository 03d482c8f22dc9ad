# SPDX-License-Identifier: Apache-2.0
"""Verdicts on captures made by hand: clients that look like floods, and what only looks
like CoAP. The frames are written apart from tests/scenario on purpose."""
import json
import random
import socket
import struct
import subprocess

import pytest

import coap
from coap import ACK, CON, RST, message
from lab import COAPSCOPE

GET, PUT, CSM, CONTENT = 1, 3, 0xe1, 0x45
STRANGER, HOME = "203.0.113.77", "192.0.2.10"
SYN, ACKS, SYN_ACK, PUSH = 2, 0x10, 0x12, 0x18
TEMP = [(11, b"temp")]


def ip(source, to, protocol, body):
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(body), 7, 0, 52, protocol, 0,
                       socket.inet_aton(source), socket.inet_aton(to))
    return head + body


def udp(source, source_port, to, port, payload):
    return ip(source, to, 17, struct.pack(">4H", source_port, port, 8 + len(payload), 0) + payload)


def segment(source, source_port, to, port, seq, ack, flags, payload=b""):
    return ip(source, to, 6, struct.pack(">HHIIBBHHH", source_port, port, seq, ack, 0x50, flags,
                                         65000, 0, 0) + payload)


def connection(first):
    """A client's connection, and the first that it says."""
    there, back = (STRANGER, 50000, HOME, 5683), (HOME, 5683, STRANGER, 50000)
    return [(0, segment(*there, 100, 0, SYN)), (0.01, segment(*back, 500, 101, SYN_ACK)),
            (0.02, segment(*there, 101, 501, ACKS)),
            (0.03, segment(*there, 101, 501, PUSH, first))]


def verdict(folder, frames, *args, source=STRANGER):
    path = folder / "x.pcap"
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for at, frame in sorted(frames, key=lambda pair: pair[0]):
            us = round(at * 1e6)
            file.write(struct.pack("<4I", 1790000000 + us // 10**6, us % 10**6, len(frame),
                                   len(frame)) + frame)
    done = subprocess.run([COAPSCOPE, "watch", "-r", path, "-O", "jsonl", "--local",
                           "192.0.2.0/24", *args], capture_output=True, check=True)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return next(row for row in rows if row["source"] == source)


def rounds(clients, n, every, answered=True, again=()):
    """Clients behind one address, each on a port of its own, count their messages."""
    for client in range(clients):
        for i in range(n):
            at, mid, token = client * 3.1 + i * every, client * 500 + i + 1, bytes([client, i, 7])
            request = message(CON, GET, mid, token, TEMP)
            for later in (0, *again):
                yield at + later, udp(STRANGER, 42000 + client, HOME, 5683, request)
            if answered:
                yield at + 0.01, udp(HOME, 5683, STRANGER, 42000 + client,
                                     message(ACK, CONTENT, mid, token, payload=b"21.5"))


def test_clients_behind_one_address_are_no_flood(tmp_path):
    row = verdict(tmp_path, rounds(4, 60, 30))
    assert (row["class"], row["victim"], row["answered"]) == ("B", False, True)


def test_clients_that_repeat_themselves_to_a_dead_host_are_no_flood(tmp_path):
    row = verdict(tmp_path, rounds(3, 12, 120, answered=False, again=(2.3, 6.9, 16.1, 34.5)))
    assert "C1" not in row["classes"] and not row["victim"]


def polls(n, every, port=None):
    """As a script does that starts a client each time: what it may choose is another each time."""
    dice = random.Random(1)
    for i in range(n):
        mid, token = dice.randrange(1 << 16), dice.randbytes(8)
        there = port or dice.randrange(32768, 61000)
        yield i * every, udp(STRANGER, there, HOME, 5683, message(CON, GET, mid, token, TEMP))
        yield i * every + 0.01, udp(HOME, 5683, STRANGER, there,
                                    message(ACK, CONTENT, mid, token, payload=b"21.5"))


def test_a_script_that_asks_every_few_seconds_is_no_flood(tmp_path):
    row = verdict(tmp_path, polls(200, 10))
    assert (row["class"], row["victim"]) == ("B", False)
    row = verdict(tmp_path, polls(200, 10, port=80))
    assert (row["class"], row["victim"]) == ("C1", True)


def test_one_that_only_counts_its_messages_is_a_flood_all_the_same(tmp_path):
    frames = [(i * 0.05, udp(STRANGER, 80, HOME, 5683, message(CON, GET, i, b"", TEMP)))
              for i in range(200)]
    frames += [(at + 0.01, udp(HOME, 5683, STRANGER, 80,
                               message(ACK, CONTENT, i, payload=b"x" * 400)))
               for i, (at, _) in enumerate(frames)]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["victim"], row["worry"]) == ("C1", True, "act_now")


def pings(source):
    for i in range(50):
        yield i * 30, udp(source, 40000, HOME, 5683, message(CON, 0, i))
        yield i * 30 + 0.02, udp(HOME, 5683, source, 40000, message(RST, 0, i))


@pytest.mark.parametrize("args, want", [(["--peer", STRANGER], "H"), ([], "B")],
                         ids=["a listed peer", "a stranger"])
def test_who_asks_now_and_then_whether_we_are_there_is_no_victim(tmp_path, args, want):
    row = verdict(tmp_path, pings(STRANGER), *args)
    assert (row["class"], row["victim"]) == (want, False)


@pytest.mark.parametrize("first", [
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"POST / HTTP/1.1\r\n\r\n", b"SSH-2.0-Go\r\n",
    bytes.fromhex("16030100c8010000c40303") + bytes(range(190)),
], ids=["GET", "POST", "SSH", "TLS"])
def test_what_else_connects_to_the_port_is_not_coap(tmp_path, first):
    row = verdict(tmp_path, connection(first))
    assert set(row["classes"]) <= {"I", "B"} and row["worry"] == "none"


def test_a_write_over_tcp_is_one(tmp_path):
    body = coap.options([(11, b"light")]) + b"\xffon"
    first = bytes([0, CSM]) + bytes([len(body) << 4 | 1, PUT]) + b"\x01" + body
    row = verdict(tmp_path, connection(first))
    assert row["class"] == "D"
