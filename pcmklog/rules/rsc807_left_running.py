"""Pacemaker ended an ordered stop while resources were still running.

## What it finds
`... resource was active at shutdown` of the controller inside a stop of Pacemaker that somebody had asked for. The same
line of a controller that dies because its executor or its CIB died (FRK203, FRK204) belongs to that death, and is not
reported.

## Why it matters
The node has left the cluster, nobody watches these resources any more, and another node may start them a second time:
the classic way to a damaged file system. What follows is a reboot or an upgrade with the service running.

## What to do
On the node, see what is still running before anything else, and stop it by hand. Then find out why the stop gave up: a
failed stop (RSC801), a shutdown that ran into `shutdown-escalation` (ORD108), no DC to run the stops. In maintenance
mode resources are left running on purpose: then this is only an information. So it is with `is-managed=false`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock

PROOFS = 12
QUERY = """
select p.node, p.stopping, p.stopping_event, p.ended_event, min(e.ts) as moment,
  list(e.id order by e.ts, e.id) as events,
  list(distinct e.fields->>'rsc' order by e.fields->>'rsc') filter (where e.fields->>'rsc' is not null) as resources
from event e
join life p on p.node = e.node and (p.role = 'mcp' or (p.role = 'messaging' and p.stack = 'plugin-v0'))
where e.kind in ('controller.resources_active_at_stop', 'controller.resource_active_at_stop')
  and e.fields->>'when' like 'shutdown%' and coalesce(e.fields->>'count', '1') <> '0'
  and p.stopping_event < e.id and e.ts <= coalesce(p.ended, p.stopping + 3600) + 2
  and not exists (
    select 1 from event x
    where x.node = e.node and x.ts between e.ts - 60 and e.ts + 1
      and x.kind in ('controller.executor_disconnected', 'controller.executor_lost', 'controller.cib_lost')
      and x.id < e.id and x.level in ('crit', 'error')
  )
group by all
order by moment, p.node
"""
SWITCHED = """
select id, text from event
where kind = 'transition.aborted' and contains(text, 'maintenance-mode=') and ts <= ?
order by ts desc, id desc limit 1
"""
MODE = """
select proof as id from state
where node = ? and aspect = 'maintenance' and value = 'yes' and since <= ? and (until is null or until >= ?) limit 1
"""
ON = re.compile(r"maintenance-mode=(true|yes|on|y|1)\b", re.IGNORECASE)


@rule(
    "RSC807",
    "left-running",
    "critical",
    reads=("controller.resources_active_at_stop", "controller.stop_requested", "pacemakerd.stopping"),
)
def left_running(store: Store) -> Iterator[Finding]:
    """Stops at whose end resources ran on."""
    for row in store.rows(QUERY):
        what = ", ".join(row.resources or []) or "Resources"
        own = [event for event in (row.stopping_event, row.ended_event) if event is not None]
        mode = _maintenance(store, row)
        yield Finding(
            row.node,
            f"{what} still ran on {row.node} when Pacemaker, asked to stop at {clock(row.stopping)}, "
            f"ended at {clock(row.moment)}{', as maintenance mode has it' if mode is not None else ''}.",
            at=row.moment,
            evidence=(*row.events[:PROOFS], *own, *((mode,) if mode is not None else ())),
            severity=None if mode is None else "info",
        )


def _maintenance(store: Store, row: Row) -> int | None:
    """The event that proves that the cluster, or the node, was in maintenance mode when Pacemaker ended."""
    switched = store.one(SWITCHED, row.moment)
    if switched is not None:
        return int(switched.id) if ON.search(switched.text) else None
    mode = store.one(MODE, row.node, row.stopping, row.stopping)
    return int(mode.id) if mode is not None and mode.id is not None else None
