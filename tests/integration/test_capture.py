# SPDX-License-Identifier: Apache-2.0
"""Interfaces that are listened to, by tests/tools/frames.c; and files that tshark reads."""
import pathlib
import re
import shutil
import subprocess

import pytest

import netns
from capture_send import UNWANTED, WANTED

FRAMES = netns.TOOLS / "frames"
SEND = pathlib.Path(__file__).with_name("capture_send.py")
TAGS = range(3)


@pytest.fixture
def wire(net):
    """scanner's v0 and peer's v1, one Ethernet."""
    net.add("scanner")
    net.add("peer")
    net.join = lambda: join(net)
    net.join()
    return net


def join(net):
    net.ip("scanner", f"link add v0 type veth peer name v1 netns {net.names['peer']}",
           "addr add 10.9.0.1/24 dev v0", "addr add fd00::1/64 dev v0 nodad",
           "link set v0 up")
    net.ip("peer", "link set v1 up")


def listen(net, *args):
    process = net.start("scanner", [FRAMES, *args])
    lines = []
    while not lines or lines[-1] != "# ready\n":
        lines.append(process.stdout.readline())
        assert lines[-1], lines
    return process, lines


def finish(process):
    lines = process.communicate(timeout=60)[0].splitlines()
    total = re.fullmatch(r"frames (\d+) bytes (\d+) errors (\d+) dropped (\d+)", lines[-1])
    assert total, lines
    return lines[:-1], dict(zip(("frames", "bytes", "errors", "dropped"),
                                map(int, total.groups())))


def said(lines):
    """What our own frames say of themselves, sorted."""
    found = (re.search(rb"(tag\d-\w+)\.", bytes.fromhex(line.split()[5]))
             for line in lines if line[0] != "#")
    return sorted(m.group(1).decode() for m in found if m)


def send(net, *args):
    net.run("peer", ["python3", SEND, "v1", *args])


WANT = sorted(f"tag{n}-{kind}" for n in TAGS for kind in WANTED)


@pytest.mark.parametrize("jail", [[], ["-j"]])
def test_the_kernel_lets_through_what_can_be_coap(wire, jail):
    process, head = listen(wire, "-i", "v0", "-s2", "-c", *jail)
    send(wire)
    lines, total = finish(process)
    assert said(lines) == WANT
    assert total["errors"] == 0
    assert "# local 10.9.0.0/24\n" in head and "# local fd00::/64\n" in head
    assert "# local 127.0.0.0/8\n" not in head
    # A tag that the kernel took off is put back.
    tagged = [line for line in lines if "tag1-udp4.".encode().hex() in line]
    assert len(tagged) == 1 and tagged[0].split()[5][24:32] == "81000005"


LOOPBACK = """import socket
at = ("127.0.0.1", 5683)
heard = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
heard.bind(at)
socket.socket(socket.AF_INET, socket.SOCK_DGRAM).sendto(b"tag0-lo.", at)
"""


def test_any_hears_all_interfaces(wire):
    wire.ip("scanner", "link add d0 type veth peer name d1", "addr add 10.8.0.1/24 dev d0",
            "link set d0 up")
    process, head = listen(wire, "-i", "any", "-s2", "-c", "-j")
    send(wire)
    wire.run("scanner", ["python3", "-c", LOOPBACK])
    lines, total = finish(process)
    assert {line.split()[2] for line in lines if line[0] != "#"} == {"276"}
    heard = said(lines)
    assert set(WANT) <= set(heard)
    assert not {f"tag{n}-{kind}" for n in (0, 1) for kind in UNWANTED} & set(heard)
    assert heard.count("tag0-lo") == 1
    for local in ("127.0.0.0/8", "::1/128", "10.9.0.0/24", "10.8.0.0/24", "fd00::/64"):
        assert f"# local {local}\n" in head
    assert any(line.startswith("# local fe80::/64") for line in head)


def test_several_interfaces_have_their_turns(wire):
    wire.ip("scanner", f"link add w0 type veth peer name w1 netns {wire.names['peer']}",
            "link set w0 up")
    wire.ip("peer", "link set w1 up")
    process, _ = listen(wire, "-i", "v0", "-i", "w0", "-s3", "-c")
    for interface in ("v1", "w1"):
        wire.run("peer", ["python3", SEND, interface, "600"])
    lines, total = finish(process)
    frames = [line.split()[0] for line in lines if "tag0-udp4.".encode().hex() in line]
    assert frames.count("0") == 600 and frames.count("1") == 600


def test_an_interface_goes_down_or_away_and_comes_back(wire):
    """In the jail: the one socket is bound anew, without a capability."""
    process, _ = listen(wire, "-i", "v0", "-s6", "-c", "-j")
    send(wire, "1")
    await_frames(process, 1)
    wire.ip("scanner", "link set v0 down")
    assert read_until(process, "# away: v0\n") == 0
    wire.ip("scanner", "link set v0 up")
    assert read_until(process, "# away: none\n") == 0
    send(wire, "2")
    await_frames(process, 2)
    wire.ip("scanner", "link del v0")
    assert read_until(process, "# away: v0\n") == 0
    wire.join()
    assert read_until(process, "# away: none\n") == 0
    send(wire, "3")
    lines, total = finish(process)
    assert said(lines) == ["tag0-udp4"] * 3
    assert total["errors"] == 0


def await_frames(process, n):
    """What an interface took that goes down at once may never be seen."""
    while n > 0:
        n -= "tag0-udp4.".encode().hex() in process.stdout.readline()


def read_until(process, line):
    """How many frames of ours came before that line."""
    n = 0
    while True:
        got = process.stdout.readline()
        assert got, line
        n += "tag0-udp4.".encode().hex() in got
        if got == line:
            return n


def test_what_the_kernel_dropped_is_counted(wire):
    process, _ = listen(wire, "-i", "v0", "-s4", "-c", "-q", "-b", "131072", "-p1500")
    send(wire, "30000")
    _, total = finish(process)
    assert total["dropped"] > 0
    assert total["frames"] > 0
    assert 30000 <= total["frames"] + total["dropped"] <= 30100


@pytest.mark.parametrize("interface,want", [
    ("nothere", "not found: interface nothere: there is none of that name"),
    ("a-name-that-is-too-long", "no name is that long"),
])
def test_what_cannot_be_listened_to_is_said(wire, interface, want):
    done = wire.run("scanner", [FRAMES, "-i", interface], check=False)
    assert done.returncode == 1 and want in done.stdout and done.stdout.count("\n") == 1


def test_without_the_capability_it_is_said(wire):
    done = wire.run("scanner", ["setpriv", "--reuid", "65534", "--clear-groups",
                                "--bounding-set=-all", FRAMES, "-i", "v0"], check=False)
    assert done.returncode == 1
    assert "interface v0: listening is not permitted: it needs root or CAP_NET_RAW" in done.stdout


def test_a_filter_that_is_none_is_said(wire):
    done = wire.run("scanner", [FRAMES, "-i", "v0", "-f", "port potato"], check=False)
    assert done.returncode == 1 and "filter 'port potato': " in done.stdout


@pytest.mark.skipif(not shutil.which("tshark"), reason="needs tshark")
def test_tshark_reads_what_we_write(wire, tmp_path):
    """A capture of two kinds of link, written again as one pcapng file."""
    for interface in ("v0", "any"):
        process, _ = listen(wire, "-i", interface, "-s2", "-c", "-w", tmp_path / interface)
        send(wire, "3")
        finish(process)
    done = subprocess.run([FRAMES, "-q", "-w", tmp_path / "both", tmp_path / "v0",
                           tmp_path / "any"], capture_output=True, text=True, check=True)
    n = int(re.search(r"frames (\d+)", done.stdout).group(1))
    fields = ["-T", "fields", "-e", "frame.time_epoch", "-e", "frame.len", "-e", "udp.dstport"]
    shown = subprocess.run(["tshark", "-r", tmp_path / "both", *fields], text=True,
                           capture_output=True, check=True)
    rows = [row.split("\t") for row in shown.stdout.splitlines()]
    assert len(rows) == n and "cut short" not in shown.stderr
    ours = subprocess.run([FRAMES, tmp_path / "both"], text=True, capture_output=True,
                          check=True).stdout.splitlines()
    times = [line.split()[1] for line in ours if line[0].isdigit()]
    assert times == [row[0].replace(".", "")[:-3] for row in rows]
    assert sum(row[2] == "5683" for row in rows) >= 6
    assert {line.split()[2] for line in ours if line[0].isdigit()} == {"1", "276"}
