# SPDX-License-Identifier: Apache-2.0
"""`make demo`'s script: says what it found, and leaves nothing behind."""
import os
import pathlib
import shutil
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("COAPSCOPE_BUILD", ROOT / "build"))
COAPSCOPE = pathlib.Path(os.environ.get("COAPSCOPE", BUILD / "coapscope")).resolve()

pytestmark = pytest.mark.skipif(
    not shutil.which("coap-server-notls") or not (ROOT / "tests/integration/node_modules").exists(),
    reason="needs libcoap3-bin and npm ci in tests/integration")


@pytest.fixture
def demo(net, tmp_path):
    """(namespace, command)"""
    net.add("demo")
    # Whoever runs the tests in the background has SIGINT ignored.
    return net, ["env", "--default-signal=INT", f"COAPSCOPE={COAPSCOPE}", f"DEMO_DIR={tmp_path / 'out'}",
                 ROOT / "tools/demo.sh"]


def left_behind(net):
    pids = subprocess.run(["ip", "netns", "pids", net.names["demo"]], check=True, text=True,
                          capture_output=True).stdout.split()
    return pids


def test_it_finds_all_of_its_devices_twice_in_a_row(demo, tmp_path):
    net, command = demo
    for _ in range(2):
        done = net.run("demo", command, timeout=60)
        assert "5 of 5 devices found" in done.stdout
        assert "silence" in done.stdout and "byte for byte" in done.stdout
        assert "/lamp" in done.stdout
        assert not left_behind(net)
    assert len((tmp_path / "out/found.csv").read_text().splitlines()) == 5


def test_a_port_that_is_taken_is_a_clear_failure(demo):
    net, command = demo
    net.start("demo", ["coap-server-notls", "-A", "127.0.24.5", "-p", "5683"],
              stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    time.sleep(0.3)
    done = net.run("demo", command, timeout=60, check=False)
    assert done.returncode == 1
    assert "127.0.24.5:5683" in done.stderr


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_it_ends_what_it_started_when_it_is_ended(demo, ending):
    net, command = demo
    process = net.start("demo", command, stderr=subprocess.DEVNULL)
    while "Find them" not in process.stdout.readline():
        pass
    process.send_signal(ending)
    process.stdout.read()
    assert process.wait(timeout=30) == 128 + ending
    assert not left_behind(net)
