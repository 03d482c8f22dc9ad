#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sends frames of all the kinds that a kernel filter must let through or keep out.

    capture_send.py INTERFACE [COUNT]

With COUNT only that many CoAP frames without a tag. A frame says in itself what it is:
"tag1-udp." is inside of one VLAN tag; whether it is wanted stands in WANTED.
"""
import socket
import struct
import sys

WANTED = ["udp4", "tcp4", "from4", "fragment4", "icmp4", "udp6", "fragment6", "icmp6", "hop6"]
UNWANTED = ["other4", "echo4", "other6", "echo6"]
ETHERNET = bytes.fromhex("ffffffffffff") + bytes.fromhex("020000000009")
IP4, IP6, VLAN, QINQ = 0x0800, 0x86DD, 0x8100, 0x88A8


def checksum(data):
    data += b"\0" * (len(data) % 2)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip4(protocol, payload, fragment=0):
    head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(payload), 7, fragment, 64, protocol, 0,
                       socket.inet_aton("10.9.0.2"), socket.inet_aton("10.9.0.1"))
    return IP4, head[:10] + struct.pack("!H", checksum(head)) + head[12:] + payload


def ip6(protocol, payload):
    return IP6, (struct.pack("!IHBB", 0x60000000, len(payload), protocol, 64)
                 + socket.inet_pton(socket.AF_INET6, "fd00::2")
                 + socket.inet_pton(socket.AF_INET6, "fd00::1") + payload)


def udp(source, target, payload):
    return struct.pack("!HHHH", source, target, 8 + len(payload), 0) + payload


def tcp(source, target, payload):
    return struct.pack("!HHIIBBHHH", source, target, 1, 1, 0x50, 0x10, 99, 0, 0) + payload


def packet(kind, say):
    return {
        "udp4": lambda: ip4(17, udp(4000, 5683, say)),
        "from4": lambda: ip4(17, udp(5684, 4000, say)),
        "tcp4": lambda: ip4(6, tcp(4000, 5683, say)),
        "other4": lambda: ip4(17, udp(4000, 1234, say)),
        "fragment4": lambda: ip4(17, say, fragment=100),
        "icmp4": lambda: ip4(1, b"\3\3\0\0\0\0\0\0" + say),
        "echo4": lambda: ip4(1, b"\0\0\0\0\0\0\0\0" + say),
        "udp6": lambda: ip6(17, udp(4000, 5684, say)),
        "other6": lambda: ip6(17, udp(4000, 1234, say)),
        "fragment6": lambda: ip6(44, b"\x11\0\0\0\0\0\0\0" + say),
        "icmp6": lambda: ip6(58, b"\1\4\0\0\0\0\0\0" + say),
        "echo6": lambda: ip6(58, b"\x80\0\0\0\0\0\0\0" + say),
        "hop6": lambda: ip6(0, b"\x11\0\1\4\0\0\0\0" + udp(4000, 5683, say)),
    }[kind]()


def frame(kind, tags):
    kind_of, bytes_of = packet(kind, f"tag{tags}-{kind}.".encode())
    outer = [VLAN] if tags == 1 else [QINQ, VLAN][:tags]
    vlans = b"".join(struct.pack("!HH", tpid, 5 + i) for i, tpid in enumerate(outer))
    return ETHERNET + vlans + struct.pack("!H", kind_of) + bytes_of


def main():
    wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    wire.bind((sys.argv[1], 0))
    if len(sys.argv) > 2:
        one = frame("udp4", 0)
        for _ in range(int(sys.argv[2])):
            wire.send(one)
        return
    for tags in range(3):
        for kind in WANTED + UNWANTED:
            wire.send(frame(kind, tags))


if __name__ == "__main__":
    main()
