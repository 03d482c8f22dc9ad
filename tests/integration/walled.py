# SPDX-License-Identifier: Apache-2.0
"""A host with a packet filter, the world outside it, a LAN and a container.

    outside (203.0.113.2, all of 198.18.0.0/15 and 2a0f:18::/32)
       | wan0 203.0.113.1, 2a0f:1::1
     host --- lan0 192.168.5.1, fd05::1 --- lan  (192.168.5.2, all of 192.168.5.0/24)
       | dmz0 172.30.0.1                          (fd05::2)
    container (172.30.0.2)

Requests are sent from any address of a namespace; a Server answers with as many bytes as
it was told, whatever it is asked.
"""
import concurrent.futures
import contextlib
import dataclasses
import json
import os
import select
import socket
import struct
import subprocess
import threading
import time

import coap
import lab

HOST4, HOST6, LAN4 = "203.0.113.1", "2a0f:1::1", "192.168.5.1"
IP_FREEBIND, IPV6_FREEBIND = 15, 78
PKTINFO = {socket.AF_INET: (socket.IPPROTO_IP, 8),
           socket.AF_INET6: (socket.IPPROTO_IPV6, 50)}
GET = coap.message(coap.CON, coap.GET, 0x1234, b"\x01\x02", [(coap.URI_PATH, b"large")])


def family(address):
    return socket.AF_INET6 if ":" in address else socket.AF_INET


class Server:
    """Answers on a port of a namespace: UDP datagrams, and TCP connections."""

    at_work = set()  # all that there are

    def __init__(self, net, size=20, port=5683, groups=()):
        self.size, self.heard, self.held, self.answering = size, [], [], False
        self.make = lambda data: bytes([0x60, 0x45]) + data[2:4] + b"\xff" * (self.size - 4)
        with net.inside():
            self.udp = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
            self.udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
            self.udp.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_RECVPKTINFO, 1)
            self.udp.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
            self.udp.setsockopt(socket.SOL_SOCKET, lab.SO_RCVBUFFORCE, 32 << 20)
            self.udp.setsockopt(socket.SOL_SOCKET, 32, 32 << 20)  # SO_SNDBUFFORCE
            self.udp.bind(("::", port))
            for group, own in groups:
                self.udp.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP,
                                    socket.inet_aton(group) + socket.inet_aton(own))
            self.tcp = socket.create_server(("::", port), family=socket.AF_INET6,
                                            dualstack_ipv6=True, backlog=64)
        self.wake_r, self.wake_w = os.pipe()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()
        self.at_work.add(self)

    def run(self):
        poll = select.poll()
        for fd in (self.udp, self.tcp, self.wake_r):
            poll.register(fd, select.POLLIN)
        while True:
            ready = [fd for fd, _ in poll.poll()]
            self.answering = True
            if self.wake_r in ready:
                return
            if self.udp.fileno() in ready:
                self.answer()
            if self.tcp.fileno() in ready:
                self.take()
            self.answering = False

    @classmethod
    def all_rest(cls):
        """Whether all have answered whatever has come: on a busy machine they are late."""
        servers = list(cls.at_work)
        waiting = [sock for it in servers for sock in (it.udp, it.tcp)]
        return not select.select(waiting, [], [], 0)[0] and \
            not any(it.answering for it in servers)

    def answer(self):
        data, control, _, peer = self.udp.recvmsg(65535, 64)
        self.heard.append((peer[0].removeprefix("::ffff:"), peer[1], data))
        info = control[0][2]
        to = socket.inet_ntop(socket.AF_INET6, info[:16])
        group = to.startswith("ff") or 224 <= info[12] < 240 and to.startswith("::ffff:")
        own = [] if group else [(socket.IPPROTO_IPV6, 50, info[:16] + bytes(4))]
        with contextlib.suppress(OSError):
            self.udp.sendmsg([self.make(data)], own, 0, peer)

    def take(self):
        connection, _ = self.tcp.accept()
        self.held.append(connection)
        with contextlib.suppress(OSError):
            connection.send(b"x" * self.size)
            connection.shutdown(socket.SHUT_WR)

    def close(self):
        self.at_work.discard(self)
        os.write(self.wake_w, b"x")
        self.thread.join()
        for it in (self.udp, self.tcp, *self.held):
            it.close()
        os.close(self.wake_r)
        os.close(self.wake_w)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


@dataclasses.dataclass
class Said:
    """What came back."""
    answers: list = dataclasses.field(default_factory=list)
    seconds: float = 0

    @property
    def n(self):
        return len(self.answers)

    @property
    def largest(self):
        return max(map(len, self.answers), default=0)


def open_from(net, source, port=0):
    with net.inside():
        sock = socket.socket(family(source), socket.SOCK_DGRAM)
        sock.setsockopt(*((socket.IPPROTO_IPV6, IPV6_FREEBIND) if ":" in source else
                          (socket.IPPROTO_IP, IP_FREEBIND)), 1)
        sock.setsockopt(socket.SOL_SOCKET, lab.SO_RCVBUFFORCE, 8 << 20)
        sock.bind((source, port))
    return sock


AFTER = 0.03  # seconds in which an answer too many is seen


def comes(sock, wait):
    """Whether something does; silence is that no Server has anything left to answer."""
    for _ in range(100):
        if select.select([sock], [], [], wait)[0]:
            return True
        if Server.all_rest():
            return bool(select.select([sock], [], [], 0)[0])
    return False


def ask(net, source, to=HOST4, port=5683, n=1, data=GET, sport=0, every=0.0, wait=0.25):
    """Sends n requests from one port, and takes what comes back until it is silent."""
    said, began = Said(), time.monotonic()
    with contextlib.closing(open_from(net, source, sport)) as sock:
        for _ in range(n):
            with contextlib.suppress(OSError):
                sock.sendto(data, (to, port))
            if every:
                time.sleep(every)
        while comes(sock, wait if said.n < n else min(wait, AFTER)):
            with contextlib.suppress(OSError):
                said.answers.append(sock.recv(65535))
    said.seconds = time.monotonic() - began
    return said


def together(*calls):
    """Calls them at the same time; what each returned."""
    with concurrent.futures.ThreadPoolExecutor(len(calls)) as pool:
        return [done.result() for done in [pool.submit(*call) for call in calls]]


def connect(net, source, to=HOST4, port=5683, wait=0.3):
    """What a TCP connection brought; None where there was none."""
    with net.inside():
        sock = socket.socket(family(source), socket.SOCK_STREAM)
        sock.setsockopt(*((socket.IPPROTO_IPV6, IPV6_FREEBIND) if ":" in source else
                          (socket.IPPROTO_IP, IP_FREEBIND)), 1)
        sock.bind((source, 0))
    sock.settimeout(wait)
    with contextlib.closing(sock):
        try:
            sock.connect((to, port))
        except OSError:
            return None
        got = b""
        with contextlib.suppress(OSError):
            while len(got) < 65536 and comes(sock, wait):
                more = sock.recv(65536)
                if not more:
                    break
                got += more
        return got


class Walled:
    """The four namespaces; rules are put in by hand or by the command."""

    def __init__(self):
        self.host, self.outside, self.lan, self.container = (lab.Net() for _ in range(4))
        try:
            self.join()
        except BaseException:
            self.close()
            raise

    def join(self):
        for net in self.nets:
            net.sh("sysctl -qw net.ipv6.conf.all.accept_dad=0 "
                   "net.ipv6.conf.default.accept_dad=0 net.ipv4.conf.all.rp_filter=0 "
                   "net.ipv4.conf.default.rp_filter=0")
        self.wire(self.outside, "w0", "wan0", ("203.0.113.1/24", "2a0f:1::1/64"),
                  ("203.0.113.2/24", "2a0f:1::2/64"))
        self.wire(self.lan, "l0", "lan0", ("192.168.5.1/24", "fd05::1/64"),
                  ("192.168.5.2/24", "fd05::2/64"))
        self.wire(self.container, "c0", "dmz0", ("172.30.0.1/24", "fd30::1/64"),
                  ("172.30.0.2/24", "fd30::2/64"))
        self.outside.sh("ip addr add 198.18.1.1/32 dev w0; ip addr add 198.19.0.7/32 dev w0; "
                        "ip addr add 2a0f:18::1/128 dev w0 nodad; "
                        "ip addr add 2a0f:18:7::7/128 dev w0 nodad; "
                        "ip route add local 198.18.0.0/15 dev lo; "
                        "ip route add local 2a0f:18::/32 dev lo; "
                        "ip route add 192.168.5.0/24 via 203.0.113.1; "
                        "ip route add 172.30.0.0/24 via 203.0.113.1; "
                        "ip route add fd05::/64 via 2a0f:1::1")
        self.lan.sh("ip route add local 192.168.5.0/25 dev lo; "
                    "ip route add 192.168.5.1 dev l0; "
                    "ip route add default via 192.168.5.1; ip route add default via fd05::1")
        self.container.sh("ip route add default via 172.30.0.1; "
                          "ip route add default via fd30::1")
        self.host.sh("ip route add default via 203.0.113.2; "
                     "ip route add default via 2a0f:1::2; "
                     "sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 "
                     "net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0")
        # Nobody learns a neighbour while a test counts.
        for net, *gateways in ((self.outside, "203.0.113.1", "2a0f:1::1"),
                               (self.lan, "192.168.5.1", "fd05::1"),
                               (self.container, "172.30.0.1", "fd30::1")):
            for gateway in gateways:
                net.sh(f"for i in 1 2 3 4 5 6 7 8 9; do ping -c1 -W1 {gateway} && exit 0; done; "
                       "exit 1")

    @property
    def nets(self):
        return self.host, self.outside, self.lan, self.container

    def wire(self, net, theirs, ours, own, other):
        self.host.sh(f"ip link add {ours} type veth peer name {theirs} netns {net.name}")
        for where, name, addresses in ((self.host, ours, own), (net, theirs, other)):
            for address in addresses:
                where.sh(f"ip addr add {address} dev {name}" +
                         (" nodad" if ":" in address else ""))
            where.sh(f"ip link set {name} up")

    def clear(self):
        """No rules, and nothing known of any flow."""
        self.host.sh("nft flush ruleset; conntrack -F 2>/dev/null")

    def nft(self, script):
        return self.host.sh("nft -f -", input=script)

    def rules(self, *options):
        """What `protect plan` makes of these options; as nobody: check is not asked then."""
        return self.host.sh(f"setpriv --reuid=65534 --regid=65534 --clear-groups "
                            f"{lab.COAPSCOPE} protect plan -q {' '.join(map(str, options))}")

    def protect(self, *options):
        self.nft(self.rules(*options))

    def counter(self, name):
        """Packets of a counter of ours."""
        text = self.host.sh(f"nft list counter inet coapscope {name}")
        return int(text.split("packets")[1].split()[0])

    def publish(self, port=5683, to="172.30.0.2:5683"):
        """DNAT of a port of the host to the container, as container managers do."""
        self.nft(f"""
table ip nat {{
    chain pre {{
        type nat hook prerouting priority dstnat
        fib daddr type local udp dport {port} dnat to {to}
        fib daddr type local tcp dport {port} dnat to {to}
    }}
    chain post {{
        type nat hook postrouting priority srcnat
        oifname wan0 masquerade
    }}
}}
""")

    def close(self):
        for net in self.nets:
            net.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


def spoofed(source, to, data=GET, sport=40000, dport=5683):
    """An IPv4 packet in somebody's name."""
    udp = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0,
                       socket.inet_aton(source), socket.inet_aton(to))
    return head + udp


def mac(net, interface):
    return json.loads(net.sh(f"ip -j link show {interface}"))[0]["address"]


def run(net, *command, timeout=20):
    with net.inside():
        return subprocess.run(command, text=True, timeout=timeout, capture_output=True,
                              check=False)
