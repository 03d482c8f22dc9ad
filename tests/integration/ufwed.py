# SPDX-License-Identifier: Apache-2.0
"""A walled host whose packet filter is ufw: the real one, with files of its own.

Each command runs in the host's network namespace and in a mount namespace in which /etc/ufw
and /etc/default/ufw are copies in the test's folder; the machine's own files are never seen.
"""
import os
import pathlib
import re
import shlex
import signal
import subprocess
import time

import lab
import ufw_files
import walled

COUNTERS = re.compile(r"packets \d+ bytes \d+")


class Ufw(walled.Walled):
    """As ufw's package leaves it, but inactive; `enable()` makes it active."""

    def __init__(self, folder, ipv6=True):
        super().__init__()
        self.folder, self.store = folder, folder / "store"
        self.etc, self.default = folder / "ufw", folder / "default"
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

    def popen(self, *command):
        with self.host.inside():
            return subprocess.Popen(self.wrapped(command), text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def ufw(self, *lines):
        """Commands of ufw, each a line."""
        for line in lines:
            words = shlex.split(line)
            ask = ["--force"] if words[0] in ("enable", "delete") else []
            self.run("ufw", *ask, *words)

    def enable(self, *lines):
        """Rules first: ufw is quicker while it has none in force."""
        self.ufw(*lines, "enable")

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

    def picture(self):
        """What undo has to bring back: ufw's files to the byte, and the rules."""
        files = {str(p.relative_to(self.etc)): (p.read_bytes(), p.stat().st_mode,
                                                p.stat().st_uid)
                 for p in sorted(self.etc.rglob("*")) if p.is_file()}
        rules = self.host.sh("nft list ruleset", stderr=subprocess.DEVNULL)
        return files, self.default.read_bytes(), COUNTERS.sub("", rules)

    def comes_back(self, to, within):
        """Waits until everything is as it was."""
        end = time.monotonic() + within
        while self.picture() != to and time.monotonic() < end:
            time.sleep(0.05)
        now = self.picture()
        assert now[0] == to[0] and now[1] == to[1] and now[2] == to[2]
        lab.wait_until(lambda: not self.helpers(), timeout=2)
