# SPDX-License-Identifier: Apache-2.0
"""Verdicts on captures made by hand: clients that look like floods, and what only looks
like CoAP. The frames are written apart from tests/scenario on purpose."""
import json
import random
import socket
import sqlite3
import struct
import subprocess
import time

import pytest

import coap
from coap import ACK, CON, NON, RST, message
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


def capture(path, frames, cut=0):
    with path.open("wb") as file:
        file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101))
        for at, frame in frames:
            us, kept = round(at * 1e6), frame[:len(frame) - cut]
            file.write(struct.pack("<4I", 1790000000 + us // 10**6, us % 10**6, len(kept),
                                   len(frame)) + kept)
    return path


def verdict(folder, frames, *args, source=STRANGER, ordered=True, cut=0):
    path = capture(folder / "x.pcap", sorted(frames, key=lambda pair: pair[0]) if ordered else frames,
                   cut)
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
    assert row["class"] in ("B", "H") and not row["victim"] and row["answered"]


def test_clients_whose_ports_a_router_changes_are_no_flood(tmp_path):
    """Twelve of them; the router gives each another port every fifth time."""
    frames = []
    for client in range(12):
        for i in range(20):
            at, mid = client * 3.3 + i * 60, client * 5003 + i
            there, token = 20000 + client * 100 + i // 5, bytes([client, i, 9])
            frames += [(at, udp(STRANGER, there, HOME, 5683, message(CON, GET, mid, token, TEMP))),
                       (at + 0.03, udp(HOME, 5683, STRANGER, there, message(
                           ACK, CONTENT, mid, token, payload=b"21.5")))]
    row = verdict(tmp_path, frames)
    assert row["class"] in ("B", "H") and not row["victim"]


def test_pings_from_a_port_each_are_no_flood(tmp_path):
    frames = []
    for i in range(100):
        mid = i * 7919 % 65536
        frames += [(i * 30, udp(STRANGER, 30000 + i, HOME, 5683, message(CON, 0, mid))),
                   (i * 30 + 0.01, udp(HOME, 5683, STRANGER, 30000 + i, message(RST, 0, mid)))]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["victim"]) == ("B", False)


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
    assert row["class"] in ("B", "H") and not row["victim"]
    row = verdict(tmp_path, polls(200, 10, port=80))
    assert (row["class"], row["victim"]) == ("C1", True)


@pytest.mark.parametrize("every", [10, 60, 300])
def test_a_client_that_keeps_its_port_and_draws_its_numbers_is_no_flood(tmp_path, every):
    row = verdict(tmp_path, polls(60, every, port=40123))
    assert row["class"] in ("B", "H") and not row["victim"]


def test_a_clock_that_is_set_back_makes_no_flood_of_slow_questions(tmp_path):
    frames = [((i - 20) * 700 - (86400 if i > 20 else 0),
               udp(STRANGER, 4000 + i, HOME, 5683, message(CON, GET, i * 77, b"", TEMP)))
              for i in range(60)]
    row = verdict(tmp_path, frames, ordered=False)
    assert (row["class"], row["victim"]) == ("B", False)


def test_evidence_has_the_time_of_its_packet(tmp_path):
    frames = [(0.123456, udp(STRANGER, 4000, HOME, 5683, message(CON, GET, 1, b"a", TEMP))),
              (5.654321, udp(STRANGER, 4000, HOME, 5683, message(CON, PUT, 2, b"b", TEMP)))]
    seen = {row["what"]: row["first"] for row in verdict(tmp_path, frames)["evidence"]}
    assert (seen["read"][-8:], seen["write"][-8:]) == (".123456Z", ".654321Z")


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


def test_a_token_length_that_nobody_may_send_is_malformed_over_tcp(tmp_path):
    row = verdict(tmp_path, connection(bytes([0, CSM, 0x4f, GET]) + b"abcdefgh"))
    assert row["class"] == "F" and row["evidence"][0]["what"] == "fault_M3"


def test_a_marker_without_payload_is_malformed_in_a_response_too(tmp_path):
    frames = [(0, udp(STRANGER, 45000, HOME, 5683, message(CON, CONTENT, 7, b"t") + b"\xff"))]
    assert verdict(tmp_path, frames)["class"] == "F"


# --- clients whom nobody listed ---

def gateway(paths, rounds_, every, answered=True):
    """Reads the same few things again and again, the next when the one before was answered."""
    mid = 7000
    for i in range(rounds_):
        for k, path in enumerate(paths):
            at, mid = i * every + k * 0.2, mid + 1
            token = struct.pack(">I", mid * 2654435761 % 2**32)
            yield at, udp(STRANGER, 40404, HOME, 5683, message(CON, GET, mid, token, [(11, path)]))
            if answered:
                yield at + 0.04, udp(HOME, 5683, STRANGER, 40404,
                                     message(ACK, CONTENT, mid, token, payload=b"21"))


def test_who_reads_the_same_few_things_all_day_enumerates_nothing(tmp_path):
    row = verdict(tmp_path, gateway([b"temp", b"hum", b"batt"], 30, 60))
    assert (row["class"], row["worry"], row["victim"]) == ("H", "note", False)


def test_who_reads_all_that_five_hosts_have_once_goes_through_them(tmp_path):
    frames, mid = [], 0
    for host in range(5):
        home = f"192.0.2.{10 + host}"
        for path in ([b".well-known", b"core"], [b"a"], [b"b"], [b"c"], [b"d"]):
            mid += 1
            ask = message(CON, GET, mid, bytes([mid, 7]), [(11, part) for part in path])
            frames += [(mid * 2, udp(STRANGER, 40000, home, 5683, ask)),
                       (mid * 2 + 0.02, udp(home, 5683, STRANGER, 40000, message(
                           ACK, CONTENT, mid, bytes([mid, 7]), payload=b"x" * 20)))]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["worry"]) == ("E", "act")


def test_objects_of_lwm2m_are_read_as_any_others(tmp_path):
    """A path of numbers is one segment each; here one resource in one."""
    frames = gateway([b"3303", b"3304", b"3316", b"3323"], 30, 60)
    row = verdict(tmp_path, frames)
    assert (row["class"], row["worry"]) == ("H", "note")


def test_a_client_whose_answers_take_another_way_is_no_victim(tmp_path):
    row = verdict(tmp_path, gateway([b"temp"], 60, 60, answered=False))
    assert row["class"] in ("B", "H") and not row["victim"]


def test_two_devices_that_ask_each_other_are_no_flood(tmp_path):
    frames = []
    for i in range(40):
        there, back = (STRANGER, 5683, HOME, 5683), (HOME, 5683, STRANGER, 5683)
        ours, theirs = bytes([1, i]), bytes([2, i])
        frames += [(i * 10, udp(*back, message(CON, GET, i, ours, TEMP))),
                   (i * 10 + 0.02, udp(*there, message(ACK, CONTENT, i, ours, payload=b"2"))),
                   (i * 10 + 5, udp(*there, message(CON, GET, 900 - i * 7, theirs, TEMP))),
                   (i * 10 + 5.02, udp(*back, message(ACK, CONTENT, 900 - i * 7, theirs,
                                                      payload=b"3")))]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["victim"]) == ("H", False)


# --- reflection that looks like one of them ---

@pytest.mark.parametrize("port, mids, every, size", [
    (80, range(200), 1, 400), (51234, range(200), 5, 900), (None, [0x7257] * 200, 2, 900)])
def test_a_token_does_not_make_a_client(tmp_path, port, mids, every, size):
    dice, frames = random.Random(3), []
    for i, mid in enumerate(mids):
        there, token = port or dice.randrange(1024, 60000), dice.randbytes(4)
        ask = message(CON, GET, mid, token, [(11, b"large")])
        frames += [(i * every, udp(STRANGER, there, HOME, 5683, ask)),
                   (i * every + 0.01, udp(HOME, 5683, STRANGER, there, message(
                       ACK, CONTENT, mid, token, payload=b"x" * size)))]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["victim"], row["worry"]) == ("C1", True, "act_now")


def refusal(of):
    """The source's ICMP port unreachable to an answer of ours."""
    return ip(STRANGER, HOME, 1, struct.pack(">BBHI", 3, 3, 0, 0) + of)


@pytest.mark.parametrize("code, worry", [(0x85, "act"), (0x44, "act_now")], ids=["4.05", "2.04"])
def test_writes_whose_answers_are_refused_were_not_sent_by_their_source(tmp_path, code, worry):
    dice, frames = random.Random(5), []
    for i in range(60):
        mid = dice.randrange(1 << 16)
        answer = udp(HOME, 5683, STRANGER, 80, message(NON, code, mid + 1 & 0xffff))
        frames += [(i * 0.05, udp(STRANGER, 80, HOME, 5683, message(NON, PUT, mid, b"", TEMP))),
                   (i * 0.05 + 0.01, answer), (i * 0.05 + 0.02, refusal(answer))]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["victim"], row["worry"]) == ("C1", True, worry)


def test_a_flood_over_a_group_is_one(tmp_path):
    frames = []
    for i in range(200):
        ask = message(NON, GET, i * 7919 & 0xffff, b"", [(11, b".well-known"), (11, b"core")])
        frames.append((i * 0.05, udp(STRANGER, 80, "224.0.1.187", 5683, ask)))
        frames.append((i * 0.05 + 0.01, udp(HOME, 5683, STRANGER, 80, message(
            NON, CONTENT, i, b"", payload=b"x" * 300))))
    row = verdict(tmp_path, frames)
    assert (row["class"], row["victim"]) == ("C1", True)


def test_one_flooded_address_says_nothing_about_its_neighbours(tmp_path):
    frames = []
    for i in range(400):
        frames.append((i * 0.1, udp(STRANGER, 80, HOME, 5683, message(
            CON, GET, i * 31 & 0xffff, b"", [(11, b".well-known"), (11, b"core")]))))
    for k in range(14):
        who = f"203.0.113.{100 + k}"
        for i in range(12):
            at, mid, token = k + i * 30, k * 100 + i, bytes([k, i])
            frames += [(at, udp(who, 42000, HOME, 5683, message(CON, GET, mid, token, TEMP))),
                       (at + 0.01, udp(HOME, 5683, who, 42000, message(
                           ACK, CONTENT, mid, token, payload=b"2")))]
    assert verdict(tmp_path, frames)["class"] == "C1"
    row = verdict(tmp_path, frames, source="203.0.113.107")
    assert row["class"] in ("B", "H") and not row["victim"]


def floods(victims, home=HOME, path=(b".well-known", b"core"), at=0.0):
    for who in victims:
        for i in range(200):
            yield at + i * 0.05, udp(who, 80, home, 5683, message(
                CON, GET, 0x7257, b"", [(11, part) for part in path]))


def test_two_floods_among_scanners_say_nothing_of_them(tmp_path):
    frames = list(floods(["203.0.113.9", "203.0.113.10"]))
    for k in range(12):
        for i in range(3):
            frames.append((20 + k + i * 9, udp(f"203.0.113.{20 + k}", 40000 + k, f"192.0.2.{10 + i}",
                                               5683, message(CON, GET, k * 977 + i, b"", [
                                                   (11, b".well-known"), (11, b"core")]))))
    assert verdict(tmp_path, frames, source="203.0.113.9")["class"] == "C1"
    row = verdict(tmp_path, frames, source="203.0.113.25")
    assert (row["class"], row["victim"]) == ("B", False)


def test_who_tries_a_resource_before_it_is_used_in_a_flood_tests_it(tmp_path):
    """Also from the network of the flood's victim."""
    ask = message(CON, GET, 1, b"t", [(11, b"large")])
    frames = [(0, udp(STRANGER, 40000, HOME, 5683, ask)),
              (0.01, udp(HOME, 5683, STRANGER, 40000, message(ACK, CONTENT, 1, b"t",
                                                              payload=b"x" * 900)))]
    frames += floods(["203.0.113.9"], path=[b"large"], at=3600.0)
    assert verdict(tmp_path, frames)["class"] == "C2"


def test_a_flood_without_tokens_in_a_clients_name_is_one(tmp_path):
    """The client proves on its own port that it hears us; on the flood's nobody does."""
    frames = list(rounds(1, 20, 60, again=(2.3,)))
    frames += [(1500 + at, frame) for at, frame in floods([STRANGER])]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["victim"]) == ("C1", True)


def peers_asking(n, each, every):
    for k in range(n):
        who = f"203.0.113.{20 + k}"
        for i in range(each):
            mid, token = k * 100 + i, bytes([k, i])
            ask = message(CON, GET, mid, token, TEMP)
            yield k + i * every, udp(who, 42000, HOME, 5683, ask)
            yield k + i * every + 0.01, udp(HOME, 5683, who, 42000, message(
                ACK, CONTENT, mid, token, payload=b"21"))


def test_a_network_of_listed_peers_is_own_traffic(tmp_path):
    row = verdict(tmp_path, peers_asking(12, 12, 30), "--peer", "203.0.113.0/24", source=None)
    assert (row["prefix"], row["class"], row["worry"]) == ("203.0.113.0/24", "H", "none")


def test_what_peers_refuse_in_a_carpet_makes_them_victims(tmp_path):
    frames = []
    for i in range(300):
        who = f"203.0.113.{i % 100 + 1}"
        answer = udp(HOME, 5683, who, 80, message(ACK, CONTENT, 7, b"", payload=b"x" * 300))
        frames += [(i * 0.05, udp(who, 80, HOME, 5683, message(CON, GET, 7, b"", TEMP))),
                   (i * 0.05 + 0.01, answer),
                   (i * 0.05 + 0.02, ip(who, HOME, 1, struct.pack(">BBHI", 3, 3, 0, 0) + answer))]
    row = verdict(tmp_path, frames, "--peer", "203.0.113.0/24", source="203.0.113.50")
    assert (row["class"], row["victim"]) == ("C1", True)


def test_a_carpet_with_one_message_id_does_not_retransmit(tmp_path):
    frames = []
    for i in range(48):
        who, ask = f"203.0.113.{i % 16 + 1}", message(NON, GET, 0x0101, b"", [(11, b"large")])
        frames += [(i * 0.1, udp(who, 80, HOME, 5683, ask)),
                   (i * 0.1 + 0.01, udp(HOME, 5683, who, 80, message(NON, CONTENT, i, b"",
                                                                     payload=b"x" * 300)))]
    row = verdict(tmp_path, frames, source=None)
    assert (row["class"], row["victim"], row["worry"]) == ("C1", True, "act_now")


def carpet(n, each, answer=b"x" * 500, mid=0x0101, code=CONTENT, seconds=16, neighbours=()):
    """In the name of @n addresses, @each time to one host, from port 80; a neighbour asks first."""
    dice = random.Random(2)
    frames = [(0, udp(f"203.0.113.{250 - i}", 4001, HOME, 5683, ask))
              for i, ask in enumerate(neighbours)]
    for i in range(n * each):
        who, one = f"203.0.113.{i % n + 1}", mid or dice.randrange(1 << 16)
        token = b"" if mid else dice.randbytes(4)
        at = 600 + seconds * i / (n * each)
        frames += [(at, udp(who, 80, HOME, 5683, message(CON, GET, one, token, TEMP))),
                   (at + 0.01, udp(HOME, 5683, who, 80, message(ACK, code, one, token,
                                                                payload=answer)))]
    return frames


@pytest.mark.parametrize("asked", [message(CON, GET, 7, b"tok", TEMP), message(CON, PUT, 8, b"t"),
                                   b"\x4f\x01\x00\x01", message(CON, GET, 0x7d70)])
def test_one_neighbour_does_not_make_a_carpet_a_scan(tmp_path, asked):
    row = verdict(tmp_path, carpet(200, 4, neighbours=[asked]), source=None)
    assert (row["class"], row["victim"], row["worry"]) == ("C1", True, "act_now")


def test_whom_it_was_asked_about_comes_before_his_network(tmp_path):
    frames = carpet(200, 4) + [(900, udp("203.0.113.240", 4001, HOME, 5683, b"\x16\xfe\xfd" + bytes(9)))]
    path = capture(tmp_path / "x.pcap", frames)

    def asked(what):
        done = subprocess.run([COAPSCOPE, "explain", what, "-r", path, "-O", "jsonl", "--local",
                               "192.0.2.0/24"], capture_output=True, check=True)
        return [json.loads(line) for line in done.stdout.splitlines()]
    rows = asked("203.0.113.240")
    assert [row["source"] or row["prefix"] for row in rows] == ["203.0.113.240", "203.0.113.0/24"]
    assert asked("203.0.113.0/24")[0]["prefix"] == "203.0.113.0/24"
    victim, network = asked("203.0.113.7")
    assert victim["victim"] and victim["confidence"] <= network["confidence"]


def test_a_carpet_that_finds_nothing_is_one(tmp_path):
    row = verdict(tmp_path, carpet(200, 1, answer=b"", mid=0, code=0x84, seconds=5), source=None)
    assert (row["class"], row["victim"]) == ("C1", True)


@pytest.mark.parametrize("hosts", [10, 60])
def test_a_farm_of_scanners_that_a_mirror_port_doubles_is_no_carpet(tmp_path, hosts):
    ask, frames = message(CON, GET, 0x7d70, b"", [(11, b".well-known"), (11, b"core")]), []
    for i in range(20):
        for host in range(hosts):
            at = (host * 20 + i) * 0.3
            frame = udp(f"203.0.113.{i + 1}", 40000 + i, f"192.0.2.{host + 1}", 5683, ask)
            frames += [(at, frame), (at + 30e-6, frame)]
    row = verdict(tmp_path, frames, source=None)
    assert (row["class"], row["victim"]) == ("B", False)


def test_one_message_id_to_seven_hosts_again_and_again_is_no_back_off(tmp_path):
    frames = []
    for i in range(35):
        home, at = f"192.0.2.{i % 7 + 1}", i * 1.3
        frames += [(at, udp(STRANGER, 27289, home, 5683, message(CON, GET, 12444, b"", TEMP))),
                   (at + 0.01, udp(home, 5683, STRANGER, 27289, message(
                       ACK, CONTENT, 12444, b"", payload=b"x" * 300)))]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["victim"], row["worry"]) == ("C1", True, "act_now")


@pytest.mark.parametrize("answered", [False, True])
@pytest.mark.parametrize("tool", [True, False])
def test_a_flood_in_a_peers_name_is_not_the_peer(tmp_path, tool, answered):
    dice, frames = random.Random(4), list(rounds(1, 3, 30))
    for i in range(200):
        at, port = 300 + i * 0.02, 80 if tool else dice.randrange(1024, 65536)
        mid, token = (4660, b"wxyz") if tool else (dice.randrange(1 << 16), dice.randbytes(4))
        frames.append((at, udp(STRANGER, port, "192.0.2.20", 5683,
                               message(CON, GET, mid, token, [(11, b"large")]))))
        if answered and tool:
            frames.append((at + 0.01, udp("192.0.2.20", 5683, STRANGER, port, message(
                ACK, CONTENT, mid, token, payload=b"x" * 600))))
    row = verdict(tmp_path, frames, "--peer", STRANGER)
    assert (row["class"], row["victim"]) == ("C1", True)


def test_a_peer_whose_answers_take_another_way_is_the_peer(tmp_path):
    frames = [(i * 0.05, udp(STRANGER, 40000, HOME, 5683,
                             message(CON, GET, 900 + i, bytes([i, 1]), TEMP))) for i in range(200)]
    assert verdict(tmp_path, frames, "--peer", STRANGER)["class"] == "H"


@pytest.mark.parametrize("noise", [1, 3])
@pytest.mark.parametrize("fault", [b"\x49\x01\x12\x34", b"\x40\x01\x12\x34\xb4ab",
                                   b"\x40\x20\x12\x34", message(CON, GET, 1, b"", [(11, b"..")])])
def test_noise_hides_no_malformed_message(tmp_path, fault, noise):
    frames = [(i, udp(STRANGER, 4000 + i, HOME, 5683, random.Random(i).randbytes(40)[:39] + b"\x9c"))
              for i in range(noise)]
    frames = [(at, frame[:28] + b"\x93\x7f\xee" + frame[31:]) for at, frame in frames]
    row = verdict(tmp_path, [*frames, (9, udp(STRANGER, 4100, HOME, 5683, fault))])
    assert (row["class"], "I" in row["classes"]) == ("F", True)


@pytest.mark.parametrize("args, want", [((), "B"), (("--peer", STRANGER), "H")])
def test_a_connection_that_is_older_than_the_capture_is_no_flood(tmp_path, args, want):
    frames, seq, ack = [], 1000, 9000
    for i in range(40):
        ask = bytes([0x51, GET, i]) + b"\xb4temp"
        answer = bytes([0x51, CONTENT, i]) + b"\xff" + b"21.5"
        frames += [(i, segment(STRANGER, 50000, HOME, 5683, seq, ack, PUSH, ask)),
                   (i + 0.01, segment(HOME, 5683, STRANGER, 50000, ack, seq + len(ask), PUSH,
                                      answer))]
        seq, ack = seq + len(ask), ack + len(answer)
    row = verdict(tmp_path, frames, *args)
    assert (row["class"], row["victim"]) == (want, False)


def test_a_write_that_is_refused_was_not_acknowledged(tmp_path):
    frames = [(0, udp(STRANGER, 4000, HOME, 5683, message(CON, PUT, 5, b"t", TEMP))),
              (0.1, udp(HOME, 5683, STRANGER, 4000, message(RST, 0, 5)))]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["worry"]) == ("D", "note")
    assert "write_acked" not in [seen["what"] for seen in row["evidence"]]


def test_writes_from_all_over_a_network_are_no_carpet(tmp_path):
    frames = [(i * 0.1, udp(f"203.0.113.{i % 30 + 1}", 40000, HOME, 5683,
                            message(CON, PUT, i, bytes([i % 256]), [(11, b"led")], b"1")))
              for i in range(300)]
    row = verdict(tmp_path, frames, source=None)
    assert (row["class"], row["victim"]) == ("D", False)


# --- what our own hosts, or a look around at home, excuse ---

PING = message(CON, 0, 77)


@pytest.mark.parametrize("ours", [
    [], [udp(HOME, 5000, STRANGER, 5683, PING), udp(STRANGER, 5683, HOME, 5000, message(RST, 0, 77))],
    [udp(HOME, 5000, STRANGER, 5683, message(CON, GET, 78, b"a", TEMP)),
     udp(STRANGER, 5683, HOME, 5000, message(ACK, CONTENT, 78, b"a", payload=b"x"))],
], ids=["nothing", "ping", "answer"])
def test_to_have_asked_an_attacker_something_clears_him_of_nothing(tmp_path, ours):
    there, back = (STRANGER, 45000, HOME, 5683), (HOME, 5683, STRANGER, 45000)
    frames = [(0, udp(*there, message(CON, PUT, 1, b"t", [(11, b"led")], b"1"))),
              (0.02, udp(*back, message(ACK, 0x44, 1, b"t")))]
    frames += [(5 + i * 0.1, frame) for i, frame in enumerate(ours)]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["worry"], row["answered"]) == ("D", "act_now", True)


def test_who_looked_around_at_home_and_then_writes_is_told_of(tmp_path):
    guest = "192.168.7.9"
    frames = [(i, udp(guest, 40000, "224.0.1.187", 5683, message(
        NON, GET, i, bytes([i + 1]), [(11, b".well-known"), (11, b"core")]))) for i in range(3)]
    assert verdict(tmp_path, frames, source=guest)["class"] == "H"
    frames += [(9, udp(guest, 40000, HOME, 5683, message(CON, PUT, 9, b"t", [(11, b"led")], b"1"))),
               (9.02, udp(HOME, 5683, guest, 40000, message(ACK, 0x44, 9, b"t")))]
    row = verdict(tmp_path, frames, source=guest)
    assert (row["class"], row["worry"]) == ("D", "act_now")


# --- captures that are not whole ---

def test_an_answer_that_was_captured_before_its_request_is_its_answer(tmp_path):
    ask = udp(STRANGER, 45000, HOME, 5683, message(CON, PUT, 1, b"t", [(11, b"led")], b"1"))
    answer = udp(HOME, 5683, STRANGER, 45000, message(ACK, 0x44, 1, b"t"))
    row = verdict(tmp_path, [(0.02, answer), (0, ask)], ordered=False)
    assert (row["class"], row["worry"], row["answered"]) == ("D", "act_now", True)


def test_a_stranger_whose_requests_took_another_way_has_a_line(tmp_path):
    frames = [(i, udp(HOME, 5683, STRANGER, 44000, message(ACK, CONTENT, i, bytes([i]),
                                                           payload=b"21"))) for i in range(30)]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["answered"], row["worry"]) == ("B", True, "note")
    assert "was answered" in row["what"]


def test_an_answer_of_which_only_the_first_part_was_captured_is_one(tmp_path):
    """The filter "udp port 5683" lets no other part through."""
    frames = []
    for i in range(30):
        ask = message(CON, GET, i * 77, b"", [(11, b".well-known"), (11, b"core")])
        answer = udp(HOME, 5683, STRANGER, 80, message(ACK, CONTENT, i * 77, b"",
                                                       payload=b"x" * 3000))
        first = struct.pack(">BBHHH", 0x45, 0, 1500, i, 0x2000) + answer[8:1500]
        frames += [(i, udp(STRANGER, 80, HOME, 5683, ask)), (i + 0.01, first)]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["worry"], row["answered"]) == ("C1", "act_now", True)
    assert row["bytes_out"] > 90000


def test_a_path_that_was_cut_off_is_nothing_unusual(tmp_path):
    frame = udp(STRANGER, 45000, HOME, 5683, message(CON, GET, 1, b"token678", [(11, b".well-known"), (11, b"core")]))
    row = verdict(tmp_path, [(0, frame)], cut=10)
    assert row["class"] == "B"


# --- what the bytes hide, or are ---

def test_a_handshake_that_is_refused_is_no_traffic_of_ours(tmp_path):
    """What our server says in DTLS is an answer, though no CoAP is seen in it."""
    hello = bytes.fromhex("16fefd0000000000000000002a0100001e000000000000001efefd") + bytes(28)
    verify = bytes.fromhex("16feff0000000000000000001703000000000000000000000bfeff08") + bytes(8)
    frames = []
    for i in range(30):
        answer = udp(HOME, 5684, STRANGER, 40000, verify)
        frames += [(i, udp(STRANGER, 40000, HOME, 5684, hello)), (i + 0.01, answer),
                   (i + 0.02, refusal(answer))]
    row = verdict(tmp_path, frames)
    assert (row["class"], row["worry"], row["victim"]) == ("I", "none", False)
    assert "own_refused" not in [one["what"] for one in row["evidence"]]


def test_oscore_hides_what_is_asked(tmp_path):
    """Its outer method is POST, and its outer code 2.04, whatever they are (RFC 8613 section 4.2)."""
    there, back = (STRANGER, 45000, HOME, 5683), (HOME, 5683, STRANGER, 45000)
    protected = [(9, bytes.fromhex("0914"))]
    row = verdict(tmp_path, [
        (0, udp(*there, message(CON, 2, 1, b"t", protected, b"\x8a" * 12))),
        (0.02, udp(*back, message(ACK, 0x44, 1, b"t", [(9, b"")], b"\x8b" * 12)))])
    assert row["class"] == "B" and row["worry"] != "act_now"


def test_a_method_of_a_makers_own_is_coap(tmp_path):
    """Shelly's devices tell of themselves by 0.30."""
    tell = message(NON, 30, 1, b"", [(11, b"cit"), (11, b"s"), (3332, b"SHSW-1#1#1")],
                   b'{"G":[]}')
    frames = [(i * 15, udp("192.168.7.9", 5683, "224.0.1.187", 5683, tell)) for i in range(30)]
    assert verdict(tmp_path, frames, source="192.168.7.9")["class"] == "H"
    frames = [(i * 15, udp("192.168.7.9", 5683, HOME, 5683, tell)) for i in range(30)]
    row = verdict(tmp_path, frames, source="192.168.7.9")
    assert (row["class"], row["victim"]) == ("B", False)


def test_a_server_that_takes_our_connection_did_not_knock(tmp_path):
    out, back = (HOME, 50000, STRANGER, 5683), (STRANGER, 5683, HOME, 50000)
    row = verdict(tmp_path, [(0, segment(*out, 100, 0, SYN)),
                             (0.01, segment(*back, 500, 101, SYN_ACK)),
                             (0.02, segment(*out, 101, 501, ACKS))])
    assert row["class"] == "H"


def test_evidence_of_tcp_is_told_as_tcp(tmp_path):
    body = coap.options([(11, b"light")]) + b"\xffon"
    first = bytes([0, CSM]) + bytes([len(body) << 4 | 1, PUT]) + b"\x01" + body
    row = verdict(tmp_path, connection(first))
    told = {one["what"]: one["decoded"] for one in row["evidence"]}
    assert told["write"] == "TCP PUT /light, token 01, payload 2 bytes: on"
    assert told["tcp"] == "TCP, no data"


# --- several files, and others who write ---

def both_ways(folder):
    ask = [(i, udp(STRANGER, 45000, HOME, 5683, message(CON, PUT, i, b"t", [(11, b"led")], b"1")))
           for i in range(5)]
    done = [(i + 0.02, udp(HOME, 5683, STRANGER, 45000, message(ACK, 0x44, i, b"t")))
            for i in range(5)]
    return capture(folder / "in.pcap", ask), capture(folder / "out.pcap", done)


def test_a_file_for_each_direction_may_come_in_any_order(tmp_path):
    there, back = both_ways(tmp_path)
    for files in ((there, back), (back, there)):
        args = [arg for file in files for arg in ("-r", file)]
        done = subprocess.run([COAPSCOPE, "watch", *args, "-O", "jsonl"], capture_output=True,
                              check=True)
        row = json.loads(done.stdout.splitlines()[0])
        assert (row["class"], row["worry"], row["answered"]) == ("D", "act_now", True)


def test_a_store_that_is_locked_at_the_end_is_waited_for(tmp_path):
    there, _ = both_ways(tmp_path)
    argv = [COAPSCOPE, "watch", "-r", there, "-O", "jsonl", "--store", tmp_path / "store"]
    subprocess.run(argv, capture_output=True, check=True)
    day = next((tmp_path / "store").rglob("watch.db"))
    other = sqlite3.connect(day, isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    running = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    time.sleep(1)
    other.execute("ROLLBACK")
    assert (running.wait(10), running.communicate()[1]) == (0, b"")
