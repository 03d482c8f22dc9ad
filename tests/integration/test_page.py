# SPDX-License-Identifier: Apache-2.0
"""The page: what `coapscope report html` writes, in a browser; and its bundle."""
import json
import os
import pathlib
import re
import shutil
import subprocess

import pytest

from lab import COAPSCOPE

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = pathlib.Path(__file__).resolve().parent
CHECKS = HERE / "page/checks.js"
DIST = ROOT / "web/dist"
COLUMNS = ("timestamp,severity,ip,protocol,port,hostname,tag,version,asn,geo,region,city,naics,"
           "hostname_source,response,response_size,amplification,sector")
SCRIPT = b"<script>window.pwned=1</script><img src=x onerror=window.pwned=1>"
HOSTILE = [SCRIPT, b"</script><script>window.pwned=1</script><!--", "safe\u202egnp.exe".encode(),
           b"\x1b[31mred\x1b[0m\x07", b"n" * 255, b"caf\xe9"]


def report(*args, status=0):
    done = subprocess.run([COAPSCOPE, "report", *map(str, args)], text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120)
    assert done.returncode == status, done.stderr
    return done


def csv_row(day, number, hostname=b"", response=b"</a>", severity=b"medium"):
    cells = [b"%s 00:00:00" % day.encode(), severity, b"192.0.2.%d" % number, b"udp", b"5683",
             hostname, b"coap;iot", b"2", b"64512", b"DE", b"", b"City", b"0", b"", response,
             b"516", b"24.57", b""]
    return b",".join(b'"%s"' % c.replace(b'"', b'""') for c in cells)


def store_of(path, days):
    """days: {day: [row, ...]}, marked as sample data."""
    for day, rows in days.items():
        file = path.parent / f"{path.name}-{day}.csv"
        file.write_bytes(b"\n".join([COLUMNS.encode(), *rows]) + b"\n")
        report("import", "--store", path, "--sample", file)
    return path


def data_of(page):
    """(overview, services) as they stand in the file."""
    found = re.findall(rb'<script type="application/json" id="(\w+)-data">(.*?)</script>',
                       page.read_bytes(), re.S)
    assert [name for name, _ in found] == [b"overview", b"services"]
    return [json.loads(text) for _, text in found]


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    """A folder with pages that coapscope wrote."""
    path = tmp_path_factory.mktemp("pages")
    hostile = [csv_row("2026-01-06", i + 1, name, b'</%s>;title="%s"' % (name, name), b"critical")
               for i, name in enumerate(HOSTILE)]
    store = store_of(path / "hostile", {"2026-01-05": [csv_row("2026-01-05", 1)],
                                        "2026-01-06": hostile})
    report("html", "--store", store, "-o", path / "store-hostile.html")
    store = store_of(path / "nothing", {"2026-01-05": []})
    report("html", "--store", store, "-o", path / "store-empty.html")
    return path


def names():
    done = subprocess.run(["node", CHECKS, "--list"], check=False, capture_output=True, text=True)
    return json.loads(done.stdout) if done.returncode == 0 else ["(npm ci in tests/integration?)"]


@pytest.fixture(scope="module")
def browsed(pages):
    shots = os.environ.get("COAPSCOPE_SCREENSHOTS", str(pages / "screenshots"))
    done = subprocess.run(["node", CHECKS, pages], check=False, capture_output=True, text=True,
                          timeout=900, env={**os.environ, "COAPSCOPE_SCREENSHOTS": shots})
    assert done.returncode == 0, done.stderr
    print(done.stderr)
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("name", names())
def test_in_a_browser(browsed, name):
    assert browsed[name] is None, browsed[name]


def test_pages_of_stores_pass_in_the_browser_too(browsed):
    own = {name: why for name, why in browsed.items() if name.startswith("store-")}
    assert len(own) == 3
    assert not any(own.values()), own


def test_the_file_holds_what_the_store_does(pages):
    overview, services = data_of(pages / "store-hostile.html")
    assert overview["schema"] == "coapscope.overview/1"
    assert overview["days"] == ["2026-01-05", "2026-01-06"]
    assert ["services", [1, 6]] in overview["groups"]["total"]["keys"]
    assert overview["groups"]["source"]["keys"] == [["sample", [1, 6]]]
    assert services["schema"] == "coapscope.services/1"
    assert (services["day"], services["total"], len(services["services"])) == ("2026-01-06", 6, 6)
    assert {s["hostname"] for s in services["services"]} == {
        name.decode("utf-8", "surrogateescape").replace("\udce9", "\\xe9") for name in HOSTILE}


def test_since_when_is_what_the_store_has_seen(tmp_path):
    store = store_of(tmp_path / "store", {
        "2026-01-05": [csv_row("2026-01-05", 1)],
        "2026-01-09": [csv_row("2026-01-09", 1), csv_row("2026-01-09", 2)]})
    page = tmp_path / "page.html"

    def seen():
        return {s["ip"]: (s["first_seen"][:10], s["last_seen"][:10])
                for s in data_of(page)[1]["services"]}

    report("html", "--store", store, "-o", page)
    assert seen() == {"192.0.2.1": ("2026-01-05", "2026-01-09"),
                      "192.0.2.2": ("2026-01-09", "2026-01-09")}
    report("html", "--store", store, "-o", page, "--to", "2026-01-05")
    assert seen() == {"192.0.2.1": ("2026-01-05", "2026-01-09")}


def test_days_and_owners_are_chosen(pages, tmp_path):
    page = tmp_path / "page.html"
    store = pages / "hostile"
    report("html", "--store", store, "-o", page, "--to", "2026-01-05")
    overview, services = data_of(page)
    assert overview["days"] == ["2026-01-05"] and services["total"] == 1
    owners = tmp_path / "owners.ini"
    owners.write_text("[ours]\nprefixes = 192.0.2.1/32\n[theirs]\nprefixes = 192.0.2.2/31\n")
    report("html", "--store", store, "-o", page, "--owners", owners, "--owner", "theirs")
    overview, services = data_of(page)
    assert overview["owner"] == "theirs"
    assert ["services", [0, 2]] in overview["groups"]["total"]["keys"]
    assert sorted(s["ip"] for s in services["services"]) == ["192.0.2.2", "192.0.2.3"]
    assert "192.0.2.1" not in page.read_text(errors="replace")


@pytest.mark.parametrize("args, says", [
    (["--from", "2026-01-06", "--to", "2026-01-05"], "--from is after --to"),
    (["--owner", "x"], "--owners FILE and --owner NAME together"),
    (["--from", "soon"], "want a day"),
])
def test_a_wrong_option_is_said_and_nothing_is_written(pages, tmp_path, args, says):
    page = tmp_path / "page.html"
    page.write_text("old")
    done = report("html", "--store", pages / "hostile", "-o", page, *args, status=2)
    assert says in done.stderr and len(done.stderr.splitlines()) == 1
    assert page.read_text() == "old"


def test_a_full_disk_leaves_the_old_page(pages):
    done = report("html", "--store", pages / "hostile", "-o", "/dev/full", status=4)
    assert "No space left" in done.stderr


def test_a_missing_segment_is_said_on_the_page(pages, tmp_path):
    store = tmp_path / "store"
    shutil.copytree(pages / "hostile", store)
    for file in (store / "2026-01-06").glob("*"):
        file.unlink()
    page = tmp_path / "page.html"
    report("html", "--store", store, "-o", page)
    overview, services = data_of(page)
    assert overview["incomplete"] == ["2026-01-06"]
    assert services["unreadable"] and services["services"] == []


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_a_store_that_cannot_be_written_to_gives_the_same_page(pages, open_path):
    store = shutil.copytree(pages / "hostile", open_path / "store")
    subprocess.run(["chmod", "-R", "a+rX", store], check=True)
    # The tree may stand in a folder that is closed to others.
    program = shutil.copy(COAPSCOPE, open_path)
    done = subprocess.run([program, "report", "html", "--store", store], check=False,
                          capture_output=True, user=65534, group=65534, timeout=60,
                          cwd="/", env={"PATH": os.environ["PATH"]})
    assert done.returncode == 0, done.stderr
    page = open_path / "page.html"
    page.write_bytes(done.stdout)
    assert data_of(page)[1]["total"] == 6


def test_the_bundle_is_what_its_source_makes(tmp_path):
    """In a copy, so that the tree stays as it is."""
    web = tmp_path / "web"
    shutil.copytree(ROOT / "web", web, ignore=shutil.ignore_patterns("node_modules", "dist"))
    for command in (["npm", "ci", "--silent", "--ignore-scripts"], ["node", "build.js", "dist"],
                    ["npm", "test", "--silent"]):
        done = subprocess.run(command, cwd=web, check=False, capture_output=True, text=True,
                              timeout=300)
        assert done.returncode == 0, done.stdout + done.stderr
    made = {f.name: f.read_bytes() for f in (web / "dist").iterdir()}
    there = {f.name: f.read_bytes() for f in DIST.iterdir()}
    assert made.keys() == there.keys()
    assert [n for n in made if made[n] != there[n]] == [], "run `make web`"
    assert re.findall(rb"https?://(?!www\.w3\.org)[^\"'`\\)\s]+", there["page.html"]) == \
        re.findall(rb"https?://(?!www\.w3\.org)[^\"'`\\)\s]+", there["page.js"])
    assert not re.search(rb"<(?:link|script|img|iframe)[^>]+(?:src|href)=\"(?!data:|#)", there["page.html"])
