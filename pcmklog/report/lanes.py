"""The rows of the timeline: one for each daemon of each node, and the marks that stand on them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pcmklog.report import facts, wording
from pcmklog.report.facts import Report, Row

RING = ("", "membership")
"""The topmost lane, which belongs to no node: memberships, and findings that are the cluster's."""

Lane = tuple[str, str]


class Mark(NamedTuple):
    """A moment on a lane; `finding` is the id of the finding it shows, `severity` None for a plain event."""

    lane: Lane
    at: str
    title: str
    text: str
    severity: str | None
    finding: str | None


def lanes(report: Report, marks: list[Mark]) -> list[Lane]:
    """Give the lanes from top to bottom: the ring, then node by node, daemons in the order they appear."""
    found = dict.fromkeys([RING])
    bars = sorted(facts.rows(report, "timeline"), key=lambda bar: str(bar.get("began") or ""))
    used = [_lane(row) for row in bars] + [mark.lane for mark in marks]
    nodes = dict.fromkeys([str(node.get("name")) for node in facts.rows(report, "nodes")] + [node for node, _ in used])
    for node in nodes:
        found |= dict.fromkeys(lane for lane in used if lane[0] == node)
    return list(found)


def bars(report: Report, most: int) -> list[tuple[Lane, Row]]:
    """Give the lives with their lanes, the longest if there are too many."""
    lives = [row for row in facts.rows(report, "timeline") if row.get("began") or row.get("ended")]
    if len(lives) > most:
        lives.sort(key=lambda row: -(wording.seconds(row.get("began"), row.get("ended")) or 1e12))
    return [(_lane(row), row) for row in lives[:most]]


def marks(report: Report, most: int) -> list[Mark]:
    """Give the events that the analyser marked, and each finding once; findings come first when there are too many."""
    findings = {str(row.get("id")): row for row in facts.rows(report, "findings")}
    given = [_given(row, findings) for row in facts.rows(report, "marks") if row.get("at")]
    shown = {mark.finding for mark in given}
    missing = [_own(key, row) for key, row in findings.items() if key not in shown and row.get("at")]
    every = sorted(given + missing, key=lambda mark: (mark.finding is None, mark.at))
    return every[:most]


def rings(report: Report, most: int) -> Iterator[Row]:
    """Give the memberships that have a time, each ring once."""
    seen: set[Any] = set()
    for row in facts.rows(report, "memberships"):
        key = (row.get("ring"), row.get("at"))
        if row.get("at") and key not in seen and len(seen) < most:
            seen.add(key)
            yield row


def extent(report: Report) -> tuple[str, str] | None:
    """Give the first and the last moment that the timeline shows."""
    times = list(facts.inner(report, "bundle").get("span") or ())
    for row in (*facts.rows(report, "timeline"), *facts.rows(report, "nodes")):
        times += [row.get("began"), row.get("ended"), *(row.get("span") or ())]
    times += [row.get("at") for key in ("marks", "memberships", "findings") for row in facts.rows(report, key)]
    known = sorted((moment, str(text)) for text in times if (moment := wording.moment(text)))
    return (known[0][1], known[-1][1]) if known else None


def focus(report: Report) -> tuple[str, str] | None:
    """Give the stretch that holds the findings of error and above (else all findings), with room at both ends."""
    rows = [row for row in facts.rows(report, "findings") if wording.moment(row.get("at"))]
    grave = [row for row in rows if facts.severity(row) in {"critical", "error"}] or rows
    if not grave:
        return None
    times = sorted(str(row["at"]) for row in grave)
    room = max((wording.seconds(times[0], times[-1]) or 0) * 0.15, 20)
    return wording.later(times[0], -2 * room), wording.later(times[-1], room)


def _lane(row: Row) -> Lane:
    node = row.get("node")
    return (str(node), str(row.get("lane") or "node")) if node else RING


def _given(row: Row, findings: dict[str, Row]) -> Mark:
    finding = findings.get(str(row.get("finding"))) if row.get("finding") else None
    severity = facts.severity(finding) if finding else None
    title = f"{finding.get('code')} {severity}" if finding else str(row.get("kind") or "event")
    key = str(row["finding"]) if finding else None
    return Mark(_lane(row), str(row["at"]), title, str(row.get("text") or ""), severity, key)


def _own(key: str, finding: Row) -> Mark:
    severity = facts.severity(finding)
    lane = (str(finding["node"]), "findings") if finding.get("node") else RING
    title = f"{finding.get('code')} {severity}"
    return Mark(lane, str(finding["at"]), title, str(finding.get("title") or ""), severity, key)
