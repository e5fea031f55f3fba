"""Fencing was needed and there was none.

## What it finds
A cluster without fencing (`stonith-enabled=false`, or no device) in which a node was lost or declared unclean while its
Pacemaker had not stopped, or a resource could not be stopped. A node that has not been started yet, or that left in
order, needs no fencing; nor is a cluster without fencing reported in which nothing happened.

## Why it matters
Without fencing the cluster guesses that a lost node is off, and starts its resources elsewhere while they may still
run: this is how data is destroyed. After a failed stop it cannot even guess: the resource is blocked and the shutdown
hangs.

## What to do
Configure a fencing device for every node (`pcs stonith create ...`, `crm configure primitive ... stonith:...`), test it
with `stonith_admin --reboot NODE`, then set `stonith-enabled=true`. Without power switches or management boards: sbd
with a watchdog, with or without a shared disk. Check for damage of the data: RSC806 says whether a resource was seen
twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules._operations import episodes
from pcmklog.rules._ring import losses
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing

MOST = 6  # needs whose events are shown
NO = ("false", "no", "off", "n", "0")
DEVICES = """
select 1 where exists (select 1 from event where kind in ('fencing.device_added', 'sbd.started'))
  or exists (select 1 from setting where file = 'cib.xml' and path = 'resources.stonith' and value <> '0')
  or exists (select 1 from setting where path = 'property.have-watchdog' and value = 'true')
"""
OPTION = "select source, line, value from setting where path = 'property.stonith-enabled' order by source, line"
SWITCHED = """
select id, text from event
where kind = 'transition.aborted' and contains(text, 'stonith-enabled=')
order by ts, id
"""
COMPLAINTS = """
select min(id) as id from event
where kind in ('scheduler.no_fencing', 'scheduler.unseen_trusted')
group by node, text
order by 1
limit 8
"""
# a node called unclean, or whose going nobody expected, by a peer that had met it: it was not about to stop
UNCLEAN = """
with called as (
  select id, ts, kind, node as teller, coalesce(fields->>'target', fields->>'node') as node
  from event
  where ts is not null and (kind in ('node.unclean', 'fencing.blocked')
    or (kind = 'fencing.not_matched' and text like '%was not expected%'))
)
select c.id, c.ts, c.node
from called c
where c.node is not null
  and exists (
    select 1 from event m where m.node = c.teller and m.fields->>'node' = c.node and m.id < c.id
      and m.kind in ('node.state', 'node.status', 'node.peer_joined', 'plugin.member', 'join.updated', 'cpg.member')
  )
  and (exists (
    select 1 from life p where p.node = c.node and p.role = 'controller' and coalesce(p.began, 0) < c.ts
  ) or (c.kind <> 'fencing.not_matched' and not exists (select 1 from source s where s.node = c.node)))
  and not exists (
    select 1 from event x where x.kind = 'node.shutdown_scheduled' and x.fields->>'node' = c.node
      and x.ts between c.ts - 1800 and c.ts + 2
  )
  and not exists (
    select 1 from life p where p.node = c.node and (p.role = 'mcp' or p.role = 'messaging' and p.stack = 'plugin-v0')
      and p.stopping < c.ts + 2 and coalesce(p.ended, c.ts) > c.ts - 300 and p.how in ('stopped', 'running')
  )
order by c.ts, c.id
"""
# a messaging layer that ended under a controller that lived, while another node lived on; one that had been refused its
# stop leaves when the controller has gone
LOST = """
select m.ended_event as id, m.ended as ts, m.node, m.last_event
from life m
where m.role = 'messaging' and m.ended is not null and m.how in ('killed', 'lost', 'exited', 'stopped')
  and (m.how <> 'stopped' or coalesce(m.stack, '') <> 'plugin-v0')
  and exists (
    select 1 from life c
    where c.node = m.node and c.role = 'controller' and coalesce(c.began, 0) < m.ended
      and (c.ended_event is null or c.ended_event >= coalesce((
        select m.ended_event from event r
        where r.node = m.node and r.kind = 'plugin.refused' and r.ts between m.stopping - 1 and m.ended
        limit 1
      ), m.stopping_event, m.ended_event))
  )
  and not exists (
    select 1 from life p where p.node = m.node and p.role = 'mcp'
      and p.stopping_event < m.ended_event and coalesce(p.ended, m.ended) > m.ended - 300
  )
  and exists (
    select 1 from event e
    where e.node <> m.node and e.role = 'controller' and e.ts between m.ended - 60 and m.ended + 60
  )
order by m.ended
"""


# a side without quorum misses the others: it may not fence, and it is the one to be fenced
UNHEEDED = "select node, observer, ts from departure where heeded = false"
MET = """
select 1 from event
where node = ? and fields->>'node' = ? and ts < ?
  and kind in ('node.state', 'node.status', 'node.peer_joined', 'plugin.member', 'join.updated', 'cpg.member')
limit 1
"""


class Need(NamedTuple):
    """Why fencing was needed, when, and what proves it."""

    ts: float
    node: str
    why: str
    events: tuple[int, ...]


@rule(
    "FEN603", "no-fencing-device", "error",
    reads=("scheduler.no_fencing", "scheduler.unseen_trusted", "node.unclean", "transition.calculated"),
)  # fmt: skip
def no_fencing_device(store: Store) -> Iterator[Finding]:
    """One for the cluster: the first need, and the proof that there was no fencing."""
    without = _without_fencing(store)
    if not without:
        return
    needs = sorted(_needs(store))
    if not needs:
        return
    first, last = needs[0], needs[-1]
    reasons = "; ".join(_reasons(_distinct(needs)))
    events = [event for need in _distinct(needs)[:MOST] for event in need.events[:3]]
    yield Finding(
        None,
        f"Fencing was needed at {clock(first.ts)}, and there was none: {reasons}.",
        at=first.ts,
        until=last.ts if last.ts > first.ts else None,
        evidence=(*events, *without),
        nodes=tuple(dict.fromkeys(need.node for need in needs)),
    )


def _reasons(needs: list[Need]) -> list[str]:
    """`alpha and beta were lost without a leave`: one for each why."""
    nodes: dict[str, list[str]] = {}
    for need in needs:
        nodes.setdefault(need.why, []).append(need.node)
    return [f"{listing(who)} {why if len(who) == 1 else why.replace('was ', 'were ', 1)}" for why, who in nodes.items()]


def _distinct(needs: list[Need]) -> list[Need]:
    return list({(need.node, need.why): need for need in reversed(needs)}.values())[::-1]


def _without_fencing(store: Store) -> list[int | Line]:
    """The lines that prove that fencing was off; empty if it was on, or if nothing tells."""
    settings: list[Row] = store.rows(
        "select * from setting where path = 'property.stonith-enabled' order by source, line"
    )
    switched = store.rows(SWITCHED)
    off = [Line(row.source, row.line) for row in settings if row.value.lower() in NO]
    said = [row.id for row in switched if any(f"stonith-enabled={no}" in row.text for no in NO)]
    complaints = [row.id for row in store.rows(COMPLAINTS)]
    if settings:
        disabled = bool(off)
    elif switched:
        disabled = switched[-1].id in said
    else:
        disabled = False
    if disabled or (complaints and store.one(DEVICES) is None):
        return [*off[:4], *said, *complaints]
    return []


def _needs(store: Store) -> Iterator[Need]:
    for episode in episodes(store, lambda failure: failure.task == "stop"):
        if episode.at is not None:
            yield Need(episode.at, episode.node, "could not stop a resource", episode.events)
    for row in store.rows(LOST):
        events = tuple(event for event in (row.id, row.last_event) if event is not None)
        yield Need(row.ts, row.node, "lost its messaging layer while Pacemaker ran", events)
    for row in store.rows(UNCLEAN):
        yield Need(row.ts, row.node, "went without having been stopped", (row.id,))
    unheeded = {(row.node, row.observer, round(row.ts)) for row in store.rows(UNHEEDED)}
    for loss in losses(store):
        if any((loss.peer, loss.observer, round(loss.ts) + near) in unheeded for near in (-1, 0, 1)):
            continue
        if loss.back > loss.ts and store.one(MET, loss.observer, loss.peer, loss.ts):
            yield Need(loss.ts, loss.peer, "was lost without a leave", loss.events)
