# SPDX-License-Identifier: Apache-2.0
"""protect allow, deny, list, delete, status, backup, restore, reset, and who is logged in."""
import json
import socket
import subprocess

import pytest

import lab
from protected import POLICY

OPERATOR = {"SSH_CONNECTION": "192.0.2.9 50000 203.0.113.1 22"}


@pytest.fixture(autouse=True)
def _here(namespaces_work):
    """Root and namespaces, or the test is left out."""


def rows(host):
    return [json.loads(line) for line in host.protect("list").stdout.splitlines()]


# --- entries ---


def test_overlapping_entries_become_pieces_that_do_not_overlap(host):
    host.protect("deny", "10.0.0.0/8", "--for", "1h", "--reason", 'noisy "net"')
    host.protect("deny", "10.1.0.0/16")
    host.protect("deny", "10.1.2.0/24", "--for", "1m")  # within one that stays longer
    pieces = host.elements("deny_nets4")
    assert "10.0.0.0/16" in pieces and "10.2.0.0-10.255.255.255" in pieces
    assert pieces.count("10.1.0.0/16") == 1 and "10.1.2" not in pieces
    assert [r["prefix"] for r in rows(host)] == ["10.0.0.0/8", "10.1.0.0/16", "10.1.2.0/24"]
    assert rows(host)[0]["reason"] == 'noisy "net"'
    assert 3500 < rows(host)[0]["left_seconds"] <= 3600
    host.protect("delete", 2)
    assert host.elements("deny_nets4").startswith("10.0.0.0/8 timeout")
    host.protect("deny", "2001:db8::/32", "--for", "2d")
    assert "2001:db8::/32" in host.elements("deny_nets6")


def test_hosts_prefixes_and_interfaces_have_sets_of_their_own(host):
    host.protect("deny", "198.51.100.7")
    host.protect("deny", "2001:db8::7")
    host.protect("allow", "10.9.0.0/16@wan0", "--for", "15m")
    host.protect("allow", "::ffff:192.0.2.1")
    assert host.elements("deny_hosts4") == "198.51.100.7"
    assert host.elements("deny_hosts6") == "2001:db8::7"
    assert '"wan0" . 10.9.0.0/16' in host.elements("allow_if4")
    assert host.elements("allow_hosts4") == "192.0.2.1"


def test_the_kernel_forgets_by_itself(host):
    host.protect("deny", "198.51.100.7", "--for", "3s")
    assert "198.51.100.7" in host.elements("deny_hosts4")
    lab.wait_until(lambda: host.elements("deny_hosts4") == "", 6)
    assert rows(host) == []


def test_a_deny_without_a_policy_makes_a_table_that_drops_nobody_else(host):
    done = host.protect("deny", "198.51.100.7")
    assert "no policy" in done.stderr
    assert host.marks() == ["entries"]
    host.protect("deny", "198.51.100.8")
    host.protect("delete", 1)
    assert "198.51.100.8" in host.elements("deny_hosts4")
    host.protect("delete", 1)  # and with it what was there for entries alone
    host.is_as_before()
    host.protect("deny", "198.51.100.7")
    host.protect("reset")
    host.is_as_before()


def test_entries_survive_apply_confirm_and_taking_back(host):
    host.protect("deny", "198.51.100.7")
    host.protect("apply", *POLICY, "--confirm-within", 2)
    host.protect("deny", "198.51.100.8")
    lab.wait_until(lambda: host.marks() == ["entries"], 6)
    assert sorted(host.elements("deny_hosts4").split(", ")) == ["198.51.100.7", "198.51.100.8"]
    host.protect("apply", *POLICY, "--confirm-within", 30)
    host.protect("confirm")
    assert "198.51.100.8" in host.elements("deny_hosts4")
    host.protect("delete", 1)
    host.protect("undo")
    assert host.marks() == ["entries"]


def test_a_deny_while_an_apply_is_pending_is_none_of_what_that_added(host):
    host.protect("apply", *POLICY, "--confirm-within", 1)
    host.protect("deny", "198.51.100.8")
    lab.wait_until(lambda: host.marks() == ["entries"], 6)
    assert host.elements("deny_hosts4") == "198.51.100.8"


def test_what_is_wrong_is_said_in_one_line(host):
    for words, what in ((("deny", "10.0.0.1/8"), "10.0.0.1/8"), (("deny", "x"), "x"),
                        (("deny", "10.0.0.0/8@wan0"), "@"), (("allow", "10.0.0.0/33"), "/33"),
                        (("deny", "10.0.0.1", "--for", "0"), "--for"),
                        (("delete", "1"), "no entry"), (("delete", "x"), "x")):
        done = host.protect(*words, rc=2)
        assert what in done.stderr and done.stderr.count("\n") == 1
    host.is_as_before()


# --- who is logged in ---


def test_who_is_logged_in_is_not_cut_off_by_a_deny(host):
    for words in (("deny", "192.0.2.9"), ("deny", "192.0.2.0/24"), ("deny", "0.0.0.0/0")):
        done = host.protect(*words, rc=3, env=OPERATOR)
        assert "192.0.2.9" in done.stderr and "--force" in done.stderr
    host.is_as_before()
    host.protect("deny", "198.51.100.0/24", env=OPERATOR)
    host.protect("deny", "192.0.2.9", "--force", env=OPERATOR)
    assert host.elements("deny_hosts4") == "192.0.2.9"


def test_sudo_hides_nothing(host):
    """The variable is a parent's: a shell's, of which env -i is started."""
    line = " ".join(host.line("deny", "192.0.2.9"))
    done = host.command("sh", "-c", f"env -i PATH=$PATH {line}; exit $?", env=OPERATOR)
    assert done.returncode == 3, done.stderr


def test_without_variables_the_connections_to_sshd_tell(host):
    with host.net.inside():
        server = socket.create_server(("203.0.113.1", 22))
        client = socket.create_connection(("203.0.113.1", 22), source_address=("203.0.113.1", 0))
    with server, client:
        assert "203.0.113.1" in host.protect("deny", "203.0.113.0/24", rc=3).stderr
    assert host.ours() == ""


def test_reset_and_restore_do_not_take_an_allow_away(host, tmp_path):
    host.protect("deny", "192.0.2.9", "--force")
    host.protect("backup", tmp_path / "b")
    host.protect("delete", 1)
    assert "cut off" in host.protect("restore", tmp_path / "b", rc=3, env=OPERATOR).stderr
    host.protect("allow", "192.0.2.9")
    assert "allowed no more" in host.protect("reset", rc=3, env=OPERATOR).stderr
    assert len(rows(host)) == 1
    host.protect("reset", "--force", env=OPERATOR)
    host.is_as_before()


def test_restore_and_delete_do_not_cut_off_either(host, tmp_path):
    host.protect("apply", "--strangers", "drop", "--confirm-within", 30)
    host.protect("confirm")
    host.protect("backup", tmp_path / "b")
    host.protect("reset")
    done = host.protect("restore", tmp_path / "b", rc=3, env=OPERATOR)
    assert "192.0.2.9" in done.stderr and "cut off" in done.stderr
    host.is_as_before()
    host.protect("restore", tmp_path / "b", "--force", env=OPERATOR)
    host.protect("allow", "192.0.2.9")
    assert "allowed no more" in host.protect("delete", 1, rc=3, env=OPERATOR).stderr
    assert len(rows(host)) == 1
    host.protect("delete", 1, "--force", env=OPERATOR)
    assert rows(host) == []
    host.protect("reset")


def test_apply_only_warns(host):
    done = host.protect("apply", "--strangers", "drop", "--confirm-within", 1, env=OPERATOR)
    assert "192.0.2.9" in done.stderr and "warning" in done.stderr
    host.is_as_before(within=5)


# --- status, backup, restore ---


def test_status_says_what_holds(host):
    state = json.loads(host.protect("status").stdout)
    assert state["schema"] == "coapscope.protect/1" and state["state"] == "none"
    host.protect("apply", *POLICY, "--confirm-within", 30)
    host.protect("deny", "198.51.100.7", "--reason", "tried")
    state = json.loads(host.protect("status").stdout)
    assert state["state"] == "pending" and state["helper"]
    assert 0 < state["pending_left_seconds"] <= 30
    assert state["policy"]["strangers"] == "drop"
    assert state["policy"]["allow"] == ["192.0.2.0/24", "2001:db8::/32"]
    assert {c["name"] for c in state["counters"]} >= {"strangers", "denied", "multicast"}
    assert state["entries"][0]["reason"] == "tried"
    done = host.protect("confirm")
    assert "reboot is not covered" in done.stderr
    state = json.loads(host.protect("status").stdout)
    assert state["state"] == "confirmed" and not state["helper"]
    assert state["reboot"]["covered"] is False and state["reboot"]["why"]
    table = host.protect("status", "-O", "table").stdout
    assert "confirmed" in table and "198.51.100.7" in table and "NOT covered" in table


def test_who_only_looks_needs_no_disk_to_write_to(host):
    host.store.mkdir()
    sealed = ["unshare", "-m", "sh", "-c", f"mount -t tmpfs -o ro none {host.store} && "
              "mount -t tmpfs -o ro none /run && exec \"$@\"", "sh"]
    for words in (["status"], ["list"], ["backup", "-"]):
        done = host.command(*sealed, *host.line(*words))
        assert done.returncode == 0, done.stderr
    done = host.command(*sealed, *host.line("deny", "198.51.100.7"))
    assert done.returncode == 4 and "Read-only" in done.stderr
    host.is_as_before()


def test_a_backup_is_put_back_and_what_differs_elsewhere_is_said(host, tmp_path):
    host.protect("apply", *POLICY, "--confirm-within", 30)
    host.protect("confirm")
    host.protect("deny", "198.51.100.7")
    ours = host.ours()
    host.protect("backup", tmp_path / "b")
    host.protect("reset")
    host.nft("add rule inet foreign input tcp dport 99 accept")
    now = host.listing()
    done = host.protect("restore", tmp_path / "b")
    assert "+ tcp dport 99 accept" in done.stderr
    assert host.ours() == ours
    assert host.listing().startswith(now)
    host.protect("undo")
    assert host.listing() == now


def test_a_damaged_backup_is_refused(host, tmp_path):
    host.protect("backup", tmp_path / "b")
    whole = (tmp_path / "b").read_bytes()
    for bad in (whole[:-1], whole.replace(b"made", b"mode"), b"", b"hello\n"):
        (tmp_path / "b").write_bytes(bad)
        assert str(tmp_path / "b") in host.protect("restore", tmp_path / "b", rc=2).stderr
    host.protect("restore", tmp_path / "none", rc=2)
    host.is_as_before()


def test_what_was_confirmed_is_put_back_after_a_boot(host):
    host.protect("apply", *POLICY, "--confirm-within", 30)
    host.protect("confirm")
    host.protect("deny", "198.51.100.7")
    ours = host.ours()
    host.nft("delete table inet coapscope")  # as it is after a reboot
    assert json.loads(host.protect("status").stdout)["state"] == "missing"
    host.protect("restore")
    assert host.ours() == ours
    # And for those whose nft loads it by itself:
    host.nft("delete table inet coapscope")
    host.net.sh(f"nft -f {host.store}/protect/kept.nft")
    assert host.ours() == ours
    assert json.loads(host.protect("status").stdout)["state"] == "confirmed"
    host.protect("undo")
    host.is_as_before()
    host.protect("restore", rc=2)


def test_reset_forgets_all_but_backups(host):
    host.protect("apply", *POLICY, "--confirm-within", 30)
    host.protect("confirm")
    host.protect("deny", "198.51.100.7")
    host.protect("reset")
    host.is_as_before()
    assert sorted(p.name for p in (host.store / "protect").iterdir()) == ["backups"]
    assert rows(host) == []


def test_what_is_pending_is_not_in_a_backup(host, tmp_path):
    host.protect("apply", *POLICY, "--confirm-within", 30)
    assert "pending" in host.protect("backup", tmp_path / "b").stderr
    host.protect("undo")
    host.protect("restore", tmp_path / "b")
    host.is_as_before()


def test_the_unit_runs_what_it_says(host):
    """A namespace is no machine: what is in the unit is what was tried above."""
    unit = (lab.BUILD / "packaging/coapscope-protect.service").read_text()
    line = next(l for l in unit.splitlines() if l.startswith("ExecStart="))
    assert line.split()[1:] == ["protect", "restore", "--quiet"]
    assert subprocess.run([lab.COAPSCOPE, *line.split()[1:], "--help"], check=False,
                          capture_output=True).returncode == 0


def siphash(data):
    """SipHash-2-4 with the key of protect's files, which is no secret."""
    k0, k1, mask = 0x636f617073636f70, 0x652e70726f746563, (1 << 64) - 1
    a, b, c, d = (k0 ^ 0x736f6d6570736575, k1 ^ 0x646f72616e646f6d,
                  k0 ^ 0x6c7967656e657261, k1 ^ 0x7465646279746573)

    def turn(x, n):
        return (x << n | x >> 64 - n) & mask

    def rounds(n, a, b, c, d):
        for _ in range(n):
            a, c = (a + b) & mask, (c + d) & mask
            b, d, a = turn(b, 13) ^ a, turn(d, 16) ^ c, turn(a, 32)
            c, a = (c + b) & mask, (a + d) & mask
            b, d, c = turn(b, 17) ^ c, turn(d, 21) ^ a, turn(c, 32)
        return a, b, c, d

    words = [data[i:i + 8] for i in range(0, len(data) - len(data) % 8, 8)]
    last = int.from_bytes(data[len(words) * 8:], "little") | (len(data) & 255) << 56
    for word in [int.from_bytes(w, "little") for w in words] + [last]:
        a, b, c, d = rounds(2, a, b, c, d ^ word)
        a ^= word
    a, b, c, d = rounds(4, a, b, c ^ 255, d)
    return a ^ b ^ c ^ d


def forged(backup, old, new):
    head, body = backup.split(b"\n", 1)
    assert head.split()[-1] == b"%016x" % siphash(body) and old in body
    body = body.replace(old, new)
    return b" ".join([*head.split()[:-1], b"%016x\n" % siphash(body)]) + body


@pytest.mark.parametrize("name", [b";};flush ruleset", b"../../../../x/xx", b"0123456789abcdeg"])
def test_a_forged_backup_puts_nothing_of_its_own_into_the_script(host, tmp_path, name):
    host.protect("apply", *POLICY)
    host.protect("confirm")
    host.protect("backup", tmp_path / "b")
    now, whole = host.listing(), (tmp_path / "b").read_bytes()
    ours = next(l for l in whole.splitlines() if l.startswith(b"id ")).split()[1]
    (tmp_path / "b").write_bytes(forged(whole, ours, name))
    assert "16 hex digits" in host.protect("restore", tmp_path / "b", rc=2).stderr
    assert host.listing() == now


# Its own /var/lib, and a user as the package makes one.
STARTED_ANEW = """
mount -t tmpfs none /var/lib && mount -t tmpfs none /run
cp /etc/passwd /run/passwd && echo 'coapscope:x:64321:64322::/:/bin/false' >>/run/passwd
mount --bind /run/passwd /etc/passwd
"""


def own_var_lib(*lines):
    done = subprocess.run(["unshare", "-n", "-m", "sh", "-ec", STARTED_ANEW + "\n".join(lines)],
                          text=True, capture_output=True, check=False, timeout=60)
    return done.stdout, done.stderr


def test_a_store_that_protect_makes_is_the_services_and_its_own_folder_is_roots(namespaces_work):
    """Else systemd gives all below the store to that user when the watch starts first."""
    out, said = own_var_lib(f"{lab.COAPSCOPE} protect status --quiet -o /dev/null",
                            "stat -c '%u:%g %a' /var/lib/coapscope /var/lib/coapscope/protect")
    assert out.split("\n")[:2] == ["64321:64322 750", "0:0 750"], said


def test_a_store_that_is_there_stays_whose_it_is(namespaces_work):
    out, said = own_var_lib("mkdir /var/lib/coapscope",
                            f"{lab.COAPSCOPE} protect status --quiet -o /dev/null",
                            "stat -c '%u' /var/lib/coapscope")
    assert out == "0\n", said


def test_what_the_services_user_put_in_protects_place_is_not_believed(namespaces_work):
    out, said = own_var_lib(f"{lab.COAPSCOPE} protect status --quiet -o /dev/null",
                            "cd /var/lib/coapscope && mv protect old && mkdir protect",
                            "echo forged >protect/kept && chown -R 64321 protect",
                            f"{lab.COAPSCOPE} protect restore || echo $?")
    assert out == "4\n" and "give it back" in said


def test_a_folder_that_others_may_write_to_is_not_believed(namespaces_work):
    for mode in ("0770", "0707"):
        out, said = own_var_lib(f"mkdir -p /run/s/protect && chmod {mode} /run/s/protect",
                                f"{lab.COAPSCOPE} protect deny 192.0.2.1 --store /run/s || echo $?")
        assert out == "4\n" and "/run/s/protect: want a folder" in said


def test_the_guards_unit_does_not_give_root_what_others_made():
    unit = (lab.BUILD / "packaging/coapscope-guard.service").read_text().splitlines()
    assert not [line for line in unit if line.startswith("StateDirectory")]
    assert any(line.startswith("ExecStartPre=+-") and "protect status" in line for line in unit)
