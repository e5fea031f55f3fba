"""A node came to quorum late after its start.

## What it finds
A start of the messaging layer after which the node waited ten seconds and more for quorum, and then had it.

## Why it matters
Nothing is wrong by itself: with `wait_for_all`, which two_node sets, a node waits until it has seen all others once.
But all services wait with it.

## What to do
Nothing, if the peer was started late on purpose. Otherwise start all nodes together (`pcs cluster start --all`) and
let Corosync start at boot on every one. Whoever must start with one node alone may end the wait with
`corosync-cmapctl -s quorum.cancel_wait_for_all u8 1`, after making sure that the other node is off.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, duration

LATE = 10.0
WAITS = """
with first as (
  select m.node, m.began, m.began_event, min(e.ts) as gained, arg_min(e.id, e.ts) as event
  from life m
  join event e on e.node = m.node and e.kind = 'quorum.gained' and e.ts >= m.began and e.ts <= coalesce(m.ended, e.ts)
  where m.role = 'messaging' and m.began is not null and m.how not in ('refused', 'failed')
  group by all
)
select * from first f
where gained - began >= ? and exists (
  select 1 from event w
  where w.node = f.node and w.kind in ('quorum.waiting_for_all', 'quorum.still_lost')
    and w.ts >= f.began and w.ts < f.gained
)
order by began
"""
SAID = """
select id from event where node = ? and kind in ('quorum.waiting_for_all', 'quorum.still_lost') and ts between ? and ?
order by ts, id limit 10
"""


@rule("QRM507", "quorum-delayed", "info", reads=("quorum.waiting_for_all", "quorum.still_lost", "quorum.gained"))
def quorum_delayed(store: Store) -> Iterator[Finding]:
    """The time from the start to the first quorum of each life."""
    for row in store.rows(WAITS, LATE):
        said = [word.id for word in store.rows(SAID, row.node, row.began, row.gained)]
        yield Finding(
            row.node,
            f"{row.node} had quorum only {duration(row.gained - row.began)} after its start at {clock(row.began)}.",
            at=row.began,
            until=row.gained,
            evidence=tuple(event for event in (row.event, *said, row.began_event) if event is not None),
        )
