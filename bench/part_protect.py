# SPDX-License-Identifier: Apache-2.0
"""protect: what usual rules let a stranger have of a CoAP server, and what ours do."""
import contextlib
import os
import pathlib
import random
import re
import shutil
import socket
import subprocess
import threading
import time

import rig
from table import budgets, table, verdict

os.environ.setdefault("COAPSCOPE", str(rig.BUILD / "coapscope"))
import ufw_files  # noqa: E402
from walled import HOST4, Walled, ask, mac, open_from, run as run_in  # noqa: E402

REQUEST = bytes.fromhex("40011234bb2e77656c6c2d6b6e6f776e04636f7265")
REQUESTS, FLOOD_SECONDS, FLOOD_RATE, SOURCES = 200, 2, 200000, 20000
PINGS = 30
STRANGER, PEER = "198.18.1.1", "198.19.0.7"
PREFIXES = 20000

PER_SOURCE = """table inet per_source {
    set met { type ipv4_addr; size 65535; flags dynamic; timeout 10s; }
    chain in {
        type filter hook input priority -10
        udp dport 5683 update @met { ip saddr limit rate over 10/second burst 20 packets } drop
    }
}
"""
DROPS = """table inet filter {
    chain input {
        type filter hook input priority 0
        udp dport 5683 drop
    }
    chain forward {
        type filter hook forward priority 0
        udp dport 5683 accept comment "what the container needs"
    }
}
"""


def ufw(walled, folder, *lines):
    """ufw itself, with a copy of its files that only it sees."""
    etc, default = folder / "ufw", folder / "default"
    shutil.rmtree(etc, ignore_errors=True)
    ufw_files.write(etc, default)
    script = " && ".join(f"ufw {line} >/dev/null" for line in (*lines, "--force enable"))
    done = run_in(walled.host, *ufw_files.wrap(etc, default), "sh", "-c", script, timeout=60)
    if done.returncode:
        raise RuntimeError(f"ufw: {done.stderr}")


CASES = [
    ("no rules", lambda w, f: None, False),
    ("ufw allow 5683, later ufw deny 5683/udp",
     lambda w, f: ufw(w, f, "allow 5683", "deny 5683/udp"), False),
    ("ufw limit 5683/udp", lambda w, f: ufw(w, f, "limit 5683/udp"), False),
    ("nft, 10/s for each source", lambda w, f: w.nft(PER_SOURCE), False),
    ("published by DNAT; input drops 5683", lambda w, f: w.nft(DROPS), True),
    ("`--strangers drop`", lambda w, f: w.protect("--allow", PEER), False),
    ("`--strangers drop`, published by DNAT", lambda w, f: w.protect("--allow", PEER), True),
    ("`--strangers limit`", lambda w, f: w.protect("--strangers", "limit", "--allow", PEER),
     False),
    ("`--strangers limit --answer-bytes 1200`",
     lambda w, f: w.protect("--strangers", "limit", "--answer-bytes", "1200", "--allow", PEER),
     False),
]


class Wire:
    """What left the host from a CoAP port, as the world saw it: packets, UDP payload."""

    def __init__(self, walled):
        self.walled = walled
        walled.outside.sh("nft -f -", input="table inet seen {\n chain c {\n"
                          "type filter hook prerouting priority -500\n"
                          "iifname w0 udp sport 5683 counter\n"
                          "iifname w0 ip frag-off & 0x1fff != 0 counter\n }\n}\n")

    def took(self):
        text = self.walled.outside.sh("nft list table inet seen")
        found = [tuple(map(int, m)) for m in re.findall(r"packets (\d+) bytes (\d+)", text)]
        return found[0][0], found[0][1] - 28 * found[0][0], found[1][0]

    def during(self, what):
        packets, size, _ = self.took()
        result = what()
        time.sleep(0.3)
        after = self.took()
        return result, after[0] - packets, after[1] - size


@contextlib.contextmanager
def server(walled, net):
    with net.inside():
        process = subprocess.Popen(["coap-server-notls", "-A", "::"], stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL)
    try:
        end = time.monotonic() + 10
        while not ask(net, "127.0.0.1", "127.0.0.1", data=REQUEST, wait=0.2).n:
            if time.monotonic() > end:
                raise RuntimeError("coap-server does not answer")
        yield
    finally:
        process.kill()
        process.wait()


def many_ports(walled):
    """As many requests, each from a port of its own."""
    with contextlib.ExitStack() as stack:
        socks = [stack.enter_context(contextlib.closing(open_from(walled.outside, STRANGER)))
                 for _ in range(REQUESTS)]
        for sock in socks:
            sock.sendto(REQUEST, (HOST4, 5683))
        time.sleep(0.5)
        n = 0
        for sock in socks:
            sock.setblocking(False)
            with contextlib.suppress(BlockingIOError):
                n += bool(sock.recv(65535))
        return n


def pings(walled):
    """Empty messages, 10 a second, each with a Message ID of its own."""
    with contextlib.closing(open_from(walled.outside, "198.18.200.1")) as sock:
        for mid in range(PINGS):
            sock.sendto(b"\x40\x00" + mid.to_bytes(2, "big"), (HOST4, 5683))
            time.sleep(0.1)


def flood(walled):
    """Requests of 20,000 sources, and a peer's own among them; sent, and what the peer lost."""
    lost = []
    peer = threading.Thread(target=lambda: lost.append(
        100 - ask(walled.outside, PEER, data=REQUEST, n=100, every=FLOOD_SECONDS / 110,
                  wait=0.5).n))
    with walled.outside.inside():
        sender = subprocess.Popen(
            [rig.BUILD / "bench" / "live_loop", "w0", mac(walled.host, "wan0"), HOST4,
             str(SOURCES), str(FLOOD_SECONDS), str(FLOOD_RATE)],
            stdout=subprocess.PIPE, text=True)
    time.sleep(0.05)
    peer.start()
    said = sender.communicate(timeout=60)[0]
    peer.join()
    return int(re.search(r"\d+", said)[0]), lost[0]


def measure(folder, name, rules, published):
    """One case in namespaces of its own, as a row and as figures."""
    with Walled() as walled:
        if published:
            walled.publish()
        with server(walled, walled.container if published else walled.host):
            rules(walled, folder)
            wire = Wire(walled)
            one, _, out_one = wire.during(
                lambda: ask(walled.outside, STRANGER, data=REQUEST, n=REQUESTS,
                            every=0.001, wait=0.5))
            time.sleep(1.5)
            new, _, _ = wire.during(lambda: many_ports(walled))
            _, _, out_pings = wire.during(lambda: pings(walled))
            began = time.monotonic()
            (sent, lost), packets, size = wire.during(lambda: flood(walled))
            seconds = time.monotonic() - began
    peers = 100 - lost
    # The peer's own answers are not a stranger's.
    answer = size // packets if packets else 0
    figures = {"one": one.n, "largest": one.largest, "sent": sent, "lost": lost,
               "seconds": seconds,
               "strangers": packets - peers, "bytes": size - peers * answer}
    row = [name, f"{one.n} of {REQUESTS}", f"{out_one / len(REQUEST) / REQUESTS:.2f}",
           f"{new} of {REQUESTS}", f"{out_pings / 4 / PINGS:.2f}",
           f"{sent / FLOOD_SECONDS / 1000:.0f}", figures["strangers"], figures["bytes"],
           f"{figures['bytes'] / len(REQUEST) / max(1, sent):.3f}", f"{lost} of 100"]
    return row, figures


def twenty_thousand(folder):
    """Seconds that plan, nft and apply take with 20,000 prefixes; and check afterwards."""
    rng = random.Random(1)
    rows = {f"  {socket.inet_ntoa(rng.randrange(1 << 24, 224 << 24).to_bytes(4, 'big'))}"
            for _ in range(PREFIXES)}
    config = folder / "protect.ini"
    config.write_text(f"[protect]\nallow = {PEER}\n" + "\n".join(rows) + "\n")
    store = folder / "store"
    took = {}
    with Walled() as walled, server(walled, walled.host):
        for name, words in (
                ("plan", ["plan", "--config", config]),
                ("apply, with its proof", ["apply", "--config", config, "--store", store]),
                ("check", ["check", "-O", "jsonl"]),
                ("confirm", ["confirm", "--store", store])):
            began = time.monotonic()
            done = run_in(walled.host, os.environ["COAPSCOPE"], "protect", *map(str, words),
                          timeout=60)
            took[name] = time.monotonic() - began
            if done.returncode not in (0, 1):
                took[name] = None
        if ask(walled.outside, PEER, data=REQUEST).n != 1:
            raise RuntimeError("20,000 prefixes: the peer is not answered")
        if ask(walled.outside, STRANGER, data=REQUEST).n:
            raise RuntimeError("20,000 prefixes: a stranger is answered")
        run_in(walled.host, os.environ["COAPSCOPE"], "protect", "undo", "--store", str(store))
    return took


def budget_lines(figures, took):
    drop, dnat = (figures[f"`--strangers drop`{more}"] for more in
                  ("", ", published by DNAT"))
    small, large = (figures[f"`--strangers limit{more}`"] for more in
                    ("", " --answer-bytes 1200"))
    most = 50 * (large["seconds"] + 1)
    yield "drop: bytes to strangers", verdict(drop["bytes"] + dnat["bytes"], 0,
                                              more_is_better=False)
    yield "limit: largest answer, of 136 bytes", verdict(small["largest"], 136,
                                                         more_is_better=False)
    yield (f"limit: answers in {large['seconds']:.1f} s, of R x (t + 1)",
           verdict(large["strangers"], most, more_is_better=False))
    for name in figures:
        if name.startswith("`"):
            yield f"{name}: a peer's loss, %", verdict(figures[name]["lost"], 1,
                                                       more_is_better=False)
    for name, seconds in took.items():
        yield (f"{PREFIXES} prefixes: {name}, s",
               verdict(seconds, 1, more_is_better=False) if seconds is not None
               else "failed here")


HEAD = ["rules", "200 requests, one port", "bytes out / in", "200, new ports",
        "4 bytes, 10/s: out / in", "flood, kp/s", "answers to strangers", "bytes to them",
        "out / in", "a peer lost"]


def run(folder):
    folder = pathlib.Path(folder)
    figures, rows = {}, []
    for name, rules, published in CASES:
        row, figures[name] = measure(folder, name, rules, published)
        rows.append(row)
    took = twenty_thousand(folder)
    return "\n\n".join([
        "A stranger and a forged flood of 20,000 sources for 2 s ask libcoap's server for "
        "`/.well-known/core` (21 bytes) through each set of rules, in namespaces; bytes are UDP "
        "payload. A peer (198.19.0.7) asks 100 times meanwhile. R is 50/s.",
        table(HEAD, rows), budgets(*budget_lines(figures, took))])
