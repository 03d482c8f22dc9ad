# SPDX-License-Identifier: Apache-2.0
"""send: packets a second of one sender, and the CPU time that each one costs."""
import statistics

import rig
import programs
from table import budgets, ratios, spread, table, verdict

ROUNDS = 7
SECONDS = 1.0
TARGETS = "10.128.0.0/9"
SENDERS = [("coapscope packet", programs.packet), ("coapscope udp", programs.udp),
           ("zmap -T 1", programs.zmap), ("masscan", programs.masscan),
           ("bare loop", programs.bare_loop)]
FRAME = 63
MESSAGE_AT = 42 # in a frame of IPv4
CAPTURE = """
import socket, sys
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
s.bind(("v0", 3)); s.settimeout(20); print("ready", flush=True)
while True:
    frame = s.recv(2048)
    if frame[12:14] == b"\\x08\\0" and frame[23] == 17 and frame[36:38] == b"\\x16\\x33":
        break
print(frame.hex())
"""


def first_frame(net, folder, program):
    """The first probe that leaves, in bytes."""
    capture = net.start("scanner", ["/usr/bin/python3", "-c", CAPTURE])
    capture.stdout.readline()
    sender = rig.Watched(net, program(net, folder, TARGETS, 1000))
    try:
        return bytes.fromhex(capture.communicate(timeout=30)[0])
    finally:
        sender.stop()


def check_frames(net, folder):
    """All send frames of one length with one message; the Message ID is free."""
    for name, program in SENDERS:
        frame = first_frame(net, folder, program)
        message = frame[MESSAGE_AT:]
        if len(frame) != FRAME or message[:2] + message[4:] != (
                programs.PROBE[:2] + programs.PROBE[4:]):
            raise RuntimeError(f"{name} sends something else: {frame.hex()}")


def run_round(net, folder, runs, turn):
    for i in range(len(SENDERS)):
        name, program = SENDERS[(i + turn) % len(SENDERS)]
        watched = rig.Watched(net, program(net, folder, TARGETS, 0))
        try:
            runs[name].append(watched.window(SECONDS))
        finally:
            watched.stop()


def measure(folder):
    runs = {name: [] for name, _ in SENDERS}
    with rig.wire(drop=True) as net:
        check_frames(net, folder)
        for turn in range(ROUNDS):
            run_round(net, folder, runs, turn)
    return runs


def report(runs):
    pps = {name: [r["pps"] for r in rows] for name, rows in runs.items()}
    cpu = {name: [r["cpu_ns"] for r in rows] for name, rows in runs.items()}
    rows = []
    for name in runs:
        median = statistics.median
        rows.append([name, spread([v / 1000 for v in pps[name]]), spread(cpu[name]),
                     f"{median(ratios(pps[name], pps['zmap -T 1'])):.2f}",
                     f"{median(ratios(cpu['zmap -T 1'], cpu[name])):.2f}",
                     f"{median(ratios(cpu['bare loop'], cpu[name])):.2f}"])
    head = ["sender", "kpps: median (min to max)", "CPU ns a packet", "kpps to zmap",
            "per CPU time to zmap", "per CPU time to bare loop"]
    ours = "coapscope packet"

    def best(peer):
        return (statistics.median(ratios(pps[ours], pps[peer])),
                statistics.median(ratios(cpu[peer], cpu[ours])))

    zmap, bare = best("zmap -T 1"), best("bare loop")
    return "\n\n".join([
        f"Median of {ROUNDS} interleaved runs of {SECONDS:g} s each, unpaced, one sending "
        "thread, frames of 63 bytes, on a veth whose peer drops in XDP. Ratios are the medians over the "
        "rounds; above 1 is better than the peer.",
        table(head, rows),
        budgets(("packet to zmap, packets/s", verdict(zmap[0], 1.25, 1.4)),
                ("packet to zmap, per CPU time", verdict(zmap[1], 1.25, 1.4)),
                ("packet to bare loop, packets/s", verdict(bare[0], 0.8)),
                ("packet to bare loop, per CPU time", verdict(bare[1], 0.8)))])


def run(folder):
    return report(measure(folder))
