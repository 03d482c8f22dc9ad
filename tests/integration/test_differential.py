# SPDX-License-Identifier: Apache-2.0
"""Three readers of the same CoAP messages: ours, tshark's and npm's coap-packet.

Neither of the others is an oracle. Where one differs from ours, the difference
must be one that differential/known.toml explains; and each difference that is
explained there must still be seen.
"""
import os
import pathlib
import random
import subprocess
import sys
import tomllib

import pytest

TESTS = pathlib.Path(__file__).resolve().parent.parent
HERE = TESTS / "differential"
BUILD = pathlib.Path(os.environ.get("COAPSCOPE_BUILD", TESTS.parent / "build"))
SEED = 7252
MUTATIONS = 400

sys.path.insert(0, str(HERE))
import tshark  # noqa: E402


def corpus():
    """(name, bytes) of each message; a nameless one has the name before it."""
    messages, name = [], ""
    for line in (HERE / "messages.hex").read_text().splitlines():
        if line.startswith("#"):
            name = line[2:]
        elif line:
            messages.append((name, bytes.fromhex(line)))
    return messages


def mutations(messages):
    dice = random.Random(SEED)
    for i in range(MUTATIONS):
        name, message = dice.choice(messages)
        message = bytearray(message)
        for _ in range(dice.randint(1, 3)):
            at = dice.randrange(len(message) + 1)
            kind = dice.randrange(4)
            if kind == 0 and at < len(message):
                message[at] ^= 1 << dice.randrange(8)
            elif kind == 1 and at < len(message):
                message[at] = dice.randrange(256)
            elif kind == 2:
                message[at:at] = bytes([dice.randrange(256)])
            else:
                del message[at:at + dice.randint(1, 4)]
        yield f"mutation {i} of {name}", bytes(message)


def filtered(command, messages, cwd):
    text = "".join(m.hex() + "\n" for m in messages)
    lines = subprocess.run(command, input=text, cwd=cwd, check=True, text=True,
                           stdout=subprocess.PIPE).stdout.splitlines()
    assert len(lines) == len(messages)
    return lines


def coap_packet(messages):
    if not (HERE / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
                       cwd=HERE, check=True)
    return filtered(["node", "coap_packet.js"], messages, HERE)


def options(line):
    """(number, mark, value) of each option of a line."""
    words = [word.split("=") for word in line.split()[5:-1]]
    return [(number.rstrip("?!"), number.lstrip("0123456789"), value)
            for number, value in words]


def without_marks(line):
    return line.replace("?=", "=").replace("!=", "=")


def features(message, ours, oddities):
    """What in a message a known difference of its whole reading may hang on."""
    found = set(oddities)
    if message and message[0] & 15 in (13, 14):
        found.add("extended token")
    if ours.startswith("bad"):
        found.add(ours.split()[1].split("@")[0])
    return found


def differences(message, ours, oddities, theirs, with_marks):
    """(how, what it may hang on) of each way in which the other reader differs."""
    what = features(message, ours, oddities)
    if ours[:3] != theirs[:3]:
        how = "accepts" if ours.startswith("bad") else "refuses"
        yield how, what
    elif ours.startswith("bad"):
        return
    elif without_marks(ours) != without_marks(theirs):
        yield "reads", what
    elif with_marks:
        for mine, its in zip(options(ours), options(theirs)):
            if mine[1] != its[1]:
                number = int(mine[0])
                group = "above 2047" if number > 2047 else str(number)
                yield f"marks {its[1] or 'nothing'}", {f"option {group}"}


@pytest.fixture(scope="module")
def readings(tmp_path_factory):
    good = corpus()
    named = good + list(mutations(good))
    messages = [m for _, m in named]
    capture = tmp_path_factory.mktemp("differential") / "messages.pcap"
    lines = filtered([str(BUILD / "tests/differential/canonical")], messages, HERE)
    ours, _, odd = zip(*(line.partition(" odd=") for line in lines))
    return {
        "named": named,
        "ours": ours,
        "oddities": [words.split(",") if words else [] for words in odd],
        "tshark": tshark.read(messages, capture),
        "coap-packet": coap_packet(messages),
    }


def test_three_readers_agree_or_are_known_not_to(readings):
    known = tomllib.loads((HERE / "known.toml").read_text())["known"]
    unseen = {(k["peer"], k["how"], when) for k in known for when in k["when"]}
    explained = set(unseen)
    surprises = []
    for i, (name, message) in enumerate(readings["named"]):
        ours, oddities = readings["ours"][i], readings["oddities"][i]
        for peer in ("tshark", "coap-packet"):
            theirs = readings[peer][i]
            for how, what in differences(message, ours, oddities, theirs,
                                         with_marks=peer == "tshark"):
                seen = {(peer, how, when) for when in what}
                unseen -= seen
                if not seen & explained:
                    surprises.append(f"{name}: {message.hex()}\n  {peer} {how}, {what}\n"
                                     f"  ours: {ours}\n  {peer}: {theirs}")
    assert not surprises, f"{len(surprises)} unknown:\n" + "\n".join(surprises[:40])
    assert not unseen, "known disagreements that no longer happen"


def test_the_corpus_shows_every_fault(readings):
    seen = {line.split()[1].split("@")[0]
            for line in readings["ours"] if line.startswith("bad")}
    assert seen == {"M1", "M2", "M3", "M4", "M6", "M7", "M8", "M9", "M10", "M11", "M12"}
    assert {o for odd in readings["oddities"] for o in odd} == {
        "M5", "M13", "M14", "M15", "M16", "M17", "M18", "M19", "M20", "M21"}


def test_most_messages_are_read_alike_by_all(readings):
    alike = sum(readings["ours"][i] == readings["tshark"][i] and
                readings["ours"][i][:3] == readings["coap-packet"][i][:3]
                for i in range(len(readings["named"])))
    assert alike > len(readings["named"]) // 4
