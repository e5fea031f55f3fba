"""Corosync's main process was not scheduled for too long.

## What it finds
`Corosync main process was not scheduled for ... ms`, and on Corosync 1.x a single `Process pause detected`. A pause
that is counted up from second to second comes from memberships that are formed anew all the time (MEM403), and is
none.

## Why it matters
The node could not pass the token on. When the pause is longer than the token timeout its peers drop it from the ring,
and fence it.

## What to do
Find what held the host: a snapshot, backup or migration of the virtual machine, steal time (`sar -u ALL`), memory
pressure and swapping, a hung disk, SIGSTOP, or a realtime process. See that Corosync runs with real-time priority
(`chrt -p $(pidof corosync)`; `system.move_to_root_cgroup` from 2.4.3 and 3.x on) and with locked memory (CFG712).
Where such pauses cannot be avoided raise `totem.token` above them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, duration, times

EPISODE = 60.0
GROWING = 3  # pauses in a row that are one pause counted up


@rule("MEM405", "not-scheduled", "warning", reads=("totem.not_scheduled", "totem.paused", "totem.membership_formed"))
def not_scheduled(store: Store) -> Iterator[Finding]:
    """Pauses of each node, those of a minute together."""
    groups: dict[str, list[list[Event]]] = {}
    old = {row.name for row in store.rows("select name from node where corosync like '1.%'")}
    for event in store.events("totem.not_scheduled", "totem.paused"):
        if event.node is None or event.ts is None:
            continue
        if event.kind == "totem.paused" and event.node not in old:
            continue
        mine = groups.setdefault(event.node, [])
        if mine and event.ts - (mine[-1][-1].ts or 0.0) <= EPISODE:
            mine[-1].append(event)
        else:
            mine.append([event])
    for node, episodes in groups.items():
        for group in episodes:
            if all(event.kind == "totem.paused" for event in group) and len(group) >= GROWING:
                continue
            longest = max(float(event.fields.get("ms", "0")) for event in group) / 1000
            again = f", {times(len(group))} in all" if len(group) > 1 else ""
            yield Finding(
                node,
                f"Corosync on {node} was not scheduled for {duration(longest)} up to {clock(group[0].ts)}{again}.",
                at=group[0].ts,
                until=group[-1].ts if len(group) > 1 else None,
                evidence=tuple(event.id for event in group),
            )
