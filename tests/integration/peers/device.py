# SPDX-License-Identifier: Apache-2.0
"""A CoAP device with one way to behave: device.py ADDRESS,... PORT HOW [N].

Prints "ready" and, when its standard input ends, a JSON line for each datagram
that it got: when (seconds since the first), type, code, mid, token, options.
"""
import json
import select
import socket
import struct
import sys
import time

LINKS = b'</s/temp>;rt="temperature";ct=50;obs,</s/light>;rt="light";title="a\\"b, c"'
CON, NON, ACK, RST = range(4)
SO_TIMESTAMPNS = 35
ETAG, CONTENT_FORMAT, BLOCK2, ECHO = 4, 12, 23, 252


def encode(kind, code, mid, token=b"", options=(), payload=b""):
    out = struct.pack("!BBH", 0x40 | kind << 4 | len(token), code, mid) + token
    last = 0
    for number, value in sorted(options):
        head, ext = [], b""
        for n in (number - last, len(value)):
            if n >= 269:
                head.append(14)
                ext += struct.pack("!H", n - 269)
            elif n >= 13:
                head.append(13)
                ext += bytes([n - 13])
            else:
                head.append(n)
        out += bytes([head[0] << 4 | head[1]]) + ext + value
        last = number
    return out + (b"\xff" + payload if payload else b"")


def decode(data):
    first, code, mid = struct.unpack_from("!BBH", data)
    at = 4 + (first & 15)
    token, options, last = data[4:at], [], 0
    while at < len(data) and data[at] != 0xFF:
        delta, length = data[at] >> 4, data[at] & 15
        at += 1
        if delta == 13:
            delta, at = 13 + data[at], at + 1
        elif delta == 14:
            delta, at = 269 + struct.unpack_from("!H", data, at)[0], at + 2
        if length == 13:
            length, at = 13 + data[at], at + 1
        elif length == 14:
            length, at = 269 + struct.unpack_from("!H", data, at)[0], at + 2
        last += delta
        options.append((last, data[at:at + length]))
        at += length
    return first >> 4 & 3, code, mid, token, options


class Device:
    def __init__(self, how, n):
        self.how, self.n, self.seen = how, n, 0
        self.later = []  # (when, datagram, to)
        self.requests = 0

    def block(self, options, body, etag=None):
        """The block that is asked for, as options and payload."""
        value = dict(options).get(BLOCK2)
        number = int.from_bytes(value or b"\x00", "big")
        num, szx = number >> 4, (number & 7) if value else 2
        size = 16 << szx
        part = body[num * size:(num + 1) * size]
        more = (num + 1) * size < len(body)
        out = [(CONTENT_FORMAT, b"\x28"), (BLOCK2, bytes([num << 4 | more << 3 | szx])
                if num < 16 else struct.pack("!H", num << 4 | more << 3 | szx))]
        if etag:
            out.append((ETAG, etag))
        return out, part

    def answer(self, kind, code, mid, token, options, peer):
        """The datagrams to send now."""
        ok = [(CONTENT_FORMAT, b"\x28")]
        self.requests += 1
        how = self.how
        if how == "plain" or (how == "lossy" and self.requests > self.n):
            return [encode(ACK, 0x45, mid, token, ok, LINKS)]
        if how in ("silent", "lossy"):
            return []
        if how == "missing":
            return [encode(ACK, 0x84, mid, token, [], b"Not Found")]
        if how == "reset":
            return [encode(RST, 0, mid)]
        if how == "non":
            return [encode(NON, 0x45, 0x1111, token, ok, LINKS)]
        if how == "malformed":
            return [encode(ACK, 0x45, mid, token) + b"\xff"]
        if how == "separate":
            con = encode(CON, 0x45, 0x2222, token, ok, LINKS)
            now = time.monotonic()
            self.later += [(now + 0.2, con, peer), (now + 0.25, con, peer)]
            return [encode(ACK, 0, mid)]
        if how == "acknowledged":
            return [encode(ACK, 0, mid)]
        if how == "impostor":
            wrong = bytes([token[0] ^ 1]) + token[1:]
            return [encode(ACK, 0x45, mid, wrong, ok, b"</wrong-token>"),
                    encode(NON, 0x45, mid, wrong, ok, b"</wrong-token>"),
                    encode(ACK, 0x45, mid ^ 1, token, ok, b"</wrong-mid>"),
                    encode(ACK, 0x45, mid, token, ok, LINKS)]
        if how == "blocks":
            options, part = self.block(options, LINKS * 1, b"e")
            return [encode(ACK, 0x45, mid, token, options, part)]
        if how == "changes":
            etag = b"1" if self.requests <= self.n else b"2"
            options, part = self.block(options, LINKS, etag)
            return [encode(ACK, 0x45, mid, token, options, part)]
        if how == "always-changes":
            options, part = self.block(options, LINKS, bytes([self.requests]))
            return [encode(ACK, 0x45, mid, token, options, part)]
        if how == "endless":
            options, part = self.block(options, b"</a>," * 400000)
            return [encode(ACK, 0x45, mid, token, options, part)]
        if how == "echo":
            if dict(options).get(ECHO) != b"prove it":
                return [encode(ACK, 0x81, mid, token, [(ECHO, b"prove it")])]
            return [encode(ACK, 0x45, mid, token, ok, LINKS)]
        if how == "hostile":
            links = b'</\x1b[2J\xff>;title="\x1b]0;owned\x07\x9b31m\r\n";rt="=cmd",<//\x00>'
            return [encode(ACK, 0x45, mid, token, ok, links)]
        raise SystemExit(f"unknown: {how}")


def bound(address, port):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    sock = socket.socket(family, socket.SOCK_DGRAM)
    sock.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
    sock.bind((address, port))
    return sock


def receive(sock):
    """A datagram, from whom, and when it came, however late it is read."""
    data, control, _, peer = sock.recvmsg(65536, 64)
    seconds, ns = struct.unpack("@ll", control[0][2])
    return data, peer, seconds + ns / 1e9


def main():
    addresses, port, how = sys.argv[1].split(","), int(sys.argv[2]), sys.argv[3]
    device = Device(how, int(sys.argv[4]) if len(sys.argv) > 4 else 0)
    socks = [bound(address, port) for address in addresses]
    log = []
    print("ready", flush=True)
    while True:
        due = min((when for when, *_ in device.later), default=None)
        wait = None if due is None else max(0, due - time.monotonic())
        readable = select.select([*socks, sys.stdin], [], [], wait)[0]
        for entry in [e for e in device.later if e[0] <= time.monotonic()]:
            device.later.remove(entry)
            socks[0].sendto(entry[1], entry[2])
        if sys.stdin in readable:
            break
        for sock in readable:
            data, peer, now = receive(sock)
            kind, code, mid, token, options = decode(data)
            log.append({"at": now, "type": kind, "code": code, "mid": mid,
                        "token": token.hex(), "port": peer[1],
                        "options": [(n, v.hex()) for n, v in options]})
            if 1 <= code <= 7:
                for datagram in device.answer(kind, code, mid, token, options, peer):
                    sock.sendto(datagram, peer)
    log.sort(key=lambda line: line["at"])
    for line in log:
        print(json.dumps({**line, "at": line["at"] - log[0]["at"]}))


main()
