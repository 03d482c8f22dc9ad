# SPDX-License-Identifier: Apache-2.0
"""The example of a home server, run as systemd would run it: the unit's own command line,
user and capabilities, with the example's configuration; only folders are elsewhere."""
import configparser
import gzip
import json
import os
import pathlib
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time

import pytest

import netns
from lab import wait_until

COAPSCOPE = pathlib.Path(os.environ.get("COAPSCOPE", netns.BUILD / "coapscope")).resolve()
EXAMPLE = netns.ROOT / "examples/homelab"
FOLDERS = {"/etc/coapscope": "etc", "/var/log/coapscope": "log", "/var/lib/coapscope": "lib",
           "/run/coapscope-watch": "run"}
NOBODY, NOGROUP = 65534, 65534
SERVER, PEER, CLIENT, NMAP = "192.168.1.10", "198.51.100.20", "203.0.113.9", "203.0.113.10"
VICTIM, FLOOD = "203.0.113.99", 400
PASSERS_BY = [f"198.18.{n}.1" for n in range(200)]

needs_tools = pytest.mark.skipif(
    not all(map(shutil.which, ["coap-server-notls", "coap-client-notls", "nmap", "logrotate"])),
    reason="needs libcoap3-bin, nmap and logrotate")


class Manager:
    """What a service manager does for Type=notify: a socket that hears."""

    def __init__(self, path):
        self.path, self.heard = path, []
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.sock.bind(str(path))
        path.chmod(0o777)
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        while (said := self.sock.recv(4096)) != b"over":
            self.heard.append(said.decode())

    def close(self):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as end:
            end.sendto(b"over", str(self.path))
        self.thread.join(10)
        self.sock.close()


class Home:
    """The example's files, in a folder that the service's user may enter."""

    def __init__(self):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="coapscope-home-"))
        self.dir.chmod(0o755)
        for name in FOLDERS.values():
            (self.dir / name).mkdir()
            os.chown(self.dir / name, NOBODY, NOGROUP)
        self.program = shutil.copy(COAPSCOPE, self.dir)  # the build's folder may be private
        self.config = self.dir / "etc/coapscope.conf"
        self.config.write_text(self.moved((EXAMPLE / "coapscope.conf").read_text()))
        shutil.copy(EXAMPLE / "scanners.txt", self.dir / "etc")
        rotation = self.moved((EXAMPLE / "logrotate").read_text())
        rotation = rotation.replace("su coapscope coapscope", "su nobody nogroup")
        self.rotation, self.postrotate = self.dir / "rotation", self.dir / "postrotate"
        self.rotation.write_text(rotation.replace(
            "systemctl try-reload-or-restart coapscope-watch.service", str(self.postrotate)))
        self.manager = Manager(self.dir / "notify")

    def moved(self, text):
        for of_system, name in FOLDERS.items():
            text = text.replace(of_system, str(self.dir / name))
        return text

    def close(self):
        self.manager.close()
        shutil.rmtree(self.dir)

    def log_lines(self, name):
        """Of the log and all that it was renamed to, the oldest first."""
        for path in sorted((self.dir / "log").glob(name + "*"), reverse=True):
            data = gzip.decompress(path.read_bytes()) if path.suffix == ".gz" else path.read_bytes()
            assert not data or data.endswith(b"\n"), path
            yield from map(json.loads, data.splitlines())

    def metric(self, name):
        """The counter's value; None while nothing has been written."""
        path = self.dir / "run/watch.prom"
        found = path.exists() and re.search(rf"^coapscope_watch_{name} (\d+)$", path.read_text(), re.M)
        return int(found[1]) if found else None

    def rotate(self, pid):
        self.postrotate.write_text(f"#!/bin/sh\nkill -HUP {pid}\n")
        self.postrotate.chmod(0o755)
        subprocess.run(["logrotate", "--force", "--state", self.dir / "rotated", self.rotation],
                       check=True, timeout=30)


def unit():
    """Of the unit and the example's drop-in: what [Service] says."""
    both = configparser.ConfigParser(strict=False, interpolation=None)
    both.optionxform = str
    both.read([netns.BUILD / "packaging/coapscope-watch.service", EXAMPLE / "homelab.conf"])
    return both["Service"]


def environment(service, home):
    """What the drop-in adds to it."""
    pairs = shlex.split(home.moved(service["Environment"].replace("\\\n", " ")))
    return {"PATH": os.environ["PATH"], **dict(pair.split("=", 1) for pair in pairs)}


def as_systemd(service):
    """A command that gives what follows it the service's rights and no others."""
    def words(key):
        return [name.lower().removeprefix("cap_") for name in service.get(key, "").split()]

    ambient, bounding = ("-all" + "".join(f",+{cap}" for cap in words(key))
                         for key in ("AmbientCapabilities", "CapabilityBoundingSet"))
    assert service["User"] == "coapscope" and service["NoNewPrivileges"] == "yes"
    return ["setpriv", f"--reuid={NOBODY}", f"--regid={NOGROUP}", "--clear-groups",
            f"--inh-caps={ambient}", f"--ambient-caps={ambient}", f"--bounding-set={bounding}",
            "--no-new-privs"]


def as_root(_service):
    return []


@pytest.fixture
def home():
    it = Home()
    yield it
    it.close()


@pytest.fixture
def lan(net):
    """home (eth0, a CoAP server) and the outside: its router, and whoever is behind."""
    net.add("home")
    net.add("outside")
    net.ip("home", f"link add eth0 type veth peer name far netns {net.names['outside']}",
           f"addr add {SERVER}/24 dev eth0", "link set eth0 up",
           "route add default via 192.168.1.1")
    net.ip("outside", "addr add 192.168.1.1/24 dev far", f"addr add {PEER}/32 dev far",
           f"addr add {CLIENT}/32 dev far", f"addr add {NMAP}/32 dev far", "link set far up")
    net.start("home", ["coap-server-notls", "-A", SERVER, "-p", "5683", "-v", "0"],
              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: net.run("home", ["ss", "-Hlun", "sport = :5683"]).stdout)
    return net


FLOODER = r"""
import socket, struct, sys, time
raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
to, sources = sys.argv[1], sys.argv[2].split(",")
for i in range(int(sys.argv[3])):
    ask = bytes.fromhex("4001%04xbb2e77656c6c2d6b6e6f776e04636f7265" % i)
    udp = struct.pack("!HHHH", 40000, 5683, 8 + len(ask), 0) + ask
    ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                     socket.inet_aton(sources[i % len(sources)]), socket.inet_aton(to))
    raw.sendto(ip + udp, (to, 0))
    time.sleep(0.004)
"""


def knock(net):
    """Real programs, a peer among them."""
    for source, more in ((PEER, ["-m", "get"]), (CLIENT, ["-m", "put", "-e", "on"])):
        net.run("outside", ["coap-client-notls", "-B", "2", "-a", source, *more,
                            f"coap://{SERVER}/example_data"])
    net.run("outside", ["nmap", "-n", "-Pn", "-sU", "-p", "5683", "-S", NMAP, "-e", "far", SERVER])


def flood(net, sources, count):
    return net.start("outside", ["python3", "-c", FLOODER, SERVER, ",".join(sources), count])


def peak_bytes(pid):
    """Of the process and its children, together."""
    children = pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return 1024 * sum(int(re.search(r"VmHWM:\s+(\d+)",
                                    pathlib.Path(f"/proc/{p}/status").read_text())[1])
                      for p in [pid, *children])


@needs_tools
@pytest.mark.parametrize("rights, more", [(as_systemd, []), (as_root, ["--user", "nobody"])],
                         ids=["as the unit's user", "as root with --user"])
def test_the_unit_runs_with_the_examples_configuration(lan, home, rights, more):
    service = unit()
    words = shlex.split(home.moved(service["ExecStart"]))
    assert "--require-jail" in words and service["Type"] == "notify"
    with open(home.dir / "said", "w+") as said:
        watch = lan.start("home", [
            *rights(service), home.program, *words[1:], "--config", home.config, *more],
            env={**environment(service, home), "NOTIFY_SOCKET": str(home.manager.path),
                 "WATCHDOG_USEC": "1000000"}, stderr=said,
            umask=int(service["UMask"], 8), cwd="/")
        heard = home.manager.heard
        wait_until(lambda: "READY=1" in heard or watch.poll() is not None, 20)
        assert watch.poll() is None, (home.dir / "said").read_text()

        knock(lan)
        floods = [flood(lan, [VICTIM], FLOOD), flood(lan, PASSERS_BY, len(PASSERS_BY))]
        rotations = 0
        while any(process.poll() is None for process in floods):
            if rotations < 4:  # of five that the example keeps
                home.rotate(watch.pid)
                rotations += 1
            time.sleep(0.3)
        assert rotations >= 2
        # Peer, client, nmap, victim, and who passed by; and they have been told.
        wait_until(lambda: (home.metric("sources") or 0) >= 4 + len(PASSERS_BY), 20, 0.1)
        wait_until(lambda: heard.count("WATCHDOG=1") >= 3, 20)
        limit = {"M": 20}[service["MemoryMax"][-1]]
        assert peak_bytes(watch.pid) < int(service["MemoryMax"][:-1]) << limit
        assert heard[0] == "READY=1" and "STOPPING=1" not in heard

        watch.send_signal(signal.SIGTERM)
        assert watch.wait(int(service["TimeoutStopSec"])) == 0, (home.dir / "said").read_text()
    wait_until(lambda: heard[-1] == "STOPPING=1")
    assert (home.dir / "said").read_text() == ""
    check_logs(home)
    check_the_store(home)
    check_who_looks_on(lan, home)


def check_logs(home):
    verdicts = {line["source"]: line for line in home.log_lines("watch.jsonl") if line["source"]}
    # Each had a line when it was first seen, whichever file that was in, and one at the end.
    assert set(verdicts) >= {CLIENT, NMAP, VICTIM, *PASSERS_BY}
    assert verdicts[CLIENT]["class"] == "D"
    assert verdicts[CLIENT]["worry"] == "act_now"
    assert verdicts[NMAP]["class"] == "B"
    assert verdicts[NMAP]["actor"]["name"] == "probe10.scanner.example"
    assert verdicts[VICTIM]["class"] == "C1" and verdicts[VICTIM]["victim"]
    assert verdicts[VICTIM]["packets"] == FLOOD
    assert verdicts[PEER]["class"] == "H" and verdicts[PEER]["worry"] == "none"
    alerts = [e for e in home.log_lines("eve.json") if e["event_type"] == "alert"]
    assert {CLIENT, VICTIM} <= {event["src_ip"] for event in alerts}
    assert list((home.dir / "log").glob("evidence.pcap*"))
    # The node exporter is another user; nobody else reads the logs' folder in the unit.
    assert (home.dir / "run/watch.prom").stat().st_mode & 0o004
    assert unit()["LogsDirectoryMode"] == unit()["StateDirectoryMode"] == "0750"


def check_the_store(home):
    done = subprocess.run([home.program, "explain", VICTIM, "--store", home.dir / "lib",
                           "-O", "jsonl"], check=True, capture_output=True, text=True, timeout=30)
    assert json.loads(done.stdout.splitlines()[0])["victim"] is True


def check_who_looks_on(net, home):
    """Another watch with the configuration alone leaves the service's files as they are."""
    def files():
        return {path: (path.stat().st_ino, path.stat().st_size, path.stat().st_mtime_ns)
                for name in ("log", "run", "lib") for path in (home.dir / name).rglob("*")}

    before = files()
    evidence = [w for path in (home.dir / "log").glob("evidence.pcap*") for w in ("-r", path)]
    for words in (["-i", "eth0", "--duration", "1"], evidence):
        done = net.run("home", [home.program, "watch", "--config", home.config, "-O", "table",
                                *words])
        assert done.stderr == "" and done.stdout
        assert files() == before


@needs_tools
def test_a_long_interval_neither_bites_the_watchdog_nor_delays_the_end(lan, home):
    watch = lan.start("home", [home.program, "watch", "-i", "eth0", "-O", "jsonl",
                               "--interval", "3600000"], stderr=subprocess.DEVNULL,
                      env={"PATH": os.environ["PATH"], "WATCHDOG_USEC": "1000000",
                           "NOTIFY_SOCKET": str(home.manager.path)})
    wait_until(lambda: home.manager.heard.count("WATCHDOG=1") >= 2, 20)
    assert home.manager.heard[0] == "READY=1"
    knock(lan)
    watch.send_signal(signal.SIGTERM)
    out, _ = watch.communicate(timeout=15)
    assert watch.returncode == 0
    assert CLIENT in [json.loads(line)["source"] for line in out.splitlines()]
