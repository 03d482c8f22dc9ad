#!/usr/bin/python3
# SPDX-License-Identifier: Apache-2.0
"""Scores verdicts against labels.

    tests/score/score.py FOLDER [--coapscope BIN] [--want 0.98] [-O table|json] [-o FILE]

FOLDER holds captures and labels.jsonl, one object a source: `file`, `source` (an
address; a prefix for the line of a prefix), `class` (what is acceptable, the first is
what it is), `victim`, `answered` (true, false, null: not asked), `worry_at_least`;
further, if the capture needs it, `local` and `peer` (lists of prefixes for --local and
--peer) and `options` (a list of further arguments).

Each capture is read by `coapscope watch -r`. Recall of a class: of the sources whose
first acceptable class it is, those whose verdict is acceptable. Precision: of the
sources that were called so, those where it is acceptable. A source inside a prefix that
is labelled C1 has no line, or one that says C1 and victim.

Exit 1 when precision or recall of a class is below --want, a worry falls short in more
than that share, or a victim is named as an attacker.
"""
import argparse
import collections
import concurrent.futures
import ipaddress
import json
import pathlib
import subprocess
import sys
import tempfile

CLASSES = ["B", "C1", "C2", "D", "E", "F", "G", "H", "I"]
WORRIES = ["none", "note", "act", "act_now"]
MISSING = "missing"


class Verdicts:
    """The lines of one capture, by source and by prefix; the last of each counts."""

    def __init__(self, rows):
        self.rows = [row for row in rows if row.get("schema", "").startswith("coapscope.verdict")]
        self.hosts, self.nets = {}, {}
        for row in self.rows:
            if row.get("source"):
                self.hosts[ipaddress.ip_address(row["source"])] = row
            elif row.get("prefix"):
                self.nets[ipaddress.ip_network(row["prefix"])] = row

    def of(self, source):
        if "/" in source:
            return self.nets.get(ipaddress.ip_network(source))
        return self.hosts.get(ipaddress.ip_address(source))

    def inside(self, net):
        net = ipaddress.ip_network(net)
        return [row for ip, row in self.hosts.items() if ip.version == net.version and ip in net]


def read_labels(folder):
    labels = []
    path = folder / "labels.jsonl"
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = json.loads(line)
            classes = row["class"]
            row["class"] = [classes] if isinstance(classes, str) else list(classes)
            row["file"], row["source"]  # are needed
        except (ValueError, KeyError, TypeError) as why:
            sys.exit(f"{path}:{number}: {why!r}: want an object with file, source and class")
        labels.append(row)
    return labels


def prefixes(labels, key):
    """The options of a file stand in each of its labels, or in some."""
    seen = {}
    for row in labels:
        value = row.get(key) or []
        for one in [value] if isinstance(value, str) else value:
            seen[one] = True
    return list(seen)


def watch(binary, folder, name, labels):
    with tempfile.NamedTemporaryFile(suffix=".jsonl") as out:
        argv = [binary, "watch", "-r", str(folder / name), "-O", "jsonl", "-o", out.name]
        for local in prefixes(labels, "local"):
            argv += ["--local", local]
        for peer in prefixes(labels, "peer"):
            argv += ["--peer", peer]
        argv += prefixes(labels, "options")
        run = subprocess.run(argv, capture_output=True, text=True, timeout=300, check=False)
        if run.returncode:
            sys.exit(f"{name}: exit {run.returncode}: {run.stderr.strip()}")
        rows = [json.loads(line) for line in pathlib.Path(out.name).read_text().splitlines()]
    return Verdicts(rows)


def carpets(labels):
    return [ipaddress.ip_network(row["source"]) for row in labels
            if "/" in row["source"] and row["class"][0] == "C1"]


def in_carpet(source, nets):
    if "/" in source:
        return False
    ip = ipaddress.ip_address(source)
    return any(ip.version == net.version and ip in net for net in nets)


def blames(row):
    """Whether a line about a victim calls it the one who does it."""
    return not row.get("victim") and row["class"] in ("B", "C1", "C2", "D", "E", "F")


class Score:
    def __init__(self):
        self.right, self.truth = collections.Counter(), collections.Counter()
        self.called, self.called_right = collections.Counter(), collections.Counter()
        self.confused = collections.Counter()
        self.worried = self.with_worry = 0
        self.misses, self.blamed, self.shortfalls, self.wrong_answered = [], [], [], []
        self.excused, self.unlabelled = [], collections.Counter()
        self.stories = collections.defaultdict(lambda: [0, 0])
        self.sources = self.files = 0

    def add_file(self, labels, verdicts):
        nets, named = carpets(labels), set()
        self.files += 1
        for label in labels:
            named.add(label["source"])
            self.add(label, verdicts.of(label["source"]), in_carpet(label["source"], nets))
        for net in nets:
            for row in verdicts.inside(str(net)):
                if row["source"] not in named:
                    named.add(row["source"])
                    self.add_inside(labels[0]["file"], row)
        for row in verdicts.rows:
            who = row.get("source") or row.get("prefix")
            if who not in named:
                self.unlabelled[row["class"]] += 1

    def add_score(self, other):
        """Takes all of another folder's."""
        for name, value in vars(other).items():
            mine = getattr(self, name)
            if isinstance(value, collections.Counter):
                mine.update(value)
            elif name == "stories":
                for story, (right, of) in value.items():
                    mine[story][0] += right
                    mine[story][1] += of
            else:
                setattr(self, name, mine + value)

    def add(self, label, row, carpet):
        got = row["class"] if row else MISSING
        truth, name = label["class"][0], label.get("story", "")
        good = got in label["class"] or (not row and carpet)
        self.sources += 1
        self.truth[truth] += 1
        self.right[truth] += good
        self.stories[name][0] += good
        self.stories[name][1] += 1
        self.called[got] += 1
        self.called_right[got] += good
        if not good:
            self.confused[truth, got] += 1
            self.misses.append(self.entry(label, row, got))
        if row:
            self.add_rest(label, row, got)

    def add_rest(self, label, row, got):
        victim, answered = label.get("victim"), label.get("answered")
        if victim and blames(row):
            self.blamed.append(self.entry(label, row, got))
        if victim is False and row.get("victim"):
            self.excused.append(self.entry(label, row, got))
        if answered is not None and answered != row.get("answered"):
            self.wrong_answered.append(self.entry(label, row, got))
        want = WORRIES.index(label.get("worry_at_least") or "none")
        if want:
            self.with_worry += 1
            if WORRIES.index(row["worry"]) < want:
                self.shortfalls.append(self.entry(label, row, got))
            else:
                self.worried += 1

    def add_inside(self, name, row):
        """An address of a carpet that has no label of its own."""
        if row["class"] != "C1" or not row.get("victim"):
            self.blamed.append({"file": name, "source": row["source"], "want": ["C1"],
                                "got": row["class"], "story": "inside a carpet",
                                "victim": row.get("victim"), "worry": row["worry"]})

    @staticmethod
    def entry(label, row, got):
        return {"file": label["file"], "source": label["source"], "want": label["class"],
                "got": got, "story": label.get("story", ""),
                "want_victim": label.get("victim"), "want_answered": label.get("answered"),
                "want_worry": label.get("worry_at_least"),
                **{key: row.get(key) if row else None
                   for key in ("victim", "answered", "worry", "confidence", "classes")},
                "evidence": {e["what"]: e["count"] for e in row["evidence"]} if row else {}}

    def recall(self, name):
        return self.right[name] / self.truth[name] if self.truth[name] else None

    def precision(self, name):
        return self.called_right[name] / self.called[name] if self.called[name] else None

    def below(self, want):
        """What is not reached, in words."""
        out = []
        for name in CLASSES:
            for what, value in (("precision", self.precision(name)),
                                ("recall", self.recall(name))):
                if value is not None and value < want:
                    out.append(f"{what} of {name} is {value:.4f}")
        if self.with_worry and self.worried / self.with_worry < want:
            out.append(f"worry falls short {len(self.shortfalls)} times of {self.with_worry}")
        if self.blamed:
            out.append(f"{len(self.blamed)} victims are named as attackers")
        if not self.sources:
            out.append("nothing was scored")
        return out

    def as_json(self, want):
        return {"files": self.files, "sources": self.sources,
                "classes": {name: {"positives": self.truth[name], "called": self.called[name],
                                   "precision": self.precision(name),
                                   "recall": self.recall(name)} for name in CLASSES},
                "confused": [{"truth": t, "called": g, "count": n}
                             for (t, g), n in self.confused.most_common()],
                "stories": {name: {"right": right, "of": of}
                            for name, (right, of) in sorted(self.stories.items())},
                "misses": self.misses, "blamed": self.blamed,
                "worry_shortfalls": self.shortfalls, "answered_mismatches": self.wrong_answered,
                "excused": self.excused, "unlabelled": dict(self.unlabelled),
                "below": self.below(want)}


def share(value):
    return "-" if value is None else f"{value:.4f}"


def table(score):
    lines = [f"{'class':<6} {'positives':>9} {'called':>7} {'precision':>9} {'recall':>7}"]
    for name in CLASSES:
        lines.append(f"{name:<6} {score.truth[name]:>9} {score.called[name]:>7} "
                     f"{share(score.precision(name)):>9} {share(score.recall(name)):>7}")
    lines.append("")
    lines.append(f"{score.sources} sources in {score.files} captures; victims named as "
                 f"attackers: {len(score.blamed)}; called victims that are none: "
                 f"{len(score.excused)}; worry too low: {len(score.shortfalls)} of "
                 f"{score.with_worry}; answered wrong: {len(score.wrong_answered)}; lines "
                 f"without a label: {sum(score.unlabelled.values())}")
    return "\n".join(lines)


def listed(title, entries, most):
    if not entries:
        return
    print(f"\n{title}:")
    for e in entries[:most]:
        seen = " ".join(f"{k}={n}" for k, n in e.get("evidence", {}).items())
        print(f"  {e['file']} {e['source']} {e['story']}: want {'/'.join(e['want'])}, "
              f"got {e['got']} (victim {e.get('victim')}, answered {e.get('answered')}, "
              f"worry {e.get('worry')}, want {e.get('want_worry')}) {seen}")
    if len(entries) > most:
        print(f"  ... and {len(entries) - most} more")


def score_folder(folder, binary, jobs=2):
    folder = pathlib.Path(folder)
    by_file = collections.defaultdict(list)
    for row in read_labels(folder):
        by_file[row["file"]].append(row)
    score = Score()
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        runs = {name: pool.submit(watch, binary, folder, name, labels)
                for name, labels in by_file.items()}
        for name, labels in by_file.items():
            score.add_file(labels, runs[name].result())
    return score


def main():
    args = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    args.add_argument("folder", type=pathlib.Path)
    args.add_argument("--coapscope", default="coapscope")
    args.add_argument("--want", type=float, default=0.98)
    args.add_argument("-O", dest="form", choices=["table", "json"], default="table")
    args.add_argument("-o", dest="out", type=pathlib.Path)
    args.add_argument("--jobs", type=int, default=2)
    args.add_argument("--most", type=int, default=40, help="lines of each list")
    args = args.parse_args()
    score = score_folder(args.folder, args.coapscope, args.jobs)
    text = json.dumps(score.as_json(args.want), indent=1)
    if args.out:
        args.out.write_text(text + "\n", encoding="utf-8")
    if args.form == "json":
        print(text)
    else:
        print(table(score))
        listed("victims named as attackers", score.blamed, args.most)
        listed("wrong class", score.misses, args.most)
        listed("worry too low", score.shortfalls, args.most)
        listed("answered wrong", score.wrong_answered, args.most)
        listed("called victims that are none", score.excused, args.most)
    below = score.below(args.want)
    for line in below:
        print(f"below {args.want}: {line}", file=sys.stderr)
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
