"""The parts of the report that tell what the cluster was and did: states, invariants, fencing, operations."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Any

from pcmklog.model import Evidence, Finding, Line
from pcmklog.state.answers import Case
from pcmklog.state.failed import failed_resources
from pcmklog.state.lost import lost_nodes, proofs_of
from pcmklog.store import Store

Report = dict[str, Any]
Prove = Callable[[Iterable[int | Line | None], int], list[Report]]
MOST_STATES = 2000  # spells; the report says how many more there were
MOST_PROOFS = 6  # lines of one request, move or answer
MARKED_KINDS = (
    "corosync.started",
    "corosync.exited",
    "pacemakerd.started",
    "pacemakerd.stopping",
    "pacemakerd.stopped",
    "child.forked",
    "child.exited",
    "child.signalled",
    "child.respawned",
    "child.exec_failed",
    "child.fork_failed",
    "controller.state",
    "totem.token_lost",
    "totem.membership_formed",
    "quorum.gained",
    "quorum.lost",
    "plugin.refused",
    "plugin.mcp_mode",
    "system.booted",
    "pacemaker.messaging_lost",
    "fencing.succeeded",
    "fencing.failed",
    "fencing.wanted",
)
"""Kinds of events that stand on the timeline."""

STATES = """
select s.node, s.aspect, s.value, s.since, s.until, f.path as file, w.line + f.first_line - 1 as line
from state s left join witness w on w.event = s.proof and w.rank = 1 left join source f on f.id = w.source
where s.proof is not null
order by s.node, s.aspect, s.since
"""


def sections(store: Store, findings: Sequence[Finding]) -> Report:
    """The keys `state`, `invariants`, `fencing`, `operations` and `questions`, and how much of them was left out."""
    nodes, more_nodes = lost_nodes(store)
    resources, more_resources = failed_resources(store)
    cases = sorted([*nodes, *resources], key=lambda case: (case.ts is None, case.ts or 0.0, case.kind))
    prove = _prover(store, cases)
    states = store.rows(STATES)
    return {
        "state": [_state(row) for row in states[:MOST_STATES]],
        "state_left_out": max(0, len(states) - MOST_STATES),
        "invariants": _invariants(store, findings, prove),
        "fencing": _fencing(store, prove),
        "operations": _operations(store, prove),
        "questions": [_case(case, prove) for case in cases],
        "questions_left_out": more_nodes + more_resources,
    }


def time(ts: float | None) -> str | None:
    """Seconds since 1970 as ISO 8601 in UTC with milliseconds."""
    if ts is None:
        return None
    return datetime.fromtimestamp(round(ts, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def shown(evidence: Evidence) -> Report:
    """An evidence as the report has it."""
    return {"node": evidence.node, "file": evidence.file, "line": evidence.line, "text": evidence.text}


def _prover(store: Store, cases: list[Case]) -> Prove:
    """Looks all lines up at once: one query instead of hundreds."""
    wanted: dict[int | Line, None] = dict.fromkeys(proofs_of(cases))
    for query in (
        "select events[:6] as events from fencing",
        "select events[:6] as events from operation",
        "select [planned_event, done_event] as events from operation_move",
        "select events[:6] as events from breach",
    ):
        for row in store.rows(query):
            wanted.update(dict.fromkeys(event for event in row.events or () if event is not None))
    proofs = list(wanted)
    known = dict(zip(proofs, store.evidences(proofs), strict=True))

    def prove(events: Iterable[int | Line | None], most: int = MOST_PROOFS) -> list[Report]:
        found = [known[event][0] for event in events if event is not None and known.get(event)]
        return [shown(evidence) for evidence in dict.fromkeys(found)][:most]

    return prove


def _state(row: Any) -> Report:
    return {
        "node": row.node,
        "aspect": row.aspect,
        "value": row.value,
        "since": time(row.since),
        "until": time(row.until),
        "file": row.file,
        "line": row.line,
    }


def _invariants(store: Store, findings: Sequence[Finding], prove: Prove) -> list[Report]:
    breaches: dict[int, list[Report]] = {}
    for row in store.rows("select * from breach order by invariant, ts"):
        breaches.setdefault(row.invariant, []).append(
            {
                "nodes": list(row.nodes),
                "at": time(row.ts),
                "until": time(row.until),
                "text": row.text,
                "evidence": prove(row.events, MOST_PROOFS),
            }
        )
    return [
        {
            "name": row.name,
            "sentence": row.sentence,
            "status": row.status,
            "compared": row.compared,
            "what": row.what if row.compared else None,
            "lacks": None if row.compared else row.lacks,
            "findings": [f.id for f in findings if f.code in row.codes] if row.status == "violated" else [],
            "breaches": breaches.get(row.id, []),
        }
        for row in store.rows("select * from invariant order by id")
    ]


def _fencing(store: Store, prove: Prove) -> list[Report]:
    return [
        {
            "id": row.id,
            "target": row.target,
            "action": row.action,
            "operation": row.operation,
            "origin": row.origin,
            "client": row.client,
            "reason": row.reason,
            "device": row.device,
            "executor": row.executor,
            "wanted": time(row.wanted),
            "tried": time(row.tried),
            "ended": time(row.ended),
            "seconds": round(row.ended - row.tried, 3) if row.ended is not None and row.tried is not None else None,
            "outcome": row.outcome,
            "said": row.said,
            "returned": time(row.returned),
            "evidence": prove(row.events, MOST_PROOFS),
        }
        for row in store.rows("select * from fencing order by id")
    ]


def _operations(store: Store, prove: Prove) -> list[Report]:
    moves: dict[int, list[Report]] = {}
    for row in store.rows("select * from operation_move order by operation, n"):
        moves.setdefault(row.operation, []).append(
            {
                "resource": row.resource,
                "action": row.action,
                "from": row.source,
                "to": row.target,
                "planned": time(row.planned),
                "done": time(row.done),
                "outcome": row.outcome,
                "evidence": prove((row.planned_event, row.done_event), 2),
            }
        )
    return [
        {
            "id": row.id,
            "kind": row.kind,
            "node": row.node,
            "asked_by": row.asked_by,
            "began": time(row.began),
            "ended": time(row.ended),
            "outcome": row.outcome,
            "scheduler": row.scheduler,
            "transitions": list(row.transitions or []),
            "fencing": row.fencing,
            "moves": moves.get(row.id, []),
            "evidence": prove(row.events, MOST_PROOFS),
        }
        for row in store.rows("select * from operation order by id")
    ]


def _case(case: Case, prove: Prove) -> Report:
    return {
        "kind": case.kind,
        "subject": case.subject,
        "node": case.node,
        "at": time(case.ts),
        "title": case.title,
        "answers": [
            {
                "question": answer.question,
                "verdict": answer.verdict,
                "text": answer.text,
                "evidence": prove(answer.proofs, 3),
                "collect": answer.collect or None,
            }
            for answer in case.answers
        ],
    }
