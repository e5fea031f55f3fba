"""Starts and stops of several nodes side by side: a row for each step, a column for each sequence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pcmklog.report import wording
from pcmklog.report.walk import Walk

COLUMNS = 6
"""More than this side by side nobody reads; those that went wrong stay."""


class Cell(NamedTuple):
    """A step in one sequence: its mark, in words, and when it came after the sequence began."""

    mark: str
    words: str
    after: str
    mood: str


class Table(NamedTuple):
    """The sequences of one kind and stack; `rows` are a step and its cells, `left_out` how many columns were."""

    title: str
    walks: tuple[Walk, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    left_out: int


NOT_LOGGED = Cell("?", "not in the logs", "", "quiet")


def tables(walks: Sequence[Walk]) -> list[Table]:
    """Give a table for each kind of sequence of which there are two or more."""
    by_kind: dict[tuple[str, str], list[Walk]] = {}
    for walk in walks:
        if walk.strides:
            kind = str(walk.sequence.get("kind") or "sequence"), str(walk.sequence.get("stack") or "")
            by_kind.setdefault(kind, []).append(walk)
    return [_table(kind, stack, found) for (kind, stack), found in by_kind.items() if len(found) > 1]


def _table(kind: str, stack: str, found: Sequence[Walk]) -> Table:
    places = sorted(range(len(found)), key=lambda place: found[place].well)[:COLUMNS]
    shown = [found[place] for place in sorted(places)]
    columns = [dict(_cells(walk)) for walk in shown]
    rows = tuple((step, tuple(column.get(step, NOT_LOGGED) for column in columns)) for step in _steps(shown))
    words = {"startup": "Starts", "shutdown": "Stops"}.get(kind, kind.capitalize())
    return Table(f"{words} side by side{f' ({stack})' if stack else ''}", tuple(shown), rows, len(found) - len(shown))


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
        yield stride.step, Cell("✓" if mood == "ok" else "!", words, told, mood)


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
