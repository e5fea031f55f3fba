"""What the cluster did, in the words of all views: operations, fencing, invariants and upstream's questions as rows."""

from __future__ import annotations

from typing import NamedTuple

from pcmklog.report import facts, wording
from pcmklog.report.facts import Report, Row

STATUS = {"holds": "holds", "violated": "violated", "not checkable": "cannot be checked"}
COUNTED = {"violated": "violated", "holds": "hold", "not checkable": "cannot be checked"}
KINDS = {"shutdown": "was stopped", "failover": "was lost or fenced", "standby": "was put into standby"}
MARKS = {"yes": "yes", "no": "no", "unknown": "?"}
SHORT = ("last sign", "noticed", "transition", "planned", "tried", "worked")
MOVES = 12
ASKED = ("Noticed by its peers", "Transition computed", "Fencing planned", "Fencing tried", "Fencing worked")
"""The questions about a node that was lost or fenced, behind the first, as heads of columns."""


class Check(NamedTuple):
    """An invariant: the sentence, how it stands, what was compared or lacks, and the breaches."""

    sentence: str
    status: str
    what: str
    breaches: tuple[Row, ...]


def checks(report: Report) -> list[Check]:
    """Give the invariants, the violated ones first."""
    found = [
        Check(
            str(row.get("sentence") or ""),
            STATUS.get(str(row.get("status")), wording.UNKNOWN),
            str(row.get("what") or row.get("lacks") or ""),
            tuple(row.get("breaches") or ()),
        )
        for row in facts.rows(report, "invariants")
    ]
    return sorted(found, key=lambda check: check.status != STATUS["violated"])


def checked(report: Report) -> str:
    """Say in one line how the invariants stand; empty for a report without."""
    found = [str(row.get("status")) for row in facts.rows(report, "invariants")]
    return ", ".join(f"{found.count(status)} {word}" for status, word in COUNTED.items() if status in found)


def operation(row: Row) -> str:
    """Say what happened to a node and what the cluster did: one sentence or two."""
    text = f"{row.get('node')} {KINDS.get(str(row.get('kind')), 'went')}"
    if row.get("asked_by"):
        text += f", asked by {row['asked_by']}"
    if row.get("kind") == "shutdown":
        text += f"; the stop was {row.get('outcome') or 'unknown'}"
    moves = [move(each, row.get("began")) for each in row.get("moves") or ()]
    more = f" and {len(moves) - MOVES} more" if len(moves) > MOVES else ""
    if moves:
        return f"{text}. {'; '.join(moves[:MOVES])}{more}."
    return f"{text}. The cluster moved no resource for it."


def move(row: Row, began: object = None) -> str:
    """Say `move vip from alpha to beta: ok after 0.3 s`."""
    source, target = row.get("from"), row.get("to")
    way = f"{f' from {source}' if source and source != target else ''}{f' to {target}' if target else ''}"
    if row.get("action") in ("start", "restart", "promote"):
        way = f" on {target}"
    after = wording.seconds(str(began) if began else None, row.get("done"))
    took = f" after {wording.duration(after)}" if after is not None and row.get("outcome") == "ok" else ""
    return f"{row.get('action')} {row.get('resource')}{way}: {row.get('outcome')}{took}"


def fencing(row: Row) -> str:
    """Say who wanted whom fenced, with what, and what came of it."""
    asker = " on ".join(str(row[key]) for key in ("client", "origin") if row.get(key)) or "somebody"
    action = f" ({row['action']})" if row.get("action") else ""
    text = f"{row.get('target')}{action}: asked by {asker}"
    if row.get("reason"):
        text += f", because {str(row['reason']).removeprefix('because ')}"
    if row.get("device") or row.get("executor"):
        text += "; " + " by ".join(str(row[key]) for key in ("device", "executor") if row.get(key))
    took = f" after {wording.duration(row['seconds'])}" if row.get("seconds") is not None else ""
    said = f" ({row['said']})" if row.get("said") else ""
    back = f"; back at {wording.stamp(row['returned'], row.get('ended'))}" if row.get("returned") else ""
    return f"{text}; {row.get('outcome')}{took}{said}{back}"


def nodes_lost(cases: list[Row]) -> list[Row]:
    """Choose the cases of nodes, whose answers fit into the columns `ASKED`."""
    return [case for case in cases if _of_node(case)]


def others(cases: list[Row]) -> list[Row]:
    """Choose the cases of resources."""
    return [case for case in cases if not _of_node(case)]


def _of_node(case: Row) -> bool:
    return case.get("kind") == "node" and len(case.get("answers") or ()) == len(SHORT)


def short(case: Row) -> str:
    """Say the answers about a node in one line: `noticed yes, transition yes, ...`; of a resource what was done."""
    answers = list(case.get("answers") or ())
    if not _of_node(case):
        last = answers[-1] if answers else {}
        return f"{case.get('title')}. {last.get('text') or ''}"
    told = ", ".join(
        f"{name} {MARKS.get(str(answer.get('verdict')), '?')}"
        for name, answer in zip(SHORT[1:], answers[1:], strict=True)
    )
    return f"{case.get('title')}: {told}"
