# SPDX-License-Identifier: Apache-2.0
"""Damaged stores on the command line: `coapscope report verify`."""
import json
import os
import subprocess

import pytest

from lab import COAPSCOPE
from test_explain import PROBE, capture, packet

REPORT = ("timestamp,ip,protocol,port,hostname,tag,version,asn,geo,region,city,naics,sic,response,"
          "response_size,amplification\n" +
          "".join(f"2026-01-05 00:00:0{i % 10},192.0.2.{i},udp,5683,,coap;iot,2,64512,ZZ,Region,"
                  f"City,0,0,</a{i}>,{20 + i},1.00\n" for i in range(1, 200)))


def run(*args, **more):
    return subprocess.run([COAPSCOPE, "report", *map(str, args)], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **more)


def verify(store, *more):
    done = run("verify", "--store", store, "-O", "jsonl", *more)
    return done, [json.loads(line) for line in done.stdout.splitlines()]


def rows(store):
    done = run("jsonl", "--store", store, "--day", "2026-01-05")
    assert done.returncode == 0, done.stderr
    return done.stdout.count("\n")


@pytest.fixture
def store(tmp_path):
    (tmp_path / "r.csv").write_text(REPORT)
    done = run("import", "--store", tmp_path / "store", tmp_path / "r.csv")
    assert done.returncode == 0, done.stderr
    return tmp_path / "store"


def segment(store):
    return next(p for p in store.glob("2026-01-05/*.db") if "enriched" not in p.name)


def overwrite(path, at, n=1000):
    with path.open("r+b") as file:
        file.seek(at)
        file.write(b"\x5a" * n)


def test_a_whole_store_says_what_was_looked_at(store):
    done, found = verify(store)
    assert done.returncode == 0 and found == []
    assert "1 days, 1 segments, 199 rows: 0 found, 0 repaired, 0 with loss" in done.stderr


def test_without_repair_nothing_is_written(store):
    overwrite(store / "names.db" if (store / "names.db").exists() else store / "catalog.db", 100)
    before = {p: p.read_bytes() for p in store.rglob("*.db")}
    done, found = verify(store)
    assert done.returncode == 4 and len(found) == 1
    assert not found[0]["repaired"] and "--repair" in done.stderr
    assert {p: p.read_bytes() for p in store.rglob("*.db")} == before


@pytest.mark.parametrize("how", ["zeroed", "overwritten", "deleted", "emptied"])
def test_a_catalogue_is_made_anew_and_no_row_is_gone(store, how):
    path = store / "catalog.db"
    if how == "zeroed":
        path.write_bytes(bytes(path.stat().st_size))
    elif how == "overwritten":
        overwrite(path, 100)
    elif how == "deleted":
        path.unlink()
    else:
        path.write_bytes(b"")
    done, found = verify(store, "--repair")
    assert done.returncode == 4, done.stderr
    assert [f["file"] for f in found] == ["catalog.db"]
    assert found[0]["schema"] == "coapscope.verify/1"
    assert found[0]["repaired"] and found[0]["lost"] and "plans" in found[0]["what"]
    assert rows(store) == 199
    done, found = verify(store)
    assert done.returncode == 0 and found == []


def test_a_damaged_segment_is_saved_as_far_as_it_can_be_read(store, tmp_path):
    path = segment(store)
    overwrite(path, path.stat().st_size // 4096 // 2 * 4096)
    assert run("jsonl", "--store", store, "--day", "2026-01-05").returncode == 4
    done, found = verify(store, "--repair")
    assert done.returncode == 4
    assert len(found) == 1 and "of 199 rows saved; the old file is" in found[0]["what"]
    assert 0 < rows(store) < 199
    assert verify(store)[0].returncode == 0
    # What was lost can be imported again.
    done = run("import", "--store", store, tmp_path / "r.csv")
    assert done.returncode == 0, done.stderr
    assert rows(store) == 199
    assert verify(store)[0].returncode == 0


def test_what_can_be_made_again_is_dropped_and_ends_well(store):
    (store / "names.db").write_bytes(b"\x5a" * 8192)
    done = run("verify", "--store", store, "--repair", "-O", "table")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("names.db: ")
    assert "1 found, 1 repaired, 0 with loss" in done.stderr


def places(store):
    done = run("jsonl", "--store", store, "--day", "2026-01-05")
    assert done.returncode == 0, done.stderr
    return sum(json.loads(line).get("geo") == "ZZ" for line in done.stdout.splitlines())


@pytest.mark.parametrize("repair", [False, True])
def test_places_of_a_report_that_are_gone_are_missed_and_come_back(store, tmp_path, repair):
    side = next(store.glob("2026-01-05/*.enriched.db"))
    assert places(store) == 199
    side.unlink()
    assert places(store) == 0
    done, found = verify(store, *(["--repair"] if repair else []))
    assert done.returncode == 4
    assert [(f["file"], f["repaired"], f["lost"]) for f in found] == [
        (f"2026-01-05/{side.name}", repair, True)]
    assert "import it again" in found[0]["what"]
    done = run("import", "--store", store, tmp_path / "r.csv")
    assert done.returncode == 0, done.stderr
    assert repair or "in the store already; places and tags were gone and are put back" in done.stderr
    assert places(store) == 199
    assert verify(store)[0].returncode == 0
    done = run("import", "--store", store, tmp_path / "r.csv")
    assert done.stderr.rstrip().endswith("in the store already")


def test_what_is_no_store_is_none(tmp_path):
    for more in ([], ["--repair"]):
        done = run("verify", "--store", tmp_path / "none", *more)
        assert done.returncode == 2 and "no store in" in done.stderr
        assert not (tmp_path / "none").exists()
    done = run("verify", "--store", tmp_path, "--repair")
    assert done.returncode == 2 and os.listdir(tmp_path) == []
    done = run("verify", "--store", tmp_path, "-O", "csv")
    assert done.returncode == 2 and "want table or jsonl" in done.stderr


def test_what_a_watch_kept_is_looked_at_and_set_aside(store, tmp_path):
    asks = capture(tmp_path / "asks.pcap",
                   [(i, packet(f"203.0.113.{i}", "192.0.2.1", (4000, 5683), PROBE))
                    for i in range(1, 100)])
    watched = subprocess.run([COAPSCOPE, "watch", "-q", "-r", asks, "--store", store, "-o",
                              tmp_path / "verdicts"], check=False, timeout=60)
    assert watched.returncode == 0
    day = next(store.glob("*/watch.db"))
    done, found = verify(store)
    assert done.returncode == 0 and found == [], found
    overwrite(day, 4096 + 10)
    done, found = verify(store)
    assert done.returncode == 4 and [f["file"] for f in found] == [f"{day.parent.name}/watch.db"]
    assert not found[0]["repaired"]
    done, found = verify(store, "--repair")
    assert done.returncode == 4 and found[0]["lost"], found
    assert not day.exists() and day.with_name("watch.db.damaged").exists()
    done, found = verify(store)
    assert done.returncode == 0 and found == []


@pytest.mark.parametrize("linked", [False, True], ids=["itself", "by a link"])
def test_a_catalogue_without_a_byte_is_said_to_be_empty(tmp_path, linked):
    (tmp_path / "empty").touch()
    (tmp_path / "store").mkdir()
    catalog = tmp_path / "store" / "catalog.db"
    if linked:
        catalog.symlink_to(tmp_path / "empty")
    else:
        catalog.touch()
    done, found = verify(tmp_path / "store")
    assert done.returncode == 4 and found == []
    assert "catalog.db: an empty file, and no segment" in done.stderr
