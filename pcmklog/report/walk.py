"""A sequence step by step: each step with the time since the one before, each deviation at the step it concerns."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from pcmklog.report import facts, wording
from pcmklog.report.facts import Report, Row

Pace = tuple[object, object, str, str]

SKEWED = 0.05
"""Seconds between the node's clock and the cluster's from which both are shown."""

LONG = 2.0
"""Seconds by which a step has to be later than usual to be worth a word."""


class Stride(NamedTuple):
    """A step as it went, or (`row` None) one that should have been there.

    `gap` is the time since the step before, `tenths` its share of the longest, `notes` are the deviations in words,
    `usual` is the gap in the other sequences of the bundle.
    """

    number: int | None
    step: str
    row: Row | None
    gap: float | None
    tenths: int
    notes: tuple[str, ...]
    usual: float | None = None

    @property
    def mark(self) -> str:
        """A tick, a cross for what is missing, an exclamation mark for what was otherwise than expected."""
        return "✗" if self.row is None else "!" if self.notes else "✓"

    @property
    def long(self) -> bool:
        """Whether it took much longer than in the others."""
        return self.gap is not None and self.usual is not None and self.gap > max(3 * self.usual, self.usual + LONG)


class Walk(NamedTuple):
    """A sequence for the reader."""

    sequence: Row
    strides: tuple[Stride, ...]
    loose: tuple[str, ...]
    length: float | None
    skewed: bool
    well: bool

    @property
    def title(self) -> str:
        """Kind and node: `startup of alpha`."""
        return f"{self.sequence.get('kind') or 'sequence'} of {self.sequence.get('node') or 'unknown node'}"

    @property
    def outcome(self) -> str:
        """How it ended, and how far it was from its model."""
        number = len(self.sequence.get("deviations") or ())
        told = str(self.sequence.get("outcome") or "unknown")
        return f"{told}, {wording.count(number, 'deviation')}" if number else told


def walks(report: Report) -> list[Walk]:
    """Give all sequences in the report's order, each step with what it took in the others."""
    found = [walk(sequence) for sequence in facts.rows(report, "sequences")]
    taken: dict[Pace, list[tuple[int, float]]] = {}
    for place, each in enumerate(found):
        for pace, gap in _paces(each):
            taken.setdefault(pace, []).append((place, gap))
    return [each._replace(strides=tuple(_usual(place, each, taken))) for place, each in enumerate(found)]


def _paces(walk: Walk) -> Iterator[tuple[Pace, float]]:
    """What each step took after the one before it."""
    for before, stride in _befores(walk):
        if before and stride.gap is not None:
            yield _pace(walk, before, stride), stride.gap


def _befores(walk: Walk) -> Iterator[tuple[str, Stride]]:
    """Each step that was done with the one before it, which is another one when it was done several times in a row."""
    before, times = "", 0
    for stride in walk.strides:
        if stride.row is not None:
            yield f"{before} {times}" if before else "", stride
            times = times + 1 if stride.step == before else 1
            before = stride.step


def _pace(walk: Walk, before: str, stride: Stride) -> Pace:
    return (walk.sequence.get("kind"), walk.sequence.get("stack"), before, stride.step)


def _usual(place: int, walk: Walk, taken: Mapping[Pace, list[tuple[int, float]]]) -> Iterator[Stride]:
    befores = {stride.number: before for before, stride in _befores(walk)}
    for stride in walk.strides:
        pace = _pace(walk, befores.get(stride.number, ""), stride)
        others = [gap for other, gap in taken.get(pace, ()) if other != place and stride.row is not None]
        yield stride._replace(usual=median(others)) if others else stride


def walk(sequence: Row) -> Walk:
    """Put a sequence's deviations where they belong: on their step, or as a step that is lacking."""
    steps = list(sequence.get("steps") or ())
    length = wording.seconds(sequence.get("began"), sequence.get("ended"))
    left = list(sequence.get("deviations") or ())
    lacking = [row for row in left if row.get("kind") == "missing"]
    noted = [row for row in left if row.get("kind") != "missing"]
    gaps = [wording.seconds(row.get("at"), after.get("at")) or 0 for row, after in pairwise(steps)]
    longest = max(gaps, default=0)
    strides = [
        stride for number in range(1, len(steps) + 1) for stride in _step(number, steps, longest, noted, lacking)
    ]
    orphans = [_lacking(row) for row in lacking]
    bad = sequence.get("outcome") in facts.BAD_OUTCOMES or bool(sequence.get("deviations"))
    loose = tuple(f"{row.get('step') or 'a step'}: {deviation(row)}" for row in noted)
    return Walk(sequence, tuple(strides + orphans), loose, length, any(_skewed(row) for row in steps), not bad)


def deviation(row: Row) -> str:
    """Put a deviation into words: `out of order, after "crmd up"`."""
    kind = str(row.get("kind") or "deviation").replace("-", " ")
    length = f", {wording.duration(row['seconds'])}" if row.get("seconds") is not None else ""
    place = f", after {row['after']}" if row.get("after") else ""
    return kind + length + place


def _step(number: int, steps: list[Row], longest: float, noted: list[Row], lacking: list[Row]) -> Iterator[Stride]:
    """Give a step, then those that should have followed it; what was told is taken from the lists."""
    row = steps[number - 1]
    name = str(row.get("step") or row.get("daemon") or "step")
    before = steps[number - 2].get("at") if number > 1 else None
    gap = wording.seconds(before, row.get("at"))
    tenths = math.ceil(10 * gap / longest) if gap and gap > 0 else 0
    last = not any(later.get("step") == name for later in steps[number:])
    mine = [deviation(each) for each in _take(noted, "step", name)] if last else []
    yield Stride(number, name, row, gap, min(tenths, 10), tuple(mine))
    if last:
        yield from (_lacking(each) for each in _take(lacking, "after", name))


def _take(rows: list[Row], key: str, name: str) -> list[Row]:
    taken = [row for row in rows if row.get(key) == name]
    rows[:] = [row for row in rows if row.get(key) != name]
    return taken


def _lacking(row: Row) -> Stride:
    return Stride(None, str(row.get("step") or "a step"), None, None, 0, (deviation(row),))


def _skewed(row: Row) -> bool:
    return abs(wording.seconds(row.get("at"), row.get("logged_at")) or 0) > SKEWED
