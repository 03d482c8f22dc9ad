# SPDX-License-Identifier: Apache-2.0
"""A laboratory: network namespaces, devices in them, and runs of the command.

A Lab owns all that a test makes (namespaces, device threads, processes) and
ends it. A device is a function from a request to the datagrams it says; what
all of them heard is in Devices.heard.
"""
import contextlib
import ctypes
import dataclasses
import heapq
import itertools
import json
import os
import pathlib
import selectors
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time

import coap

TESTS = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("COAPSCOPE_BUILD", TESTS.parent / "build"))
COAPSCOPE = os.environ.get("COAPSCOPE", str(BUILD / "coapscope"))
# Whether there is time for what only says the same more often.
NIGHTLY = "COAPSCOPE_NIGHTLY" in os.environ

LIBC = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000
SO_RCVBUFFORCE = 33
SO_TIMESTAMPNS = 35
IPV6_FREEBIND = 78
ETH_P_ALL = 3
PACKET_OUTGOING = 4

serial = itertools.count()


def wait_until(what, timeout=10, step=0.01):
    """Polls until what() is true; returns its value."""
    end = time.monotonic() + timeout
    while True:
        value = what()
        if value:
            return value
        assert time.monotonic() < end, "waited in vain"
        time.sleep(step)


def sh(command):
    subprocess.run(command, shell=True, check=True)


class Net:
    """A network namespace with its loopback up."""

    def __init__(self):
        self.name = f"cs{os.getpid()}n{next(serial)}"
        sh(f"ip netns add {self.name}")
        self.file = open(f"/run/netns/{self.name}")
        self.sh("ip link set lo up")

    @contextlib.contextmanager
    def inside(self):
        """Sockets and processes made by this thread meanwhile are in here."""
        with open("/proc/thread-self/ns/net") as home:
            self.enter(self.file)
            try:
                yield
            finally:
                self.enter(home)

    @staticmethod
    def enter(file):
        if LIBC.setns(file.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")

    def sh(self, command, **more):
        with self.inside():
            return subprocess.run(command, shell=True, check=True, text=True,
                                  stdout=subprocess.PIPE, **more).stdout

    def nstat(self, name):
        """A counter of the kernel, as IcmpOutDestUnreachs."""
        out = self.sh(f"nstat -asz {name}")
        return int(float(next(line.split()[1] for line in out.splitlines()
                              if line.startswith(name))))

    def close(self):
        self.file.close()
        subprocess.run(["ip", "netns", "del", self.name], check=False)


@dataclasses.dataclass
class Request:
    """What a device is asked. nth counts the requests to it, from 0."""
    message: coap.Message
    ip: str
    nth: int

    def ack(self, code=coap.CONTENT, opts=(), payload=b""):
        token = self.message.token if code else b""
        return coap.message(coap.ACK, code, self.message.mid, token, opts, payload)

    def say(self, kind, code=coap.CONTENT, mid=0x5151, opts=(), payload=b""):
        """A message with a Message ID of the device's own."""
        return coap.message(kind, code, mid, self.message.token, opts, payload)


@dataclasses.dataclass
class Says:
    """A datagram that leaves from another port, or later."""
    data: bytes
    port: int = 0
    after: float = 0


@dataclasses.dataclass
class Heard:
    ip: str
    peer: tuple
    data: bytes
    at: float  # seconds by the kernel's clock: however late it is read


def stamp(timespec):
    """Of SO_TIMESTAMPNS, in seconds."""
    seconds, ns = struct.unpack("@ll", timespec)
    return seconds + ns / 1e9


class Devices:
    """Devices on all addresses of a namespace: {ip: function}, or a function of ip.

    A function gets a Request and yields bytes or Says. Addresses without one
    are silent. Runs in a thread of its own until closed.
    """

    def __init__(self, net, answers, port=5683, ports=()):
        self.answers = answers if callable(answers) else answers.get
        self.port, self.heard, self.nth = port, [], {}
        self.late, self.said = [], itertools.count()
        self.sockets, self.failed = {}, None
        self.selector = selectors.DefaultSelector()
        with net.inside():
            for p in (port, *ports):
                self.sockets[p] = self.open(p)
        self.wake_r, self.wake_w = os.pipe()
        self.selector.register(self.wake_r, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def open(self, port):
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 32 << 20)
        sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)  # routed here is enough
        sock.bind(("::", port))
        sock.setblocking(False)
        self.selector.register(sock, selectors.EVENT_READ)
        return sock

    def run(self):
        try:
            while True:
                wait = max(0, self.late[0][0] - time.monotonic()) if self.late else None
                for key, _ in self.selector.select(wait):
                    if key.fileobj == self.wake_r:
                        return
                    self.drain(key.fileobj)
                while self.late and self.late[0][0] <= time.monotonic():
                    self.send(*heapq.heappop(self.late)[2:])
        except Exception as why:  # shown by close()
            self.failed = why

    def drain(self, sock):
        for _ in range(256):
            try:
                data, control, _, peer = sock.recvmsg(65535, 128)
            except BlockingIOError:
                return
            told = {level: value for level, _, value in control}
            self.take(sock, data, told[socket.IPPROTO_IPV6], peer,
                      stamp(told[socket.SOL_SOCKET]))

    def take(self, sock, data, info, peer, at):
        raw = socket.inet_ntop(socket.AF_INET6, info[:16])
        ip = raw.removeprefix("::ffff:")
        self.heard.append(Heard(ip, (peer[0].removeprefix("::ffff:"), peer[1]), data, at))
        answer = self.answers(ip)
        if len(data) < 4 or not 0 < data[1] < 32 or not answer:
            return
        nth = self.nth[ip] = self.nth.get(ip, -1) + 1
        for out in answer(Request(coap.read(data), ip, nth)) or ():
            says = Says(out) if isinstance(out, bytes) else out
            one = (self.sockets[says.port] if says.port else sock, says.data, info, peer)
            if says.after:
                heapq.heappush(self.late, (time.monotonic() + says.after, next(self.said), *one))
            else:
                self.send(*one)

    @staticmethod
    def send(sock, data, info, peer):
        control = [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, info[:16] + bytes(4))]
        with contextlib.suppress(BlockingIOError, ConnectionError):
            sock.sendmsg([data], control, 0, peer)

    def to(self, ip):
        """The datagrams that the device at ip heard, in order."""
        return [h.data for h in list(self.heard) if h.ip == ip]

    def close(self):
        os.write(self.wake_w, b"x")
        self.thread.join()
        for sock in self.sockets.values():
            sock.close()
        os.close(self.wake_r)
        os.close(self.wake_w)
        if self.failed:
            raise self.failed


class Capture:
    """Counts the UDP packets that leave an interface: (source, to, payload) each.

    By AF_PACKET with large buffers; the frames are kept until read.
    """

    def __init__(self, net, interface, outgoing=True):
        with net.inside():
            self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
            self.sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 128 << 20)
            self.sock.bind((interface, ETH_P_ALL))
        self.sock.setblocking(False)
        self.outgoing = outgoing
        self.interface = interface

    def frames(self):
        """What has been seen since the last call, whole frames."""
        out = []
        while True:
            try:
                data, where = self.sock.recvfrom(65535)
            except BlockingIOError:
                return out
            if (where[2] == PACKET_OUTGOING) == self.outgoing:
                out.append(data)

    def udp(self):
        """Of those: (from ip, from port, to ip, to port, payload) of IPv4 UDP."""
        return [udp for udp in map(read_udp, self.frames()) if udp]

    def dropped(self):
        total, drops = struct.unpack("II", self.sock.getsockopt(263, 6, 8))  # PACKET_STATISTICS
        del total
        return drops

    def close(self):
        self.sock.close()


def read_udp(frame, head=14):
    """An IPv4 UDP datagram in an Ethernet frame, or None."""
    if frame[head - 2:head] != b"\x08\x00" or frame[head + 9] != 17:
        return None
    udp = head + (frame[head] & 15) * 4
    source, to, length = struct.unpack_from("!HHH", frame, udp)
    return (socket.inet_ntoa(frame[head + 12:head + 16]), source,
            socket.inet_ntoa(frame[head + 16:head + 20]), to, frame[udp + 8:udp + length])


def checksum(data):
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xffff) + (total >> 16)
    return total


def checksums_hold(frame, head=14):
    """Whether IPv4's and UDP's checksums of a frame are right."""
    size = (frame[head] & 15) * 4
    total = struct.unpack_from("!H", frame, head + 2)[0]
    udp = frame[head + size:head + total]
    pseudo = frame[head + 12:head + 20] + struct.pack("!HH", 17, len(udp))
    return (checksum(frame[head:head + size]) == 0xffff and udp[6:8] != b"\0\0" and
            checksum(pseudo + udp) == 0xffff)


@dataclasses.dataclass
class Run:
    """An ended run of the command."""
    status: int
    out: str
    err: str
    meta: dict | None

    @property
    def rows(self):
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def by_ip(self):
        return {row["ip"]: row for row in self.rows}

    def ok(self):
        assert self.status == 0, self.err
        return self


class Running:
    """A run of the command that goes on."""

    def __init__(self, process, meta_file, out, err):
        self.process, self.meta_file = process, meta_file
        self.out, self.err = out, err
        self.pid = process.pid

    def wait(self, timeout=60):
        try:
            self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        meta = None
        if self.meta_file.exists() and self.meta_file.stat().st_size:
            meta = json.loads(self.meta_file.read_text())
        return Run(self.process.returncode, self.out.read_text(), self.err.read_text(), meta)

    def signal(self, number=signal.SIGINT):
        self.process.send_signal(number)


class Lab:
    """All that one test makes; ends it when closed."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="coapscope-"))
        self.dir.chmod(0o755)
        self.stack = contextlib.ExitStack()
        self.stack.callback(shutil.rmtree, self.dir, ignore_errors=True)
        self.n = itertools.count()
        self.store = self.dir / "store"

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stack.close()

    def own(self, thing):
        """Has it closed at the end."""
        self.stack.callback(thing.close)
        return thing

    def net(self):
        return self.own(Net())

    def devices(self, net, answers, **more):
        return self.own(Devices(net, answers, **more))

    def capture(self, net, interface, **more):
        return self.own(Capture(net, interface, **more))

    def pair(self, a, b, name_a="eth0", name_b="eth0"):
        """Joins two namespaces by a veth."""
        sh(f"ip link add {name_a} netns {a.name} type veth peer name {name_b} netns {b.name}")
        a.sh(f"ip link set {name_a} up")
        b.sh(f"ip link set {name_b} up")

    def start(self, net, *args, store=True, wrap=(), stdin=None, env=None, command="scan",
              meta=True, stdout=None, **more):
        """Starts a scan (as root, unless wrapped) in net, or where we are.

        Its output goes to files: nobody has to read it meanwhile.
        """
        base = self.dir / f"run{next(self.n)}"
        meta_file, out, err = (base.with_suffix(end) for end in (".json", ".out", ".err"))
        argv = [*wrap, COAPSCOPE, command, *map(str, args)]
        if store:
            argv += ["--store", str(self.store if store is True else store)]
        if meta:
            argv += ["-m", str(meta_file)]
        env = {"PATH": os.environ["PATH"], "HOME": str(self.dir), **(env or {})}
        with net.inside() if net else contextlib.nullcontext(), \
                open(out, "w") as to_out, open(err, "w") as to_err:
            process = subprocess.Popen(argv, env=env, stdin=stdin, stdout=stdout or to_out,
                                       stderr=to_err, cwd=self.dir, **more)
        self.stack.callback(self.end, process)
        return Running(process, meta_file, out, err)

    @staticmethod
    def end(process):
        if process.poll() is None:
            process.kill()
        process.wait()

    def scan(self, net, *args, timeout=60, **more):
        return self.start(net, *args, **more).wait(timeout)
