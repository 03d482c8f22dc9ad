# SPDX-License-Identifier: Apache-2.0
"""A walled host whose packet filter is ufw: the real one, with files of its own.

Each command runs in the host's network namespace and in a mount namespace in which /etc/ufw
and /etc/default/ufw are copies in the test's folder; the machine's own files are never seen.
"""
import os
import pathlib
import re
import shlex
import shutil
import signal
import subprocess
import time

import lab
import ufw_files
import walled

COUNTERS = re.compile(r"packets \d+ bytes \d+")


def in_order(save, listing):
    """iptables-save's text with the chains in the order in which they were made."""
    made = re.findall(r"(?m)^\tchain (\S+) {", listing)
    lines = save.splitlines()
    chains = sorted((line for line in lines if line[0] == ":"),
                    key=lambda line: made.index(line[1:].split()[0]))
    first = next(i for i, line in enumerate(lines) if line[0] == ":")
    lines[first:first + len(chains)] = chains
    return "\n".join(lines) + "\n"


class Ufw(walled.Walled):
    """As ufw's package leaves it, but inactive; `enable()` makes it active."""

    def __init__(self, folder, ipv6=True):
        super().__init__()
        self.folder, self.store = folder, folder / "store"
        self.etc, self.default = folder / "ufw", folder / "default"
        self.kept = {}  # what enable() came to: files, and iptables' rules
        ufw_files.write(self.etc, self.default, ipv6)
        (self.etc / "applications.d" / "files").write_text(
            "[Files]\ntitle=Files\ndescription=Files\nports=137,138/udp|139,445/tcp\n")

    def wrapped(self, command):
        return [*ufw_files.wrap(self.etc, self.default), *map(str, command)]

    def run(self, *command, rc=0, env=None, timeout=60):
        with self.host.inside():
            done = subprocess.run(self.wrapped(command), text=True, timeout=timeout,
                                  capture_output=True, check=False,
                                  env={**os.environ, **(env or {})})
        assert rc is None or done.returncode == rc, done
        return done

    def popen(self, *command, env=None):
        with self.host.inside():
            return subprocess.Popen(self.wrapped(command), text=True,
                                    env={**os.environ, **(env or {})},
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ufw(self, *lines):
        """Commands of ufw, each a line."""
        for line in lines:
            words = shlex.split(line)
            ask = ["--force"] if words[0] in ("enable", "delete") else []
            self.run("ufw", *ask, *words)

    def enable(self, *lines):
        """Rules first: ufw is quicker while it has none in force. The same again is only put back."""
        if lines in self.kept:
            files, rules = self.kept[lines]
            self.put_files(files)
            for family, text in rules.items():
                self.host.sh(f"{family}-restore", input=text)
            return
        self.ufw(*lines, "enable")
        self.kept[lines] = self.files(), {
            name: in_order(self.host.sh(f"{name}-save -t filter"),
                           self.host.sh(f"nft list table {family} filter", stderr=-3))
            for name, family in (("iptables", "ip"), ("ip6tables", "ip6"))}

    def files(self):
        return {path.relative_to(self.etc): (path.read_bytes(), path.stat().st_mode)
                for path in self.etc.rglob("*") if path.is_file()}

    def put_files(self, files):
        """In the folder that is there: commands that run have it mounted."""
        for path in self.files():
            if path not in files:
                (self.etc / path).unlink()
        for path, (text, mode) in files.items():
            (self.etc / path).write_bytes(text)
            (self.etc / path).chmod(mode)

    def renew(self, shipped):
        """As it was when it was made, for the next test; `shipped` is files() of then."""
        self.kill_helpers()
        shutil.rmtree(self.store, ignore_errors=True)
        self.put_files(shipped)
        self.host.sh("nft flush ruleset; conntrack -F", stderr=subprocess.DEVNULL)

    def protect(self, verb, *options, **more):
        return self.run(lab.COAPSCOPE, "protect", verb, "--store", self.store, *options,
                        **more)

    def apply(self, *options, **more):
        return self.protect("apply", "--backend", "ufw", *options, **more)

    def numbered(self):
        """Lines of `ufw status numbered`, without the numbers and with single blanks."""
        out = self.run("ufw", "status", "numbered").stdout
        return [" ".join(line.split("]", 1)[1].split()) for line in out.splitlines()
                if line.startswith("[")]

    def helpers(self):
        """Processes of ours in the host's namespace."""
        out = subprocess.run(["ip", "netns", "pids", self.host.name], text=True,
                             capture_output=True, check=True).stdout
        found = []
        for pid in out.split():
            try:
                name = pathlib.Path(f"/proc/{pid}/comm").read_text().strip()
            except OSError:
                continue
            if name == "coapscope-undo":
                found.append(int(pid))
        return found

    def kill_helpers(self):
        for pid in self.helpers():
            os.kill(pid, signal.SIGKILL)
        lab.wait_until(lambda: not self.helpers())

    def stop_at(self, program):
        """
        An environment in which `program` waits where the host's rules are at stake: (environment,
        whether it waits, let it go on).
        """
        folder = self.folder / f"stop-{program}"
        folder.mkdir(exist_ok=True)
        at, go = folder / "at", folder / "go"
        for path in (at, go):
            path.unlink(missing_ok=True)
        real = shutil.which(program, path="/usr/sbin:/usr/bin:/sbin:/bin")
        here = self.host.sh("readlink /proc/self/ns/net").strip()
        (folder / program).write_text(
            f"#!/bin/sh\nif [ {program} = tee ] || [ \"$(readlink /proc/self/ns/net)\" = "
            f"'{here}' ]; then\n : >{at}\n while [ ! -e {go} ]; do sleep 0.02; done\nfi\n"
            f"exec {real} \"$@\"\n")
        (folder / program).chmod(0o755)
        return {"PATH": f"{folder}:{os.environ['PATH']}"}, at.exists, go.touch

    def picture(self):
        """What undo has to bring back: ufw's files to the byte, and the rules."""
        files = {str(p.relative_to(self.etc)): (p.read_bytes(), p.stat().st_mode,
                                                p.stat().st_uid)
                 for p in sorted(self.etc.rglob("*")) if p.is_file()}
        rules = self.host.sh("nft list ruleset", stderr=subprocess.DEVNULL)
        return files, self.default.read_bytes(), COUNTERS.sub("", rules)

    def looks_like(self, picture):
        try:
            return self.picture() == picture
        except FileNotFoundError:  # one that is about to get its name
            return False

    def comes_back(self, to, within):
        """Waits until everything is as it was."""
        end = time.monotonic() + within
        while not self.looks_like(to) and time.monotonic() < end:
            time.sleep(0.05)
        now = self.picture()
        assert now[0] == to[0] and now[1] == to[1] and now[2] == to[2]
        lab.wait_until(lambda: not self.helpers(), timeout=2)
