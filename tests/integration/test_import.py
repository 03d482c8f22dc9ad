# SPDX-License-Identifier: Apache-2.0
"""Others' reports into the store, and out again: `coapscope report import`, `csv`."""
import csv
import io
import json
import resource
import signal
import subprocess
import zipfile

import pytest

from lab import COAPSCOPE

PAGE = ("timestamp,severity,ip,protocol,port,hostname,tag,version,asn,geo,region,city,naics,"
        "hostname_source,response,response_size,amplification,sector").split(",")
CURRENT = ("timestamp,severity,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,"
           "hostname_source,sector,version,response,response_size,amplification").split(",")
OF_2022 = ("timestamp,ip,protocol,port,hostname,tag,version,asn,geo,region,city,naics,sic,response,"
           "response_size,amplification").split(",")
OF_2020 = "timestamp,ip,protocol,port,hostname,tag,asn,geo,region,city,naics,sic,response".split(",")

BANNER = ("`Ex1Ay" + "*" * 60 + "|CoAP RFC 7252" + " " * 47 + "|" + "*" * 60 +
          "|A banner of a framework, in several lines|(c) somebody|" + "*" * 30)


def run(*args, **more):
    return subprocess.run([COAPSCOPE, "report", *map(str, args)], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, **more)


def row(**more):
    it = dict(timestamp="2026-01-05 00:00:00", severity="medium", ip="192.0.2.1", protocol="udp",
              port="5683", hostname="node01.example.com", tag="coap;iot", version="2", asn="64512",
              geo="ZZ", region="Region", city="City", naics="0", hostname_source="ptr",
              response="</api>,</api/v1>,</.well-known/core>", response_size="43",
              amplification="2.05", sector="", sic="0")
    it.update(more)
    return it


def report(rows, columns=PAGE):
    out = io.StringIO()
    out.write(",".join(f'"{c}"' for c in columns) + "\n")
    csv.writer(out, lineterminator="\n").writerows([r[c] for c in columns] for r in rows)
    return out.getvalue()


@pytest.fixture
def put(tmp_path):
    """Imports texts; gives what `report csv` has of a day."""
    class Put:
        store = tmp_path / "store"

        def file(self, text, name="r.csv"):
            path = tmp_path / name
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            return path

        def __call__(self, *texts, status=0, more=()):
            files = [self.file(t, f"r{i}.csv") for i, t in enumerate(texts)]
            self.done = run("import", "--store", self.store, *more, *files)
            assert self.done.returncode == status, self.done.stderr
            return self.done

        def rows(self, day="2026-01-05", columns="page"):
            out = run("csv", "--store", self.store, "--day", day, "--csv-columns", columns)
            assert out.returncode == 0, out.stderr
            self.text = out.stdout
            return list(csv.DictReader(io.StringIO(out.stdout)))

    return Put()


@pytest.mark.parametrize("columns", [PAGE, CURRENT, OF_2022, OF_2020],
                         ids=["page", "current", "2022", "2020"])
def test_every_order_of_columns_is_read(put, columns):
    put(report([row()], columns))
    (got,) = put.rows()
    want = {k: v for k, v in row().items() if k in PAGE}
    if "sector" not in columns:
        want["hostname_source"] = ""
    if "response_size" not in columns:
        want |= {"response_size": "", "amplification": ""}
    assert got == want


def test_what_was_imported_comes_out_as_it_was(put):
    rows = [row(ip=f"192.0.2.{n}", severity=s, tag=t, hostname=h, sector=x) for n, (s, t, h, x) in
            enumerate([("low", "coap", "", ""), ("critical", "coap;iot;cve-2019-9750", "a b", "Government"),
                       ("info", "mdns,iot", "x.example", "Communications, Service Provider")], 1)]
    put(report(rows, CURRENT))
    assert put.rows(columns="current") == [{c: r[c] for c in CURRENT} for r in rows]
    text = put.text
    put.store = put.store.with_name("again")
    put(text)
    put.rows(columns="current")
    assert put.text == text


def test_a_version_1_row_goes_through_unchanged(put):
    size = str(len(BANNER))
    it = row(ip="192.0.2.3", tag="coap", version="1", response=BANNER, response_size=size,
             amplification=f"{len(BANNER) / 4:.2f}")
    put(report([it], OF_2022))
    (got,) = put.rows()
    assert got == {c: it[c] for c in PAGE} | {"hostname_source": ""}


def test_zips_and_duplicated_headers_and_nuls(put, tmp_path):
    head, *body = report([row(ip="192.0.2.1"), row(ip="192.0.2.2")]).splitlines(True)
    with zipfile.ZipFile(tmp_path / "mail.csv.zip", "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("2026-01-05-scan_coap-a-asn.csv", head + body[0] + head + "\0" + body[1])
        z.writestr("notes.txt", "no report")
        z.writestr("sub/other.CSV", report([row(ip="2001:db8::1", port="61616")], CURRENT))
    done = run("import", "--store", put.store, tmp_path / "mail.csv.zip")
    assert done.returncode == 0, done.stderr
    assert "mail.csv.zip(2026-01-05-scan_coap-a-asn.csv): 2 rows of 2026-01-05" in done.stderr
    assert [r["ip"] for r in put.rows()] == ["192.0.2.1", "192.0.2.2", "2001:db8::1"]


def test_a_zips_names_cannot_speak_to_the_terminal(put, tmp_path):
    file = tmp_path / "\x1b[2Jr.zip"
    with zipfile.ZipFile(file, "w") as z:
        z.writestr("b\ncoapscope: all is well.csv", report([row()]))
        z.writestr("\u00e9.csv", "no report\n")
    done = run("import", "--store", put.store, file)
    assert "\\x1b[2Jr.zip(b\\x0acoapscope: all is well.csv): 1 row" in done.stderr
    assert "(\\xc3\\xa9.csv): no header" in done.stderr
    assert "\x1b" not in done.stderr and len(done.stderr.splitlines()) == 2


def test_the_anonymisers_quotes_are_read(put):
    text = report([row(response="X", response_size="516", amplification="24.57")])
    quoted = r'"</>;title=\"\"General Info\"\";ct=0,</a>;title=\"\"x\"\""'
    put(text.replace(",X,", f",{quoted},"))
    (got,) = put.rows()
    assert got["response"] == '</>;title="General Info";ct=0,</a>;title="x"'
    assert got["response_size"] == "516"


def test_bad_rows_are_named_and_the_rest_is_kept(put):
    lines = report([row(ip=f"192.0.2.{n}") for n in range(1, 7)]).splitlines(True)
    lines[2] = lines[2].replace("192.0.2.2", "192.0.2.256")
    lines[3] = lines[3].replace("5683", "x\x1b[31m")
    lines[4] = lines[4].rsplit(",", 2)[0] + "\n"
    lines[5] = lines[5].replace('"</api>', '"<"/api>')
    done = put("".join(lines))
    assert [r["ip"] for r in put.rows()] == ["192.0.2.1", "192.0.2.6"]
    said = done.stderr
    assert "r0.csv:3: ip '192.0.2.256': want an address" in said
    assert r"r0.csv:4: port 'x\x1b[31m': want a port from 1 to 65535" in said
    assert "\x1b" not in said
    assert "r0.csv:5: want as many cells as the header has" in said
    assert "r0.csv:6: want quotes that are closed before a comma" in said
    assert "2 rows of 2026-01-05; 4 left out" in said


def test_a_day_in_the_future_is_left_out(put):
    done = put(report([row(ip="192.0.2.1"), row(ip="192.0.2.2", timestamp="9999-12-31 23:59:59")]))
    assert "r0.csv:3: want a time that has come" in done.stderr
    assert [r["ip"] for r in put.rows()] == ["192.0.2.1"]


def test_a_flood_of_bad_rows_is_cut_short(put):
    done = put(report([row(port="0") for _ in range(100)] + [row()]))
    assert done.stderr.count("want a port") == 20
    assert "80 more rows left out; -v names them" in done.stderr


@pytest.mark.parametrize("text,want", [
    ("", "empty: want a scan_coap report"),
    ("a,b\n1,2\n", "no header of a scan_coap report"),
    ("timestamp,ip\n", "no column 'port' in its header"),
    (b"PK\3\4 no zip at all", ": want a whole zip, or a CSV"),
])
def test_what_is_no_report_is_refused(put, text, want):
    done = put(text, status=2)
    assert want in done.stderr


def test_a_missing_file_makes_no_store(put, tmp_path):
    done = run("import", "--store", put.store, tmp_path / "nothing.csv")
    assert done.returncode == 2 and "nothing.csv: No such file" in done.stderr
    assert not put.store.exists()


def test_a_file_that_cannot_be_read_keeps_no_other_out(put, tmp_path):
    bad, good = put.file(b"PK\3\4 no zip", "a.zip"), put.file(report([row()]), "b.csv")
    done = run("import", "--store", put.store, bad, tmp_path, tmp_path / "nothing.csv", good)
    assert done.returncode == 2
    assert "a.zip: " in done.stderr and "nothing.csv: No such file" in done.stderr
    assert f"{tmp_path}: a folder: want the files in it" in done.stderr
    assert len(put.rows()) == 1


def test_the_same_report_again_changes_nothing(put):
    text = report([row(), row(ip="192.0.2.2")])
    put(text)
    before = {p: p.stat().st_mtime_ns for p in put.store.glob("2*/*")}
    done = put(text)
    assert "2 rows of 2026-01-05, in the store already" in done.stderr
    assert before == {p: p.stat().st_mtime_ns for p in put.store.glob("2*/*")}


def test_of_one_address_and_day_the_newest_stays(put):
    put(report([row(timestamp="2026-01-05 23:59:59", response="new"),
                row(timestamp="2026-01-05 00:00:01", response="old"),
                row(timestamp="2026-01-06 00:00:00", response="tomorrow")]))
    assert [r["response"] for r in put.rows()] == ["new"]
    assert [r["response"] for r in put.rows("2026-01-06")] == ["tomorrow"]


def test_a_later_import_of_a_day_adds_to_it(put):
    put(report([row(ip="192.0.2.1")]), report([row(ip="192.0.2.2")]))
    assert [r["ip"] for r in put.rows()] == ["192.0.2.1", "192.0.2.2"]


def test_standard_input_is_a_file(put):
    done = run("import", "--store", put.store, "-", input=report([row()]))
    assert done.returncode == 0 and "(standard input): 1 row of 2026-01-05" in done.stderr
    assert len(put.rows()) == 1


def test_hostile_texts_come_back_as_they_were(put):
    nasty = ['<script>alert(1)</script>', "=1+1", "a\\b", 'quote"inside', "tab\there", "naïve ‮"]
    put(report([row(ip=f"192.0.2.{n}", hostname=t, response=t, response_size="40")
                for n, t in enumerate(nasty, 1)]))
    first = put.rows()
    text = put.text
    assert not any(c in text for c in "\t\x1b\0")
    assert first[0]["hostname"] == nasty[0] and first[1]["hostname"] == r"\x3d1+1"
    put.store = put.store.with_name("again")
    put(text)
    put.rows()
    assert put.text == text


def test_a_row_that_never_ends_is_passed_over(put):
    head, one, two = report([row(ip="192.0.2.1"), row(ip="192.0.2.2")]).splitlines(True)
    done = put(head + one + '2026-01-05 00:00:00,"' + "x" * (3 << 20) + "\n" + two)
    assert [r["ip"] for r in put.rows()] == ["192.0.2.1", "192.0.2.2"]
    assert "r0.csv:3: want a row of at most 1 MiB" in done.stderr


def full_disk():
    """No file of the process grows above a MiB."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 20, 1 << 20))


def test_a_full_disk_keeps_what_was_there(put):
    put(report([row()]))
    big = report([row(ip=f"2001:db8::{n:x}", response=f"</r{n}>" * 40, response_size="400")
                  for n in range(20000)])
    done = run("import", "--store", put.store, put.file(big),
               preexec_fn=full_disk)
    assert done.returncode == 4, done.stderr
    assert [r["ip"] for r in put.rows()] == ["192.0.2.1"]
    again = run("import", "--store", put.store, put.file(big))
    assert again.returncode == 0, again.stderr
    assert len(put.rows()) == 20001


def test_killed_in_the_middle_it_can_be_done_again(put):
    text = report([row(ip=f"2001:db8::{n:x}") for n in range(1, 30001)])
    path = put.file(text)
    for wait in (0.05, 0.1, 0.15, 0.2, 0.3):
        child = subprocess.Popen([COAPSCOPE, "report", "import", "--store", str(put.store),
                                  str(path)], stderr=subprocess.DEVNULL)
        try:
            child.wait(wait)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    done = run("import", "--store", put.store, path)
    assert done.returncode == 0, done.stderr
    assert len(put.rows()) == 30000


def test_the_days_of_a_report_are_added_up_and_since_when_is_known(put):
    put(report([row(), row(timestamp="2026-01-07 00:00:00")]))
    done = run("jsonl", "--store", put.store, "--day", "2026-01-07")
    seen = json.loads(done.stdout)
    assert seen["first_seen"].startswith("2026-01-05")
    assert seen["last_seen"].startswith("2026-01-07")


def test_a_day_that_cannot_be_added_up_is_a_warning_and_no_failed_import(put):
    put(report([row()]))
    (put.store / "seen.db").write_bytes(b"no list of anything" * 100)
    done = put(report([row(ip="192.0.2.2")]))
    assert "seen.db" in done.stderr and "could not be added up" in done.stderr
    assert len(put.rows()) == 2


def test_a_scan_is_what_resume_last_means(put):
    put(report([row()]))
    done = subprocess.run([COAPSCOPE, "scan", "--store", str(put.store), "--resume", "last"],
                          text=True, check=False, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert done.returncode == 2 and "has no such scan" in done.stderr
