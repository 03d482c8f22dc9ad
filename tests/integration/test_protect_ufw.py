# SPDX-License-Identifier: Apache-2.0
"""protect --backend ufw, with real ufw and real packets: closed, and nobody locked out."""
import json
import shutil
import signal
import time

import pytest

import ufw_files
import ufwed
import walled
from protected import briefly

STRANGER, STRANGER6, PEER = "198.18.7.7", "2a0f:18::7", "198.18.1.1"
ADVICE = ("allow 5683", "deny 5683/udp")


@pytest.fixture(autouse=True)
def _here(namespaces_work):
    """Root and namespaces, or the test is left out."""
    if ufw_files.why_not():
        pytest.skip(ufw_files.why_not())


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with ufwed.Ufw(tmp_path_factory.mktemp("ufw")) as it:
        yield it, it.files()


@pytest.fixture
def host(made):
    """The one that all tests share, as it was when it was made."""
    it, shipped = made
    yield it
    it.renew(shipped)


def answered(host, source, to=walled.HOST4, n=20, **more):
    return walled.ask(host.outside, source, to, n=n, **more).n


def test_the_usual_advice_is_found_and_mended_by_one_command(host):
    host.enable("allow 22/tcp comment 'ssh is ours'", *ADVICE, "allow Files")
    theirs, before = host.numbered(), host.picture()
    with walled.Server(host.host):
        assert answered(host, STRANGER, sport=40000) == 20
        assert answered(host, STRANGER6, walled.HOST6) == 20
        done = host.run(walled.lab.COAPSCOPE, "protect", "check", "-O", "jsonl", rc=1)
        row = next(r for r in map(json.loads, done.stdout.splitlines())
                   if r["from"] == "internet" and r["family"] == 4 and r["proto"] == "udp"
                   and r["flow"] == "new" and r["port"] == 5683 and r["path"] == "input")
        assert row["exposed"] and row["rule"]["tool"] == "ufw" and row["rule"]["handle"] == 2
        assert [s["handle"] for s in row["shadowed"]] == [3]

        host.apply("--strangers", "drop", "--allow", PEER, "--allow", "2a0f:18::1")
        # The flow that conntrack knows is closed, too.
        assert answered(host, STRANGER, sport=40000) == 0
        assert answered(host, STRANGER6, walled.HOST6) == 0
        assert walled.connect(host.outside, STRANGER) is None
        assert answered(host, PEER) == 20
        assert answered(host, "2a0f:18::1", walled.HOST6) == 20
        assert walled.connect(host.outside, PEER) is not None
        host.run(walled.lab.COAPSCOPE, "protect", "check", "--allow", PEER)
        assert [r for r in host.numbered() if "coapscope" not in r] == theirs
        host.protect("undo")
        assert answered(host, STRANGER, sport=40000) == 20
    host.comes_back(before, within=1)


def test_the_other_backend_mends_it_as_well(host):
    host.enable(*ADVICE)
    before = host.picture()
    with walled.Server(host.host):
        host.protect("apply", "--allow", PEER)
        assert (answered(host, STRANGER), answered(host, PEER)) == (0, 20)
        host.protect("undo")
    host.comes_back(before, within=1)


def test_what_is_not_confirmed_is_taken_back(host):
    host.enable(*ADVICE)
    before = host.picture()
    done = host.apply("--confirm-within", 1)
    assert "helper" in done.stderr and "killed" in done.stderr
    host.comes_back(before, within=3)
    assert "nothing is pending" in host.protect("confirm", rc=3).stderr
    assert list((host.store / "protect").iterdir()) == []


def kill(process):
    process.send_signal(signal.SIGKILL)
    process.communicate()


@pytest.mark.parametrize("program", ["tee", "iptables-restore", "ip6tables-restore"])
def test_an_apply_that_is_killed_at_any_step_leaves_nothing(host, program):
    """While it is tried out; when files are written and no rule; when IPv4 alone is done."""
    host.enable(*ADVICE)
    before = host.picture()
    for helper_too in (False, True):
        env, waits, go_on = host.stop_at(program)
        process = host.popen(walled.lab.COAPSCOPE, "protect", "apply", "--backend", "ufw",
                             "--store", host.store, "--confirm-within", 30, env=env)
        walled.lab.wait_until(waits, timeout=30)
        assert (host.picture() == before) == (program == "tee")
        kill(process)
        if helper_too:
            host.kill_helpers()
        go_on()
        if helper_too and program != "tee":
            assert "taken back" in host.protect("status").stderr
        host.comes_back(before, within=8)
    # No lock of it is in the way.
    host.apply("--confirm-within", 60)
    host.protect("undo")
    host.comes_back(before, within=1)


def test_what_the_helper_cannot_do_the_next_command_does(host):
    host.enable(*ADVICE)
    before = host.picture()
    seconds, _ = briefly(lambda seconds: host.apply("--confirm-within", seconds, rc=None),
                         lambda: host.protect("status"), host.helpers)
    host.kill_helpers()
    time.sleep(seconds + 0.1)
    assert host.picture() != before
    assert "too late" in host.protect("confirm", rc=3).stderr or host.picture() == before
    host.comes_back(before, within=1)
    host.apply("--confirm-within", 60)
    host.kill_helpers()
    assert "taken back" not in host.protect("status").stderr  # its time is not over
    # As after a restart: another boot's time is over.
    (host.store / "protect" / "ufw-left").unlink()
    assert "taken back" in host.protect("status").stderr
    host.comes_back(before, within=1)


def test_a_confirmed_policy_survives_reloads_and_another_apply(host):
    host.enable(*ADVICE)
    before = host.picture()
    with walled.Server(host.host):
        host.apply("--allow", PEER)
        status = json.loads(host.protect("status", "-O", "jsonl").stdout)
        assert (status["state"], status["backend"]) == ("pending", "ufw")
        assert "pending" in host.apply("--allow", PEER, rc=3).stderr
        assert "pending" in host.protect("apply", rc=3).stderr
        host.protect("confirm")
        assert host.helpers() == []
        host.ufw("reload", "reload")
        assert (answered(host, STRANGER), answered(host, PEER)) == (0, 20)
        kept, rules = host.picture()[0], host.numbered()
        host.apply("--allow", "198.18.2.2", "--confirm-within", 4)
        assert (answered(host, "198.18.2.2"), answered(host, PEER)) == (20, 0)
        walled.lab.wait_until(lambda: not host.helpers(), timeout=6)
        assert (host.picture()[0], host.numbered()) == (kept, rules)
        assert (answered(host, STRANGER), answered(host, PEER)) == (0, 20)
        assert json.loads(host.protect("status", "-O", "jsonl").stdout)["state"] == "confirmed"
    host.protect("undo")
    host.comes_back(before, within=1)


def test_what_others_did_meanwhile_stays(host):
    host.enable(*ADVICE)
    host.apply("--allow", PEER)
    host.protect("confirm")
    host.ufw("allow 80/tcp", "insert 1 deny from 198.18.66.0/24")
    host.host.sh("iptables -t mangle -A PREROUTING -p tcp --dport 9 -j MARK --set-mark 9;"
                 "nft add table inet theirs")
    assert "stays" in host.protect("undo").stderr
    assert host.numbered() == [
        "Anywhere DENY IN 198.18.66.0/24", "5683 ALLOW IN Anywhere", "5683/udp DENY IN Anywhere",
        "80/tcp ALLOW IN Anywhere", "5683 (v6) ALLOW IN Anywhere (v6)",
        "5683/udp (v6) DENY IN Anywhere (v6)", "80/tcp (v6) ALLOW IN Anywhere (v6)"]
    text = host.host.sh("nft list ruleset", stderr=-3)
    assert "coapscope" not in text and "table inet theirs" in text and "dport 9 " in text
    assert "coapscope" not in (host.etc / "before.rules").read_text()
    host.ufw("reload")


def test_a_ufw_that_was_reset_meanwhile_is_said(host):
    host.enable(*ADVICE)
    host.apply("--allow", PEER)
    host.run("ufw", "--force", "reset")
    assert "a reboot is not covered: ufw is inactive" in host.protect("confirm").stderr
    status = json.loads(host.protect("status", "-O", "jsonl").stdout)
    assert (status["state"], status["reboot"]["covered"]) == ("confirmed", False)
    host.ufw("enable")
    assert "before.rules" in host.protect("status", "-O", "table").stdout
    assert "stays" in host.protect("undo").stderr
    assert "coapscope" not in host.host.sh("nft list ruleset", stderr=-3)
    assert host.numbered() == []


def test_undo_knows_what_is_ours_without_its_files(host):
    host.enable(*ADVICE)
    host.ufw("reload")
    before = host.picture()
    host.apply("--strangers", "limit", "--allow", PEER)
    host.protect("confirm")
    shutil.rmtree(host.store)
    assert "not kept here" in host.protect("undo").stderr
    host.comes_back(before, within=1)
    assert "nothing to undo" in host.protect("undo").stderr


def test_a_published_container_port_is_closed(host):
    host.enable(*ADVICE)
    host.publish()
    # As container managers have it: in front of ufw's own.
    host.host.sh("iptables -I FORWARD -o dmz0 -j ACCEPT; iptables -I FORWARD -i dmz0 -j ACCEPT")
    before = host.picture()
    with walled.Server(host.container):
        assert answered(host, STRANGER) == 20
        host.apply("--allow", PEER)
        assert (answered(host, STRANGER), answered(host, PEER)) == (0, 20)
        assert walled.connect(host.outside, STRANGER) is None
        host.protect("undo")
        assert answered(host, STRANGER) == 20
    host.comes_back(before, within=1)


def test_limit_bounds_size_and_rate_of_answers(host):
    host.enable("allow 5683")
    host.apply("--strangers", "limit", "--answer-bytes", 100, "--answer-rate", 40,
               "--allow", PEER)
    host.protect("confirm")
    host.ufw("reload")  # which makes the jumps into our chains twice
    for where in (host.host, host.container):
        with walled.Server(where, size=100):
            said = walled.ask(host.outside, STRANGER, n=300, every=0.005)
            # IPv4 has 20 a second, one network 5 of them, and 10 at once after a silence.
            assert 5 <= said.n <= 10 + 5 * (said.seconds + 1) and said.largest == 100
            assert answered(host, PEER, n=100) == 100
        time.sleep(1.1)
        with walled.Server(where, size=101):
            assert answered(host, STRANGER, n=5) == 0
            assert answered(host, PEER, n=5) == 5
        host.publish()
        host.host.sh("iptables -I FORWARD -j ACCEPT")
        time.sleep(1.1)


def test_only_dtls_is_left_open(host):
    host.enable("allow 5683:5684/udp")
    with walled.Server(host.host), walled.Server(host.host, port=5684):
        host.apply("--strangers", "dtls-only")
        assert (answered(host, STRANGER), answered(host, STRANGER, port=5684)) == (0, 20)


def test_ufw_that_is_inactive_or_not_there_is_refused(host):
    before = host.picture()
    done = host.apply(rc=3)
    assert "inactive" in done.stderr and "ufw enable" in done.stderr
    assert host.picture() == before
    (host.etc / "ufw.conf").write_text("ENABLED=yes\n")
    assert "ufw reload" in host.apply(rc=3).stderr
    (host.etc / "ufw.conf").unlink()
    assert "no ufw" in host.apply(rc=4).stderr


def test_entries_stand_beside_the_policy_of_ufw(host, tmp_path):
    host.enable(*ADVICE)
    host.apply("--allow", PEER, "--allow", "192.168.5.0/24")
    host.protect("confirm")
    done = host.protect("deny", "192.168.5.9")
    assert "no policy" not in done.stderr
    state = json.loads(host.protect("status").stdout)
    assert (state["state"], state["backend"]) == ("confirmed", "ufw")
    assert state["policy"]["strangers"] == "drop"
    assert [e["prefix"] for e in state["entries"]] == ["192.168.5.9/32"]
    peers = [row["prefix"] for row in map(json.loads, host.protect("list").stdout.splitlines())
             if row["number"] is None]
    assert set(peers) == {PEER + "/32", "192.168.5.0/24"}
    # What ufw drops no table beside it can let in.
    assert "--allow" in host.protect("allow", STRANGER).stderr
    assert "warning" not in host.protect("allow", "192.168.5.8").stderr
    verdict = {"schema": "coapscope.verdict/1", "source": PEER, "prefix": None,
               "first": "2026-11-21T20:00:00.000000Z", "last": "2026-11-21T20:01:00.000000Z",
               "packets": 100, "bytes_in": 2100, "bytes_out": 51600, "class": "C1", "classes": ["C1"], "victim": True, "worry": "act_now",
               "confidence": 0.95, "answered": True, "evidence": []}
    (tmp_path / "verdicts").write_text(json.dumps(verdict) + "\n")
    done = host.protect("guard", "--verdicts", tmp_path / "verdicts")
    assert f"left alone {PEER}: an allowed peer" in done.stdout
    assert "copy of /etc/ufw" in host.protect("backup", tmp_path / "backup").stderr


def test_whoever_is_logged_in_is_not_cut_off(host):
    host.enable(*ADVICE)
    before = host.picture()
    env = {"SSH_CONNECTION": f"{STRANGER} 50000 {walled.HOST4} 22"}
    done = host.apply(rc=3, env=env)
    assert STRANGER in done.stderr and "--force" in done.stderr
    assert host.picture() == before
    host.apply("--allow", "198.18.7.0/24", env=env)


def test_a_plan_is_for_the_rules_that_it_was_made_for(host, tmp_path):
    host.enable(*ADVICE)
    before = host.picture()
    with walled.Server(host.host):
        plan = host.protect("plan", "--backend", "ufw", "--allow", PEER, "-o",
                            tmp_path / "plan").stdout
    assert host.picture() == before
    assert "# Not exposed: nobody on the internet is answered" in plan.split(
        "# What check will say:\n")[1]
    assert "shadowed" not in plan and "# Peer" not in plan
    assert "\nufw insert 1 deny from 0.0.0.0/0 to any app coapscope" in plan
    assert plan.index("insert 1 deny") < plan.index(f"insert 1 allow from {PEER}")
    host.ufw("delete 1")
    before = host.picture()
    done = host.protect("apply", "--plan", tmp_path / "plan", rc=3)
    assert "changed" in done.stderr
    assert host.picture() == before
    host.protect("plan", "--backend", "ufw", "--allow", PEER, "-o", tmp_path / "plan")
    host.protect("apply", "--plan", tmp_path / "plan")
    assert any(PEER in rule for rule in host.numbered())
    host.protect("undo")
    host.comes_back(before, within=1)


def test_files_that_are_kept_elsewhere_are_not_written_by_a_plan(host):
    host.enable(*ADVICE)
    kept = [(host.etc / name, host.folder / name) for name in ("ufw.conf", "user.rules")]
    for here, there in kept:
        here.rename(there)
        here.symlink_to(there)
    before = host.picture()
    host.protect("plan", "--backend", "ufw", "--allow", PEER)
    assert host.picture() == before
    for here, there in kept:
        there.replace(here)


def test_what_does_not_hold_is_not_left_in_force(host):
    host.enable(*ADVICE)
    # Somebody lets it in ahead of all that is ufw's.
    host.host.sh("iptables -t mangle -I PREROUTING -p udp --dport 5683 -j ACCEPT;"
                 "iptables -I INPUT -p udp --dport 5683 -j ACCEPT")
    before = host.picture()
    assert "the proof failed" in host.apply(rc=4).stderr
    host.comes_back(before, within=5)


def test_rules_in_force_that_ufw_does_not_know_are_not_lost(host):
    host.enable(*ADVICE)
    host.host.sh("iptables -I ufw-user-input -s 198.18.9.9 -j ACCEPT")
    before = host.picture()
    assert "ufw reload" in host.apply(rc=3).stderr
    host.comes_back(before, within=5)
    env = {"SSH_CONNECTION": f"{STRANGER} 50000 {walled.HOST4} 22"}
    assert "may be cut off" in host.apply("--force", env=env).stderr
    host.protect("undo")
    host.comes_back(before, within=1)


def test_without_ipv6_only_ipv4_is_touched(tmp_path):
    with ufwed.Ufw(tmp_path, ipv6=False) as host, walled.Server(host.host):
        host.enable(*ADVICE)
        before = host.picture()
        assert "IPV6=no" in host.apply("--allow", PEER).stderr
        assert (answered(host, STRANGER), answered(host, PEER)) == (0, 20)
        assert "coapscope" not in (host.etc / "before6.rules").read_text()
        host.protect("undo")
        host.comes_back(before, within=1)


def test_many_rules_of_all_kinds_are_left_alone(host):
    rules = [f"allow from 198.18.{i}.0/24 to any port {7000 + i} proto tcp comment 'n. {i}'"
             for i in range(9)]
    host.enable(*rules, "allow Files", "limit 22/tcp", "route allow in on wan0 out on dmz0",
                "allow in on wan0 to any port 5683 proto udp", "deny from 198.18.1.66",
                "allow out 53", "reject 113/tcp", "allow log 5684/tcp", "deny 5683/udp")
    theirs, before = host.numbered(), host.picture()
    with walled.Server(host.host):
        assert answered(host, "198.18.1.66") == 20  # the deny comes too late
        host.apply("--allow", "198.18.1.0/24@wan0", "--allow", "192.168.5.0/24")
        # Of what is let in, what ufw's user denies is denied.
        assert (answered(host, STRANGER), answered(host, PEER)) == (0, 20)
        assert answered(host, "198.18.1.66") == 0
        assert walled.ask(host.lan, "192.168.5.2", walled.LAN4, n=5).n == 5
    assert [r for r in host.numbered() if "coapscope" not in r] == theirs
    host.protect("undo")
    host.comes_back(before, within=1)
