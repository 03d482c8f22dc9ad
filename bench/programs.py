# SPDX-License-Identifier: Apache-2.0
"""How ours and each peer is told the same thing: a command line each.

A program is a function of (net, dir, targets, rate, **more) to a command; `dir`
is where it may write, `rate` in packets/s with 0 for unpaced. `rows` reads back
what it found as (address, ...) of distinct, validated answers.
"""
import csv
import functools
import shutil
import subprocess

from rig import BUILD, SOURCE

PROBE = b"\x40\x01\x7d\x70\xbb.well-known\x04core"
NOBODY = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups",
          "--inh-caps=-all", "--bounding-set=-all"]


def prepare(folder):
    """Files that the programs read."""
    folder.chmod(0o755)
    (folder / "empty").write_text("")
    (folder / "probe").write_bytes(PROBE)
    shutil.copy2(BUILD / "coapscope", folder / "coapscope") # where nobody may read it
    (folder / "open").mkdir(exist_ok=True)
    (folder / "open").chmod(0o777)


def ours(sender, net, folder, targets, rate, cooldown=1, rows=False, user=False):
    out = folder / "open" / "rows"
    command = [folder / "coapscope", "scan", "-q", "--sender", sender, "-r", rate,
               "-c", cooldown, "--no-store", "--exclude-file", folder / "empty",
               "-O", "csv", "-o", out if rows else "/dev/null", targets]
    return NOBODY + command if user else command


def zmap(net, folder, targets, rate, cooldown=1, rows=False):
    fields = ["-f", "saddr,sport,data"] if rows else []
    return ["zmap", "-C", folder / "empty", "-b", folder / "empty", "-q", "-v", 0,
            "-i", "v0", "-G", net.peer_mac, "-S", SOURCE, "-M", "udp", "-p", 5683,
            f"--probe-args=file:{folder / 'probe'}", "-r", rate, "-T", 1,
            "-c", cooldown, "-o", folder / "open" / "rows", *fields, targets]


def masscan(net, folder, targets, rate, cooldown=1, rows=False):
    return ["masscan", "-e", "v0", "--router-mac", net.peer_mac, "--source-ip", SOURCE,
            "-pU:5683", targets, "--rate", rate or 100000000, "--wait", cooldown,
            "-oL", folder / "open" / "rows"]


def bare_loop(net, folder, targets, rate, seconds=20):
    return [BUILD / "bench" / "txloop", "v0", net.peer_mac, SOURCE, targets, seconds]


packet = functools.partial(ours, "packet")
udp = functools.partial(ours, "udp")
udp_user = functools.partial(ours, "udp", user=True)


def found(program, folder):
    """The distinct addresses in the rows that @program has written."""
    path = folder / "open" / "rows"
    with open(path, encoding="latin-1", newline="") as file:
        if program is masscan:
            return {line.split()[3] for line in file if line.startswith("open udp 5683 ")}
        name = "saddr" if program is zmap else "ip"
        return {row[name] for row in csv.DictReader(file)}


def versions():
    """Of the peers, as Debian names them."""
    names = ["zmap", "masscan", "nmap", "libcoap3-bin", "valgrind"]
    lines = subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *names],
                           text=True, capture_output=True, check=False).stdout
    return ", ".join(lines.splitlines())
