"""The daemons of a node as a tree for the eye: children beneath their parent, incarnations behind each other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from pcmklog.report import facts, wording
from pcmklog.report.facts import Report, Row

WELL = frozenset({"running", "stopped"})
MOST = 60
"""Processes of one node that are drawn; of more, those that did not end well stay."""

ENDS = {
    "running": "running at the end of the log",
    "stopped": "stopped in order",
    "exited": "exited",
    "killed": "killed",
    "refused": "refused to start",
    "failed": "failed to start",
    "lost": "lost",
    "unknown": "end not known",
}


class Branch(NamedTuple):
    """A process, what became of it, and its children; `again` says that an earlier incarnation ended before it."""

    process: Row
    end: str
    well: bool
    again: bool
    children: tuple[Branch, ...]


def trees(report: Report) -> list[tuple[str, tuple[Branch, ...], int]]:
    """Give by node its processes, and how many were left out."""
    by_node: dict[str, list[Row]] = {}
    for row in facts.rows(report, "processes"):
        by_node.setdefault(str(row.get("node")), []).append(row)
    return [(node, _tree(_most(rows)), max(0, len(rows) - MOST)) for node, rows in by_node.items()]


def _most(rows: Sequence[Row]) -> list[Row]:
    if len(rows) <= MOST:
        return list(rows)
    order = sorted(range(len(rows)), key=lambda place: rows[place].get("how") in WELL)
    return [rows[place] for place in sorted(order[:MOST])]


def _tree(rows: Sequence[Row]) -> tuple[Branch, ...]:
    known = {row.get("id") for row in rows}
    below: dict[object, list[Row]] = {}
    for row in rows:
        parent = row.get("parent")
        below.setdefault(parent if parent in known and parent != row.get("id") else None, []).append(row)
    return tuple(_branches(None, below))


def _branches(parent: object, below: Mapping[object, Sequence[Row]], depth: int = 0) -> Iterator[Branch]:
    """Incarnations of one daemon stand together, in the order of their first."""
    rows = below.get(parent, ())
    first: dict[object, int] = {}
    for place, row in enumerate(rows):
        first.setdefault(row.get("role") or row.get("daemon"), place)
    ordered = sorted(enumerate(rows), key=lambda each: (first[each[1].get("role") or each[1].get("daemon")], each[0]))
    for _, row in ordered:
        children = tuple(_branches(row.get("id"), below, depth + 1)) if depth < 5 else ()
        yield Branch(row, end(row), row.get("how") in WELL or _well_exit(row), (row.get("run") or 1) > 1, children)


def end(row: Row) -> str:
    """Say how a process ended: `killed by signal 9 at 07:00:00.240`."""
    how = ENDS.get(str(row.get("how")), "end not known")
    if row.get("signal"):
        how += f" by signal {row['signal']}"
    elif row.get("status") is not None and row.get("how") == "exited":
        how += f" with status {row['status']}"
    return f"{how} at {wording.stamp(row['ended'], row.get('began'))}" if row.get("ended") else how


def _well_exit(row: Row) -> bool:
    return row.get("how") == "exited" and row.get("status") == 0
