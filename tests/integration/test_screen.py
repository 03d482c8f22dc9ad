# SPDX-License-Identifier: Apache-2.0
"""What a person sees on a terminal: rows and progress of a scan, the table of a watch."""
import fcntl
import os
import pathlib
import pty
import re
import select
import signal
import struct
import subprocess
import termios

import pytest

from lab import wait_until

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


class Terminal:
    """A terminal of a size, with a command on it; `screen` is what stands there at last."""

    def __init__(self, net, name, command, columns, lines=24):
        self.ours, self.theirs = pty.openpty()
        self.resize(columns, lines)
        self.before = termios.tcgetattr(self.theirs)
        self.process = subprocess.Popen(net.command(name, command), stdin=subprocess.DEVNULL,
                                        stdout=self.theirs, stderr=self.theirs)
        self.seen = ""

    def resize(self, columns, lines=24):
        fcntl.ioctl(self.ours, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))

    def read(self):
        while select.select([self.ours], [], [], 0)[0]:
            self.seen += os.read(self.ours, 65536).decode()
        return self.seen

    @property
    def screen(self):
        """The lines of the last drawing that is whole."""
        drawn = [d for d in self.read().split("\x1b[H")[1:] if "\x1b[J" in d and d.endswith("\n")]
        text = re.sub(r"\x1b\[[0-9;]*[A-Za-z]", "", drawn[-1]) if drawn else ""
        return text.replace("\r", "").split("\n")[:-1]

    def shows(self, text, timeout=15):
        wait_until(lambda: any(text in line for line in self.screen), timeout, 0.1)
        return self.screen

    def end(self):
        """As Ctrl-C does; what was written since."""
        self.read()
        before = len(self.seen)
        # What ip has become is the command itself.
        self.process.send_signal(signal.SIGINT)
        assert self.process.wait(20) == 0
        assert termios.tcgetattr(self.theirs) == self.before
        rest = self.read()[before:]
        os.close(self.theirs)
        os.close(self.ours)
        return rest


def write_to(pair, count):
    """A PUT each of @count sources of the other side: nobody answers."""
    pair.run("peer", ["python3", "-c", r"""
import socket, sys
for n in range(int(sys.argv[1])):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind((f"10.96.0.{n + 1}", 0))
    s.sendto(bytes.fromhex("40030001") + b"\xb5light\xff1", ("10.77.0.1", 5683))
""", count])


@pytest.mark.parametrize("columns", [60, 80, 120])
def test_a_live_table_is_a_row_a_source_in_any_width(pair, columns):
    terminal = Terminal(pair, "scanner", [COAPSCOPE, "watch", "-i", "v0", "--interval", "200"],
                        columns)
    first = terminal.shows("nobody has come yet")
    assert re.fullmatch(r"coapscope watch - \d\d:\d\d:\d\d UTC - Ctrl-C ends it", first[0])
    write_to(pair, 5)
    rows = terminal.shows("10.96.0.5")
    assert rows[1].endswith("of CoAP, 5 sources") and rows[3].startswith("SOURCE")
    assert all(len(line) <= columns for line in rows)
    assert len([line for line in rows if line.startswith("10.96.0.")]) == len(rows) - 4
    # Another size is taken at the next drawing, and more sources than lines are counted.
    terminal.resize(60, 12)
    write_to(pair, 30)
    rows = terminal.shows("more; -O jsonl has all")
    assert len(rows) < 12 and all(len(line) <= 60 for line in rows)
    # Nothing that would have to be restored was asked of the terminal.
    assert not re.search(r"\x1b(\[\?|[^\[])", terminal.seen)
    end = terminal.end()
    assert all(f"10.96.0.{n + 1} " in end for n in range(30))


def test_a_warning_stands_in_the_table_and_is_said_again_at_the_end(pair):
    terminal = Terminal(pair, "scanner", [COAPSCOPE, "watch", "-i", "v0", "--interval", "200"], 80)
    terminal.shows("nobody has come yet")
    pair.ip("scanner", "link del v0")
    rows = terminal.shows("v0: gone")
    assert rows[2].startswith("coapscope watch: warning: v0: gone")
    # What stands there at the end, not what was drawn until then.
    assert terminal.end().rsplit("\x1b[H\x1b[J", 1)[-1].count("v0: gone") == 1
