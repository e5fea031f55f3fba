"""A daemon lives, but does not answer.

## What it finds
pacemakerd (2.1.3 and newer) asks its children over IPC and counts: `is unresponsive to ipc after <n> tries`. One try
is normal in the first second of a daemon; from the second on it is this finding, and after the fifth pacemakerd kills
the daemon (that SIGKILL is no FRK203).

## Why it matters
As long as it is silent the node cannot do that daemon's part: no CIB, no monitors, no votes. Half a minute later it
is killed and started anew, and its clients leave with it.

## What to do
Look at what held it up: a stopped process (`ps -o pid,stat`, state T: `kill -CONT`), a disk that hangs (state D,
`dmesg`, SYS954), a full machine (SYS956), a debugger. The controller hangs in its start without a quorum provider
(QRM505) or without an executor (FRK205). If it comes back again and again, take a core while it hangs (`gcore
<pid>`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pcmklog import daemons
from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._ending import number
from pcmklog.rules._endings import endings, episodes
from pcmklog.rules._loops import loops
from pcmklog.store import Store
from pcmklog.words import clock, times

EPISODE = 120.0
PROOFS = 15
KILLED = "child.killed_unresponsive"


@rule("FRK209", "child-unresponsive", "error", reads=("child.unresponsive", KILLED, "pacemakerd.ready", "child.forked"))
def child_unresponsive(store: Store) -> Iterator[Finding]:
    """One finding for each daemon and episode."""
    kept: dict[tuple[str, str], list[tuple[float, Event]]] = defaultdict(list)
    for event in store.events("child.unresponsive", KILLED):
        if event.node is not None and event.ts is not None:
            kept[event.node, daemons.role(event.fields.get("child", ""))].append((event.ts, event))
    for (node, role), events in kept.items():
        for group in episodes(events, EPISODE):
            kills = [event for event in group if event.kind == KILLED]
            tries = max((number(event.fields.get("tries")) or 1) for event in group)
            if (not kills and tries < 2) or _in_a_loop(store, node, role, group):
                continue
            first, last = group[0], group[-1]
            end = f", and was killed {times(len(kills))}" if kills else f" ({tries} tries)"
            yield Finding(
                node,
                f"{first.fields.get('child')} on {node} did not answer its parent "
                f"from {clock(first.ts)} to {clock(last.ts)}{end}.",
                at=first.ts,
                until=last.ts if last is not first else None,
                evidence=tuple(event.id for event in (*kills, *group))[:PROOFS] + _deaths(store, node, role, group),
                severity=None if kills else "warning",
            )


def _in_a_loop(store: Store, node: str, role: str, group: list[Event]) -> bool:
    """In a loop of respawns, or without the daemons it needs in one, it has nothing to answer with."""
    first, last = group[0].ts or 0.0, group[-1].ts or 0.0
    return any(
        loop.node == node and loop.role == role and loop.first <= first and last <= loop.last for loop in loops(store)
    )


def _deaths(store: Store, node: str, role: str, group: list[Event]) -> tuple[int, ...]:
    first, last = group[0].ts or 0.0, group[-1].ts or 0.0
    return tuple(
        event
        for end in endings(store).ends
        if end.node == node and end.role == role and end.hung and first <= end.ts <= last + 5
        for event in end.events
    )
