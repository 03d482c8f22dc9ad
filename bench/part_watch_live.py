# SPDX-License-Identifier: Apache-2.0
"""watch_live: requests from 20,000 sources on a wire, watched as they come."""
import json
import pathlib
import re
import signal
import statistics
import subprocess
import time

import rig
from part_watch import family, look
from rig import BUILD
from table import budgets, ratios, spread, table, verdict

ROUNDS = 3
SECONDS = 2
SOURCES = 20000
RATES = [100000, 300000, 0]
SETTLE = 1.5  # a tick, and what is in the ring
READY = 20
MEMORY_MIB = 64 + 32 + 64  # --memory, the kernel's ring, 20,000 verdicts (--rows)


class Reader:
    """A program that listens on v0 of the scanner's namespace."""

    def __init__(self, net, folder):
        self.folder, self.peak = folder, {}
        self.said = folder / "said"
        with open(self.said, "w", encoding="utf-8") as said:
            self.process = subprocess.Popen(
                net.command("scanner", self.command()), stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL, stderr=said)
        net.processes.append(self.process)
        self.wait_until_it_listens()
        self.began = self.cpu()

    def command(self):
        raise NotImplementedError

    def wait_until_it_listens(self):
        """Its socket is in the namespace's list."""
        end = time.monotonic() + READY
        listens = pathlib.Path(f"/proc/{self.process.pid}/net/packet")
        while len(listens.read_text(encoding="ascii").splitlines()) < 2:
            if self.process.poll() is not None or time.monotonic() > end:
                raise RuntimeError(f"does not listen: {self.said.read_text()}")
            time.sleep(0.02)
        time.sleep(0.3)

    def cpu(self):
        """Seconds of CPU of each of its processes so far."""
        return [int(pathlib.Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e9
                for pid in family(self.process.pid)]

    def end(self):
        """Seconds of CPU of each process, MiB at the peak, and its numbers."""
        cpu = [now - then for now, then in zip(self.cpu(), self.began)]
        look(family(self.process.pid), self.peak, {})
        self.process.send_signal(signal.SIGINT)
        if self.process.wait(60):
            raise RuntimeError(f"exit {self.process.returncode}: {self.said.read_text()}")
        return cpu, sum(self.peak.values()) / 1024, self.numbers()

    def numbers(self):
        raise NotImplementedError


class Watch(Reader):
    def command(self):
        return [BUILD / "coapscope", "watch", "-i", "v0", "-O", "jsonl", "-o", "/dev/null",
                "--summary", self.folder / "summary"]

    def numbers(self):
        summary = json.loads((self.folder / "summary").read_text())
        return summary["coap"], summary["kernel_dropped"]


class Tcpdump(Reader):
    def command(self):
        return ["tcpdump", "-i", "v0", "-B", 32768, "-Z", "root", "-w", "/dev/null",
                "udp", "port", 5683]

    def numbers(self):
        text = self.said.read_text()
        return tuple(int(re.search(rf"(\d+) packets {what}", text)[1])
                     for what in ("captured", "dropped by kernel"))


READERS = [("coapscope watch", Watch), ("tcpdump -w", Tcpdump)]


def arrived(net):
    """Packets that the kernel took from the wire after the readers had seen them."""
    rules = json.loads(net.run("scanner", ["nft", "-j", "list", "table", "inet", "t"]).stdout)
    return next(part["counter"]["packets"] for item in rules["nftables"] if "rule" in item
                for part in item["rule"]["expr"] if "counter" in part)


def measure(net, folder, kind, rate, mac):
    reader = kind(net, folder)
    before = arrived(net)
    net.run("peer", [BUILD / "bench" / "live_loop", "v1", mac, "10.77.0.1", SOURCES,
                     SECONDS, rate])
    time.sleep(SETTLE)
    came = arrived(net) - before
    cpu, peak, (seen, dropped) = reader.end()
    return {"came": came, "rate": came / SECONDS, "seen": seen, "dropped": dropped,
            "lost": came - seen, "cpu": sum(cpu), "each": cpu, "peak": peak}


def side_by_side(folder):
    runs = {(rate, name): [] for rate in RATES for name, _ in READERS}
    with rig.wire() as net:
        # After the readers' sockets and before anything that would answer.
        net.nft("scanner", "prerouting", "udp dport 5683 counter drop")
        mac = net.mac("scanner", "v0")
        for turn in range(ROUNDS):
            for rate in RATES:
                for i in range(len(READERS)):
                    name, kind = READERS[(i + turn) % len(READERS)]
                    runs[rate, name].append(measure(net, folder, kind, rate, mac))
    return runs


def name_of(rate):
    return f"{rate // 1000} kp/s" if rate else "all it can"


def row(rate, name, of, theirs):
    def column(what, **more):
        return spread([r[what] for r in of], **more)
    return [name_of(rate), name, spread([r["rate"] / 1000 for r in of]), column("came"),
            column("seen"), column("lost"), column("dropped"), column("cpu", form="{:.2f}"),
            spread([r["cpu"] * 1e6 / r["came"] for r in of], "{:.2f}"),
            " + ".join(f"{statistics.median(each):.2f}"
                       for each in zip(*(r["each"] for r in of))),
            f"{max(r['peak'] for r in of):.0f}",
            spread(ratios([r["cpu"] / r["came"] for r in of],
                          [r["cpu"] / r["came"] for r in theirs]), "{:.1f}")]


def run(folder):
    subprocess.run(["ninja", "-C", BUILD, "coapscope", "bench/live_loop"], check=True,
                   stdout=subprocess.DEVNULL)
    runs = side_by_side(folder)
    rows = [row(rate, name, of, runs[rate, "tcpdump -w"]) for (rate, name), of in runs.items()]
    lines = []
    for rate in RATES:
        ours = runs[rate, "coapscope watch"]
        most = max(r["rate"] for r in ours) / 1000
        lines.append((f"{name_of(rate)} (here at most {most:.0f}): lost, of all rounds",
                      verdict(sum(r["lost"] for r in ours), 0, more_is_better=False)))
    lines.append(("at 300 kp/s, % of a core", verdict(statistics.median(
        r["cpu"] / r["came"] for r in runs[300000, "coapscope watch"]) * 300000 * 100, 15,
        more_is_better=False)))
    lines.append(("memory, MiB", verdict(max(
        r["peak"] for (_, name), of in runs.items() if name == "coapscope watch" for r in of),
        MEMORY_MIB, more_is_better=False)))
    return "\n\n".join([
        f"Requests from {SOURCES:,} sources by bench/live_loop.c over a veth for {SECONDS} s, "
        f"dropped by nft behind the readers; {ROUNDS} interleaved rounds, median (least to "
        "most). CPU is the readers' alone (of watch: the writing and the decoding process); "
        "the copy into the ring is the sender's. A sender below the rate that was asked for "
        "had to share the cores, with the reader and with whatever else ran. Memory: all processes at their peaks, each "
        "with the kernel's ring of 32 MiB as far as it was touched.",
        table(["sent", "reader", "1000 packets/s", "came", "seen", "lost",
               "dropped, as it says", "CPU s", "us a packet", "each process", "peak MiB",
               "of tcpdump's CPU"], rows),
        budgets(*lines)])
