# SPDX-License-Identifier: Apache-2.0
"""report diff and report stats: a scan of today beside what was reported before it."""
import csv
import datetime
import io
import json
import os
import subprocess

import pytest

from lab import COAPSCOPE, Lab
from test_scan_formats import API, DEVICES, says

NOW = datetime.datetime.now(datetime.timezone.utc)
TODAY = NOW.strftime("%Y-%m-%d")
YESTERDAY = (NOW - datetime.timedelta(days=1)).strftime("%Y-%m-%d")
BEFORE = (NOW - datetime.timedelta(days=9)).strftime("%Y-%m-%d")
HEADER = ("timestamp,severity,ip,protocol,port,hostname,tag,version,asn,geo,region,city,naics,"
          "hostname_source,response,response_size,amplification,sector")
MOVED = "</sensors/temperature>;rt=\"a-moving-one\""


def row(day, ip, response, size, severity="medium", asn=64512, geo="DE"):
    cell = response.replace('"', '""')
    return (f'"{day} 01:00:00",{severity},{ip},udp,5683,{ip}.example.net,coap;iot,2,{asn},{geo},,,'
            f'0,ptr,"{cell}",{size},{size / 21:.2f},')


def report(*words, store, want=0):
    done = subprocess.run([COAPSCOPE, "report", *words, "--store", store], text=True,
                          capture_output=True, timeout=60, check=False)
    assert done.returncode == want, (done.returncode, done.stderr, done.stdout)
    return done


def changes(text):
    return {(r["change"], r["ip"]): r for r in map(json.loads, text.splitlines())}


@pytest.fixture(scope="module")
def filled():
    """Reports of two earlier days, and a real scan of today."""
    with Lab() as lab:
        net = lab.net()
        lab.devices(net, {**DEVICES, "127.0.0.6": says(MOVED.encode())})
        store = lab.dir / "filled"
        api = API.decode()
        reports = {
            BEFORE: [row(BEFORE, "127.0.0.1", api, 43)],
            YESTERDAY: [row(YESTERDAY, "127.0.0.1", api, 43),           # still there
                        row(YESTERDAY, "127.0.0.2", "</another>", 17),  # changed
                        row(YESTERDAY, "127.0.0.7", MOVED, 70),         # at .6 now
                        row(YESTERDAY, "127.0.0.0", "</gone>", 14),     # silent now
                        row(YESTERDAY, "127.0.0.5", "</a>", 11),        # 4.04 now
                        row(YESTERDAY, "198.51.100.1", "</x>", 11, geo="FR")],  # not asked
        }
        for day, rows in reports.items():
            path = lab.dir / f"{day}.csv"
            path.write_text("\n".join([HEADER, *rows]) + "\n")
            report("import", path, store=store)
        lab.scan(net, "127.0.0.0/29", "::1", "-c1", "-r0", "-q", store=store).ok()
        yield store


def test_each_change_is_told_as_what_it_is(filled):
    done = report("diff", YESTERDAY, TODAY, "-O", "jsonl", store=filled, want=1)
    found = changes(done.stdout)
    assert set(found) == {("gone", "127.0.0.0"), ("changed", "127.0.0.2"),
                          ("new", "127.0.0.3"), ("new", "127.0.0.4"), ("new", "::1"),
                          ("changed", "127.0.0.5"), ("moved", "127.0.0.6"),
                          ("not_probed", "198.51.100.1")}
    moved = found["moved", "127.0.0.6"]
    assert moved["from"] == "127.0.0.7" and moved["first_seen"].startswith(YESTERDAY)
    for row in found.values():
        assert row["first_seen"] and row["last_seen"], row
    assert found["changed", "127.0.0.2"]["first_seen"].startswith(YESTERDAY)
    assert found["changed", "127.0.0.2"]["last_seen"].startswith(TODAY)
    refused = found["changed", "127.0.0.5"]
    assert refused["parts"] == ["response"] and refused["after"]["code"] == "4.04"
    gone = found["gone", "127.0.0.0"]
    assert gone["after"] is None and gone["before"]["response_size"] == 14
    assert gone["last_seen"].startswith(YESTERDAY)
    assert "3 new, 1 moved, 2 changed, 1 gone, 1 not probed" in done.stderr


def test_without_days_it_is_the_last_two(filled):
    assert (report("diff", "-O", "jsonl", store=filled, want=1).stdout ==
            report("diff", "yesterday", "today", "-O", "jsonl", store=filled, want=1).stdout)


def test_nothing_new_is_exit_0_and_quiet_says_nothing(filled):
    done = report("diff", BEFORE, BEFORE, store=filled, want=2)
    assert "want the earlier day first" in done.stderr
    done = report("diff", YESTERDAY, TODAY, "-q", "-O", "csv", store=filled, want=1)
    assert done.stderr == ""


def test_moved_or_gone_alone_is_exit_0(filled, tmp_path):
    store = tmp_path / "s"
    for day, rows in ((BEFORE, [row(BEFORE, "192.0.2.1", "</a>", 11),
                                row(BEFORE, "192.0.2.2", "</b>", 11)]),
                      (YESTERDAY, [row(YESTERDAY, "192.0.2.1", "</a>", 11)])):
        path = tmp_path / f"{day}.csv"
        path.write_text("\n".join([HEADER, *rows]) + "\n")
        report("import", path, store=store)
    done = report("diff", "-q", "-O", "table", store=store)
    assert done.stdout == done.stderr == ""
    done = report("diff", "-O", "table", store=store)
    assert done.stdout == f"{BEFORE} to {YESTERDAY}: 0 new, 0 moved, 0 changed, 0 gone, 1 not probed\n"


def test_the_table_is_grouped(filled):
    text = report("diff", YESTERDAY, TODAY, "-O", "table", store=filled, want=1).stdout
    heads = [line for line in text.splitlines() if line and line[-1] == ")" and "(" in line]
    assert heads == ["New (3)", "Moved (1)", "Changed (2)", "Gone (1)"]
    assert "from 127.0.0.7" in text and "198.51.100.1" not in text
    assert "\033" not in text


def test_csv_has_both_sides(filled):
    text = report("diff", YESTERDAY, TODAY, "-O", "csv", store=filled, want=1).stdout
    rows = {r["ip"]: r for r in csv.DictReader(io.StringIO(text), strict=True)}
    assert len(rows) == 8
    assert rows["127.0.0.2"]["before_response_size"] == "17"
    assert rows["127.0.0.2"]["after_response_size"] == "516"
    assert rows["127.0.0.2"]["parts"] == "response"
    assert rows["::1"]["before_time"] == "" and rows["::1"]["after_code"] == "2.05"


@pytest.mark.parametrize("words,why", [
    (["2020-01-01", "today"], "has no data of 2020-01-01"),
    (["today"], "one day alone"),
    (["today", "yesterday"], "want the earlier day first"),
    (["x", "today"], "want a day as 2026-11-21"),
    (["-O", "json"], "want table, csv or jsonl"),
])
def test_what_is_wrong_is_said_in_a_line(filled, words, why):
    done = report("diff", *words, store=filled, want=2)
    assert why in done.stderr and len(done.stderr.splitlines()) == 1


def test_a_store_with_one_day(tmp_path):
    path = tmp_path / "one.csv"
    path.write_text(HEADER + "\n" + row(BEFORE, "192.0.2.1", "</a>", 11) + "\n")
    report("import", path, store=tmp_path / "s")
    assert "two days are wanted" in report("diff", store=tmp_path / "s", want=2).stderr


def test_a_store_that_cannot_be_written_to_is_compared_all_the_same(filled, tmp_path):
    if os.geteuid() != 0:
        pytest.skip("needs root to become somebody else")
    outside = tmp_path / "s"
    subprocess.run(["cp", "-r", filled, outside], check=True)
    subprocess.run(["chmod", "-R", "a+rX,a-w", outside], check=True)
    for folder in outside.parents:
        if folder.stat().st_uid == os.geteuid() and folder != folder.parent:
            folder.chmod(folder.stat().st_mode | 0o055)
    done = subprocess.run(["setpriv", "--reuid", "65534", "--clear-groups", COAPSCOPE, "report",
                           "diff", YESTERDAY, TODAY, "-O", "jsonl", "--store", outside],
                          text=True, capture_output=True, timeout=60, check=False)
    assert done.returncode == 1, done.stderr
    assert len(done.stdout.splitlines()) == 8


# --- stats

def test_stats_of_a_day(filled):
    stats = json.loads(report("stats", "-O", "json", store=filled).stdout)
    assert stats["schema"] == "coapscope.stats/1" and stats["day"] == TODAY
    assert stats["days"] == [{"day": TODAY, "services": 6, "addresses": 6, "ipv6": 1, "new": 3,
                              "gone": 1, "changed": 2, "moved": 1, "not_probed": 1}]
    assert {c["key"]: c["n"] for c in stats["code"]} == {"2.05": 6, "4.04": 1}
    assert stats["port"] == [{"key": "5683", "n": 6}]
    assert stats["source"] == [{"key": "scan", "n": 6}]
    assert sum(a["n"] for a in stats["amplification"]) == 6


def test_stats_over_days_are_the_summaries(filled):
    stats = json.loads(report("stats", "--from", BEFORE, "-O", "json", store=filled).stdout)
    assert [d["day"] for d in stats["days"]] == [BEFORE, YESTERDAY, TODAY]
    assert [d["services"] for d in stats["days"]] == [1, 6, 6]
    assert stats["days"][0]["new"] is None and stats["days"][1]["new"] == 5
    rows = list(csv.DictReader(io.StringIO(
        report("stats", "--from", BEFORE, "-O", "csv", store=filled).stdout), strict=True))
    total = {r["day"]: r["n"] for r in rows if (r["group"], r["key"]) == ("total", "services")}
    assert total == {BEFORE: "1", YESTERDAY: "6", TODAY: "6"}
    geo = {r["key"]: r["n"] for r in rows if (r["day"], r["group"]) == (YESTERDAY, "geo")}
    assert geo == {"DE": "5", "FR": "1"}


def test_stats_of_an_owner_are_its_own_rows(filled, tmp_path):
    owners = tmp_path / "owners.ini"
    owners.write_text("[land]\ncountries = FR\n[net]\nprefixes = 127.0.0.0/31\n")
    for name, want in (("land", 1), ("net", 2)):
        stats = json.loads(report("stats", "--day", YESTERDAY, "--owners", owners, "--owner", name,
                                  "-O", "json", store=filled).stdout)
        assert stats["owner"] == name and stats["days"][0]["services"] == want
        assert stats["days"][0]["new"] is None
    done = report("stats", "--owners", owners, store=filled, want=2)
    assert "--owner NAME together" in done.stderr


def test_the_table_of_stats(filled):
    text = report("stats", "--from", YESTERDAY, "-O", "table", store=filled).stdout
    assert text.startswith(f"{TODAY}: services 6, addresses 6 (IPv6 1)\n")
    assert f"{YESTERDAY}  6" in text
    for title in ("Severity", "Country", "Network", "Amplification", "Port", "Source"):
        assert f"\n{title}\n" in text


def test_a_day_without_data_is_no_error(filled):
    done = report("stats", "--day", "2020-01-01", "-O", "json", store=filled)
    assert json.loads(done.stdout)["days"] == [] and "no data of 2020-01-01" in done.stderr
