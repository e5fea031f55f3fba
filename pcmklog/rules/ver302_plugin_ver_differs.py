"""Nodes of one cluster ran the Pacemaker plugin with different `ver:`.

## What it finds
A node whose plugin forked the daemons (`ver: 0`) and one whose plugin left that to pacemakerd (`ver: 1`), up at the
same time. It is an error as soon as it shows: a `ver: 0` node that is DC says `Peer process on <node> is not active
(yet?)` again and again, and the `ver: 1` node goes round between S_PENDING and an election.

## Why it matters
Both speak the same protocol, so membership looks healthy and it is easy to believe that the mixture works. But
pacemakerd spreads its list of running daemons in its own way, which a `ver: 0` node does not hear. As long as a `ver:
1` node is DC all join; when a `ver: 0` node becomes DC it never offers the others to join. Nor can those be stopped
then: no DC answers their request, and Corosync in turn refuses to stop before them.

## What to do
Change all nodes together: stop the cluster (or put it into maintenance mode), set `ver: 1` in every `service { name:
pacemaker }` block, start Corosync everywhere, then `service pacemaker start`. A node that hangs in the mixture comes
free when the `ver: 0` DC is stopped, for then the `ver: 1` nodes elect one of their own. Check the block on every
node (`grep -A3 'service *{' /etc/corosync/corosync.conf /etc/corosync/service.d/*`); a missing `ver` means 0.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing, times

PAIRS = """
select a.node as old, b.node as new, max(greatest(a.began, b.began)) as began
from life a
join life b on b.node <> a.node and b.role = 'messaging' and b.stack = 'plugin-v1'
where a.role = 'messaging' and a.stack = 'plugin-v0'
  and a.how not in ('refused', 'failed') and b.how not in ('refused', 'failed')
  and coalesce(a.began, 0) < coalesce(b.ended, 'infinity'::double)
  and coalesce(b.began, 0) < coalesce(a.ended, 'infinity'::double)
  and not exists (   -- a plugin that was asked for and could not be loaded is VER308
    select 1 from event f
    where f.node in (a.node, b.node) and f.kind = 'corosync.engine_failed' and f.fields->>'name' = 'pacemaker'
  )
group by a.node, b.node
order by began nulls first, old, new
"""
PROOF = """
select id from event
where node = ? and (
    (kind = 'plugin.option' and fields->>'option' = 'ver')
    or kind = 'plugin.mcp_mode'
    or (kind = 'child.forked' and role = 'messaging')
  )
order by kind = 'child.forked', ts nulls first, id
limit 5
"""
SKIPPED = """
select id, ts from event
where kind = 'join.offer_skipped' and node = ? and fields->>'node' = ? and ts >= coalesce(?, 0)
order by ts, id
"""
LOOPED = """
select id, ts from event
where kind in ('dc.timeout', 'election.lost') and node = ? and ts >= coalesce(?, 0)
  and text not like 'Election Trigger%'
order by ts, id
"""


@rule("VER302", "plugin-ver-differs", "warning", reads=("plugin.started", "plugin.mcp_mode", "child.forked"))
def plugin_ver_differs(store: Store) -> Iterator[Finding]:
    """One finding for all pairs of nodes that were up together with different `ver:`."""
    pairs = store.rows(PAIRS)
    if not pairs:
        return
    old, new = _files.plain(pair.old for pair in pairs), _files.plain(pair.new for pair in pairs)
    skipped = [event for pair in pairs for event in store.rows(SKIPPED, pair.old, pair.new, pair.began)]
    looped = [event for pair in pairs for event in store.rows(LOOPED, pair.new, pair.began)]
    shows = _again(skipped) or _again(looped)
    seen = sorted(event.ts for event in (*skipped, *looped))
    nodes = (*old, *new)
    ids = [event.id for node in nodes for event in store.rows(PROOF, node)]
    symptoms = [event.id for event in (*skipped[:8], *looped[:8])] if shows else []
    yield Finding(
        None,
        f"{listing(old)} ran the Pacemaker plugin with ver: 0 and {listing(new)} with ver: "
        f"1{_effect(new, skipped, looped, shows=shows)}.",
        at=seen[0] if shows else pairs[0].began,
        until=seen[-1] if shows else None,
        evidence=(*ids, *_blocks(store, nodes), *symptoms),
        nodes=nodes,
        severity="error" if shows else "warning",
    )


def _again(events: list[Row]) -> bool:
    """More than the moment in which a peer is just starting or stopping."""
    return len(events) > 1 and events[-1].ts - events[0].ts > 15


def _effect(new: list[str], skipped: list[Row], looped: list[Row], *, shows: bool) -> str:
    if not shows:
        return ""
    if skipped:
        return f"; from {clock(skipped[0].ts)} the DC did not offer {listing(new)} to join ({times(len(skipped))})"
    return f"; from {clock(looped[0].ts)} {listing(new)} found no DC to join ({times(len(looped))})"


def _blocks(store: Store, nodes: tuple[str, ...]) -> Iterator[Line]:
    for file in _files.files(store, "corosync.conf"):
        if file.node is None or file.node in nodes:
            for section, name, _ in _files.services(file):
                if name == "pacemaker":
                    yield from file.lines(f"{section}.ver", f"{section}.name")
