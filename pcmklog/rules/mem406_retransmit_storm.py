"""Messages had to be sent again and again.

## What it finds
Eight and more `Retransmit List` lines on one node within a minute. A single one is load, or the start of a peer.
`FAILED TO RECEIVE` is the end of such a row: what was asked for fifty times never came.

## Why it matters
The ring is losing packets. Latency grows, CPG messages back up, and in the end the token is lost or the node leaves
with FAILED TO RECEIVE.

## What to do
Look for packet loss between the nodes: `ip -s link`, switch counters, a full receive buffer (`net.core.rmem_max`), a
wrong MTU (lower `totem.netmtu`, or look at knet's `PMTUD` lines), multicast that a switch floods or drops (IGMP
snooping without a querier; use udpu or knet). Slow nodes show as well: look for load and steal time on the node whose
messages are asked for again, and lower `totem.window_size` if one node is much slower.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import repeats
from pcmklog.store import Store
from pcmklog.words import clock, duration, times

MANY = 8
WITHIN = 60.0


@rule(
    "MEM406",
    "retransmit-storm",
    "warning",
    reads=("totem.retransmit", "totem.failed_to_receive", "totem.membership_formed"),
)
def retransmit_storm(store: Store) -> Iterator[Finding]:
    """Dense runs of retransmissions of each node."""
    groups: dict[str, list[list[Event]]] = {}
    for event in store.events("totem.retransmit", "totem.failed_to_receive"):
        if event.node is None or event.ts is None or event.level in ("debug", "trace"):
            continue
        mine = groups.setdefault(event.node, [])
        if mine and event.ts - (mine[-1][-1].ts or 0.0) <= WITHIN / MANY:
            mine[-1].append(event)
        else:
            mine.append([event])
    for node, episodes in groups.items():
        for group in episodes:
            deaf = any(event.kind == "totem.failed_to_receive" for event in group)
            said = sum(repeats(event) for event in group)
            if said < MANY and not deaf:
                continue
            first, last = group[0].ts or 0.0, group[-1].ts or 0.0
            yield Finding(
                node,
                f"{node} received nothing more of what it had asked for again, at {clock(last)} (FAILED TO RECEIVE)."
                if deaf
                else f"{node} asked for messages again {times(said)} in {duration(last - first)} "
                f"from {clock(first)} on.",
                at=first,
                until=last,
                evidence=tuple(
                    event.id for event in sorted(group, key=lambda e: e.kind != "totem.failed_to_receive")[:20]
                ),
                severity="error" if deaf else None,
            )
