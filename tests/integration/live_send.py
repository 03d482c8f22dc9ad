#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sends requests for /.well-known/core from as many sources as asked for, in turn.

    live_send.py INTERFACE MAC FIRST-SOURCE SOURCES COUNT [TAG...]

Each TAG is a VLAN around what stands behind it. Prints how many left.
"""
import socket
import struct
import sys

PROBE = b"\x40\x01%s\xbb.well-known\x04core"
TO = socket.inet_aton("10.77.0.2")


def fold(total):
    total = (total & 0xffff) + (total >> 16)
    return (total & 0xffff) + (total >> 16)


def total_of(data):
    return sum(struct.unpack(f"!{len(data) // 2}H", data))


def main():
    interface, mac, first, sources, count, *tags = sys.argv[1:]
    first, = struct.unpack("!I", socket.inet_aton(first))
    size = len(PROBE % b"..")
    ethernet = bytes.fromhex(mac.replace(":", "")) + b"\2\0\0\0\0\x09"
    ethernet += b"".join(struct.pack("!HH", 0x8100, int(tag)) for tag in tags) + b"\x08\0"
    head = struct.pack("!BBHHHBB", 0x45, 0, 28 + size, 0, 0, 64, 17)
    fixed = total_of(head) + total_of(TO)
    udp = struct.pack("!HHHH", 40000, 5683, 8 + size, 0)  # no checksum
    sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
    sock.bind((interface, 0))
    sock.setsockopt(263, 20, 1)  # PACKET_QDISC_BYPASS
    for i in range(int(count)):
        source = first + i % int(sources)
        check = ~fold(fixed + (source >> 16) + (source & 0xffff)) & 0xffff
        sock.send(ethernet + head + struct.pack("!HI", check, source) + TO + udp
                  + PROBE % struct.pack("!H", i // int(sources) & 0xffff))
    print(count)


if __name__ == "__main__":
    main()
