"""The most telling moments of a bundle: what a ticket has room for of the timeline."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import NamedTuple

from pcmklog.report import facts, wording
from pcmklog.report.facts import Report, Row
from pcmklog.report.walk import walk

LINES = 20
APART = 0.05
"""Seconds between a node's clock and the cluster's from which both are shown."""

WEIGHTS = {
    "root": 100, "critical": 90, "fencing": 85, "error": 80, "bad end": 75, "loss": 70, "bad begin": 60, "warning": 50,
    "end": 45, "begin": 40, "ring": 35, "info": 10,
}  # fmt: skip
WAVE = 120
"""Seconds between two starts, or two stops, that belong together."""

FIRST = ("begin", "loss", "ring")
AGAIN = 6
"""What each further moment of one sort weighs less: twenty of one sort tell less than some of each."""


class Moment(NamedTuple):
    """Something that happened: when on the cluster's clock, what the node wrote then (None: not known), where, what."""

    at: str
    own: str | None
    node: str
    what: str
    proof: Row | None
    sort: str


def moments(report: Report, most: int = LINES) -> tuple[list[Moment], int]:
    """Give the most telling moments in the order of time, and how many there are besides."""
    every = [*_findings(report), *_fencing(report), *_sequences(report), *_memberships(report)]
    seen: Counter[str] = Counter()
    ranked = []
    for moment in sorted(every, key=lambda moment: moment.at):
        ranked.append((AGAIN * seen[moment.sort] - WEIGHTS[moment.sort.partition(":")[0]], moment))
        seen[moment.sort] += 1
    chosen = [moment for _, moment in sorted(ranked, key=lambda pair: pair[0])[:most]]
    return sorted(chosen, key=_order), len(every) - len(chosen)


def faces(report: Report, told: list[Moment]) -> list[str]:
    """Give for each moment what the node's own clock showed; an empty list where all clocks went alike, in UTC."""
    clocks = {node.get("name"): facts.inner(node, "clock") for node in facts.rows(report, "nodes")}
    zones = {name: _zone(str(clock.get("timezone") or "")) for name, clock in clocks.items()}
    apart = any(zones.values())
    shown = []
    for moment in told:
        whose = (moment.proof or {}).get("node") or moment.node
        ahead = (clocks.get(whose) or {}).get("offset_s")
        own = moment.own or (wording.later(moment.at, ahead) if ahead is not None else None)
        apart |= abs(wording.seconds(moment.at, own) or 0) > APART
        known = whose in clocks and own
        shown.append(wording.stamp(wording.later(str(own), zones[whose]), moment.at) if known else "")
    return shown if apart else []


def alike(report: Report) -> bool:
    """Whether it is known that all clocks went alike and showed UTC."""
    clocks = [facts.inner(node, "clock") for node in facts.rows(report, "nodes")]
    right = [clock.get("offset_s") is not None and abs(clock["offset_s"]) <= APART for clock in clocks]
    return all(right) and {clock.get("timezone") for clock in clocks} == {"UTC"}


def _order(moment: Moment) -> tuple[str, int]:
    """Of one moment, what begins is told before what came of it."""
    sort = moment.sort.partition(":")[0].split()[-1]
    return moment.at, FIRST.index(sort) if sort in FIRST else len(FIRST) + (sort == "end")


def _findings(report: Report) -> Iterator[Moment]:
    roots = {str(root) for root in facts.inner(report, "verdict").get("root_causes") or ()}
    for finding in facts.rows(report, "findings"):
        sort = "root" if str(finding.get("id")) in roots else facts.severity(finding)
        if finding.get("at"):
            what = f"{finding.get('code')} {finding.get('title') or ''}".rstrip(".")
            where = facts.whereabouts(finding)
            yield Moment(finding["at"], None, where, what, facts.proof(finding), f"{sort}:{finding.get('code')}")


def _fencing(report: Report) -> Iterator[Moment]:
    for row in facts.rows(report, "fencing"):
        at = row.get("ended") or row.get("tried") or row.get("wanted")
        if at:
            by = f" by {row['executor']}" if row.get("executor") else ""
            what = f"fencing of {row.get('target')} ({row.get('action')}){by}: {row.get('outcome')}"
            proof = facts.proof(row)
            yield Moment(at, None, str((proof or {}).get("node") or "cluster"), what, proof, "fencing:")


def _sequences(report: Report) -> Iterator[Moment]:
    """Give the first and the last step of each; those that went well on several nodes at about one time as one."""
    wave: list[Row] = []
    for sequence in sorted(facts.rows(report, "sequences"), key=lambda row: str(row.get("began") or "")):
        if not sequence.get("steps"):
            continue
        if walk(sequence).well:
            if wave and not _joins(sequence, wave):
                yield from _ends(wave)
                wave = []
            wave.append(sequence)
        else:
            yield from _ends([sequence])
    if wave:
        yield from _ends(wave)


def _joins(sequence: Row, wave: list[Row]) -> bool:
    apart = wording.seconds(wave[-1].get("began"), sequence.get("began"))
    alike = sequence.get("kind") == wave[0].get("kind") and sequence.get("node") not in {row["node"] for row in wave}
    return alike and apart is not None and apart < WAVE


def _ends(wave: list[Row]) -> Iterator[Moment]:
    said = walk(wave[0])
    kind = {"startup": "start", "shutdown": "stop"}.get(str(wave[0].get("kind")), "sequence")
    bad = "" if said.well else "bad "
    nodes = facts.enumerated(str(row.get("node") or "cluster") for row in wave)
    steps = [step for row in wave for step in row["steps"]]
    begin = wave[0]["steps"][0]
    end = max((row["steps"][-1] for row in wave), key=lambda step: str(step.get("at") or ""))
    yield _step(nodes, begin, f"{kind} begins: {begin.get('step')}", f"{bad}begin:{kind}")
    if len(steps) > len(wave):
        took = wording.duration(wording.seconds(begin.get("at"), end.get("at")))
        last = f"the last step is {end.get('step')}, {took} after the first"
        yield _step(nodes, end, f"{kind} {said.outcome}: {last}", f"{bad}end:{kind}")


def _step(node: str, step: Row, what: str, sort: str) -> Moment:
    return Moment(str(step.get("at") or ""), step.get("logged_at"), node, what, step.get("evidence"), sort)


def _memberships(report: Report) -> Iterator[Moment]:
    last: dict[str, set[str]] = {}
    for row in facts.rows(report, "memberships"):
        if not row.get("at"):
            continue
        members = [str(member) for member in row.get("members") or ()]
        before: set[str] = set().union(*(last.get(member, set()) for member in members))
        gone = sorted(before - {*members}) if row.get("left") else []
        last |= {member: {*members} for member in members}
        left = f", without {facts.enumerated(gone)}" if gone else ""
        ring = f" {row['ring']}" if row.get("ring") else ""
        what = f"membership{ring}: {facts.enumerated(members)}{left}"
        proof = row.get("evidence")
        where = str((proof or {}).get("node") or "cluster")
        yield Moment(row["at"], row.get("logged_at"), where, what, proof, "loss:" if gone else "ring:")


def _zone(name: str) -> float:
    """Give the seconds east of Greenwich of `UTC+02:00`."""
    sign, _, rest = name.removeprefix("UTC").partition(":")
    try:
        hours = int(sign or 0)
    except ValueError:
        return 0.0
    minutes = int(rest) if rest.isdigit() else 0
    return 3600.0 * hours + (-60.0 if sign.startswith("-") else 60.0) * minutes
