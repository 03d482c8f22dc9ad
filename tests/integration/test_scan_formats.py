# SPDX-License-Identifier: Apache-2.0
"""What comes out: the pinned names and their types, golden rows, files as a whole."""
import csv
import io
import json
import os
import re
import subprocess
import threading

import pytest

import coap
from lab import COAPSCOPE, Lab, wait_until

API = b"</api>,</api/v1>,</.well-known/core>"
QLINK = (b'</>;title="General Info";ct=0,</qlink/searchfh>;title=qlink/searchfh,</qlink/searchgw>'
         b";title=qlink/searchgw,</qlink/request>;title=qlink/request,</qlink/success>;title=qlink"
         b"/success,</device/inform/bootstrap>;title=device/inform/bootstrap,</device/inform/boot>"
         b";title=device/inform/boot,</device/inform/syncreq>;title=device/inform/syncreq,</device"
         b"/inform/offline>;title=device/inform/offline,</device/inform/heartbeat>;title=device"
         b"/inform/heartbeat,</device/inform/data>;title=device/inform/data,</async>;ct=0")
PAGE = ("timestamp,severity,ip,protocol,port,hostname,tag,version,asn,geo,region,city,naics,"
        "hostname_source,response,response_size,amplification,sector").split(",")
CURRENT = ("timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,"
           "hostname_source,sector,version,response,response_size,amplification").split(",")
NASTY = b'=cmd|"x",\\\n\r\x00\x1b[31m\xff caf\xc3\xa9\\'


def says(payload, opts=(coap.LINK_FORMAT,), code=coap.CONTENT):
    def answer(q):
        yield q.ack(code, opts=opts, payload=payload)
    return answer


DEVICES = {"127.0.0.1": says(API), "127.0.0.2": says(QLINK), "127.0.0.3": says(b"", ()),
           "127.0.0.4": says(NASTY, ()), "127.0.0.5": says(b"Not Found", (), coap.NOT_FOUND),
           "::1": says(API)}


@pytest.fixture(scope="module")
def made():
    """Each format from a run of its own, all at once."""
    with Lab() as lab:
        net = lab.net()
        lab.devices(net, DEVICES)
        targets = ("127.0.0.0/29", "::1", "-c1", "-r0")
        ways = {"csv": ["-O", "csv"], "current": ["-O", "csv", "--csv-columns", "current"],
                "all": ["-O", "csv", "--all-codes"], "jsonl": ["-O", "jsonl"], "default": [],
                "table": ["-O", "table"], "table_all": ["-O", "table", "--all-codes"],
                "split": ["-O", "csv", "--split-ipv6", "-o", "found.csv"],
                "probes": ["-P", "2"], "token": ["--token", "8"]}
        began = {name: lab.start(net, *targets, *more) for name, more in ways.items()}
        runs = {name: running.wait().ok() for name, running in began.items()}
        runs["files"] = {p.name: p.read_text() for p in lab.dir.glob("found*")}
        yield runs


def table(text):
    rows = list(csv.reader(io.StringIO(text), strict=True))
    return rows[0], {row[2]: dict(zip(rows[0], row)) for row in rows[1:]}


# --- CSV

@pytest.mark.parametrize("name,columns", [("csv", PAGE), ("current", CURRENT)])
def test_csv_has_its_columns_in_their_order(made, name, columns):
    text = made[name].out
    header, rows = table(text)
    assert header == columns
    assert text.splitlines()[0] == ",".join(f'"{c}"' for c in columns)
    assert set(rows) == {"127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "::1"}
    assert "\r" not in text and text.endswith("\n")


@pytest.mark.parametrize("ip,size,amplification,response", [
    ("127.0.0.1", "43", "2.05", API.decode()),
    ("127.0.0.2", "516", "24.57", QLINK.decode()),
    ("127.0.0.3", "4", "0.19", ""),
    ("::1", "43", "2.05", API.decode()),
])
def test_csv_golden_rows(made, ip, size, amplification, response):
    row = table(made["csv"].out)[1][ip]
    stamp = row.pop("timestamp")
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", stamp)
    assert row.pop("naics") in ("", "0") and row.pop("asn") in ("", "0")
    assert row == {
        "severity": "medium", "ip": ip, "protocol": "udp", "port": "5683", "hostname": "",
        "tag": "coap;iot", "version": "2", "geo": "", "region": "", "city": "",
        "hostname_source": "", "response": response, "response_size": size,
        "amplification": amplification, "sector": ""}


def test_csv_hostile_bytes_are_defused_and_reversible(made):
    cell = table(made["csv"].out)[1]["127.0.0.4"]["response"]
    assert not cell.startswith(("=", "+", "-", "@")) and not cell.endswith("\\")
    assert all(32 <= ord(c) and ord(c) != 127 for c in cell)
    back = cell.replace("|", "\n").encode()
    back = re.sub(rb"\\x([0-9a-fA-F]{2})", lambda m: bytes.fromhex(m[1].decode()), back)
    assert back == NASTY


def test_csv_all_codes_has_the_others_too(made):
    rows = table(made["all"].out)[1]
    assert rows["127.0.0.5"]["response"] == "Not Found"
    assert "127.0.0.5" not in table(made["csv"].out)[1]


@pytest.mark.parametrize("name,said", [("csv", True), ("table", True), ("all", False),
                                       ("jsonl", False)])
def test_what_is_left_out_is_said(made, name, said):
    assert ("1 of them is no 2.05 Content" in made[name].err) == said


def test_split_ipv6_writes_a_file_of_its_own(made):
    files = made["files"]
    assert len(files) == 2, list(files)
    found = {name: set(table(text)[1]) for name, text in files.items()}
    assert {"::1"} in found.values()
    assert found["found.csv"] == {f"127.0.0.{i}" for i in range(1, 5)}


# --- JSON lines

TYPES = {
    "schema": str, "time": str, "scan": str, "ip": str, "port": int, "reply_port": int,
    "transport": str, "match": str, "type": str, "code": str, "message_id": int,
    "token_hex": str, "request_size": int, "response_size": int, "datagrams": int, "bytes": int,
    "amplification": float, "amplification_wire": float, "rtt_ms": float,
    "content_format": (int, type(None)), "options": list, "header_hex": str, "payload_hex": str,
    "complete": bool, "blocks": int, "links": list, "malformed": (dict, type(None)),
}


def test_jsonl_is_the_default_away_from_a_terminal(made):
    assert [set(row) for row in made["default"].rows] == [set(row) for row in made["jsonl"].rows]


def test_jsonl_has_the_pinned_names_and_types(made):
    rows = made["jsonl"].rows
    assert len(rows) == 6
    for line, row in zip(made["jsonl"].out.splitlines(), rows):
        assert line.startswith('{"schema":"coapscope.scan/1"')
        for name, kind in TYPES.items():
            assert isinstance(row[name], kind), (name, row[name])
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z", row["time"])
        assert re.fullmatch("[0-9a-f]{32}", row["scan"])
        assert row["scan"] == made["jsonl"].meta["scan"]


def test_jsonl_every_code_and_every_byte(made):
    rows = made["jsonl"].by_ip
    assert rows["127.0.0.5"]["code"] == "4.04"
    for ip, payload in (("127.0.0.1", API), ("127.0.0.2", QLINK), ("127.0.0.4", NASTY)):
        assert bytes.fromhex(rows[ip]["payload_hex"]) == payload
    assert rows["127.0.0.2"]["links"][0] == {
        "target": "/", "attrs": [["title", "General Info"], ["ct", "0"]]}
    assert rows["127.0.0.2"]["amplification"] == 24.57
    assert rows["127.0.0.2"]["amplification_wire"] == pytest.approx(544 / 49, abs=0.006)
    assert rows["::1"]["amplification_wire"] == pytest.approx((43 + 48) / (21 + 48), abs=0.006)


def test_several_probes_have_no_round_trip_time_and_two_answers(made):
    for row in made["probes"].rows:
        assert row["rtt_ms"] is None and row["datagrams"] == 2 and row["probes"] == 2
        one = made["jsonl"].by_ip[row["ip"]]
        assert row["amplification_wire"] == one["amplification_wire"]
    assert made["probes"].meta["probes_sent"] == 2 * 9


def test_a_token_of_eight_bytes_makes_a_request_of_29(made):
    for row in made["token"].rows:
        assert row["request_size"] == 29 and len(row["token_hex"]) == 16
        assert row["match"] == "full"


# --- table

def test_the_table_is_aligned_and_says_nothing_of_the_devices_own(made):
    lines = made["table"].out.rstrip("\n").split("\n")
    assert len(lines) >= 6
    assert "\x1b" not in made["table"].out
    for ip in ("127.0.0.1", "127.0.0.4", "::1"):
        assert sum(ip in line for line in lines) == 1
    assert "127.0.0.5" not in made["table"].out and "127.0.0.5" in made["table_all"].out


def test_no_result_is_an_empty_list_and_a_header(lab):
    net = lab.net()
    for how, want in (("csv", 1), ("jsonl", 0)):
        run = lab.scan(net, "127.0.0.9", "-c0", "-O", how).ok()
        assert len(run.out.splitlines()) == want


# --- files

def test_an_output_file_is_replaced_whole(lab):
    net = lab.net()
    heard = lab.devices(net, DEVICES)
    out = lab.dir / "found.jsonl"
    out.write_text("the one before\n")
    inode = out.stat().st_ino
    running = lab.start(net, "127.0.0.0/28", "-c1", "-r100", "-o", "found.jsonl", meta=False)
    wait_until(lambda: len(heard.heard) >= 16)
    assert out.read_text() == "the one before\n"
    running.wait().ok()
    rows = [json.loads(line) for line in out.read_text().splitlines()]
    assert len(rows) == 5 and out.stat().st_ino != inode
    assert [n for n in os.listdir(lab.dir) if "found" in n] == ["found.jsonl"]


def test_a_killed_scan_leaves_the_output_as_it_was(lab):
    net = lab.net()
    heard = lab.devices(net, DEVICES)
    out = lab.dir / "found.jsonl"
    out.write_text("the one before\n")
    running = lab.start(net, "127.0.0.0/28", "-c5", "-o", out)
    wait_until(lambda: len(heard.heard) >= 16)
    running.signal(9)
    running.wait()
    assert out.read_text() == "the one before\n"


@pytest.mark.parametrize("kind", ["pipe", "device"])
def test_what_is_no_regular_file_is_written_in_place(lab, kind):
    net = lab.net()
    lab.devices(net, DEVICES)
    if kind == "device":
        lab.scan(net, "127.0.0.1", "-c0", "-o", "/dev/null").ok()
        assert os.stat("/dev/null").st_rdev
        return
    fifo, got = lab.dir / "fifo", []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: got.append(fifo.read_text()))
    reader.start()
    lab.scan(net, "127.0.0.1", "-c1", "-o", fifo).ok()
    reader.join(10)
    assert json.loads(got[0])["ip"] == "127.0.0.1"


def test_an_output_that_cannot_be_made_is_told_before_the_scan(lab):
    net = lab.net()
    heard = lab.devices(net, DEVICES)
    run = lab.scan(net, "127.0.0.1", "-o", "nowhere/found.csv", meta=False)
    assert run.status == 4
    assert run.err == ("coapscope scan: --output-file nowhere/found.csv: "
                       "No such file or directory\n")
    assert not heard.heard


def test_status_updates_are_a_csv_with_a_line_a_second(lab):
    net = lab.net()
    lab.devices(net, DEVICES)
    status = lab.dir / "status.csv"
    lab.scan(net, "127.0.0.0/24", "-c1", "-r150", "-u", status).ok()
    header, *lines = status.read_text().splitlines()
    assert header == "time,percent,sent,rate_pps,found,rejected,dropped,left_s"
    assert 2 <= len(lines) <= 4
    rows = [dict(zip(header.split(","), line.split(","))) for line in lines]
    assert [float(row["percent"]) for row in rows] == sorted(float(r["percent"]) for r in rows)
    assert 100 <= int(rows[0]["rate_pps"]) <= 200
    assert all(re.match(r"\d{4}-\d\d-\d\dT", row["time"]) for row in rows)


def test_progress_is_for_terminals_only(lab):
    net = lab.net()
    lab.devices(net, DEVICES)
    run = lab.scan(net, "127.0.0.0/24", "-c1", "-r200").ok()
    assert "\r" not in run.err and run.err.count("\n") == 1  # the summary
    run = lab.scan(net, "127.0.0.0/28", "-c1", "-q").ok()
    assert run.err == ""
    log = lab.dir / "typescript"
    with net.inside():
        subprocess.run(["script", "-qec", " ".join([
            COAPSCOPE, "scan", "127.0.0.0/24", "-c1", "-r150", "--no-store", "-o", "/dev/null"]), str(log)],
            check=True, stdout=subprocess.DEVNULL, stdin=subprocess.DEVNULL)
    assert re.search(r"\r\x1b\[K +\d+\.\d %  sent \d+ ", log.read_bytes().decode())
