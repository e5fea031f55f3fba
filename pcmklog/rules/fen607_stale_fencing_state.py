"""A node was treated as fenced although it was back.

## What it finds
A fencing record that outlived its use: `Marking X, target of a previous stonith action, as clean` minutes after that
fencing, when X has been up again; `Target X was fenced less than n s ago` as the answer to a new request; a result that
arrived too late; messages from a node that is thought to be dead.

## Why it matters
Marking a node clean erases its status: resources that run there are forgotten and may be started a second time. An old
success taken for an answer means that a node that should be off is not.

## What to do
Check where the resources really run (`crm_mon -r1`, `crm_resource --refresh`), and have the cluster probe again.
Upgrade: 1.1.8 to 1.1.12 kept the list of nodes to clean up when another node became DC. `stonith_admin --history NODE`
shows what the fencer remembers; `--cleanup` forgets it (2.0.0 and later).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._fencing import operations
from pcmklog.store import Store
from pcmklog.words import clock, duration

FRESH = 60.0  # seconds in which the clean-up belongs to the fencing itself
PROOFS = 12
TOLD = """
select fields->>'target' as target, min(ts) as first, max(ts) as last, list(id order by ts, id) as events,
  bool_or(kind = 'fencing.cleaned') as cleaned
from event
where kind in ('fencing.cleaned', 'fencing.recent', 'fencing.late') and fields->>'target' is not null
group by 1
order by 2, 1
"""
BACK = """
select min(id) as id from event
where node = ? and ts > ?::double + 1 and ts < ?::double and role in ('messaging', 'mcp', 'controller')
"""


@rule(
    "FEN607", "stale-fencing-state", "warning",
    reads=("fencing.cleaned", "fencing.recent", "fencing.late", "fencing.succeeded"),
)  # fmt: skip
def stale_fencing_state(store: Store) -> Iterator[Finding]:
    """Records that are older than the last fencing of that node, or than its return."""
    fenced = [
        (operation.target, row.ts)
        for operation in operations(store)
        for row in operation.done[:1]
        if row.ts is not None
    ]
    for row in store.rows(TOLD):
        if row.first is None:
            continue
        last = max((ts for target, ts in fenced if target == row.target and ts <= row.first + 2), default=None)
        proofs = tuple(row.events[:PROOFS])
        if row.cleaned:
            if last is None or row.first - last < FRESH:
                continue
            back = store.one(BACK, row.target, last, row.first)
            proofs += (back.id,) if back and back.id is not None else ()
        after = f", {duration(row.first - last)} after it was" if last is not None else ""
        yield Finding(
            row.target,
            f"{row.target} was treated as just fenced at {clock(row.first)}{after}.",
            at=row.first,
            until=row.last if row.last > row.first else None,
            evidence=proofs,
        )
