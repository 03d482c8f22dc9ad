# SPDX-License-Identifier: Apache-2.0
"""checksum: do all probes arrive whole, and are answers taken without complaint?"""
import rig
import programs
from table import budgets, table

TARGETS = "10.96.0.0/12"
N = 1 << 20
RATE = 60000 # what the responder can do on a busy machine
SPOIL = 1000
SCANNERS = [("coapscope packet", programs.packet), ("zmap -T 1", programs.zmap)]


def counters(net):
    peer, scanner = net.counters("peer"), net.counters("scanner")
    return {"ip": peer["IpExtInCsumErrors"], "udp": peer["UdpInCsumErrors"],
            "lost": peer["UdpRcvbufErrors"], "icmp": scanner["IcmpOutDestUnreachs"]}


def difference(before, after):
    return {key: after[key] - before[key] for key in before}


def scan(net, folder, program):
    before = counters(net)
    with net.responder() as responder:
        watched = rig.Watched(net, program(net, folder, TARGETS, RATE, cooldown=3, rows=True))
        watched.wait(90)
    return difference(before, counters(net)) | {"requests": responder.saw["requests"]}


def control(net, folder):
    """Wrong checksums on purpose: were they counted?"""
    before = counters(net)
    with net.responder("--default", "silent") as responder:
        net.run("scanner", [*programs.bare_loop(net, folder, TARGETS, 0, seconds=0.5),
                            SPOIL])
    return difference(before, counters(net)) | {"requests": responder.saw["requests"]}


def run(folder):
    rows = []
    with rig.wire() as net:
        for name, program in SCANNERS:
            rows.append((name, scan(net, folder, program)))
        rows.append((f"bare loop, 2 of {SPOIL} wrong on purpose", control(net, folder)))
    ours = rows[0][1]
    whole = ours["requests"] + ours["lost"] == N
    right = whole and ours["ip"] + ours["udp"] == 0
    return "\n\n".join([
        f"{N} probes each at {RATE}/s to addresses that all answer, counted by the kernel: "
        "wrong checksums at the peer, ICMP at the scanner. The last row shows that wrong "
        "ones are seen.",
        table(["scanner", "probes read by the peer", "lost in its buffer", "wrong IP",
               "wrong UDP", "ICMP unreachable sent"],
              [[name, r["requests"], r["lost"], r["ip"], r["udp"], r["icmp"]]
               for name, r in rows]),
        budgets((f"wrong checksums in {N} probes: 0",
                 "reached" if right else "NOT REACHED"),
                ("ICMP unreachable from the scanner: 0",
                 "reached" if ours["icmp"] == 0 else "NOT REACHED"))])
