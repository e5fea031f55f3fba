"""The view for a terminal: the verdict, its proof and the nodes on one screen, whatever the report holds."""

from __future__ import annotations

from collections.abc import Iterator
from textwrap import wrap
from typing import NamedTuple

from pcmklog.report import doings, facts, stories, wording
from pcmklog.report.cells import fitting, padded, taken
from pcmklog.report.facts import Report, Row
from pcmklog.report.stories import Entry, Story

HEIGHT = 39
"""A terminal of 40 lines keeps one for the prompt."""

NARROWEST = 20
SUMMARY, ROOTS, NODES, NAME, CASES, BREACHES = 7, 3, 6, 18, 3, 2

STYLES = {
    "critical": "1;31", "error": "31", "warning": "33", "info": "36",
    "faulty": "1;31", "warned": "1;33", "healthy": "1;32", "head": "1", "quiet": "2",
}  # fmt: skip
"""Style -> parameters of the ANSI sequence (SGR)."""


class Piece(NamedTuple):
    """Some text of a line and how it looks."""

    text: str
    style: str = ""


Line = tuple[Piece, ...]


def render(report: Report, colour: bool = False, width: int = 100) -> str:  # noqa: FBT001, FBT002 - the views' common face
    """Give at most 39 lines, none wider than `width` cells; ANSI sequences only with `colour`."""
    width = max(width, NARROWEST)
    told = stories.stories(report)
    day = next(iter(facts.inner(report, "bundle").get("span") or ()), None)
    above = [*_head(report, width), *_roots(told, day), *_nodes(report, day)]
    below = list(_doings(report))
    below += [(Piece(facts.unexplained(report), "warning"),)] if facts.unexplained(report) else []
    below += [(Piece(f"Not covered: {facts.gaps(report)}", "warning"),)] if facts.gaps(report) else []
    room = HEIGHT - len(above) - len(below)
    middle = _findings(told, room, day) if told else _checked(report, room)
    return "".join(_printed(line, width, colour=colour) + "\n" for line in (*above, *middle, *below))


def _head(report: Report, width: int) -> Iterator[Line]:
    bundle = facts.inner(report, "bundle")
    name = str(bundle.get("name") or "bundle")
    first, last = bundle.get("span") or (None, None)
    stretch = f", {wording.brief(first, last)} UTC" if first and last else ""
    yield (Piece(name, "head"), Piece(f"{stretch}, {facts.stack(report)}", "quiet"))
    yield (Piece(facts.headline(report), facts.mood(report)),)
    for line in wrap(facts.summary(report), width, max_lines=SUMMARY, placeholder=" …"):
        yield (Piece(line),)


def _roots(told: list[Story], day: str | None) -> Iterator[Line]:
    """Give each root cause with the one line that proves it best."""
    ranked = [story for story in told if story.rank]
    if ranked:
        yield ()
        yield (Piece("Root cause" if len(ranked) == 1 else "Root causes", "head"),)
    for story in ranked[:ROOTS]:
        yield (Piece(f"{story.rank}. "), *_named(story.root, day))
        proof = facts.proof(story.root)
        if proof:
            yield (Piece(f"   {facts.place(proof)}: ", "quiet"), Piece(str(proof.get("text") or "")))
    yield from _more(len(ranked) - ROOTS)


def _nodes(report: Report, day: str | None) -> Iterator[Line]:
    nodes = facts.rows(report, "nodes")
    if not nodes:
        return
    heads = ("node", "stack", "corosync", "pacemaker", "starts", "stops", "last", "span (UTC)")
    table = [heads, *(_cells(report, node, day) for node in nodes[:NODES])]
    widths = [max(taken(row[column]) for row in table) for column in range(len(heads))]
    yield ()
    for row in table:
        line = "  ".join(padded(cell, wide) for cell, wide in zip(row, widths, strict=True))
        yield (Piece(line.rstrip(), "quiet" if row is heads else ""),)
    yield from _more(len(nodes) - NODES)


def _cells(report: Report, node: Row, day: str | None) -> tuple[str, ...]:
    version, lives = facts.versions(node), facts.lives(report, node.get("name"))
    first, last = node.get("span") or (None, None)
    cells = (
        node.get("name"), node.get("stack"), version.get("corosync"), version.get("pacemaker"),
        lives.starts, lives.stops, lives.last, wording.brief(first, last, day),
    )  # fmt: skip
    return tuple(
        wording.shorten(wording.one_line(str(cell or wording.UNKNOWN)), 60 if at else NAME)
        for at, cell in enumerate(cells)
    )


def _findings(told: list[Story], room: int, day: str | None) -> Iterator[Line]:
    """Give the findings by story, as many as there is room for; the consequences indented."""
    every = [entry for story in told for entry in story.entries]
    fit = len(every) if len(every) <= room - 2 else max(room - 3, 0)
    if not fit:
        return
    yield ()
    yield (Piece("Findings", "head"),)
    for entry in every[:fit]:
        yield (Piece(_indent(entry)), *_named(entry.finding, day))
    yield from _more(len(every) - fit)


def _doings(report: Report) -> Iterator[Line]:
    """Give the nodes that were lost and the resources that failed with the answers about them, and the invariants."""
    cases = facts.rows(report, "questions")
    if cases:
        yield ()
        yield (Piece("Asked and answered", "head"),)
    for case in cases[:CASES]:
        yield (Piece(doings.short(case)),)
    yield from _more(len(cases) - CASES)
    broken = [breach for check in doings.checks(report) for breach in check.breaches]
    for breach in broken[:BREACHES]:
        yield (Piece("violated ", "error"), Piece(str(breach.get("text") or "")))
    if doings.checked(report):
        yield (Piece(f"Invariants: {doings.checked(report)}", "quiet"),)


def _checked(report: Report, room: int) -> Iterator[Line]:
    yield ()
    yield (Piece("What was checked", "head"),)
    for sentence in facts.checked(report)[: max(room - 2, 0)]:
        yield (Piece(f"- {sentence}"),)


def _named(finding: Row, day: str | None) -> Iterator[Piece]:
    severity = facts.severity(finding)
    yield Piece(severity, severity)
    yield Piece(f" {finding.get('code')} {wording.shorten(facts.whereabouts(finding), 2 * NAME)} ")
    yield Piece(f"{wording.stamp(finding.get('at'), day)} ", "quiet")
    yield Piece(str(finding.get("title") or ""))


def _indent(entry: Entry) -> str:
    return "  " * (min(entry.depth, 4) - 1) + "└ " if entry.depth else ""


def _more(left: int) -> Iterator[Line]:
    if left > 0:
        yield (Piece(f"... and {left:,} more, see the report", "quiet"),)


def _printed(line: Line, width: int, *, colour: bool) -> str:
    """Print a line in so many cells; what had to go is told by an ellipsis."""
    clean = [Piece(_spaced(piece.text), piece.style) for piece in line]
    whole = sum(taken(piece.text) for piece in clean) <= width
    left, printed = width if whole else width - 1, ""
    for piece in clean:
        shown = fitting(piece.text, left)
        left -= taken(shown)
        printed += f"\x1b[{STYLES[piece.style]}m{shown}\x1b[0m" if colour and piece.style and shown else shown
        if shown != piece.text:
            break
    return printed if whole else printed + "…"


def _spaced(text: str) -> str:
    """Give tame text on one line; blanks at its ends and between columns stay."""
    return wording.tame(text).replace("\n", " ").replace("\t", " ")
