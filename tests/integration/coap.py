# SPDX-License-Identifier: Apache-2.0
"""CoAP messages for devices that answer well or badly.

Written apart from src/coap on purpose: a mistake there must not be made here
too. Nothing here checks anything; it can write what no device should say.
"""
import dataclasses

CON, NON, ACK, RST = range(4)
EMPTY, GET, CONTENT = 0x00, 0x01, 0x45
BAD_REQUEST, UNAUTHORISED, NOT_FOUND, INTERNAL = 0x80, 0x81, 0x84, 0xa0
ETAG, URI_HOST, URI_PATH, OSCORE, FORMAT, BLOCK2 = 4, 3, 11, 9, 12, 23

# What every scanner sends but for the Message ID at 2..3.
PROBE = bytes.fromhex("40010000bb2e77656c6c2d6b6e6f776e04636f7265")
LINK_FORMAT = (FORMAT, b"\x28")


def extended(n):
    """The nibble of an option's delta or length, and the bytes after it."""
    if n < 13:
        return n, b""
    if n < 269:
        return 13, bytes([n - 13])
    return 14, (n - 269).to_bytes(2, "big")


def options(pairs):
    out, last = b"", 0
    for number, value in sorted(pairs, key=lambda pair: pair[0]):
        delta, more_delta = extended(number - last)
        length, more_length = extended(len(value))
        out += bytes([delta << 4 | length]) + more_delta + more_length + value
        last = number
    return out


def message(kind, code, mid, token=b"", opts=(), payload=b""):
    body = options(opts) + (b"\xff" + payload if payload else b"")
    return bytes([0x40 | kind << 4 | len(token), code]) + mid.to_bytes(2, "big") + token + body


def block(num, more, szx):
    """The value of a Block option, as short as it may be but never empty."""
    value = num << 4 | more << 3 | szx
    return value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big")


@dataclasses.dataclass
class Message:
    bytes: bytes
    kind: int
    code: int
    mid: int
    token: bytes
    options: list
    payload: bytes

    def option(self, number):
        return next((value for n, value in self.options if n == number), None)

    @property
    def block2(self):
        """(number, more, szx), or None."""
        value = self.option(BLOCK2)
        if value is None:
            return None
        n = int.from_bytes(value, "big")
        return n >> 4, bool(n & 8), n & 7


def read(data):
    """A well-formed message; raises on any other bytes."""
    token_len = data[0] & 15
    at, number, opts = 4 + token_len, 0, []
    while at < len(data) and data[at] != 0xff:
        sizes = []
        head, at = data[at], at + 1
        for nibble in (head >> 4, head & 15):
            extra = {13: 1, 14: 2}.get(nibble, 0)
            base = {13: 13, 14: 269}.get(nibble, nibble)
            more = int.from_bytes(data[at:at + extra], "big")
            sizes.append(base + more if extra else base)
            at += extra
        number += sizes[0]
        opts.append((number, data[at:at + sizes[1]]))
        at += sizes[1]
    return Message(data, data[0] >> 4 & 3, data[1], int.from_bytes(data[2:4], "big"),
                   data[4:4 + token_len], opts, data[at + 1:])
