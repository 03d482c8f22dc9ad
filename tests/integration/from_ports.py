# SPDX-License-Identifier: Apache-2.0
"""Packets from source ports that rules name.

    measure(town, row)       # what becomes of a burst of a row that has a source_port
    answered(town, rows)     # those of the rows that some of PORTS gets an answer for
"""
import contextlib
import socket
import struct
import time

import coap
from firewall import BURST, IP_FREEBIND, IPV6_FREEBIND, HOPS, family

# One of each kind that the rulesets' rules tell apart.
PORTS = (1, 53, 77, 123, 1023, 1024, 5683, 5684, 5690, 20000, 61001)
STEP = 0.004  # s between two looks for an answer


def forget(town, row=None):
    """All flows; of a row of TCP also connections that servers still have with that very port."""
    town.host.sh("conntrack -F 2>/dev/null")
    if row and row["proto"] == "tcp":
        for net in town.nets:
            net.sh("ss -Kt state connected >/dev/null")


def opened(row, port):
    """A socket of the row's asker, bound to that port; in his namespace."""
    stream = row["proto"] == "tcp"
    v6 = family(row["to"]) == socket.AF_INET6
    sock = socket.socket(family(row["to"]), socket.SOCK_STREAM if stream else socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    if v6:
        sock.setsockopt(socket.IPPROTO_IPV6, IPV6_FREEBIND, 1)
    else:
        sock.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
    if not stream and v6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_IF, socket.if_nametoindex("v0"))
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, HOPS)
    elif not stream:
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF,
                        bytes(8) + struct.pack("i", socket.if_nametoindex("v0")))
        sock.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_TTL, HOPS)
    if stream:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    sock.setblocking(False)
    sock.bind((row["source"], port))
    return sock


def have(town, rows):
    own = [a.split("/")[0] for a in town.own()]
    for row in rows:
        town.have(town.where(row["source"]), row["source"])
        if row["to"] not in own and not row["to"].startswith(("ff", "224.")):
            town.have(town.where(row["to"]), row["to"])


def ask(sock, row, mid):
    with contextlib.suppress(OSError):
        if row["proto"] == "tcp":
            sock.connect_ex((row["to"], row["port"]))
        else:
            sock.sendto(coap.message(coap.CON, coap.GET, mid), (row["to"], row["port"]))


def heard(sock, row):
    """The message ids that were answered; of a connection [0]."""
    if row["proto"] == "tcp":
        try:
            sock.getpeername()
            return [0]
        except OSError:
            return []
    mids = []
    while True:
        try:
            mids.append(struct.unpack("!H", sock.recv(4096)[2:4])[0])
        except BlockingIOError:
            return mids
        except OSError:
            continue


def wait_for(sock, row, wait):
    end, found = time.monotonic() + wait, []
    while not found and time.monotonic() < end:
        found = heard(sock, row)
        time.sleep(0 if found else STEP)
    return len(found)


def first_packets(town, row, wait):
    """Each the first of its flow: how many of BURST were answered."""
    answers = 0
    for i in range(BURST):
        forget(town, row)
        with town.where(row["source"]).inside():
            sock = opened(row, row["source_port"])
        ask(sock, row, i)
        answers += wait_for(sock, row, wait) > 0
        sock.close()
    return answers


def later_packets(town, row, wait):
    """Behind the first: how many of BURST were answered."""
    forget(town, row)
    with town.where(row["source"]).inside():
        sock = opened(row, row["source_port"])
    ask(sock, row, 0)
    wait_for(sock, row, wait)
    answers = 0
    for i in range(BURST):
        if row["proto"] == "tcp":
            with contextlib.suppress(OSError):
                sock.send(b"\x00\xe2")
            with contextlib.suppress(OSError):
                answers += echoed(sock, wait)
        else:
            ask(sock, row, 1 + i)
            answers += wait_for(sock, row, wait) > 0
    sock.close()
    return answers


def echoed(sock, wait):
    end = time.monotonic() + wait
    while time.monotonic() < end:
        try:
            return bool(sock.recv(16))
        except BlockingIOError:
            time.sleep(STEP)
    return False


def measure(town, row, wait=0.15):
    """Whether "open" or "limit" or nothing comes back ("drop") from the row's source_port."""
    have(town, [row])
    count = first_packets if row["flow"] == "new" else later_packets
    answers = count(town, row, wait)
    forget(town)
    return "open" if answers == BURST else "limit" if answers else "drop"


def answered(town, rows, wait=0.15):
    """[(row, port)] of those that are answered when asked from one of PORTS."""
    have(town, rows)
    forget(town)
    sockets = {}  # of UDP one for each asker and port, of TCP one for each row and port
    for i, row in enumerate(rows):
        with town.where(row["source"]).inside():
            for port in PORTS:
                key = (row["source"], port, i if row["proto"] == "tcp" else None)
                if key not in sockets:
                    sockets[key] = (opened(row, port), row)
                ask(sockets[key][0], row, i)
    time.sleep(wait if rows else 0)
    found = []
    for (_, port, i), (sock, row) in sockets.items():
        mids = heard(sock, row)
        found += [(rows[mid if i is None else i], port) for mid in mids]
        sock.close()
    return found
