# SPDX-License-Identifier: Apache-2.0
"""What the verbs of report say before they do it, and where there is nothing to do."""
import contextlib
import os
import socket
import subprocess
import termios

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


def on_a_terminal(*args):
    """What stands on a terminal that is standard error, and the exit status."""
    master, slave = os.openpty()
    with subprocess.Popen([COAPSCOPE, "report", *map(str, args)], stdin=subprocess.DEVNULL,
                          stdout=subprocess.DEVNULL, stderr=slave) as process:
        os.close(slave)
        said = b""
        with contextlib.suppress(OSError):  # how a terminal says that nobody has it open
            while piece := os.read(master, 4096):
                said += piece
        os.close(master)
        return said.decode(), process.wait(60)


def test_a_resolver_that_is_silent_is_waited_for_with_a_line(store):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        said, status = on_a_terminal("enrich", "--store", store, "--no-geoip", "--ptr", "--resolver",
                                     f"127.0.0.1:{silent.getsockname()[1]}")
    assert status == 0
    assert "\r\x1b[K2026-01-06: 0 of 1 rows enriched, 0 of 1 names asked for are known" in said
    assert "\r\x1b[K\x1b[" in said or "\r\x1b[Kcoapscope report: 2026-01-06: 1 rows enriched" in said


def test_an_import_says_how_far_it_is(tmp_path):
    head = ROWS.splitlines()[0]
    with (tmp_path / "many.csv").open("w") as file:
        file.write(head + "\n")
        for i in range(5000):
            file.write(f"2026-01-05 00:00:01,10.0.{i // 250}.{i % 250},udp,5683,</a>,20\n")
    said, status = on_a_terminal("import", "--store", tmp_path / "s", tmp_path / "many.csv")
    assert status == 0
    assert said.startswith("\r\x1b[K") and "many.csv: 0 rows read" in said
    assert said.count("\n") == 1 and "5000 rows of 2026-01-05" in said
    done = run("import", "--store", tmp_path / "t", tmp_path / "many.csv")
    assert "\x1b" not in done.stderr


def test_a_narrow_screen_has_whole_addresses_and_fewer_columns(store, tmp_path):
    (tmp_path / "w.csv").write_text(ROWS.splitlines()[0] + "\n2026-01-06 00:00:02,2001:db8:1111:2222"
                                    ":3333:4444:5555:6666,udp,5683,</a>,20\n")
    assert run("import", "--store", store, tmp_path / "w.csv").returncode == 0
    master, slave = os.openpty()
    termios.tcsetwinsize(slave, (24, 58))
    subprocess.run([COAPSCOPE, "report", "diff", "--store", store, "-O", "table"], check=False,
                   timeout=30, stdin=subprocess.DEVNULL, stdout=slave, stderr=subprocess.DEVNULL)
    os.close(slave)
    said = os.read(master, 65536).decode()
    os.close(master)
    assert "2001:db8:1111:2222:3333:4444:5555:6666  5683" in said and "FIRST SEEN" not in said
