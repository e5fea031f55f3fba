"""A file system was full.

## What it finds
`No space left on device` in any line of the cluster's daemons or of syslog and journal, and, where a daemon died of
SIGBUS, a Corosync without room in /dev/shm for its flight recorder. That the CIB is no longer written is SYS957.

## Why it matters
Pacemaker cannot save its configuration, logs end in the middle of a line, agents cannot write their state files and
fail; a full /dev/shm stops all communication between the daemons (libqb keeps its buffers there).

## What to do
`df -h` and `df -i` on /, /var, /var/log, /var/lib/pacemaker, /dev/shm and /run. Typical: old core files in
/var/lib/pacemaker/cores, pe-input files without limit (`pe-input-series-max`), debug logs, `qb-*` left in /dev/shm.
After clearing, restart Pacemaker on that node if it had given up writing.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, times

PROOFS = 15
# That the flight recorder found no room proves nothing by itself; with a death by SIGBUS /dev/shm was full.
QUERY = """
with bus as (
  select node, ts from event
  where (kind = 'child.signalled' and fields->>'signal' = '7') or contains(text, 'status=7/BUS')
)
select
  node, bool_and(kind = 'corosync.blackbox_unavailable' or contains(text, 'shm')) as shared, min(ts) as first,
  max(ts) as last, count(*) as count, list(id order by ts, id) as events
from event e
where node is not null and ts is not null and (
    kind = 'system.disk_full' or contains(text, 'No space left on device')
    or (kind = 'corosync.blackbox_unavailable' and exists (select 1 from bus b where b.node = e.node and b.ts > e.ts))
  )
group by node
order by first, node
"""


@rule(
    "SYS953",
    "disk-full",
    "error",
    reads=("system.disk_full", "pacemakerd.started", "corosync.started", "plugin.started"),
)
def disk_full(store: Store) -> Iterator[Finding]:
    """One finding for each node."""
    for row in store.rows(QUERY):
        count = f", {times(row.count)}" if row.count > 1 else ""
        yield Finding(
            row.node,
            f"{'The shared memory (/dev/shm)' if row.shared else 'A file system'} of {row.node} was full "
            f"at {clock(row.first)}{count}.",
            at=row.first,
            until=row.last if row.last > row.first else None,
            evidence=tuple(row.events[:PROOFS]),
        )
