# SPDX-License-Identifier: Apache-2.0
"""--split-ipv6: the IPv6 rows of a CSV in a file of their own."""
import csv

import pytest

import coap
from lab import Lab


def answer(q):
    yield q.ack(opts=[coap.LINK_FORMAT], payload=b"</a>")


@pytest.fixture(scope="module")
def lab():
    with Lab() as lab:
        net = lab.net()
        lab.devices(net, {"127.0.8.1": answer, "::1": answer})
        yield lab, net


def ips(path):
    with open(path, newline="") as file:
        return [row["ip"] for row in csv.DictReader(file)]


@pytest.mark.parametrize("name, ipv6_name", [
    ("2026-11-21-scan_coap-org-asn.csv", "2026-11-21-scan6_coap-org-asn.csv"),
    ("found.csv", "found-ipv6.csv"),
    ("found", "found-ipv6"),
    ("a.b/found", "a.b/found-ipv6"),
])
def test_each_family_has_its_file(lab, name, ipv6_name):
    lab, net = lab
    (lab.dir / name).parent.mkdir(exist_ok=True)
    lab.scan(net, "127.0.8.1", "::1", "-c", 1, "-O", "csv", "-o", name,
             "--split-ipv6").ok()
    assert ips(lab.dir / name) == ["127.0.8.1"]
    assert ips(lab.dir / ipv6_name) == ["::1"]


def test_without_it_both_stand_in_one(lab):
    lab, net = lab
    lab.scan(net, "127.0.8.1", "::1", "-c", 1, "-O", "csv", "-o", "both.csv").ok()
    assert sorted(ips(lab.dir / "both.csv")) == ["127.0.8.1", "::1"]


def test_a_device_has_nothing_beside_it(lab):
    lab, net = lab
    run = lab.scan(net, "127.0.8.1", "--split-ipv6", "-O", "csv", "-o", "/dev/stdout")
    assert run.status == 2 and run.err.count("\n") == 1 and "/dev/stdout" in run.err
    assert run.out == ""


@pytest.mark.parametrize("args", [["-O", "jsonl", "-o", "x"], ["-O", "csv"]])
def test_it_needs_a_csv_file(lab, args):
    lab, net = lab
    run = lab.scan(net, "127.0.8.1", "--split-ipv6", *args)
    assert run.status == 2
    assert run.err.splitlines() == [
        "coapscope scan: --split-ipv6: want --output-format csv and --output-file FILE with it"]
