"""The token of the ring was lost, and the members had to form a new ring.

## What it finds
`A processor failed, forming new configuration`: no token came for the whole token timeout. What several nodes log of
one loss is one finding, and so are losses that follow each other within seconds. A mere `Token has not been received
in` is only late and is no finding; an ordered leave loses no token.

## Why it matters
While the ring is being formed again nothing is delivered: no CPG message, no change of the CIB. A member that does
not come back into the new ring in time is lost, fenced, and its resources are recovered elsewhere.

## What to do
Look at what happened at that second on the node that dropped out: its process died (MEM407), it was not scheduled
(MEM405, load, a snapshot of a virtual machine), or the network lost packets (MEM404, MEM402). Check `corosync-cfgtool
-s`, the switch and the error counters of the interface. Where all members came back and the host is merely busy,
raise `totem.token` (for example to 5000 or 10000 ms) on all nodes and reload with `corosync-cfgtool -R` (Corosync 2.4
and later). A redundant knet link helps against the network.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, listing, times

EPISODE = 15.0  # seconds from one loss to the next within one episode
NEW_RING = 30.0  # seconds in which the new ring is formed
NEXT = """
select id from event
where kind in ('totem.membership_formed', 'totem.left_without_leave', 'plugin.member_lost') and list_contains(?, node)
  and ts between ? and ?
  and (coalesce(fields->>'left', '') <> '' or kind <> 'totem.membership_formed')
limit 1
"""
LATE = """
select id from event
where kind = 'totem.token_late' and ts between ? - 10 and ? and list_contains(?, node)
order by ts, id
"""


@rule("MEM401", "token-lost", "error", reads=("totem.membership_formed", "totem.token_lost"))
def token_lost(store: Store) -> Iterator[Finding]:
    """Losses of the token, those of one ring and moment together."""
    groups: list[list[Event]] = []
    for event in store.events("totem.token_lost"):
        if event.ts is None:
            continue
        if groups and event.ts - (groups[-1][-1].ts or 0.0) <= EPISODE:
            groups[-1].append(event)
        else:
            groups.append([event])
    for group in groups:
        yield _finding(store, group)


def _finding(store: Store, group: list[Event]) -> Finding:
    first, last = group[0].ts or 0.0, group[-1].ts or 0.0
    nodes = sorted({event.node for event in group if event.node is not None})
    rounds = max(Counter(event.node for event in group).values())
    timeout = next((event.fields["ms"] for event in group if event.fields.get("ms")), None)
    waited = f" after {timeout} ms without it" if timeout else ""
    again = f", {times(rounds)}" if rounds > 1 else ""
    cheap = store.one(NEXT, nodes, first, last + NEW_RING) is None
    late = [row.id for row in store.rows(LATE, first, last, nodes)]
    return Finding(
        None,
        f"{listing(nodes) or 'A node'} lost the token at {clock(first)}{waited}{again}"
        f"{'; no member was missing in the new ring' if cheap else ''}.",
        at=first,
        until=last if last - first > 1 else None,
        evidence=(*(event.id for event in group), *late),
        nodes=tuple(nodes),
        severity="warning" if cheap else None,
    )
