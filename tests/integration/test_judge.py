# SPDX-License-Identifier: Apache-2.0
"""What is said of real servers: libcoap's and npm's coap."""
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent
NPM = pytest.mark.skipif(not (HERE / "node_modules" / "coap").exists(),
                         reason="npm ci has not run here")


def start(lab, net, command, **more):
    with net.inside():
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   **more)
    lab.stack.callback(process.wait)
    lab.stack.callback(process.kill)
    return process


def judged(lab, net, address):
    """Scans until the server answers: it may only be starting."""
    for _ in range(20):
        run = lab.scan(net, address, "-c1", "-O", "jsonl", "--enrich").ok()
        if run.rows:
            break
    row = run.by_ip[address]
    stack = row["stack"] or {"family": None, "confidence": None}
    return (stack["family"], stack["confidence"], row["severity"], row["severity_because"],
            row["tags"])


@pytest.mark.skipif(not shutil.which("coap-server-notls"), reason="needs libcoap3-bin")
def test_libcoaps_example_server_is_known(lab):
    net = lab.net()
    start(lab, net, ["coap-server-notls", "-A", "127.0.9.1"])
    stack, confidence, severity, because, tags = judged(lab, net, "127.0.9.1")
    assert (stack, confidence, severity) == ("libcoap", 0.95, "low")
    assert tags == ["coap", "iot", "libcoap", "observable"]
    assert "can be observed" in because and "amplification" in because
    table = lab.scan(net, "127.0.9.1", "-c1", "-O", "table", "--enrich").ok().out
    head, row = table.splitlines()
    assert "SEVERITY  STACK" in head and "  low       libcoap      " in row


@pytest.mark.skipif(not shutil.which("coap-rd-notls"), reason="needs libcoap3-bin")
def test_libcoaps_resource_directory_is_one(lab):
    net = lab.net()
    start(lab, net, ["coap-rd-notls", "-A", "127.0.9.2"])
    stack, confidence, severity, because, tags = judged(lab, net, "127.0.9.2")
    assert (stack, severity) == ("libcoap", "medium") and confidence >= 0.8
    assert "resource-directory" in tags and "a resource directory (/rd)" in because


@NPM
def test_npm_coap_is_known_by_the_etag_of_its_blocks(lab, tmp_path):
    net = lab.net()
    body = tmp_path / "list"
    body.write_text(",".join(f'</sensors/{i}>;rt="temperature"' for i in range(99)))
    server = start(lab, net, ["node", "peers/node_server.js", "127.0.9.3", "5683", str(body)],
                   cwd=HERE, stdin=subprocess.PIPE)
    assert server.stdout.readline() == b"ready\n"
    stack, confidence, severity, because, tags = judged(lab, net, "127.0.9.3")
    assert (stack, confidence, severity) == ("node-coap", 0.9, "high")
    assert tags == ["coap", "iot", "node-coap", "amplifier"]


@NPM
def test_what_says_nothing_of_itself_has_no_stack(lab, tmp_path):
    net = lab.net()
    body = tmp_path / "list"
    body.write_text("</a>,</lock>;if=core.a")
    server = start(lab, net, ["node", "peers/node_server.js", "127.0.9.4", "5683", str(body)],
                   cwd=HERE, stdin=subprocess.PIPE)
    assert server.stdout.readline() == b"ready\n"
    stack, confidence, severity, because, tags = judged(lab, net, "127.0.9.4")
    assert (stack, confidence, severity) == (None, None, "high")
    assert because.startswith("declared as an actuator (/lock); ") and "actuator" in tags
