# SPDX-License-Identifier: Apache-2.0
"""resources: whole lists, beside nmap's coap-resources script."""
import json
import statistics
import subprocess
import time
import xml.etree.ElementTree

import rig
from table import budgets, table

ROUNDS = 5
DEVICES = 200
BLOCKWISE = 20

# Where a set's devices are: libcoap's server wants the port of all addresses.
DEVICES_IN, STOCK_IN = "peer", "scanner"

# What the responder and libcoap's server say of themselves: target to attributes.
PLAIN = {"/sensors/temp": {"rt": "temperature-c", "if": "sensor"},
         "/sensors/light": {"rt": "light-lux", "if": "sensor"},
         "/fw/v2": {"sz": "262144", "title": 'a, "quoted" title'}}
LONG = {f"/obj/{i:03}": {"rt": "core.item", "ct": "60",
                         "title": f"resource number {i:03}"} for i in range(27)}
LIBCOAP = {"/": {"title": "General Info", "ct": "0"},
           "/time": {"if": "clock", "rt": "ticks", "title": "Internal Clock", "ct": "0",
                     "obs": None},
           "/async": {"ct": "0"},
           "/example_data": {"title": "Example Data", "ct": "0", "obs": None}}


def ours(targets, *more):
    return [rig.BUILD / "coapscope", "resources", "-q", "-O", "jsonl", *more, targets]


def unpaced(targets):
    return ours(targets, "-r", "0")


def nmap(targets):
    first, _, last = targets.partition("-")
    if last: # nmap's ranges are of the last number
        first += "-" + last.rpartition(".")[2]
    return ["nmap", "-n", "-Pn", "-sU", "-p5683", "--script", "coap-resources", "-T4",
            "-oX", "-", first]


def read_ours(text):
    return {row["ip"]: {link["target"]: dict(link["attrs"]) for link in row["links"]}
            for row in map(json.loads, text.splitlines())}


def read_nmap(text):
    lists = {}
    for host in xml.etree.ElementTree.fromstring(text).iter("host"):
        lists[host.find("address").get("addr")] = {
            link.get("key"): {e.get("key"): e.text for e in link.findall("elem")}
            for link in host.iterfind(".//script/table")}
    return lists


TOOLS = [("coapscope resources", ours, read_ours), ("the same, -r 0", unpaced, read_ours),
         ("nmap coap-resources", nmap, read_nmap)]
SETS = [(f"{DEVICES} devices of 3 resources", f"127.0.1.1-127.0.1.{DEVICES}", DEVICES, PLAIN),
        (f"{BLOCKWISE} of 27 in blocks", f"127.0.2.1-127.0.2.{BLOCKWISE}", BLOCKWISE, LONG),
        ("1 stock libcoap server", "127.0.9.1", 1, LIBCOAP)]


def ask(net, place, command, read):
    began = time.monotonic()
    text = net.run(place, command).stdout
    return time.monotonic() - began, read(text)


def count(lists, want):
    """Resources that were named, and those whose attributes are right too."""
    named = sum(target in want for links in lists.values() for target in links)
    right = sum(want.get(target) == attrs
                for links in lists.values() for target, attrs in links.items())
    return named, right


def measure():
    runs = {(what, tool): [] for what, *_ in SETS for tool, *_ in TOOLS}
    with rig.wire() as net:
        net.start(STOCK_IN, ["coap-server-notls", "-A", "127.0.9.1"],
                  stderr=subprocess.DEVNULL)
        time.sleep(0.3)
        with net.responder("--rule", "127.0.2.0/24=block2:1600"):
            for _ in range(ROUNDS):
                for what, targets, _, want in SETS:
                    place = STOCK_IN if want is LIBCOAP else DEVICES_IN
                    for tool, command, read in TOOLS:
                        seconds, lists = ask(net, place, command(targets), read)
                        runs[what, tool].append((seconds, *count(lists, want)))
    return runs


def run(_folder):
    runs, rows, checks = measure(), [], []
    for what, _, devices, want in SETS:
        there = devices * len(want)
        for tool, *_ in TOOLS:
            seconds, named, right = (statistics.median(r[i] for r in runs[what, tool])
                                     for i in range(3))
            rows.append([what, tool, f"{named:.0f} of {there}", f"{right:.0f}",
                         f"{seconds:.2f}"])
        least = min(r[2] for r in runs[what, TOOLS[0][0]])
        checks.append((f"all right: {what}",
                       "reached" if least == there else f"NOT REACHED: {least}"))
    return "\n\n".join([
        f"Median of {ROUNDS} interleaved runs on loopback. `coapscope resources` paces "
        "itself to 100 packets/s unless told otherwise.",
        table(["devices", "tool", "resources found", "all attributes right", "seconds"],
              rows), budgets(*checks)])
