# SPDX-License-Identifier: Apache-2.0
"""Enrichment: while scanning, afterwards, again; and what is wrong with its files."""
import csv
import io
import json
import pathlib
import subprocess

import pytest

import coap
import dns
from lab import Lab, TESTS

DATA = TESTS / "data"
LINKS = b"</sensors/temp>;rt=\"temperature-c\";if=\"sensor\",</fw>;title=\"x\""


def answer(q):
    yield q.ack(opts=(coap.LINK_FORMAT,), payload=LINKS)


@pytest.fixture(scope="module", name="it")
def made():
    """A lab whose namespace has devices on 127/8 and 10.0.0/24, and a Knot."""
    with Lab() as lab:
        net = lab.net()
        net.sh("ip route add local 10.0.0.0/24 dev lo")
        lab.net_of_devices = net
        lab.heard = lab.devices(net, lambda ip: answer).heard
        folder = lab.dir / "knot"
        folder.mkdir()
        with net.inside():
            lab.knot = dns.Knot(folder)
        yield lab
        lab.knot.stop()


def scan(it, *args, store=True, **more):
    return it.scan(it.net_of_devices, "-c1", "-r0", *args, store=store, **more)


def report(it, store, *args, **more):
    return it.scan(it.net_of_devices, *args, store=store, command="report", meta=False, **more)


def table(text):
    return {row["ip"]: row for row in csv.DictReader(io.StringIO(text))}


def about(store):
    """What the store says that its rows were enriched by."""
    found = []
    for path in pathlib.Path(store).glob("2*/*"):
        text = path.read_bytes()
        at = text.find(b'{"made":')
        if at >= 0:
            found.append(json.JSONDecoder().raw_decode(text[at:].decode("utf-8", "replace"))[0])
    return found


GEOIP = ("--no-geoip", "--geoip", DATA / "asn.mmdb", "--geoip", DATA / "nested.mmdb")


def test_a_scan_enriches_its_rows_and_its_store(it):
    store = it.dir / "at-scan"
    run = scan(it, "127.0.0.0/30", "-O", "csv", *GEOIP, store=store).ok()
    rows = table(run.out)
    assert len(rows) == 4
    for row in rows.values():
        assert (row["asn"], row["geo"], row["region"], row["city"]) == \
            ("64496", "DE", "Hesse", "Frankfurt")
        assert row["tag"].startswith("coap;iot") and row["hostname"] == ""
    stored = report(it, store, "csv", "--day", "today").ok()
    assert table(stored.out) == rows
    said = about(store)
    assert [s["type"] for s in said[0]["sources"]] == ["Test-ASN", "Test-City"]
    assert said[0]["sources"][0]["built"] == "2023-11-14T22:13:20.000000Z"
    assert said[0]["sources"][0]["file"] == str(DATA / "asn.mmdb")
    assert said[0]["resolvers"] is None and said[0]["severity"] == "own"


def test_jsonl_has_the_fields_of_enrichment(it):
    run = scan(it, "127.0.0.1", "-O", "jsonl", *GEOIP, store=False).ok()
    row = run.rows[0]
    assert (row["asn"], row["as_name"], row["geo"]) == (64496, "LOOPBACK-AS", "DE")
    assert (row["region"], row["city"]) == ("Hesse", "Frankfurt")
    assert row["tags"][:2] == ["coap", "iot"] and row["severity_because"]
    assert row["hostname"] is None


def test_without_being_asked_nothing_is_added(it):
    run = scan(it, "127.0.0.1", "-O", "csv", "-v", store=False).ok()
    row = table(run.out)["127.0.0.1"]
    assert (row["severity"], row["tag"]) == ("medium", "coap;iot")
    assert (row["asn"], row["geo"]) == ("0", "")
    assert "geoip" not in run.err


def test_flat_severity(it):
    run = scan(it, "127.0.0.1", "-O", "csv", "--severity", "shadowserver", store=False).ok()
    assert table(run.out)["127.0.0.1"]["severity"] == "medium"


def test_names_come_from_the_resolver_in_the_jail(it):
    store = it.dir / "named"
    more = ("-O", "csv", "--ptr", "--resolver", it.knot.resolver, "--no-geoip",
            "--require-jail")
    run = scan(it, "10.0.0.1-10.0.0.6", *more, store=store).ok()
    rows = table(run.out)
    assert {ip: row["hostname"] for ip, row in rows.items()} == {
        f"10.0.0.{i}": f"host-10-0-0-{i}.example" for i in range(1, 7)}
    assert {row["hostname_source"] for row in rows.values()} == {"ptr"}
    assert table(report(it, store, "csv", "--day", "today").ok().out) == rows
    # Kept for their TTL: with nobody left to ask they are there.
    silent = ("--ptr", "--no-geoip", "--resolver", f"127.0.0.1:{dns.free_port()}")
    run = report(it, store, "enrich", "--fresh", "--day", "today", *silent).ok()
    assert "6 with a name" in run.err
    assert about(store)[0]["resolvers"] == [silent[-1]]


def test_a_silent_resolver_costs_names_only(it):
    with it.net_of_devices.inside():
        port = dns.free_port()
    run = scan(it, "127.0.0.1", "-O", "csv", "--ptr", "--no-geoip", "--resolver",
               f"127.0.0.1:{port}", store=False).ok()
    row = table(run.out)["127.0.0.1"]
    assert row["hostname"] == "" and row["hostname_source"] == ""
    assert "no answer came" in run.err


def test_stored_rows_are_enriched_afterwards_and_again(it):
    store = it.dir / "later"
    scan(it, "127.0.0.0/30", store=store).ok()
    run = report(it, store, "enrich", "--no-geoip", "--geoip", DATA / "asn.mmdb",
                 "--day", "today").ok()
    assert "4 rows enriched: 4 with a network, 0 with a country, 0 with a name" in run.err
    assert run.out == ""
    run = report(it, store, "enrich", "--no-geoip", "--geoip", DATA / "nested.mmdb",
                 "--all-days").ok()
    assert "4 rows enriched: 4 with a network, 4 with a country" in run.err
    newer = it.dir / "newer.tsv"
    newer.write_text("127.0.0.0\t127.0.0.1\t64999\tNO\tNEWER\n")
    report(it, store, "enrich", "--no-geoip", "--geoip", newer, "--all-days").ok()
    rows = table(report(it, store, "csv", "--day", "today").ok().out)
    assert (rows["127.0.0.1"]["asn"], rows["127.0.0.1"]["geo"],
            rows["127.0.0.1"]["city"]) == ("64999", "NO", "")
    assert (rows["127.0.0.2"]["asn"], rows["127.0.0.2"]["city"]) == ("64496", "Frankfurt")
    report(it, store, "enrich", "--no-geoip", "--geoip", newer, "--all-days", "--fresh").ok()
    rows = table(report(it, store, "csv", "--day", "today").ok().out)
    assert (rows["127.0.0.2"]["asn"], rows["127.0.0.2"]["city"]) == ("0", "")


def test_sectors(it):
    file = it.dir / "sectors.csv"
    file.write_text("prefix,asn,naics,sector\n127.0.0.2/32,,517311,Government\n"
                    ",64496,221122,Energy\n")
    run = scan(it, "127.0.0.1-127.0.0.2", "-O", "csv", *GEOIP, "--sector-file", file,
               store=False).ok()
    rows = table(run.out)
    assert (rows["127.0.0.1"]["naics"], rows["127.0.0.1"]["sector"]) == ("221122", "Energy")
    assert (rows["127.0.0.2"]["naics"], rows["127.0.0.2"]["sector"]) == \
        ("517311", "Government")


def test_owners_stand_in_json_lines_at_once_and_afterwards(it):
    file = it.dir / "owners.csv"
    file.write_text("prefix,owner\n127.0.0.2/32,city_water\n")
    store = it.dir / "owned"
    found = scan(it, "127.0.0.1-127.0.0.2", "-O", "jsonl", "--sector-file", file,
                 store=store).ok()
    assert owners(found) == {"127.0.0.1": None, "127.0.0.2": "city_water"}
    file.write_text("prefix,owner\n127.0.0.1/32,town_hall\n")
    report(it, store, "enrich", "--day", "today", "--sector-file", file).ok()
    again = report(it, store, "jsonl", "--day", "today").ok()
    assert owners(again) == {"127.0.0.1": "town_hall", "127.0.0.2": "city_water"}


def owners(run):
    return {row["ip"]: row["owner"] for row in map(json.loads, run.out.splitlines())}


def test_the_default_is_used_where_it_is_installed(it):
    if not pathlib.Path("/usr/share/tor/geoip").exists():
        pytest.skip("tor-geoipdb is not installed")
    run = scan(it, "127.0.0.1", "--enrich", "-v", store=False).ok()
    assert "/usr/share/tor/geoip: tor-geoipdb of 20" in run.err
    assert run.rows[0]["geo"] is None


def damaged(it):
    good = (DATA / "nested.mmdb").read_bytes()
    at = good.rindex(b"node_count")
    path = it.dir / "damaged.mmdb"
    path.write_bytes(good[:at] + b"\xff" * 10 + good[at + 10:])
    return path


def bad_files(it):
    (it.dir / "bad.pfx2as").write_text("1.0.0.0\t24\t13335\n1.0.1.0\t99\t13335\n")
    (it.dir / "bad.csv").write_text("asn,owner\n1,a\n1,b\n")
    return [
        (("--geoip", DATA / "foreign.mmdb"), 2,
         "foreign.mmdb: an MMDB of type 'Test-\\x1bAnonymous' that has no ASN, country"),
        (("--geoip", damaged(it)), 2, "damaged.mmdb: a damaged MMDB ("),
        (("--geoip", it.dir / "bad.pfx2as"), 2,
         "bad.pfx2as:2: '99': want a length from 0 to 32"),
        (("--geoip", "/nowhere"), 2, "/nowhere: No such file or directory"),
        (("--sector-file", it.dir / "bad.csv"), 2,
         "bad.csv:3: the asn of line 2 with other values: want it once"),
        (("--ptr", "--resolver", "nobody"), 2, "--resolver 'nobody': want an address"),
        (("--ptr-rate", "fast"), 2, "want 0 (unpaced) or 1 to 1000000 questions"),
    ]


def test_bad_files_end_the_scan_before_it_asks_anybody(it):
    before = len(it.heard)
    for args, status, said in bad_files(it):
        run = scan(it, "127.0.0.1", *args, store=False)
        assert (run.status, run.out) == (status, ""), args
        assert said in run.err and len(run.err.splitlines()) == 1, run.err
    assert len(it.heard) == before


def test_bad_files_leave_what_is_stored(it):
    store = it.dir / "kept"
    scan(it, "127.0.0.1", *GEOIP, store=store).ok()
    before = report(it, store, "csv", "--day", "today").ok().out
    for args, status, said in bad_files(it):
        run = report(it, store, "enrich", "--day", "today", *args)
        assert run.status == status and said in run.err, run.err
    assert report(it, store, "csv", "--day", "today").ok().out == before


def test_a_day_without_data_is_said(it):
    store = it.dir / "kept"
    scan(it, "127.0.0.1", store=store).ok()
    run = report(it, store, "enrich", "--no-geoip", "--day", "2001-02-03").ok()
    assert "has no data of 2001-02-03" in run.err
    run = report(it, store, "enrich", "--day", "today", "--all-days")
    assert run.status == 2 and "--day and --all-days contradict each other" in run.err


def test_make_mmdb_makes_the_files_that_are_here(tmp_path):
    script = DATA / "make_mmdb.pl"
    if subprocess.run(["perl", "-MMaxMind::DB::Writer::Tree", "-e1"], check=False,
                      stderr=subprocess.DEVNULL).returncode:
        pytest.skip("libmaxmind-db-writer-perl is not installed")
    subprocess.run(["perl", script, tmp_path], check=True)
    for path in DATA.glob("*.mmdb"):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes(), path.name
