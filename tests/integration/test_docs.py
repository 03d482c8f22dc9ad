# SPDX-License-Identifier: Apache-2.0
"""The documents say what holds.

A block of commands that stands behind a mark (README and guides: an HTML
comment `<!-- tested -->`; man pages: a scdoc comment `; tested`) is run as it
is written, in a network in which 192.0.2.0/24 and 2001:db8::/64 are addresses
of this host, with real CoAP servers on a few of them.
"""
import gzip
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("COAPSCOPE_BUILD", ROOT / "build"))
COAPSCOPE = pathlib.Path(os.environ.get("COAPSCOPE", BUILD / "coapscope")).resolve()
PAGES = sorted((ROOT / "docs/man").glob("*.scd"))
TEXTS = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "bench").glob("*.md"),
                *(ROOT / "examples").rglob("*.md")])
SERVERS = ["192.0.2.17", "192.0.2.40", "2001:db8::5"]
BLOCK = re.compile(r"^(?P<mark>(?:<!--|;) tested[^\n]*\n)?```\w*\n(?P<body>.*?)^```$", re.M | re.S)
OPTION = re.compile(r"(?<![\w-])--?[A-Za-z][\w-]*")
LINK = re.compile(r"(?<!!)\[[^\]]+\]\(([^)\s]+)\)")
PAGE = re.compile(r"\*(coapscope[\w-]*)\*\(\d\)")


def blocks(path):
    """(marked, text) of each fenced block; of a man page as its reader sees it."""
    text = path.read_text()
    for found in BLOCK.finditer(text):
        body = found["body"]
        yield bool(found["mark"]), re.sub(r"\\(.)", r"\1", body) if path.suffix == ".scd" else body


def scripts():
    for path in PAGES + TEXTS:
        marked = [body for mark, body in blocks(path) if mark]
        if marked:
            yield pytest.param(path, "".join(marked), id=path.relative_to(ROOT).as_posix())


def command_lines():
    """(document, command, line) of every coapscope command that is shown."""
    for path in PAGES + TEXTS:
        for _, body in blocks(path):
            for line in body.replace("\\\n", " ").splitlines():
                # Up to a pipe, or to what explains the line.
                words = re.split(r"\s[|#;&]\s?", line)[0].split()
                while words and words[0] in ("$", "sudo"):
                    words.pop(0)
                if len(words) > 1 and pathlib.Path(words[0]).name == "coapscope":
                    yield path.name, words[1], words[2:]


def help_of(*words):
    return subprocess.run([COAPSCOPE, *words, "--help"], check=True, text=True,
                          capture_output=True).stdout


def verbs(command):
    """Of a command that has some, as `report csv`."""
    part = re.search(r"^Verbs:\n((?:  .*\n)+)", help_of(command), re.M)
    return re.findall(r"^  (\w+)  ", part[1], re.M) if part else []


def options(*words):
    known = set()
    for line in help_of(*words).splitlines():
        if re.match(r"^ {2,6}-", line):
            known.update(OPTION.findall(re.split(r"\s{2,}(?=\S)", line.strip())[0]))
    return known


def commands():
    text = subprocess.run([COAPSCOPE, "help"], check=True, text=True,
                          capture_output=True).stdout
    return re.findall(r"^  (\w+)  ", text, re.M)


@pytest.fixture
def network(net):
    net.add("docs")
    net.ip("docs", "route add local 192.0.2.0/24 dev lo",
           "route add local 2001:db8::/64 dev lo",
           "addr add 2001:db8::5/128 dev lo nodad")
    for address in SERVERS:
        net.start("docs", ["coap-server-notls", "-A", address, "-p", "5683", "-v", "0"],
                  stdin=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for _ in range(100):
        listening = net.run("docs", ["ss", "-Hlun", "sport = :5683"]).stdout
        if len(listening.splitlines()) == len(SERVERS):
            return net
        time.sleep(0.05)
    raise RuntimeError("the servers do not listen")


def put_files(path, script, folder):
    """What a document speaks of: a mailed report, a capture, the owners it shows."""
    for name, day in re.findall(r"((\d{4}-\d\d-\d\d)-scan_coap\S*\.csv\.zip)", script):
        subprocess.run([ROOT / "tools/demo_days.py", folder, day, "1"], check=True)
        (folder / f"{day}-scan_coap-sample-geo.csv.zip").rename(folder / name)
    for name in set(re.findall(r"capture\.pcap(?:ng)?(?:\.gz)?", script)):
        subprocess.run([BUILD / "tests/scenario/scenario", "--seed", "1", "--class", "C1",
                        "--positives", "1", "--out", folder / "made"], check=True)
        made = next((folder / "made").glob("*.pcap")).read_bytes()
        (folder / name).write_bytes(gzip.compress(made) if name.endswith(".gz") else made)
    for name in set(re.findall(r"[\w-]+\.mmdb", script)):
        shutil.copy(ROOT / "tests/data/asn.mmdb", folder / name)
    for body in re.findall(r"^```ini\n(.*?)^```$", path.read_text(), re.M | re.S):
        (folder / "owners.ini").write_text(body)


# A reader leaves the server running in another terminal; here the next one ends it.
RUNNING = r"""
coapscope() {
  [ "$1" = serve ] || { command coapscope "$@"; return; }
  end_server
  command coapscope "$@" 2>server.log & server=$!
  timeout 20 bash -c 'until grep -q "listening on" server.log; do sleep 0.1; done'
}
end_server() { [ -z "${server:-}" ] || { kill "$server"; wait "$server"; }; server=; }
trap end_server EXIT
"""


@pytest.mark.skipif(not shutil.which("coap-server-notls"), reason="needs libcoap3-bin")
@pytest.mark.parametrize("path, script", scripts())
def test_what_is_shown_runs(network, path, script, tmp_path):
    put_files(path, script, tmp_path)
    store = tmp_path / "store"
    script = script.replace("/var/lib/coapscope", str(store))
    stores = [f"COAPSCOPE_{command}_STORE={store}" for command in ("SCAN", "REPORT", "SERVE")]
    done = network.run("docs", [
        "env", f"PATH={COAPSCOPE.parent}:{os.environ['PATH']}", *stores,
        "COAPSCOPE_SCAN_COOLDOWN_TIME=1",
        "bash", "-euxo", "pipefail", "-c", RUNNING + script,
    ], cwd=tmp_path, check=False)
    assert done.returncode == 0, done.stderr
    for found in tmp_path.glob("found*"):
        for address in re.findall(r"192\.0\.2\.\d+", script):
            if address in SERVERS:
                assert address in found.read_text()


def test_something_is_tested():
    assert len(list(scripts())) >= 2


def test_every_option_that_is_shown_exists():
    known = {}
    for document, command, words in command_lines():
        if command.startswith("-") or command not in commands():
            continue
        verb = tuple(words[:1]) if words[:1] and words[0] in verbs(command) else ()
        known.setdefault((command, *verb), options(command, *verb))
        # Names in capitals stand for what the reader puts there.
        shown = {word.split("=")[0] for word in words if OPTION.match(word)}
        assert shown <= known[command, *verb], f"{document}: coapscope {command} {' '.join(words)}"


def test_every_command_that_is_shown_exists():
    known = set(commands())
    for document, command, _ in command_lines():
        assert command.isupper() or command.startswith("-") or command in known, \
            f"{document}: coapscope {command}"


@pytest.mark.parametrize("page", [p.name.removesuffix(".scd") for p in PAGES])
def test_the_man_page_has_every_option(page):
    command = page.split(".")[0].removeprefix("coapscope").lstrip("-")
    if command not in commands():
        pytest.skip("no command's page")
    built = BUILD / "docs/man" / page
    if not built.exists():
        pytest.skip("built without scdoc")
    text = subprocess.run(["mandoc", "-Tutf8", built], check=True, text=True,
                          capture_output=True, env={**os.environ, "MANWIDTH": "78"}).stdout
    text = re.sub(r".\x08", "", text)
    known = options(command).union(*(options(command, verb) for verb in verbs(command)))
    missing = [o for o in known if not re.search(rf"(?<![\w-]){o}(?![\w-])", text)]
    assert not missing


def test_links_between_documents_resolve():
    broken = []
    for path in TEXTS:
        for target in LINK.findall(path.read_text()):
            if re.match(r"^(https?|mailto):", target) or target.startswith("#"):
                continue
            if not (path.parent / target.split("#")[0]).exists():
                broken.append(f"{path.relative_to(ROOT)}: {target}")
    assert not broken


def test_pages_that_are_referred_to_exist():
    names = {p.name.split(".")[0] for p in PAGES}
    for page in PAGES:
        for name in PAGE.findall(page.read_text()):
            assert name in names, f"{page.name}: {name}"


def test_paths_that_documents_name_exist():
    """`src/...`, `docs/...`, `tests/...`, `tools/...`, `bench/...`, `examples/...` in backquotes."""
    missing = []
    for path in TEXTS:
        for name in re.findall(r"`((?:src|docs|tests|tools|bench|examples)/[\w./-]+)`", path.read_text()):
            # A program may be named without its ".c".
            if not (ROOT / name).exists() and not list(ROOT.glob(name + ".*")):
                missing.append(f"{path.relative_to(ROOT)}: {name}")
    assert not missing


def test_every_rfc_that_the_code_obeys_is_collected():
    collected = (ROOT / "docs/rfc.md").read_text()
    missing = set()
    for path in (ROOT / "src").rglob("*.[ch]"):
        if path.stem == "special":  # a registry: each row has its own
            continue
        for number in re.findall(r"RFC\s+(?:\*\s+)?(\d+)", path.read_text()):
            if not re.search(rf"\b{number}\b", collected):
                missing.add(f"{path.relative_to(ROOT)}: RFC {number}")
    assert not missing


def test_the_index_of_decisions_has_every_page():
    folder = ROOT / "docs/decisions"
    listed = set(LINK.findall((folder / "README.md").read_text()))
    assert {page.name for page in folder.glob("*.md")} - {"README.md"} <= listed
