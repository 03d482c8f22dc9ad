#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""How fast probes leave: our senders, the bare loop and zmap, interleaved.

Two namespaces and a veth pair whose far end drops in XDP (native): no NIC, so
these are figures of the CPU. Builds what it needs. Prints each round and the
medians. Usage: bench/send.py [ROUNDS [COUNT]]
"""
import json
import os
import pathlib
import re
import shutil
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT / "tests" / "integration"))
import netns  # noqa: E402

PROBE = bytes.fromhex("40017d70bb2e77656c6c2d6b6e6f776e04636f7265")


def netcheck(net, tx, mac, count):
    def run():
        return net.netcheck("scanner", "send", "--tx", tx, "--rx", "none", "--to", "10.128.0.0",
                            "--count", count, "--interface", "v0", "--source", "10.77.0.1",
                            "--mac", mac, "--ports", 128)
    return run


def txloop(net, mac, count):
    program = netns.BUILD / "bench" / "txloop"

    def run():
        command = [program, "v0", mac, "10.77.0.1", count]
        return json.loads(net.run("scanner", command).stdout)
    return run


def zmap(net, mac, count, scratch):
    """One sending thread; its rate is that of the counter, its CPU all of it."""
    for name in ("empty", "probe"):
        (scratch / name).write_bytes(PROBE if name == "probe" else b"")

    def run():
        before = os.times()
        done = net.run("scanner", [
            "zmap", "-C", scratch / "empty", "-i", "v0", "-G", mac, "-S", "10.77.0.1",
            "-M", "udp", "-p", 5683, f"--probe-args=file:{scratch / 'probe'}", "-r", 0,
            "-T", 1, "-c", 0, "-n", count, "-b", scratch / "empty", "-o", scratch / "out",
            "10.128.0.0/10"])
        after = os.times()
        used = sum(after[2:4]) - sum(before[2:4])
        rates = re.findall(r"send: .*?\(([\d.]+) ([KM]?)p/s avg\)", done.stderr)
        rate, unit = rates[-1]
        return {"sent": count, "cpu_ns": used / count * 1e9, "user_ns": 0,
                "kpps": float(rate) * {"": 0.001, "K": 1, "M": 1000}[unit]}
    return run


def main():
    rounds = int(sys.argv[1]) if len(sys.argv) > 1 else 7
    count = int(sys.argv[2]) if len(sys.argv) > 2 else 1 << 20
    subprocess.run(["ninja", "-C", netns.BUILD, "bench/txloop", "bench/xdp_drop.o",
                    "tests/tools/netcheck"], check=True, stdout=subprocess.DEVNULL)
    net = netns.make_pair()
    scratch = pathlib.Path(tempfile.mkdtemp())
    try:
        net.ip("peer", f"link set v1 xdpdrv obj {netns.BUILD / 'bench' / 'xdp_drop.o'} sec xdp")
        mac = net.mac("peer", "v1")
        senders = {"txloop": txloop(net, mac, count), "packet": netcheck(net, "packet", mac, count),
                   "udp": netcheck(net, "udp", mac, count)}
        if shutil.which("zmap"):
            senders["zmap"] = zmap(net, mac, count, scratch)
        got = {name: [] for name in senders}
        for _ in range(rounds):
            for name, run in senders.items():
                got[name].append(run())
        print(f"{'sender':8} {'kpps min':>9} {'median':>8} {'max':>8} {'cpu ns':>8} {'user ns':>8}")
        for name, runs in got.items():
            kpps = sorted(r["kpps"] for r in runs)
            cpu, user = (statistics.median(r[k] for r in runs) for k in ("cpu_ns", "user_ns"))
            print(f"{name:8} {kpps[0]:9.0f} {statistics.median(kpps):8.0f} {kpps[-1]:8.0f} "
                  f"{cpu:8.0f} {user:8.0f}")
    finally:
        net.close()
        shutil.rmtree(scratch)


if __name__ == "__main__":
    main()
