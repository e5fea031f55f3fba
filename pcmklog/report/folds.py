"""Findings that repeat: the same code on the same node, one after the other, are told once and counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pcmklog.report.facts import Row
from pcmklog.report.stories import Entry, Story


class Fold(NamedTuple):
    """A finding in its story, and those that only repeat it."""

    entry: Entry
    repeats: tuple[Entry, ...]


class Chapter(NamedTuple):
    """A story without its repetitions; several stories of one finding each are one chapter when they repeat."""

    rank: int
    folds: tuple[Fold, ...]


def chapters(stories: Iterable[Story]) -> list[Chapter]:
    """Give the stories in their order; no finding is lost."""
    found: list[Chapter] = []
    for story in stories:
        folds = tuple(_folds(story.entries))
        last = found[-1] if found else None
        if last and not last.rank and not story.rank and len(folds) == len(last.folds) == 1 and _alike(last, folds[0]):
            both = (*last.folds[0].repeats, folds[0].entry, *folds[0].repeats)
            found[-1] = Chapter(0, (Fold(last.folds[0].entry, both),))
        else:
            found.append(Chapter(story.rank, folds))
    return found


def _folds(entries: Iterable[Entry]) -> Iterator[Fold]:
    """A finding that led to nothing is a repetition of an earlier one with the same cause."""
    firsts: dict[tuple[object, ...], int] = {}
    folds: list[Fold] = []
    for entry in entries:
        kind = (*_kind(entry.finding), entry.depth, tuple(str(cause.get("id")) for cause in entry.causes[:1]))
        place = firsts.get(kind)
        if place is not None and not entry.effects and not folds[place].entry.effects:
            folds[place] = folds[place]._replace(repeats=(*folds[place].repeats, entry))
        else:
            firsts[kind] = len(folds)
            folds.append(Fold(entry, ()))
    yield from folds


def _alike(chapter: Chapter, fold: Fold) -> bool:
    first = chapter.folds[0].entry
    return _kind(first.finding) == _kind(fold.entry.finding) and not first.effects and not fold.entry.effects


def _kind(finding: Row) -> tuple[str, str]:
    return str(finding.get("code")), str(finding.get("node") or finding.get("nodes"))
