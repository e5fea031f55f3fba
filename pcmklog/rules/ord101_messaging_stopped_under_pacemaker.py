"""The messaging layer went down while Pacemaker on that node still ran.

## What it finds
A Corosync that ended (stopped, killed or crashed) while pacemakerd, or with the plugin's `ver: 0` one of Pacemaker's
daemons, was alive on the node and had not been asked to stop. A node that went down as a whole is ORD109, and the
short moment in which a Corosync that had been held back leaves before the last line of a stopping pacemakerd is none.

## Why it matters
Corosync was never made for a staggered shutdown. Pacemaker loses its membership at once: its daemons exit or wait for
Corosync, resources stay running without anyone in charge, and the peers fence the node or start the resources again.

## What to do
Stop Pacemaker first, then Corosync: `systemctl stop pacemaker`, then `systemctl stop corosync` (or `pcs cluster stop`,
`crm cluster stop`), and never signal Corosync by hand or use `corosync-cfgtool -H --force` under a running Pacemaker. On the plugin
with `ver: 0` move to `ver: 1` or CMAN, which refuse such a stop, or better to Corosync 3 with Pacemaker 2 or 3.
Corosync 2.0.0 to 3.1.0 never refuses: there the order is yours alone. Where it was killed, find out by whom: OOM killer, operator, crash.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock

QUERY = """
select m.id, m.node, m.how, m.signal, m.stopping, m.ended, m.stopping_event, m.ended_event, m.stack,
  coalesce(m.stopping, m.ended) as at
from life m
where m.role = 'messaging'
  and m.how in ('stopped', 'killed', 'exited', 'lost')
  and m.ended is not null
  and not exists (select 1 from boot b where b.node = m.node and b.event = m.ended_event)
  and exists (
    select 1 from life p
    where p.node = m.node
      and (p.role = 'mcp' or (m.stack = 'plugin-v0' and p.parent = m.id))
      and p.how not in ('refused', 'failed', 'unknown')
      and coalesce(p.began, 0) < coalesce(m.stopping, m.ended)
      and (p.stopping is null or p.stopping > coalesce(m.stopping, m.ended) + 0.5)
      and coalesce(p.ended, p.last, m.ended + 60) > m.ended - 0.5
      and not (p.how = 'lost' and coalesce(p.last, 0) < m.ended - 1)
      and not (m.stack = 'plugin-v0' and m.how = 'stopped')
  )
order by at, m.node
"""
ECHOES = """
select id from event
where node = ? and ts between ? - 1.5 and ? + 4
  and kind in ('pacemaker.messaging_lost', 'pacemakerd.lost_messaging', 'corosync.stopped_by_signal', 'corosync.stopped_by_admin',
               'corosync.unloading', 'corosync.exited', 'unit.main_exited')
order by kind = 'pacemaker.messaging_lost' desc, ts, id
limit 25
"""


@rule(
    "ORD101",
    "messaging-stopped-under-pacemaker",
    "critical",
    reads=("corosync.started", "pacemaker.messaging_lost", "corosync.exited"),
)
def messaging_stopped_under_pacemaker(store: Store) -> Iterator[Finding]:
    """Lives of Corosync that end inside a life of Pacemaker."""
    for row in store.rows(QUERY):
        own = [event for event in (row.stopping_event, row.ended_event) if event is not None]
        echoes = [echo.id for echo in store.rows(ECHOES, row.node, row.at, row.ended)]
        yield Finding(
            row.node,
            f"Corosync on {row.node} {_ending(row)} at {clock(row.at)} while Pacemaker was still running.",
            at=row.at,
            until=row.ended if row.ended > row.at else None,
            evidence=(*own, *echoes),
        )


def _ending(row: Row) -> str:
    if row.how == "stopped":
        return "was stopped"
    return f"was killed by signal {row.signal}" if row.signal else "died"
