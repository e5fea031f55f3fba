"""The view for a terminal: the verdict, its proof and the nodes on one screen, whatever the report holds."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from textwrap import wrap
from typing import Any, NamedTuple

from pcmklog.report import doings, facts, stories, wording
from pcmklog.report.cells import fitting, padded, taken
from pcmklog.report.facts import Report, Row
from pcmklog.report.stories import Entry, Story

HEIGHT = 39
"""A terminal of 40 lines keeps one for the prompt."""

NARROWEST, WIDTH = 20, 80
ACCOUNT, STEP, TITLE = 5, 3, 2
"""Lines for what happened, for what to do next and for what a root cause is."""
ROOTS, NODES, NAME, CASES, BREACHES = 3, 6, 24, 2, 2
TELLING = 60
"""Cells of a log line without which it says no more than where it stands."""

PRODUCTS, APART = ("corosync", "cman", "pacemaker"), 0.05
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


def render(report: Report, colour: bool = False, width: int = WIDTH) -> str:  # noqa: FBT001, FBT002 - the views' common face
    """Give at most 39 lines, none wider than `width` cells; ANSI sequences only with `colour`."""
    width = max(width, NARROWEST)
    told = stories.stories(report)
    day = next(iter(facts.inner(report, "bundle").get("span") or ()), None)
    head = [*_head(report, width), *_next(report, width)]
    after = [*_nodes(report), *_doings(report, width), *_gaps(report)]
    if told:
        middle = _findings(told, HEIGHT - len(head) - len(after), day, width)
    else:
        middle = _checked(report, HEIGHT - len(head) - len(after))
    return "".join(_printed(line, width, colour=colour) + "\n" for line in (*head, *middle, *after))


def _head(report: Report, width: int) -> Iterator[Line]:
    bundle = facts.inner(report, "bundle")
    name = str(bundle.get("name") or "bundle")
    first, last = bundle.get("span") or (None, None)
    stretch = f", {wording.brief(first, last)} UTC" if first and last else ""
    yield (Piece(name, "head"), Piece(stretch, "quiet"))
    yield (Piece(f"Stack: {facts.stack(report)}", "quiet"),)
    alike = _releases(report)
    if len(alike) == 1:
        yield (Piece(f"All nodes: {alike.pop()}", "quiet"),)
    yield (Piece(facts.headline(report), facts.mood(report)),)
    account = facts.account(report)
    for line in wrap(account, width, max_lines=ACCOUNT, placeholder=" …"):
        if account.rstrip(".") != facts.headline(report):
            yield (Piece(line),)


def _releases(report: Report) -> set[str]:
    """Give what nodes run, in words; one for all when they are alike."""
    return {_runs(node) for node in facts.rows(report, "nodes")} - {""}


def _runs(node: Row) -> str:
    known = facts.versions(node)
    return ", ".join(f"{product} {known[product]}" for product in PRODUCTS if known.get(product))


def _findings(told: list[Story], room: int, day: str | None, width: int) -> Iterator[Line]:
    """Give the root causes with their proof, under each what followed; then the rest, as far as there is room."""
    ranked = [story for story in told if story.rank]
    shown, left = ranked[:ROOTS], ranked[ROOTS:]
    roots = [list(_root(story, width)) for story in shown]
    below = [_folded(story.entries[1:]) for story in shown]
    others = _folded(
        [entry for story in (*left, *(story for story in told if not story.rank)) for entry in story.entries]
    )
    room -= sum(map(len, roots)) + 2 * bool(shown) + bool(left)
    hidden = sum(times for entries in (*below, others) for _, times in entries)
    room -= hidden > 0  # for what tells how many more there are
    if shown:
        yield ()
        yield (Piece("Root cause" if len(ranked) == 1 else "Root causes", "head"),)
    for root, entries in zip(roots, below, strict=True):
        yield from root
        yield from _listed(entries[: max(room, 0)], day)
        hidden -= sum(times for _, times in entries[: max(room, 0)])
        room -= len(entries)
    yield from _more(len(left), "root cause")
    room -= 2
    if others[: max(room, 0)]:
        yield ()
        yield (Piece("Other findings" if shown else "Findings", "head"),)
        yield from _listed(others[:room], day)
        hidden -= sum(times for _, times in others[:room])
    yield from _more(hidden, "finding")


def _root(story: Story, width: int) -> Iterator[Line]:
    """Give a root cause and the line that proves it best, with the place where it stands."""
    severity = facts.severity(story.root)
    start = f"{story.rank}. {story.root.get('code')} {severity}"
    said, *rest = wrap(f"{start} {_sentence(story.root)}", width, **_hanging(TITLE))
    if said.startswith(start):
        yield (Piece(start.removesuffix(severity)), Piece(severity, severity), Piece(said.removeprefix(start)))
    else:
        yield (Piece(said),)
    yield from ((Piece(line),) for line in rest)
    proof = facts.proof(story.root)
    line = wording.one_line(str((proof or {}).get("text") or ""))
    if proof and story.rank == 1:
        yield (Piece(f"   {facts.place(proof)}", "quiet"),)
        yield from ((Piece(part),) for part in wrap(line, width, initial_indent="   ", **_hanging(TITLE)))
    elif proof and taken(facts.place(proof)) + min(taken(line), TELLING) + 5 <= width:
        yield (Piece(f"   {facts.place(proof)}: ", "quiet"), Piece(line))
    elif proof:
        yield (Piece(f"   {facts.place(proof)}", "quiet"),)


def _listed(found: list[tuple[Entry, int]], day: str | None) -> Iterator[Line]:
    """Give a line for each finding."""
    for entry, times in found:
        yield (Piece(_indent(entry)), *_named(entry.finding, day, times))


def _folded(entries: Iterable[Entry]) -> list[tuple[Entry, int]]:
    """Count findings of one code that stand at one place of the story; the first stands for all."""
    found: dict[tuple[object, ...], tuple[Entry, int]] = {}
    for entry in entries:
        cause = entry.causes[0].get("code") if entry.causes else None
        first, times = found.get(key := (entry.finding.get("code"), entry.depth, cause), (entry, 0))
        found[key] = (first, times + 1)
    return [*found.values()]


def _next(report: Report, width: int) -> Iterator[Line]:
    """Give what to do next, on lines of its own."""
    step = facts.inner(report, "verdict").get("next")
    if step:
        first, *rest = wrap(f"Next: {wording.one_line(str(step))}", width, max_lines=STEP, placeholder=" …")
        yield ()
        yield (Piece("Next:", "head"), Piece(first.removeprefix("Next:")))
        yield from ((Piece(line),) for line in rest)


def _nodes(report: Report) -> Iterator[Line]:
    """Give a line for each node: releases, starts and stops, how the last of them went, and a clock that was wrong."""
    nodes = facts.rows(report, "nodes")
    if not nodes:
        return
    names = [wording.shorten(wording.one_line(str(node.get("name") or "?")), NAME) for node in nodes[:NODES]]
    wide, alike = max(map(taken, names)), len(_releases(report)) < 2
    mixed = len({node.get("stack") for node in nodes}) > 1
    yield ()
    for name, node in zip(names, nodes, strict=False):
        lives, mine = facts.lives(report, node.get("name")), _of(report, node)
        clock = facts.inner(node, "clock").get("offset_s")
        adrift = clock is None and len(nodes) > 1 and facts.inner(node, "clock").get("reference")
        parts = [_runs(node)] if _runs(node) and not alike else []
        parts += [f"last {lives.last}"] if lives.last != wording.UNKNOWN else ["no start or stop"]
        parts += [facts.tally(mine)] if mine["findings"] else []
        parts += [f"clock {clock:+.1f} s"] if clock and abs(clock) >= APART else []
        parts += ["clock unknown"] if adrift else []
        parts += [str(node["stack"])] if mixed and node.get("stack") else []
        yield (Piece(padded(name, wide), facts.mood(mine)), Piece(f"  {'; '.join(parts)}"))
    yield from _more(len(nodes) - NODES, "node")


def _of(report: Report, node: Row) -> Report:
    """Give the findings about one node, as a report has them."""
    return {"findings": [row for row in facts.rows(report, "findings") if row.get("node") == node.get("name")]}


def _gaps(report: Report) -> Iterator[Line]:
    """Give what nobody explained and what was left out."""
    gaps = facts.gaps(report)
    told = [text for text in (facts.unexplained(report), f"Not covered: {gaps}" if gaps else "") if text]
    yield from [()] * bool(told and not doings.checked(report))
    yield from ((Piece(text, "warning"),) for text in told)


def _doings(report: Report, width: int) -> Iterator[Line]:
    """Give the nodes that were lost and the resources that failed with the answers about them, and the invariants."""
    cases = facts.rows(report, "questions")
    if cases:
        yield ()
        yield (Piece("Asked and answered", "head"),)
    for case in cases[:CASES]:
        for line in wrap(wording.one_line(doings.short(case)), width, **_hanging(TITLE)):
            yield (Piece(line),)
    yield from _more(len(cases) - CASES, "case")
    broken = [breach for check in doings.checks(report) for breach in check.breaches]
    told = doings.checked(report)
    if told or broken:
        yield ()
        yield (Piece(f"Invariants: {told}", "quiet"),)
    for breach in broken[:BREACHES]:
        yield (Piece("violated: ", "error"), Piece(str(breach.get("text") or "")))


def _checked(report: Report, room: int) -> Iterator[Line]:
    yield ()
    yield (Piece("What was checked", "head"),)
    for sentence in facts.checked(report)[: max(room - 2, 0)]:
        yield (Piece(f"- {sentence}"),)


def _named(finding: Row, day: str | None, times: int) -> Iterator[Piece]:
    severity = facts.severity(finding)
    if finding.get("at"):
        yield Piece(f"{wording.stamp(finding['at'], day).split('.')[0]} ", "quiet")
    yield Piece(severity, severity)
    yield Piece(f" {finding.get('code')}{f' {times}×' if times > 1 else ''} {_sentence(finding)}")  # noqa: RUF001 - meant


def _sentence(finding: Row) -> str:
    """Give the title, and the node where the title does not name it."""
    title, where = wording.one_line(str(finding.get("title") or "")), wording.one_line(facts.whereabouts(finding))
    named = any(str(node) in title for node in (finding.get("node"), *(finding.get("nodes") or ())) if node)
    return title if named else f"{wording.shorten(where, 2 * NAME)}: {title}"


def _hanging(lines: int) -> dict[str, Any]:
    return {"max_lines": lines, "placeholder": " …", "subsequent_indent": "   "}


def _indent(entry: Entry) -> str:
    return "   " + "  " * (min(entry.depth, 4) - 1) + "└ " if entry.depth else ""


def _more(left: int, what: str) -> Iterator[Line]:
    if left > 0:
        yield (Piece(f"... and {wording.count(left, f'more {what}')}, see the report", "quiet"),)


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
