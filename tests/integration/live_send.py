#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Sends requests for /.well-known/core from as many sources as asked for, in turn.

    live_send.py INTERFACE MAC FIRST-SOURCE SOURCES COUNT [TAG...]

Each TAG is around what stands behind it: the number of a VLAN, or "pppoe" at the end.
A last word "dns" has them go to that port. Prints how many left.
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


def link_head(mac, tags):
    vlans = [tag for tag in tags if tag.isdigit()]
    head = bytes.fromhex(mac.replace(":", "")) + b"\2\0\0\0\0\x09"
    head += b"".join(struct.pack("!HH", 0x8100, int(tag)) for tag in vlans)
    if "pppoe" in tags:  # session 1; the length is not looked at
        return head + struct.pack("!HHHHH", 0x8864, 0x1100, 1, 2, 0x21)
    return head + b"\x08\0"


def main():
    interface, mac, first, sources, count, *tags = sys.argv[1:]
    first, = struct.unpack("!I", socket.inet_aton(first))
    size = len(PROBE % b"..")
    ethernet = link_head(mac, tags)
    port = 53 if "dns" in tags else 5683
    head = struct.pack("!BBHHHBB", 0x45, 0, 28 + size, 0, 0, 64, 17)
    fixed = total_of(head) + total_of(TO)
    udp = struct.pack("!HHHH", 40000, port, 8 + size, 0)  # no checksum
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
