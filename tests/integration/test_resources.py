# SPDX-License-Identifier: Apache-2.0
"""coapscope resources against real servers, and devices of each kind."""
import contextlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time

import pytest

import netns
from lab import wait_until

HERE = pathlib.Path(__file__).resolve().parent
COAPSCOPE = os.environ.get("COAPSCOPE", str(netns.BUILD / "coapscope"))
CORE = "/.well-known/core"
TEMP = {"target": "/s/temp", "attrs": [["rt", "temperature"], ["ct", "50"], ["obs", None]]}
LIGHT = {"target": "/s/light", "attrs": [["rt", "light"], ["title", 'a"b, c']]}


class Device:
    """A peer under way; requests() is what it has been sent."""

    def __init__(self, process):
        self.process = process
        assert process.stdout.readline() == "ready\n"

    def stop(self):
        out, _ = self.process.communicate("", timeout=20)
        return [json.loads(line) for line in out.splitlines()]


class Lab:
    """One namespace with a loopback only: no packet leaves it."""

    def __init__(self, net):
        self.net = net
        net.add("lab")

    def resources(self, *args, status=0, timeout=60, **options):
        done = self.net.run("lab", [COAPSCOPE, "resources", *args], timeout=timeout,
                            check=False, **options)
        assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
        return done

    def lines(self, *args, **options):
        """The JSON lines, by their URI."""
        out = self.resources("-O", "jsonl", *args, **options).stdout
        found = [json.loads(line) for line in out.splitlines()]
        assert all(next(iter(line)) == "schema" for line in found)
        assert all(line["schema"] == "coapscope.resources/1" for line in found)
        return {line["uri"]: line for line in found}

    def line(self, *args, **options):
        (only,) = self.lines(*args, **options).values()
        return only

    @contextlib.contextmanager
    def device(self, how, n=0, address="127.0.0.9", port=5683):
        command = [sys.executable, HERE / "peers" / "device.py", address, port, how, n]
        device = Device(self.net.start("lab", command, stdin=subprocess.PIPE))
        try:
            yield device
        finally:
            if device.process.poll() is None:
                device.process.kill()

    def wait_for_port(self, address, port):
        for _ in range(200):
            # libcoap listens on the wildcard whatever its -A says.
            out = self.net.run("lab", ["ss", "-lunH", f"sport = :{port}"]).stdout
            if out.strip():
                return
            time.sleep(0.05)
        raise AssertionError(f"nothing listens on {address} port {port}")

    def libcoap(self, address="127.0.0.5", port=5683):
        self.net.start("lab", ["coap-server-notls", "-A", address, "-p", port],
                       stderr=subprocess.DEVNULL)
        self.wait_for_port(address, port)


@pytest.fixture
def lab(net):
    return Lab(net)


# --- real servers ---


def test_libcoap_s_list_is_whole(lab):
    lab.libcoap()
    line = lab.line("127.0.0.5")
    assert line["uri"] == "coap://127.0.0.5" + CORE
    assert (line["ip"], line["port"], line["code"]) == ("127.0.0.5", 5683, "2.05")
    assert (line["complete"], line["blocks"], line["error"]) == (True, 1, None)
    targets = [link["target"] for link in line["links"]]
    assert targets[:3] == ["/", "/time", "/async"]
    links = {link["target"]: link["attrs"] for link in line["links"]}
    assert links["/"] == [["title", "General Info"], ["ct", "0"]]
    assert sorted(map(str, links["/time"])) == sorted(map(str, [
        ["if", "clock"], ["rt", "ticks"], ["title", "Internal Clock"], ["ct", "0"],
        ["obs", None]]))
    assert links["/async"] == [["ct", "0"]]


@pytest.mark.parametrize("size", [0, 16, 64])
def test_links_are_what_coap_client_reads(lab, size):
    lab.libcoap()
    client = lab.net.run("lab", ["coap-client-notls", "-m", "get", "-B", "5",
                                 "coap://127.0.0.5" + CORE]).stdout
    ours = lab.resources("-O", "links", "--block-size", size, "127.0.0.5").stdout
    assert ours.strip("\n") == client.strip("\n")
    assert ours.startswith("</>;")


def test_libcoap_over_ipv6(lab):
    lab.net.start("lab", ["coap-server-notls", "-A", "::1", "-p", "5999"],
                  stderr=subprocess.DEVNULL)
    lab.wait_for_port("::1", 5999)
    line = lab.line("[::1]:5999")
    assert line["uri"] == f"coap://[::1]:5999{CORE}"
    assert (line["ip"], line["port"]) == ("::1", 5999)
    assert len(line["links"]) >= 3


def long_list():
    """More than 4 KiB of links, with all that is hard to read in titles."""
    titles = ['plain', 'with \\"quotes\\" and \\\\', 'comma, semicolon; <angle>',
              'Grüße, 温度', '\x1b[31mred\x1b[0m\x07']
    links = [f'</room/{i // 8}/sensor-{i}>;rt="temp room{i}";ct=0;sz={i};'
             f'title="{titles[i % len(titles)]}"' for i in range(80)]
    return ",".join(links).encode()


def start_node(lab, tmp_path, text):
    if not (HERE / "node_modules" / "coap").is_dir():
        pytest.skip("npm ci has not been run in tests/integration")
    (tmp_path / "list").write_bytes(text)
    command = ["node", HERE / "peers" / "node_server.js", "127.0.0.7", "5683",
               tmp_path / "list"]
    return Device(lab.net.start("lab", command, stdin=subprocess.PIPE))


def test_a_long_list_of_node_coap_comes_in_blocks(lab, tmp_path):
    text = long_list()
    assert len(text) > 4096
    start_node(lab, tmp_path, text)
    done = lab.net.run("lab", [COAPSCOPE, "resources", "-O", "links", "127.0.0.7"],
                       check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.encode().rstrip(b"\n") == text

    line = lab.line("127.0.0.7")
    assert line["complete"] and line["blocks"] == (len(text) + 1023) // 1024
    assert len(line["links"]) == 80
    attrs = [dict(link["attrs"]) for link in line["links"]]
    assert attrs[1]["title"] == 'with "quotes" and \\x5c'
    assert attrs[2]["title"] == "comma, semicolon; <angle>"
    assert attrs[3]["title"] == "Grüße, 温度"
    assert attrs[4]["title"] == "\x1b[31mred\x1b[0m\x07"
    assert [link["target"] for link in line["links"]][9] == "/room/1/sensor-9"

    small = lab.line("--block-size", "64", "--rate", "0", "127.0.0.7")
    assert small["links"] == line["links"]
    assert small["blocks"] == (len(text) + 63) // 64


def test_a_filter_is_ours(lab, tmp_path):
    start_node(lab, tmp_path, long_list())  # it ignores the query
    line = lab.line("--filter", "rt=room7*", "127.0.0.7")
    assert [link["target"] for link in line["links"]] == [
        "/room/0/sensor-7", *(f"/room/{i // 8}/sensor-{i}" for i in range(70, 80))]
    table = lab.resources("-O", "table", "--filter", "href=/room/2*", "127.0.0.7").stdout
    assert "8 of 80 resources" in table
    none = lab.line("--filter", "rt=none", "127.0.0.7")
    assert none["links"] == [] and none["error"] is None


def test_the_table_of_a_terminal_is_a_tree_without_escape_sequences(lab, tmp_path):
    start_node(lab, tmp_path, long_list())
    command = f"stty cols 60; {COAPSCOPE} resources --color never 127.0.0.7"
    done = lab.net.run("lab", ["script", "-qec", command, "/dev/null"])
    text = done.stdout.replace("\r\n", "\n")
    assert re.search(r"^coap://127\.0\.0\.7/\.well-known/core  80 resources, "
                     r"\d+ bytes in \d+ blocks$", text, re.M)
    assert re.search(r"^PATH +TITLE +RT +CT +SZ$", text, re.M)
    assert re.search(r"^/room$", text, re.M)
    assert re.search(r"^  /0$", text, re.M)
    assert re.search(r"^    /sensor-0 +plain", text, re.M)
    assert "\\x1b[31m" in text and "\x1b" not in text and "\x07" not in text
    assert all(len(row) <= 60 for row in text.splitlines()[1:]), text


# --- the message layer ---


def test_a_lost_request_is_sent_again(lab):
    with lab.device("lossy", 1) as device:
        line = lab.line("127.0.0.9")
        saw = device.stop()
    assert line["error"] is None and line["links"] == [TEMP, LIGHT]
    assert len(saw) == 2
    assert 1.95 <= saw[1]["at"] <= 3.2
    assert saw[0]["mid"] == saw[1]["mid"] and saw[0]["token"] == saw[1]["token"]
    assert len(saw[0]["token"]) == 16


def test_the_wait_doubles(lab):
    with lab.device("lossy", 2) as device:
        assert lab.line("127.0.0.9")["error"] is None
        at = [seen["at"] for seen in device.stop()]
    assert len(at) == 3
    assert abs((at[2] - at[1]) / at[1] - 2) < 0.1


def test_retries_can_be_none(lab):
    with lab.device("lossy", 1) as device:
        line = lab.line("--retries", "0", "--timeout", "4", "127.0.0.9", status=1)
        assert len(device.stop()) == 1
    assert line["error"] == "no answer within 4 s"


def test_silence_is_an_error_after_the_timeout(lab):
    with lab.device("silent") as device:
        started = time.monotonic()
        line = lab.line("--timeout", "1", "127.0.0.9", status=1)
        assert 0.9 < time.monotonic() - started < 3
        assert len(device.stop()) == 1
    assert line == {"schema": "coapscope.resources/1", "uri": "coap://127.0.0.9" + CORE,
                    "ip": "127.0.0.9", "port": 5683, "code": None, "complete": False,
                    "blocks": 0, "links": None, "error": "no answer within 1 s"}


def test_a_separate_response_is_acknowledged_each_time(lab):
    with lab.device("separate") as device:
        line = lab.line("127.0.0.9")
        time.sleep(0.1)
        saw = device.stop()
    assert line["links"] == [TEMP, LIGHT] and line["error"] is None
    assert [seen["type"] for seen in saw[:2]] == [0, 2]  # CON, then ACK
    assert (saw[1]["code"], saw[1]["mid"]) == (0, 0x2222)


def test_acknowledged_and_then_silent(lab):
    with lab.device("acknowledged") as device:
        line = lab.line("--timeout", "4", "127.0.0.9", status=1)
        assert len(device.stop()) == 1  # no copy after the ACK
    assert line["error"] == "no answer within 4 s after it was acknowledged"


@pytest.mark.parametrize("how", ["non", "impostor", "blocks", "echo"])
def test_answers_of_each_kind_are_taken(lab, how):
    with lab.device(how):
        line = lab.line("127.0.0.9")
    assert line["links"] == [TEMP, LIGHT] and line["error"] is None
    assert line["blocks"] == (2 if how == "blocks" else 1)


def test_a_list_that_changes_once_is_read_again(lab):
    with lab.device("changes", 1):
        line = lab.line("127.0.0.9")
    assert line["links"] == [TEMP, LIGHT] and line["blocks"] == 2
    with lab.device("always-changes"):
        line = lab.line("127.0.0.9", status=1)
    assert line["error"] == "block 2: changed while it was read"
    assert not line["complete"]


@pytest.mark.parametrize("how, error, code", [
    ("missing", "4.04 Not Found", "4.04"),
    ("reset", "reset", None),
    ("malformed", "malformed answer (M11, payload marker without payload)", None),
])
def test_an_answer_that_is_no_list(lab, how, error, code):
    with lab.device(how):
        line = lab.line("127.0.0.9", status=1)
    assert (line["error"], line["code"], line["links"]) == (error, code, None)


def test_a_list_without_end_is_ended(lab):
    with lab.device("endless") as device:
        line = lab.line("--rate", "0", "127.0.0.9", status=1)
        assert len(device.stop()) == 1024
    assert line["blocks"] == 1024 and not line["complete"]
    assert "longer than" in line["error"] and len(line["links"]) > 10000


def test_hostile_bytes_stay_bytes(lab):
    with lab.device("hostile"):
        line = lab.line("127.0.0.9")
        table = lab.resources("-O", "table", "127.0.0.9").stdout
    assert line["links"][0]["target"] == "/\x1b[2J\\xff"
    assert line["links"][0]["attrs"][1] == ["rt", "=cmd"]
    assert line["links"][1]["target"] == "//\\x00"
    assert re.fullmatch(r"[ -~\n]*", table)


# --- the network ---


def test_a_closed_port_is_told_at_once(lab):
    started = time.monotonic()
    lines = lab.lines("127.0.0.3:7", "[::1]:7", status=1)
    assert time.monotonic() - started < 2
    assert [line["error"] for line in lines.values()] == ["connection refused (ICMP)"] * 2


def test_no_route_is_told_at_once(lab):
    line = lab.line("192.0.2.1", status=1)
    assert line["error"] == "network unreachable"


def test_one_bad_device_does_not_hold_up_the_others(lab):
    with lab.device("silent", address="127.0.0.10"), lab.device("plain"):
        out = lab.resources("-O", "jsonl", "--timeout", "2", "127.0.0.10", "127.0.0.3",
                            "127.0.0.9", status=1).stdout
    ips = [json.loads(line)["ip"] for line in out.splitlines()]
    assert ips[-1] == "127.0.0.10" and sorted(ips[:2]) == ["127.0.0.3", "127.0.0.9"]


def test_one_request_at_a_time_to_an_address(lab):
    with lab.device("separate") as device:
        lines = lab.lines("coap://127.0.0.9/a", "coap://127.0.0.9/b", "coap://127.0.0.9/c")
        saw = [seen for seen in device.stop() if seen["type"] == 0]
    assert len(lines) == 3
    assert [seen["options"][-1][1] for seen in saw] == [b"a".hex(), b"b".hex(), b"c".hex()]
    assert all(b["at"] - a["at"] >= 0.19 for a, b in zip(saw, saw[1:]))


def addresses(start, ends):
    return ",".join(f"{start}{end}" for end in ends)


def test_the_rate_holds_for_many_devices(lab):
    with lab.device("plain", address=addresses("127.0.1.", range(32))) as device:
        lines = lab.lines("--rate", "20", "--concurrency", "64", "127.0.1.0/27")
        saw = device.stop()
    assert len(lines) == 32 and all(line["error"] is None for line in lines.values())
    assert saw[-1]["at"] >= 31 / 20 - 0.1


def test_concurrency_bounds_the_open_requests(lab):
    with lab.device("silent", address=addresses("127.0.1.", range(4))) as device:
        started = time.monotonic()
        lab.lines("--concurrency", "2", "--timeout", "1", "127.0.1.0/30", status=1)
        assert time.monotonic() - started >= 1.9
        saw = device.stop()
    assert len(saw) == 4 and saw[2]["at"] >= 0.9


def test_the_source_port_is_ours_to_choose(lab):
    with lab.device("plain") as device:
        lab.lines("--source-port", "40001", "127.0.0.9")
        assert device.stop()[0]["port"] == 40001


def test_an_interrupt_reports_what_was_open(lab):
    with lab.device("silent"):
        process = lab.net.start("lab", [COAPSCOPE, "resources", "-O", "jsonl",
                                        "--concurrency", "1", "127.0.0.9", "127.0.0.8"],
                                stderr=subprocess.PIPE)
        wait_until(lambda: lab.net.counters("lab")["UdpInDatagrams"] > 0)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=10)
    assert process.returncode == 1
    (line,) = map(json.loads, out.splitlines())
    assert (line["ip"], line["error"]) == ("127.0.0.9", "interrupted")
    assert "1 of 2 were asked" in err


# --- what is asked ---


@pytest.mark.parametrize("target, status, says", [
    ("224.0.1.187", 3, "nothing is ever sent"),
    ("coap://224.0.1.187/", 3, "nothing is ever sent"),
    ("coap://[ff02::fd%25lo]/", 2, "IPv6 address in brackets"),
    ("[ff05::fd]:5683", 3, "nothing is ever sent"),
    ("255.255.255.255", 3, "nothing is ever sent"),
    ("coaps://127.0.0.1/", 2, "coaps is not supported yet"),
    ("coap+tcp://127.0.0.1/", 2, "coap+tcp is not supported yet"),
    ("http://127.0.0.1/", 2, "want coap://HOST"),
    ("coap://127.0.0.1:0/", 2, "want a port from 1 to 65535"),
    ("coap://127.0.0.1/%4", 2, "want two hex digits"),
    ("coap://127.0.0.1/#x", 2, "want no fragment"),
    ("10.0.0.0/8", 2, "that is a scan"),
    ("127.0.0.1/24", 2, "127.0.0.0/24"),
])
def test_what_cannot_be_asked_is_said(lab, target, status, says):
    done = lab.resources(target, status=status)
    assert done.stdout == ""
    assert len(done.stderr.splitlines()) == 1
    assert says in done.stderr and done.stderr.startswith("coapscope resources: ")


def test_a_uri_names_port_path_and_query(lab):
    uri = "coap://127.0.0.9:7777/rd-lookup/res?rt=a%26b&d=1"
    with lab.device("plain", port=7777) as device:
        line = lab.line(uri)
        (saw,) = device.stop()
    assert line["uri"] == uri and line["port"] == 7777
    assert saw["options"] == [[11, b"rd-lookup".hex()], [11, b"res".hex()],
                              [15, b"rt=a&b".hex()], [15, b"d=1".hex()]]


def test_the_first_request_is_what_scanners_send_and_a_token(lab):
    with lab.device("plain") as device:
        lab.line("127.0.0.9")
        (saw,) = device.stop()
    assert saw["options"] == [[11, b".well-known".hex()], [11, b"core".hex()]]
    assert (saw["type"], saw["code"]) == (0, 1)


def test_targets_from_a_file(lab, tmp_path):
    (tmp_path / "targets").write_text(
        "# mine\n\n127.0.0.9   # the one\n coap://127.0.0.9:5683/x \r\n")
    with lab.device("plain"):
        lines = lab.lines("--targets-file", str(tmp_path / "targets"))
    assert sorted(lines) == ["coap://127.0.0.9" + CORE, "coap://127.0.0.9:5683/x"]
    (tmp_path / "targets").write_text("127.0.0.9\nnonsense!\n")
    done = lab.resources("--targets-file", str(tmp_path / "targets"), status=2)
    assert "targets:2: 'nonsense!'" in done.stderr


def test_the_output_file_appears_whole(lab, tmp_path):
    with lab.device("plain"):
        lab.resources("-o", str(tmp_path / "out"), "-O", "jsonl", "127.0.0.9")
    assert json.loads((tmp_path / "out").read_text())["links"] == [TEMP, LIGHT]
    assert [p.name for p in tmp_path.iterdir()] == ["out"]


def test_a_full_disk_is_an_error(lab):
    with lab.device("plain"):
        done = lab.resources("-o", "/dev/full", "-O", "jsonl", "127.0.0.9", status=4)
    assert "No space left" in done.stderr
