"""A node in a few words: what became of it, what it ran, its starts and stops, and whether its clock is right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcmklog.report import facts, wording
from pcmklog.report.facts import Report, Row

DONE = frozenset({"succeeded", "confirmed"})
EACH = 2
"""More often than this is told as from when to when."""

CARDS = 12
"""More nodes than this are in the table only, those that were well first to go."""


class Card(NamedTuple):
    """A node for the first screen; `state` in one word, `mood` as bad, ok or quiet, `told` what happened to it."""

    node: Row
    state: str
    mood: str
    told: tuple[str, ...]
    software: str
    starts: str
    clock: str
    logs: str


def cards(report: Report) -> list[Card]:
    """Give the cards in the order of the nodes; of very many those that were not well."""
    found = [_card(report, node) for node in facts.rows(report, "nodes")]
    if len(found) <= CARDS:
        return found
    bad = [card for card in found if card.mood == "bad"]
    return (bad + [card for card in found if card.mood != "bad"])[:CARDS]


def _card(report: Report, node: Row) -> Card:
    told = tuple(_happened(report, node))
    state, mood = _state(report, node, told)
    versions = facts.versions(node)
    return Card(
        node,
        state,
        mood,
        told,
        ", ".join(f"{_product(name)} {version}" for name, version in versions.items() if name != "feature_set"),
        _starts(report, node),
        clock(node),
        wording.brief(*(node.get("span") or [None, None])),
    )


def clock(node: Row) -> str:
    """Say how far the clock was off, what proves it, and its zone."""
    told = facts.inner(node, "clock")
    zone = f", {told['timezone']}" if told.get("timezone") else ""
    if told.get("offset_s") is None:
        return f"unknown{zone}" if told else wording.UNKNOWN
    moments = wording.count(told["anchors"], "common moment") if told.get("anchors") else ""
    if told.get("reference") == node.get("name"):
        return f"reference{f' ({moments})' if moments else ''}{zone}"
    within = f", ±{told['residual_ms']:.0f} ms" if told.get("residual_ms") is not None else ""
    proof = f" ({moments}{within})" if moments else ""
    offset = told["offset_s"]
    return f"{f'{offset:+.3f} s' if abs(offset) >= 0.0005 else 'right'}{proof}{zone}"


def local(finding: Row) -> str:
    """Give the time that the node's own clock showed, with its zone.

    Empty where nothing tells the zone, and where it is what the cluster's clock says in UTC.
    """
    iso = str(finding.get("local") or "")
    if len(iso) < 29 or (iso.endswith("+00:00") and iso[:23] == str(finding.get("at"))[:23]):
        return ""
    zone = "UTC" if iso.endswith("+00:00") else f"UTC{iso[-6:]}"
    date = f"{iso[:10]} " if iso[:10] != str(finding.get("at"))[:10] else ""
    return f"{date}{iso[11:23]} {zone}"


def _state(report: Report, node: Row, told: tuple[str, ...]) -> tuple[str, str]:
    state, mood = _ending(report, node)
    if not told:
        return state, mood
    return f"{told[0].split()[0]}{', running at the end' if mood == 'ok' else ''}", "bad"


def _ending(report: Report, node: Row) -> tuple[str, str]:
    """How it was when its logs ended: the last incarnations of its daemons count, and whether a stop was under way."""
    name = node.get("name")
    ends = {row.get("lane"): row.get("how") for row in facts.rows(report, "timeline") if row.get("node") == name}
    if not ends:
        return ("not known" if (node.get("span") or [None])[0] else "no logs"), "quiet"
    runs = "running" in ends.values()
    if runs:
        below = [
            row for row in facts.rows(report, "processes") if row.get("node") == name and row["role"] == "messaging"
        ]
        if below and all(row.get("how") != "running" for row in below):
            return "without Corosync", "bad"
    last = facts.last(report, name)
    if last and last.get("kind") == "shutdown" and last.get("outcome") == "incomplete":
        grave = any(row.get("node") == name and facts.severity(row) != "info" for row in facts.rows(report, "findings"))
        return "stop not finished", "bad" if grave else "quiet"
    if runs:
        return "running", "ok"
    return ("stopped", "quiet") if set(ends.values()) <= {"stopped", "exited"} else ("not running", "bad")


def _happened(report: Report, node: Row) -> Iterator[str]:
    """Tell when it was fenced, else when it was lost; many times in one sentence."""
    name = node.get("name")
    fenced = [row for row in facts.rows(report, "fencing") if row.get("target") == name and row.get("outcome") in DONE]
    lost = [
        row for row in facts.rows(report, "operations") if row.get("node") == name and row.get("kind") == "failover"
    ]
    times = [_clock(row.get("ended") or row.get("tried")) for row in fenced] or [
        _clock(row.get("began")) for row in lost
    ]
    word = "fenced" if fenced else "lost"
    if len(times) > EACH:
        yield f"{word} {len(times)} times from {times[0]} to {times[-1]}"
    elif times:
        last = fenced[-1] if fenced else {}
        back = f", back at {wording.stamp(last['returned'], last.get('ended'))[:8]}" if last.get("returned") else ""
        yield f"{word} at {' and '.join(times)}{back}"


def _clock(iso: object) -> str:
    return wording.stamp(str(iso))[11:19] if iso else "an unknown time"


def _starts(report: Report, node: Row) -> str:
    lives = facts.lives(report, node.get("name"))
    last = f", the last: {lives.last}" if lives.last != wording.UNKNOWN else ""
    return f"{_counted(lives.starts, 'start')}, {_counted(lives.stops, 'stop')}{last}"


def _counted(told: str, noun: str) -> str:
    """Give `1 start`, `3 (1 bad) starts` as `3 starts (1 bad)`."""
    number, _, bad = told.partition(" ")
    return f"{wording.count(int(number), noun)}{f' {bad}' if bad else ''}"


def _product(name: str) -> str:
    return {"cman": "CMAN"}.get(name, name.capitalize())
