# SPDX-License-Identifier: Apache-2.0
"""Real servers on loopback addresses: libcoap's and npm's coap."""
import pathlib
import shutil
import subprocess

import pytest

HERE = pathlib.Path(__file__).resolve().parent


def start(lab, net, command, **more):
    with net.inside():
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                                   **more)
    lab.stack.callback(process.wait)
    lab.stack.callback(process.kill)
    return process


@pytest.mark.skipif(not shutil.which("coap-server-notls"), reason="needs libcoap3-bin")
def test_libcoap_is_found_with_its_whole_list(lab):
    net = lab.net()
    for i in (1, 2, 3):
        start(lab, net, ["coap-server-notls", "-A", f"127.0.9.{i}", "-d", str(3 * i)])
    # Until they listen, they are silent: asked again and again.
    for _ in range(20):
        run = lab.scan(net, "127.0.9.0/29", "-c1", "-O", "jsonl").ok()
        if len(run.rows) == 3:
            break
    assert set(run.by_ip) == {f"127.0.9.{i}" for i in (1, 2, 3)}
    for row in run.rows:
        assert (row["code"], row["type"], row["match"], row["complete"]) == (
            "2.05", "ACK", "full", True)
        targets = {link["target"] for link in row["links"]}
        assert {"/", "/time", "/async"} <= targets
        assert row["content_format"] == 40 and row["malformed"] is None
        assert row["response_size"] >= 100 and row["amplification"] > 4


@pytest.mark.skipif(not (HERE / "node_modules" / "coap").exists(), reason="npm ci has not run here")
def test_npm_coap_is_found_with_a_body_in_blocks(lab):
    net = lab.net()
    body = ",".join(f"</r/{i}>;title=\"number {i}\"" for i in range(150))
    script = ("const coap = require('coap');"
              "coap.createServer({type: 'udp4'}).on('request', (q, s) => {"
              "s.setOption('Content-Format', 'application/link-format'); s.end(process.argv[1]);"
              "}).listen(5683, '127.0.9.9', () => console.log('ready'));")
    server = start(lab, net, ["node", "-e", script, body], cwd=HERE)
    assert server.stdout.readline() == b"ready\n"
    run = lab.scan(net, "127.0.9.9", "-c1").ok()
    row = run.by_ip["127.0.9.9"]
    assert (row["code"], row["complete"]) == ("2.05", True)
    assert bytes.fromhex(row["payload_hex"]).decode() == body
    assert row["blocks"] == -(-len(body) // 1024) and len(row["links"]) == 150
    assert row["response_size"] < 1100 and row["datagrams"] == 1
