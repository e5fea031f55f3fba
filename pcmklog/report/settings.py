"""The settings of the nodes as sheets: a file, a column for each node, what differs first."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from pcmklog.report import facts, wording
from pcmklog.report.facts import Report, Row

COLUMNS = 6
"""With more nodes than this the values stand with the nodes that have them."""

NAMES = {"packages": "Installed packages", "cib.xml": "Cluster properties (cib.xml)", "pacemaker.env": "Environment"}
WHOLE = "the cluster"


class Line(NamedTuple):
    """A value by node, in the order of the columns; None where a node has none."""

    path: str
    differs: bool
    cells: tuple[str | None, ...]


class Sheet(NamedTuple):
    """One kind of file; `columns` are its nodes, or one column of words."""

    file: str
    nodes: tuple[str, ...]
    columns: tuple[str, ...]
    lines: tuple[Line, ...]

    @property
    def differing(self) -> int:
        """How many values are not the same on all nodes."""
        return sum(line.differs for line in self.lines)


def sheets(report: Report) -> list[Sheet]:
    """Give the sheets of the report, those with differences first."""
    by_file: dict[str, list[Row]] = {}
    for row in facts.rows(report, "settings"):
        by_file.setdefault(str(row.get("file")), []).append(row)
    found = [_sheet(file, rows) for file, rows in by_file.items()]
    return sorted(found, key=lambda sheet: not sheet.differing)


def sentence(found: Sequence[Sheet]) -> str:
    """Say how much differs."""
    differing = sum(sheet.differing for sheet in found)
    if any(len(sheet.nodes) > 1 for sheet in found):
        return f"{wording.count(differing, 'value')} not the same on all nodes." if differing else "No value differs."
    return "The bundle has these files of one node only: nothing can be compared."


def _sheet(file: str, rows: Sequence[Row]) -> Sheet:
    nodes = tuple(sorted({node for row in rows for node in row.get("values") or {}}))
    wide = len(nodes) > COLUMNS
    lines = [_line(row, nodes, wide=wide) for row in rows]
    lines.sort(key=lambda line: not line.differs)
    named = tuple(node or WHOLE for node in nodes)
    return Sheet(NAMES.get(file, file), named, ("Values, with their nodes",) if wide else named, tuple(lines))


def _line(row: Row, nodes: Sequence[str], *, wide: bool) -> Line:
    values = {str(node): str(value) for node, value in (row.get("values") or {}).items()}
    differs, path = bool(row.get("differs")), str(row.get("path"))
    if not wide:
        return Line(path, differs, tuple(values.get(node) for node in nodes))
    having: dict[str, list[str]] = {}
    for node in nodes:
        having.setdefault(values.get(node, "nothing"), []).append(node or WHOLE)
    told = (f"{value} ({facts.enumerated(found)})" if differs else value for value, found in having.items())
    return Line(path, differs, ("; ".join(told),))
