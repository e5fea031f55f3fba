"""The ring split, and both sides lived on.

## What it finds
Members that at one time each formed a ring without the other and had got no leave message: the logs of both sides
show it. A member that died is MEM407; one that slept and found itself back in the next ring is no partition either.
Where no log shows the split itself: members that come back with their old state (`rejoined the cluster with existing
state`, `appears to be online even though we think it is dead`).

## Why it matters
Each side takes the other for dead. The side with quorum fences the other or waits; without quorum and fencing both
may run the same resources and damage their data. A two-node cluster keeps quorum on both sides, so only fencing
decides.

## What to do
Look for what cut the nodes from each other at that second: switch, VLAN, bonding, a firewall rule (UDP 5404 and 5405;
knet uses the port of each link), only one direction blocked. Compare `corosync-cfgtool -s` on all nodes. Add a second
knet link over other hardware, use three votes or a quorum device (`corosync-qdevice`), and never run without tested
fencing. In a two-node cluster give one fence device a delay (`pcmk_delay_base`) so that only one node shoots. CMAN
kills a node that comes back with its old state: restart that node as a whole.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.rules._ring import Loss, losses, splits
from pcmklog.store import Store
from pcmklog.words import clock, listing

EPISODE = 60.0


@rule(
    "MEM402",
    "partition",
    "critical",
    reads=("totem.membership_formed", "plugin.membership_stable", "membership.dirty_rejoin"),
)
def partition(store: Store) -> Iterator[Finding]:
    """Losses that two members saw of each other."""
    found = list(splits(losses(store)))
    if not found:
        yield from _unnoticed(store)
    for group in found:
        first, last = group[0].ts, group[-1].ts
        nodes = tuple(sorted({loss.observer for loss in group} | {loss.peer for loss in group}))
        sides = _sides(group, nodes)
        yield Finding(
            None,
            f"The ring split at {clock(first)}: {' | '.join(listing(side) for side in sides)} lived on apart.",
            at=first,
            until=last if last - first > 1 else None,
            evidence=tuple(dict.fromkeys(event for loss in group for event in loss.events)),
            nodes=nodes,
        )


def _unnoticed(store: Store) -> Iterator[Finding]:
    """A partition that shows only in what the members say of each other when it is over."""
    for node, group in episodes(store.events("membership.dirty_rejoin", "node.undead"), EPISODE):
        told = [
            event for event in group if event.kind == "membership.dirty_rejoin" or "appears to be online" in event.text
        ]
        if not told:
            continue
        first, peers = told[0], listing(event.fields.get("node", "") for event in told)
        rejoined = any(event.kind == "membership.dirty_rejoin" for event in told)
        yield Finding(
            None,
            f"{peers or 'A member'} came back to {node} at {clock(first.ts)} without having been stopped: "
            "both had lived on apart.",
            at=first.ts,
            until=told[-1].ts if told[-1].ts != first.ts else None,
            evidence=tuple(event.id for event in told[:20]),
            nodes=tuple(dict.fromkeys((node, *(event.fields["node"] for event in told if event.fields.get("node"))))),
            severity=None if rejoined else "error",
        )


def _sides(group: list[Loss], nodes: tuple[str, ...]) -> list[list[str]]:
    """Nodes that missed the same others stood on the same side."""
    missed: dict[str, set[str]] = {node: set() for node in nodes}
    for loss in group:
        missed[loss.observer].add(loss.peer)
    sides: dict[frozenset[str], list[str]] = defaultdict(list)
    for node in nodes:
        sides[frozenset(missed[node])].append(node)
    return sorted(sides.values(), key=lambda side: (-len(side), side))
