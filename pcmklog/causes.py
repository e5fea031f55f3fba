"""Which finding led to which, and where it began.

`causes.toml` says which fault may lead to which, on the same node or anywhere, within how many seconds.  A finding is
given the nearest of its possible causes before it; the graph has no cycles because a cause is never later than its
effect and, within the same moment, never of a later entry.  What has no cause is a root; roots are ranked by severity,
then by how much followed from them, then by time.
"""

from __future__ import annotations

import tomllib
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache
from importlib.resources import files
from typing import Any

from pcmklog.model import SEVERITIES, Finding

STAMP_SLACK = 2.0  # seconds: stamps of whole seconds, and witnesses that write late
EARLIEST = 2.0  # what the first of several independent faults is worth


@dataclass(frozen=True)
class Edge:
    """One line of `causes.toml`: a fault of `cause` may lead to one of `effect` within `within` seconds."""

    cause: str
    effect: str
    within: float
    anywhere: bool
    after: float
    rank: int


@cache
def edges() -> dict[str, tuple[Edge, ...]]:
    """The possible causes by the code of the effect."""
    by_effect: dict[str, list[Edge]] = defaultdict(list)
    for rank, entry in enumerate(_table()["edge"]):
        for cause in entry["cause"]:
            for effect in (code for code in entry["effect"] if code != cause):
                after = float(entry.get("after", -STAMP_SLACK))
                edge = Edge(cause, effect, float(entry["within"]), bool(entry.get("anywhere", False)), after, rank)
                by_effect[effect].append(edge)
    return {effect: tuple(found) for effect, found in by_effect.items()}


@cache
def seldom() -> frozenset[str]:
    """The codes that are seldom a beginning."""
    return frozenset(_table()["seldom"])


@cache
def lasting() -> frozenset[str]:
    """The codes whose time is the beginning of what then hung."""
    return frozenset(_table()["lasting"])


def number(findings: Sequence[Finding]) -> list[Finding]:
    """The findings in the order of the report (time, then severity), with their ids."""
    ordered = sorted(findings, key=lambda f: (f.at is None, f.at or 0.0, -_grave(f), f.code, f.node or ""))
    return [replace(finding, id=f"f{n}") for n, finding in enumerate(ordered, 1)]


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(files("pcmklog").joinpath("causes.toml").read_text("utf-8"))


def link(findings: Sequence[Finding]) -> list[Finding]:
    """The findings with `caused_by` filled in."""
    parents: dict[str, str] = {}
    by_code: dict[str, list[Finding]] = defaultdict(list)
    for finding in findings:
        by_code[finding.code].append(finding)
    for finding in findings:
        if (cause := _cause(finding, by_code, parents)) is not None:
            parents[finding.id] = cause
    return [replace(f, caused_by=(parents[f.id],)) if f.id in parents else f for f in findings]


def roots(findings: Sequence[Finding]) -> list[Finding]:
    """What nothing caused, the most likely beginning first; information is none."""
    weight = {finding.id: len(descendants(finding.id, findings)) for finding in findings if not finding.caused_by}
    found = [f for f in findings if not f.caused_by and f.severity != "info"]
    first = min((f.at for f in found if f.at is not None and f.code not in seldom()), default=None)
    return sorted(found, key=lambda f: (-_score(f, weight[f.id], first), f.at is None, f.at or 0.0))


def descendants(root: str, findings: Sequence[Finding]) -> list[Finding]:
    """All that followed from a finding, in the order of the findings."""
    below = {root}
    grown = True
    while grown:
        more = {f.id for f in findings if f.id not in below and f.caused_by and f.caused_by[0] in below}
        below |= more
        grown = bool(more)
    return [finding for finding in findings if finding.id in below and finding.id != root]


def _grave(finding: Finding) -> int:
    return SEVERITIES.index(finding.severity or "info")


def _score(finding: Finding, followers: int, first: float | None) -> float:
    """How likely it began here: by what followed, how grave it is, and whether anything else was earlier."""
    score = _grave(finding) + min(followers, 6) * 0.7 + finding.confidence * 0.5
    if finding.code in seldom():
        return score - 4.0
    return score + (EARLIEST if first is not None and finding.at == first else 0.0)


def _cause(finding: Finding, by_code: Mapping[str, list[Finding]], parents: dict[str, str]) -> str | None:
    """The best possible cause: the strongest kind of edge first, then the nearest in time."""
    best: tuple[float, float, str] | None = None
    for edge in edges().get(finding.code, ()):
        for other in by_code.get(edge.cause, ()):
            if other.severity == "info":
                continue
            gap = _gap(other, finding, edge.after)
            if gap is None or gap > edge.within or _descends(other.id, finding.id, parents):
                continue
            if not edge.anywhere and not _same_place(other, finding):
                continue
            key = (float(edge.rank), abs(gap), other.id)
            if best is None or key < best:
                best = key
    return best[2] if best else None


def _same_place(a: Finding, b: Finding) -> bool:
    places_a = {a.node, *a.nodes} - {None}
    places_b = {b.node, *b.nodes} - {None}
    return not places_a or not places_b or bool(places_a & places_b)


def _gap(cause: Finding, effect: Finding, after: float) -> float | None:
    """Seconds from the cause to the effect, None if it came too early.

    0 while the cause lasts or where it comes into what hangs; a cause without a time (a configuration) fits always.
    """
    if cause.at is None:
        return 0.0
    if effect.at is None:
        return None
    if effect.code in lasting() and effect.until is not None and effect.at <= cause.at <= effect.until:
        return 0.0
    if effect.at - cause.at < after:
        return None
    if cause.until is not None and cause.at <= effect.at <= cause.until:
        return 0.0
    return effect.at - cause.at


def _descends(finding: str, ancestor: str, parents: dict[str, str]) -> bool:
    while finding in parents:
        finding = parents[finding]
        if finding == ancestor:
            return True
    return False
