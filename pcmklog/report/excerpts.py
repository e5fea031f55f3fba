"""Evidence as it stands in the logs: the lines around it, the proof marked, within a budget of bytes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcmklog.report import facts, wording
from pcmklog.report.facts import Report, Row

LINE = 700
"""Longer lines are cut; the file and line number say where the rest is."""

EVIDENCE = 40
"""More proof than this for one finding convinces nobody."""


class Shown(NamedTuple):
    """A line of an excerpt; `number` None is a gap."""

    number: int | None
    text: str
    proof: bool


class Excerpt(NamedTuple):
    """Some lines of one file."""

    file: str
    node: str | None
    lines: tuple[Shown, ...]


def excerpts(report: Report, finding: Row, *, context: bool = True) -> list[Excerpt]:
    """Give what proves a finding: its context where the report has one, and the bare lines that no context holds."""
    around = (facts.inner(report, "context").get(str(finding.get("id"))) or ()) if context else ()
    shown = [_context(piece, finding) for piece in around]
    held = {(piece.file, line.number) for piece in shown for line in piece.lines}
    proof = list(finding.get("evidence") or ())[:EVIDENCE]
    bare = [row for row in proof if (str(row.get("file")), row.get("line")) not in held]
    return shown + list(_bare(bare))


def weight(pieces: list[Excerpt]) -> int:
    """Give about how many bytes the excerpts take in a page, markup and escapes included."""
    return sum(60 + len(line.text) + 5 * _escapes(line.text) for piece in pieces for line in piece.lines)


def _context(piece: Row, finding: Row) -> Excerpt:
    marked = set(piece.get("marked") or ())
    file, first = str(piece.get("file")), int(piece.get("first_line") or 1)
    marked |= {row.get("line") for row in finding.get("evidence") or () if row.get("file") == file}
    lines = enumerate(piece.get("lines") or (), first)
    return Excerpt(file, piece.get("node"), tuple(Shown(number, cut(text), number in marked) for number, text in lines))


def _bare(proof: list[Row]) -> Iterator[Excerpt]:
    """Group lines of proof by file, in the order of the file, with gaps."""
    by_file: dict[str, list[Row]] = {}
    for row in proof:
        by_file.setdefault(str(row.get("file")), []).append(row)
    for file, found in by_file.items():
        yield Excerpt(file, found[0].get("node"), tuple(_with_gaps(found)))


def _with_gaps(found: list[Row]) -> Iterator[Shown]:
    before: int | None = None
    for number, text in sorted({(int(row.get("line") or 0), str(row.get("text") or "")) for row in found}):
        if before is not None and number > before + 1:
            yield Shown(None, "", proof=False)
        yield Shown(number, cut(text), proof=True)
        before = number


def cut(text: str) -> str:
    """Shorten a raw line that is too long for a page, and tell by how much."""
    text = wording.tame(text.rstrip("\r\n"))
    return text if len(text) <= LINE else f"{text[:LINE]} … ({len(text) - LINE:,} more characters)"


def _escapes(text: str) -> int:
    return sum(text.count(char) for char in "<>&'\"")
