# SPDX-License-Identifier: Apache-2.0
"""coapscope explain: one address, one packet, whatever people paste."""
import json
import os
import re
import socket
import struct
import subprocess

import pytest

import netns

COAPSCOPE = os.environ.get("COAPSCOPE", netns.BUILD / "coapscope")
BEGAN = 1763780000
PROBE = bytes.fromhex("40017d70bb2e77656c6c2d6b6e6f776e04636f7265")
RAW = 101


def explain(*args, stdin=b"", code=0):
    done = subprocess.run([COAPSCOPE, "explain", *map(str, args)], input=stdin, timeout=60,
                          capture_output=True, check=False)
    assert done.returncode == code, done.stderr
    return done.stdout.decode(), done.stderr.decode()


def verdicts(*args):
    return [json.loads(line) for line in explain(*args, "-O", "jsonl")[0].splitlines()]


def packet(source, to, ports, payload):
    udp = struct.pack(">HHHH", *ports, 8 + len(payload), 0) + payload
    head = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                       socket.inet_aton(source), socket.inet_aton(to))
    total = sum(struct.unpack(">10H", head))
    total = (total & 0xffff) + (total >> 16)
    return head[:10] + struct.pack(">H", ~total & 0xffff) + head[12:] + udp


def capture(path, frames):
    with open(path, "wb") as file:
        file.write(struct.pack("<IHHIIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, RAW))
        for when, frame in frames:
            file.write(struct.pack("<IIII", BEGAN + when, 0, len(frame), len(frame)) + frame)
    return path


@pytest.fixture(scope="module")
def pcap(tmp_path_factory):
    """198.51.100.7 asks once and is answered; 203.0.113.9 switches a light, three times."""
    frames = [(0, packet("198.51.100.7", "192.0.2.1", (4751, 5683), PROBE)),
              (0, packet("192.0.2.1", "198.51.100.7", (5683, 4751),
                         bytes.fromhex("60457d70c128ff") + b'</a>;rt="x",' * 20))]
    for i in range(3):
        token = struct.pack(">H", i)
        frames.append((60 * i, packet("203.0.113.9", "192.0.2.1", (40000, 5683),
                                      bytes([0x42, 3, 0x12, 0x34 + i]) + token +
                                      b"\xb5light\xff1")))
        frames.append((60 * i, packet("192.0.2.1", "203.0.113.9", (5683, 40000),
                                      bytes([0x62, 0x44, 0x12, 0x34 + i]) + token)))
    return capture(tmp_path_factory.mktemp("explain") / "c.pcap", frames)


def test_one_screen_with_the_verdict_first(pcap):
    text, _ = explain("203.0.113.9", "-r", pcap)
    assert text.splitlines()[0].startswith("203.0.113.9: act now. ")
    for part in ("\nWhen\n", "2025-11-22 02:53:20", "\nBecause\n", "CON PUT /light",
                 "\nAnswered\n  yes", "\nWho\n", "\nWhat to do\n  coapscope protect",
                 "\nHow sure\n"):
        assert part in text
    assert len(text.splitlines()) < 40


def test_the_same_verdict_as_watch_gives(pcap):
    done = subprocess.run([COAPSCOPE, "watch", "-r", pcap, "-O", "jsonl"], timeout=60,
                          capture_output=True, check=True)
    of_watch = {v["source"]: v for v in map(json.loads, done.stdout.splitlines())}
    assert len(of_watch) == 2
    for source, verdict in of_watch.items():
        assert verdicts(source, "-r", pcap) == [verdict]


def test_a_prefix_has_the_worst_first(pcap):
    found = verdicts("0.0.0.0/0", "-r", pcap)
    assert [v["source"] for v in found] == ["203.0.113.9", "198.51.100.7"]
    assert len(verdicts("0.0.0.0/0", "-r", pcap, "--cases", "1")) == 1


@pytest.mark.parametrize("pasted", [
    "198.51.100.7:4751", "198.51.100.7.4751", '"198.51.100.7",', "198.51.100.7/32",
    "IP 198.51.100.7.4751 > 192.0.2.1.5683: UDP, length 21",
    "%ASA-2-106006: Deny inbound UDP from 198.51.100.7/4751 to 192.0.2.1/5683 on interface x",
    '{"destination.ip":"192.0.2.1","source.ip":"198.51.100.7"}',
    "[UFW BLOCK] IN=eth0 SRC=198.51.100.7 DST=192.0.2.1 PROTO=UDP SPT=4751 DPT=5683",
])
def test_what_people_paste(pcap, pasted):
    assert [v["source"] for v in verdicts(pasted, "-r", pcap)] == ["198.51.100.7"]
    if " " in pasted:
        assert [v["source"] for v in verdicts(*pasted.split(), "-r", pcap)] == ["198.51.100.7"]


def test_a_line_whose_source_is_a_name_is_not_answered_about_ours(pcap):
    said = explain("IP evil.example.http > 192.0.2.1.5683: UDP", "-r", pcap, code=2)[1]
    assert "the source is 'evil.example.http', which is no address" in said
    said = explain("SRC= DST=192.0.2.1 PROTO=UDP", "-r", pcap, code=2)[1]
    assert "says where it went, 192.0.2.1, and no address that it came from" in said


def test_an_address_that_lost_its_dots():
    found = verdicts("103111225024")
    assert (found[0]["prefix"], found[0]["data"]) == ("103.111.225.0/24", False)
    assert "lost its dots" in explain("103111225024")[1]
    several = explain("19216811")[0]
    assert "192.168.1.1\n" in several and "19.216.81.1\n" in several
    assert "192.168.1.1" in verdicts("19216811")[0]["readings"]


def test_no_data_says_how_to_get_some(pcap):
    text, _ = explain("192.0.2.99", "-r", pcap)
    assert "nothing is known" in text and "coapscope watch" in text
    found = verdicts("192.0.2.99", "-r", pcap)
    assert len(found) == 1
    assert (found[0]["source"], found[0]["data"]) == ("192.0.2.99", False)
    assert found[0]["schema"] == "coapscope.verdict/1"


def test_a_host_of_ours_was_asked_and_answered(pcap):
    text, _ = explain("192.0.2.1", "-r", pcap, "--local", "192.0.2.0/24")
    assert text.splitlines()[0] == "192.0.2.1: yours. It was asked 4 times, and answered 4."
    for part in ("  198.51.100.7: 1 time\n", "  203.0.113.9: 3 times\n",
                 "  GET /.well-known/core: 1 time\n", "  PUT /light: 3 times\n",
                 "What to do\n  coapscope protect check\n"):
        assert part in text
    assert len(text.splitlines()) < 24
    found, = verdicts("192.0.2.1", "-r", pcap)
    assert (found["source"], found["data"]) == ("192.0.2.1", False)
    assert found["next"] == "coapscope protect check"
    assert found["local"]["first"] == "2025-11-22T02:53:20.000000Z"
    assert found["local"]["last"] == "2025-11-22T02:55:20.000000Z"
    assert found["local"]["asked_by"] == [{"source": "198.51.100.7", "requests": 1},
                                          {"source": "203.0.113.9", "requests": 3}]
    assert found["local"]["given"] == [{"what": "GET /.well-known/core", "count": 1},
                                       {"what": "PUT /light", "count": 3}]


def test_what_is_asked_of_a_host_of_ours_is_bounded_and_quoted(tmp_path):
    frames = []
    for i in range(40):
        path = b"x\x1b[%02d" % i
        asked = bytes([0x40, 1, 0x12, i, 0xb0 + len(path)]) + path
        frames.append((i, packet(f"203.0.113.{i}", "192.0.2.1", (4000, 5683), asked)))
        frames.append((i, packet("192.0.2.1", f"203.0.113.{i}", (5683, 4000),
                                 bytes([0x60, 0x45 if i < 30 else 0x84, 0x12, i]))))
    pcap = capture(tmp_path / "many.pcap", frames)
    text, _ = explain("192.0.2.1", "-r", pcap)
    assert "asked 40 times, and answered 40." in text and "\x1b" not in text
    assert "  others: 28 times\n" in text and "  something else: 18 times\n" in text
    assert len(text.splitlines()) < 40
    local = verdicts("192.0.2.1", "-r", pcap)[0]["local"]
    assert len(local["asked_by"]) == len(local["given"]) == 12
    assert (local["asked_by_others"], local["given_more"]) == (28, 18)


def test_a_resolver_that_does_not_answer_is_said(pcap):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        at = f"127.0.0.1:{silent.getsockname()[1]}"
        text, said = explain("203.0.113.9", "-r", pcap, "--resolver", at)
    assert text.startswith("203.0.113.9: act now. ")
    assert said.count("--resolver: no answer for 1 of 1 address:") == 1


def test_names_need_a_resolver_and_nonsense_is_refused(pcap):
    assert "--resolver" in explain("x.example", "-r", pcap, code=2)[1]
    assert "want an address" in explain("?!", "-r", pcap, code=2)[1]
    assert "want one of them" in explain("::1", "-r", pcap, "--store", "x", code=2)[1]


def test_a_missing_file_is_named(tmp_path):
    assert "nothere" in explain("::1", "-r", tmp_path / "nothere", code=2)[1]


def test_who_it_is_by_list(pcap, tmp_path):
    path = tmp_path / "list.txt"
    path.write_text("# name: Ours\n# date: 2025-11-01\n198.51.100.0/24\n", encoding="ascii")
    found = verdicts("198.51.100.7", "-r", pcap, "--scanners", path)
    assert found[0]["actor"] == {"name": "Ours", "kind": "list", "by": "list",
                                 "date": "2025-11-01T00:00:00.000000Z"}
    assert "Ours (list): on a list, of 2025-11-01" in \
        explain("198.51.100.7", "-r", pcap, "--scanners", path)[0]


def odd(*hexes, stdin=b""):
    done = subprocess.run([COAPSCOPE, "explain", "--packet", "-O", "jsonl", *hexes],
                          input=stdin, capture_output=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.parametrize("form", [
    PROBE.hex(), PROBE.hex(" "), PROBE.hex(":"), "0x" + PROBE.hex(), PROBE.hex(" ").upper(),
    "".join(f"\\x{b:02x}" for b in PROBE), ", ".join(f"0x{b:02x}" for b in PROBE),
])
def test_a_packet_in_the_forms_of_hex(form):
    got = odd(form)
    assert got["bytes"] == 21 and got["odd"] == []
    assert [f["at"] for f in got["fields"]] == [0, 1, 2, 4, 16]
    assert b"".join(bytes.fromhex(f["hex"]) for f in got["fields"]) == PROBE


def test_a_packet_from_tcpdump_and_inside_of_frames():
    whole = packet("198.51.100.7", "192.0.2.1", (4751, 5683), PROBE)
    rows = [whole[i:i + 16] for i in range(0, len(whole), 16)]
    words = [" ".join(row.hex()[i:i + 4] for i in range(0, len(row.hex()), 4)) for row in rows]
    dump = "12:00:00.1 IP 198.51.100.7.4751 > 192.0.2.1.5683: UDP, length 21\n" + "".join(
        f"\t0x{16 * i:04x}:  {row:<39}  E..1....@......\n" for i, row in enumerate(words))
    assert odd("-", stdin=dump.encode())["bytes"] == 21
    ethernet = bytes(12) + b"\x08\x00" + whole
    assert odd(ethernet.hex())["decoded"].startswith("CON GET /.well-known/core")
    assert "UDP from 198.51.100.7 port 4751" in explain("--packet", whole.hex())[0]


@pytest.mark.parametrize("hexes,reason,offset,reference", [
    ("49017d70bb", "M3", 0, "RFC 7252 section 3"),
    ("40017d70ff", "M11", 4, "RFC 7252 section 3"),
    ("40", "M1", 1, "RFC 7252 section 3"),
    ("42007d700102", "M12", None, "RFC 7252 section 4.1"),
    ("40017d70d2aa0102", "unknown_critical", 4, "RFC 7252 section 5.4.1"),
])
def test_each_oddity_has_its_section(hexes, reason, offset, reference):
    found = odd(hexes)["odd"]
    assert found[0]["reason"] == reason and reference in found[0]["reference"]
    assert offset is None or found[0]["offset"] == offset


def test_control_bytes_of_a_packet_do_not_reach_a_terminal():
    text, _ = explain("--packet", (bytes.fromhex("40017d70b4") + b"\x1b[2J").hex())
    assert "\x1b" not in text and "\\x1b[2J" in text


def test_what_is_no_hex_is_refused_with_its_place():
    assert "character 3" in explain("--packet", "40zz", code=2)[1]
    explain("--packet", "401", code=2)


def kept(pcap, store, *args):
    subprocess.run([COAPSCOPE, "watch", "-r", pcap, "--store", store, "-O", "jsonl", *args],
                   check=True, timeout=60, stdout=subprocess.DEVNULL)


def test_what_a_watch_has_kept(pcap, tmp_path):
    kept(pcap, tmp_path / "store", "--keep", "36500")
    text, _ = explain("203.0.113.9", "--store", tmp_path / "store")
    assert text.startswith("203.0.113.9: act now. ") and "2025-11-22 |" in text
    assert verdicts("203.0.113.9", "--store", tmp_path / "store")[0]["class"] == "D"
    assert verdicts("192.0.2.99", "--store", tmp_path / "store")[0]["data"] is False
    assert "kept anything" in explain("192.0.2.99", "--store", tmp_path / "none")[1]


def test_days_of_a_watch_are_pruned_where_no_scan_was(pcap, tmp_path):
    kept(pcap, tmp_path / "store")
    for args in (["--dry-run"], []):
        assert (tmp_path / "store" / "2025-11-22" / "watch.db").exists()
        done = subprocess.run([COAPSCOPE, "report", "prune", "--store", tmp_path / "store",
                               "--keep", "1d", *args], capture_output=True, timeout=60, check=True)
        assert b"2025-11-22" in done.stderr
    assert list((tmp_path / "store").iterdir()) == []


def test_what_files_said_is_kept_until_it_is_asked_to_go(pcap, tmp_path):
    kept(pcap, tmp_path / "store")
    kept(pcap, tmp_path / "store")
    assert verdicts("203.0.113.9", "--store", tmp_path / "store")[0]["class"] == "D"


def test_an_anonymous_store_has_no_address(pcap, tmp_path):
    kept(pcap, tmp_path / "store", "--keep", "36500", "--anonymise")
    found = verdicts("203.0.113.9", "--store", tmp_path / "store")
    assert (found[0]["source"], found[0]["prefix"]) == (None, "203.0.113.0/24")
    assert re.search(r"2025-11-22 \|[^|]*[^ |][^|]*\|",
                     explain("203.0.113.9", "--store", tmp_path / "store")[0])
    assert "nothing is known" in explain("203.0.112.9", "--store", tmp_path / "store")[0]
    for file in (tmp_path / "store").rglob("*"):
        if file.is_file():
            bytes_ = file.read_bytes()
            assert b"203.0.113.9" not in bytes_
            assert socket.inet_aton("203.0.113.9") not in bytes_


def test_a_damaged_day_is_said_and_does_not_stop_a_watch(pcap, tmp_path):
    day = tmp_path / "store" / "2025-11-22"
    day.mkdir(parents=True)
    (day / "watch.db").write_bytes(b"x" * 8192)
    done = subprocess.run([COAPSCOPE, "watch", "-r", pcap, "--store", tmp_path / "store",
                           "--keep", "36500", "-O", "jsonl"], capture_output=True, timeout=60,
                          check=False)
    assert (done.returncode, len(done.stdout.splitlines())) == (4, 2)
    assert b"watch.db" in done.stderr and b"2 verdicts were lost" in done.stderr
    text, said = explain("203.0.113.9", "--store", tmp_path / "store")
    assert "nothing is known" in text and "watch.db" in said and "not all" in said
