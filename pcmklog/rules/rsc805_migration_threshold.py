"""Resources were banned from a node after too many failures.

## What it finds
The scheduler's `Forcing ... away from ... after n failures` (until 2.1.1) and `... cannot run on ... due to reaching
migration threshold`. It says so again at every calculation; that is one finding.

## Why it matters
The node is up and takes part, but may not run these resources until somebody cleans up: at the next failure elsewhere
there is nowhere to go.

## What to do
Cure the failure itself (RSC801 to RSC804), then `crm_resource --cleanup -r RESOURCE -N NODE` (`pcs resource cleanup`,
`crm resource cleanup`). `failure-timeout` lets failures expire by themselves; a failed start or stop counts as
infinitely many.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, listing

PROOFS = 12
QUERY = """
select fields->>'node' as node, min(ts) as first, max(ts) as last,
  list(distinct fields->>'rsc' order by fields->>'rsc') as resources, list(id order by ts, id) as events
from event
where kind = 'resource.banned' and fields->>'node' is not null
group by 1
order by 2, 1
"""


@rule("RSC805", "migration-threshold", "warning", reads=("resource.banned", "transition.calculated"))
def migration_threshold(store: Store) -> Iterator[Finding]:
    """The bans of each node."""
    for row in store.rows(QUERY):
        verb = "was" if len(row.resources) == 1 else "were"
        yield Finding(
            row.node,
            f"{listing(row.resources)} {verb} banned from {row.node} after failures, from {clock(row.first)} on.",
            at=row.first,
            until=row.last if row.last is not None and row.last > row.first else None,
            evidence=tuple(row.events[:PROOFS]),
        )
