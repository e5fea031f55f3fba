"""Pacemaker's daemons were stopped in another order than this release has it.

## What it finds
In an ordered stop the parent ends its daemons in the reverse order of the start, the controller first and the CIB
(or, up to 1.1.6, stonith-ng) last. Found are parents that asked a daemon to stop before one that goes earlier, and
daemons that ended while the controller was still stopping resources, though nobody had asked them yet. Deaths by
signal, forced ends and the loss of Corosync are other faults.

## Why it matters
The controller stops resources first, and needs the executor, the CIB, the attribute manager and the fencer for that
until it is done. A daemon that is missing then makes it fail: resources stay active, the stop hangs, or the peers
fence the node.

## What to do
Stop Pacemaker as a whole (`systemctl stop pacemaker`, `pcs cluster stop`, `service pacemaker stop`) and never its
daemons one by one. Look for scripts, monitoring or an operator that sent SIGTERM to a single daemon (`ausearch`,
shell history), and for packages of different builds on that node if pacemakerd itself had the order wrong. After such
a stop check what is still running before you start again (`crm_resource`, `ps`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator

from pcmklog import daemons
from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.sequences import child_order
from pcmklog.store import Row, Store
from pcmklog.words import clock

SLACK = 1.0  # seconds: stamps of whole seconds, and two files that cross
PARENTS = """
select p.id, p.node, p.role, p.stopping, coalesce(p.ended, p.last) + 1 as until,
  case when p.role = 'mcp' then coalesce(p.version, n.pacemaker) else n.pacemaker end as version
from life p join node n on n.name = p.node
where p.stopping is not null and p.how in ('stopped', 'running', 'exited')
  and (p.role = 'mcp' or (p.role = 'messaging' and p.stack = 'plugin-v0'))
  and not exists (
    select 1 from event e
    where e.node = p.node and e.ts between p.stopping - 30 and coalesce(p.ended, p.last) + 1
      and e.kind in ('child.signalled', 'child.forced', 'child.killed_unresponsive', 'child.fatal',
        'child.respawn_inhibited',
                     'pacemaker.messaging_lost', 'pacemakerd.lost_messaging')
  )
order by p.stopping, p.node
"""
ENDED_EARLY = """
select p.id as parent, c.daemon, c.ended, c.ended_event, k.daemon as controller, k.ended as controller_ended,
  k.ended_event as controller_event
from life p join life c on c.parent = p.id join life k on k.parent = p.id and k.role = 'controller'
where c.role in ('scheduler', 'attrd', 'executor', 'fencer', 'cib')
  and c.how in ('stopped', 'exited') and coalesce(c.status, 0) = 0 and k.how = 'stopped'
    and coalesce(k.status, 0) = 0
  and c.ended between p.stopping and k.ended - ?::double
qualify row_number() over (partition by p.id order by c.ended, c.id) = 1
"""


@rule("ORD106", "daemon-stop-out-of-order", "warning", reads=("child.stopping", "child.exited", "child.stop_confirmed"))
def daemon_stop_out_of_order(store: Store) -> Iterator[Finding]:
    """Stops whose order is not the reverse of the start's."""
    told: dict[str | None, list[Event]] = defaultdict(list)
    for event in store.events("child.stopping"):
        if event.ts is not None:
            told[event.node].append(event)
    early = {row.parent: row for row in store.rows(ENDED_EARLY, SLACK)}
    for parent in store.rows(PARENTS):
        found = _asked(told[parent.node], parent) or _ended(parent, early.get(parent.id))
        if found is not None:
            yield found


def _asked(told: list[Event], parent: Row) -> Finding | None:
    """What the node said of its children, held against the order; `told` is in the order of time."""
    order = tuple(reversed(child_order(parent.role, parent.version)))
    first: dict[str, Event] = {}
    begin = bisect_left(told, parent.stopping - 1, key=_moment)
    for event in told[begin : bisect_right(told, parent.until, key=_moment)]:
        role = daemons.role(event.fields.get("child", ""))
        mine = (daemons.role(event.daemon) == "mcp") == (parent.role == "mcp")
        if mine and role in order:
            first.setdefault(role, event)
    asked = list(first.items())
    for n, (role, early) in enumerate(asked):
        for other, late in asked[n + 1 :]:
            if order.index(other) < order.index(role):
                return Finding(
                    parent.node,
                    f"On {parent.node} {early.fields['child']} was asked to stop at {clock(early.ts)}, "
                    f"before {late.fields['child']}, which Pacemaker {parent.version} stops first.",
                    at=early.ts,
                    evidence=tuple(dict.fromkeys((early.id, late.id, *(event.id for event in first.values())))),
                )
    return None


def _moment(event: Event) -> float:
    return event.ts or 0.0


def _ended(parent: Row, row: Row | None) -> Finding | None:
    if row is None:
        return None
    return Finding(
        parent.node,
        f"On {parent.node} {row.daemon} ended at {clock(row.ended)} in the middle of a stop, before {row.controller}, "
        f"which ended at {clock(row.controller_ended)}.",
        at=row.ended,
        until=row.controller_ended,
        evidence=tuple(event for event in (row.ended_event, row.controller_event) if event is not None),
    )
