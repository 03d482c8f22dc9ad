# SPDX-License-Identifier: Apache-2.0
"""serve: questions a second over a million rows, beside a bare libmicrohttpd loop."""
import hashlib
import hmac
import json
import re
import statistics
import subprocess
import time
import urllib.request

from rig import BUILD
from table import budgets, spread, table, verdict

ROUNDS = 3
SECONDS = 3
CLIENTS = 8
ROWS = 1000000
SECRET = "a-secret-of-the-benchmark"
KEYS = {"everything": "*", "one_owner": "one"}
QUESTIONS = [
    ("ping", "everything", "test/ping", {}),
    ("one address", "everything", "reports/query", {"query": {"ip": "10.1.2.3"}}),
    ("100 of a country", "everything", "reports/query", {"query": {"geo": "DE"}, "limit": 100}),
    ("100 of an owner", "one_owner", "reports/query", {"query": {}, "limit": 100}),
    ("the newest 1000", "everything", "reports/query", {"query": {}}),
    ("by network", "everything", "reports/query", {"facet": "asn"}),
]


def signed(key, request):
    body = json.dumps({"apikey": key, **request}).encode()
    return body, hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def ask(url, body, mac):
    began = time.monotonic()
    request = urllib.request.Request(url, data=body, headers={"HMAC2": mac})
    with urllib.request.urlopen(request, timeout=45) as reply:
        return reply.read(), time.monotonic() - began


def wrk(folder, url, body, mac):
    """Answers a second."""
    script = folder / "ask.lua"
    script.write_text(f"wrk.method = 'POST'\nwrk.body = {json.dumps(body.decode())}\n"
                      f"wrk.headers['HMAC2'] = '{mac}'\n")
    text = subprocess.run(["wrk", "-t1", f"-c{CLIENTS}", f"-d{SECONDS}s", "--timeout", "45s",
                           "-s", script, url], check=True, text=True, capture_output=True,
                          timeout=SECONDS + 60).stdout
    if "Non-2xx" in text:
        raise RuntimeError(f"not all answers were good:\n{text}")
    return float(re.search(r"Requests/sec:\s+([\d.]+)", text)[1])


def start_serve(folder):
    (folder / "owners").write_text("[one]\nasns = 64501\n")
    keys = folder / "keys"
    keys.write_text("".join(f"[{k}]\nsecret = {SECRET}\nowner = {v}\n"
                            for k, v in KEYS.items()))
    keys.chmod(0o600)
    process = subprocess.Popen(
        [BUILD / "coapscope", "serve", "--listen", "127.0.0.1:0", "--store", folder / "store",
         "--api-keys", keys, "--owners", folder / "owners"], stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if found := re.search(r"listening on (\S+)", line):
            return process, found[1]
    raise RuntimeError("serve does not serve")


def beside(folder, url, question):
    name, key, method, request = question
    body, mac = signed(key, request)
    answer, seconds = ask(f"{url}api/{method}", body, mac)
    answer, seconds = ask(f"{url}api/{method}", body, mac)
    (folder / "answer").write_bytes(answer)
    with subprocess.Popen([BUILD / "bench" / "httploop", folder / "answer"], text=True,
                          stdin=subprocess.PIPE, stdout=subprocess.PIPE) as loop:
        bare = f"http://127.0.0.1:{loop.stdout.readline().strip()}/"
        pairs = [(wrk(folder, f"{url}api/{method}", body, mac), wrk(folder, bare, body, mac))
                 for _ in range(ROUNDS)]
        loop.stdin.close()
    ours, theirs = zip(*pairs)
    return [name, f"{len(answer)}", f"{seconds * 1000:.0f}", spread(ours, "{:.0f}"),
            spread(theirs, "{:.0f}"),
            f"{statistics.median(a / b for a, b in pairs):.3f}"], seconds


def run(folder):
    subprocess.run([BUILD / "tests" / "tools" / "fill_store", folder / "store", "2026-11-21",
                    str(ROWS)], check=True, timeout=300)
    process, url = start_serve(folder)
    try:
        results = [beside(folder, url, question) for question in QUESTIONS]
        with open(f"/proc/{process.pid}/status", encoding="ascii") as status:
            peak = int(re.search(r"VmHWM:\s+(\d+)", status.read())[1]) // 1024
    finally:
        process.terminate()
        process.wait(30)
        process.stderr.close()
    slowest = max(seconds for _, seconds in results)
    return "\n\n".join([
        f"A day of {ROWS} rows; {CLIENTS} clients, {ROUNDS} rounds of {SECONDS} s each in turns "
        "with a bare libmicrohttpd loop of as many threads that returns the same bytes and "
        f"computes nothing. Peak memory {peak} MiB.",
        table(["question", "bytes of the answer", "one alone, ms", "answers/s",
               "bare loop, answers/s", "ratio"], [row for row, _ in results]),
        budgets(("the slowest question, seconds", verdict(slowest, 1, more_is_better=False)))])
