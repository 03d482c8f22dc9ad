# SPDX-License-Identifier: Apache-2.0
"""Verdicts on captures whose truth is known; the bench's part "verdict" has the figures.

Few captures here, of fixed seeds, so that one wrong source in a small class weighs more
than it will among hundreds: the threshold is that of the bench all the same.
"""
import json
import pathlib
import subprocess
import sys

import pytest

from lab import BUILD, COAPSCOPE, TESTS

sys.path.insert(0, str(TESTS / "score"))
import score  # noqa: E402 (found by the line above)

SCENARIO = BUILD / "tests" / "scenario" / "scenario"
WANT = 0.98


@pytest.mark.parametrize("seed", [1, 2])
def test_classes_victims_and_worry_come_out_right(tmp_path, seed):
    subprocess.run([SCENARIO, "--seed", str(seed), "--out", tmp_path, "--positives", "6"],
                   check=True)
    result = score.score_folder(tmp_path, COAPSCOPE)
    assert result.sources > 100
    assert (result.below(WANT), result.blamed) == ([], [])
    assert result.wrong_answered == [] and sum(result.unlabelled.values()) == 0


def label(**more):
    return {"file": "x.pcap", "source": "192.0.2.1", "class": ["B"], "victim": False,
            "answered": True, "worry_at_least": "note", **more}


def line(**more):
    return {"schema": "coapscope.verdict/1", "source": "192.0.2.1", "prefix": None,
            "class": "B", "classes": ["B"], "victim": False, "answered": True, "worry": "note",
            "confidence": 0.5, "evidence": [], **more}


def scored(labels, rows):
    result = score.Score()
    result.add_file(labels, score.Verdicts(rows))
    return result


def test_the_scorer_finds_nothing_wrong_where_nothing_is():
    assert scored([label()], [line()]).below(WANT) == []


@pytest.mark.parametrize("labels, rows, words", [
    ([label()], [line(**{"class": "D"})], "recall of B is 0"),
    ([label()], [], "recall of B is 0"),
    ([label(), label(source="192.0.2.2", **{"class": ["E"]})],
     [line(), line(source="192.0.2.2")], "precision of B is 0.5"),
    ([label()], [line(worry="none")], "worry falls short 1 times of 1"),
    ([label(victim=True, **{"class": ["C1"]})], [line()], "1 victims are named"),
    ([label(victim=True, source="198.51.100.0/24", **{"class": ["C1"]})],
     [line(source=None, prefix="198.51.100.0/24", victim=True, **{"class": "C1"}),
      line(source="198.51.100.7")], "1 victims are named"),
    ([], [], "nothing was scored"),
])
def test_the_scorer_sees(labels, rows, words):
    result = score.Score()
    if labels:
        result.add_file(labels, score.Verdicts(rows))
    assert any(words in text for text in result.below(WANT))


def test_an_address_of_a_carpet_may_be_missing_or_a_victim():
    carpet = label(victim=True, source="198.51.100.0/24", **{"class": ["C1"]})
    inside = label(victim=True, source="198.51.100.9", **{"class": ["C1"]})
    row = line(source=None, prefix="198.51.100.0/24", victim=True, **{"class": "C1"})
    for more in ([], [line(source="198.51.100.9", victim=True, **{"class": "C1"})]):
        assert scored([carpet, inside], [row, *more]).below(WANT) == []


def test_the_last_line_of_a_source_counts():
    rows = [line(**{"class": "I"}), line()]
    assert scored([label()], rows).below(WANT) == []


def test_a_label_that_is_none_is_named_with_its_line(tmp_path):
    (tmp_path / "labels.jsonl").write_text(json.dumps(label()) + "\n{\"file\": 1}\n")
    run = subprocess.run([sys.executable, TESTS / "score" / "score.py", tmp_path,
                          "--coapscope", COAPSCOPE], capture_output=True, text=True, check=False)
    assert run.returncode == 1 and f"{tmp_path / 'labels.jsonl'}:2: " in run.stderr


def test_a_folder_is_scored_with_what_its_labels_ask_for(tmp_path):
    subprocess.run([SCENARIO, "--seed", "4", "--out", tmp_path, "--story", "listed-polls",
                    "--positives", "1"], check=True)
    out = pathlib.Path(tmp_path / "out.json")
    run = subprocess.run([sys.executable, TESTS / "score" / "score.py", tmp_path,
                          "--coapscope", COAPSCOPE, "-o", out], capture_output=True, text=True,
                         check=False)
    assert run.returncode == 0, run.stderr
    result = json.loads(out.read_text())
    assert result["classes"]["H"]["recall"] == 1.0 and result["misses"] == []
