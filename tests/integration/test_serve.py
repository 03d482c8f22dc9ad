# SPDX-License-Identifier: Apache-2.0
"""coapscope serve, asked over real connections on loopback."""
import base64
import contextlib
import hashlib
import hmac
import http.client
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request

import pytest

from lab import BUILD, COAPSCOPE, wait_until

SECRETS = {"root": "0123456789abcdef0", "acme": "acme-acme-acme-acme",
           "net": "net-net-net-net-net"}
KEYS = "".join(f"[{name}]\nsecret = {secret}\nowner = {'*' if name == 'root' else name}\n"
               for name, secret in SECRETS.items())
OWNERS = "[acme]\nasns = 64500 64501\n[net]\nprefixes = 10.0.0.0/24\n"
ROWS = 3000  # of 2026-11-21; 1000 of the day before


def fill(store, day, rows, first=0):
    subprocess.run([BUILD / "tests/tools/fill_store", store, day, str(rows), str(first)],
                   check=True, timeout=60)


class Server:
    """A server that was started, and has said where it listens."""

    def __init__(self, folder, *options, env=None):
        self.log = folder / "log"
        with open(self.log, "w", encoding="utf-8") as err:
            self.process = subprocess.Popen(
                [COAPSCOPE, "serve", "-v", "--listen", "127.0.0.1:0", *options],
                stderr=err, stdin=subprocess.DEVNULL, env=env)
        self.url = wait_until(self.said_url, 30)
        self.port = int(self.url.split(":")[2].rstrip("/"))

    def text(self):
        return self.log.read_text(encoding="utf-8")

    def said_url(self):
        assert self.process.poll() is None, self.text()
        found = re.search(r"listening on (http\S+)", self.text())
        return found and found[1]

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(20)

    # --- asking ---

    def raw(self, data, timeout=10, source="127.0.0.1"):
        """All that comes back for these bytes."""
        with socket.create_connection(("127.0.0.1", self.port), timeout, (source, 0)) as sock:
            sock.sendall(data)
            out = b""
            with contextlib.suppress(ConnectionError, TimeoutError):
                while part := sock.recv(65536):
                    out += part
            return out

    def get(self, path, key=None, secret=None, host=None, method="GET"):
        conn = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        head = {"Host": host} if host else {}
        if key:
            pair = f"{key}:{secret or SECRETS[key]}".encode()
            head["Authorization"] = "Basic " + base64.b64encode(pair).decode()
        conn.request(method, path, headers=head)
        reply = conn.getresponse()
        return reply.status, reply.read(), reply.headers

    def call(self, method, request, key="root", secret=None, body=None):
        """As Shadowserver's clients call: urllib, and its own Content-Type."""
        body = body if body is not None else json.dumps({**request, "apikey": key}).encode()
        mac = hmac.new((secret or SECRETS.get(key, "")).encode(), body, hashlib.sha256)
        ask = urllib.request.Request(f"{self.url}api/{method}", data=body,
                                     headers={"HMAC2": mac.hexdigest()})
        try:
            with urllib.request.urlopen(ask, timeout=45) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


@pytest.fixture(scope="module", name="site")
def fixture_site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("serve")
    fill(folder / "store", "2026-11-20", 1000)
    fill(folder / "store", "2026-11-21", ROWS)
    (folder / "keys").write_text(KEYS)
    (folder / "keys").chmod(0o600)
    (folder / "owners").write_text(OWNERS)
    subprocess.run(["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2",
                    "-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1",
                    "-keyout", folder / "key.pem", "-out", folder / "cert.pem"],
                   check=True, capture_output=True)
    (folder / "key.pem").chmod(0o600)
    return folder


@contextlib.contextmanager
def serving(site, tmp_path, *options, keys=True, env=None):
    more = ["--api-keys", site / "keys", "--owners", site / "owners"] if keys else []
    server = Server(tmp_path, "--store", site / "store", *more, *options, env=env)
    try:
        yield server
    finally:
        if server.process.poll() is None:
            assert server.end() == 0, server.text()
    for secret in SECRETS.values():
        assert secret not in server.text()


@pytest.fixture(scope="module", name="server")
def fixture_server(site, tmp_path_factory):
    with serving(site, tmp_path_factory.mktemp("log")) as server:
        yield server


def run(*options):
    return subprocess.run([COAPSCOPE, "serve", *options], text=True, capture_output=True,
                          timeout=20, check=False)


# --- the Reports API ---

def test_ping_needs_the_right_signature(server):
    status, pong = server.call("test/ping", {})
    assert status == 200
    assert re.fullmatch(r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", pong["pong"])
    wrong = server.call("test/ping", {}, secret="wrong")
    assert wrong == (401, {"error": "unknown key, or a wrong secret"})
    assert server.call("test/ping", {}, key="nobody") == wrong
    # The signature is of the bytes, odd blanks and all.
    body = b'{ "apikey": "root" ,\n"x": [ ] }'
    assert server.call("test/ping", {}, body=body)[0] == 200


def test_each_key_sees_its_own_rows_and_no_others(server):
    for key, want in (("root", ["all", "acme", "net"]), ("acme", ["acme"]), ("net", ["net"])):
        assert server.call("reports/subscribed", {}, key) == (200, want)
    rows = server.call("reports/query", {"query": {}, "limit": 10000}, "acme")[1]
    assert len(rows) == ROWS // 16 * 2 + 2 and {r["asn"] for r in rows} == {64500, 64501}
    rows = server.call("reports/query", {"query": {}, "limit": 10000}, "net")[1]
    assert len(rows) == 256 and all(r["ip"].startswith("10.0.0.") for r in rows)
    # Another's report is as if it were not there; so is one that is not.
    for name in ("acme", "all", "nothing"):
        assert server.call("reports/query", {"report": name}, "net") == (
            400, {"error": "report: not one of reports/subscribed"})
    assert {e["report"] for e in server.call("reports/list", {}, "net")[1]} == {"net"}
    assert server.call("reports/query", {"query": {"asn": 64505, "ip": "10.1.0.0/16"}}, "net") == (200, [])


def test_rows_are_found_sorted_paged_and_counted(server):
    everything = []
    for page in ("1", "2", "3", "4"):
        status, rows = server.call("reports/query", {"query": {}, "sort": "ascending",
                                                     "limit": "1000", "page": page})
        assert status == 200
        everything += rows
    assert len(everything) == ROWS == len({r["ip"] for r in everything})
    assert [r["timestamp"] for r in everything] == sorted(r["timestamp"] for r in everything)
    days = server.call("reports/query", {"query": {"ip": "10.0.0.7"}, "sort": "descending",
                                         "date": "2026-11-01:2026-11-30"})[1]
    assert [r["timestamp"] for r in days] == ["2026-11-21 00:00:07", "2026-11-20 00:00:07"]
    assert days[0] == {
        "timestamp": "2026-11-21 00:00:07", "severity": "medium", "ip": "10.0.0.7",
        "protocol": "udp", "port": 5683, "hostname": "h7.example.net", "tag": "coap;iot",
        "version": 2, "asn": 64507, "geo": "JP", "region": "", "city": "City", "naics": 0,
        "hostname_source": "ptr", "response": '</sensors/7>;rt="t",</kind/0>',
        "response_size": 36, "amplification": 1.71, "sector": ""}
    facets = server.call("reports/query", {"query": {"asn": "64500"}, "facet": "geo"})[1]
    assert facets == [{"value": "DE", "count": 188}]
    assert server.call("reports/query", {"facet": "geo", "page": 2})[1] == []
    assert server.call("reports/query", {"types": ["scan_mqtt"]}) == (200, [])


def test_stats_types_and_schema(server):
    assert server.call("reports/stats", {"date": "2026-11-01:now"}, "net") == (200, [
        ["timestamp", "type", "count", "report"],
        ["2026-11-20", "scan_coap", 256, "net"], ["2026-11-21", "scan_coap", 256, "net"]])
    assert server.call("reports/types", {}) == (200, ["scan_coap"])
    detail = server.call("reports/types", {"detail": True})[1]
    assert detail[0]["type"] == "scan_coap" and detail[0]["url"].startswith("https://")
    schema = server.call("reports/schema", {"type": "scan_coap"})[1]
    row = server.call("reports/query", {"limit": 1})[1][0]
    assert list(schema["properties"]) == list(row) == schema["required"]
    assert server.call("reports/schema", {"type": "scan_x"})[0] == 400


def test_reports_are_listed_and_downloaded(server):
    status, listed = server.call("reports/list", {"date": "2026-11-19:2026-11-22"}, "acme")
    assert status == 200
    assert [(e["file"], e["timestamp"], e["type"]) for e in listed] == [
        ("2026-11-21-scan_coap-acme-asn.csv", "2026-11-21", "scan_coap"),
        ("2026-11-20-scan_coap-acme-asn.csv", "2026-11-20", "scan_coap")]
    with urllib.request.urlopen(listed[0]["url"]) as reply:
        lines = reply.read().decode().splitlines()
        assert reply.headers["Content-Type"] == "text/csv; charset=utf-8"
        assert listed[0]["file"] in reply.headers["Content-Disposition"]
    assert lines[0].startswith('"timestamp","severity","ip",')
    assert len(lines) == 1 + ROWS // 16 * 2 + 2
    rows = server.call("reports/download", {"id": listed[0]["id"]}, "acme")[1]
    assert len(rows) == len(lines) - 1
    assert server.call("reports/download", {"id": listed[0]["id"]}, "net")[0] == 404
    ids = {server.call("reports/list", {}, "acme")[1][0]["id"] for _ in range(3)}
    assert len(ids) == 3 and all(re.fullmatch("[0-9a-f]{96}", i) for i in ids)


def test_an_id_that_was_changed_is_none(server):
    path = "/download/" + server.call("reports/list", {}, "net")[1][0]["id"]
    assert server.get(path)[0] == 200
    for at in (10, 12, 44, 52, 60, 100):
        other = path[:at] + ("0" if path[at] != "0" else "1") + path[at + 1:]
        assert server.get(other)[0] == 404
    assert server.get(path[:-1])[0] == 404 and server.get("/download/")[0] == 404


def test_bad_requests_are_answered_with_what_is_wrong(server):
    def why(body, key="root"):
        status, error = server.call("reports/query", {}, key, body=body)
        assert status == 400
        return error["error"]

    assert why(b"") == "the request is empty: want a JSON object"
    assert why(b"[]") == "want a JSON object"
    assert why(b"{") == "the request is not JSON"
    assert why(b'{"apikey":"root"} x') == "something follows the JSON object"
    assert why(b'{"apikey":"root","apikey":"net"}') == "want each key once, and at most 64 in one place"
    assert why(b'{"a":' + b"[" * 9 + b"]" * 9 + b"}") == "the JSON is nested deeper than 8"
    assert why(b'{"apikey":"ro\xff"}') == "the request is not UTF-8 text without NUL"
    assert why(b'{"apikey":"root\\u0000"}') == "the request is not UTF-8 text without NUL"
    assert why(b'{"apikey":"root","limit":10001}') == "limit: want 1 to 10000"
    assert why(b'{"apikey":"root","date":"2026-11-31"}').startswith("date: want YYYY-MM-DD")
    assert "field 'nope'" in why(b'{"apikey":"root","query":{"nope":1}}')
    assert server.call("reports/nope", {}) == (404, {"error": "there is no such method"})
    assert server.call("reports/nope", {}, secret="x")[0] == 401


# --- the page, its data, metrics ---

def test_the_page_wants_a_key_where_there_are_keys(server):
    status, body, head = server.get("/")
    assert status == 401 and head["WWW-Authenticate"].startswith("Basic realm=")
    assert server.get("/", "root", "wrong")[0] == 401
    assert server.get("/", "nobody", "wrong")[1] == body
    status, body, head = server.get("/", "net")
    assert status == 200 and body.lower().startswith(b"<!doctype html>")
    assert "default-src 'none'" in head["Content-Security-Policy"]
    assert head["X-Content-Type-Options"] == "nosniff" and head["Cache-Control"] == "no-store"
    assert head["Referrer-Policy"] == "no-referrer"
    assert server.get("/healthz")[:2] == (200, b"ok\n")


def test_the_pages_data_is_the_owners(server):
    status, body, _ = server.get("/data/services.json?limit=5&sort=-ip&q=sensors", "net")
    got = json.loads(body)
    assert status == 200 and got["matching"] == got["total"] == 256
    assert [s["ip"] for s in got["services"]] == [f"10.0.0.{n}" for n in (255, 254, 253, 252, 251)]
    overview = json.loads(server.get("/data/overview.json", "net")[1])
    assert overview["days"] == ["2026-11-20", "2026-11-21"] and overview["owner"] == "net"
    assert "64505" not in json.dumps(overview["owner"])
    assert dict(overview["groups"]["total"]["keys"])["services"] == [256, 256]
    for query in ("limit=1001", "limit=x", "day=2026-13-01", "x%zz=1", "limit=1&limit=2", "nope=1"):
        assert server.get(f"/data/services.json?{query}", "net")[0] == 400


def test_an_owner_cannot_have_all_days_counted_at_once(site, tmp_path):
    for day in range(1, 32):
        fill(tmp_path / "store", f"2026-10-{day:02}", 1)
    fill(tmp_path / "store", "2026-11-01", 1)
    with serving(site, tmp_path, "--store", tmp_path / "store") as server:
        status, body, _ = server.get("/data/overview.json?from=1970-01-01", "net")
        assert status == 400 and b"at most 31 days" in body
        for path in ("", "?from=2026-10-02", "?from=1970-01-01&to=2026-10-31"):
            status, body, _ = server.get(f"/data/overview.json{path}", "net")
            assert status == 200 and len(json.loads(body)["days"]) == 31, path
        assert server.get("/data/overview.json?from=1970-01-01", "root")[0] == 200


def test_metrics_please_promtool(server):
    status, body, head = server.get("/metrics", "net")
    assert status == 200 and head["Content-Type"].startswith("text/plain; version=0.0.4")
    # What others ask, and how much they have, is no owner's business.
    assert b"coapscope_models" not in body and b"coapscope_http_requests" not in body
    status, body, _ = server.get("/metrics", "root")
    assert status == 200 and b"coapscope_models_bytes " in body
    assert b'coapscope_http_requests_total{route="/metrics",code="200"}' in body
    text = server.get("/metrics", "net")[1].decode()
    assert sum(int(n) for n in re.findall(r'^coapscope_services{severity="\w+"} (\d+)', text, re.M)) == 256
    if not shutil.which("promtool"):
        pytest.skip("no promtool")
    checked = subprocess.run(["promtool", "check", "metrics"], input=text, text=True,
                             capture_output=True, check=False)
    assert (checked.returncode, checked.stdout + checked.stderr) == (0, "")


def test_head_and_other_methods(server):
    status, body, head = server.get("/healthz", method="HEAD")
    assert (status, body, head["Content-Length"]) == (200, b"", "3")
    status, _, head = server.get("/healthz", method="POST")
    assert (status, head["Allow"]) == (405, "GET, HEAD")
    status, _, head = server.get("/api/test/ping")
    assert (status, head["Allow"]) == (405, "POST")
    assert server.get("/", "root", method="BREW")[0] == 405
    assert server.get("/nothing")[0] == 404


# --- strangers ---

@pytest.mark.parametrize("path", ["//", "/..", "/../etc/passwd", "/%2e%2e/", "/healthz%00", "/./healthz",
                                  "/healthz/", "/healthz%2f", "/data//overview.json", "/\\", "*",
                                  "/download/../healthz", "http://", "http:healthz"])
def test_a_trick_with_a_path_is_refused(server, path):
    reply = server.raw(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
    assert re.match(rb"HTTP/1.1 40[04] ", reply), reply[:80]
    assert b"root:" not in reply


def test_a_whole_address_is_a_path_too(server):
    reply = server.raw(b"GET http://x:1/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
    assert reply.startswith(b"HTTP/1.1 200 ") and reply.endswith(b"ok\n")


def test_what_is_too_large_is_refused(server):
    head = b"POST /api/test/ping HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
    assert server.raw(head + b"Content-Length: 65537\r\n\r\n").startswith(b"HTTP/1.1 413 ")
    assert server.raw(head + b"Content-Length: 99999999999999999999999\r\n\r\n")[9:12] in (b"400", b"413")
    chunks = b"".join(b"1000\r\n" + bytes(4096) + b"\r\n" for _ in range(17)) + b"0\r\n\r\n"
    assert server.raw(head + b"Transfer-Encoding: chunked\r\n\r\n" + chunks).startswith(b"HTTP/1.1 413 ")
    assert server.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 40000 + b"\r\n\r\n")[9:12] == b"431"
    assert server.raw(b"GET /" + b"y" * 5000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")[9:12] == b"414"
    assert server.raw(b"GET /" + b"y" * 50000 + b" HTTP/1.1\r\nHost: x\r\n\r\n")[9:12] == b"414"
    assert server.call("test/ping", {"x": "y" * 65000})[0] == 200


@pytest.mark.parametrize("head", [
    "Content-Length: 0\r\nContent-Length: 30", "Content-Length: 30\r\nContent-Length: 0",
    "Content-Length: 4\r\nTransfer-Encoding: chunked", "Transfer-Encoding: gzip",
    "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked",
    "Transfer-Encoding : chunked\r\nContent-Length: 5", "Content-Length: 0\r\nHost: y",
    "HMAC2: 00\r\nHMAC2: 11\r\nContent-Length: 0"])
def test_a_head_of_two_meanings_ends_the_connection(server, head):
    follows = "0\r\n\r\nGET /healthz HTTP/1.1\r\nHost: x\r\n\r\n"
    got = server.raw(f"POST /api/test/ping HTTP/1.1\r\nHost: x\r\n{head}\r\n\r\n{follows}".encode())
    assert got.startswith(b"HTTP/1.1 400") and got.count(b"HTTP/1.1") == 1
    assert b"two ways" in got


def test_rubbish_is_no_request(server):
    for data in (b"\x16\x03\x01\x02\x00\x01\x00", b"\0" * 100, b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n",
                 b"GET /healthz HTTP/1.1\r\n\r\n", b"\xff" * 5000 + b"\r\n\r\n"):
        reply = server.raw(data + b"\r\n\r\n", 1)
        assert not reply or re.match(rb"HTTP/1.1 (40|50)\d ", reply), reply[:60]
    assert server.get("/healthz")[0] == 200


def test_new_clients_get_in_whatever_waits(site, tmp_path):
    with serving(site, tmp_path, "--connections", "32") as server:
        held = []
        for _ in range(100):
            sock = socket.create_connection(("127.0.0.1", server.port))
            sock.sendall(b"GET /healthz HTTP/1.1\r\n")
            held.append(sock)
            if len(held) % 10 == 0:
                assert server.get("/healthz")[0] == 200
        for n in range(50):
            sock = socket.create_connection(("127.0.0.1", server.port), 10, (f"127.0.0.{n + 2}", 0))
            held.append(sock)
        assert server.get("/healthz")[0] == 200
        text = server.get("/metrics", "root")[1].decode()
        assert int(re.search(r"^coapscope_http_connections (\d+)", text, re.M)[1]) <= 33
        assert int(re.search(r'reason="crowded"} (\d+)', text)[1]) >= 100
        for sock in held:
            sock.close()


def test_who_is_slow_has_to_go(site, tmp_path):
    with serving(site, tmp_path) as server:
        began = time.monotonic()
        with socket.create_connection(("127.0.0.1", server.port), 30) as sock:
            sock.settimeout(0.5)
            sock.sendall(b"GET /healthz HTTP/1.1\r\nX: ")
            with contextlib.suppress(ConnectionError):
                while time.monotonic() - began < 30:
                    sock.sendall(b"y")  # never idle for long
                    try:
                        if sock.recv(100) == b"":
                            break
                    except TimeoutError:
                        pass
        assert 10 < time.monotonic() - began < 25


def test_log_lines_are_few_and_know_no_secret(site, tmp_path):
    with serving(site, tmp_path) as server:
        for _ in range(200):
            server.raw(b"GET /x%zz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        server.call("test/ping", {}, key="hush-hush-hush", secret="x")
        time.sleep(1.1)
        server.get("/nothing")
        said = server.text()
        assert said.count("(no route): 400") <= 100
        assert "more lines were not said" in said
        assert "hush" not in said and "zz" not in said


def test_without_keys_only_this_machine_may_ask(site, tmp_path):
    with serving(site, tmp_path, keys=False) as server:
        assert server.get("/")[0] == 200
        for host in ("localhost", "localhost:1", "127.0.0.1", "[::1]:5580"):
            assert server.get("/data/overview.json", host=host)[0] == 200
        for host in ("evil.example", "localhost.evil.example:5580", "127.0.0.1.evil.example"):
            assert server.get("/data/overview.json", host=host)[0] == 421
        assert server.call("test/ping", {})[0] == 403


def test_a_store_that_is_not_there_yet_is_said(tmp_path):
    server = Server(tmp_path, "--store", tmp_path / "nothing")
    assert f"no store in {tmp_path}/nothing yet" in server.text()
    assert server.get("/")[0] == 200
    assert server.end() == 0


# --- what it takes to start ---

def test_beyond_loopback_needs_keys_and_tls(site):
    for listen in ("0.0.0.0:0", "[::]:0"):
        got = run("--listen", listen, "--store", site / "store")
        assert got.returncode == 2 and "want --api-keys FILE" in got.stderr
        got = run("--listen", listen, "--store", site / "store", "--api-keys", site / "keys")
        assert got.returncode == 2 and "want --tls-cert and --tls-key, or --plain-http" in got.stderr
    for listen in ("host:1", "127.0.0.1", "127.0.0.1:65536", "::1:80", ":80"):
        got = run("--listen", listen)
        assert got.returncode == 2 and "want an address and a port" in got.stderr


@pytest.mark.parametrize("more", [[], ["--public-url", "http://coap.example.net/"]])
def test_links_that_lead_nowhere_are_said(site, tmp_path, more):
    # Ends by itself after the socket is open: no user of that name.
    got = run("--listen", "0.0.0.0:0", "--store", site / "store", "--plain-http",
              "--api-keys", site / "keys", "--owners", site / "owners", "--user", "nobody-of-that-name",
              *more)
    assert ("want --public-url URL" in got.stderr) == (not more), got.stderr


def test_a_file_of_keys_that_others_may_read_is_refused(site, tmp_path):
    keys = tmp_path / "keys"
    keys.write_text(KEYS)
    for mode in (0o640, 0o604, 0o660):
        keys.chmod(mode)
        got = run("--api-keys", keys, "--owners", site / "owners", "--store", site / "store")
        assert got.returncode == 2 and "others may read it: want mode 0600" in got.stderr
    keys.chmod(0o600)
    got = run("--api-keys", keys, "--store", site / "store")
    assert got.returncode == 2 and f"{keys}:6: owner acme: want --owners FILE" in got.stderr
    keys.write_text("[a]\nsecret = s e c\n")
    got = run("--api-keys", keys, "--store", site / "store")
    assert got.returncode == 2 and f"{keys}:2: secret: want no blanks" in got.stderr
    assert "s e c" not in got.stderr


def test_a_port_that_is_taken_is_said(site):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        got = run("--listen", f"127.0.0.1:{taken.getsockname()[1]}", "--store", site / "store")
    assert got.returncode == 4 and "Address already in use" in got.stderr


def test_tls(site, tmp_path):
    with serving(site, tmp_path, "--tls-cert", site / "cert.pem", "--tls-key", site / "key.pem") as server:
        assert server.url.startswith("https://")
        context = ssl.create_default_context(cafile=site / "cert.pem")
        with urllib.request.urlopen(server.url + "healthz", context=context, timeout=20) as reply:
            assert reply.read() == b"ok\n"
        shown = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_3",
                                "-CAfile", site / "cert.pem", "-brief"], input="", text=True,
                               capture_output=True, timeout=20, check=False)
        assert "TLSv1.3" in shown.stderr and "Verification: OK" in shown.stderr
        old = subprocess.run(["openssl", "s_client", "-connect", f"127.0.0.1:{server.port}", "-tls1_1",
                              "-cipher", "DEFAULT@SECLEVEL=0"], input="", text=True,
                             capture_output=True, timeout=20, check=False)
        assert old.returncode != 0
        assert server.raw(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").find(b"ok\n") < 0


def test_a_key_that_is_not_the_certificates_is_said(site, tmp_path):
    other = tmp_path / "other.pem"
    subprocess.run(["openssl", "genpkey", "-algorithm", "ED25519", "-out", other], check=True)
    other.chmod(0o600)
    got = run("--tls-cert", site / "cert.pem", "--tls-key", other, "--store", site / "store")
    assert got.returncode == 2 and "not the key of the certificate" in got.stderr
    other.chmod(0o644)
    got = run("--tls-cert", site / "cert.pem", "--tls-key", other, "--store", site / "store")
    assert got.returncode == 2 and "everybody may read it" in got.stderr
    got = run("--tls-cert", site / "cert.pem", "--store", site / "store")
    assert got.returncode == 2 and "go together" in got.stderr


# --- its life ---

def test_what_is_stored_meanwhile_is_served(site, tmp_path):
    store = tmp_path / "store"
    with serving(site, tmp_path, "--store", store) as server:
        assert server.call("reports/query", {}) == (200, [])
        assert server.call("reports/list", {}) == (200, [])
        assert json.loads(server.get("/data/overview.json", "root")[1])["days"] == []
        fill(store, "2026-11-21", 10)
        wait_until(lambda: len(server.call("reports/query", {})[1]) == 10, 5)
        fill(store, "2026-11-21", 5, 100)
        wait_until(lambda: len(server.call("reports/query", {})[1]) == 15, 5)
        fill(store, "2026-11-22", 3)
        wait_until(lambda: len(server.call("reports/query", {})[1]) == 3, 5)
        wait_until(lambda: json.loads(server.get("/data/overview.json", "root")[1])["days"]
                   == ["2026-11-21", "2026-11-22"], 10)


def test_a_store_that_is_only_read_is_served(site, tmp_path):
    store = tmp_path / "store"
    fill(store, "2026-11-21", 100)
    for path in (store, *store.rglob("*")):
        path.chmod(0o555 if path.is_dir() else 0o444)
    if os.geteuid() == 0:  # without capabilities it may not write there either
        os.chown(store, 65534, 65534)
    with serving(site, tmp_path, "--store", store) as server:
        assert len(server.call("reports/query", {})[1]) == 100
        assert json.loads(server.get("/data/overview.json", "root")[1])["days"] == ["2026-11-21"]
    store.chmod(0o755)


def test_a_signal_lets_answers_end(site, tmp_path):
    with serving(site, tmp_path) as server:
        path = "/download/" + server.call("reports/list", {"report": "all"})[1][0]["id"]
        with socket.create_connection(("127.0.0.1", server.port), 20) as sock:
            sock.sendall(f"GET {path} HTTP/1.0\r\nHost: x\r\n\r\n".encode())
            out = sock.recv(1000)
            server.process.send_signal(signal.SIGTERM)
            while part := sock.recv(65536):
                out += part
        assert out.count(b",udp,") == ROWS
        assert server.process.wait(10) == 0
        with pytest.raises(OSError):
            socket.create_connection(("127.0.0.1", server.port), 1)


def test_a_service_manager_is_told(site, tmp_path):
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sock:
        sock.bind(str(path))
        sock.settimeout(20)
        with serving(site, tmp_path, env={**os.environ, "NOTIFY_SOCKET": str(path)}):
            assert sock.recv(100) == b"READY=1"
        assert sock.recv(100) == b"STOPPING=1"


def test_it_sits_in_a_jail(server):
    status = pathlib.Path(f"/proc/{server.process.pid}/status").read_text(encoding="ascii")
    assert re.search(r"^CapEff:\t0+$", status, re.M) and re.search(r"^NoNewPrivs:\t1$", status, re.M)
    assert re.search(r"^Seccomp:\t2$", status, re.M)
    tasks = list(pathlib.Path(f"/proc/{server.process.pid}/task").iterdir())
    assert len(tasks) <= 18
    for task in tasks:
        assert re.search(r"^Seccomp:\t2$", (task / "status").read_text(encoding="ascii"), re.M)
