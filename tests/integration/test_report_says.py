# SPDX-License-Identifier: Apache-2.0
"""What the verbs of report say before they do it, and where there is nothing to do."""
import subprocess

import pytest

from lab import COAPSCOPE

ROWS = ("timestamp,ip,protocol,port,response,response_size\n"
        "2026-01-05 00:00:01,192.0.2.1,udp,5683,</a>,20\n"
        "2026-01-06 00:00:01,192.0.2.1,udp,5683,</a>,20\n")


def run(*args):
    return subprocess.run([COAPSCOPE, "report", *map(str, args)], text=True, check=False,
                          timeout=30, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


@pytest.fixture(name="store")
def fixture_store(tmp_path):
    (tmp_path / "r.csv").write_text(ROWS)
    done = run("import", "--store", tmp_path / "store", tmp_path / "r.csv")
    assert done.returncode == 0, done.stderr
    return tmp_path / "store"


def files(store):
    return {p: p.stat().st_size for p in store.rglob("*.db")}


def test_a_dry_run_says_what_prune_would_remove(store):
    before = files(store)
    done = run("prune", "--store", store, "--keep", "30d", "--dry-run")
    assert done.returncode == 0
    assert "2 days before " in done.stderr
    assert "(2026-01-05 to 2026-01-06) would be removed: 2 segments, " in done.stderr
    assert files(store) == before
    done = run("prune", "--store", store, "--keep", "30d")
    assert "(2026-01-05 to 2026-01-06) removed: 2 segments, " in done.stderr
    assert not list(store.glob("2026-01-*"))


def test_help_goes_before_a_verb_too():
    assert run("help", "diff").stdout == run("diff", "--help").stdout != ""
    assert run("help").stdout == run("--help").stdout != ""
    done = run("help", "nothing")
    assert done.returncode == 2 and "no report 'nothing': want csv, " in done.stderr


def test_a_page_of_no_days_is_said(store, tmp_path):
    done = run("html", "--store", store, "-o", tmp_path / "p.html", "--from", "2026-02-01")
    assert done.returncode == 0
    assert "no data between --from and --to: the store has 2026-01-05 to 2026-01-06" in done.stderr
    done = run("html", "--store", store, "-o", tmp_path / "p.html", "--from", "2026-01-06")
    assert done.returncode == 0 and done.stderr == ""
