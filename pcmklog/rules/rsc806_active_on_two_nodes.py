"""A resource that may run once was active on two nodes at one time.

## What it finds
The scheduler's `is active on 2 nodes` and `might be active on 2 nodes`, with the probe or the result that surprised it.
It says so once the nodes see each other again: after a partition, or when a node comes back whose resources ran on
without its controller. Where no scheduler said so, the results of the operations do: a primitive that was started on
one node before its stop on another. Some seconds of that while a side without quorum stops its resources are
information. `might be active` where no probe found it running is none: what a probe that failed cannot tell counts
as running.

## Why it matters
For a file system, a database or an address this is the damage that a cluster is meant to prevent. The scheduler then
stops all copies and starts one (`multiple-active`, default stop_start), so the service goes down as well.

## What to do
Check the data first: file system, replication state, duplicate addresses. Then find out why a second copy was started
while the first still ran: nearly always a node counted as lost that lived on, without fencing (FEN603), or a split
(MEM402). Set up and test fencing.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.state.invariants import Breach, breaches
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing

EPISODE = 60.0  # seconds: one probe of a node that came back finds its resources one after the other
PROOFS = 12
BRIEF = 15.0  # seconds in which a side that lost quorum stops its resources
TOLD = """
select id, ts, node, fields->>'rsc' as rsc, text like '%might be active%' as maybe
from event
where kind = 'resource.active_twice'
order by ts nulls first, id
"""
FOUND = """
select id, coalesce(fields->>'node', node) as node
from event
where ts between ?::double - 5 and ?::double + 2 and (
  (kind = 'resource.unexpected_result' and (fields->>'wanted' = '7' or fields->>'expected' = 'not running')
    and (fields->>'rc' in ('0', '8') or fields->>'result' = 'ok'))
  or (kind = 'resource.ok' and (fields->>'task' = 'probe' or fields->>'op_key' like '%!_monitor!_0' escape '!'))
)
order by kind desc, ts, id
limit 6
"""


@rule("RSC806", "active-on-two-nodes", "critical", reads=("resource.active_twice", "transition.calculated"))
def active_on_two_nodes(store: Store) -> Iterator[Finding]:
    """What the schedulers say within a minute is one."""
    groups: list[list[Row]] = []
    for row in store.rows(TOLD):
        last = groups[-1][-1].ts if groups else None
        if groups and (row.ts is None or last is None or row.ts - last < EPISODE):
            groups[-1].append(row)
        else:
            groups.append([row])
    told = [(group[0].ts, group[-1].ts) for group in groups if group[0].ts is not None and group[-1].ts is not None]
    yield from _proved(list(breaches(store, "once-active")), told)
    for group in groups:
        first, last = group[0].ts, group[-1].ts
        found = [] if first is None else store.rows(FOUND, first, last)
        resources = listing(row.rsc for row in group if row.rsc) or "A resource"
        verb = "were" if " and " in resources else "was"
        if not found and all(row.maybe or not row.rsc for row in group):
            continue
        yield Finding(
            None,
            f"{resources} {verb} active on two nodes at one time, as the scheduler found at {clock(first)}.",
            at=first,
            until=last if last != first else None,
            evidence=(*(row.id for row in group[:PROOFS]), *(row.id for row in found)),
            nodes=tuple(dict.fromkeys(row.node for row in (*found, *group) if row.node)),
        )


def _proved(found: list[Breach], told: list[tuple[float, float]]) -> Iterator[Finding]:
    """What results of operations prove and no scheduler said; one finding for the resources of one pair of nodes."""
    pairs: dict[tuple[str, ...], list[Breach]] = {}
    for breach in found:
        at = breach.ts or 0.0
        if not any(first - EPISODE <= at <= last + EPISODE for first, last in told):
            pairs.setdefault(tuple(breach.nodes), []).append(breach)
    for nodes, group in pairs.items():
        ends = [breach.until for breach in group]
        brief = all(until is not None and until - (b.ts or 0.0) <= BRIEF for until, b in zip(ends, group, strict=True))
        yield Finding(
            None,
            f"{group[0].text.rstrip('.')}{f' (and {len(group) - 1} more)' if len(group) > 1 else ''}.",
            at=group[0].ts,
            until=max((until for until in ends if until is not None), default=None),
            evidence=tuple(event for breach in group for event in breach.events)[:PROOFS],
            nodes=nodes,
            severity="info" if brief else None,
        )
