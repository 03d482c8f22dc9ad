# SPDX-License-Identifier: Apache-2.0
"""What a scan keeps, and what is left of it when it is killed, stopped or cramped."""
import contextlib
import os
import random
import signal
import socket
import sqlite3
import subprocess
import time

import pytest

from lab import COAPSCOPE, sh, wait_until

KILLS = 30


def links(q):
    yield q.ack(payload=b"</x>")


def some(ip):
    """About every 20th address of 127.8.0.0/20 answers."""
    return links if ip.startswith("127.8.") and hash_of(ip) % 20 == 0 else None


def hash_of(ip):
    _, _, c, d = map(int, ip.split("."))
    return (c * 256 + d) * 2654435761 >> 7


ANSWERING = {ip for ip in (f"127.8.{c}.{d}" for c in range(16) for d in range(256)) if some(ip)}


def keys(run):
    """(ip, port) of the rows, each once."""
    found = [(row["ip"], row["port"]) for row in run.rows]
    assert len(set(found)) == len(found)
    return set(found)


WANT = {(ip, 5683) for ip in ANSWERING}


@pytest.fixture
def net(lab):
    net = lab.net()
    net.devices = lab.devices(net, some)
    return net


def files(store):
    return sorted(str(p.relative_to(store)) for p in store.rglob("*") if p.is_file())


# --- killed at any moment

@pytest.mark.parametrize("part", range(KILLS // 5))
def test_killed_at_any_moment_and_resumed_a_scan_finds_the_same(lab, net, part):
    """Two chunks of a second each, five scans at a time, killed one in each fifth of them."""
    dice = random.Random(part)
    stores = [lab.dir / f"store{i}" for i in range(5)]
    began = [lab.start(net, "127.8.0.0/20", "-p5683,5685", "-c1", "-r4000", f"-e{i}",
                       store=store, meta=False) for i, store in enumerate(stores)]
    moments = [dice.uniform(fifth, fifth + 1) * 0.72 for fifth in range(5)]
    start = time.monotonic()
    for i, moment in enumerate(moments):
        time.sleep(max(0, start + moment - time.monotonic()))
        began[i].signal(signal.SIGKILL)
        began[i].process.wait()
    resumed = [lab.start(net, "--resume", "last", store=store)
               for store in stores if known(store)]
    assert len(resumed) >= 3  # the others had not yet entered themselves
    for run in [running.wait().ok() for running in resumed]:
        assert keys(run) == WANT
        assert run.meta["chunks"] == {"closed": 2, "open": 0}
        assert run.meta["results"] == len(WANT)


def known(store):
    """Whether the store's catalogue has a scan."""
    catalogue = store / "catalog.db"
    if not catalogue.exists():
        return False
    probe = subprocess.run([COAPSCOPE, "scan", "--resume", "last", "--dry-run", "--store",
                            str(store)], capture_output=True, text=True)
    return "no such scan" not in probe.stderr


def test_resume_writes_all_results_into_the_output_those_before_too(lab, net):
    """Six chunks of a second each; the first is closed a second after its last probe, two
    seconds before the kill: a busy machine may be late."""
    args = ("127.8.0.0/20", "-p5683,5685-5689", "-c1", "-r4000", "-e1")
    running = lab.start(net, *args, meta=False)
    time.sleep(4)
    running.signal(signal.SIGKILL)
    running.process.wait()
    out = lab.dir / "all.csv"
    run = lab.scan(net, "--resume", "last", "-o", out, "-O", "csv").ok()
    assert run.out == ""
    lines = out.read_text().splitlines()
    assert lines[0].startswith('"timestamp"')
    assert {line.split(",")[2] for line in lines[1:]} == ANSWERING
    assert len(lines) == 1 + len(ANSWERING)
    # What was closed before the kill is not asked again.
    assert run.meta["probes_sent"] < 6 * 4096


def test_a_finished_scan_that_is_resumed_asks_nothing_and_shows_its_rows(lab, net):
    first = lab.scan(net, "127.8.0.0/24", "-c1").ok()
    asked = len(net.devices.heard)
    for which in ("last", first.meta["scan"]):
        run = lab.scan(net, "--resume", which).ok()
        assert run.rows == first.rows
        assert len(net.devices.heard) == asked and run.meta["probes_sent"] == 0


def test_resume_while_it_runs_is_an_error(lab, net):
    running = lab.start(net, "127.8.0.0/20", "-c1", "-r2000")
    wait_until(lambda: len(net.devices.heard) > 100)
    run = lab.scan(net, "--resume", "last", meta=False)
    assert run.status == 4
    assert run.err == "coapscope scan: this scan is being run by another process\n"
    assert keys(running.wait().ok()) == WANT


def test_resume_of_what_is_not_there(lab, net):
    for which, words in (("last", "no such scan"), ("0" * 32, "no such scan"),
                         ("yesterday", "want a scan's id (32 hex digits) or 'last'")):
        run = lab.scan(net, "--resume", which, meta=False)
        assert run.status == 2 and words in run.err and run.err.count("\n") == 1


def test_resume_takes_no_targets(lab, net):
    run = lab.scan(net, "--resume", "last", "127.0.0.1", meta=False)
    assert run.status == 2 and run.err.count("\n") == 1 and "--resume" in run.err


def test_writing_the_results_again_leaves_the_stored_scan_as_it_was(lab, net):
    def stored():
        with contextlib.closing(sqlite3.connect(lab.store / "catalog.db")) as db:
            return db.execute("SELECT * FROM scan").fetchall()
    lab.scan(net, "127.8.0.0/24", "-c1", "--exclude", "127.8.0.9").ok()
    before = stored()
    assert '"probes_sent":255,' in str(before)
    assert lab.scan(net, "--resume", "last", "-O", "csv").ok().meta["probes_sent"] == 0
    assert stored() == before


def test_resume_keeps_to_the_plan(lab, net):
    seed = lab.scan(net, "127.8.0.0/24", "-c1", "-P2").ok().meta["seed"]
    for option, value in (("--target-port", 5684), ("--seed", seed ^ 1), ("--probes", 1),
                          ("--token", 1), ("--max-targets", 9), ("--shards", 2)):
        run = lab.scan(net, "--resume", "last", option, value, meta=False)
        assert run.status == 2 and run.err.count("\n") == 1 and option in run.err
    same = lab.scan(net, "--resume", "last", "--seed", seed, "-P2", "--cooldown-time", "3",
                    env={"COAPSCOPE_SCAN_TOKEN": "4"}).ok()
    assert same.meta["cooldown_s"] == 3 and same.meta["token"] == 0


@pytest.mark.parametrize("how", ["option", "file"])
def test_resume_asks_nobody_who_is_excluded_by_now(lab, net, how):
    """Who asked to be left out after the scan began is not asked by the rest of it."""
    first = lab.start(net, "127.8.0.0/20", "-c1", "-r1000")
    wait_until(lambda: len(net.devices.heard) > 100)
    first.signal()
    first.wait().ok()
    asked = len(net.devices.heard)
    late = lab.dir / "late.txt"
    late.write_text("127.9.0.0/16\n127.8.3.0/24 # by mail\n")
    args = ["--exclude", "127.8.3.0/24"] if how == "option" else ["--exclude-file", late]
    run = lab.scan(net, "--resume", "last", *args, meta=False)
    assert run.status == 3 and run.err.count("\n") == 1
    assert "127.8.3.0 is excluded by now" in run.err and "want a new scan" in run.err
    assert len(net.devices.heard) == asked
    # An exclude that has nothing to do with it changes nothing.
    assert keys(lab.scan(net, "--resume", "last", "--exclude", "127.9.0.0/16").ok()) == WANT
    # What is done sends nothing, and its results may be shown again.
    asked = len(net.devices.heard)
    assert keys(lab.scan(net, "--resume", "last", *args).ok()) == WANT
    assert len(net.devices.heard) == asked


def test_the_same_question_at_another_rate_is_another_plan(lab, net):
    """Both go into one store, and each is resumed as it was begun."""
    for rate, most in ((0, 0), (50, 90), (70, 200)):
        run = lab.scan(net, "127.8.0.0/24", "-c1", "-e7", "-r", rate, "-n", most, "-t1").ok()
        shown = lab.scan(net, "--resume", run.meta["scan"], "--dry-run", meta=False).ok().out
        assert f"probes      {most or 256}, 1 to each of" in shown
        assert (f"rate        {rate} packets/s" if rate else "rate        unpaced") in shown


def test_a_stored_plan_that_was_changed_is_not_asked(lab, net):
    """Its ranges still ascend, only they are others: the hash tells."""
    lab.scan(net, "127.8.0.0/24", "-c1").ok()
    asked = len(net.devices.heard)
    with sqlite3.connect(lab.store / "catalog.db") as db:
        plan, = db.execute("SELECT bytes FROM plan").fetchone()
        at = plan.index(socket.inet_aton("127.8.0.255"))
        db.execute("UPDATE plan SET bytes = ?",
                   (plan[:at] + socket.inet_aton("127.8.9.255") + plan[at + 4:],))
    run = lab.scan(net, "--resume", "last", meta=False)
    assert run.status == 4 and "the stored plan is damaged" in run.err
    assert len(net.devices.heard) == asked


def test_two_scans_at_once_into_one_store(lab, net):
    began = [lab.start(net, "127.8.0.0/20", "-c1", f"-e{i}") for i in range(3)]
    runs = [running.wait().ok() for running in began]
    assert all(keys(run) == WANT for run in runs)
    assert len({run.meta["scan"] for run in runs}) == 3
    for run in runs:  # all are kept
        assert keys(lab.scan(net, "--resume", run.meta["scan"]).ok()) == WANT


def test_no_store_keeps_nothing(lab, net):
    run = lab.scan(net, "127.8.0.0/24", "-c1", "--no-store", store=False).ok()
    assert run.rows and not lab.store.exists()


# --- stopped

def test_a_signal_drains_commits_and_says_so(lab, net):
    running = lab.start(net, "127.8.0.0/20", "-c1", "-r1500")
    wait_until(lambda: len(net.devices.heard) > 1000)
    running.signal()
    at = time.monotonic()
    run = running.wait().ok()
    assert 0.9 < time.monotonic() - at < 4
    assert "stopped by a signal; --resume last goes on from there" in run.err
    assert 0 < len(run.rows) < len(WANT)
    assert run.meta["end"] == "signal" and run.meta["chunks"] == {"closed": 0, "open": 1}
    assert keys(lab.scan(net, "--resume", "last", "-r0").ok()) == WANT


def sums(store):
    """How many sums the catalogue has of its days."""
    with sqlite3.connect(f"file:{store}/catalog.db?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM summary").fetchone()[0]


def seen(store):
    with sqlite3.connect(f"file:{store}/seen.db?mode=ro", uri=True) as db:
        return db.execute("SELECT count(*) FROM seen").fetchone()[0]


def test_a_scan_adds_up_its_day_and_knows_since_when(lab, net):
    run = lab.scan(net, "127.8.0.0/24", "-c1").ok()
    assert sums(lab.store) > 0 and seen(lab.store) == len(run.rows) > 0
    lab.scan(net, "127.8.1.0/24", "-c1").ok()
    assert seen(lab.store) > len(run.rows)


def test_a_day_that_cannot_be_added_up_is_a_warning_and_no_failed_scan(lab, net):
    lab.scan(net, "127.8.0.0/24", "-c1").ok()
    (lab.store / "seen.db").write_bytes(b"no list of anything" * 100)
    run = lab.scan(net, "127.8.1.0/24", "-c1").ok()
    assert "is stored, but not added up: " in run.err and "seen.db" in run.err
    assert run.rows and run.meta["chunks"]["closed"] == 1


def test_a_second_signal_cuts_the_waiting(lab, net):
    running = lab.start(net, "127.8.0.0/20", "-c60", "-r1500")
    wait_until(lambda: len(net.devices.heard) > 1000)
    running.signal()
    time.sleep(0.2)
    running.signal(signal.SIGTERM)
    at = time.monotonic()
    run = running.wait(20).ok()
    assert time.monotonic() - at < 3
    assert "second signal" in run.err
    assert 0 < len(run.rows) < len(WANT)  # what had come is kept
    assert not (lab.store / "seen.db").exists()  # and added up by who reads it


def test_max_results_stops_and_says_so(lab, net):
    run = lab.scan(net, "127.8.0.0/20", "-c1", "-r1000", "-N5").ok()
    assert len(run.rows) == 5 and "stopped by --max-results" in run.err
    assert run.meta["probes_sent"] < 4096


def test_max_runtime_stops_and_says_so(lab, net):
    at = time.monotonic()
    run = lab.scan(net, "127.8.0.0/20", "-c1", "-r1000", "-t1").ok()
    assert time.monotonic() - at < 4 and "stopped by --max-runtime" in run.err
    assert 500 < run.meta["probes_sent"] < 1600


def test_max_targets_asks_no_more(lab, net):
    run = lab.scan(net, "127.8.0.0/20", "-c1", "-r0", "-n100").ok()
    assert run.meta["probes_sent"] == 100 and len({h.ip for h in net.devices.heard}) == 100


def test_shards_are_disjoint_and_whole_together(lab, net):
    began = [lab.start(net, "127.8.0.0/20", "-c1", "-r0", "-e9", "--shards", 4, "--shard", i)
             for i in range(4)]
    runs = [running.wait().ok() for running in began]
    assert sum(len(run.rows) for run in runs) == len(WANT)
    assert set().union(*map(keys, runs)) == WANT
    assert [run.meta["probes_sent"] for run in runs] == [1024] * 4
    assert len({run.meta["plan_hash"] for run in runs}) == 1
    assert sorted(h.ip for h in net.devices.heard) == sorted({h.ip for h in net.devices.heard})


def test_the_same_seed_gives_the_same_order(lab, net):
    orders = []
    for seed in (4, 4, 5):
        net.devices.heard.clear()
        lab.scan(net, "127.8.4.0/24", "-c1", "-r0", "-e", seed).ok()
        orders.append([h.ip for h in net.devices.heard if h.data[1] == 1])
    assert orders[0] != sorted(orders[0])
    # Sockets are read one after the other, so that neighbours may change places.
    assert orders[0] == orders[1] and sorted(orders[1]) == sorted(orders[2])
    assert orders[1] != orders[2]


# --- cramped

@pytest.fixture
def small(lab):
    """A folder of 96 KiB."""
    folder = lab.dir / "small"
    folder.mkdir()
    sh(f"mount -t tmpfs -o size=96k none {folder}")
    yield folder
    sh(f"umount -l {folder}")


def talkative(q):
    yield q.ack(payload=os.urandom(1000))


def test_a_full_disk_of_the_store_is_an_error_and_no_silence(lab, small):
    net = lab.net()
    lab.devices(net, lambda ip: talkative)
    sh(f"mount -o remount,size=1m {small}")
    run = lab.scan(net, "127.8.0.0/20", "-c1", "-r0", store=small / "store")
    assert run.status == 4
    assert "store" in run.err and ("full" in run.err or "No space" in run.err), run.err
    # With room it goes on.
    sh(f"mount -o remount,size=64m {small}")
    run = lab.scan(net, "--resume", "last", "-r0", store=small / "store").ok()
    assert len(run.rows) == 4096 and run.meta["chunks"] == {"closed": 1, "open": 0}


def test_a_full_disk_of_the_output_is_an_error_and_leaves_nothing_behind(lab, small):
    net = lab.net()
    lab.devices(net, lambda ip: talkative)
    out = small / "found.jsonl"
    out.write_text("before\n")
    run = lab.scan(net, "127.8.0.0/24", "-c1", "-r0", "-o", out, meta=False)
    assert run.status == 4 and "No space left on device" in run.err
    assert out.read_text() == "before\n"
    assert os.listdir(small) == ["found.jsonl"]
    # The store has it all the same.
    run = lab.scan(net, "--resume", "last")
    if run.status == 2:
        stored = sqlite_rows(lab.store)
        assert stored == 256
    else:
        assert len(run.ok().rows) == 256


def sqlite_rows(store):
    count = 0
    for name in files(store):
        if name not in ("catalog.db", "seen.db") and name.endswith(".db"):
            with sqlite3.connect(f"file:{store / name}?mode=ro", uri=True) as db:
                count += db.execute("SELECT count(*) FROM result").fetchone()[0]
    return count


@pytest.mark.parametrize("how", ["csv", "jsonl", "table"])
def test_a_closed_pipe_is_an_error(lab, how):
    net = lab.net()
    lab.devices(net, lambda ip: talkative)
    read, write = os.pipe()
    running = lab.start(net, "127.8.0.0/22", "-c1", "-r0", "-O", how, stdout=write, meta=False)
    os.close(write)
    os.close(read)
    run = running.wait()
    assert run.status == 4
    assert "Broken pipe" in run.err


# --- a store that is none of ours

def test_a_damaged_store_is_an_error(lab, net):
    lab.scan(net, "127.8.0.0/28", "-c1").ok()
    catalogue = lab.store / "catalog.db"
    good = catalogue.read_bytes()
    for bad in (b"not a database, by far" * 40, good[:100] + os.urandom(len(good) - 100)):
        for name in lab.store.iterdir():
            if name.name.startswith(catalogue.name + "-"):
                name.unlink()
        catalogue.write_bytes(bad)
        run = lab.scan(net, "127.8.0.0/28", "-c1", meta=False)
        assert run.status == 4, run.err
        assert "store" in run.err and run.err.count("\n") == 1, run.err


def test_a_foreign_database_is_left_alone(lab, net):
    lab.store.mkdir()
    lab.scan(net, "127.8.0.0/28", "-c1").ok()
    name = "catalog.db"
    foreign = lab.dir / "foreign"
    foreign.mkdir()
    with sqlite3.connect(foreign / name) as db:
        db.execute("CREATE TABLE mine (a)")
    before = (foreign / name).read_bytes()
    run = lab.scan(net, "127.8.0.0/28", "-c1", store=foreign, meta=False)
    assert run.status == 4 and run.err.count("\n") == 1
    assert (foreign / name).read_bytes() == before


def test_a_newer_store_is_left_alone(lab, net):
    lab.scan(net, "127.8.0.0/28", "-c1").ok()
    catalogue = lab.store / "catalog.db"
    with sqlite3.connect(catalogue) as db:
        version = db.execute("PRAGMA user_version").fetchone()[0]
        db.execute(f"PRAGMA user_version = {version + 1}")
    run = lab.scan(net, "127.8.0.0/28", "-c1", meta=False)
    assert run.status == 4 and run.err.count("\n") == 1 and "schema" in run.err


def test_a_store_that_cannot_be_made(lab, net):
    blocker = lab.dir / "file"
    blocker.write_text("")
    run = lab.scan(net, "127.0.0.1", store=blocker / "store", meta=False)
    assert run.status == 4 and str(blocker / "store") in run.err and run.err.count("\n") == 1
