# SPDX-License-Identifier: Apache-2.0
"""The captures of tests/scenario are what they claim: tshark reads them, too."""
import collections
import filecmp
import json
import shutil
import subprocess

import pytest

from lab import BUILD

SCENARIO = BUILD / "tests" / "scenario" / "scenario"
TSHARK = shutil.which("tshark")
CHECKED = [arg for name in ("ip", "udp", "tcp") for arg in
           ("-o", f"{name}.check_checksum:TRUE")]


def generate(folder, *args):
    subprocess.run([SCENARIO, "--out", folder, *map(str, args)], check=True)
    return [json.loads(line) for line in (folder / "labels.jsonl").read_text().splitlines()]


def tshark(file, *args):
    run = subprocess.run([TSHARK, "-n", "-r", file, *args], text=True, check=True,
                         capture_output=True)
    assert "cut short" not in run.stderr
    return run.stdout.splitlines()


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A folder of captures, and its labels."""
    path = tmp_path_factory.mktemp("scenario")
    return path, generate(path, "--seed", 11, "--positives", 12)


def test_one_seed_gives_the_same_bytes_each_time(made, tmp_path):
    folder, _ = made
    generate(tmp_path, "--seed", 11, "--positives", 12)
    names = sorted(p.name for p in folder.iterdir())
    assert names == sorted(p.name for p in tmp_path.iterdir())
    assert filecmp.cmpfiles(folder, tmp_path, names, shallow=False)[1:] == ([], [])


def test_each_class_and_each_source_is_there_once_in_its_capture(made):
    _, labels = made
    assert {row["class"][0] for row in labels} == {"B", "C1", "C2", "D", "E", "F", "G", "H", "I"}
    seen = collections.Counter((row["file"], row["source"]) for row in labels)
    assert [key for key, n in seen.items() if n > 1] == []


@pytest.mark.skipif(not TSHARK, reason="needs tshark")
def test_checksums_hold_and_frames_read(made):
    """Broken frames are there on purpose; a wrong checksum is not."""
    folder, _ = made
    bad = " || ".join(f"{name}.checksum.status == 0"
                      for name in ("ip", "udp", "tcp", "icmp", "icmpv6"))
    for file in sorted(folder.glob("*.pcap"))[::3]:
        assert tshark(file, *CHECKED, "-Y", f"({bad}) && !icmp.type && !icmpv6.type") == []
        assert tshark(file, "-Y", "icmp.checksum.status == 0 || icmpv6.checksum.status == 0") == []


@pytest.mark.skipif(not TSHARK, reason="needs tshark")
def test_what_comes_from_a_labelled_source_is_in_the_capture(made):
    folder, labels = made
    for file in sorted(folder.glob("*.pcap"))[::3]:
        sources = set()
        for line in tshark(file, "-T", "fields", "-e", "ip.src", "-e", "ipv6.src"):
            sources.update(ip for field in line.split("\t") for ip in field.split(","))
        missing = [row["source"] for row in labels if row["file"] == file.name and
                   "/" not in row["source"] and row["source"] not in sources]
        assert missing == []


@pytest.mark.skipif(not TSHARK, reason="needs tshark")
@pytest.mark.parametrize("story, filter_", [
    ("zmap", "coap.mid == 0x7d70 && ip.id == 54321 || coap.mid == 0x7d70 && ipv6"),
    ("nmap", "coap.mid == 0x01ce && coap.opt.uri_path == \".well-known\""),
    ("writes", "coap.code >= 2 && coap.code <= 7"),
    ("upload", "coap.opt.block_number > 0 && coap.code == 3"),
    ("open-proxy", "coap.opt.proxy_uri || coap.opt.proxy_scheme"),
    ("largest-block", "coap.opt.block_size == 6 && coap.code == 1"),
    ("own-observe-before", "coap.opt.observe && coap.code == 69"),
    ("own-echo", "coap.code == 129"),
    ("own-dtls", "dtls.handshake.type == 1"),
    ("own-lwm2m", "coap.opt.uri_path == \"rd\" || coap.opt.uri_path == \"bs\""),
    ("tcp-listed", "tcp.port == 5683 && coap.code == 225"),
    ("multicast-link-local", "ipv6.dst == ff02::fd && coap.code == 1"),
    ("backscatter-router", "icmp.type == 3 || icmpv6.type == 1"),
    ("too-big", "udp.length > 1160"),
])
def test_a_story_shows_what_its_name_says(story, filter_, tmp_path):
    labels = generate(tmp_path, "--seed", 5, "--story", story, "--positives", 1)
    assert story in {row["story"] for row in labels}
    file = tmp_path / labels[0]["file"]
    assert tshark(file, "-d", "udp.port==5683,coap", "-d", "tcp.port==5683,coap",
                  "-d", "udp.port==5684,dtls", "-Y", filter_)
