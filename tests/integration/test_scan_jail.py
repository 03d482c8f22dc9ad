# SPDX-License-Identifier: Apache-2.0
"""What a running scan may still do: nearly nothing, shown from within by gdb."""
import os
import re
import shutil
import subprocess

import pytest

from lab import wait_until

EACCES, EPERM = 13, 1

# Each call's value and errno, from inside the running process.
CALLS = {
    "passwd": 'open("/etc/passwd", 0)',
    "root": 'open("/", 0200000)',
    "beside": 'open("{dir}/beside", 0101, 0600)',
    "tmp": 'open("/tmp/coapscope-escape", 0101, 0600)',
    "proc": 'open("/proc/1/environ", 0)',
    "in_store": 'open("{dir}/store/probe", 0102, 0600)',
    "in_out": 'open("{dir}/out/probe", 0102, 0600)',
    "udp": "socket(2, 2, 0)",
    "raw": "socket(2, 3, 255)",
    "packet": "socket(17, 3, 0)",
    "tcp": "socket(2, 1, 0)",
    "unix": "socket(1, 1, 0)",
    "exec": 'execve("/bin/true", 0, 0)',
    "fork": "fork()",
    "ptrace": "ptrace(16, 1, 0, 0)",
    "mount": 'mount("none", "/mnt", "tmpfs", 0, 0)',
    "setuid": "setuid(1)",
    "unlink": 'unlink("{dir}/beside-there")',
    "kill": "kill(1, 0)",
}


def links(q):
    yield q.ack(payload=b"</x>")


def threads(pid):
    return [open(f"/proc/{pid}/task/{t}/status").read() for t in os.listdir(f"/proc/{pid}/task")]


def field(status, name):
    return re.search(rf"^{name}:[ \t]*(.*)$", status, re.M).group(1)


@pytest.fixture
def net(lab):
    net = lab.net()
    net.devices = lab.devices(net, lambda ip: links)
    return net


def started(lab, net, *args, **more):
    running = lab.start(net, "127.0.0.0/20", "-r300", "-c1", *args, **more)
    wait_until(lambda: len(net.devices.heard) > 50)
    return running


@pytest.mark.parametrize("sender", ["udp", "packet"])
def test_all_threads_are_jailed(lab, net, sender):
    if sender == "packet":
        peer = lab.net()
        lab.pair(net, peer)
        net.sh("ip addr add 10.1.0.1/24 dev eth0; ip route add default via 10.1.0.2")
        peer.sh("ip addr add 10.1.0.2/24 dev eth0; ip route add local 10.3.0.0/20 dev lo")
        devices = lab.devices(peer, lambda ip: links)
        running = lab.start(net, "10.3.0.0/20", "-r300", "-c1")
        wait_until(lambda: len(devices.heard) > 50)
    else:
        running = started(lab, net)
    all_of_them = threads(running.pid)
    assert len(all_of_them) >= 4
    for status in all_of_them:
        for caps in ("CapEff", "CapPrm", "CapInh", "CapAmb"):
            assert int(field(status, caps), 16) == 0
        assert field(status, "NoNewPrivs") == "1"
        assert field(status, "Seccomp") == "2"
    running.signal()
    running.signal()
    running.wait()


@pytest.mark.skipif(not shutil.which("gdb"), reason="needs gdb")
def test_the_running_process_can_open_and_run_nothing(lab, net):
    (lab.dir / "out").mkdir()
    (lab.dir / "beside-there").write_text("")
    running = started(lab, net, "-o", lab.dir / "out" / "found.jsonl", meta=False)
    command = ["gdb", "-q", "-batch", "-p", str(running.pid)]
    for name, call in CALLS.items():
        call = call.format(dir=lab.dir)
        function, rest = call.split("(", 1)
        command += ["-ex", f'printf "{name} %d\\n", ((int(*)()){function})({rest}',
                    "-ex", f'printf "errno {name} %d\\n", *((int*(*)())__errno_location)()']
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    got = dict(re.findall(r"^(\w+) (-?\d+)$", done.stdout, re.M))
    errno = dict(re.findall(r"^errno (\w+) (\d+)$", done.stdout, re.M))
    running.signal()
    running.signal()
    running.wait()
    assert set(got) == set(CALLS), done.stdout + done.stderr
    for name in CALLS:
        if name in ("in_store", "in_out"):
            assert int(got[name]) >= 0, name
        else:
            assert int(got[name]) == -1, (name, got[name])
            assert int(errno[name]) in (EACCES, EPERM), (name, errno[name])
    assert (lab.dir / "beside-there").exists() and not (lab.dir / "beside").exists()


def test_user_changes_who_the_process_is(lab, net):
    os.chmod(lab.dir, 0o777)
    running = started(lab, net, "--user", "nobody")
    for status in threads(running.pid):
        assert set(field(status, "Uid").split()) == {"65534"}
        assert set(field(status, "Gid").split()) == {"65534"}
        assert field(status, "Groups").strip() == ""
        assert int(field(status, "CapEff"), 16) == 0
    running.signal()
    run = running.wait().ok()
    assert run.rows
    assert os.stat(lab.store).st_uid == 65534
    assert {p.stat().st_uid for p in lab.store.rglob("*")} == {65534}
    # The same user takes it up again.
    assert lab.scan(net, "--resume", "last", "-r0", "--user", "nobody").ok().meta["chunks"][
        "open"] == 0


@pytest.mark.parametrize("option", ["--output-file", "--metadata-file"])
def test_a_user_who_may_not_write_the_output_is_told_before_the_scan(lab, net, option):
    (lab.dir / "root").mkdir(mode=0o755)
    run = lab.scan(net, "127.0.0.1", "--user", "nobody", option, lab.dir / "root" / "out",
                   meta=False)
    assert run.status == 4
    assert run.err == (f"coapscope scan: {option} {lab.dir}/root/out: Permission denied\n")
    assert not net.devices.heard and not os.listdir(lab.dir / "root")


def test_an_unknown_user_is_a_usage_error(lab, net):
    run = lab.scan(net, "127.0.0.1", "--user", "nobody-at-all", meta=False)
    assert run.status == 2 and "nobody-at-all" in run.err and run.err.count("\n") == 1
    assert not net.devices.heard


def test_require_jail_where_the_kernel_has_all_of_it(lab, net):
    run = lab.scan(net, "127.0.0.1", "--require-jail", "-c1", "-v").ok()
    assert "jail: no capabilities, no new privileges, Landlock" in run.err
    assert "seccomp" in run.err
    assert len(run.rows) == 1
