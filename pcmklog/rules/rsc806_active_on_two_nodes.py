"""A resource that may run once was active on two nodes at one time.

## What it finds
The scheduler's `is active on 2 nodes` and `might be active on 2 nodes`, with the probe or the result that surprised it.
It says so once the nodes see each other again: after a partition, or when a node comes back whose resources ran on
without its controller.

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
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing

EPISODE = 60.0  # seconds: one probe of a node that came back finds its resources one after the other
PROOFS = 12
TOLD = """
select id, ts, node, fields->>'rsc' as rsc
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
    for group in groups:
        first, last = group[0].ts, group[-1].ts
        found = [] if first is None else store.rows(FOUND, first, last)
        resources = listing(row.rsc for row in group if row.rsc) or "A resource"
        verb = "were" if " and " in resources else "was"
        yield Finding(
            None,
            f"{resources} {verb} active on two nodes at one time, as the scheduler found at {clock(first)}.",
            at=first,
            until=last if last != first else None,
            evidence=(*(row.id for row in group[:PROOFS]), *(row.id for row in found)),
            nodes=tuple(dict.fromkeys(row.node for row in (*found, *group) if row.node)),
        )
