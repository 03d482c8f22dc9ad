# SPDX-License-Identifier: Apache-2.0
"""Tables in Markdown, and the few figures that describe a row of runs."""
import statistics


def spread(values, form="{:.0f}"):
    """`median (min to max)`."""
    return "{} ({} to {})".format(*(form.format(f(values))
                                    for f in (statistics.median, min, max)))


def ratios(ours, theirs):
    """Of each round's pair: what slowed the machine in a round slowed both."""
    return [a / b for a, b in zip(ours, theirs)]


def table(head, rows):
    cells = [list(map(str, row)) for row in [head, *rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    lines = ["| " + " | ".join(c.ljust(w) for c, w in zip(row, widths)) + " |"
             for row in cells]
    lines.insert(1, "| " + " | ".join("-" * w for w in widths) + " |")
    return "\n".join(lines)


def verdict(value, least, aim=None, more_is_better=True):
    """What a budget says of a value."""
    def reaches(bound):
        return value >= bound if more_is_better else value <= bound

    if aim is not None and reaches(aim):
        return f"{value:.2f}: reached, and the aim of {aim:.2g}"
    word = "reached" if reaches(least) else "NOT REACHED"
    return f"{value:.2f}: {word} ({'at least' if more_is_better else 'at most'} {least:g})"


def budgets(*lines):
    """Pairs of (what, verdict)."""
    return table(["budget", "here"], lines)
