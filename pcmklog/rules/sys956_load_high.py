"""A node was under such load that Pacemaker slowed itself down.

## What it finds
`High CPU load detected` of the controller (Pacemaker 1.1.10 and later), by node, with the highest value. At starts and
probes it is normal: information. It becomes a warning when Corosync was not scheduled in time on that node within a
minute.

## Why it matters
Above its threshold the controller runs fewer operations at once; recovery and shutdown take longer. Load that costs
timeouts or tokens is a fault of the sizing.

## What to do
Compare the load with the number of processors; find what ran at that time. `load-threshold` (default 80 %) only sets
when the controller begins to slow down. Agents that wait for storage count as load: look at SYS954 and the disks.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, times

PROOFS = 10
QUERY = """
select l.node, min(l.ts) as first, max(l.ts) as last, count(*) as count, list(l.id order by l.ts, l.id) as events,
  max(try_cast(l.fields->>'load' as double)) as load,
  list(distinct x.id order by x.id) filter (where x.id is not null) as hurt
from event l
left join event x on x.node = l.node and abs(x.ts - l.ts) < 60
  and x.kind in ('totem.not_scheduled', 'totem.paused')
where l.kind = 'system.load_high' and l.node is not null and l.ts is not null and l.fields->>'load' is not null
group by l.node
order by first, l.node
"""


@rule("SYS956", "load-high", "info", reads=("system.load_high", "controller.state"))
def load_high(store: Store) -> Iterator[Finding]:
    """One finding for each node."""
    for row in store.rows(QUERY):
        count = f" ({times(len(set(row.events)))})" if len(set(row.events)) > 1 else ""
        highest = f"up to {row.load:.1f}" if row.load is not None else "high"
        beside = ", and Corosync was not scheduled in time" if row.hurt else ""
        yield Finding(
            row.node,
            f"The load of {row.node} was {highest} from {clock(row.first)} on{count}{beside}.",
            at=row.first,
            until=row.last if row.last > row.first else None,
            evidence=(*dict.fromkeys(row.events), *(row.hurt or [])[:3])[:PROOFS],
            severity="warning" if row.hurt else None,
        )
