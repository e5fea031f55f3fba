"""Starts and stops of several nodes side by side: a row for each step, a column for each sequence."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pcmklog.report import facts, wording
from pcmklog.report.facts import Report, Row
from pcmklog.report.walk import Walk

Hole = tuple[float, float]
NEAR = 60_000
"""Milliseconds before the first and behind the last step that is seen in which others may have been."""

COLUMNS = 6
"""More than this side by side nobody reads; those that went wrong stay."""


class Cell(NamedTuple):
    """A step in one sequence: its mark, in words, and when it came after the sequence began."""

    mark: str
    words: str
    after: str
    mood: str
    at: int | None = None


class Table(NamedTuple):
    """The sequences of one kind and stack; `rows` are a step and its cells, `left_out` how many columns were."""

    title: str
    walks: tuple[Walk, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    left_out: int

    @property
    def marks(self) -> str:
        """The marks that stand in it."""
        return "".join(sorted({cell.mark for _, cells in self.rows for cell in cells}))


NOT_LOGGED = Cell("?", "not in the logs", "", "quiet")
NO_LOG = Cell("▨", "no log of this time", "", "quiet")


def tables(walks: Sequence[Walk], report: Report) -> list[Table]:
    """Give a table for each kind of sequence of which there are two or more."""
    holes = {str(row.get("node")): _holes(row) for row in facts.rows(report, "logs")}
    by_kind: dict[tuple[str, str], list[Walk]] = {}
    for walk in walks:
        if walk.strides:
            kind = str(walk.sequence.get("kind") or "sequence"), str(walk.sequence.get("stack") or "")
            by_kind.setdefault(kind, []).append(walk)
    return [_table(kind, stack, found, holes) for (kind, stack), found in by_kind.items() if len(found) > 1]


def _table(kind: str, stack: str, found: Sequence[Walk], holes: Mapping[str, Sequence[Hole]]) -> Table:
    places = sorted(range(len(found)), key=lambda place: found[place].well)[:COLUMNS]
    shown = [found[place] for place in sorted(places)]
    steps = _steps(shown)
    columns = [list(_column(walk, steps, holes.get(str(walk.sequence.get("node")), ()))) for walk in shown]
    rows = tuple(zip(steps, zip(*columns, strict=True), strict=True))
    words = {"startup": "Starts", "shutdown": "Stops"}.get(kind, kind.capitalize())
    return Table(f"{words} side by side{f' ({stack})' if stack else ''}", tuple(shown), rows, len(found) - len(shown))


def _holes(log: Row) -> list[Hole]:
    """When a node has no log: before its first line, after its last, and where a part is missing."""
    found = [(wording.ms(row.get("began")), wording.ms(row.get("until"))) for row in log.get("holes") or ()]
    ends = [(-math.inf, wording.ms(log.get("began"))), (wording.ms(log.get("ended")), math.inf)]
    return [(since, until) for since, until in (*ends, *found) if since is not None and until is not None]


def _column(walk: Walk, steps: Sequence[str], holes: Sequence[Hole]) -> Iterator[Cell]:
    """The cells of a sequence; a step that is not seen may lie in a hole, if one is where it should be."""
    known = dict(_cells(walk))
    whole = walk.sequence.get("outcome") == "complete"  # then nothing is lacking at its ends
    for place, step in enumerate(steps):
        if step in known:
            yield known[step]
            continue
        before = [at for name in steps[:place] if (at := known.get(name, NOT_LOGGED).at) is not None]
        behind = [at for name in steps[place:] if (at := known.get(name, NOT_LOGGED).at) is not None]
        near = 0 if whole else NEAR
        since = max(before) if before else min(behind, default=math.inf) - near
        until = min(behind) if behind else max(before, default=-math.inf) + near
        lost = since < until and any(hole[0] < until and hole[1] > since for hole in holes)
        yield NO_LOG if lost else NOT_LOGGED


def _cells(walk: Walk) -> Iterator[tuple[str, Cell]]:
    """The first time of each step."""
    seen: set[str] = set()
    for stride in walk.strides:
        if stride.step in seen:
            continue
        seen.add(stride.step)
        if stride.row is None:
            yield stride.step, Cell("✗", "; ".join(stride.notes) or "missing", "", "bad")
            continue
        after = wording.seconds(walk.sequence.get("began"), stride.row.get("at"))
        told = f"+{wording.duration(max(after, 0.0))}" if after is not None else ""
        mood = "bad" if stride.notes else "slow" if stride.long else "ok"
        words = "; ".join(stride.notes) or ("done, later than usual" if stride.long else "done")
        yield stride.step, Cell("✓" if mood == "ok" else "!", words, told, mood, wording.ms(stride.row.get("at")))


def _steps(walks: Sequence[Walk]) -> list[str]:
    """The steps of all, in the order of the longest, others behind the step that they came after."""
    order: list[str] = []
    for walk in sorted(walks, key=lambda walk: -len(walk.strides)):
        before = -1
        for step in dict.fromkeys(stride.step for stride in walk.strides):
            if step not in order:
                order.insert(before + 1, step)
            before = order.index(step)
    return order
