"""Two nodes of one ring did not agree on its members.

## What it finds
The same ring id at the same moment with different lists of members on two nodes.

## Why it matters
Extended virtual synchrony is broken: the nodes decide on different grounds who is to be fenced and where resources
run.

## What to do
Collect `corosync-blackbox` from all nodes before a restart. Look for node ids that two nodes share (CFG703), for two
clusters on one address and port, and for different releases of Corosync (VER307). Update Corosync; then stop the
cluster on all nodes and start it again, one node after the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.state.members import listed, names
from pcmklog.store import Store
from pcmklog.words import clock, listing

NEAR = 2.0  # seconds from the ring to its list on one node
MOMENT = 10.0  # seconds between two nodes that speak of one ring


@rule("MEM410", "membership-views-differ", "critical", reads=("quorum.members",))
def membership_views_differ(store: Store) -> Iterator[Finding]:
    """The lists of members that follow one ring id, by node."""
    known = names(store)
    formed: dict[str, Event] = {}
    views: dict[str, list[tuple[Event, frozenset[str]]]] = defaultdict(list)
    for event in store.events("totem.membership_formed", "quorum.members"):
        if event.node is None or event.ts is None:
            continue
        if event.kind == "totem.membership_formed":
            formed[event.node] = event
            continue
        ring = formed.pop(event.node, None)
        if ring is not None and ring.fields.get("ring") and event.ts - (ring.ts or 0.0) <= NEAR:
            views[ring.fields["ring"]].append((event, frozenset(listed(event.fields.get("members"), known))))
    for ring_id, seen in views.items():
        first, members = seen[0]
        other = next((view for view in seen[1:] if view[1] != members and view[0].node != first.node), None)
        if other is not None and abs((other[0].ts or 0.0) - (first.ts or 0.0)) <= MOMENT:
            yield Finding(
                None,
                f"Of ring {ring_id} {first.node} had the members {listing(sorted(members))} and {other[0].node} "
                f"{listing(sorted(other[1]))} at {clock(first.ts)}.",
                at=first.ts,
                evidence=(first.id, other[0].id),
                nodes=tuple(sorted({first.node or "", other[0].node or ""})),
            )
