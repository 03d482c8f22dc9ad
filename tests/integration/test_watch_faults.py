# SPDX-License-Identifier: Apache-2.0
"""watch in a world that breaks: of its two processes one is killed or stopped, signals."""
import fcntl
import gzip
import json
import os
import pathlib
import re
import signal
import struct
import subprocess
import termios
import time

import pytest

from lab import wait_until
from netns import BUILD, Net
from test_watch_outputs import PROBE, capture, frame, lines, many, watch_file  # noqa: F401

COAPSCOPE = os.environ.get("COAPSCOPE", str(BUILD / "coapscope"))
NO_FRAMES = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101) # a pcap's header


def state(pid):
    """The letter of proc(5), or None: there is none of that number."""
    try:
        return pathlib.Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return None


def is_gone(pid):
    return state(pid) in (None, "Z", "X")


def heeds(pid, number):
    """Whether that signal no longer ends it at once: it waits for signals like for input."""
    status = pathlib.Path(f"/proc/{pid}/status").read_text()
    return int(re.search(r"SigBlk:\s+(\w+)", status)[1], 16) >> (number - 1) & 1


def unread(fd):
    """Bytes in a pipe."""
    return struct.unpack("i", fcntl.ioctl(fd, termios.FIONREAD, bytes(4)))[0]


class Watch:
    """A live watch of a namespace's own loopback: its two processes."""

    def __init__(self, net, *args):
        self.net = net
        self.process = net.start("host", [COAPSCOPE, "watch", "-i", "lo", *args],
                                 stderr=subprocess.PIPE)
        self.pid = self.process.pid
        children = pathlib.Path(f"/proc/{self.pid}/task/{self.pid}/children")
        self.decoder = None

        def is_jailed():
            self.decoder = self.decoder or int((children.read_text().split() or [0])[0])
            both = [pathlib.Path(f"/proc/{pid}/status").read_text()
                    for pid in (self.pid, self.decoder) if pid]
            return len(both) == 2 and all("Seccomp:\t2" in text for text in both)
        wait_until(is_jailed, timeout=20)

    def knock(self, n=1):
        self.net.run("host", ["python3", "-c", (
            "import socket,sys;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM)\n"
            "for _ in range(int(sys.argv[2])):\n"
            " try: s.sendto(bytes.fromhex(sys.argv[1]),('127.0.0.2',5683))\n"
            " except ConnectionRefusedError: pass"), PROBE.hex(), n])

    def end(self, timeout=20):
        out, said = self.process.communicate(timeout=timeout)
        return self.process.returncode, out, said


@pytest.fixture
def net():
    net = Net()
    net.add("host")
    yield net
    net.close()


@pytest.mark.parametrize("args", [[], ["--interval", "3600000"]])
def test_a_watch_ends_at_once_when_asked_to(net, args):
    watch = Watch(net, "-O", "jsonl", *args)
    begun = time.monotonic()
    watch.process.send_signal(signal.SIGTERM)
    assert watch.end()[0] == 0
    assert time.monotonic() - begun < 10
    assert is_gone(watch.decoder)


def test_a_terminal_that_hangs_up_ends_the_watch(net):
    end, terminal = os.openpty()
    process = subprocess.Popen(net.command("host", [COAPSCOPE, "watch", "-i", "lo"]),
                               stdin=terminal, stdout=terminal, stderr=subprocess.DEVNULL)
    os.close(terminal)
    assert b"coapscope" in os.read(end, 4096)
    process.send_signal(signal.SIGHUP)
    os.close(end)
    assert process.wait(20) is not None


def test_the_decoder_has_no_output_open(net, tmp_path):
    watch = Watch(net, "-O", "jsonl", "--eve", tmp_path / "eve.json")
    fds = pathlib.Path(f"/proc/{watch.decoder}/fd")
    names = [os.readlink(fd) for fd in fds.iterdir()]
    is_null = os.path.samefile(fds / "1", "/dev/null")
    watch.process.terminate()
    assert watch.end()[0] == 0
    assert is_null and not [name for name in names if name.startswith(str(tmp_path))]


def test_asked_twice_it_does_not_wait_for_a_decoder_that_hangs(net):
    watch = Watch(net, "-O", "jsonl")
    os.kill(watch.decoder, signal.SIGSTOP)
    watch.process.send_signal(signal.SIGINT)
    time.sleep(0.2)
    assert watch.process.poll() is None
    watch.process.send_signal(signal.SIGINT)
    assert watch.end()[0] == 0
    assert is_gone(watch.decoder)


@pytest.mark.parametrize("args", [[], ["--user", "nobody"]])
@pytest.mark.parametrize("stopped", [False, True])
def test_a_decoder_ends_with_who_started_it(net, args, stopped):
    watch = Watch(net, "-O", "jsonl", "--interval", "3600000", *args)
    if stopped:
        os.kill(watch.decoder, signal.SIGSTOP)
    watch.process.kill()
    wait_until(lambda: is_gone(watch.decoder), timeout=10)


def test_a_decoder_that_is_killed_is_said_and_what_was_known_is_shown(net, tmp_path):
    summary = tmp_path / "summary.json"
    watch = Watch(net, "-O", "table", "--local", "127.0.0.2", "--interval", "100",
                  "--summary", summary, "--metrics", tmp_path / "metrics")
    watch.knock(3)

    def is_counted():
        return "coapscope_watch_frames_total 0" not in (tmp_path / "metrics").read_text()
    wait_until(lambda: (tmp_path / "metrics").exists() and is_counted(), timeout=20)
    time.sleep(0.5)
    os.kill(watch.decoder, signal.SIGKILL)
    status, out, said = watch.end()
    assert status == 4
    assert "the decoder was ended by signal 9" in said
    assert "127.0.0.1" in out, out
    assert json.loads(summary.read_text())["frames"] >= 3
    assert [path for path in tmp_path.iterdir() if path.suffix == ".tmp"] == []


@pytest.fixture
def endless(tmp_path):
    """A capture of many probes in a pipe that stays open."""
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    plain = capture(tmp_path / "plain.pcap", [frame(PROBE)] * 200)
    fd = os.open(pipe, os.O_RDWR)
    os.write(fd, plain.read_bytes())
    yield pipe, fd
    os.close(fd)


def wait_until_read(process, fd):
    """All that is in the pipe, by the decoder; its number."""
    children = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children")
    wait_until(lambda: not unread(fd), timeout=20)
    decoder = int(children.read_text().split()[0])
    wait_until(lambda: state(decoder) == "S")
    return decoder


def test_of_a_capture_what_was_read_is_shown_and_no_file_appears(endless, tmp_path):
    pipe, fd = endless

    def begin(*args):
        process = subprocess.Popen([COAPSCOPE, "watch", "-r", pipe, *args], text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        os.kill(wait_until_read(process, fd), signal.SIGKILL)
        out, said = process.communicate(timeout=20)
        assert process.returncode == 4 and "ended by signal 9" in said
        return out
    assert begin("-O", "text", "--messages", "-o", tmp_path / "out",
                 "--summary", tmp_path / "summary") == ""
    assert sorted(path.name for path in tmp_path.iterdir()) == ["pipe", "plain.pcap"]


def test_what_comes_by_a_pipe_is_shown_at_once(endless):
    process = subprocess.Popen([COAPSCOPE, "watch", "-r", endless[0], "-O", "text",
                                "--messages"], text=True, stdout=subprocess.PIPE)
    for _ in range(200):
        assert "203.0.113.7" in process.stdout.readline()
    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=20)[0] == ""


def test_a_pipe_that_nobody_writes_to_is_given_up_when_asked_to(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    process = subprocess.Popen([COAPSCOPE, "watch", "-r", tmp_path / "pipe"])
    time.sleep(0.5)
    assert process.poll() is None
    process.terminate()
    assert process.wait(20) == -signal.SIGTERM


def test_an_endless_capture_ends_when_asked_to(endless):
    pipe, fd = endless
    process = subprocess.Popen([COAPSCOPE, "watch", "-r", pipe, "-O", "jsonl",
                                "--summary", "-"], stdout=subprocess.PIPE)
    wait_until_read(process, fd)
    process.send_signal(signal.SIGINT)
    out, _ = process.communicate(timeout=20)
    assert process.returncode == 0
    assert [line["schema"] for line in lines(out)] == ["coapscope.verdict/1",
                                                       "coapscope.capture/1"]
    assert lines(out)[1]["frames"] == 200


def block(kind, body):
    length = struct.pack("<I", len(body) + 12)
    return struct.pack("<I", kind) + length + body + length


def test_a_capture_cannot_flood_who_reads_the_warnings(tmp_path):
    section = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    foreign = block(1, struct.pack("<HHI", 147, 0, 65535))
    packet = block(6, struct.pack("<IIIII", 0, 0, 0, 4, 4) + b"abcd")
    (tmp_path / "x").write_bytes((section + foreign + packet) * 2000)
    done = watch_file("-r", tmp_path / "x", "-O", "jsonl", status=2)
    said = done.stderr.decode().splitlines()
    assert len(said) == 102
    assert "link type 147" in said[0]
    assert said[100].endswith("1900 more warnings like these")


@pytest.mark.parametrize("bytes_in", [b"", b"\0" * 4000, gzip.compress(b""),
                                      gzip.compress(b"no capture"), NO_FRAMES[:20]],
                         ids=["empty", "zeros", "gzip of nothing", "gzip of text", "cut"])
@pytest.mark.parametrize("verb", [["watch", "-O", "jsonl"], ["explain", "192.0.2.1"]],
                         ids=["watch", "explain"])
def test_what_comes_by_a_pipe_and_is_no_capture_has_failed(verb, bytes_in):
    done = subprocess.run([COAPSCOPE, *verb, "-r", "-"], input=bytes_in, timeout=20,
                          capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (2, b"")
    assert done.stderr.endswith(b": not one packet could be read\n")


def test_a_capture_of_nothing_by_a_pipe_is_well():
    done = subprocess.run([COAPSCOPE, "watch", "-O", "jsonl", "-r", "-"], timeout=20,
                          input=NO_FRAMES, capture_output=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_too_many_files_at_once_are_said_with_what_helps(many):
    done = subprocess.run(["bash", "-c", 'ulimit -n 64; exec "$@"', "-", COAPSCOPE, "watch",
                           *["-r", str(many)] * 100], capture_output=True, check=False)
    assert done.returncode == 4
    assert b"too many files are open: want fewer, or a higher ulimit -n" in done.stderr


def test_messages_that_nobody_has_time_for_are_counted(net, tmp_path):
    """The process that writes is stopped; its decoder goes on, and says what was lost."""
    watch = Watch(net, "-O", "text", "--messages", "-o", tmp_path / "log", "--interval", "100",
                  "--local", "127.0.0.2")
    watch.knock()
    os.kill(watch.pid, signal.SIGSTOP)
    watch.knock(30000)
    time.sleep(0.5)
    os.kill(watch.pid, signal.SIGCONT)
    time.sleep(0.5)
    watch.process.send_signal(signal.SIGTERM)
    status, _, said = watch.end()
    assert status == 0
    lost = [int(n) for n in re.findall(r"warning: (\d+) messages were left out$", said, re.M)]
    shown = (tmp_path / "log").read_bytes().count(b"127.0.0.1:")
    assert len(lost) == 1 and lost[0] + shown >= 30001, (lost, shown, said)


@pytest.mark.parametrize("times", [1, 2])
def test_a_reader_that_has_stopped_does_not_keep_a_live_watch(net, times):
    """As a pager does: standard output is a pipe that is full."""
    watch = Watch(net, "-O", "text", "--messages", "-x", "--interval", "100",
                  "--local", "127.0.0.2")
    watch.knock(3000)
    for _ in range(times):
        watch.process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
    assert watch.process.wait(20) == 0
    assert is_gone(watch.decoder)


def test_a_reader_that_has_stopped_does_not_keep_a_capture_either(tmp_path):
    pcap = capture(tmp_path / "x.pcap", [frame(PROBE)] * 5000)
    process = subprocess.Popen([COAPSCOPE, "watch", "-r", pcap, "-O", "text", "--messages"],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    wait_until(lambda: unread(process.stdout) > 60000, timeout=20)
    process.terminate()
    assert process.wait(20) == 4
    assert b"Operation canceled" in process.stderr.read()


def test_a_reader_that_is_slow_gets_all_of_it(tmp_path):
    pcap = capture(tmp_path / "x.pcap", [frame(PROBE)] * 5000)
    process = subprocess.Popen([COAPSCOPE, "watch", "-r", pcap, "-O", "text", "--messages"],
                               stdout=subprocess.PIPE)
    time.sleep(1)
    assert process.stdout.read().count(b"203.0.113.7") >= 5000
    assert process.wait(20) == 0


@pytest.mark.parametrize("option", ["-o", "--eve", "--summary"])
def test_an_output_that_nobody_reads_from_yet_is_given_up_when_asked_to(net, tmp_path, option):
    os.mkfifo(tmp_path / "pipe")
    process = net.start("host", [COAPSCOPE, "watch", "-i", "lo", "-O", "jsonl", option,
                                 tmp_path / "pipe"], stderr=subprocess.PIPE)
    wait_until(lambda: heeds(process.pid, signal.SIGTERM), timeout=20)
    time.sleep(0.2)
    assert process.poll() is None
    process.terminate()
    assert process.communicate(timeout=20)[1].endswith("pipe: Operation canceled\n")
    assert process.returncode == 4


def test_a_capture_of_the_end_of_time(tmp_path):
    """Seconds by the billion: what cannot be a time is the last second that is one."""
    section = block(0x0a0d0d0a, struct.pack("<IHHq", 0x1a2b3c4d, 1, 0, -1))
    here = block(1, struct.pack("<HHI", 101, 0, 0))
    data = frame(PROBE)
    data += bytes(-len(data) % 4)
    packets = [block(6, struct.pack("<IIIII", 0, ticks, ticks, len(data), len(data)) + data)
               for ticks in (0, 0xffffffff, 5, 0xffffffff, 0)]
    (tmp_path / "x").write_bytes(section + here + b"".join(packets))
    done = watch_file("-r", tmp_path / "x", "-O", "jsonl", "--store", tmp_path / "store")
    verdict, = lines(done.stdout)
    assert verdict["first"] == "1970-01-01T00:00:00.000000Z"
    assert verdict["last"].startswith("9999-12-31T23:59:59.")
    assert b"runtime error" not in done.stderr


def test_the_fortieth_port_is_a_port_too(tmp_path):
    pcap = capture(tmp_path / "x.pcap", [frame(PROBE, ports=(40000, 5722))])
    ports = ",".join(str(5683 + i) for i in range(40))
    done = watch_file("-r", pcap, "-O", "jsonl", "--ports", ports, "--summary", "-")
    assert lines(done.stdout)[-1]["coap"] == 1
