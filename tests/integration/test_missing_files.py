# SPDX-License-Identifier: Apache-2.0
"""A file that an option names and that is not there: the same end everywhere."""
import subprocess

import pytest

from lab import COAPSCOPE

ROW = ("timestamp,ip,protocol,port,response,response_size\n"
       "2026-01-05 00:00:01,192.0.2.1,udp,5683,</a>,20\n")

CASES = [
    "scan --dry-run --targets-file {file}",
    "scan --dry-run 127.0.0.1 --exclude-file {file}",
    "scan --dry-run 127.0.0.1 --config {file}",
    "resources --targets-file {file}",
    "report csv {store} --out-dir {out} --owners {file}",
    "report html {store} -o {out}/p.html --owner x --owners {file}",
    "report stats {store} --owner x --owners {file}",
    "report enrich {store} --geoip {file}",
    "report enrich {store} --sector-file {file}",
    "report import {store} {file}",
    "serve {store} --owners {file} --listen 127.0.0.1:0",
    "serve {store} --api-keys {file} --listen 127.0.0.1:0",
    "serve {store} --tls-cert {file} --tls-key {file} --listen 127.0.0.1:0",
    "watch --read {file}",
    "explain 192.0.2.1 --read {file}",
]


@pytest.fixture(scope="module", name="store")
def fixture_store(tmp_path_factory):
    path = tmp_path_factory.mktemp("missing")
    (path / "r.csv").write_text(ROW)
    done = run(f"report import --store {path}/store {path}/r.csv")
    assert done.returncode == 0, done.stderr
    return path / "store"


def run(line):
    return subprocess.run([COAPSCOPE, *line.split()], text=True, check=False, timeout=30,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)


@pytest.mark.parametrize("case", CASES)
def test_a_file_that_is_not_there_is_wrong_usage(case, store, tmp_path):
    for name, want in (("none", "none: No such file"), ("folder", "folder: ")):
        (tmp_path / "folder").mkdir(exist_ok=True)
        done = run(case.format(file=tmp_path / name, store=f"--store {store}", out=tmp_path))
        assert done.returncode == 2, (name, done.stderr)
        assert want in done.stderr and len(done.stderr.splitlines()) == 1
