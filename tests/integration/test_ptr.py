# SPDX-License-Identifier: Apache-2.0
"""Reverse names from a real DNS server, and from servers that do wrong."""
import contextlib
import json
import random
import shutil
import socket
import subprocess
import threading
import time

import pytest

import dns
import netns

LOOKUP = netns.BUILD / "tests" / "tools" / "ptr_lookup"
ADDRESSES = ["192.0.2.1", "192.0.2.2", "192.0.2.3"]


def ten(n, first=0):
    """@n addresses of 10.0.0.0/8."""
    return [f"10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}" for i in range(first, first + n)]


def host(ip):
    return f"host-{ip.replace('.', '-')}.example"


def lookup(addresses, *servers, **options):
    """What is found, a row an address, and the counts. Options are the tool's."""
    args = [LOOKUP]
    for server in servers:
        args += ["--resolver", getattr(server, "resolver", server)]
    for name, value in options.items():
        args += [f"--{name}"] + ([] if value is True else [str(value)])
    done = subprocess.run(args, input="\n".join(addresses) + "\n", text=True, timeout=60,
                          capture_output=True, check=False)
    assert done.returncode == 0, (done.stdout[-300:], done.stderr)
    lines = [json.loads(line) for line in done.stdout.splitlines()]
    rows, counts = lines[:-1], lines[-1]
    assert [row["ip"] for row in rows] == list(addresses)
    assert counts["asked"] == sum(counts[name] for name in
                                  ("from_cache", "named", "nameless", "failed"))
    return rows, counts


def names(rows):
    return [row["name"] for row in rows]


def unknown(rows):
    return [row["ip"] for row in rows if not row["known"]]


@pytest.fixture(scope="module")
def knot(tmp_path_factory):
    if not shutil.which("knotd", path="/usr/sbin:/usr/bin"):
        pytest.skip("knotd is not installed")
    with dns.Knot(tmp_path_factory.mktemp("knot")) as it:
        yield it


# A real server.

def test_none_of_100000_names_is_lost(knot):
    addresses = ten(100000)
    rows, counts = lookup(addresses, knot, window=256, jail=True)
    assert names(rows) == [host(ip) for ip in addresses]
    assert all(row["known"] and 3590 <= row["ttl"] <= 3600 for row in rows)
    assert counts["named"] == 100000 and counts["failed"] == 0


def test_the_names_of_ipv6_addresses(knot):
    rows, _ = lookup(["fd00:1::5", "fd00:1::6", "fd00:2::5"], knot)
    assert names(rows) == ["host6-fd00-1--5.example", "host6-fd00-1--6.example", ""]
    assert [row["ttl"] for row in rows] == [7200, 7200, 120]


def test_delegated_and_missing_names_with_their_times(knot):
    addresses = [f"192.0.2.{i}" for i in range(1, 7)] + ["198.51.100.1"]
    rows, counts = lookup(addresses, knot)
    #   PTR, alias, PTR, other type, alias out of the zone, NXDOMAIN, REFUSED
    assert names(rows) == ["one.example", "two.example", "a.example", "", "", "", ""]
    assert [row["ttl"] for row in rows] == [900, 300, 900, 120, 60, 120, 0]
    assert unknown(rows) == ["198.51.100.1"]
    assert counts["named"] == 3 and counts["nameless"] == 3 and counts["failed"] == 1


def test_an_address_is_asked_for_once(knot):
    rows, counts = lookup(["10.0.0.1", "10.0.0.2", "10.0.0.1", "10.0.0.1"], knot)
    assert names(rows) == [host(row["ip"]) for row in rows]
    assert counts["sent"] == counts["asked"] == 2


def test_what_the_cache_knows_is_not_asked(knot):
    addresses = ["10.0.0.1", "192.0.2.6"]
    rows, counts = lookup(addresses * 3, knot, cache=True, group=2)
    assert names(rows) == [host("10.0.0.1"), ""] * 3 and not unknown(rows)
    assert counts["sent"] == 2 and counts["from_cache"] == 4
    assert counts["kept"] == 2 and counts["keep_calls"] == 1


def test_a_server_that_dies_and_comes_back_loses_nothing(knot, tmp_path):
    addresses = ten(20000)
    with dns.Knot(tmp_path) as mortal:
        def die():
            time.sleep(0.4)
            mortal.stop(9)
            time.sleep(1)
            mortal.start()

        thread = threading.Thread(target=die)
        thread.start()
        rows, counts = lookup(addresses, mortal, rate=20000, timeout=800, jail=True)
        thread.join()
    assert names(rows) == [host(ip) for ip in addresses]
    assert counts["seconds"] > 1.2


# Silence.

def test_the_names_of_a_silent_server_are_unknown():
    with dns.Liar(lambda question: None) as mute:
        rows, counts = lookup(ten(5), mute, timeout=80, tries=3)
    assert unknown(rows) == ten(5)
    assert mute.questions() == counts["sent"] == 15
    assert counts["failed"] == 5 and counts["kept"] == 0


def test_nobody_there_is_given_up_and_not_asked_for_the_next_group():
    with dns.Liar(lambda question: None, alive=False) as mute:
        rows, counts = lookup(ten(5 * 4096), mute, timeout=100, tries=2)
    assert len(unknown(rows)) == 5 * 4096
    assert counts["seconds"] < 2
    assert 0 < mute.probes < 20
    assert mute.questions() < 3 * 256


def test_no_server_at_all_is_given_up():
    rows, counts = lookup(ten(4096), f"127.0.0.1:{dns.free_port()}", timeout=100, tries=2)
    assert len(unknown(rows)) == 4096 and counts["seconds"] < 2


def test_the_questions_of_a_silent_server_go_to_the_other(knot):
    with dns.Liar(lambda question: None, alive=False) as mute:
        rows, _ = lookup(ten(5000), knot, mute, timeout=300, rate=2000)
        assert names(rows) == [host(ip) for ip in ten(5000)]
        assert mute.questions() < 2000 and mute.probes > 0


def test_a_lost_question_is_asked_again():
    def second_time(question):
        if asked.setdefault(question.name, question.id) != question.id:
            return question.named("late", "example")
        return None

    asked = {}
    with dns.Liar(second_time) as slow:
        rows, counts = lookup(ten(100), slow, timeout=800)
    assert names(rows) == ["late.example"] * 100
    assert counts["sent"] == 200


def test_the_work_ends_when_it_is_told_to():
    with dns.Liar(lambda question: None) as mute:
        rows, counts = lookup(ten(9000), mute, stop=300)
    assert len(unknown(rows)) == 9000 and counts["seconds"] < 1


# Lies.

LIES = {
    "wrong id": lambda q: q.reply(dns.ptr(b"\xc0\x0c", dns.wire("lie.example")),
                                  number=q.id ^ 1),
    "wrong name": lambda q: q.reply(dns.ptr(b"\xc0\x0c", dns.wire("lie.example")),
                                    name=dns.reverse("192.0.2.99")),
    "wrong type": lambda q: q.reply(dns.ptr(b"\xc0\x0c", dns.wire("lie.example")), kind=1),
    "no question": lambda q: (q.reply()[:4] + b"\0\0\0\1\0\0\0\0" +
                              dns.ptr(q.name, dns.wire("lie.example"))),
    "nothing": lambda q: b"",
    "three bytes": lambda q: q.message[:3],
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
def test_what_does_not_belong_to_the_question_is_no_answer(lie):
    with dns.Liar(lambda question: [lie(question)] * 3) as liar:
        rows, counts = lookup(ADDRESSES, liar, timeout=80, tries=2)
    assert unknown(rows) == ADDRESSES and counts["named"] == 0

    # Nor does it stand in the way of the answer.
    with dns.Liar(lambda q: [lie(q)] * 3 + [q.named("true", "example")]) as liar:
        rows, counts = lookup(ADDRESSES, liar)
    assert names(rows) == ["true.example"] * 3


def test_an_answer_from_somewhere_else_is_none():
    with socket.socket(type=socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        with dns.Liar(lambda question: question.named("lie", "example")) as liar:
            liar.send = other.sendto
            rows, _ = lookup(ADDRESSES, liar, timeout=80, tries=2)
    assert liar.questions() >= 6 and unknown(rows) == ADDRESSES


def test_a_flood_of_forged_nxdomain_changes_nothing():
    def flood(question):
        forged = [question.reply(code=dns.NXDOMAIN, number=question.id ^ n)
                  for n in range(1, 50)]
        return forged + [question.named("true", "example")]

    with dns.Liar(flood) as liar:
        rows, _ = lookup(ten(300), liar, window=4)
    assert names(rows) == ["true.example"] * 300


def test_nothing_but_nxdomain_is_nothing_but_no_names():
    answer = lambda q: q.reply(code=dns.NXDOMAIN, authority=[dns.soa(3600, 1800)])
    with dns.Liar(answer) as liar:
        rows, counts = lookup(ten(10000), liar, window=64)
    assert not unknown(rows) and not any(names(rows))
    assert {row["ttl"] for row in rows} <= set(range(1790, 1801))
    assert counts["nameless"] == 10000 and counts["failed"] == 0


NAMES = {
    "escape sequence": ([b"\x1b[2J\x1b]0;x\x07", "example"], ""),
    "newline": ([b"a\nb", "example"], ""),
    "NUL": ([b"a\0b", "example"], ""),
    "right to left": (["\u202eabc", "example"], ""),
    "latin 1": ([b"\xe9", "example"], ""),
    "a dot in a label": (["a.b", "example"], ""),
    "a blank": (["a b", "example"], ""),
    "the root": ([], ""),
    "markup": (["<img/src=x>", 'a"b', "example"], '<img/src=x>.a"b.example'),
    "underscore": (["_x", "example"], "_x.example"),
    "255 bytes": (["a" * 63, "b" * 63, "c" * 63, "d" * 61],
                  ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])),
}


@pytest.mark.parametrize("parts,name", NAMES.values(), ids=NAMES)
def test_names_of_each_kind(parts, name):
    with dns.Liar(lambda question: question.named(*parts)) as liar:
        rows, counts = lookup(ADDRESSES, liar, cache=True)
    assert names(rows) == [name] * 3 and not unknown(rows)
    assert counts["malformed"] == (0 if name else 3)
    assert counts["kept"] == 3


OWNER = b"\xc0\x0c"
BROKEN = {
    "a name that points to itself": dns.ptr(OWNER, b"\xc0\x34"),
    "a name that points forward": dns.ptr(OWNER, b"\xc1\xff"),
    "labels round and round": dns.ptr(OWNER, b"\x03abc\xc0\x34"),
    "256 bytes": dns.ptr(OWNER, dns.labels("a" * 63, "b" * 63, "c" * 63, "d" * 62)),
    "a name longer than its record": OWNER + b"\0\x0c\0\1\0\0\1\0\0\4\x03abc\0",
    "a record longer than the message": OWNER + b"\0\x0c\0\1\0\0\1\0\1\0\x03abc\0",
    "a reserved label": dns.ptr(OWNER, b"\x80abc\0"),
    "an alias to itself": dns.record(OWNER, dns.CNAME, 60, OWNER),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_a_message_that_does_not_hold_together_is_no_answer(answer):
    with dns.Liar(lambda question: question.reply(answer)) as liar:
        rows, counts = lookup(ADDRESSES, liar, cache=True)
    assert unknown(rows) == ADDRESSES
    assert counts["malformed"] == counts["sent"] == 3 and counts["kept"] == 0


def test_a_server_that_repeats_the_question_has_not_answered_it():
    with dns.Liar(lambda question: question.message) as echo:
        rows, counts = lookup(ADDRESSES, echo)
    assert unknown(rows) == ADDRESSES and counts["malformed"] == 3


def test_any_bytes_behind_the_question_are_survived():
    draw = random.Random(1)

    def noise(question):
        good = bytearray(question.named("a" * 9, "example"))
        for _ in range(draw.randrange(1, 6)):
            good[draw.randrange(2, len(good))] = draw.randrange(256)
        return [bytes(good[:draw.randrange(len(good) + 1)]), question.named("b")]

    with dns.Liar(noise) as liar:
        rows, _ = lookup(ten(3000), liar, window=16, timeout=400)
    assert len(rows) == 3000


# Refusals, and answers that need TCP.

@pytest.mark.parametrize("code", [1, dns.SERVFAIL, 4, dns.REFUSED, 9])
def test_what_one_server_refuses_is_asked_of_the_other(knot, code):
    with dns.Liar(lambda question: question.reply(code=code)) as liar:
        rows, _ = lookup(ten(500), liar, knot)
        assert names(rows) == [host(ip) for ip in ten(500)]
        rows, counts = lookup(ten(500), liar, cache=True)
    assert unknown(rows) == ten(500)
    assert counts["sent"] == 500 and counts["kept"] == 0


def by_tcp(question):
    if not question.tcp:
        return question.reply(flags=dns.TC)
    more = [dns.ptr(OWNER, dns.wire(f"other{i}.example")) for i in range(30)]
    return question.reply(dns.ptr(OWNER, dns.wire("long.example")), *more)


def test_a_truncated_answer_is_fetched_by_tcp():
    with dns.Liar(by_tcp) as liar:
        rows, counts = lookup(ten(200), liar, jail=True)
        assert names(rows) == ["long.example"] * 200
        assert liar.tcp == 200 and counts["sent"] == 400


def test_tcp_that_does_not_work_harms_nobody_else():
    def some(question):
        last = int(question.ip.split(".")[3])
        return by_tcp(question) if last % 10 == 0 else question.named("short", "example")

    with dns.Liar(some, tcp=False) as liar:
        rows, counts = lookup(ten(250), liar)
    assert unknown(rows) == [ip for ip in ten(250) if int(ip.split(".")[3]) % 10 == 0]
    assert counts["named"] == 225


def test_a_second_answer_is_not_waited_for_and_disturbs_nobody():
    def twice(question):
        if not question.tcp:
            return question.reply(flags=dns.TC)
        return [question.named("first", "example"), question.named("second", "example")]

    for _ in range(10):  # whether the second is there when we hang up is a race
        with dns.Liar(twice) as liar:
            rows, _ = lookup(ADDRESSES[:1], liar)
        assert names(rows) == ["first.example"] and liar.tcp == 1


def test_an_answer_that_is_truncated_by_tcp_too_is_none():
    with dns.Liar(lambda question: question.reply(flags=dns.TC)) as liar:
        rows, _ = lookup(ADDRESSES, liar)
    assert unknown(rows) == ADDRESSES


# How fast.

def test_the_rate_is_each_servers():
    with contextlib.ExitStack() as stack:
        servers = [stack.enter_context(dns.Liar(lambda q: q.named("x"))) for _ in range(2)]
        _, counts = lookup(ten(600), *servers, rate=300)
        assert [server.questions() for server in servers] == [300, 300]
    # 299 steps of 1/300 s, of which 10 ms may be made good at the start.
    assert 0.97 <= counts["seconds"] < 3


def test_a_resolver_that_is_no_address_is_refused():
    done = subprocess.run([LOOKUP, "--resolver", "dns.example"], input="", text=True,
                          capture_output=True, check=False)
    assert done.returncode == 1
    assert "resolver 'dns.example': want ADDRESS" in done.stderr
