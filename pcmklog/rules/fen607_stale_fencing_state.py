"""A node was treated as fenced although it was back.

## What it finds
A fencing record that outlived its use: `Marking X, target of a previous stonith action, as clean` minutes after that
fencing or when X is up again; `Target X was fenced less than n s ago` as the answer to a request, or a result that
arrived too late, when X has come back since.

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
select fields->>'target' as target, min(ts) as first, max(ts) as last, list(id order by ts, id) as events, kind
from event
where kind in ('fencing.cleaned', 'fencing.recent', 'fencing.late') and fields->>'target' is not null and ts is not null
group by 1, kind
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
    """Records that are used after the node came back, or cleaned long after the fencing."""
    fenced = [
        (operation.target, row.ts)
        for operation in operations(store)
        for row in operation.done[:1]
        if row.ts is not None
    ]
    for row in store.rows(TOLD):
        last = max((ts for target, ts in fenced if target == row.target and ts <= row.first + 2), default=None)
        back = None if last is None else store.one(BACK, row.target, last, row.first)
        proof = () if back is None or back.id is None else (back.id,)
        late = row.kind == "fencing.cleaned" and last is not None and row.first - last >= FRESH
        if not proof and not late:
            continue
        after = f", {duration(row.first - last)} after it was" if last is not None else ""
        yield Finding(
            row.target,
            f"{row.target} was treated as just fenced at {clock(row.first)}{after}.",
            at=row.first,
            until=row.last if row.last > row.first else None,
            evidence=(*row.events[:PROOFS], *proof),
        )
