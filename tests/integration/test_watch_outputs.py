# SPDX-License-Identifier: Apache-2.0
"""What watch writes when things go wrong: rotated logs, full disks, readers that left."""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import pytest

import coap
from lab import wait_until
from netns import BUILD

COAPSCOPE = os.environ.get("COAPSCOPE", str(BUILD / "coapscope"))
PROBE = bytes.fromhex("40017d70bb2e77656c6c2d6b6e6f776e04636f7265")
CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]")


# --- captures made here ---

def frame(payload, source="203.0.113.7", to="192.0.2.5", ports=(40000, 5683)):
    udp = struct.pack("!HHHH", *ports, 8 + len(payload), 0) + payload
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                     socket.inet_aton(source), socket.inet_aton(to))
    return ip + udp


def capture(path, frames, start=1_800_000_000):
    """A pcap of raw IP (link type 101), a frame each millisecond."""
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for i, data in enumerate(frames):
        out += struct.pack("<IIII", start + i // 1000, i % 1000 * 1000, len(data), len(data)) + data
    path.write_bytes(out)
    return path


def watch_file(*args, status=0, **options):
    done = subprocess.run([COAPSCOPE, "watch", *map(str, args)], capture_output=True,
                          timeout=60, check=False, **options)
    assert done.returncode == status, done.stderr
    return done


def lines(data):
    return [json.loads(line) for line in data.splitlines()]


@pytest.fixture
def many(tmp_path):
    """Five thousand probes of a thousand sources."""
    frames = [frame(PROBE, source=f"203.0.{113 + i // 250 % 4}.{i % 250 + 1}") for i in range(5000)]
    return capture(tmp_path / "many.pcap", frames)


# --- strangers' bytes ---

EVIL = b"\x1b]0;owned\x07\x1b[2J\r\n\x00\x9b\xc2\x9b\xe2\x80\xae\"\\</script>"


@pytest.fixture
def hostile(tmp_path):
    bad = [coap.message(0, 1, 1, b"\x1b\x07", [(11, EVIL)], EVIL),
           coap.message(0, 3, 2, b"", [(3, EVIL), (11, b"a"), (15, EVIL), (35, EVIL), (65001, EVIL)],
                        b"\x1b[31mred\n"),
           EVIL * 3, b"\x40", b"\x4f" + EVIL, b"GET / HTTP/1.1\r\n\x1b[2J\r\n"]
    return capture(tmp_path / "hostile.pcap",
                   [frame(payload, source=f"203.0.113.{i + 1}") for i, payload in enumerate(bad)])


@pytest.mark.parametrize("args", [
    ["-O", "table"], ["-O", "table", "--color", "never"], ["-O", "jsonl"],
    ["-O", "text", "--messages", "-x"],
], ids=["table", "plain", "jsonl", "text"])
def test_no_control_byte_of_a_stranger_gets_out(hostile, args):
    done = watch_file("-r", hostile, "--local", "192.0.2.0/24", *args)
    assert done.stdout
    assert not CONTROL.search(done.stdout.replace(b"\t", b""))
    assert not CONTROL.search(done.stderr)


def test_events_and_metrics_of_hostile_messages_are_read_by_others(hostile, tmp_path):
    events, metrics = tmp_path / "eve.json", tmp_path / "m.prom"
    watch_file("-r", hostile, "--local", "192.0.2.0/24", "--messages", "--eve", events,
               "--metrics", metrics, "-O", "jsonl", "--summary", tmp_path / "s.json")
    raw = events.read_bytes()
    assert not CONTROL.search(raw)
    by_type = {}
    for event in lines(raw):
        by_type.setdefault(event["event_type"], []).append(event)
    assert len(by_type["coap"]) == 6 and by_type["alert"] and by_type["stats"]
    first = by_type["coap"][0]
    assert first["coap"]["uri_path"] == [
        "\x1b]0;owned\x07\x1b[2J\r\n\\x00\\x9b\x9b\u202e\"\\x5c</script>"]
    assert first["coap"]["token"] == "1b07"
    assert first["proto"] == "UDP" and first["app_proto"] == "coap"
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+0000", first["timestamp"])
    summary = json.loads((tmp_path / "s.json").read_bytes())
    assert by_type["stats"][-1]["stats"]["coap"]["coap"] == summary["coap"]
    if shutil.which("promtool"):
        subprocess.run(["promtool", "check", "metrics"], stdin=metrics.open(), check=True)


# --- a capture file's outputs ---

def test_a_real_handshake_shows_what_an_onlooker_sees(tmp_path):
    shown = pathlib.Path(__file__).parent.parent / "data/dtls/ecdhe_psk.pcap"
    text = watch_file("-r", shown, "-O", "text", "--messages", "--eve", tmp_path / "e").stdout
    assert b"5684: DTLS 1.2 handshake client hello, 153 bytes" in text
    assert (b": DTLS 1.2 handshake server hello, handshake server key exchange, "
            b"handshake server hello done, PSK hint gateway, 173 bytes") in text
    hints = [event["coap"]["dtls"] for event in lines((tmp_path / "e").read_bytes())
             if event["event_type"] == "coap" and event["coap"]["dtls"]["psk_hint"]]
    assert hints == [{"version": "1.2", "server_name": None, "psk_identity": None,
                      "records": ["handshake server hello", "handshake server key exchange",
                                  "handshake server hello done"],
                      "psk_hint": "gateway", "connection_id_hex": ""}]


def test_the_summary_is_the_last_line_of_standard_output(many):
    *verdicts, summary = lines(watch_file("-r", many, "-O", "jsonl", "--summary", "-").stdout)
    assert all(v["schema"] == "coapscope.verdict/1" for v in verdicts)
    assert summary["schema"] == "coapscope.capture/1"
    assert summary["frames"] == summary["coap"] == summary["requests"] == 5000


def test_the_summary_is_the_last_line_whatever_else_goes_there(many, tmp_path):
    *others, summary = lines(watch_file("-r", many, "-O", "jsonl", "--eve", "-",
                                        "--summary", "-").stdout)
    assert {line.get("event_type", "verdict") for line in others} == {
        "verdict", "alert", "stats"}
    assert summary["schema"] == "coapscope.capture/1"
    only = lines(watch_file("-r", many, "-O", "jsonl", "-o", tmp_path / "verdicts",
                            "--summary", "-").stdout)
    assert only == [summary]
    assert "capture/1" not in (tmp_path / "verdicts").read_text()


def test_the_least_memory_is_enough_for_a_small_capture(hostile):
    least = watch_file("-r", hostile, "--memory", "1M", "-O", "jsonl").stdout
    assert least and least == watch_file("-r", hostile, "-O", "jsonl").stdout
    assert b"bytes from 1M" in watch_file("-r", hostile, "--memory", "1023K", status=2).stderr


def test_a_prefix_is_of_its_family(many):
    of_v6, of_both = [lines(watch_file("-r", many, "-O", "jsonl", *prefixes).stdout)
                      for prefixes in (["--peer", "::/0"], ["--peer", "0.0.0.0/0"])]
    assert {v["class"] for v in of_both if v["source"]} == {"H"}
    assert "H" not in {v["class"] for v in of_v6}


@pytest.mark.parametrize("args,said", [
    (["-o", "{capture}"], "--output-file {capture}: is the capture to be read"),
    (["--eve", "{other}"], "--eve {other}: is the capture to be read"),
    (["-o", "{new}", "--eve", "{new}"], "--output-file and --eve: both are {new}"),
    (["--eve", "{new}", "--summary", "{new}"], "--eve and --summary: both are {new}"),
    (["-o", "-", "--summary", "-"], None),
    (["-o", "/dev/null", "--eve", "/dev/null"], None),
])
def test_no_output_is_a_capture_or_another_output(hostile, tmp_path, args, said):
    os.link(hostile, tmp_path / "link")
    names = {"capture": hostile, "other": tmp_path / "link", "new": tmp_path / "new"}
    before = pathlib.Path(hostile).read_bytes()
    done = watch_file("-r", hostile, "-O", "jsonl", *[arg.format(**names) for arg in args],
                      status=2 if said else 0)
    assert said is None or said.format(**names) in done.stderr.decode()
    assert pathlib.Path(hostile).read_bytes() == before


def test_who_is_to_be_become_is_known_and_may_write(hostile, tmp_path):
    done = watch_file("-r", hostile, "--user", "nobody-at-all", "--store", tmp_path / "s",
                      status=2)
    assert done.stderr.decode().splitlines() == [
        "coapscope watch: --user 'nobody-at-all': no such user"]
    assert not (tmp_path / "s").exists()
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o755)
        for option in ["-o", "--eve", "--summary", "--metrics", "--pcap-out"]:
            done = watch_file("-r", hostile, "--user", "nobody", option, f"{folder}/x",
                              status=4)
            assert done.stderr.decode().endswith("/x: Permission denied\n"), done.stderr


def test_root_is_told_at_once_where_it_may_not_rename(hostile):
    """In the jail root has no capabilities: another's folder is not its to write."""
    with tempfile.TemporaryDirectory() as folder:
        os.chown(folder, 65534, 65534)
        os.chmod(folder, 0o755)
        for option in ["-o", "--summary", "--metrics"]:
            done = watch_file("-r", hostile, option, f"{folder}/x", status=4)
            said = done.stderr.decode()
            assert "its folder is not ours to write" in said and said.count("\n") == 1
            assert os.listdir(folder) == []
            watch_file("-r", hostile, "--user", "nobody", option, f"{folder}/x")
            os.remove(f"{folder}/x")


def test_who_may_not_become_another_is_told_once(hostile):
    command = ["setpriv", "--bounding-set=-setuid", COAPSCOPE, "watch", "-r", hostile,
               "--user", "nobody"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=30)
    assert done.returncode == 4
    assert done.stderr == "coapscope watch: --user nobody: Operation not permitted\n"


def test_a_disk_that_is_full_ends_a_files_run(many):
    done = watch_file("-r", many, "-O", "jsonl", "-o", "/dev/full", status=4)
    assert b"No space left on device" in done.stderr


def test_who_read_standard_output_may_leave(many):
    for form in ["jsonl", "text"]:
        with subprocess.Popen([COAPSCOPE, "watch", "-r", many, "-O", form],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            process.stdout.readline()
            process.stdout.close()
            # What fits into the pipe may have been written before.
            assert process.wait(30) in (0, 4)
            assert b"Traceback" not in process.stderr.read()


def test_events_are_lost_on_a_full_disk_and_the_run_goes_on(many, tmp_path):
    metrics = tmp_path / "m.prom"
    done = watch_file("-r", many, "-O", "jsonl", "--messages", "--eve", "/dev/full",
                      "--metrics", metrics, status=4)
    assert sum(bool(v["source"]) for v in lines(done.stdout)) == 1000
    assert done.stderr.count(b"No space left on device") == 1
    lost = re.search(r'output_lost_total\{output="eve"\} (\d+)', metrics.read_text())
    assert int(lost[1]) >= 5000


class Reader(threading.Thread):
    """Takes what comes at a Unix socket; @slow: a little at a time."""

    def __init__(self, path, kind=socket.SOCK_STREAM, slow=0):
        super().__init__(daemon=True)
        self.kind, self.slow, self.got = kind, slow, b""
        self.sock = socket.socket(socket.AF_UNIX, kind)
        self.sock.bind(str(path))
        if kind == socket.SOCK_STREAM:
            self.sock.listen(1)
        self.done = threading.Event()
        self.peer, self.left = self.sock, False
        self.start()

    def run(self):
        sock = self.sock
        if self.kind == socket.SOCK_STREAM:
            sock, _ = self.sock.accept()
        self.peer = sock
        sock.settimeout(0.2)
        while not self.left:
            try:
                data = sock.recv(1 << 16)
            except TimeoutError:
                if self.done.is_set():
                    return
                continue
            if not data:
                return
            self.got += data
            if self.slow:
                self.done.wait(self.slow)

    def leave(self):
        self.left = True
        self.join(30)
        for sock in self.peer, self.sock:
            sock.close()

    def finish(self):
        self.done.set()
        self.join(30)
        return lines(self.got)


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM],
                         ids=["stream", "datagram"])
def test_a_files_events_all_reach_a_slow_reader(many, tmp_path, kind):
    reader = Reader(tmp_path / "eve.sock", kind, slow=0.001)
    watch_file("-r", many, "-O", "jsonl", "--messages", "--eve", tmp_path / "eve.sock")
    events = reader.finish()
    assert sum(e["event_type"] == "coap" for e in events) == 5000


def test_nobody_at_the_socket_is_said_before_anything_is_read(many, tmp_path):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(tmp_path / "eve.sock"))
    done = watch_file("-r", many, "--eve", tmp_path / "eve.sock", status=4)
    assert b"eve.sock: Connection refused" in done.stderr


def test_evidence_is_rotated_and_is_a_capture(many, tmp_path):
    out = tmp_path / "e.pcapng"
    watch_file("-r", many, "-O", "jsonl", "--pcap-out", out)
    first = out.read_bytes()
    assert first[:4] == b"\x0a\x0d\x0d\x0a"
    again = lines(watch_file("-r", out, "-O", "jsonl", "--summary", "-").stdout)
    assert 0 < again[-1]["frames"] <= 5000
    watch_file("-r", many, "-O", "jsonl", "--pcap-out", out)
    assert (tmp_path / "e.pcapng.1").read_bytes() == first


# --- live ---

class Live:
    """watch on the peer's end of a pair of namespaces."""

    def __init__(self, pair, *args):
        self.pair, self.said = pair, []
        pair.ip("scanner", *[f"addr add 10.77.0.{n}/24 dev v0" for n in range(20, 30)])
        self.process = pair.start(
            "peer", [COAPSCOPE, "watch", "-i", "v1", "--local", "10.77.0.2", "-O", "jsonl",
                     "--interval", "100", *args], stderr=subprocess.PIPE)
        threading.Thread(target=self.listen, daemon=True).start()

    def listen(self):
        for line in self.process.stderr:
            self.said.append(line)

    def send(self, n, payload=PROBE, times=1):
        """From 10.77.0.@n."""
        self.pair.run("scanner", ["python3", "-c", (
            "import socket,sys;s=socket.socket(socket.AF_INET,socket.SOCK_DGRAM);"
            "s.bind((sys.argv[1],0))\n"
            "for _ in range(int(sys.argv[3])):\n"
            " try: s.sendto(bytes.fromhex(sys.argv[2]),('10.77.0.2',5683))\n"
            " except ConnectionRefusedError: pass"),
            f"10.77.0.{n}", payload.hex(), times])

    def shows(self, path, n):
        """Sends from 10.77.0.@n until its line is in @path."""
        def there():
            if path.exists() and f'"10.77.0.{n}"' in path.read_text():
                return True
            self.send(n)
            return False
        wait_until(there, timeout=20, step=0.2)

    def signal(self, number):
        self.process.send_signal(number)

    def end(self, status=0):
        self.signal(signal.SIGTERM)
        assert self.process.wait(20) == status, "".join(self.said)


def test_logs_that_were_renamed_are_opened_anew(pair, tmp_path):
    log, events = tmp_path / "w.jsonl", tmp_path / "eve.json"
    evidence = tmp_path / "e.pcapng"
    live = Live(pair, "-o", log, "--eve", events, "--pcap-out", evidence)
    live.shows(log, 20)
    live.shows(events, 20)
    log.rename(tmp_path / "w.jsonl.1")
    events.rename(tmp_path / "eve.json.1")
    live.signal(signal.SIGHUP)
    wait_until(lambda: log.exists() and events.exists(), timeout=10)
    live.shows(log, 21)
    live.shows(events, 21)
    live.end()
    for name in ["w.jsonl", "w.jsonl.1", "eve.json", "eve.json.1"]:
        lines((tmp_path / name).read_bytes())
    assert '"10.77.0.21"' not in (tmp_path / "w.jsonl.1").read_text()
    assert (tmp_path / "e.pcapng.1").exists() and evidence.exists()


def test_a_hail_of_hangups_loses_no_line(pair, tmp_path):
    log = tmp_path / "w.jsonl"
    live = Live(pair, "-o", log)
    live.shows(log, 20)
    for i in range(30):
        log.rename(tmp_path / f"w.{i}")
        live.signal(signal.SIGHUP)
        live.send(20 + i % 10)
        wait_until(log.exists, timeout=10)
    live.end()
    for path in tmp_path.glob("w.*"):
        lines(path.read_bytes())


@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place],
                      capture_output=True, check=False).returncode:
        pytest.skip("cannot mount")
    yield place
    subprocess.run(["umount", "-l", place], check=True)


@pytest.mark.parametrize("output", ["--eve", "--pcap-out", "--store"])
def test_a_file_whose_outputs_are_not_whole_has_failed(many, small_disk, output):
    done = watch_file("-r", many, "-O", "jsonl", output, small_disk / "out", status=4)
    assert b"lost" in done.stderr or output == "--store"


def fill(disk):
    """Returns what to remove, to have room again."""
    filler = disk / "filler"
    with filler.open("wb", buffering=0) as file:
        try:
            while True:
                file.write(b"x" * 512)
        except OSError:
            return filler


def test_a_file_whose_metrics_are_not_written_has_failed(many, small_disk):
    fill(small_disk)
    done = watch_file("-r", many, "-O", "jsonl", "--metrics", small_disk / "m.prom", status=4)
    assert sum(bool(v["source"]) for v in lines(done.stdout)) == 1000
    assert done.stderr.count(b"m.prom: No space left on device") == 1


def test_metrics_without_room_are_said_once_and_once_that_they_go_on(pair, small_disk,
                                                                     tmp_path):
    log, metrics = tmp_path / "w.jsonl", small_disk / "m.prom"
    live = Live(pair, "-o", log, "--metrics", metrics)
    live.shows(log, 20)
    filler = fill(small_disk)
    wait_until(lambda: "No space left" in "".join(live.said), timeout=10)
    for n in range(21, 26):  # each is a tick or more
        live.shows(log, n)
    filler.unlink()
    wait_until(lambda: "goes on" in "".join(live.said), timeout=10)
    live.end()
    said = "".join(live.said)
    assert said.count("m.prom: No space left on device") == said.count("m.prom: goes on") == 1


def test_a_full_disk_costs_lines_until_there_is_room_again(pair, small_disk, tmp_path):
    log, metrics = small_disk / "w.jsonl", tmp_path / "m.prom"
    live = Live(pair, "-o", log, "--metrics", metrics)
    live.shows(log, 20)
    filler = fill(small_disk)

    def lost():
        live.send(21 + len(live.said) % 2)
        live.send(23, payload=os.urandom(3).hex().encode())
        found = re.search(r'output_lost_total\{output="output"\} (\d+)', metrics.read_text())
        return found and int(found[1]) > 0
    wait_until(lost, timeout=20, step=0.1)
    lines(log.read_bytes())  # no half line stands there
    filler.unlink()
    live.shows(log, 25)
    live.end()
    lines(log.read_bytes())
    said = "".join(live.said)
    assert said.count("No space left on device; lines are lost") == 1, said


def test_a_reader_that_leaves_costs_events_and_not_the_watch(pair, tmp_path):
    log, metrics = tmp_path / "w.jsonl", tmp_path / "m.prom"
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(tmp_path / "eve.sock"))
    sock.listen(1)
    live = Live(pair, "-o", log, "--messages", "--eve", tmp_path / "eve.sock",
                "--metrics", metrics)
    reader, _ = sock.accept()
    live.shows(log, 20)
    assert reader.recv(1 << 16).startswith(b'{"timestamp":')
    reader.close()
    sock.close()
    live.shows(log, 21)
    wait_until(lambda: "lines are lost" in "".join(live.said), timeout=10)
    live.shows(log, 22)
    live.end()
    assert int(re.search(r'output_lost_total\{output="eve"\} (\d+)', metrics.read_text())[1]) > 0
    assert "".join(live.said).count("lines are lost") == 1


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM],
                         ids=["stream", "datagram"])
def test_a_reader_that_comes_back_gets_what_happens_from_then_on(pair, tmp_path, kind):
    path, log, metrics = tmp_path / "eve.sock", tmp_path / "w.jsonl", tmp_path / "m.prom"

    def count(what):
        found = re.search(rf'output_{what}_total\{{output="eve"\}} (\d+)', metrics.read_text())
        return int(found[1])

    reader = Reader(path, kind)
    live = Live(pair, "-o", log, "--messages", "--eve", path, "--metrics", metrics)
    live.shows(log, 20)
    reader.leave()
    wait_until(lambda: live.send(21) or count("lost") > 0, timeout=10, step=0.1)
    path.unlink()

    reader = Reader(path, kind)
    wait_until(lambda: live.send(22) or b'"10.77.0.22"' in reader.got, timeout=10, step=0.1)
    wait_until(lambda: "lines were lost" in "".join(live.said), timeout=10)
    lost = count("lost")
    live.end()
    assert {event["event_type"] for event in reader.finish()} == {"coap", "alert", "stats"}
    said = "".join(live.said)
    assert said.count("lines are lost") == 1
    assert f"eve.sock: goes on, {lost} lines were lost" in said
    assert count("lost") == lost


def test_a_datagram_reader_gets_a_burst_that_is_longer_than_its_queue(pair, tmp_path):
    path, log, metrics = tmp_path / "eve.sock", tmp_path / "w.jsonl", tmp_path / "m.prom"
    reader = Reader(path, socket.SOCK_DGRAM)
    live = Live(pair, "-o", log, "--messages", "--eve", path, "--metrics", metrics)
    live.shows(log, 20)
    live.send(21, times=300)
    wait_until(lambda: reader.got.count(b'"10.77.0.21"') >= 300, timeout=20)
    live.end()
    assert 'output_lost_total{output="eve"} 0' in metrics.read_text()
    reader.finish()


def test_a_hangup_asks_for_the_reader_at_once(pair, tmp_path):
    path, log = tmp_path / "eve.sock", tmp_path / "w.jsonl"
    reader = Reader(path)
    live = Live(pair, "-v", "-o", log, "--eve", path)
    live.shows(log, 20)
    reader.leave()
    wait_until(lambda: "".join(live.said).count("is not back") == 2, timeout=10)
    path.unlink()
    reader = Reader(path)  # after 0 and 1 s: the next time would be in 2 s
    live.signal(signal.SIGHUP)
    started = time.monotonic()
    wait_until(lambda: b"stats" in reader.got, timeout=10, step=0.02)
    assert time.monotonic() - started < 1.7
    live.end()


def test_a_reader_that_sleeps_does_not_hold_the_watch_up(pair, tmp_path):
    log = tmp_path / "w.jsonl"
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    sock.bind(str(tmp_path / "eve.sock"))
    sock.listen(1)
    live = Live(pair, "-o", log, "--messages", "--eve", tmp_path / "eve.sock")
    reader, _ = sock.accept()
    live.shows(log, 20)
    live.send(21, times=20000)
    live.shows(log, 22)
    wait_until(lambda: "the reader is slow" in "".join(live.said), timeout=10)
    live.end()
    got = b""
    while data := reader.recv(1 << 16):
        got += data
    assert lines(got[:got.rindex(b"\n") + 1])  # whole lines; only the last may be cut


def test_standard_output_that_is_closed_ends_a_live_watch(pair):
    live = Live(pair)
    live.process.stdout.close()

    def gone():
        live.send(20)
        return live.process.poll() is not None
    wait_until(gone, timeout=20, step=0.2)
    assert live.process.returncode == 4
