# SPDX-License-Identifier: Apache-2.0
"""A host in a namespace of its own on which `coapscope protect` is at work.

    def test_x(host):
        host.protect("apply", "--confirm-within", 1)
        host.is_as_before()

Its rules are somebody else's, with counters that have counted; what they are is kept, byte
by byte, to be compared with.
"""
import json
import os
import pathlib
import signal
import subprocess
import time

import lab

FOREIGN = """
table inet foreign {
    set seen {
        type ipv4_addr
        flags dynamic,timeout
        timeout 1h
    }
    chain input {
        type filter hook input priority filter; policy accept;
        udp dport 53 counter accept comment "names"
        counter
        ip saddr 198.51.100.0/24 drop
    }
}
table ip nat {
    chain post {
        type nat hook postrouting priority srcnat; policy accept;
        oifname "wan0" counter masquerade
    }
}
"""
POLICY = ("--strangers", "drop", "--allow", "192.0.2.0/24", "--allow", "2001:db8::/32")


class Host:
    def __init__(self, folder, rules=FOREIGN):
        self.net = lab.Net()
        self.store = pathlib.Path(folder)
        # Its other end stays down: nothing may come and be counted.
        self.net.sh("ip link add wan0 type veth peer name wan1 && "
                    "ip addr add 203.0.113.1/24 dev wan0 && ip link set wan0 up")
        self.nft(rules)
        self.net.sh("ping -q -c2 -i0.01 -W1 127.0.0.1")  # counted
        self.before = self.listing()

    def close(self):
        for pid in self.pids():
            os.kill(pid, signal.SIGKILL)
        self.net.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    # --- the rules ---

    def nft(self, script):
        return self.net.sh("nft -f -", input=script)

    def listing(self):
        return self.net.sh("nft -a list ruleset")

    def ours(self):
        """Our table without handles and what changes by itself; "" for none."""
        return self.command("nft", "-s", "list", "table", "inet", "coapscope").stdout

    def marks(self):
        """The sets that say what our table is: ["kept"], ["pending"], ["entries"]."""
        words = [line.split()[1] for line in self.ours().splitlines()
                 if line.startswith("\tset ")]
        return [w.split("_")[0] for w in words if len(w.split("_")[-1]) == 16]

    def elements(self, name):
        """What is in a set, as text; "" for nothing."""
        text = self.command("nft", "list", "set", "inet", "coapscope", name).stdout
        return " ".join(text.partition("elements = {")[2].partition("}")[0].split())

    def is_as_before(self, within=0.0):
        """Byte by byte, and nobody of ours is left, at the latest after that many seconds."""
        end = time.monotonic() + within
        while True:
            now, left = self.listing(), self.pids()
            if now == self.before and not left:
                return
            if time.monotonic() >= end:
                assert now == self.before
                assert left == []
            time.sleep(0.05)

    # --- programs ---

    def command(self, *command, env=None, timeout=60, **options):
        with self.net.inside():
            return subprocess.run([str(c) for c in command], text=True, capture_output=True,
                                  check=False, timeout=timeout, stdin=subprocess.DEVNULL,
                                  env={**os.environ, **(env or {})}, **options)

    def line(self, *words):
        return [lab.COAPSCOPE, "protect", *map(str, words), "--store", str(self.store)]

    def protect(self, *words, rc=0, **options):
        done = self.command(*self.line(*words), **options)
        assert done.returncode == rc, (words, done.returncode, done.stdout, done.stderr)
        return done

    def briefly(self, *words):
        """Applies for a short time: briefly() below."""
        return briefly(
            lambda seconds: self.command(*self.line("apply", *words, "--confirm-within", seconds)),
            lambda: self.protect("status"), self.pids)

    def start(self, *words, before=()):
        with self.net.inside():
            return subprocess.Popen([*before, *self.line(*words)], text=True,
                                    stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                    stderr=subprocess.PIPE)

    def pids(self):
        """Who is in the namespace, or works with this store; ended ones are nobody."""
        # Asked from outside: whoever is inside is in the answer.
        inside = subprocess.run(["ip", "netns", "pids", self.net.name], text=True,
                                capture_output=True, check=True).stdout
        found = {int(p) for p in inside.split()} - {os.getpid()}
        for path in pathlib.Path("/proc").glob("[0-9]*/cmdline"):
            try:
                if str(self.store).encode() in path.read_bytes().split(b"\0"):
                    found.add(int(path.parent.name))
            except OSError:
                pass
        return sorted(pid for pid in found if lives(pid))

    def helper(self):
        """The process that takes the rules back."""
        return next(pid for pid in self.pids() if comm(pid) == "coapscope-undo")


def briefly(apply, status, helpers, tries=(1, 5, 25)):
    """
    Calls apply(SECONDS) with as few as leave some to whoever looks at what is pending, on a
    machine as slow as this one: the seconds, and what it returned. status() runs that
    command; helpers() are the processes that take back what was too short.
    """
    for seconds in tries:
        done = apply(seconds)
        slow = done.returncode == 3 and "--confirm-within" in done.stderr
        assert slow or done.returncode == 0, done
        left = json.loads(status().stdout).get("pending_left_seconds") or 0
        if left > seconds * 0.4:
            return seconds, done
        lab.wait_until(lambda: not helpers(), seconds + 5)
    raise AssertionError(f"{seconds} s are over when apply is back")


def comm(pid):
    try:
        return pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def lives(pid):
    try:
        stat = pathlib.Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return stat.rpartition(")")[2].split()[0] not in "ZX"
