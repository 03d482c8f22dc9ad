# SPDX-License-Identifier: Apache-2.0
"""protect apply, confirm, undo: nobody is locked out, whoever is killed when."""
import concurrent.futures
import datetime
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import threading
import time

import pytest

import lab
from protected import FOREIGN, POLICY, Host, briefly, comm, lives

LANES = 6  # hosts that are worked on at a time
PLAIN = ("--strangers", "drop")  # quickly proved


@pytest.fixture(autouse=True)
def _here(namespaces_work):
    """Root and namespaces, or the test is left out."""


# --- in time, and not ---


def test_without_a_confirmation_everything_is_as_before(host):
    seconds, done = host.briefly(*POLICY)
    assert host.marks() == ["pending"]
    assert "confirm" in done.stderr and done.stdout == ""
    # Counted from when the rules came into force, which is before apply is back.
    host.is_as_before(within=seconds + 2)
    assert host.protect("confirm", rc=3).stderr.count("\n") == 1
    host.is_as_before()


def test_what_is_confirmed_stays_until_undo(host):
    seconds, _ = host.briefly(*POLICY)
    host.protect("confirm")
    assert host.marks() == ["kept"]
    assert host.pids() == []
    kept = host.ours()
    assert "pending" in host.protect("confirm", rc=3).stderr
    time.sleep(seconds + 0.5)
    assert host.ours() == kept
    host.protect("undo")
    host.is_as_before()
    assert "nothing" in host.protect("undo").stderr
    host.is_as_before()


def test_undo_takes_back_what_is_pending_and_its_helper(host):
    host.protect("apply", *PLAIN)
    host.protect("undo")
    host.is_as_before()
    assert "nothing is pending" in host.protect("confirm", rc=3).stderr


def test_a_policy_that_was_confirmed_holds_again_when_the_next_is_not(host):
    host.protect("apply", *POLICY, "--confirm-within", 60)
    host.protect("confirm")
    kept = host.ours()
    seconds, _ = host.briefly("--strangers", "limit")
    assert host.marks() == ["pending"]
    host.nft("table ip late {\n chain c {\n }\n}\n")
    lab.wait_until(lambda: host.marks() == ["kept"], seconds + 3)
    lab.wait_until(lambda: not host.pids())
    assert host.ours() == kept
    assert "table ip late" in host.listing()
    host.protect("undo")
    host.nft("delete table ip late")
    host.is_as_before()


def test_the_helper_needs_nobody(host):
    def apply(seconds):
        process = host.start("apply", *PLAIN, "--confirm-within", seconds)
        out, err = process.communicate(timeout=30)  # its end closes the streams for good
        assert out == ""
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    seconds, _ = briefly(apply, lambda: host.protect("status"), host.pids)
    pid = host.helper()
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    session, terminal = int(fields[3]), int(fields[4])
    assert session != os.getsid(0) and terminal == 0
    files = {os.readlink(f) for f in pathlib.Path(f"/proc/{pid}/fd").iterdir()}
    assert {f for f in files if f.startswith("/")} <= {
        "/dev/null", *(f for f in files if f.endswith("/helper"))}
    assert os.readlink(f"/proc/{pid}/cwd") == "/"
    for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT, signal.SIGPIPE):
        os.kill(pid, number)
    time.sleep(0.1)
    assert lives(pid) and host.marks() == ["pending"]
    host.is_as_before(within=seconds + 2)


def test_who_ends_the_helper_has_the_rules_taken_back_now(host):
    host.protect("apply", *PLAIN, "--confirm-within", 600)
    os.kill(host.helper(), signal.SIGTERM)
    host.is_as_before(within=3)


def test_without_its_helper_the_kernel_alone_ends_it(host):
    seconds, _ = host.briefly(*PLAIN)
    os.kill(host.helper(), signal.SIGKILL)
    lab.wait_until(lambda: not host.pids())
    lab.wait_until(lambda: host.elements("trial") == "", seconds + 3)
    assert "too late" in host.protect("confirm", rc=3).stderr
    assert json.loads(host.protect("status").stdout)["state"] == "expired"
    host.protect("undo")
    host.is_as_before()


def test_without_its_helper_it_can_be_confirmed_in_time(host):
    host.protect("apply", *PLAIN, "--confirm-within", 20)
    os.kill(host.helper(), signal.SIGKILL)
    host.protect("confirm")
    assert host.marks() == ["kept"]


def test_the_next_apply_clears_up_what_a_killed_helper_left(host):
    seconds, _ = host.briefly(*PLAIN)
    os.kill(host.helper(), signal.SIGKILL)
    lab.wait_until(lambda: host.elements("trial") == "", seconds + 3)
    host.protect("apply", "--strangers", "limit", "--confirm-within", 1)
    host.is_as_before(within=4)


def test_what_was_pending_when_the_rules_were_flushed_is_void(host):
    """As after a reboot in the middle of it."""
    host.protect("apply", *PLAIN, "--confirm-within", 1)
    host.nft("flush ruleset\n" + FOREIGN)
    now = host.listing()
    assert "nothing is pending" in host.protect("confirm", rc=3).stderr
    lab.wait_until(lambda: not host.pids(), 4)
    assert host.listing() == now


@pytest.mark.parametrize("verb", ["undo", "reset", "apply"])
def test_a_helper_whose_rules_somebody_took_out_is_in_nobodys_way(host, verb):
    host.protect("apply", *PLAIN, "--confirm-within", 60)
    host.nft("delete table inet coapscope")
    host.protect(verb)
    if verb == "apply":
        assert len(host.pids()) == 1  # its own
        host.protect("undo")
    host.is_as_before()


# --- two at a time ---


def test_of_two_at_a_time_one_is_refused(host):
    both = [host.start("apply", *PLAIN, "--confirm-within", 2) for _ in range(2)]
    said = [p.communicate(timeout=30)[1] for p in both]
    assert sorted(p.returncode for p in both) == [0, 3], said
    refused = said[[p.returncode for p in both].index(3)]
    assert re.search("pending|changing the rules", refused)
    host.is_as_before(within=5)


def test_an_apply_while_one_is_pending_is_refused(host):
    host.protect("apply", *POLICY, "--confirm-within", 20)
    now = host.ours()
    assert "pending" in host.protect("apply", "--strangers", "limit", rc=3).stderr
    assert host.ours() == now
    # It is in force since the kernel counts, not since it was proved.
    said = json.loads(host.protect("status").stdout)
    at, since, until = (datetime.datetime.fromisoformat(said[key])
                        for key in ("time", "since", "pending_until"))
    assert abs((until - since).total_seconds() - 20) < 0.05
    assert abs((until - at).total_seconds() - said["pending_left_seconds"]) < 0.05
    host.protect("confirm")
    host.protect("undo")
    host.is_as_before()


def test_of_many_confirmations_and_an_end_one_wins(host):
    """The kernel decides: what was said to be confirmed is, what was not is not."""
    for _ in range(3 if lab.NIGHTLY else 1):
        host.protect("apply", *PLAIN, "--confirm-within", 1)
        time.sleep(0.75)
        many = [host.start("confirm") for _ in range(3)]
        for process in many:
            process.communicate(timeout=30)
        codes = sorted(p.returncode for p in many)
        time.sleep(0.5)
        lab.wait_until(lambda: not host.pids(), 4)
        assert codes in ([0, 3, 3], [3, 3, 3])
        assert host.marks() == (["kept"] if codes[0] == 0 else [])
        host.protect("undo")
        host.is_as_before()


# --- somebody is killed ---


def steps(tmp_path):
    """What apply asks of the kernel, in order: [(name, which one of that name)]."""
    trace, counts, found = tmp_path / "trace", {}, []
    with Host(tmp_path / "traced") as host:
        process = host.start("apply", *PLAIN, "--confirm-within", 1,
                             before=("strace", "-qq", "-o", str(trace)))
        err = process.communicate(timeout=60)[1]
        assert process.returncode == 0, err
        host.is_as_before(within=5)
    for line in trace.read_text().splitlines():
        name = re.match(r"(\w+)\(", line)
        if name and name[1] not in ("execve", "exit_group", "brk", "close"):
            counts[name[1]] = counts.get(name[1], 0) + 1
            found.append((name[1], counts[name[1]]))
    return found


def spread(items, n):
    return [items[i * len(items) // n] for i in range(n)]


def in_lanes(function, items):
    with concurrent.futures.ThreadPoolExecutor(LANES) as pool:
        return list(pool.map(function, items))


def killed_at(tmp_path, step, *options):
    """A host whose apply was killed there; whether it was."""
    name, number = step
    host = Host(tmp_path / f"{name}-{number}")
    process = host.start("apply", *PLAIN, "--confirm-within", 1,
                         before=("strace", "-qq", "-o", "/dev/null", *options, "-e",
                                 f"inject={name}:signal=KILL:when={number}"))
    process.communicate(timeout=60)
    return host, process.returncode


def test_apply_killed_at_any_step_leaves_everything_as_before(tmp_path):
    all_steps = steps(tmp_path)
    # From the moment that a helper is there each step counts.
    first = next(i for i, s in enumerate(all_steps) if s[0] == "socketpair")

    def once(step):
        host, status = killed_at(tmp_path, step)
        with host:
            host.is_as_before(within=5)
            host.protect("apply", *PLAIN, "--confirm-within", 30)
            host.protect("undo")
            host.is_as_before()
        return status

    early, late = (14, 22) if lab.NIGHTLY else (4, 10)
    chosen = spread(all_steps[:first], early) + spread(all_steps[first:], late)
    ended = in_lanes(once, chosen)
    assert sum(status != 0 for status in ended) > len(chosen) // 2


def test_whoever_is_killed_at_any_step_no_rule_lasts(tmp_path):
    """apply, its helper, or the nft that one of them runs: each that comes to that step."""
    def once(step):
        host, _ = killed_at(tmp_path, step, "-f")
        with host:
            lab.wait_until(lambda: not host.pids(), 6)
            # What is left has no effect when its time is over, and is no obstacle.
            lab.wait_until(lambda: host.elements("trial") == "", 2)
            host.protect("undo")
            host.is_as_before()
            host.protect("apply", *PLAIN, "--confirm-within", 30)
            host.protect("undo")
            host.is_as_before()

    names = [("setsid", 1), ("sendto", 1), ("sendto", 2), ("recvfrom", 2),
             ("timerfd_settime", 1), ("sendmsg", 2), ("renameat", 2), ("flock", 2),
             ("unlink", 1)]
    more = [("socketpair", 1), ("clone", 1), ("sendto", 3), ("recvfrom", 1),
            ("timerfd_settime", 2), ("sendmsg", 1), ("renameat", 1),
            ("inotify_add_watch", 1), ("flock", 1)]
    in_lanes(once, names + lab.NIGHTLY * more)


def test_a_confirmation_killed_at_any_step_keeps_all_or_nothing(tmp_path):
    def once(step):
        name, number = step
        with Host(tmp_path / f"{name}-{number}") as host:
            host.protect("apply", *PLAIN, "--confirm-within", 2)
            process = host.start("confirm", before=(
                "strace", "-qq", "-o", "/dev/null", "-e",
                f"inject={name}:signal=KILL:when={number}"))
            process.communicate(timeout=60)
            lab.wait_until(lambda: not host.pids(), 6)
            marks = host.marks()
            assert marks in ([], ["kept"])
            state = json.loads(host.protect("status").stdout)["state"]
            # The file's turn may be last: then the next change finishes it.
            host.protect("deny", "192.0.2.77")
            host.protect("delete", 1)
            if marks:
                assert json.loads(host.protect("status").stdout)["state"] == "confirmed"
                assert (host.store / "protect/kept").exists()
            else:
                assert state == "none"
            host.protect("undo")
            if marks:
                host.is_as_before()

    names = [("renameat", 1), ("renameat", 2), ("fsync", 2), ("fsync", 3), ("unlink", 1),
             ("waitid", 2), ("waitid", 4)]
    more = [("fsync", 1), ("flock", 1), ("flock", 3), ("wait4", 1), ("waitid", 1),
            ("waitid", 3)]
    in_lanes(once, names + lab.NIGHTLY * more)


def test_killed_by_nobody_but_told_to_end(host):
    """SIGTERM and SIGHUP to apply, as a lost session sends them."""
    for number in (signal.SIGTERM, signal.SIGHUP):
        process = host.start("apply", *PLAIN, "--confirm-within", 1)
        time.sleep(0.05)
        process.send_signal(number)
        process.communicate(timeout=30)
        host.is_as_before(within=5)


# --- what was planned ---


def test_a_plan_is_applied_as_long_as_the_rules_are_those_that_it_was_made_for(host, tmp_path):
    plan = tmp_path / "plan"
    host.protect("plan", *POLICY, "-o", plan)
    host.is_as_before()
    # Counters that counted since are no change.
    host.net.sh("ping -q -c1 -W1 127.0.0.1")
    host.before = host.listing()
    # What is said beside it does not hold, and that is said; the same once more is fine.
    said = host.protect("apply", "--plan", plan, "--strangers", "limit").stderr
    assert "the policy is the plan's" in said and "192.0.2.0/24" in host.ours()
    host.protect("undo")
    seconds, done = host.briefly("--plan", plan, *POLICY)
    assert "the policy is the plan's" not in done.stderr
    assert "192.0.2.0/24" in host.ours()
    host.is_as_before(within=seconds + 3)
    host.nft("add rule inet foreign input tcp dport 99 accept")
    now = host.listing()
    refused = host.protect("apply", "--plan", plan, rc=3)
    assert "+ tcp dport 99 accept" in refused.stderr
    assert host.listing() == now and host.pids() == []


def test_a_plan_while_another_apply_is_pending_is_refused_by_that_and_not_by_its_rules(
        host, tmp_path):
    plan = tmp_path / "plan"
    host.protect("plan", *PLAIN, "-o", plan)
    host.protect("apply", "--plan", plan)
    refused = host.protect("apply", "--plan", plan, rc=3).stderr
    assert refused.count("\n") == 1 and "an earlier apply is pending for" in refused
    host.protect("undo")
    host.is_as_before(within=2)


def test_rules_that_somebody_changes_while_they_are_applied_are_refused(host):
    """Somebody who changes them all the time: either it comes out right, or not at all."""
    stop = threading.Event()

    def change():
        while not stop.is_set():
            host.nft("add table ip busy\nadd chain ip busy c\ndelete table ip busy\n"
                     "add table ip busy\nadd chain ip busy c\n"
                     "add rule ip busy c tcp dport 7 accept\n")
            host.nft("delete table ip busy")

    thread = threading.Thread(target=change)
    thread.start()
    try:
        codes = {host.command(*host.line("apply", *PLAIN, "--confirm-within", 1)).returncode
                 for _ in range(3 if lab.NIGHTLY else 1)}
    finally:
        stop.set()
        thread.join()
    assert codes <= {0, 3}
    host.is_as_before(within=5)


# --- the machine is not as wished ---


def test_a_table_of_that_name_that_is_not_ours_is_left_alone(tmp_path):
    with Host(tmp_path, FOREIGN + "table inet coapscope {\n chain mine {\n }\n}\n") as host:
        for words in (("apply", *POLICY), ("deny", "192.0.2.1"), ("undo",), ("reset",)):
            assert "not ours" in host.protect(*words, rc=3).stderr
        assert json.loads(host.protect("status").stdout)["state"] == "foreign"
        host.is_as_before()


def fill(folder):
    left = os.statvfs(folder)
    (folder / "filler").write_bytes(b"x" * (left.f_bavail * left.f_frsize))


def test_a_full_disk_changes_nothing(tmp_path):
    full = tmp_path / "full"
    full.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", full], check=True)
    try:
        with Host(full / "store") as host:
            fill(full)
            done = host.protect("apply", *PLAIN, rc=4)
            assert "No space left" in done.stderr and done.stderr.count("\n") == 1
            host.is_as_before()
            (full / "filler").unlink()
            host.protect("apply", *PLAIN, "--confirm-within", 30)
            fill(full)
            assert "No space left" in host.protect("confirm", rc=4).stderr
            assert host.marks() == ["pending"]
            (full / "filler").unlink()
            host.protect("confirm")
            assert host.marks() == ["kept"]
    finally:
        subprocess.run(["umount", full], check=True)


def test_without_nft_nothing_is_done_and_it_is_said(host, tmp_path):
    empty = tmp_path / "bin"
    empty.mkdir()
    for words in (("apply", *POLICY), ("confirm",), ("status",), ("undo",), ("deny", "192.0.2.1")):
        done = host.protect(*words, rc=4, env={"PATH": str(empty)})
        assert "nft" in done.stderr and done.stderr.count("\n") == 1
    host.is_as_before()


def test_an_nft_that_fails_in_the_middle_changes_nothing(host, tmp_path):
    """It takes the script for good, and then cannot load it."""
    bin_folder = tmp_path / "bin"
    bin_folder.mkdir()
    real = subprocess.run(["which", "nft"], text=True, capture_output=True,
                          check=True).stdout.strip()
    (bin_folder / "nft").write_text(
        "#!/bin/sh\n"
        f'if [ "$1" = -f ]; then echo "Error: no memory" >&2; exit 1; fi\nexec {real} "$@"\n')
    (bin_folder / "nft").chmod(0o755)
    # Where it is tried out beforehand it may be used as it is: rules of nobody's.
    done = host.protect("apply", *POLICY, rc=4, env={"PATH": f"{bin_folder}:/usr/bin:/bin"})
    assert "no memory" in done.stderr
    host.is_as_before(within=1)


def with_nft(host, folder, when, then):
    """An environment in which nft does something else first, in the host and when told so."""
    real = shutil.which("nft", path="/usr/sbin:/usr/bin:/sbin:/bin")
    here = host.net.sh("readlink /proc/self/ns/net").strip()
    (folder / "nft").write_text(
        f"#!/bin/sh\nif [ \"$(readlink /proc/self/ns/net)\" = '{here}' ] && {when}; then\n"
        f" {then}\nfi\nexec {real} \"$@\"\n".replace("NFT", real))
    (folder / "nft").chmod(0o755)
    return {"PATH": f"{folder}:/usr/sbin:/usr/bin:/sbin:/bin"}


@pytest.mark.parametrize("option", ["-t", "-s"])
def test_what_is_over_before_it_was_read_back_is_not_said_to_be_in_force(host, tmp_path,
                                                                         option):
    """Before it is looked whether it is there, and before whether it is as it was proved."""
    env = with_nft(host, tmp_path, f'[ "$*" = "{option} list ruleset" ] && '
                   "NFT list table inet coapscope >/dev/null 2>&1", "sleep 1.1")
    done = host.protect("apply", *PLAIN, "--confirm-within", 1, rc=3, env=env)
    assert "taken out again" in done.stderr and "--confirm-within" in done.stderr
    assert "in force" not in done.stderr
    host.is_as_before(within=3)


def test_a_table_that_goes_while_status_looks_is_none(host, tmp_path):
    host.protect("apply", *PLAIN, "--confirm-within", 30)
    env = with_nft(host, tmp_path, '[ "$*" = "-n list table inet coapscope" ]',
                   "NFT delete table inet coapscope")
    assert json.loads(host.protect("status", env=env).stdout)["state"] == "none"
    host.protect("undo")
    host.is_as_before()


def test_without_root_it_says_so(host):
    for words in (("apply", *POLICY), ("confirm",), ("status",), ("deny", "192.0.2.1")):
        done = host.command("setpriv", "--reuid", 65534, "--regid", 65534, "--clear-groups",
                            *host.line(*words))
        assert done.returncode == 4 and "root" in done.stderr
        assert done.stderr.count("\n") == 1
    host.is_as_before()


def test_a_store_of_somebody_else_is_not_believed(host):
    folder = host.store / "protect"
    folder.mkdir(parents=True)
    os.chown(folder, 65534, 65534)
    assert "belongs" in host.protect("apply", *PLAIN, rc=4).stderr
    folder.rmdir()
    # Nor is a link to somebody's, or what was put there while something is pending.
    host.store.joinpath("elsewhere").mkdir()
    folder.symlink_to("elsewhere")
    assert "belongs" in host.protect("apply", *PLAIN, rc=4).stderr
    folder.unlink()
    host.protect("apply", *PLAIN)
    folder.rename(host.store / "aside")
    folder.mkdir()
    os.chown(folder, 65534, 65534)
    assert "belongs" in host.protect("confirm", rc=4).stderr
    folder.rmdir()
    (host.store / "aside").rename(folder)
    host.protect("undo")
    host.is_as_before()


def test_a_file_of_somebody_else_is_not_believed(host):
    """Whoever owns the store can put a folder in the place of ours after it was looked at."""
    host.protect("apply", *POLICY, "--confirm-within", 30)
    host.protect("confirm")
    kept = host.store / "protect/kept"
    good = kept.rename(kept.with_name("good"))
    kept.symlink_to(good)
    assert "protect/kept:" in host.protect("status", rc=4).stderr
    kept.unlink()
    os.mkfifo(kept, 0o600)
    assert "want a file that belongs" in host.protect("status", rc=4).stderr
    kept.unlink()
    good.rename(kept)
    for owner, mode in ((65534, 0o600), (0, 0o620), (0, 0o602)):
        os.chown(kept, owner, 0)
        kept.chmod(mode)
        assert "want a file that belongs" in host.protect("status", rc=4).stderr
    kept.chmod(0o644)
    host.protect("status")
    host.protect("undo")
    host.is_as_before()


def test_damaged_files_do_not_stop_an_undo(host):
    host.protect("apply", *POLICY, "--confirm-within", 30)
    host.protect("confirm")
    kept = host.store / "protect/kept"
    kept.write_bytes(kept.read_bytes().replace(b"drop", b"dorp"))
    assert "checksum" in host.protect("status", rc=4).stderr
    assert "checksum" in host.protect("apply", *POLICY, rc=4).stderr
    host.protect("undo")
    host.is_as_before()


def test_a_backup_is_there_before_anything_is_changed(host):
    host.protect("apply", *PLAIN, "--confirm-within", 1)
    backups = list((host.store / "protect/backups").iterdir())
    assert len(backups) == 1
    assert re.fullmatch(r"\d{8}-\d{6}\.backup", backups[0].name)
    assert host.before in backups[0].read_text()
    host.is_as_before(within=4)


def test_many_prefixes_are_applied_within_a_second_each(host, tmp_path):
    config = tmp_path / "conf"
    prefixes = [f"10.{i // 256}.{i % 256}.0/25" for i in range(20000)]
    others = [f"2001:db8:{i:x}::/{48 + i % 80}" for i in range(300)]
    others += ["128.0.0.0/2", "192.0.2.0/31", "192.0.2.2", "2001:dba::1:0:0:1", "fe80::/10"]
    config.write_text("[protect]\nallow = 192.0.2.1\n" + "".join(
        f"  {', '.join((prefixes + others)[i:i + 8])}\n"
        for i in range(0, len(prefixes + others), 8)))
    host.protect("apply", "--config", config, "--confirm-within", 30)
    assert host.ours().count("/25") == 20000
    host.protect("confirm")
    # What is not read by nft in a plan is written as nft prints it.
    then = host.protect("plan", "--config", config).stdout.split("# Difference")[1]
    assert "element" not in then and "set kept_" in then
    host.protect("undo")
    host.is_as_before()


def test_the_store_need_not_be_named_twice(host):
    """Who confirms may have forgotten --store: what is in force knows where it is from."""
    host.protect("apply", *PLAIN, "--confirm-within", 30)
    done = host.command(lab.COAPSCOPE, "protect", "confirm")
    assert done.returncode == 0, done.stderr
    assert (host.store / "protect/kept").exists()
    done = host.command(lab.COAPSCOPE, "protect", "undo")
    assert done.returncode == 0, done.stderr
    assert not (host.store / "protect/kept").exists()
    host.is_as_before()


def test_the_names_of_our_processes_say_what_they_are(host):
    host.protect("apply", *PLAIN, "--confirm-within", 5)
    assert comm(host.helper()) == "coapscope-undo"
    host.protect("undo")
