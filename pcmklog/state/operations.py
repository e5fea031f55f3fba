"""Nodes that were taken out of service or fell out of it, with what the cluster did: the table `operation`."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field

from pcmklog.state.asked import Askers
from pcmklog.state.transitions import Move, Results, Transition, transitions
from pcmklog.store import Row, Store

SAME = 10.0  # seconds in which the members see one departure
TRAIL = 120.0  # seconds after its stop in which the members see a node leave
AFTER = 300.0  # seconds in which the cluster reacts at most
SOON = 60.0  # seconds from the loss of a node to the transition that starts what it ran
SLACK = 1.0  # seconds: stamps of whole seconds
STOPS = """
select s.node, s.began, s.ended, s.outcome,
  least(coalesce(s.ended, s.began) + 30, coalesce(min(l.began), 'infinity'::double)) as until
from sequence s left join life l on l.node = s.node and l.role = 'mcp' and l.began > s.began
where s.kind = 'shutdown' and s.began is not null
group by s.id, s.node, s.began, s.ended, s.outcome order by s.began, s.id
"""
LEFT = "select node, ts, event, back from departure where heeded order by ts, event"
STANDBY = "select node, since, until, proof from state where aspect = 'standby' and value = 'yes' order by since, node"
FENCED = "select id, target, wanted, ended, outcome, events from fencing where wanted is not null order by wanted, id"


@dataclass
class Exit:
    """A node that went, in order or not."""

    kind: str
    node: str
    began: float
    ended: float
    outcome: str = ""
    until: float = 0.0  # when it was back, or the log of its going ends
    fencing: int | None = None
    asked_by: str | None = None
    left: float = float("inf")  # when the others first missed it
    events: list[int] = field(default_factory=list)
    moves: list[Move] = field(default_factory=list)
    transitions: list[Transition] = field(default_factory=list)


def note_operations(store: Store) -> None:
    """Fills `operation` and `operation_move`."""
    exits = sorted(_exits(store), key=lambda out: (out.began, out.node))
    plans, results, askers = transitions(store), Results(store), Askers(store)
    operations: dict[str, list[object]] = {}
    moves: dict[str, list[object]] = {}
    for out in exits:
        _carry_out(out, plans)
    done = [out for out in exits if out.kind != "failover" or out.transitions or out.fencing is not None]
    for number, out in enumerate(done, 1):
        if out.kind == "shutdown":
            out.asked_by, proofs = askers.of(out.node, out.began)
            out.events[:0] = proofs
        made = [_made(number, n, move, results) for n, move in enumerate(out.moves, 1)]
        for row in made:
            _append(moves, row)
        _append(operations, _operation(number, out, made))
    store.insert("operation", operations)
    store.insert("operation_move", moves)


def _append(columns: dict[str, list[object]], row: dict[str, object]) -> None:
    for name, value in row.items():
        columns.setdefault(name, []).append(value)


def _exits(store: Store) -> list[Exit]:
    """Stops in order, losses, fencing and standby; what belongs together is one."""
    exits = [
        Exit("shutdown", row.node, row.began, row.ended or row.began, row.outcome, row.until)
        for row in store.rows(STOPS)
    ]
    for row in store.rows(LEFT):
        _leave(exits, row)
    tries: dict[str, list[float]] = {}
    for row in store.rows(FENCED):
        first, last = tries.get(row.target, [row.wanted, row.wanted])
        tries[row.target] = [first if row.wanted - last <= TRAIL else row.wanted, row.ended or row.wanted]
        if row.outcome in ("succeeded", "confirmed"):
            _fence(exits, row, tries[row.target][0])
    exits.extend(
        Exit("standby", row.node, row.since, row.since, until=row.until, events=[row.proof])
        for row in store.rows(STANDBY)
    )
    return exits


def _leave(exits: list[Exit], row: Row) -> None:
    """A departure belongs to the stop of the node, or to what others saw of it in the same moment."""
    for out in exits:
        if out.node == row.node and out.began - SAME <= row.ts <= out.ended + (
            TRAIL if out.kind == "shutdown" else SAME
        ):
            out.events.append(row.event)
            out.left = min(out.left, row.ts)
            return
    until = row.back if row.back is not None else row.ts + AFTER
    exits.append(Exit("failover", row.node, row.ts, row.ts, until=until, events=[row.event], left=row.ts))


def _fence(exits: list[Exit], row: Row, wanted: float) -> None:
    """Fencing follows a loss, or it is what takes the node out; `wanted` is of the first of several requests."""
    ended = row.ended if row.ended is not None else row.wanted
    for out in exits:
        if out.node == row.target and out.fencing is None and wanted - AFTER <= out.began <= ended + SOON:
            out.fencing, out.kind = row.id, "failover"
            out.began, out.ended = min(out.began, wanted), max(out.ended, ended)
            out.until = max(out.until, ended + AFTER)
            out.events.extend(row.events[:3])
            return
    exits.append(
        Exit("failover", row.target, wanted, ended, until=ended + AFTER, fencing=row.id, events=row.events[:3])
    )


def _carry_out(out: Exit, plans: list[Transition]) -> None:
    """The transitions that concern the node, and of the last plan for each resource what it was.

    `plans` are in the order of time.
    """
    latest: dict[str, Move] = {}
    first = True
    begin = bisect_left(plans, out.began - SLACK, key=_moment)
    for plan in plans[begin : bisect_right(plans, out.until + SLACK, key=_moment)]:
        if plan.scheduler == out.node and plan.ts >= out.left - SLACK:  # what it planned on its own, out of the ring
            continue
        loss = out.kind == "failover" and first and plan.ts <= out.began + SOON and plan.scheduler != out.node
        first = first and plan.scheduler == out.node
        if not plan.concerns(out.node) and not loss:
            continue
        out.transitions.append(plan)
        out.events.extend(plan.events[:6])
        for move in _because(plan, out.node, loss=loss):
            latest[move.resource] = (
                latest[move.resource]._replace(target=move.target) if move.resource in latest else move
            )
    out.moves = sorted(latest.values(), key=lambda move: (move.ts, move.event))


def _moment(plan: Transition) -> float:
    return plan.ts


def _because(plan: Transition, node: str, *, loss: bool) -> Iterator[Move]:
    for move in plan.moves:
        if move.target != node and (move.source == node or (loss and move.action in ("start", "recover"))):
            yield move


def _made(number: int, n: int, move: Move, results: Results) -> dict[str, object]:
    done = results.of(move, move.ts + AFTER)
    return {
        "operation": number,
        "n": n,
        "resource": move.resource,
        "action": move.action,
        "source": move.source,
        "target": move.target,
        "planned": move.ts,
        "planned_event": move.event,
        "done": done.ts if done else None,
        "done_event": done.id if done else None,
        "outcome": ("ok" if done.ok else "failed") if done else "no result",
    }


def _operation(number: int, out: Exit, made: list[dict[str, object]]) -> dict[str, object]:
    done = [row["done"] for row in made if isinstance(row["done"], float)]
    return {
        "id": number,
        "kind": out.kind,
        "node": out.node,
        "asked_by": out.asked_by,
        "began": out.began,
        "ended": max([out.ended, *done]),
        "outcome": out.outcome if out.kind == "shutdown" else _recovery(made),
        "transitions": [plan.number for plan in out.transitions if plan.number],
        "scheduler": out.transitions[0].scheduler if out.transitions else None,
        "fencing": out.fencing,
        "events": list(dict.fromkeys(event for event in out.events if event is not None)),
    }


def _recovery(made: list[dict[str, object]]) -> str:
    if not made:
        return "nothing to do"
    good = sum(row["outcome"] == "ok" for row in made)
    if good == len(made):
        return "recovered"
    return "partly recovered" if good else "not recovered"
