"""Findings in the order of telling: a root cause, then what followed from it, each finding once.

The cause graph may have several causes for one finding, and nothing forbids a circle; a story is a tree in it (a
finding stands under the first cause it names), flattened with depths, so that no view needs recursion.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from pcmklog.report import facts
from pcmklog.report.facts import Report, Row


class Entry(NamedTuple):
    """A finding in its story: how far from the root cause, what caused it and what it led to."""

    finding: Row
    depth: int
    causes: tuple[Row, ...]
    effects: tuple[Row, ...]


class Story(NamedTuple):
    """A finding that nothing explains, and its consequences; `rank` counts the verdict's root causes from 1, else 0."""

    rank: int
    entries: tuple[Entry, ...]

    @property
    def root(self) -> Row:
        """The finding that began it."""
        return self.entries[0].finding


def stories(report: Report) -> list[Story]:
    """Give all findings as stories: the verdict's root causes by rank, then the others, the gravest first."""
    findings = {str(finding.get("id")): finding for finding in facts.rows(report, "findings")}
    effects = _effects(findings)
    ranked = [str(root) for root in facts.inner(report, "verdict").get("root_causes") or () if str(root) in findings]
    free = [key for key, finding in findings.items() if not _causes(finding, findings) and key not in ranked]
    loops = [key for key in findings if key not in ranked and key not in free]
    seen: set[str] = set(ranked)
    told = [Story(rank, tuple(_walk(root, findings, effects, seen))) for rank, root in enumerate(ranked, 1)]
    for root in (*_ordered(free, findings), *loops):
        if root not in seen:
            seen.add(root)
            told.append(Story(0, tuple(_walk(root, findings, effects, seen))))
    return told


def numbers(told: Iterable[Story]) -> dict[str, int]:
    """Give the number of each finding by its id: its place in the order of telling, the same in every view."""
    return {str(entry.finding.get("id")): at for at, entry in enumerate((e for s in told for e in s.entries), 1)}


def _walk(root: str, findings: Mapping[str, Row], effects: Mapping[str, list[str]], seen: set[str]) -> Iterator[Entry]:
    """Walk from a root to all that is not yet told, deep before wide; a stack, for chains can be long."""
    stack = [(root, 0)]
    while stack:
        key, depth = stack.pop()
        yield Entry(
            findings[key],
            depth,
            tuple(findings[cause] for cause in _causes(findings[key], findings)),
            tuple(findings[effect] for effect in effects[key]),
        )
        fresh = [
            effect for effect in effects[key] if effect not in seen and _causes(findings[effect], findings)[0] == key
        ]
        seen.update(fresh)
        stack.extend((effect, depth + 1) for effect in reversed(fresh))


def _effects(findings: Mapping[str, Row]) -> Mapping[str, list[str]]:
    led_to: dict[str, list[str]] = defaultdict(list)
    for key, finding in findings.items():
        for cause in _causes(finding, findings):
            led_to[cause].append(key)
    return led_to


def _causes(finding: Row, findings: Iterable[str]) -> list[str]:
    named = dict.fromkeys(str(cause) for cause in finding.get("caused_by") or ())
    return [cause for cause in named if cause in findings and cause != str(finding.get("id"))]


def _ordered(free: Iterable[str], findings: Mapping[str, Row]) -> list[str]:
    """The gravest first; what repeats, the same code on the same node, stands together."""
    kinds = {key: (findings[key].get("code"), findings[key].get("node")) for key in free}
    place = {kind: at for at, kind in enumerate(dict.fromkeys(kinds.values()))}
    return sorted(kinds, key=lambda key: (_weight(findings[key]), place[kinds[key]]))


def _weight(finding: Row) -> int:
    return facts.SEVERITIES.index(facts.severity(finding))
