# SPDX-License-Identifier: Apache-2.0
"""DNS servers on loopback: Knot with reverse names for whole networks, and one
written here for what a real server does not do.

The messages are written apart from src/enrich on purpose: a mistake there must
not be made here too.
"""
import contextlib
import ipaddress
import selectors
import signal
import socket
import struct
import subprocess
import threading
import time

PTR, CNAME, SOA = 12, 5, 6
NOERROR, SERVFAIL, NXDOMAIN, REFUSED = 0, 2, 3, 5
TC = 0x0200
LOCALHOST = b"\x011\x010\x010\x03127\x07in-addr\x04arpa\x00"

KNOT = """
server:
  rundir: {folder}
  listen: [ 127.0.0.1@{port} ]
  udp-workers: 1
  tcp-workers: 1
  background-workers: 1
database:
  storage: {folder}
log:
  - target: stderr
    any: warning
mod-synthrecord:
  - id: v4
    type: reverse
    origin: example.
    prefix: host-
    ttl: 3600
    network: 10.0.0.0/8
  - id: v6
    type: reverse
    origin: example.
    prefix: host6-
    ttl: 7200
    network: fd00:1::/32
zone:
  - domain: 10.in-addr.arpa
    file: {folder}/v4.zone
    module: mod-synthrecord/v4
  - domain: d.f.ip6.arpa
    file: {folder}/v6.zone
    module: mod-synthrecord/v6
  - domain: 2.0.192.in-addr.arpa
    file: {folder}/delegated.zone
"""
HEAD = """$ORIGIN {origin}
$TTL 900
@ SOA ns.example. admin.example. 1 3600 600 86400 {minimum}
@ NS ns.example.
"""
DELEGATED = """
1 PTR one.example.
2 CNAME 2.0/26.2.0.192.in-addr.arpa.
2.0/26 300 PTR two.example.
3 PTR a.example.
4 TXT "no PTR here"
5 CNAME elsewhere.example.
"""


def free_port():
    """A port of 127.0.0.1 that is free for UDP and TCP alike."""
    while True:
        with socket.socket(type=socket.SOCK_DGRAM) as udp, socket.socket() as tcp:
            udp.bind(("127.0.0.1", 0))
            with contextlib.suppress(OSError):
                tcp.bind(udp.getsockname())
                return udp.getsockname()[1]


class Knot:
    """knotd, ended by its pid; its files are in FOLDER.

    MORE has further zones: the records of each by its name.
    """

    def __init__(self, folder, port=None, more=None):
        self.folder, self.port = folder, port or free_port()
        zones = {"v4": ("10.in-addr.arpa.", ""), "v6": ("d.f.ip6.arpa.", ""),
                 "delegated": ("2.0.192.in-addr.arpa.", DELEGATED)}
        for name, (origin, rest) in zones.items():
            text = HEAD.format(origin=origin, minimum=120) + rest
            (folder / f"{name}.zone").write_text(text, encoding="ascii")
        conf = KNOT.format(folder=folder, port=self.port)
        for i, (origin, rest) in enumerate((more or {}).items()):
            text = HEAD.format(origin=origin, minimum=120) + rest
            (folder / f"more{i}.zone").write_text(text, encoding="ascii")
            conf += f"  - domain: {origin}\n    file: {folder}/more{i}.zone\n"
        (folder / "knot.conf").write_text(conf, encoding="ascii")
        self.process = None
        self.start()

    @property
    def resolver(self):
        return f"127.0.0.1:{self.port}"

    def start(self):
        self.process = subprocess.Popen(
            ["/usr/sbin/knotd", "-c", self.folder / "knot.conf"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 10
        while not self.answers():
            assert self.process.poll() is None and time.monotonic() < deadline
            time.sleep(0.02)

    def answers(self):
        with socket.socket(type=socket.SOCK_DGRAM) as it:
            it.settimeout(0.1)
            it.connect(("127.0.0.1", self.port))
            with contextlib.suppress(OSError):
                it.send(query("10.0.0.1"))
                return len(it.recv(512)) > 12
        return False

    def stop(self, sign=signal.SIGTERM):
        if self.process.poll() is None:
            self.process.send_signal(sign)
        self.process.wait(10)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def labels(*parts):
    """A name on the wire; the parts may be text or bytes of any kind."""
    out = b""
    for part in parts:
        part = part.encode() if isinstance(part, str) else part
        out += bytes([len(part)]) + part
    return out + b"\x00"


def wire(text):
    return labels(*text.split("."))


def reverse(ip):
    return wire(ipaddress.ip_address(ip).reverse_pointer)


def query(ip, number=1):
    return struct.pack(">6H", number, 0x0100, 1, 0, 0, 0) + reverse(ip) + b"\x00\x0c\x00\x01"


def record(name, kind, ttl, data):
    return name + struct.pack(">HHIH", kind, 1, ttl, len(data)) + data


def ptr(name, target, ttl=3600):
    return record(name, PTR, ttl, target)


def soa(ttl, minimum):
    data = wire("ns.example") + wire("admin.example") + struct.pack(">5I", 1, 2, 3, 4, minimum)
    return record(wire("example"), SOA, ttl, data)


class Question:
    """What was asked; reply() answers it, correctly unless told otherwise."""

    def __init__(self, message, tcp):
        self.message, self.tcp = message, tcp
        self.id = struct.unpack(">H", message[:2])[0]
        self.name = message[12:message.index(b"\x00", 12) + 1]

    @property
    def ip(self):
        """Of an IPv4 question, else None."""
        parts = self.name.split(b"\x07in-addr")[0]
        numbers, at = [], 0
        while at < len(parts):
            numbers.insert(0, parts[at + 1:at + 1 + parts[at]].decode())
            at += 1 + parts[at]
        return ".".join(numbers) if len(numbers) == 4 else None

    def reply(self, *answers, code=NOERROR, flags=0, authority=(), number=None, name=None,
              kind=PTR):
        head = struct.pack(">6H", self.id if number is None else number,
                           0x8180 | flags | code, 1, len(answers), len(authority), 0)
        return (head + (name or self.name) + struct.pack(">HH", kind, 1) +
                b"".join(answers) + b"".join(authority))

    def named(self, *parts, ttl=3600):
        return self.reply(ptr(b"\xc0\x0c", labels(*parts), ttl))


class Liar:
    """A server whose ANSWER(question) gives the datagrams to be sent back.

    The resolver's probe is answered unless ALIVE is false. It has one thread;
    .asked counts questions by name, and .tcp those that came by TCP.
    """

    def __init__(self, answer, alive=True, tcp=True, port=None):
        self.answer, self.alive = answer, alive
        self.port = port or free_port()
        self.asked, self.tcp, self.probes = {}, 0, 0
        self.errors = []
        self.ready = selectors.DefaultSelector()
        self.udp = socket.socket(type=socket.SOCK_DGRAM)
        self.udp.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self.udp.bind(("127.0.0.1", self.port))
        self.send = self.udp.sendto
        self.ready.register(self.udp, selectors.EVENT_READ, self.on_udp)
        self.sockets = [self.udp]
        if tcp:
            listener = socket.create_server(("127.0.0.1", self.port))
            self.sockets.append(listener)
            self.ready.register(listener, selectors.EVENT_READ, self.on_connection)
        self.running = True
        self.thread = threading.Thread(target=self.run)
        self.thread.start()

    @property
    def resolver(self):
        return f"127.0.0.1:{self.port}"

    def questions(self):
        return sum(self.asked.values())

    def replies(self, message, tcp):
        question = Question(message, tcp)
        if question.name == LOCALHOST:
            self.probes += 1
            return [question.reply(code=NXDOMAIN)] if self.alive else []
        self.asked[question.name] = self.asked.get(question.name, 0) + 1
        self.tcp += tcp
        found = self.answer(question)
        return [found] if isinstance(found, bytes) else found or []

    def on_udp(self, it):
        for _ in range(64):
            try:
                message, peer = it.recvfrom(2048, socket.MSG_DONTWAIT)
            except BlockingIOError:
                return
            for reply in self.replies(message, False):
                self.send(reply, peer)

    def on_connection(self, listener):
        it, _ = listener.accept()
        self.sockets.append(it)
        self.ready.register(it, selectors.EVENT_READ, self.on_stream)

    def on_stream(self, it):
        it.settimeout(5)
        try:
            ended = not self.converse(it)
        except ConnectionError:  # it hung up before it read all that we had to say
            ended = True
        if ended:
            self.ready.unregister(it)
            it.close()

    def converse(self, it):
        head = it.recv(2, socket.MSG_WAITALL)
        message = it.recv(int.from_bytes(head, "big"), socket.MSG_WAITALL) if head else b""
        for reply in self.replies(message, True) if message else []:
            it.sendall(len(reply).to_bytes(2, "big") + reply)
        return bool(message)

    def run(self):
        while self.running:
            for key, _ in self.ready.select(0.05):
                try:
                    key.data(key.fileobj)
                except Exception as error:  # a test looks at it at the end
                    self.errors.append(repr(error))
                    self.running = False

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.running = False
        self.thread.join(10)
        for it in self.sockets:
            it.close()
        assert not self.errors, self.errors
