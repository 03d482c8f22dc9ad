# SPDX-License-Identifier: Apache-2.0
"""Where the benchmarks run: a wire of their own, and programs watched on it.

`wire()` is a scanner and a peer in network namespaces, joined by a veth and
gone afterwards; `Watched` is a program on the scanner's side whose packets, CPU
time and memory can be read while it runs.
"""
import contextlib
import os
import pathlib
import signal
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = pathlib.Path(os.environ.get("BUILD", "build"))
BUILD = BUILD if BUILD.is_absolute() else ROOT / BUILD
os.environ["COAPSCOPE_BUILD"] = str(BUILD)
sys.path.insert(0, str(ROOT / "tests" / "integration"))
import netns  # noqa: E402 (found by the line above)

SOURCE = "10.77.0.1"
STOP_SECONDS = 20


@contextlib.contextmanager
def wire(drop=False):
    """scanner 10.77.0.1 -- peer 10.77.0.2, the gateway; all of 10.96.0.0/12 is
    the peer's. With @drop the peer drops each packet in XDP, before its stack."""
    net = netns.make_pair()
    try:
        if drop:
            net.ip("peer", f"link set v1 xdpdrv obj {BUILD}/bench/xdp_drop.o sec xdp")
        net.peer_mac = net.mac("peer", "v1")
        yield net
    finally:
        net.close()


class Watched:
    """A program under way in a namespace."""

    def __init__(self, net, command, name="scanner", stdout=subprocess.DEVNULL, **more):
        self.process = subprocess.Popen(net.command(name, command), stdout=stdout,
                                        stdin=subprocess.DEVNULL,
                                        stderr=subprocess.DEVNULL, **more)
        net.processes.append(self.process)
        self.pid, self.rss_kib = self.process.pid, 0
        self.started = time.monotonic()

    def sent(self):
        """Packets that left by v0 so far."""
        text = pathlib.Path(f"/proc/{self.pid}/net/dev").read_text(encoding="ascii")
        for line in text.splitlines():
            name, _, numbers = line.partition(":")
            if name.strip() == "v0":
                fields = numbers.split()
                return int(fields[9])
        return 0

    def cpu_ns(self):
        """User and system time of all threads, softirqs run by them included."""
        total = 0
        for task in pathlib.Path(f"/proc/{self.pid}/task").iterdir():
            with contextlib.suppress(OSError):
                total += int((task / "schedstat").read_text().split()[0])
        return total

    def look_at_memory(self):
        with contextlib.suppress(OSError):
            for line in open(f"/proc/{self.pid}/status", encoding="ascii"):
                if line.startswith("VmHWM"):
                    self.rss_kib = max(self.rss_kib, int(line.split()[1]))

    def wait(self, seconds):
        """Until it ends by itself, or SECONDS have passed; its wall time."""
        while self.process.poll() is None:
            self.look_at_memory()
            if time.monotonic() - self.started > seconds:
                self.stop()
                raise TimeoutError(f"not done in {seconds} s: {self.process.args}")
            time.sleep(0.02)
        if self.process.returncode:
            raise RuntimeError(f"exit {self.process.returncode}: {self.process.args}")
        return time.monotonic() - self.started

    def wait_or_stop(self, seconds):
        """Ends it when it does not end by itself; its wall time."""
        try:
            return self.wait(seconds)
        except TimeoutError:
            return time.monotonic() - self.started

    def stop(self):
        """However it takes it; what it has to say is no longer of interest."""
        for sign in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                self.process.send_signal(sign)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    self.process.wait(STOP_SECONDS if sign == signal.SIGKILL else 1.5)

    def window(self, seconds, warm_up=20000):
        """Packets/s, CPU ns a packet and CPU share over SECONDS of
        steady sending, which begins when WARM_UP packets have left."""
        deadline = time.monotonic() + 20
        base = self.sent()
        while self.sent() - base < warm_up:
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"does not send: {self.process.args}")
            time.sleep(0.005)
        t0, p0, c0 = time.monotonic(), self.sent(), self.cpu_ns()
        time.sleep(seconds)
        t1, p1, c1 = time.monotonic(), self.sent(), self.cpu_ns()
        if self.process.poll() is not None or p1 == p0:
            raise RuntimeError(f"ended too early: {self.process.args}")
        return {"pps": (p1 - p0) / (t1 - t0), "cpu_ns": (c1 - c0) / (p1 - p0),
                "share": (c1 - c0) / 1e9 / (t1 - t0)}
