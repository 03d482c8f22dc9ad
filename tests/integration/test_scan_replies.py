# SPDX-License-Identifier: Apache-2.0
"""What the scan makes of what devices say: one device a case, one scan for all."""
import collections
import re

import pytest

import coap
from coap import ACK, CON, CONTENT, EMPTY, NON, RST
from lab import Lab, Says

API = b"</api>,</api/v1>,</.well-known/core>"
PORT = 5683
OTHER_PORT = 6000
LONG = b"".join(b"</r/%03d>;rt=\"core.item\"," % i for i in range(120))[:-1]
LONG_BLOCKS = -(-len(LONG) // 64)

Case = collections.namedtuple("Case", "answer row")
CASES = {}


def case(row):
    """A device's answer and the row that it makes: None is no row at all."""
    def add(answer):
        CASES[answer.__name__] = Case(answer, row)
        return answer
    return add


def with_mid(q, head, tail):
    """Bytes around the Message ID of the request."""
    return bytes.fromhex(head) + q.message.mid.to_bytes(2, "big") + bytes.fromhex(tail)


# --- good answers

@case({"match": "full", "type": "ACK", "code": "2.05", "response_size": 43,
       "amplification": 2.05, "datagrams": 1, "bytes": 43, "request_size": 21,
       "amplification_wire": 1.45, "content_format": 40, "complete": True, "blocks": 1,
       "reply_port": PORT, "port": PORT, "transport": "udp", "token_hex": "",
       "payload_hex": API.hex(), "malformed": None,
       "options": [{"number": 12, "name": "Content-Format", "value_hex": "28"}],
       "links": [{"target": "/api", "attrs": []}, {"target": "/api/v1", "attrs": []},
                 {"target": "/.well-known/core", "attrs": []}]})
def piggybacked(q):
    yield q.ack(opts=[coap.LINK_FORMAT], payload=API)


@case({"match": "full", "code": "2.05", "response_size": 4, "amplification": 0.19,
       "complete": True, "payload_hex": "", "links": [], "content_format": None})
def empty_content(q):
    yield q.ack()


@case({"match": "full", "type": "CON", "code": "2.05", "response_size": 43, "datagrams": 2,
       "bytes": 47, "amplification": 2.05, "message_id": 0x7777, "complete": True})
def separate(q):
    yield q.ack(EMPTY)
    yield Says(q.say(CON, mid=0x7777, opts=[coap.LINK_FORMAT], payload=API), after=0.2)


@case({"match": "port", "type": "NON", "code": "2.05", "message_id": 0x2222, "datagrams": 1,
       "response_size": 43})
def non_with_own_mid(q):
    yield q.say(NON, mid=0x2222, opts=[coap.LINK_FORMAT], payload=API)


@case({"match": "full", "type": "NON", "code": "2.05"})
def non_with_our_mid(q):
    yield q.say(NON, mid=q.message.mid, payload=API)


@case({"match": "port", "type": "CON", "code": "2.05", "message_id": 0x3333})
def con_without_an_ack(q):
    yield q.say(CON, mid=0x3333, payload=API)


@case({"match": "full", "reply_port": OTHER_PORT, "port": PORT, "code": "2.05"})
def from_another_port(q):
    yield Says(q.ack(payload=API), port=OTHER_PORT)


@case({"match": "full", "code": "2.05", "datagrams": 5, "bytes": 5 * 40, "response_size": 40,
       "amplification": 1.90, "amplification_wire": 6.94})
def five_times(q):
    for _ in range(5 if q.nth == 0 else 0):
        yield q.ack(payload=API[:35])


@case({"match": "full", "code": "2.05", "datagrams": 2, "response_size": 40})
def twice_and_late(q):
    yield q.ack(payload=API[:35])
    yield Says(q.ack(payload=API[:35]), after=0.5)


# --- other answers

@case({"match": "full", "type": "RST", "code": "0.00", "response_size": 4, "blocks": 0})
def reset(q):
    yield coap.message(RST, EMPTY, q.message.mid)


@case({"match": "full", "type": "ACK", "code": "4.04", "response_size": 14,
       "payload_hex": b"Not Found".hex()})
def not_found(q):
    yield q.ack(coap.NOT_FOUND, payload=b"Not Found")


@case({"match": "full", "code": "4.01"})
def unauthorised(q):
    yield q.ack(coap.UNAUTHORISED)


@case({"match": "full", "code": "5.00", "payload_hex": b"boom".hex()})
def internal_error(q):
    yield q.ack(coap.INTERNAL, payload=b"boom")


@case({"match": "full", "type": "ACK", "code": "0.00", "response_size": 4, "blocks": 0})
def empty_ack_only(q):
    yield q.ack(EMPTY)


@case({"match": "full", "type": "CON", "code": "0.01", "response_size": 21})
def echo(q):
    yield q.message.bytes


@case(None)
def asks_us(q):
    yield coap.message(CON, coap.GET, 0x0101, opts=[(11, b"x")])


@case(None)
def pings_us(q):
    yield coap.message(CON, EMPTY, 0x0101)


@case(None)
def ack_of_another(q):
    yield coap.message(ACK, CONTENT, q.message.mid ^ 1, q.message.token, payload=API)


@case(None)
def reset_of_another(q):
    yield coap.message(RST, EMPTY, q.message.mid ^ 0x8000)


@case(None)
def non_once_and_never_again(q):
    if q.nth == 0:
        yield q.say(NON, payload=API)


# --- malformed: M1 to M12 stop the decoding, the others are oddities

def fault(reason, offset=None, **more):
    flaw = {"reason": reason} | ({} if offset is None else {"offset": offset})
    return {"malformed": flaw, **more}


@case(fault("M1", 0, match="port", response_size=0, type=None, code=None, message_id=None))
def no_bytes(q):
    yield b""


@case(fault("M1", 3, match="port", response_size=3, header_hex="604500"))
def three_bytes(q):
    yield bytes.fromhex("604500")


@case(fault("M2", 0, match="full"))
def version_two(q):
    yield with_mid(q, "a045", "ff61")


@case(fault("M2", 0, match="full"))
def version_zero(q):
    yield with_mid(q, "2045", "ff61")


@case(fault("M3", 0, match="full"))
def token_length_nine(q):
    yield with_mid(q, "6945", "00" * 9 + "ff61")


@case(fault("M4", 4, match="full"))
def token_cut(q):
    yield with_mid(q, "6845", "0011")


@case(fault("M5", 4, code="2.05"))
def token_long(q):
    yield with_mid(q, "6d45", "28" + "00" * 53 + "ff61")


@case(fault("M6", 4, match="full"))
def nibble_fifteen(q):
    yield with_mid(q, "6045", "f1aa")


@case(fault("M7", 4, match="full"))
def option_cut(q):
    yield with_mid(q, "6045", "c428")


@case(fault("M8", match="full"))
def extension_cut(q):
    yield with_mid(q, "6045", "d0")


@case(fault("M9", match="full"))
def number_too_large(q):
    yield with_mid(q, "6045", "e0ffffe0ffff")


@case(fault("M10", match="full"))
def length_too_large(q):
    yield with_mid(q, "6045", "0effff" + "00" * 100)


@case(fault("M11", 4, match="full"))
def marker_alone(q):
    yield with_mid(q, "6045", "ff")


@case(fault("M12", 4, match="full"))
def empty_with_more(q):
    yield with_mid(q, "6000", "ff61")


@case(fault("M13", 1, match="full", code="1.00"))
def reserved_class(q):
    yield with_mid(q, "6020", "")


@case(fault("M13", 1, match="full", code="7.01"))
def signalling(q):
    yield with_mid(q, "60e1", "")


@case(fault("M14", 4, match="full", code="2.05"))
def option_length(q):
    yield q.ack(opts=[(12, b"\0\0\x28")], payload=API)


@case(fault("M15", 6, match="full", code="2.05"))
def repeated(q):
    yield q.ack(opts=[coap.LINK_FORMAT, coap.LINK_FORMAT], payload=API)


@case(fault("M16", 4, match="full", code="2.05", complete=True))
def block_szx_seven(q):
    yield q.ack(opts=[(23, b"\x0f")], payload=API)


@case({"malformed": None, "match": "full", "code": "2.05", "complete": True})
def block_without_value(q):
    yield q.ack(opts=[(23, b"")], payload=API[:16])


@case(fault("M18", 4, match="full", code="2.05"))
def oscore_reserved(q):
    yield q.ack(opts=[(9, b"\xe0")], payload=API)


@case(fault("M19", match="full", code="2.05"))
def host_long(q):
    yield q.ack(opts=[(35, b"coap://" + b"h" * 256 + b"/")], payload=API)


@case(fault("M20", match="full", code="2.05"))
def path_with_nul(q):
    yield q.ack(opts=[(11, b"a\0b")], payload=API)


@case(fault("M21", match="full", code="2.05"))
def many_options(q):
    yield q.ack(opts=[(8, b"x")] * 65, payload=API)


# Capitals are version 1 of CoAP, digits version 0.

@case({"match": "port", "response_size": 26, "code": "2.20", "type": "CON"})
def http(q):
    yield b"HTTP/1.1 400 Bad Request\r\n"


@case(fault("M2", 0, match="port", response_size=9, header_hex=b"220 ready".hex()))
def ftp(q):
    yield b"220 ready"


@case({"match": "port", "response_size": 14, "code": "2.19", "type": "NON"})
def ssh(q):
    yield b"SSH-2.0-thing\n"


@case({"match": "full", "code": "2.05", "response_size": 65507, "complete": True})
def datagram_of_64_kib(q):
    yield q.ack(payload=b"x" * (65507 - 5))


# --- bodies in blocks

def in_blocks(q, body, size=64, szx=2, etag=None, more=None, num=None):
    n = q.message.block2[0] if q.message.block2 else 0
    part = body[n * size:(n + 1) * size]
    return q.ack(opts=[coap.LINK_FORMAT,
                       (23, coap.block(n if num is None else num,
                                       len(body) > (n + 1) * size if more is None else more,
                                       szx))] + ([(4, etag)] if etag else []), payload=part)


@case({"complete": True, "blocks": LONG_BLOCKS, "payload_hex": LONG.hex(), "response_size": 73,
       "amplification": 3.48, "datagrams": 1, "bytes": 73})
def block_whole_body(q):
    yield in_blocks(q, LONG)


@case({"complete": False, "blocks": 64, "payload_hex": (b"x" * 64 * 64).hex()})
def block_endless(q):
    yield in_blocks(q, b"x" * 64 * 300, more=True)


@case({"complete": False, "blocks": 64, "payload_hex": (b"x" * 65536).hex()})
def block_endless_and_large(q):
    yield in_blocks(q, b"x" * 1024 * 300, size=1024, szx=6, more=True)


@case({"complete": False, "blocks": 2, "payload_hex": LONG[:128].hex()})
def block_grows(q):
    n = q.message.block2[0] if q.message.block2 else 0
    yield in_blocks(q, LONG) if n < 2 else in_blocks(q, LONG, size=128, szx=3, num=2)


@case({"complete": True, "payload_hex": LONG[:256].hex()})
def block_shrinks(q):
    if q.message.block2 is None:
        yield in_blocks(q, LONG[:256], size=128, szx=3)
    else:
        num, _, szx = q.message.block2
        at = num * (16 << szx)
        yield q.ack(opts=[(23, coap.block(at // 32, at + 32 < 256, 1))], payload=LONG[at:at + 32])


@case({"complete": False, "blocks": 1, "payload_hex": LONG[:64].hex()})
def block_repeats(q):
    yield q.ack(opts=[(23, coap.block(0, True, 2))], payload=LONG[:64])


@case({"complete": False, "blocks": 2, "payload_hex": LONG[:128].hex()})
def block_etag_changes(q):
    yield in_blocks(q, LONG, etag=b"old" if q.nth < 2 else b"new")


@case({"complete": False, "blocks": 1, "payload_hex": LONG[:64].hex()})
def block_then_silence(q):
    if q.nth == 0:
        yield in_blocks(q, LONG)


@case({"complete": False, "blocks": 1, "payload_hex": LONG[:64].hex()})
def block_then_reset(q):
    yield in_blocks(q, LONG) if q.nth == 0 else coap.message(RST, EMPTY, q.message.mid)


@case({"complete": False, "blocks": 1, "payload_hex": LONG[:64].hex()})
def block_then_not_found(q):
    yield in_blocks(q, LONG) if q.nth == 0 else q.ack(coap.NOT_FOUND)


@case({"complete": True, "match": "port", "payload_hex": LONG[:256].hex(), "blocks": 4})
def block_in_non(q):
    whole = coap.read(in_blocks(q, LONG[:256]))
    yield coap.message(NON, CONTENT, 0x4000 + q.nth, q.message.token, whole.options, whole.payload)


@case({"complete": True, "match": "full", "payload_hex": LONG[:256].hex(), "blocks": 4})
def block_by_separate_responses(q):
    whole = coap.read(in_blocks(q, LONG[:256]))
    yield q.ack(EMPTY)
    yield coap.message(CON, CONTENT, 0x4000 + q.nth, q.message.token, whole.options, whole.payload)


NAMES = list(CASES)
IP = {name: f"127.5.0.{i + 1}" for i, name in enumerate(NAMES)}


class Seen:
    """One scan of all devices."""

    def __init__(self, lab, *args):
        net = lab.net()
        self.devices = lab.devices(net, {IP[n]: CASES[n].answer for n in NAMES},
                                   ports=[OTHER_PORT])
        self.run = lab.start(net, "127.5.0.0/25", "-c2", "-r2000", "-e1", *args)

    def end(self):
        self.run = self.run.wait().ok()
        self.row = self.run.by_ip
        return self


@pytest.fixture(scope="module")
def both():
    with Lab() as lab, Lab() as other:
        seen, bare = Seen(lab), Seen(other, "--no-follow")
        yield seen.end(), bare.end()


@pytest.fixture(scope="module")
def seen(both):
    return both[0]


@pytest.fixture(scope="module")
def bare(both):
    return both[1]


@pytest.mark.parametrize("name", NAMES)
def test_the_row_says_what_the_device_said(seen, name):
    want, row = CASES[name].row, seen.row.get(IP[name])
    if want is None:
        assert row is None
        return
    assert row is not None
    got = {key: row[key] for key in want}
    if want.get("malformed"):
        got["malformed"] = {key: row["malformed"][key] for key in want["malformed"]}
    assert got == want


def test_no_row_for_the_silent(seen):
    assert set(seen.row) == {IP[n] for n in NAMES if CASES[n].row is not None}
    assert len(seen.run.rows) == len(seen.row)


def test_the_probe_is_the_one_that_other_scanners_send(seen):
    first = {}
    for heard in seen.devices.heard:
        first.setdefault(heard.ip, heard.data)
    assert len(first) == 128
    for data in first.values():
        assert data[:2] + b"\0\0" + data[4:] == coap.PROBE


def test_a_silent_device_is_asked_once(seen):
    assert len(seen.devices.to("127.5.0.127")) == 1


def test_message_ids_and_ports_differ_by_address(seen):
    first = [h for h in seen.devices.heard if h.data[1] == 1 and len(h.data) == 21]
    assert len({h.data[2:4] for h in first}) > 120
    assert len({h.peer[1] for h in first}) >= 2


def test_the_header_is_that_of_the_first_datagram(seen):
    for name in ("piggybacked", "block_whole_body"):
        row, mid = seen.row[IP[name]], seen.devices.to(IP[name])[0][2:4]
        assert row["header_hex"].startswith("6045" + mid.hex())
        assert row["message_id"] == int.from_bytes(mid, "big")
        assert row["header_hex"].endswith("ff")


@pytest.mark.parametrize("name,mid", [("separate", 0x7777), ("con_without_an_ack", 0x3333)])
def test_a_confirmable_answer_is_acknowledged(seen, name, mid):
    acks = [d for d in seen.devices.to(IP[name]) if d[1] == 0]
    assert coap.message(ACK, EMPTY, mid) in acks
    assert set(acks) == {coap.message(ACK, EMPTY, mid)}


def test_nothing_is_ever_reset(seen):
    kinds = collections.Counter((h.data[0] >> 4 & 3, h.data[1]) for h in seen.devices.heard)
    assert set(kinds) == {(CON, coap.GET), (ACK, EMPTY)}


def test_a_port_match_was_confirmed_with_a_token_of_eight_bytes(seen):
    asked = [coap.read(d) for d in seen.devices.to(IP["non_with_own_mid"])]
    assert [len(m.token) for m in asked] == [0, 8]
    assert asked[1].options == asked[0].options


def test_never_a_zero_length_block_option_is_sent(seen):
    blocks = [coap.read(h.data).option(coap.BLOCK2) for h in seen.devices.heard
              if h.data[1] == coap.GET]
    asked = [b for b in blocks if b is not None]
    assert len(asked) > 150 and all(len(b) >= 1 for b in asked)


def test_the_second_stage_stops_at_the_first_silence(seen):
    assert len(seen.devices.to(IP["block_then_silence"])) == 2
    assert len(seen.devices.to(IP["block_then_reset"])) == 2
    assert len(seen.devices.to(IP["non_once_and_never_again"])) == 2


def test_at_most_64_blocks_are_asked_for(seen):
    assert len(seen.devices.to(IP["block_endless"])) == 64
    assert len(seen.devices.to(IP["block_endless_and_large"])) == 64


def test_one_request_at_a_time_goes_to_a_device(seen):
    """The next block is asked for after the one before it has come."""
    asked = [coap.read(d).block2 for d in seen.devices.to(IP["block_whole_body"])]
    assert [b and b[0] for b in asked] == [None, *range(1, LONG_BLOCKS)]


def test_what_is_no_answer_is_counted_by_its_cause(seen):
    rejected = seen.run.meta["rejected"]
    assert rejected["wrong_mid"] == 2
    assert rejected["not_an_answer"] == 2
    assert rejected["unconfirmed"] == 1
    assert rejected["out_of_scope"] == rejected["wrong_port"] == rejected["late"] == 0


def test_the_metadata_adds_up(seen):
    meta = seen.run.meta
    assert meta["targets"] == meta["probes_sent"] == 128
    assert meta["results"] == len(seen.run.rows)
    assert meta["probes_sent"] + meta["follow_ups_sent"] == len(seen.devices.heard)
    assert meta["receive_dropped"] == meta["send_failed"] == 0
    assert meta["chunks"] == {"closed": 1, "open": 0}
    assert meta["seed"] == 1 and meta["excluded"] == 0
    assert re.fullmatch("[0-9a-f]{32}", meta["scan"])


def test_no_follow_sends_probes_only(bare):
    assert bare.run.meta["follow_ups_sent"] == sum(h.data[1] == 0 for h in bare.devices.heard)
    asked = collections.Counter(h.ip for h in bare.devices.heard if h.data[1] == coap.GET)
    assert len(asked) == 128 and set(asked.values()) == {1}


def test_no_follow_keeps_first_blocks_and_drops_what_it_cannot_confirm(bare):
    row = bare.row[IP["block_whole_body"]]
    assert (row["complete"], row["blocks"], row["payload_hex"]) == (False, 1, LONG[:64].hex())
    assert IP["piggybacked"] in bare.row and IP["non_with_our_mid"] in bare.row
    assert IP["non_with_own_mid"] not in bare.row and IP["three_bytes"] not in bare.row
    assert bare.run.meta["rejected"]["unconfirmed"] >= 5
