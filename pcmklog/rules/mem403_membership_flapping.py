"""Memberships were formed again and again in a short time.

## What it finds
Eight and more memberships on one node within two minutes. A start or stop of a cluster takes one or two for each node
and is none.

## Why it matters
While rings come and go nothing is delivered for long: joins start over, elections never end, fencing decisions rest
on views that are seconds old.

## What to do
Look for the cause in what breaks the rings: a token that is lost each time (MEM401, different `token` or `secauth`
settings on the nodes, another cluster on the same multicast address and port), links that flap (MEM404), a node that
is starved (MEM405). Compare the totem sections of all nodes with `corosync-cmapctl totem` (1.x: `corosync-objctl`),
and give each cluster its own multicast address, port and cluster_name.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, duration, listing

MANY = 8  # memberships
WITHIN = 120.0  # seconds
# a ring that forms because a node comes or goes in order is no flapping
AFTER, BEFORE = 6.0, 2.0  # seconds
CHANGES = """
select began as ts from life where role = 'messaging' and began is not null
union all
select coalesce(stopping, ended) from life where role = 'messaging' and how = 'stopped' and ended is not null
order by 1
"""


@rule("MEM403", "membership-flapping", "warning", reads=("totem.membership_formed",))
def membership_flapping(store: Store) -> Iterator[Finding]:
    """The longest run of dense memberships of each node; those of all nodes at one time are one."""
    runs: list[list[Event]] = []
    per_node: dict[str, list[Event]] = {}
    changes = [row.ts for row in store.rows(CHANGES)]
    for event in store.events("totem.membership_formed"):
        if event.node is not None and event.ts is not None and not _explained(changes, event.ts):
            per_node.setdefault(event.node, []).append(event)
    for events in per_node.values():
        runs.extend(_runs(events))
    runs.sort(key=lambda run: (run[0].ts or 0.0, run[0].id))
    together: list[list[list[Event]]] = []
    for run in runs:
        if together and (run[0].ts or 0.0) <= max(other[-1].ts or 0.0 for other in together[-1]) + WITHIN:
            together[-1].append(run)
        else:
            together.append([run])
    for group in together:
        yield _finding(group)


def _explained(changes: list[float], ts: float) -> bool:
    """Whether a Corosync began or was being stopped at that moment."""
    return bisect_left(changes, ts - AFTER) < bisect_right(changes, ts + BEFORE)


def _runs(events: list[Event]) -> Iterator[list[Event]]:
    run: list[Event] = []
    for n, event in enumerate(events):
        dense = n + 1 >= MANY and (event.ts or 0.0) - (events[n + 1 - MANY].ts or 0.0) <= WITHIN
        if dense and not run:
            run = events[n + 1 - MANY : n + 1]
        elif dense:
            run.append(event)
        elif run:
            yield run
            run = []
    if run:
        yield run


def _finding(group: list[list[Event]]) -> Finding:
    events = sorted((event for run in group for event in run), key=lambda event: (event.ts or 0.0, event.id))
    first, last = events[0].ts or 0.0, events[-1].ts or 0.0
    nodes = sorted({event.node for event in events if event.node is not None})
    most = max(len(run) for run in group)
    return Finding(
        None,
        f"{listing(nodes)} formed {most} memberships within {duration(last - first)} from {clock(first)} on.",
        at=first,
        until=last,
        evidence=tuple(event.id for event in events[:40]),
        nodes=tuple(nodes),
    )
