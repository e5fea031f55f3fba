"""The rows of the timeline from top to bottom, and the marks that stand on them.

The cluster comes first, then node by node what it saw, its findings and its daemons, at last what each node logged.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pcmklog import daemons
from pcmklog.report import facts, wording
from pcmklog.report.facts import Report, Row

CLUSTER = -1
"""The owner of lanes that belong to no node."""

HEIGHTS = {"name": 24, "band": 18, "rings": 16, "findings": 24, "life": 15, "lines": 22}
"""Kind of lane -> its height in pixels; lanes of findings have one for each row of marks."""


class Lane(NamedTuple):
    """A row: `node` is the place of its owner among the nodes; `main` are daemons without which nothing runs."""

    node: int
    kind: str
    label: str
    main: bool = False


class Mark(NamedTuple):
    """A moment on a lane, or several of a kind; `said` is the raw line that tells it, `place` where that stands."""

    lane: int
    at: int
    until: int
    times: int
    look: str
    title: str
    said: str
    place: str


def nodes(report: Report) -> list[str]:
    """Give all nodes that anything is known of, those of the report first."""
    named = [row.get("name") for row in facts.rows(report, "nodes")]
    named += [row.get("node") for key in ("timeline", "marks", "state", "logs") for row in facts.rows(report, key)]
    named += [row.get("node") for row in facts.rows(report, "findings")]
    named += [row.get("target") for row in facts.rows(report, "fencing")]
    return [str(name) for name in dict.fromkeys(named) if name]


def lanes(report: Report, names: list[str], banded: set[str]) -> list[Lane]:
    """Give the lanes; `banded` are the nodes that have a band of their own."""
    cluster = facts.inner(report, "cluster").get("name")
    rows = [Lane(CLUSTER, "name", f"Cluster {cluster}" if cluster else "Cluster")]
    rows += [Lane(CLUSTER, "band", "membership")] if banded else []
    rows += [Lane(CLUSTER, "rings", "changes")] if any(rings(report)) else []
    owners = {owner(finding) for finding in facts.rows(report, "findings") if finding.get("at")}
    rows += [Lane(CLUSTER, "findings", "findings")] if None in owners else []
    ran = _daemons(report)
    for place, name in enumerate(names):
        rows.append(Lane(place, "name", name))
        rows += [Lane(place, "band", "membership")] if name in banded else []
        rows += [Lane(place, "findings", "findings")] if name in owners else []
        rows += [
            Lane(place, "life", daemon, daemons.role(daemon) in ("messaging", "mcp")) for daemon in ran.get(name, ())
        ]
    logged = {str(row.get("node")) for strip in facts.rows(report, "density") for row in strip.get("nodes") or ()}
    rows += [Lane(CLUSTER, "name", "Lines logged")] if logged else []
    return rows + [Lane(place, "lines", name) for place, name in enumerate(names) if name in logged]


def owner(finding: Row) -> str | None:
    """Give the node on whose lane a finding stands; None for the cluster."""
    return str(finding["node"]) if finding.get("node") else None


def marks(report: Report, places: dict[tuple[str, str], int]) -> list[Mark]:
    """Give the steps of starts and stops, and the key events that are none of them; `places` are the lanes of lives."""
    found = {(mark.lane, mark.at, mark.said): mark for mark in _steps(report, places)}
    for row in facts.rows(report, "marks"):
        lane, at = places.get((str(row.get("node")), str(row.get("lane")))), wording.ms(row.get("at"))
        if row.get("finding") or lane is None or at is None:
            continue
        until = wording.ms(row.get("until"))
        proof = row.get("evidence") or {}
        said = wording.one_line(str(proof.get("text") or row.get("text") or ""))
        place = facts.place(proof) if proof else ""
        title = wording.one_line(str(row.get("kind") or "event"))
        mark = Mark(lane, at, at if until is None else until, row.get("count") or 1, "event", title, said, place)
        found.setdefault((lane, at, said), mark)
    return sorted(found.values(), key=lambda mark: (mark.at, mark.lane))


def thinned(every: list[Mark], most: int) -> list[Mark]:
    """Give no more than so many marks: those of a lane that are near each other become one that counts them."""
    if len(every) <= most or not every:
        return every
    step = max(1, (every[-1].at - every[0].at) // most)
    while len({(mark.lane, mark.look, mark.at // step) for mark in every}) > most and step < 1 << 48:
        step *= 2
    groups: dict[tuple[Any, ...], list[Mark]] = {}
    for mark in every:
        groups.setdefault((mark.lane, mark.look, mark.at // step), []).append(mark)
    return [_one(group) for group in groups.values()]


def rings(report: Report) -> Iterator[Row]:
    """Give the memberships that have a time, each ring once."""
    seen: set[Any] = set()
    for row in facts.rows(report, "memberships"):
        key = (row.get("ring"), row.get("at"), *(row.get("members") or ()))
        if row.get("at") and key not in seen:
            seen.add(key)
            yield row


def extent(report: Report) -> tuple[int, int] | None:
    """Give the first and the last moment that the timeline shows."""
    times = list(facts.inner(report, "bundle").get("span") or ())
    for row in (*facts.rows(report, "timeline"), *facts.rows(report, "nodes")):
        times += [row.get("began"), row.get("ended"), *(row.get("span") or ())]
    times += [row.get("at") for key in ("marks", "memberships", "findings") for row in facts.rows(report, key)]
    known = [at for text in times if (at := wording.ms(text)) is not None]
    return (min(known), max(known)) if known else None


def focus(report: Report) -> tuple[int, int] | None:
    """Give the stretch that holds the findings of error and above (else all findings), with room at both ends."""
    rows = [(at, row) for row in facts.rows(report, "findings") if (at := wording.ms(row.get("at"))) is not None]
    times = [at for at, row in rows if facts.severity(row) in {"critical", "error"}] or [at for at, _ in rows]
    if not times:
        return None
    room = max((max(times) - min(times)) * 15 // 100, 20_000)
    return min(times) - 2 * room, max(times) + room


def _daemons(report: Report) -> dict[str, list[str]]:
    """Give the daemons of each node in the order in which they appear."""
    found: dict[str, dict[str, None]] = {}
    rows = [(str(row.get("began") or row.get("ended") or ""), row) for row in facts.rows(report, "timeline")]
    rows += [(str(row.get("at") or ""), row) for row in facts.rows(report, "marks") if not row.get("finding")]
    for _, row in sorted(rows, key=lambda pair: pair[0]):
        if row.get("node"):
            found.setdefault(str(row["node"]), {}).setdefault(str(row.get("lane") or "node"))
    for sequence in facts.rows(report, "sequences"):
        for step in sequence.get("steps") or ():
            if step.get("daemon") and step.get("at"):
                found.setdefault(str(sequence.get("node")), {}).setdefault(str(step["daemon"]))
    return {node: list(names) for node, names in found.items()}


def _steps(report: Report, places: dict[tuple[str, str], int]) -> Iterator[Mark]:
    for sequence in facts.rows(report, "sequences"):
        node, steps = str(sequence.get("node")), list(sequence.get("steps") or ())
        for number, step in enumerate(steps, 1):
            lane, at = places.get((node, str(step.get("daemon")))), wording.ms(step.get("at"))
            if lane is None or at is None:
                continue
            proof = step.get("evidence") or {}
            title = f"{step.get('step')}: step {number} of {len(steps)} of this {sequence.get('kind') or 'sequence'}"
            said, place = wording.one_line(str(proof.get("text") or "")), facts.place(proof) if proof else ""
            yield Mark(lane, at, at, 1, "step", wording.one_line(title), said, place)


def _one(group: list[Mark]) -> Mark:
    if len(group) == 1:
        return group[0]
    first = group[0]
    return first._replace(until=max(mark.until for mark in group), times=sum(mark.times for mark in group))
