"""A file system was full.

## What it finds
`No space left on device` in any line of the cluster's daemons or of syslog and journal, and a Corosync without room
in /dev/shm for its flight recorder. That the CIB is no longer written is SYS957.

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
QUERY = """
select
  node, bool_and(kind = 'corosync.blackbox_unavailable') as shared, min(ts) as first, max(ts) as last,
  count(*) as count, list(id order by ts, id) as events
from event
where node is not null and ts is not null
  and (kind in ('system.disk_full', 'corosync.blackbox_unavailable') or contains(text, 'No space left on device'))
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
            f"{'The shared memory' if row.shared else 'A file system'} of {row.node} was full "
            f"at {clock(row.first)}{count}.",
            at=row.first,
            until=row.last if row.last > row.first else None,
            evidence=tuple(row.events[:PROOFS]),
        )
