"""Two nodes of one ring were DC at one time.

## What it finds
A node that took over as DC while another that is in the same ring was DC and stayed it for more than some seconds, or
that says `we are also a DC` again and again. In a partition each side has its DC, and after it one gives way at once:
none of that is told here.

## Why it matters
Two schedulers act on two pictures of one cluster: resources are started twice, and one node may fence the other.

## What to do
Find out why the two do not hear each other's elections although Totem joins them: Pacemaker releases or stacks that
do not understand each other (VER302, VER304, VER305), a shared node name or id (CFG703, CFG713), a firewall or a full
IPC queue. Stop Pacemaker on the node that should not be DC, bring both to the same release, start again.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from itertools import combinations, islice

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._ring import losses, splits
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing

HELD = 5.0  # seconds two may hold it while one gives way
RING = """
select arg_max(fields->>'ring', id) as ring from event
where kind in ('totem.membership_formed', 'plugin.membership_stable')
  and fields->>'ring' is not null and node = ? and ts <= ?
"""
# The last one bounds all: the end of the log.  A controller that takes over as Corosync starts is of the new life.
ENDS = """
select node, coalesce(ended, last) as ts, false as anew from life
where role in ('controller', 'messaging') and how not in ('running', 'refused', 'failed')
union all
select node, ts, true from event where kind = 'corosync.started' and ts is not null
union all
select name, last_ts, false from node where last_ts is not null
order by node, ts
"""


@rule("MEM411", "two-dcs", "critical", reads=("dc.taken", "dc.conflict", "dc.another"))
def two_dcs(store: Store) -> Iterator[Finding]:
    """Reigns of two DCs that overlap inside one ring."""
    reigns = list(_reigns(store))
    apart = [(group[0].ts - 30, group[-1].ts + 60) for group in splits(losses(store))]
    told: set[frozenset[str]] = set()
    for (a, a_end, a_events), (b, b_end, b_events) in combinations(reigns, 2):
        begin, end = max(a.ts or 0.0, b.ts or 0.0), min(a_end, b_end)
        nodes = sorted({a.node or "", b.node or ""})
        if a.node == b.node or end - begin < HELD or frozenset(nodes) in told:
            continue
        if any(first <= begin <= last for first, last in apart) or not _one_ring(store, nodes, end):
            continue
        told.add(frozenset(nodes))
        yield Finding(
            None,
            f"{listing(nodes)} were both DC of one ring from {clock(begin)} on.",
            at=begin,
            until=end,
            evidence=(a.id, b.id, *a_events, *b_events),
            nodes=tuple(nodes),
        )


def _reigns(store: Store) -> Iterator[tuple[Event, float, list[int]]]:
    """From the takeover to the release or the end of the controller: the event, the end, and the words in between."""
    current: dict[str, tuple[Event, list[int]]] = {}
    ends: dict[str, list[Row]] = defaultdict(list)
    for row in store.rows(ENDS):
        ends[row.node].append(row)
    for event in store.events("dc.taken", "dc.released", "dc.set", "dc.conflict"):
        if event.node is None or event.ts is None:
            continue
        if event.node in current and event.ts > _end(ends[event.node], current[event.node][0]):
            began, words = current.pop(event.node)
            yield began, _end(ends[event.node], began), words
        if event.kind == "dc.taken" and event.node not in current:
            current[event.node] = (event, [])
        elif event.node in current:
            began, words = current[event.node]
            if event.kind == "dc.released" or (event.kind == "dc.set" and event.fields.get("node") != event.node):
                yield began, event.ts, words
                del current[event.node]
            elif len(words) < 10:
                words.append(event.id)
    for node, (began, words) in current.items():
        yield began, _end(ends[node], began), words


def _end(ends: list[Row], taken: Event) -> float:
    """When the life of the controller that took over ended, at the latest."""
    ts = taken.ts or 0.0
    after = islice(ends, bisect_left(ends, ts, key=lambda row: row.ts), None)
    return next((row.ts for row in after if row.ts > ts or not row.anew), ts)


def _one_ring(store: Store, nodes: list[str], ts: float) -> bool:
    """Whether both had last formed the same ring."""
    rings = {row.ring for node in nodes for row in store.rows(RING, node, ts)}
    return len(rings) == 1 and None not in rings
