# SPDX-License-Identifier: Apache-2.0
"""A machine behind a firewall, its neighbours, and real packets between them.

    with Town() as town:
        town.host.sh("nft -f rules")
        rows = town.check("--allow", "192.168.1.0/24").rows
        assert [row["verdict"] for row in rows] == town.measure(rows)

host has eth0 (to world: the internet by its default routes), lan0 (to lan) and dock0 (to
box). On each there are servers on the CoAP ports and 15683; measure() sends what a row of
`protect check` asks about, and says what became of it.
"""
import contextlib
import errno
import json
import os
import selectors
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import types

import coap
from lab import COAPSCOPE, SO_RCVBUFFORCE, Net

IP_RECVERR, IPV6_RECVERR = 11, 25
MSG_ERRQUEUE = 0x2000
IP_FREEBIND, IPV6_FREEBIND = 15, 78
IP_PKTINFO = 8
PORTS = (5683, 5684, 15683)
BEYOND = (*PORTS, 9683)  # of the others, who answer on what is sent on to them
GROUPS4, GROUPS6 = ("224.0.1.187",), ("ff02::fd", "ff05::fd")
BURST = 12
HOPS = 64  # of what goes to groups

HOST = {"eth0": ("93.184.77.10/24", "2a03:b0c0:77::10/64"),
        "lan0": ("192.168.1.1/24", "fd12:3456:789a:1::1/64"),
        "dock0": ("172.17.0.1/16", "fd12:3456:789a:2::1/64")}
GATEWAYS = ("93.184.77.1/24", "2a03:b0c0:77::1/64")


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Servers:
    """Answers on all ports of a namespace until closed; a thread of its own."""

    def __init__(self, net, interfaces, ports=PORTS):
        self.selector = selectors.DefaultSelector()
        with net.inside():
            for port in ports:
                self.udp4(port, interfaces)
                self.udp6(port, interfaces)
                self.tcp(port)
        self.stop_r, self.stop_w = os.pipe()
        self.selector.register(self.stop_r, selectors.EVENT_READ)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def udp4(self, port, interfaces):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # others ask from there, too
        sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        sock.bind(("0.0.0.0", port))
        for name in interfaces:
            for group in GROUPS4:
                request = socket.inet_aton(group) + bytes(4) + struct.pack(
                    "i", socket.if_nametoindex(name))
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, request)
        self.add(sock, self.answer4)

    def udp6(self, port, interfaces):
        sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
        sock.bind(("::", port))
        for name in interfaces:
            for group in GROUPS6:
                request = socket.inet_pton(socket.AF_INET6, group) + struct.pack(
                    "i", socket.if_nametoindex(name))
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_JOIN_GROUP, request)
        self.add(sock, self.answer6)

    def tcp(self, port):
        sock = socket.socket(socket.AF_INET6, socket.SOCK_STREAM)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        sock.bind(("::", port))
        sock.listen(256)
        self.add(sock, self.accept)

    def add(self, sock, what):
        sock.setblocking(False)
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 16 << 20)
        self.selector.register(sock, selectors.EVENT_READ, what)

    def run(self):
        while True:
            for key, _ in self.selector.select():
                if key.fileobj == self.stop_r:
                    return
                with contextlib.suppress(BlockingIOError, ConnectionError, PermissionError,
                                         OSError):
                    while True:
                        key.data(key.fileobj)

    @staticmethod
    def reply(data):
        return b"\x60\x45" + data[2:4] + b"\xff" + b"x" * 507

    def answer4(self, sock):
        data, control, _, peer = sock.recvmsg(2048, 64)
        info = control[0][2]
        group = socket.inet_ntoa(info[8:12]) in GROUPS4
        info = info[:4] + info[4:8] if group else bytes(4) + info[8:12]
        sock.sendmsg([self.reply(data)], [(socket.IPPROTO_IP, IP_PKTINFO, info + bytes(4))],
                     0, peer)

    def answer6(self, sock):
        data, control, _, peer = sock.recvmsg(2048, 64)
        info = control[0][2]
        group = info[0] == 0xff
        info = bytes(16) + info[16:] if group else info[:16] + bytes(4)
        sock.sendmsg([self.reply(data)],
                     [(socket.IPPROTO_IPV6, socket.IPV6_PKTINFO, info)], 0, peer)

    def accept(self, sock):
        peer, _ = sock.accept()
        self.add(peer, self.echo)

    def echo(self, sock):
        data = sock.recv(2048)
        if data:
            sock.send(data)
        else:
            self.selector.unregister(sock)
            sock.close()
            raise BlockingIOError

    def close(self):
        os.write(self.stop_w, b"x")
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            if not isinstance(key.fileobj, int):
                key.fileobj.close()
        os.close(self.stop_r)
        os.close(self.stop_w)


class Town:
    """host, world, lan and box."""

    def __init__(self, forward=True):
        self.nets, self.servers, self.links = [], [], []
        self.folder = tempfile.mkdtemp(prefix="coapscope-town")
        try:
            self.host, self.world, self.lan, self.box = (self.net() for _ in range(4))
            self.join()
            self.host.sh("sysctl -qw net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0"
                         " net.ipv4.icmp_msgs_per_sec=1000000 net.ipv4.icmp_msgs_burst=100000")
            if forward:
                self.host.sh("sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1")
        except BaseException:
            self.close()
            raise

    def net(self):
        net = Net()
        self.nets.append(net)
        net.sh("sysctl -qw net.ipv6.conf.default.accept_dad=0 net.ipv6.conf.all.accept_dad=0")
        return net

    def join(self):
        for name, other in (("eth0", self.world), ("lan0", self.lan), ("dock0", self.box)):
            # One address at both ends and no resolution: rules that drop IPv6's neighbour
            # discovery are not what is compared.
            mac = f"02:00:00:00:00:{len(self.links):02x}"
            self.links.append(name)
            self.host.sh(f"ip link add {name} address {mac} type veth "
                         f"peer name v0 address {mac} netns {other.name}")
            self.host.sh(f"ip link set {name} arp off")
            other.sh("ip link set v0 arp off")
            for address in HOST[name]:
                self.host.sh(f"ip addr add {address} dev {name}")
            self.host.sh(f"ip link set {name} up")
            other.sh("ip link set v0 up")
            for address in HOST[name]:
                gateway = address.split("/")[0]
                if other is not self.world:
                    other.sh(f"ip addr add {self.neighbour(address, 0xc8)} dev v0")
                    other.sh(f"ip route add default via {gateway}")
        for address in GATEWAYS:
            self.world.sh(f"ip addr add {address} dev v0")
        for address in HOST["lan0"] + HOST["dock0"]:
            via = HOST["eth0"][":" in address].split("/")[0]
            self.world.sh(f"ip route add {self.network(address)} via {via}")
        for address in GATEWAYS:
            self.host.sh(f"ip route add default via {address.split('/')[0]}")
        self.box.sh("ip addr add 172.17.0.2/16 dev v0; "
                    "ip addr add fd12:3456:789a:2::2/64 dev v0")

    @staticmethod
    def network(address):
        import ipaddress
        return str(ipaddress.ip_interface(address).network)

    @staticmethod
    def neighbour(address, number):
        import ipaddress
        network = ipaddress.ip_interface(address).network
        return f"{network[number]}/{network.prefixlen}"

    def serve(self):
        self.servers.append(Servers(self.host, HOST))
        self.servers += [Servers(net, (), BEYOND) for net in (self.world, self.lan, self.box)]

    def where(self, address):
        """The namespace that is beyond the host's interface to this address."""
        import ipaddress
        ip = ipaddress.ip_address(address)
        for name, net in (("lan0", self.lan), ("dock0", self.box)):
            if any(ip in ipaddress.ip_interface(a).network for a in HOST[name]):
                return net
        return self.world

    @staticmethod
    def own():
        return [address for both in HOST.values() for address in both]

    def have(self, net, address):
        """Makes the address one of the namespace."""
        width = 128 if ":" in address else 32
        known = net.__dict__.setdefault("known", set())
        if address not in known:
            known.add(address)
            net.sh(f"ip addr replace {address}/{width} dev v0")

    # --- the command ---

    def check(self, *args):
        command = [COAPSCOPE, "protect", "check", "-O", "jsonl", *args]
        with self.host.inside():
            done = subprocess.run(command, text=True, capture_output=True, timeout=120)
        return types.SimpleNamespace(
            status=done.returncode, err=done.stderr, out=done.stdout,
            rows=[json.loads(line) for line in done.stdout.splitlines()])

    # --- what packets really do ---

    def measure(self, rows, burst=BURST, wait=0.35):
        """What becomes of a burst of each row's packets; all at the same time."""
        bursts = []
        for row in rows:
            net = self.where(row["source"])
            self.have(net, row["source"])
            own = [a.split("/")[0] for a in self.own()]
            if row["to"] not in own and not is_group(row["to"]):
                self.have(self.where(row["to"]), row["to"])
        for row in rows:
            with self.where(row["source"]).inside():
                bursts.append(Burst(row, burst))
        settle(bursts, wait)
        return [b.verdict() for b in bursts]

    def close(self):
        for server in self.servers:
            server.close()
        for net in self.nets:
            net.close()
        shutil.rmtree(self.folder, ignore_errors=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def is_group(address):
    return address.startswith("ff") or address.startswith("224.")


class Burst:
    """The packets of one row, and what came back."""

    def __init__(self, row, n):
        self.row, self.n = row, n
        self.family = family(row["to"])
        self.stream = row["proto"] == "tcp"
        self.group = is_group(row["to"])
        self.one = row["flow"] == "established"
        self.sockets = [self.open() for _ in range(1 if self.one else n)]
        self.answered, self.errors = 0, 0

    def open(self):
        kind = socket.SOCK_STREAM if self.stream else socket.SOCK_DGRAM
        sock = socket.socket(self.family, kind)
        if self.family == socket.AF_INET6:
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            sock.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVERR, 1)
            if self.group:
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF,
                                socket.if_nametoindex("v0"))
                sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, HOPS)
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
            sock.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
            if self.group:
                request = bytes(8) + struct.pack("i", socket.if_nametoindex("v0"))
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, request)
                sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
        sock.setblocking(False)
        sock.bind((self.row["source"], 0))
        # UDP takes what comes, also from an address that was not asked: it left the host.
        if self.stream:
            code = sock.connect_ex((self.row["to"], self.row["port"]))
            assert code in (0, errno.EINPROGRESS), os.strerror(code)
        return sock

    def send(self, sock, mid):
        message = coap.message(coap.CON, coap.GET, mid)
        try:
            self.say(sock, message)
        except OSError as why:
            if why.errno not in (errno.EAGAIN, errno.EINPROGRESS, errno.ENOTCONN):
                self.errors += 1
                with contextlib.suppress(OSError):
                    self.say(sock, message)

    def say(self, sock, message):
        if self.stream:
            sock.send(message)
        else:
            sock.sendto(message, (self.row["to"], self.row["port"]))

    def start(self):
        """Sends all; of an established flow the packet that begins it."""
        if not self.stream:
            for i, sock in enumerate(self.sockets):
                self.send(sock, 0x1000 + i)

    def go_on(self):
        """Sends the second and later packets of an established flow."""
        self.collect()
        self.answered = 0
        connected = self.stream and self.is_connected()
        for i in range(self.n):
            if not self.stream or connected:
                self.send(self.sockets[0], 0x2000 + i)
                time.sleep(0.0005)

    def is_connected(self):
        try:
            self.sockets[0].getpeername()
            return True
        except OSError:
            return False

    def collect(self):
        for sock in self.sockets:
            if self.stream and not self.one:
                self.collect_connection(sock)
            else:
                self.collect_data(sock)

    def collect_data(self, sock):
        if self.stream and sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR):
            self.errors += 1
        while True:
            try:
                data = sock.recv(4096)
            except BlockingIOError:
                break
            except OSError as why:
                if why.errno != errno.ENOTCONN:
                    self.errors += 1
                    continue
                break
            if not data:
                break
            self.answered += len(data) // 4 if self.stream else 1

    def collect_connection(self, sock):
        """A SYN-ACK is an answer, whatever became of the connection afterwards."""
        try:
            sock.getpeername()
            self.answered += 1
        except OSError:
            why = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            self.answered += why == errno.ECONNRESET
            self.errors += why not in (0, errno.ECONNRESET)

    def verdict(self):
        if self.answered >= self.n:
            return "open"
        if self.answered:
            return "limit"
        return "reject" if self.errors else "drop"

    def close(self):
        for sock in self.sockets:
            if self.stream:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            sock.close()


def settle(bursts, wait):
    for burst in bursts:
        burst.start()
    time.sleep(wait)
    late = [b for b in bursts if b.one]
    for burst in late:
        burst.go_on()
    if late:
        time.sleep(wait)
    for burst in bursts:
        burst.collect()
        burst.close()
