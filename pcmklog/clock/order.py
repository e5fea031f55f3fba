"""The order of cause and effect on the cluster clock, where what is known of the clocks leaves it open.

An offset that other moments prove is moved no further than to the nearest one with which no effect is before its cause;
where there is none, it stays.  A stamp leaves open when within its second, or its last decimal, the line was written:
not before the cause of what it tells, nor before the lines that stand above it in its file.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from itertools import product
from math import inf

from pcmklog.clock.causal import Bound
from pcmklog.store import Row, Store

NEAR_S = 2.0  # an effect that seems to be so long before its cause has another one
TICK = 1e-6  # an effect is at least so much later than its cause
ROUNDS = 16  # of causes and effects in turn within one second
STAMPS = "select id, ts from event where id in (select unnest(?::bigint[])) and ts is not null"
BESIDE = """
select id, source, ts from event
where ts is not null and (source, logged) in (
  select (source, logged) from event where id in (select unnest(?::bigint[]))
)
order by source, line
"""

Stamps = dict[int, float]


def order(store: Store, bounds: Sequence[Bound], nodes: Sequence[str]) -> None:
    """Moves the clocks of `nodes` (the surest first, which stays), then single lines, as far as the bounds need it."""
    if not bounds:
        return
    events = [*{bound.cause for bound in bounds} | {bound.effect for bound in bounds}]
    stamps = _stamps(store, events)
    kept = together(bounds, stamps)
    moved = moves(nodes, kept, stamps)
    for node, by in moved.items():
        store.execute("update event set ts = ts + ? where node = ?", by, node)
        store.execute("update clock set offset_s = round(offset_s - ?, 3) where node = ?", by, node)
        store.execute("update source set first_ts = first_ts + $1, last_ts = last_ts + $1 where node = $2", by, node)
    if moved:
        stamps = _stamps(store, events)
    later = settled(store.rows(BESIDE, [bound.effect for bound in kept]), kept, stamps)
    if later:
        store.execute(
            "update event set ts = l.ts from (select unnest(?::bigint[]) as id, unnest(?::double[]) as ts) l "
            "where l.id = event.id",
            [*later], [*later.values()],
        )  # fmt: skip


def _stamps(store: Store, events: Sequence[int]) -> Stamps:
    return {row.id: row.ts for row in store.rows(STAMPS, events)}


def together(bounds: Sequence[Bound], stamps: Mapping[int, float]) -> list[Bound]:
    """The bounds of lines that do belong together: no other ones could, or those are far away."""
    near = [b for b in bounds if {b.cause, b.effect} <= stamps.keys() and _later(b, stamps) >= -NEAR_S]
    others: dict[tuple[int, bool, str], int] = defaultdict(int)
    for bound in near:
        if not bound.certain and _later(bound, stamps) <= NEAR_S:
            others[bound.cause, True, bound.effect_node] += 1
            others[bound.effect, False, bound.cause_node] += 1
    return [
        b for b in near
        if b.certain or others[b.cause, True, b.effect_node] == others[b.effect, False, b.cause_node] == 1
    ]  # fmt: skip


def _later(bound: Bound, stamps: Mapping[int, float]) -> float:
    return stamps[bound.effect] - stamps[bound.cause]


def moves(nodes: Sequence[str], bounds: Sequence[Bound], stamps: Mapping[int, float]) -> dict[str, float]:
    """By how many seconds the lines of a node have to be later, as little as can be; the first node stays.

    The bounds are difference constraints: a node may be later than another by so much at most.  Two nodes whose bounds
    contradict each other stay as they are, and so do all where more of them do.
    """
    most = dict.fromkeys(product(nodes, nodes), inf)
    for bound in bounds:
        pair = bound.cause_node, bound.effect_node
        most[pair] = min(most.get(pair, inf), _later(bound, stamps) + (bound.late if bound.late >= 1 else 0.0))
    if all(spare >= 0 for spare in most.values()):
        return {}
    for a, b in product(nodes, nodes):
        if a < b and most[a, b] + most[b, a] < 0:
            most[a, b] = most[b, a] = inf
    for via, a, b in product(nodes, nodes, nodes):
        most[a, b] = min(most[a, b], most[a, via] + most[via, b])
    if any(most[node, node] < 0 for node in nodes):
        return {}
    by: dict[str, float] = {}
    for node in nodes:
        least = max((by[other] - most[other, node] for other in by), default=0.0)
        highest = min((by[other] + most[node, other] for other in by), default=0.0)
        by[node] = min(max(0.0, least), highest)
    return {node: seconds for node, seconds in by.items() if seconds}


def settled(rows: Sequence[Row], bounds: Sequence[Bound], stamps: Mapping[int, float]) -> Stamps:
    """The new times of effects, and of what stands below them; `rows` are the lines of their stamps and sources."""
    now = {**stamps, **{row.id: row.ts for row in rows}}
    begin = {row.id: row.ts for row in rows}
    below: dict[tuple[int, float], list[int]] = defaultdict(list)
    for row in rows:
        below[row.source, row.ts].append(row.id)
    file = {event: ids for ids in below.values() for event in ids}
    place = {event: n for ids in below.values() for n, event in enumerate(ids)}
    edges = sorted((b for b in bounds if b.effect in file), key=lambda b: (stamps[b.cause], b.cause, b.effect))
    for _ in range(ROUNDS):
        changed = False
        for edge in edges:
            at, cause = now[edge.effect], now[edge.cause]
            late = cause + TICK
            if (at, edge.effect) > (cause, edge.cause) or late >= begin[edge.effect] + edge.late:
                continue
            changed = True
            for event in file[edge.effect][place[edge.effect] :]:
                now[event] = max(now[event], late)
        if not changed:
            break
    return {event: now[event] for event in begin if now[event] != begin[event]}
