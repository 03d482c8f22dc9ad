# SPDX-License-Identifier: Apache-2.0
"""The guard: what watch sees becomes blocks, of those alone whom nobody can have forged.

Real packets through a host (walled.py), a real watch at its interfaces, a real guard: what
is blocked is proved with packets again.
"""
import contextlib
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import threading
import time

import pytest

import coap
from lab import BUILD, COAPSCOPE, wait_until
from walled import HOST4, LAN4, Server, Walled, ask, open_from, run

ATTACKER, FORGED, VICTIM, OTHER, PEER = (
    "198.18.1.66", "198.18.1.67", "198.18.2.2", "198.18.3.3", "198.19.0.7")
LAN = "192.168.5.9"
LARGE = 600  # bytes of an answer: many times the question
PUT_CODE = 0x03
PUT = coap.message(coap.CON, PUT_CODE, 0x4321, b"\x07", [(coap.URI_PATH, b"light")], b"off")


class Process:
    """A process in the host, and what it says."""

    def __init__(self, net, *argv):
        with net.inside():
            self.process = subprocess.Popen(list(map(str, argv)), text=True,
                                            stdin=subprocess.DEVNULL,
                                            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.out, self.err = [], []
        self.threads = [threading.Thread(target=lambda s=s, to=to: to.extend(s) or None,
                                         daemon=True)
                        for s, to in ((self.lines(self.process.stdout, self.out), []),
                                      (self.lines(self.process.stderr, self.err), []))]
        for thread in self.threads:
            thread.start()

    @staticmethod
    def lines(stream, into):
        for line in stream:
            into.append(line.rstrip("\n"))
            yield line

    def said(self, what, n=1):
        """Waits until N lines have @what in them; the last one."""
        def found():
            has = [line for line in self.out + self.err if what in line]
            return has[-1] if len(has) >= n else None
        try:
            return wait_until(found, timeout=20)
        except Exception as e:
            raise AssertionError(f"{what!r} was not said:\n" +
                                 "\n".join(self.out + self.err)) from e

    def children(self):
        pid = self.process.pid
        with open(f"/proc/{pid}/task/{pid}/children") as file:
            return list(map(int, file.read().split()))

    def end(self, number=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(number)
        status = self.process.wait(20)
        for thread in self.threads:
            thread.join(10)
        return status


class Street(Walled):
    """The host with a device on it, a guard and a watch."""

    def __init__(self, folder):
        super().__init__()
        self.folder, self.socket = folder, folder / "guard"
        self.store = ["--store", folder / "store"]
        self.server, self.processes = None, []

    def device(self):
        """Answers a GET at length, and a write with a CON of its own."""
        self.server = Server(self.host, size=LARGE)
        plain = self.server.make

        def make(data):
            if len(data) > 5 and data[1] == PUT_CODE:
                return bytes([0x41, 0x44, 0x77, data[3], data[4]])
            return plain(data)
        self.server.make = make

    def start(self, *argv):
        it = Process(self.host, COAPSCOPE, *argv)
        self.processes.append(it)
        return it

    def guard(self, *args):
        it = self.start("protect", "guard", "--socket", self.socket, *self.store, *args)
        it.said("listening at")
        return it

    def watch(self, *args):
        it = self.start("watch", "-i", "any", "-O", "jsonl", "--interval", "200", "--local",
                        f"{HOST4},{LAN4}", f"--protect={self.socket}", *args)
        wait_until(lambda: len(it.children()) == 1 and all(
            "Seccomp:\t2" in open(f"/proc/{pid}/status").read()
            for pid in [it.process.pid, *it.children()]), timeout=20)
        return it

    def command(self, *args, status=0):
        done = run(self.host, COAPSCOPE, "protect", *map(str, args), *map(str, self.store))
        assert done.returncode == status, done.stderr
        return done

    def blocked(self):
        """Entries of the guard, by address: reason and evidence."""
        lines = self.command("status", "-O", "jsonl").stdout.splitlines()
        rows = [row for line in lines for row in json.loads(line).get("entries", [])]
        return {row["prefix"]: row for row in rows if row["by"] == "guard"}

    def close(self):
        for it in self.processes:
            it.end(signal.SIGKILL)
        if self.server:
            self.server.close()
        super().close()


@pytest.fixture(name="street")
def made(namespaces_work, open_path):
    with Street(open_path) as it:
        it.device()
        yield it


def flood(net, source, n=100):
    """A reflection in somebody's name: many of the same, and nobody there who asked."""
    return ask(net, source, n=n, wait=0.1).n


def attack(net, source=ATTACKER, n=3):
    """Writes, and acknowledges what comes back: it is who it says."""
    with contextlib.closing(open_from(net, source)) as sock:
        sock.settimeout(20)
        for i in range(n):
            data = PUT[:2] + struct.pack("!H", 0x4321 + i) + bytes([0x77 + i]) + PUT[5:]
            sock.sendto(data, (HOST4, 5683))
        # With the first that is acknowledged it may be blocked.
        for answer in [sock.recv(1500) for _ in range(n)]:
            sock.sendto(coap.message(coap.ACK, 0, struct.unpack("!H", answer[2:4])[0]),
                        (HOST4, 5683))


def write_in_the_name_of(net, source):
    with contextlib.closing(open_from(net, source)) as sock:
        sock.sendto(PUT, (HOST4, 5683))


def answered(street, source, net=None):
    return ask(net or street.outside, source, n=3).n == 3


def is_notified(street, source):
    """Whether what the device says by itself gets there, as of an old observation."""
    with contextlib.closing(open_from(street.outside, source, 40001)) as sock:
        sock.settimeout(0.3)
        try:
            street.server.udp.sendto(b"\x50\x45\x00\x01", (f"::ffff:{source}", 40001))
            return bool(sock.recv(100))
        except (TimeoutError, PermissionError):
            return False


def everything(street):
    attack(street.outside)
    write_in_the_name_of(street.outside, FORGED)
    assert flood(street.outside, VICTIM) == 100
    assert flood(street.outside, PEER) == 100
    assert ask(street.lan, LAN, to=LAN4, n=100, wait=0.1).n == 100


def test_who_is_blocked_is_blocked_and_nobody_else(street):
    street.command("allow", PEER)
    guard = street.guard("--enforce")
    watch = street.watch()
    everything(street)
    assert "(attacker)" in guard.said(f"blocked {ATTACKER} ")
    assert "(victim protected)" in guard.said(f"blocked {VICTIM} ")
    assert "an allowed peer" in guard.said(f"left alone {PEER}")
    assert "a local address" in guard.said(f"left alone {LAN}")
    # By packets: the two are not answered, everybody else is.
    assert ask(street.outside, ATTACKER, n=5).n == 0
    assert ask(street.outside, VICTIM, n=5).n == 0
    for source in (FORGED, OTHER, PEER):
        assert answered(street, source)
    assert ask(street.lan, LAN, to=LAN4, n=3).n == 3
    # Nor are they told anything that was asked for before.
    assert not is_notified(street, VICTIM) and not is_notified(street, ATTACKER)
    assert is_notified(street, FORGED)
    # On other ports than CoAP's they are nobody's business.
    with Server(street.host, port=5685):
        assert ask(street.outside, ATTACKER, port=5685, n=3).n == 3
    # With its evidence where people look.
    rows = street.blocked()
    assert set(rows) == {f"{ATTACKER}/32", f"{VICTIM}/32"}
    attacker, victim = rows[f"{ATTACKER}/32"], rows[f"{VICTIM}/32"]
    assert (attacker["reason"], victim["reason"]) == ("attacker", "victim protected")
    assert "class D" in attacker["evidence"] and "write_done" in attacker["evidence"]
    assert "class C1" in victim["evidence"] and "amplified" in victim["evidence"]
    assert watch.end() == 0
    assert guard.end() == 0
    assert not street.socket.exists()
    assert "2 requests" not in watch.err  # what was handed over is summed up
    watch.said("requests to block handed over, 0 not")


def test_without_enforce_it_says_and_changes_nothing(street):
    guard = street.guard("--allow", PEER)
    street.watch()
    everything(street)
    guard.said(f"would block {ATTACKER} ")
    guard.said(f"would block {VICTIM} ")
    guard.said(f"left alone {PEER}: an allowed peer")
    assert answered(street, ATTACKER) and answered(street, VICTIM)
    assert guard.end() == 0
    guard.said("nothing was changed: --enforce does")
    assert street.host.sh("nft list ruleset") == ""


def test_a_block_ends_by_itself(street):
    guard = street.guard("--enforce", "--for", "4s")
    street.watch()
    assert flood(street.outside, VICTIM) == 100
    guard.said(f"blocked {VICTIM} for 4 s (victim protected)")
    assert not answered(street, VICTIM)
    wait_until(lambda: answered(street, VICTIM))
    assert street.blocked() == {}


def test_a_guard_that_is_killed_leaves_its_blocks_and_is_found_again(street):
    guard = street.guard("--enforce")
    watch = street.watch()
    assert flood(street.outside, VICTIM) == 100
    guard.said(f"blocked {VICTIM} ")
    keeper = guard.children()
    guard.end(signal.SIGKILL)
    wait_until(lambda: not any(os.path.exists(f"/proc/{pid}") for pid in keeper), timeout=10)
    assert ask(street.outside, VICTIM, n=5).n == 0
    # Nobody is there: the watch goes on, and says so once.
    assert flood(street.outside, OTHER) == 100
    watch.said("nobody is blocked until the guard is there")
    guard = street.guard("--enforce", "-v")
    guard.said(f"blocked {OTHER} ")
    watch.said("the guard is there; 1 requests waited for it")
    assert sum("nobody is blocked" in line for line in watch.err) == 1
    # What the first one blocked is known to the second, and counts.
    assert set(street.blocked()) == {f"{VICTIM}/32", f"{OTHER}/32"}
    assert watch.end() == 0


def test_a_guard_that_comes_later_is_found_from_the_jail(street):
    watch = street.watch()
    watch.said("nobody is blocked until the guard is there")
    assert flood(street.outside, VICTIM) == 100
    guard = street.guard("--enforce")
    guard.said(f"blocked {VICTIM} ")
    watch.said("the guard is there; 1 requests waited for it")


def lost_in(metrics):
    if not metrics.exists():
        return 0
    return int(re.search(r"^coapscope_watch_guard_lost_total (\d+)$", metrics.read_text(),
                         re.M)[1])


def test_a_guard_that_sleeps_does_not_hold_the_watch_up(street):
    guard = street.guard()
    watch = street.watch("--metrics", street.folder / "metrics")
    os.kill(guard.process.pid, signal.SIGSTOP)
    for i in range(1500):
        ask(street.outside, f"198.18.{40 + i // 200}.{i % 200}", n=25, wait=0)
    # All are told of; what the guard has no room for waits, and more than that is lost.
    wait_until(lambda: sum('"class":"C1"' in line for line in watch.out) >= 1400, timeout=30)
    wait_until(lambda: lost_in(street.folder / "metrics"), timeout=30)
    os.kill(guard.process.pid, signal.SIGCONT)
    assert watch.end() == 0
    handed, lost = map(int, re.search(r"(\d+) requests to block handed over, (\d+) not",
                                      watch.said("requests to block")).groups())
    assert handed > 50 and lost > 0
    # What waited to the end is lost then, behind the last metrics.
    assert 0 < lost_in(street.folder / "metrics") <= lost
    assert guard.end() == 0


def test_entries_are_bounded_in_number_and_in_rate(street):
    guard = street.guard("--enforce", "--entries", "3", "--entry-rate", "2")
    street.watch()
    for i in range(1, 6):
        assert flood(street.outside, f"198.18.50.{i}", 30) == 30
    guard.said("too many entries within a minute", 3)
    assert len(street.blocked()) == 2
    guard.end()
    # Of what stands a new guard knows: one has room.
    guard = street.guard("--enforce", "--entries", "3", "--entry-rate", "100")
    for i in range(11, 14):
        assert flood(street.outside, f"198.18.50.{i}", 30) == 30
    guard.said("as many entries stand as may", 2)
    assert len(street.blocked()) == 3


# --- who else asks ---

def record(address="203.0.114.9", bits=128, reason=1, class_=2, worry=3, seconds=600, seen=0):
    """A request as guard_wire.h has it."""
    family, mapped = (socket.AF_INET6, b"") if ":" in address else (
        socket.AF_INET, bytes(10) + b"\xff\xff")
    return (struct.pack("!IBBBBBBBB", 0x43536732, reason, class_, worry, 95, 1, bits, seen, 0) +
            mapped + socket.inet_pton(family, address) +
            struct.pack("!IIqqQQ", seconds, 7, 10**15, 10**15, 1, 2)).ljust(68 + 8 * 68, b"\0")


def client(street):
    sock = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    sock.settimeout(5)
    sock.connect(str(street.socket))
    return sock


def is_hung_up(sock):
    """The other end has closed; what was not read there ends in a reset."""
    try:
        return sock.recv(1) == b""
    except ConnectionError:
        return True


def test_what_is_no_request_is_hung_up_on(street):
    guard = street.guard("--enforce")
    good = record()
    bad = [b"x", good[:-1], good + b"x", bytes(292), good[:11] + b"\1" + good[12:],
           record(bits=129), record(bits=120), record(reason=2), os.urandom(292),
           os.urandom(60000)]
    for data in bad:
        with contextlib.closing(client(street)) as sock:
            sock.send(data)
            assert is_hung_up(sock), data[:40]
    guard.said("hung up on who sent what is no request", len(bad))
    # It lives, and does what is asked well.
    with contextlib.closing(client(street)) as sock:
        sock.send(good)
        guard.said("blocked 203.0.114.9 for 600 s (victim protected)")
    assert guard.process.poll() is None


def test_whoever_asks_gets_no_more_than_the_limits(street):
    street.command("allow", "198.18.9.0/24")
    street.command("plan")
    guard = street.guard("--enforce", "--local", "198.18.8.0/24")
    with contextlib.closing(client(street)) as sock:
        for data, why in [
                (record("0.0.0.0", 96), "too wide"), (record("::", 0), "too wide"),
                (record("198.18.0.0", 111), "too wide"),
                (record("198.18.9.7"), "an allowed peer"),
                (record("198.18.9.0", 120), "an allowed peer"),
                (record("198.18.8.7"), "a local address"),
                (record(HOST4), "a local address"), (record(LAN), "a local address"),
                (record("127.0.0.1"), "a local address"), (record("::1"), "a local address"),
                (record("224.0.1.187"), "no address that a single host has"),
                (record("198.18.7.0", 120, reason=0, class_=4), "too wide"),
                (record("198.18.7.7", reason=0, class_=2), "does not bear the reason out"),
                (record("198.18.7.7", worry=1), "does not bear the reason out"),
                (record("198.18.7.7", seconds=5), "too short a time")]:
            before = len(guard.out)
            sock.send(data)
            wait_until(lambda: len(guard.out) > before, timeout=10)
            assert why in guard.out[-1], (why, guard.out[-1])
        sock.send(record("198.18.7.7", seconds=2**32 - 1))
        guard.said("blocked 198.18.7.7 for 3600 s")
    assert set(street.blocked()) == {"198.18.7.7/32"}


def test_only_so_many_ask_at_a_time_and_one_more_is_let_in_when_one_leaves(street):
    guard = street.guard()
    with contextlib.ExitStack() as stack:
        clients = [stack.enter_context(contextlib.closing(client(street))) for _ in range(8)]
        for i, sock in enumerate(clients):
            sock.send(record(f"203.0.114.{i}"))
            guard.said(f"would block 203.0.114.{i} ")
        with contextlib.closing(client(street)) as late:
            assert is_hung_up(late)
        guard.said("one more than may ask at a time")
        clients[3].close()
        wait_until(lambda: ask_once(street, guard), timeout=10)


def ask_once(street, guard):
    """Whether who asks now is let in."""
    with contextlib.closing(client(street)) as sock:
        try:
            sock.send(record("203.0.114.77"))
        except ConnectionError:
            return False

        def is_let_in():
            return any("would block 203.0.114.77 " in line for line in guard.out)
        wait_until(lambda: is_let_in() or select.select([sock], [], [], 0)[0], timeout=20)
        return is_let_in()


ASK_AS = """import os, socket, sys
os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
s = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
s.connect(sys.argv[1])
s.send(bytes.fromhex(sys.argv[3]))
try:
    print(len(s.recv(1)))
except ConnectionError:
    print(0)
"""


def test_who_may_not_ask_is_turned_away_even_where_the_file_is_open_to_all(street):
    guard = street.guard("--user", "nobody")
    assert street.socket.stat().st_mode & 0o777 == 0o600
    assert street.socket.stat().st_uid == 65534
    # The one user may.
    run_as = ["python3", "-c", ASK_AS, street.socket]
    mine = subprocess.Popen([*run_as, "65534", record("203.0.114.1").hex()])
    guard.said("would block 203.0.114.1 ")
    mine.kill()
    mine.wait()
    # Another may not: by the file's mode, and by who it is.
    done = subprocess.run([*run_as, "65533", record("203.0.114.2").hex()], check=False,
                          capture_output=True, text=True)
    assert "PermissionError" in done.stderr
    street.socket.chmod(0o666)
    done = subprocess.run([*run_as, "65533", record("203.0.114.2").hex()], check=False,
                          capture_output=True, text=True)
    assert "would block 203.0.114.2" not in "\n".join(guard.out)
    guard.said("turned away who may not ask (see --user) (user id 65533)")


# --- one guard, and what it needs ---

def test_there_is_one_guard_at_a_socket_and_its_file_is_nobody_elses(street):
    guard = street.guard()
    done = run(street.host, COAPSCOPE, "protect", "guard", "--socket", street.socket,
               *street.store)
    assert done.returncode == 3 and "somebody listens there already" in done.stderr
    assert street.socket.exists()
    guard.end()
    street.socket.write_text("mine")
    done = run(street.host, COAPSCOPE, "protect", "guard", "--socket", street.socket,
               *street.store)
    assert done.returncode == 2 and "is no socket" in done.stderr
    assert street.socket.read_text() == "mine"


def test_the_half_that_is_asked_is_jailed_and_the_other_ends_with_it(street):
    guard = street.guard("--enforce", "--require-jail")
    keeper, = guard.children()
    status = open(f"/proc/{guard.process.pid}/status").read()
    assert "Seccomp:\t2" in status and "NoNewPrivs:\t1" in status
    assert "CapEff:\t0000000000000000" in status
    os.kill(keeper, signal.SIGKILL)
    with contextlib.closing(client(street)) as sock:
        sock.send(record())
        assert guard.process.wait(10) == 4
    guard.said("the guard's keeper has ended")


def test_ctrl_c_ends_both_and_removes_the_socket(street):
    guard = street.guard()
    keeper, = guard.children()
    assert guard.end(signal.SIGINT) == 0
    assert not os.path.exists(f"/proc/{keeper}") and not street.socket.exists()


@pytest.mark.parametrize("args, status, says", [
    (["--for", "8d"], 2, "--for: want 1s to 7d"),
    (["--user", "nobody-at-all"], 2, "no such user"),
    (["--socket", "x" * 200], 2, "want a path of 1 to 107 bytes"),
    (["--verdicts", "/nonexistent"], 2, "No such file"),
    (["--verdicts", "/"], 4, "--verdicts /: Is a directory"),
])
def test_wrong_usage_is_said(street, args, status, says):
    done = run(street.host, COAPSCOPE, "protect", "guard", *street.store, *args)
    assert done.returncode == status, done.stderr
    assert says in done.stderr


def test_watch_protects_live_only(tmp_path):
    done = subprocess.run([COAPSCOPE, "watch", "-r", "/dev/null", "--protect"], check=False,
                          capture_output=True, text=True)
    assert done.returncode == 2 and "protect guard --verdicts" in done.stderr
    conf = tmp_path / "conf"
    conf.write_text("[watch]\nprotect = /run/coapscope/guard\n")
    done = subprocess.run([COAPSCOPE, "watch", "--config", conf, "-r", "/dev/null"],
                          check=False, capture_output=True, text=True)
    assert "--protect" not in done.stderr


# --- files of verdicts ---

def verdict(source="198.18.1.1", prefix=None, **more):
    row = {"schema": "coapscope.verdict/1", "source": source, "prefix": prefix,
           "first": "2026-11-21T20:00:00.000000Z", "last": "2026-11-21T20:01:00.000000Z",
           "packets": 3, "bytes_in": 63, "bytes_out": 516, "answered": True, "unproved": 0,
           "class": "D", "classes": ["D"], "actor": None, "victim": False,
           "worry": "act_now", "confidence": 0.95,
           "evidence": [{"what": "write_done", "count": 1}, {"what": "acked", "count": 1}]}
    return json.dumps({**row, **more})


def judge(street, *lines, args=(), status=0):
    file = street.folder / "verdicts.jsonl"
    file.write_text("".join(line + "\n" for line in lines))
    return street.command("guard", "--verdicts", file, *args, status=status)


def test_the_last_line_of_a_source_counts(street):
    victim = dict(victim=True, **{"class": "C1"})
    done = judge(street, verdict("198.18.1.1"), verdict("198.18.1.2"),
                 verdict("198.18.1.3", worry="none"), verdict("198.18.1.2", worry="note"),
                 verdict("198.18.1.1", **victim), verdict("198.18.1.3"))
    assert [line.split(":")[0] for line in done.stdout.splitlines()] == [
        "would block 198.18.1.1 for 3600 s (victim protected)",
        "would block 198.18.1.3 for 3600 s (attacker)"]
    assert "3 sources: 2 would be blocked, 0 blocked already, 1 left alone" in done.stderr


def test_a_carpet_is_blocked_as_the_prefix_that_is_hit(street):
    carpet = dict(victim=True, source=None, **{"class": "C1"})
    judge(street, verdict(prefix="198.18.7.0/24", **carpet),
          verdict(prefix="2a0f:18:7::/64", **carpet),
          verdict(prefix="198.18.0.0/16", **carpet), args=["--enforce"])
    assert set(street.blocked()) == {"198.18.7.0/24", "2a0f:18:7::/64"}
    assert ask(street.outside, "198.18.7.200", n=3).n == 0
    assert ask(street.outside, "198.18.8.200", n=3).n == 3


def test_lines_that_are_wrong_are_named_and_the_rest_is_judged(street):
    done = judge(street, "nonsense", verdict("198.18.1.1"), verdict("198.18.1.300"),
                 '{"schema":"coapscope.capture/1"}', "", verdict("198.18.1.2"), status=2)
    assert done.stdout.count("would block") == 2
    assert "verdicts.jsonl:1: the line: want JSON" in done.stderr
    assert "verdicts.jsonl:3: source: want an address" in done.stderr
    assert "capture" not in done.stderr


def test_any_text_is_evidence_and_shown_encoded(street):
    odd = [{"what": "PUT /a", "count": 5, "first": "2026-11-22T10:00:00.000000Z",
            "sample_hex": "44037d70", "decoded": "CON PUT"}, {"what": "\x1b[2J\u00e9", "count": 1}]
    done = judge(street, verdict("198.18.1.1", victim=True, evidence=odd),
                 verdict("198.18.1.2", evidence=odd), args=["--enforce"])
    assert "left alone 198.18.1.2: its address may be forged" in done.stdout
    assert "; PUT /a 5, \\x1b[2J\\xc3\\xa9 1;" in done.stdout
    assert "; PUT /a 5, \x1b[2J\u00e9 1;" in street.blocked()["198.18.1.1/32"]["evidence"]
    assert "\x1b" not in street.command("status", "-O", "table").stdout


def test_blocks_of_a_file_last_as_long_as_is_said(street):
    victim = verdict(victim=True, **{"class": "C1"})
    done = judge(street, victim, args=["--enforce", "--for", "2s"])
    assert "blocked 198.18.1.1 for 2 s" in done.stdout
    wait_until(lambda: answered(street, "198.18.1.1"))
    done = judge(street, victim, args=["--enforce", "--for", "2h"])
    assert "blocked 198.18.1.1 for 7200 s" in done.stdout
    assert street.blocked()["198.18.1.1/32"]["left_seconds"] > 3600


def test_an_operators_entry_is_left_as_it_is(street):
    street.command("deny", "198.18.1.1", "--reason", "mine")
    done = judge(street, verdict("198.18.1.1"), verdict("198.18.1.2"),
                 args=["--enforce", "-v"])
    assert "left alone 198.18.1.1: blocked already" in done.stdout
    assert set(street.blocked()) == {"198.18.1.2/32"}
    listed = street.command("list").stdout
    assert "mine" in listed and "attacker" in listed


def test_without_root_a_file_is_judged_by_what_options_say(street):
    rows = "".join(verdict(source) + "\n" for source in ("198.18.1.1", "198.18.1.2", LAN))

    def as_nobody(*args):
        with street.host.inside():
            return subprocess.run(["setpriv", "--reuid=65534", "--regid=65534",
                                   "--clear-groups", COAPSCOPE, "protect", "guard",
                                   "--verdicts", "-", "--allow", "198.18.1.2", *args],
                                  check=False, capture_output=True, text=True, input=rows)
    done = as_nobody()
    assert done.returncode == 0, done.stderr
    assert [line.split(" (")[0].split(":")[0] for line in done.stdout.splitlines()] == [
        "would block 198.18.1.1 for 3600 s", "left alone 198.18.1.2", f"left alone {LAN}"]
    assert "only --allow, --local and this host's networks" in done.stderr
    done = as_nobody("--enforce")
    assert done.returncode == 4 and "needs root" in done.stderr


def test_who_is_allowed_meanwhile_is_not_blocked(street):
    """The keeper looks again under the lock, at what holds then."""
    guard = street.guard("--enforce")
    street.command("allow", "198.18.7.7")
    with contextlib.closing(client(street)) as sock:
        sock.send(record("198.18.7.7"))
        guard.said("left alone 198.18.7.7: an allowed peer")
    assert street.blocked() == {}


@pytest.mark.parametrize("seed", [11, 12])
def test_verdicts_of_every_class_never_make_an_attacker_of_a_victim(street, seed):
    """Captures whose truth is known, through watch, as a file of verdicts."""
    subprocess.run([BUILD / "tests/scenario/scenario", "--seed", str(seed), "--out",
                    street.folder / "captures", "--positives", "6"], check=True,
                   capture_output=True)
    labels = [json.loads(line) for line in
              (street.folder / "captures/labels.jsonl").read_text().splitlines()]
    protected = 0
    for name in {label["file"] for label in labels}:
        of = [label for label in labels if label["file"] == name]
        local, peer = of[0]["local"], of[0]["peer"]
        args = [word for p in local for word in ("--local", p)]
        rows = subprocess.run([COAPSCOPE, "watch", "-r", street.folder / "captures" / name,
                               "-O", "jsonl", *args,
                               *(word for p in peer for word in ("--peer", p))],
                              check=True, capture_output=True, text=True).stdout
        done = judge(street, *rows.splitlines(),
                     args=[*args, *(word for p in peer for word in ("--allow", p)),
                           "--entry-rate", "10000"])
        blocks = dict(re.findall(r"^would block (\S+) for \d+ s \(([a-z ]+)\)", done.stdout,
                                 re.M))
        protected += sum(reason == "victim protected" for reason in blocks.values())
        for label in of:
            if label["victim"]:
                assert blocks.get(label["source"]) != "attacker", label
            if label["class"] == ["H"]:
                assert label["source"] not in blocks, label
    assert protected > 5
