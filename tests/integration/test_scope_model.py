# SPDX-License-Identifier: Apache-2.0
"""The scope and the address order beside models that share nothing with them.

The model of the scope asks one address at a time whether the rule lets it in;
the one of the order is written from its definition.
"""
import bisect
import ipaddress
import os
import pathlib
import random
import socket
import subprocess

TESTS = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("COAPSCOPE_BUILD", TESTS.parent / "build"))
DUMP = BUILD / "tests" / "tools" / "scope_dump"

# The IANA special-purpose address registries, multicast and reserved space;
# what lies inside another prefix of the list makes no difference here.
SPECIAL = """
0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12
192.0.0.0/24 192.0.2.0/24 192.31.196.0/24 192.52.193.0/24 192.88.99.0/24
192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24
224.0.0.0/4 240.0.0.0/4
::/128 ::1/128 64:ff9b::/96 64:ff9b:1::/48 100::/64 100:0:0:1::/64 2001::/23
2001:db8::/32 2002::/16 2620:4f:8000::/48 3fff::/20 5f00::/16 fc00::/7
fe80::/10 ff00::/8
""".split()
NEVER = "0.0.0.0/8 224.0.0.0/4 255.255.255.255/32 ::/128 ff00::/8".split()

V4 = 0xffff << 32  # an IPv4 address is held in its mapped form
V4_END = V4 + (1 << 32)


def number(address):
    address = ipaddress.ip_address(address)
    return int(address) + (V4 if address.version == 4 else 0)


def text(n):
    if V4 <= n < V4_END:
        return str(ipaddress.IPv4Address(n - V4))
    return socket.inet_ntop(socket.AF_INET6, n.to_bytes(16, "big"))


def span(word):
    """(first, last) of ADDRESS, PREFIX or LOW-HIGH."""
    if "-" in word:
        low, high = word.split("-")
        return number(low), number(high)
    net = ipaddress.ip_network(word)
    return number(net[0]), number(net[-1])


SPECIAL_SPANS = [span(word) for word in SPECIAL]
NEVER_SPANS = [span(word) for word in NEVER]


def has(spans, n):
    return any(low <= n <= high for low, high in spans)


def within(a, b):
    return b[0] <= a[0] and a[1] <= b[1]


def excluded(excludes, n):
    """An IPv6 exclude says nothing of IPv4, whatever its numbers are."""
    v4 = V4 <= n < V4_END
    return any(low <= n <= high and v4 == (V4 <= low < V4_END)
               for low, high in excludes)


def asked(n, targets, excludes):
    if has(NEVER_SPANS, n) or excluded(excludes, n):
        return False
    for target in targets:
        if target[0] <= n <= target[1]:
            named = any(within(target, s) for s in SPECIAL_SPANS)
            if named or not has(SPECIAL_SPANS, n):
                return True
    return False


def model(targets, excludes):
    """The ranges that are asked, from the rule for single addresses."""
    cuts = {0, V4, V4_END}
    for low, high in targets + excludes + SPECIAL_SPANS + NEVER_SPANS:
        cuts |= {low, high + 1}
    cuts = sorted(cuts)
    ranges = []
    for low, end in zip(cuts, cuts[1:]):
        # Between two cuts all are alike.
        if not asked(low, targets, excludes):
            continue
        if ranges and ranges[-1][1] + 1 == low and low not in (V4, V4_END):
            ranges[-1][1] = end - 1
        else:
            ranges.append([low, end - 1])
    return ranges


def some_number(dice, v6):
    """Near the edge of something, or anywhere."""
    if dice.random() < 0.7:
        spans = [s for s in SPECIAL_SPANS if (V4 <= s[0] < V4_END) != v6]
        n = dice.choice(dice.choice(spans)) + dice.randint(-300, 300)
    elif v6:
        n = (0x2606 << 112) + dice.randrange(1 << 12)
    else:
        n = V4 + dice.choice([0x08080000, dice.randrange(1 << 32)]) + dice.randrange(1 << 10)
    return min(max(n, 0 if v6 else V4), ((1 << 128) if v6 else V4_END) - 1)


def some_word(dice, wide):
    v6 = dice.random() < 0.3
    n = some_number(dice, v6)
    if v6 and V4 <= n < V4_END:
        n = 2
    kind = dice.random()
    if kind < 0.3:
        return text(n)
    if kind < 0.7:
        bits = dice.choice([*range(96, 129)] if v6 else [*range(4, 33), *range(20, 33)])
        if wide and v6 and dice.random() < 0.5:
            bits = dice.randrange(0, 96)
        host = (128 if v6 else 32) - bits
        return f"{text((n - (0 if v6 else V4) >> host << host) + (0 if v6 else V4))}/{bits}"
    m = min(n + dice.randrange(1 << dice.randrange(1, 20)), ((1 << 128) if v6 else V4_END) - 1)
    if n < V4 <= m:
        m = V4 - 1
    return f"{text(n)}-{text(m)}"


class Dump:
    """Collects questions for scope_dump; one process answers them all."""

    def __init__(self):
        self.lines, self.checks = [], []

    def ask(self, line, want, context):
        self.lines.append(line)
        self.checks.append((want, context))

    def compare(self):
        got = subprocess.run([DUMP], input="\n".join(self.lines) + "\n", text=True,
                             check=True, stdout=subprocess.PIPE).stdout.splitlines()
        assert len(got) == len(self.lines)
        for line, answer, (want, context) in zip(self.lines, got, self.checks):
            assert answer == want, (line, context)


def ask_one_scope(dump, dice):
    targets, excludes = [], []
    for _ in range(dice.randint(1, 8)):
        word = some_word(dice, wide=False)
        never = any(within(span(word), s) for s in NEVER_SPANS)
        dump.ask(f"t {word}", "error refused" if never else "ok", word)
        if not never:
            targets.append(word)
    for _ in range(dice.randint(0, 6)):
        word = some_word(dice, wide=True)
        dump.ask(f"x {word}", "ok", word)
        excludes.append(word)
    context = (targets, excludes)
    ranges = model([span(t) for t in targets], [span(x) for x in excludes])
    if not ranges:
        dump.ask("b", "error refused" if targets else "error wrong usage", context)
        return
    ask_about(dump, dice, ranges, context)


def ask_about(dump, dice, ranges, context):
    starts, count, public = [], 0, 0
    for low, high in ranges:
        starts.append(count)
        count += high - low + 1
        # No range of the model crosses an edge of a special one but by joining.
        inside = sum(max(0, min(high, s[1]) - max(low, s[0]) + 1) for s in SPECIAL_SPANS)
        public += high - low + 1 - inside
    dump.ask("b", f"{count} {public}", context)
    dump.ask("r", " ".join(f"{text(a)}-{text(b)}" for a, b in ranges), context)
    indices = {0, count - 1, *(dice.randrange(count) for _ in range(6)), *starts}
    for index in indices:
        i = bisect.bisect_right(starts, index) - 1
        n = ranges[i][0] + index - starts[i]
        dump.ask(f"@ {index}", text(n), context)
        dump.ask(f"? {text(n)}", str(index), context)
    for low, high in ranges:
        for n in low - 1, high + 1:
            if 0 <= n < 1 << 128 and not any(a <= n <= b for a, b in ranges):
                dump.ask(f"? {text(n)}", "-", context)


def test_the_scope_is_what_the_rule_says_address_by_address():
    dice = random.Random(5683)
    dump = Dump()
    for _ in range(4000):
        ask_one_scope(dump, dice)
    dump.compare()


def test_a_scope_of_many_ranges_too():
    dice = random.Random(5684)
    dump = Dump()
    for _ in range(4):
        words = {f"{text(V4 + 0x08000000 + dice.randrange(1 << 22) * 7)}" for _ in range(400)}
        words |= {f"2606::{dice.randrange(1 << 16):x}" for _ in range(50)}
        for word in words:
            dump.ask(f"t {word}", "ok", word)
        ask_about(dump, dice, model([span(w) for w in words], []), "many")
    dump.compare()


# The order.

MASK = (1 << 64) - 1


def rotl(x, b):
    return (x << b | x >> (64 - b)) & MASK


def siphash_word(k0, k1, word):
    v = [k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
         k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573]

    def rounds(n):
        for _ in range(n):
            v[0] = (v[0] + v[1]) & MASK
            v[2] = (v[2] + v[3]) & MASK
            v[1] = rotl(v[1], 13) ^ v[0]
            v[3] = rotl(v[3], 16) ^ v[2]
            v[0] = rotl(v[0], 32)
            v[2] = (v[2] + v[1]) & MASK
            v[0] = (v[0] + v[3]) & MASK
            v[1] = rotl(v[1], 17) ^ v[2]
            v[3] = rotl(v[3], 21) ^ v[0]
            v[2] = rotl(v[2], 32)

    for m in word, 8 << 56:
        v[3] ^= m
        rounds(2)
        v[0] ^= m
    v[2] ^= 0xff
    rounds(4)
    return v[0] ^ v[1] ^ v[2] ^ v[3]


def permute(k0, k1, n, position):
    keys = [siphash_word(k0, k1, int.from_bytes(b"permute\0", "big") + i) for i in range(6)]
    bits = (n - 1).bit_length()
    left_bits = bits // 2
    right_bits = bits - left_bits
    x = position
    while True:
        left, right = x >> right_bits, x % (1 << right_bits)
        for i, key in enumerate(keys):
            half = left if i % 2 else right
            h = (half ^ key) * 0x9e3779b97f4a7c15 & MASK
            h = ((h ^ h >> 32) * 0xd6e8feb86659fd93 & MASK) >> 32
            if i % 2:
                right ^= h % (1 << right_bits)
            else:
                left ^= h % (1 << left_bits)
        x = left << right_bits | right
        if x < n:
            return x


def test_the_order_follows_from_its_definition():
    dice = random.Random(5685)
    dump = Dump()
    for _ in range(2000):
        n = dice.randint(1, 1 << dice.randint(0, 63))
        key = f"{dice.randrange(1 << 64)} {dice.randrange(1 << 64)}"
        at = dice.randrange(n)
        value = permute(*map(int, key.split()), n, at)
        dump.ask(f"p {key} {n} {at}", str(value), n)
        dump.ask(f"q {key} {n} {value}", str(at), n)
    dump.compare()
