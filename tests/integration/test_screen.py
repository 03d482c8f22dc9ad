# SPDX-License-Identifier: Apache-2.0
"""What a person sees of a scan whose rows and progress share one terminal."""
import os
import pathlib
import pty
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
BUILD = pathlib.Path(os.environ.get("COAPSCOPE_BUILD", ROOT / "build"))
COAPSCOPE = pathlib.Path(os.environ.get("COAPSCOPE", BUILD / "coapscope")).resolve()


def on_a_terminal(net, name, command):
    """All that the command wrote to the terminal that it was given."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(net.command(name, command), stdin=subprocess.DEVNULL,
                               stdout=theirs, stderr=theirs)
    os.close(theirs)
    seen = b""
    try:
        while part := os.read(ours, 65536):
            seen += part
    except OSError:  # the last who had it open is gone
        pass
    os.close(ours)
    assert process.wait() == 0, seen
    return seen.decode()


def test_rows_never_begin_behind_a_progress_line(pair):
    # A second and a half of sending, so that progress is drawn before the rows.
    with pair.responder("--rule", "10.96.0.0/28=ok", "--default", "silent"):
        seen = on_a_terminal(pair, "scanner", [
            COAPSCOPE, "scan", "--no-store", "-r", "170", "-c", "1", "10.96.0.0/24"])
    lines = re.split(r"\r?\n", seen)
    rows = [line for line in lines if re.search(r"10\.96\.0\.\d+ +5683", line)]
    assert len(rows) == 16
    assert any("sent" in line for line in lines)
    for row in rows:
        # What stood on the line is wiped before it.
        assert re.sub(r"^.*\r\x1b\[K", "", row).startswith("10.96.0."), row
