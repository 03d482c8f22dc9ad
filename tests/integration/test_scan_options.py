# SPDX-License-Identifier: Apache-2.0
"""Options, targets, files and configuration: what is taken, and what is said of the rest."""
import json
import subprocess
import time

import pytest


def links(q):
    yield q.ack(payload=b"</x>")


BAD = [
    (["--rate", "fast", "127.0.0.1"], "--rate 'fast'"),
    (["--rate", "-1", "127.0.0.1"], "--rate '-1'"),
    (["--rate", "100000001", "127.0.0.1"], "--rate '100000001'"),
    (["--bandwidth", "fast", "127.0.0.1"], "--bandwidth 'fast'"),
    (["--target-port", "0", "127.0.0.1"], "--target-port '0'"),
    (["--target-port", "65536", "127.0.0.1"], "--target-port '65536'"),
    (["--target-port", "7-5", "127.0.0.1"], "--target-port '7-5'"),
    (["--target-port", "5683,", "127.0.0.1"], "--target-port '5683,'"),
    (["--target-port", "", "127.0.0.1"], "--target-port ''"),
    (["--cooldown-time", "x", "127.0.0.1"], "--cooldown-time 'x'"),
    (["--probes", "0", "127.0.0.1"], "--probes '0'"),
    (["--shards", "0", "127.0.0.1"], "--shards '0'"),
    (["--shards", "4", "--shard", "4", "127.0.0.1"], "--shard"),
    (["--token", "9", "127.0.0.1"], "--token '9'"),
    (["--sender", "xdp", "127.0.0.1"], "--sender 'xdp'"),
    (["--output-format", "xml", "127.0.0.1"], "--output-format 'xml'"),
    (["--csv-columns", "all", "127.0.0.1"], "--csv-columns 'all'"),
    (["--source-ip", "here", "127.0.0.1"], "--source-ip 'here'"),
    (["--source-port", "0", "127.0.0.1"], "--source-port '0'"),
    (["--no-such", "127.0.0.1"], "--no-such"),
    (["--rat", "5", "127.0.0.1"], "--rat"),
    (["-r"], "--rate"),
    ([], "TARGET"),
    (["127.0.0.1/33"], "127.0.0.1/33"),
    (["127.0.0.256"], "127.0.0.256"),
    (["127.0.0.9-127.0.0.1"], "127.0.0.9-127.0.0.1"),
    (["127.0.0.1-20"], "127.0.0.1-20"),
    (["::/95"], "::/95"),
    (["fd00::/64"], "fd00::/64"),
    (["127.0.0.1", "--exclude", "127.0.0.0/99"], "127.0.0.0/99"),
    (["127.0.0.1", "--exclude-file", "none.txt"], "none.txt"),
    (["--targets-file", "none.txt"], "none.txt"),
    (["127.0.0.1", "--config", "none.ini"], "none.ini"),
]


@pytest.mark.parametrize("args,words", BAD, ids=lambda x: " ".join(x) if isinstance(x, list) else "")
def test_what_is_wrong_is_said_in_one_line(lab, args, words):
    run = lab.scan(None, *args, store=False, meta=False)
    assert run.status == 2 or ("none." in words and run.status in (2, 4)), run.err
    assert run.err.startswith("coapscope scan: ") and run.err.count("\n") == 1, run.err
    assert words in run.err
    assert run.out == ""


@pytest.mark.parametrize("option", ["--targets-file", "--allowlist-file", "--exclude-file",
                                    "--blocklist-file"])
def test_a_bad_line_is_named_with_its_file_and_number(lab, option):
    (lab.dir / "list.txt").write_text("# ours\n127.0.0.1\n\n  127.0.0.0/28  # a prefix\n10.0.0/8x\n")
    more = [] if "targets" in option or "allow" in option else ["127.0.0.1"]
    run = lab.scan(None, option, "list.txt", *more, store=False, meta=False)
    assert run.status == 2
    assert run.err.count("\n") == 1 and "list.txt:5: " in run.err and "10.0.0/8x" in run.err


def test_a_rate_is_explained(lab):
    run = lab.scan(None, "--rate", "fast", "127.0.0.1", store=False, meta=False)
    assert run.err == ("coapscope scan: --rate 'fast': want 0 (unpaced) or 1 to 100000000 "
                       "packets per second\n")


def test_targets_from_standard_input(lab):
    net = lab.net()
    lab.devices(net, lambda ip: links)
    source = lab.dir / "in"
    source.write_text("127.0.0.1\n127.0.0.8-127.0.0.9 # two\n127.0.0.1/32\n")
    with open(source) as stdin:
        run = lab.scan(net, "--targets-file", "-", "-c1", stdin=stdin).ok()
    assert set(run.by_ip) == {"127.0.0.1", "127.0.0.8", "127.0.0.9"}


def test_several_ports_and_zmaps_spellings(lab):
    net = lab.net()
    lab.devices(net, lambda ip: links)
    lab.devices(net, lambda ip: links, port=7001)
    (lab.dir / "t").write_text("127.0.0.0/29\n")
    (lab.dir / "x").write_text("127.0.0.4/30\n")
    run = lab.scan(net, "--allowlist-file", "t", "--blocklist-file", "x", "-p5683,7000-7002",
                   "-c1").ok()
    assert {(r["ip"], r["port"]) for r in run.rows} == {
        (f"127.0.0.{i}", port) for i in range(4) for port in (5683, 7001)}


def test_host_names(lab):
    net = lab.net()
    lab.devices(net, lambda ip: links)
    run = lab.scan(net, "localhost", "-c1").ok()
    assert "127.0.0.1" in run.by_ip
    run = lab.scan(net, "no.such.name.invalid", meta=False)
    assert run.status in (2, 4) and "no.such.name.invalid" in run.err and run.err.count("\n") == 1


def test_a_million_lines_are_read_in_a_moment(lab):
    targets = lab.dir / "million"
    with open(targets, "w") as f:
        for i in range(1_000_000):
            n = i * 7919 & 0xffffff
            f.write(f"10.{n >> 16}.{n >> 8 & 255}.{n & 255}\n")
    net = lab.net()
    net.sh("ip route add default dev lo")
    began = time.monotonic()
    run = lab.scan(net, "--targets-file", targets, "--dry-run", meta=False).ok()
    assert time.monotonic() - began < 5
    assert "addresses   1000000" in run.out


# --- configuration: flag > environment > file

def printed(run):
    values = {}
    for line in run.out.splitlines():
        if "=" in line and not line.startswith((";", "#", "[")):
            key, value = line.split("=", 1)
            values[key.strip()] = value.split(";")[0].strip()
    return values


def test_flag_wins_over_environment_over_file(lab):
    (lab.dir / "c.ini").write_text("[scan]\nrate = 11\nprobes = 2\ncooldown-time = 3\n")
    env = {"COAPSCOPE_SCAN_RATE": "22", "COAPSCOPE_SCAN_PROBES": "3"}
    run = lab.scan(None, "--config", "c.ini", "-r", "33", "--print-config", "127.0.0.1", env=env,
                   store=False, meta=False).ok()
    got = printed(run)
    assert (got["rate"], got["probes"], got["cooldown-time"]) == ("33", "3", "3")
    run = lab.scan(None, "--config", "c.ini", "--print-config", "127.0.0.1", env=env, store=False,
                   meta=False).ok()
    assert printed(run)["rate"] == "22"


def test_what_print_config_prints_is_a_configuration(lab):
    first = lab.scan(None, "-r", "77", "-O", "csv", "--print-config", "127.0.0.1", store=False,
                     meta=False).ok()
    (lab.dir / "c.ini").write_text(first.out)
    again = lab.scan(None, "--config", "c.ini", "--print-config", "127.0.0.1", store=False,
                     meta=False).ok()
    assert printed(again) == printed(first)


def test_a_bad_value_names_where_it_stands(lab):
    (lab.dir / "c.ini").write_text("[scan]\n\nrate = fast\n")
    run = lab.scan(None, "--config", "c.ini", "127.0.0.1", store=False, meta=False)
    assert run.status == 2 and "c.ini:3" in run.err and run.err.count("\n") == 1
    run = lab.scan(None, "127.0.0.1", env={"COAPSCOPE_SCAN_RATE": "fast"}, store=False, meta=False)
    assert run.status == 2 and "COAPSCOPE_SCAN_RATE" in run.err and run.err.count("\n") == 1


def test_an_unknown_variable_is_warned_of(lab):
    run = lab.scan(lab.net(), "127.0.0.1", "--dry-run", store=False, meta=False, env={
        "COAPSCOPE_SCAN_EXLUDE": "127.0.0.0/8", "COAPSCOPE_SCAN_NO_FOLLOW": "yes",
        "COAPSCOPE_SCAN_BLOCKLIST_FILE": "/dev/null", "COAPSCOPE_RESOURCES_X": "1"}).ok()
    assert run.err.count("\n") == 1 and "COAPSCOPE_SCAN_EXLUDE" in run.err


def test_an_unknown_key_is_an_error(lab):
    (lab.dir / "c.ini").write_text("[scan]\nraet = 5\n")
    run = lab.scan(None, "--config", "c.ini", "127.0.0.1", store=False, meta=False)
    assert run.status == 2 and "c.ini:2" in run.err and "raet" in run.err


def test_bandwidth_sets_the_rate(lab):
    net = lab.net()
    run = lab.scan(net, "127.0.0.0/24", "-B", "1M", "--dry-run", meta=False).ok()
    assert "rate        1436 packets/s" in run.out


def test_the_metadata_have_their_names(lab):
    net = lab.net()
    meta = lab.scan(net, "127.0.0.1", "-c0").ok().meta
    names = ("scan version seed plan_hash targets excluded shard shards sender started ended "
             "probes_sent send_failed follow_ups_sent datagrams_received results rejected "
             "receive_dropped chunks").split()
    assert set(names) <= set(meta)
    assert set(meta["chunks"]) == {"closed", "open"}
    assert all(isinstance(n, int) for n in meta["rejected"].values())
