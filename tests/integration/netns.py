# SPDX-License-Identifier: Apache-2.0
"""Network namespaces for tests: each test its own, gone when it ends.

    def test_x(pair):                     # scanner 10.77.0.1 -- peer 10.77.0.2
        with pair.responder("--mix") as r:
            out = pair.run("scanner", ["ping", "-c1", "10.77.0.2"])
        r.saw["requests"]

The fixtures are in conftest.py. Nothing here touches the host's own network.
"""
import contextlib
import itertools
import json
import os
import pathlib
import signal
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("COAPSCOPE_BUILD", ROOT / "build"))
TOOLS = BUILD / "tests" / "tools"

_serial = itertools.count()


def why_not():
    """The reason why namespaces cannot be made here, or None."""
    if os.geteuid() != 0:
        return "needs root"
    name = f"cs{os.getpid()}try"
    if subprocess.run(["ip", "netns", "add", name], capture_output=True).returncode:
        return "cannot make network namespaces"
    subprocess.run(["ip", "netns", "del", name], check=True)
    return None


# In front of a command: an ordinary user. (A build below /root stays in reach.)
AS_NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]


def why_nobody_has_none():
    """The reason why an ordinary user cannot make network namespaces here, or None."""
    done = subprocess.run([*AS_NOBODY, "unshare", "-Urn", "true"], capture_output=True, cwd="/")
    return "user namespaces are refused here" if done.returncode else None


class Responder:
    """A responder under way; `saw` is what it counted, once it has ended."""

    def __init__(self, process):
        self.process, self.saw = process, None
        if process.stdout.readline() != "ready\n":
            raise RuntimeError("the responder did not start")

    def stop(self):
        if self.saw is None:
            self.process.send_signal(signal.SIGTERM)
            self.saw = json.loads(self.process.communicate(timeout=20)[0])
        return self.saw


class Net:
    """A few namespaces and what runs in them."""

    def __init__(self):
        self.prefix = f"cs{os.getpid()}x{next(_serial)}"
        self.names, self.processes = {}, []

    def add(self, name):
        self.names[name] = f"{self.prefix}-{name}"
        subprocess.run(["ip", "netns", "add", self.names[name]], check=True)
        # Or a new interface keeps silent for seconds.
        self.sysctl(name, net__ipv6__conf__default__accept_dad=0)
        self.ip(name, "link set lo up")

    def close(self):
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
        for name in self.names.values():
            subprocess.run(["ip", "netns", "del", name], check=False)

    def ip(self, name, *lines):
        """Lines of ip(8), each without the "ip"."""
        subprocess.run(["ip", "-n", self.names[name], "-batch", "-"], check=True,
                       text=True, input="\n".join(lines) + "\n")

    def command(self, name, command):
        return ["ip", "netns", "exec", self.names[name], *map(str, command)]

    def run(self, name, command, timeout=120, **options):
        """Runs to its end; the finished process, output captured as text."""
        options.setdefault("check", True)
        return subprocess.run(self.command(name, command), text=True, timeout=timeout,
                              capture_output=True, **options)

    def start(self, name, command, **options):
        """Starts and returns the process; it is killed at the latest by close()."""
        process = subprocess.Popen(self.command(name, command), text=True,
                                   stdout=subprocess.PIPE, **options)
        self.processes.append(process)
        return process

    def sysctl(self, name, **values):
        for key, value in values.items():
            self.run(name, ["sysctl", "-qw", f"{key.replace('__', '.')}={value}"])

    def nft(self, name, hook, *rules, family="inet"):
        """A chain of its own at @hook, as "output" or "egress device v1"."""
        base = f"type filter hook {hook} priority 0"
        lines = [f"table {family} t {{", "chain c {", base, *rules, "}", "}"]
        self.run(name, ["nft", "-f", "-"], input="\n".join(lines) + "\n")

    def mac(self, name, interface):
        links = self.run(name, ["ip", "-j", "link", "show", interface]).stdout
        return json.loads(links)[0]["address"]

    def counters(self, name):
        """The namespace's SNMP counters by nstat's names."""
        lines = self.run(name, ["nstat", "-asz"]).stdout.splitlines()[1:]
        return {line.split()[0]: int(line.split()[1]) for line in lines}

    @contextlib.contextmanager
    def responder(self, *args, name="peer"):
        """Devices on all local addresses; see tests/tools/responder.c."""
        r = Responder(self.start(name, [TOOLS / "responder", "--for", "120", *args]))
        try:
            yield r
        finally:
            r.stop()

    def netcheck(self, name, *args):
        """tests/tools/netcheck.c; its JSON."""
        done = self.run(name, [TOOLS / "netcheck", *args], check=False)
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)


@contextlib.contextmanager
def during(net, command, then):
    """What holds in a namespace as long as that."""
    net.sh(command)
    try:
        yield
    finally:
        net.sh(then)


def make_pair():
    """scanner and peer, joined by one Ethernet; the peer is the gateway.

    All of 10.96.0.0/12 and fd97::/64 are addresses of the peer.
    """
    net = Net()
    try:
        net.add("scanner")
        net.add("peer")
        net.ip("scanner", f"link add v0 type veth peer name v1 netns {net.names['peer']}",
               "addr add 10.77.0.1/24 brd 10.77.0.255 dev v0",
               "addr add fd77::1/64 dev v0 nodad", "link set v0 up")
        net.ip("peer", "addr add 10.77.0.2/24 dev v1", "addr add fd77::2/64 dev v1 nodad",
               "link set v1 up", "route add local 10.96.0.0/12 dev lo",
               "route add local fd97::/64 dev lo")
        net.ip("scanner", "route add default via 10.77.0.2",
               "route add default via fd77::2",
               f"neigh replace 10.77.0.2 lladdr {net.mac('peer', 'v1')} dev v0",
               f"neigh replace fd77::2 lladdr {net.mac('peer', 'v1')} dev v0")
    except BaseException:
        net.close()
        raise
    return net
