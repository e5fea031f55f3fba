"""A node, or Pacemaker as a whole, ended without a stop.

## What it finds
Logs of a node that break off while its cluster ran, and go on with a boot or a new Corosync, or not at all while the
peers lost that node without a goodbye or fenced it; and a pacemakerd that died of SIGKILL or is gone without a last
word. A log that merely ends, because the report was taken from a living cluster, is no such end; nor is the crash of
Corosync alone, which is ORD101.

## Why it matters
Nothing was stopped on that node: its resources, file systems and databases were cut off and must recover, and the
peers could only wait for fencing. A dead pacemakerd leaves its daemons behind without a parent; the next stop or
crash of one of them goes unnoticed.

## What to do
Find who took the power: fencing by a peer (its log says `reboot ... OK`), a watchdog or panic, an operator, the
hypervisor, a crash of the kernel (`last -x`, `journalctl -b -1`, /var/crash, the BMC's event log). Before the node
comes back check file systems and DRBD. If pacemakerd was killed: look for the OOM killer and for scripts with `kill
-9`; start it again (`systemctl start pacemaker`): since 1.1.9 it adopts the living daemons, before that stop them
first.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._breaks import nodes, parents
from pcmklog.store import Store
from pcmklog.words import clock

ORPHANED = """Find what killed pacemakerd: `journalctl -k | grep -i oom`, scripts and operators with `kill -9`. Start it
again (`systemctl start pacemaker`): since 1.1.9 it adopts the living daemons, before that stop them first."""
MOST_AROUND = 200  # ends whose surroundings are looked up, which is a query each
AROUND = """
with own as (
  select id, ts, row_number() over (
    partition by daemon, ts <= $2 order by abs(ts - case when ts <= $2 then $2 else $3 end), id
  ) as nth
  from event
  where node = $1 and (ts between $2::double - 3 and $2::double or ts between $3::double and $3::double + 30)
), told as (
  select id, ts, 0 as peer from own where nth <= 3
  union all
  select id, ts, 1 as peer from event
  where node <> $1 and ts between $2::double - 3 and $2::double + 12 and kind in (
    'totem.left_without_leave', 'fencing.not_matched', 'fencing.succeeded', 'dc.left', 'totem.token_lost')
)
select id from told order by peer, abs(ts - $2::double), id limit 36
"""


@rule(
    "ORD109",
    "unclean-stop",
    "critical",
    reads=("corosync.started", "pacemakerd.started", "system.booted", "totem.left_without_leave"),
)
def unclean_stop(store: Store) -> Iterator[Finding]:
    """Nodes first; the death of pacemakerd is told where it was not the whole node."""
    gone = nodes(store)
    for place, found in enumerate((*gone, *parents(store, gone))):
        end = found.at if found.back is None else found.back
        around = store.rows(AROUND, found.node, found.at, end) if place < MOST_AROUND else []
        yield Finding(
            found.node,
            f"{found.what} {found.ended} {found.when} {clock(found.at)}: {found.how}.",
            at=found.at,
            until=found.back if found.back is not None and found.back > found.at else None,
            evidence=tuple(dict.fromkeys((*found.proofs, *(event.id for event in around)))),
            advice="" if found.what.startswith("Node") else " ".join(ORPHANED.split()),
        )
