"""The messaging layer went down while Pacemaker on that node still ran.

## What it finds
A Corosync that ended (stopped, killed or crashed) and whose clients, Pacemaker's daemons on that node, say that they
lost it. A node that went down as a whole is ORD109. A Corosync that had been held back and leaves as soon as the
controller has stopped, a moment before the last line of pacemakerd, is none; nor is the death of pacemakerd with
Pacemaker 1.1.7, after which that very Corosync goes on.

## Why it matters
Corosync was never made for a staggered shutdown. Pacemaker loses its membership at once: its daemons exit or wait for
Corosync, resources stay running without anyone in charge, and the peers fence the node or start the resources again.

## What to do
Stop Pacemaker first, then Corosync: `systemctl stop pacemaker`, then `systemctl stop corosync` (or `pcs cluster
stop`, `crm cluster stop`), and never signal Corosync by hand or use `corosync-cfgtool -H --force` under a running
Pacemaker. On the plugin with `ver: 0` move to `ver: 1` or CMAN, which refuse such a stop, or better to Corosync 3
with Pacemaker 2 or 3. Corosync 2.0.0 to 3.1.0 never refuses: there the order is yours alone. Where it was killed,
find out by whom: OOM killer, operator, crash.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock

ENDED = """
select m.*, (
    select max(r.ts) from event r
    where r.node = m.node and r.kind = 'plugin.refused' and r.ts between m.stopping - 1 and m.ended
  ) as refused
from life m
where m.role = 'messaging' and m.how in ('stopped', 'exited', 'killed', 'lost') and m.ended is not null
  and not (m.stack = 'plugin-v0' and m.how = 'stopped')
  and not exists (select 1 from boot b where b.node = m.node and b.event = m.ended_event)
order by coalesce(m.stopping, m.ended), m.node
"""
LOSS = """
select e.id, e.ts, e.role from event e
where e.node = ? and e.kind in ('pacemaker.messaging_lost', 'pacemakerd.lost_messaging')
  and e.ts between ?::double - 1.5 and ?::double + 5
order by e.kind = 'pacemaker.messaging_lost' desc, e.id
"""
ORDERED = """
select 1 from life p
where p.node = ? and p.role = 'mcp' and p.stopping_event < ?
  and coalesce(p.ended, p.stopping + 1800) > ?::double - 1.5
limit 1
"""
ECHOES = """
select id from event
where node = ? and ts between ?::double - 1.5 and ?::double + 4
  and kind in ('corosync.stopped_by_signal', 'corosync.stopped_by_admin', 'corosync.unloading',
    'corosync.exited', 'unit.main_exited',
               'child.respawn_delayed', 'pacemakerd.cfg_failed')
order by ts, id
limit 15
"""
PROOFS = 25


@rule(
    "ORD101",
    "messaging-stopped-under-pacemaker",
    "critical",
    reads=("corosync.started", "corosync.exited", "pacemaker.messaging_lost", "pacemakerd.lost_messaging"),
)
def messaging_stopped_under_pacemaker(store: Store) -> Iterator[Finding]:
    """Lives of Corosync that end inside a life of Pacemaker."""
    for life in store.rows(ENDED):
        moment = life.ended if life.stopping is None or life.refused is not None else life.stopping
        losses = store.rows(LOSS, life.node, moment, life.ended)
        if not losses or _in_an_ordered_stop(store, life, losses):
            continue
        own = [event for event in (life.stopping_event, life.ended_event) if event is not None]
        echoes = [echo.id for echo in store.rows(ECHOES, life.node, moment, life.ended)]
        yield Finding(
            life.node,
            f"Corosync on {life.node} {_ending(life)} at {clock(moment)} while Pacemaker was still running.",
            at=moment,
            until=life.ended if life.ended > moment else None,
            evidence=tuple(dict.fromkeys((*own, *(loss.id for loss in losses[:PROOFS]), *echoes))),
        )


def _in_an_ordered_stop(store: Store, life: Row, losses: list[Row]) -> bool:
    """Whether Pacemaker had been asked to stop before, and its controller, which goes first, was already gone."""
    if any(loss.role == "controller" for loss in losses):
        return False
    first = min(loss.id for loss in losses)
    return store.one(ORDERED, life.node, first, life.ended) is not None


def _ending(life: Row) -> str:
    if life.how == "stopped":
        return "was stopped"
    return f"was killed by signal {life.signal}" if life.signal else "died"
