"""Pacemaker was started while the messaging layer was not up.

## What it finds
A pacemakerd that looked for Corosync or CMAN in vain: it gave up after its five tries (15 seconds), it waited for
more than two seconds before Corosync so much as began to start, or, with Pacemaker up to 1.1.7, it left `Invoked:
pacemakerd` and ended without another word. One retry while Corosync is on its way up is normal, and so is the search
of a running pacemakerd for a Corosync that it has lost.

## Why it matters
Pacemaker needs the messaging layer to exist before it starts. It does not wait for it: after the last try it is gone,
and it does not come back when Corosync does. The node is then a member of the ring that runs no resources.

## What to do
Start Corosync or CMAN first and Pacemaker second: `systemctl start corosync && systemctl start pacemaker` (`pcs
cluster start`, `crm cluster start`), on the old stacks `service corosync start` or `service cman start`, then
`service pacemaker start`. Let the init system hold the order (`Requires=` and `After=corosync.service`; start
priority 99 for pacemaker, 20 or 21 below it). If Corosync itself failed, look for its reason first (`journalctl -u
corosync`, `cman_tool status`): a wrong node name or a broken corosync.conf shows here first.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.store import Store
from pcmklog.words import clock, duration, times

EPISODE = 120.0  # seconds: attempts that follow each other so closely are one story
PATIENCE = 2.0  # seconds of waiting that are normal: the first retry comes after one second
UNSEEN = 5.0  # the same where no line of Corosync tells when it started
RUNNING = """
select 1 from life
where node = ? and role = 'mcp' and how not in ('refused', 'failed', 'unknown') and (pid is null or pid = ?)
  and began < ?::double - 0.5 and coalesce(ended, 'infinity'::double) > ?
limit 1
"""
UP = """
select coalesce(began, 0) as began from life
where node = ? and role = 'messaging' and how not in ('refused', 'failed')
  and coalesce(began, 0) <= ? and coalesce(ended, 'infinity'::double) > ?
order by 1 limit 1
"""
AT_LAST = """
select min(ts) as ts from event
where node = ? and daemon = 'pacemakerd' and kind = 'pacemakerd.started' and pid is not distinct from ?
  and ts between ? and ?::double + 10
"""
SILENT = """
select a.node, a.began, a.began_event from life a
where a.role = 'mcp' and a.how = 'unknown' and a.began is not null
  and (select max(last_ts) from node) > a.began + 10
  and not exists (
    select 1 from event e
    where e.node = a.node and e.ts between a.began and a.began + 15 and e.id > a.began_event
      and (e.kind = 'plugin.client_connected'
        or e.role in ('cib', 'fencer', 'executor', 'attrd', 'scheduler', 'controller'))
  )
order by a.began
"""
ATTEMPT = """
select id from event
where node = ? and daemon = 'pacemakerd' and ts between ? and ?
  and kind in ('pacemakerd.invoked', 'daemon.core_directory', 'daemon.log_file')
order by id limit 6
"""


@rule(
    "ORD103",
    "pacemaker-without-messaging",
    "error",
    reads=("pacemakerd.no_messaging", "pacemakerd.gave_up", "pacemakerd.invoked", "pacemakerd.started"),
)
def pacemaker_without_messaging(store: Store) -> Iterator[Finding]:
    """Attempts to start pacemakerd that found nobody."""
    for group in _episodes(store):
        found = _waited(store, group)
        if found is not None:
            yield found
    for row in store.rows(SILENT):
        if store.one(UP, row.node, row.began, row.began) is None:
            more = [event.id for event in store.rows(ATTEMPT, row.node, row.began - 0.5, row.began + 1.5)]
            yield Finding(
                row.node,
                f"Pacemaker was started on {row.node} at {clock(row.began)} with no messaging layer running, "
                "and ended without a word.",
                at=row.began,
                evidence=tuple(dict.fromkeys((row.began_event, *more))),
            )


def _episodes(store: Store) -> list[list[Event]]:
    """The vain tries of each node, those of a pacemakerd that had been running left out."""
    vain = (
        event
        for event in store.events("pacemakerd.no_messaging", "pacemakerd.gave_up")
        if store.one(RUNNING, event.node, event.pid, event.ts, event.ts) is None
    )
    return [group for _, group in episodes(vain, EPISODE)]


def _waited(store: Store, group: list[Event]) -> Finding | None:
    first, last = group[0], group[-1]
    node, begun, ended = first.node, first.ts or 0.0, last.ts or 0.0
    ends = [event for event in group if event.kind == "pacemakerd.gave_up"]
    started = store.one(AT_LAST, node, last.pid, ended, ended)
    over = started.ts if not ends and started is not None and started.ts is not None else ended
    up = store.one(UP, node, over, begun)
    alone = min(over, up.began) - begun if up is not None else ended - begun
    if not ends and alone < (PATIENCE if up is not None else UNSEEN):
        return None
    if ends and up is not None and up.began <= begun:
        outcome = f"could not reach the messaging layer and gave up after {duration(ended - begun)}"
    elif ends:
        again = f" ({times(len(ends))})" if len(ends) > 1 else ""
        outcome = f"found no messaging layer and gave up after {duration(ended - begun)}{again}"
    else:
        outcome = f"had to wait {duration(alone)} for the messaging layer"
    more = [event.id for event in store.rows(ATTEMPT, node, begun - 1, begun + 1)]
    return Finding(
        node,
        f"Pacemaker, started on {node} at {clock(begun)}, {outcome}.",
        at=begun,
        until=over if over > begun else None,
        evidence=tuple(dict.fromkeys((*(event.id for event in ends), *(event.id for event in group[:20]), *more))),
        severity=None if ends else "warning",
    )
