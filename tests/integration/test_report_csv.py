# SPDX-License-Identifier: Apache-2.0
"""report csv and report jsonl: what a scan stored comes out, for whom it is."""
import csv
import datetime
import io
import json
import os
import pathlib
import subprocess

import pytest

import netns
from lab import COAPSCOPE, Lab
from test_scan_formats import API, CURRENT, DEVICES, PAGE, says

TODAY = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%d")
OWNERS = """\
[low]
prefixes = 127.0.0.0/30   ; .1 to .3
contact = noc@low.example
[nasty]
prefixes = 127.0.0.4
[all_v4]
prefixes = 127.0.0.0/8
[six]
prefixes = ::1
[nobody]
asns = 64512
[land]
countries = XX
[name]
domains = example.org
"""


def report(*words, store, cwd=None, env=None, check=True, **more):
    done = subprocess.run([COAPSCOPE, "report", *words, "--store", store], cwd=cwd, text=True,
                          capture_output=True, env={**os.environ, **(env or {})}, timeout=60,
                          check=False, **more)
    if check:
        assert done.returncode == 0, done.stderr
    return done


def rows_of(text):
    return {row["ip"]: row for row in csv.DictReader(io.StringIO(text), strict=True)}


@pytest.fixture(scope="module")
def stored():
    """A store of one scan, and what that scan wrote itself."""
    with Lab() as lab:
        net = lab.net()
        lab.devices(net, DEVICES)
        store = lab.dir / "filled"
        runs = {}
        for name, more in {"csv": ["-O", "csv"], "jsonl": ["-O", "jsonl"]}.items():
            runs[name] = lab.scan(net, "127.0.0.0/29", "::1", "-c1", "-r0", *more,
                                  store=store if name == "csv" else lab.dir / "other").ok().out
        yield store, runs


def names(folder):
    return sorted(p.name for p in pathlib.Path(folder).iterdir())


# --- one file

def test_csv_is_the_scans_own_to_the_byte(stored):
    store, runs = stored
    ours = report("csv", store=store).stdout
    assert sorted(ours.splitlines()) == sorted(runs["csv"].splitlines())
    assert ours.splitlines()[0] == runs["csv"].splitlines()[0]


def test_rows_come_by_address(stored):
    ips = [row["ip"] for row in
           csv.DictReader(io.StringIO(report("csv", "--all-codes", store=stored[0]).stdout))]
    assert ips == ["::1", "127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"]


@pytest.mark.parametrize("day", ["last", "today", TODAY])
def test_days_by_name(stored, day):
    assert len(report("csv", "--day", day, store=stored[0]).stdout.splitlines()) == 6


def test_both_orders_of_columns(stored):
    for order, want in (("page", PAGE), ("current", CURRENT)):
        text = report("csv", "--csv-columns", order, store=stored[0]).stdout
        assert next(csv.reader(io.StringIO(text))) == want


def test_only_content_unless_asked(stored):
    assert "127.0.0.5" not in rows_of(report("csv", store=stored[0]).stdout)
    assert "127.0.0.5" in rows_of(report("csv", "--all-codes", store=stored[0]).stdout)


def test_jsonl_has_every_code_the_scan_and_since_when(stored):
    store, runs = stored
    rows = {r["ip"]: r for r in map(json.loads, report("jsonl", store=store).stdout.splitlines())}
    scanned = {r["ip"]: r for r in map(json.loads, runs["jsonl"].splitlines())}
    assert set(rows) == set(scanned) and "127.0.0.5" in rows
    assert len({row["scan"] for row in rows.values()}) == 1
    for ip, row in rows.items():
        assert list(row)[:len(scanned[ip])] == list(scanned[ip])
        assert len(row["scan"]) == 32 and row["payload_hex"] == scanned[ip]["payload_hex"]
        # The scan has added its day up.
        assert row["first_seen"] == row["last_seen"] == row["time"]


def test_output_file_is_replaced_whole(stored, tmp_path):
    out = tmp_path / "today.csv"
    out.write_text("old")
    report("csv", "-o", "today.csv", store=stored[0], cwd=tmp_path)
    assert rows_of(out.read_text())["127.0.0.1"]["response"] == API.decode()
    assert names(tmp_path) == ["today.csv"]


# --- a folder

def test_one_file_for_all(stored, tmp_path):
    report("csv", "--out-dir", tmp_path / "a/b", store=stored[0])
    assert names(tmp_path / "a/b") == [f"{TODAY}-scan_coap-all-cidr.csv"]
    text = (tmp_path / "a/b" / f"{TODAY}-scan_coap-all-cidr.csv").read_text()
    assert text == report("csv", store=stored[0]).stdout


def test_owners_of_the_configuration_wait_for_the_verbs_that_use_them(stored, tmp_path):
    (tmp_path / "owners.ini").write_text("[low]\nprefixes = 127.0.0.0/30\n")
    (tmp_path / "c.conf").write_text(f"[report]\nowners = {tmp_path}/owners.ini\n")
    plain = report("csv", store=stored[0]).stdout
    config = ("--config", str(tmp_path / "c.conf"))
    assert report("csv", *config, store=stored[0]).stdout == plain
    env = {"COAPSCOPE_REPORT_OWNERS": str(tmp_path / "owners.ini")}
    assert report("csv", store=stored[0], env=env).stdout == plain
    stats = json.loads(report("stats", *config, "-O", "json", store=stored[0]).stdout)
    assert stats["owner"] is None
    stats = json.loads(report("stats", *config, "--owner", "low", "-O", "json",
                              store=stored[0]).stdout)
    assert stats["owner"] == "low"
    report("csv", *config, "--out-dir", tmp_path / "out", store=stored[0])
    assert names(tmp_path / "out") == [f"{TODAY}-scan_coap-low-cidr.csv"]
    done = report("csv", "--owners", tmp_path / "owners.ini", store=stored[0], check=False)
    assert done.returncode == 2 and "want --out-dir DIR too" in done.stderr


def test_each_owner_gets_its_rows(stored, tmp_path):
    owners = tmp_path / "owners.ini"
    owners.write_text(OWNERS)
    out = tmp_path / "out"
    done = report("csv", "--out-dir", out, "--owners", owners, "-v", store=stored[0])
    found = {name: set(rows_of((out / name).read_text())) for name in names(out)}
    assert found == {
        f"{TODAY}-scan_coap-low-cidr.csv": {"127.0.0.1", "127.0.0.2", "127.0.0.3"},
        f"{TODAY}-scan_coap-nasty-cidr.csv": {"127.0.0.4"},
        f"{TODAY}-scan_coap-all_v4-cidr.csv": {f"127.0.0.{i}" for i in range(1, 5)},
        f"{TODAY}-scan_coap-six-cidr.csv": {"::1"},
        f"{TODAY}-scan_coap-nobody-asn.csv": set(),
        f"{TODAY}-scan_coap-land-geo.csv": set(),
        f"{TODAY}-scan_coap-name-domain.csv": set(),
    }
    header = report("csv", store=stored[0]).stdout.splitlines()[0]
    for name in names(out):
        assert (out / name).read_text().splitlines()[0] == header
    # Overlapping owners are said, once for each two, with both lines.
    said = [line for line in done.stderr.splitlines() if "overlaps" in line]
    assert len(said) == 2 and f"{owners}:7: 127.0.0.0/8 of [all_v4] overlaps" not in said
    assert any(line.endswith("(line 2)") and f"{owners}:7:" in line for line in said)
    assert any(line.endswith("(line 5)") and f"{owners}:7:" in line for line in said)


def test_ipv6_apart_and_json_lines(stored, tmp_path):
    report("jsonl", "--out-dir", tmp_path, "--split-ipv6", store=stored[0])
    assert names(tmp_path) == [f"{TODAY}-scan6_coap-all-cidr.jsonl",
                               f"{TODAY}-scan_coap-all-cidr.jsonl"]
    ips = [{json.loads(line)["ip"] for line in (tmp_path / name).read_text().splitlines()}
           for name in names(tmp_path)]
    assert ips == [{"::1"}, {f"127.0.0.{i}" for i in range(1, 6)}]


# --- nothing there, and mistakes

def test_a_day_without_data_has_a_header(stored, tmp_path):
    done = report("csv", "--day", "2001-01-01", store=stored[0])
    assert done.stdout == report("csv", store=stored[0]).stdout.splitlines()[0] + "\n"
    assert "no data of 2001-01-01" in done.stderr
    assert report("jsonl", "--day", "yesterday", store=stored[0]).stdout == ""
    report("csv", "--day", "2001-01-01", "--out-dir", tmp_path, store=stored[0])
    assert names(tmp_path) == ["2001-01-01-scan_coap-all-cidr.csv"]


def test_no_store_is_said(tmp_path):
    for store in (tmp_path, tmp_path / "none"):
        done = report("csv", store=store, check=False)
        assert done.returncode == 2 and done.stdout == ""
        assert done.stderr == (
            f"coapscope report: no store in {store}: `coapscope scan --store DIR` or "
            "`coapscope report import --store DIR` makes one\n")
    assert names(tmp_path) == []


@pytest.mark.parametrize("text,line,what", [
    ("[a]\nasns = x\n", 2, "asns 'x'"),
    ("[a]\nprefixes = 10.0.0.1/8\n", 2, "want 10.0.0.0/8"),
    ("\n[a]\nasn = 1\n", 3, "unknown key 'asn': want asns, prefixes"),
    ("[a]\nasns=1\n[a]\nasns=2\n", 3, "[a] again: want one section, the first is on line 1"),
])
def test_errors_in_owners_have_file_and_line(stored, tmp_path, text, line, what):
    (tmp_path / "owners.ini").write_text(text)
    done = report("csv", "--owners", "owners.ini", "--out-dir", "out", store=stored[0],
                  cwd=tmp_path, check=False)
    assert done.returncode == 2
    assert done.stderr.startswith(f"coapscope report: owners.ini:{line}: ")
    assert what in done.stderr and len(done.stderr.splitlines()) == 1
    assert names(tmp_path) == ["owners.ini"]


@pytest.mark.parametrize("words,what", [
    (["--owners", "o.ini"], "--owners makes a file for each: want --out-dir"),
    (["--split-ipv6"], "--split-ipv6 makes two files: want --out-dir"),
    (["--out-dir", ".", "-o", "x"], "want one of them"),
    (["--day", "2026-02-30"], "--day '2026-02-30': want a day as 2026-11-21"),
    (["--owners", "none.ini", "--out-dir", "."], "none.ini: No such file"),
    (["x"], "'x': one argument too many"),
])
def test_mistakes_are_usage_errors(stored, tmp_path, words, what):
    done = report("csv", *words, store=stored[0], cwd=tmp_path, check=False)
    assert done.returncode == 2 and what in done.stderr and names(tmp_path) == []


# --- faults

@pytest.fixture
def small_disk(tmp_path):
    place = tmp_path / "small"
    place.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", place], check=True)
    yield place
    subprocess.run(["umount", place], check=True)


def test_a_full_disk_leaves_the_old_reports(lab, small_disk, tmp_path):
    net = lab.net()
    lab.devices(net, lambda ip: says(b"<" + ip.encode() + b">" * 900))
    store = lab.dir / "store"
    lab.scan(net, "127.0.0.0/25", "-c1", "-r0", store=store).ok()
    owners = tmp_path / "owners.ini"
    owners.write_text("[a]\nprefixes=127.0.0.0/28\n[b]\nprefixes=127.0.0.0/24\n")
    for name in ("a", "b"):
        (small_disk / f"{TODAY}-scan_coap-{name}-cidr.csv").write_text(f"old {name}")
    before = names(small_disk)
    done = report("csv", "--out-dir", small_disk, "--owners", owners, "-q", store=store,
                  check=False)
    assert done.returncode == 4
    assert "No space left on device" in done.stderr.splitlines()[-1]
    assert names(small_disk) == before
    for name in ("a", "b"):
        assert (small_disk / f"{TODAY}-scan_coap-{name}-cidr.csv").read_text() == f"old {name}"
    done = report("csv", "-o", small_disk / "one.csv", store=store, check=False)
    assert done.returncode == 4 and "No space left on device" in done.stderr
    assert names(small_disk) == before


def test_a_closed_pipe_is_an_error(stored):
    read, write = os.pipe()
    os.close(read)
    done = subprocess.run([COAPSCOPE, "report", "csv", "--store", stored[0]], stdout=write,
                          stderr=subprocess.PIPE, text=True, check=False)
    os.close(write)
    assert done.returncode == 4 and "Broken pipe" in done.stderr


def test_a_store_that_cannot_be_written_is_read(stored):
    copy = stored[0].parent / "read-only"
    subprocess.run(["cp", "-a", stored[0], copy], check=True)
    subprocess.run(["chmod", "-R", "a=rX", copy], check=True)
    listing = ["ls", "-laR", "--full-time", copy]
    before = subprocess.run(listing, capture_output=True, check=True).stdout
    done = subprocess.run([*netns.AS_NOBODY, COAPSCOPE, "report", "csv", "--store", copy],
                          text=True, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout == report("csv", store=stored[0]).stdout
    assert subprocess.run(listing, capture_output=True, check=True).stdout == before


def test_root_is_told_whose_the_store_is(stored):
    """In its jail root may read no more than others."""
    copy = stored[0].parent / "another's"
    subprocess.run(["cp", "-a", stored[0], copy], check=True)
    subprocess.run(["chown", "-R", "65534:65534", copy], check=True)
    subprocess.run(["chmod", "-R", "o=", copy], check=True)
    done = report("csv", store=copy, check=False)
    assert done.returncode == 4 and len(done.stderr.splitlines()) == 1
    assert done.stderr.endswith("Permission denied: the store is user 65534's: want sudo -u "
                                "'#65534' coapscope ...\n")
    subprocess.run([*netns.AS_NOBODY, COAPSCOPE, "report", "csv", "--store", copy], check=True,
                   capture_output=True)


def test_reports_while_a_scan_writes(lab):
    net = lab.net()
    lab.devices(net, lambda ip: says(API))
    store = lab.dir / "store"
    lab.scan(net, "127.0.1.0/24", "-c1", "-r0", store=store).ok()
    # A quarter of a minute's scan beside it; every report is whole meanwhile.
    running = lab.start(net, "127.0.2.0/23", "-c1", "-r400", store=store)
    seen = []
    while running.process.poll() is None and len(seen) < 50:
        seen.append(len(report("csv", store=store).stdout.splitlines()))
    running.wait().ok()
    assert len(seen) >= 2 and set(seen) <= {257, 257 + 512}
    assert len(report("csv", store=store).stdout.splitlines()) == 257 + 512


def test_a_missing_segment_is_said(stored, tmp_path):
    copy = tmp_path / "store"
    subprocess.run(["cp", "-a", stored[0], copy], check=True)
    segment = next(copy.glob("*/*.db"))
    segment.unlink()
    out = tmp_path / "out.csv"
    out.write_text("old")
    done = report("csv", "-o", out, store=copy, check=False)
    assert done.returncode == 4 and len(done.stderr.splitlines()) == 1
    assert out.read_text() == "old"
