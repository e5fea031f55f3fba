"""The kernel killed a process because memory had run out.

## What it finds
`Out of memory: Kill(ed) process` of the kernel and systemd's `killed by the OOM killer`. Kills within a minute on one
node are one finding; those of cluster daemons are named first.

## Why it matters
A cluster daemon that is killed takes the node out of the cluster: Corosync at once, others by a respawn. Even if
another process was meant, the minutes before are minutes in which nothing ran in time: monitors time out, tokens get
lost.

## What to do
Find what ate the memory (the kernel's table of processes stands before the line). Limit it with its own cgroup, and
protect the cluster: `OOMScoreAdjust=-1000` in a drop-in for corosync.service and pacemaker.service. Never let Corosync
swap (it locks its memory unless RLIMIT_MEMLOCK forbids it, CFG712).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog import daemons
from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.store import Store
from pcmklog.words import clock, listing, times

EPISODE = 60.0
PROOFS = 15
KINDS = ("kernel.oom_killed", "kernel.oom_invoked", "unit.oom_killed")


@rule("SYS951", "oom-kill", "critical", reads=(*KINDS, "kernel.booted", "unit.started"))
def oom_kill(store: Store) -> Iterator[Finding]:
    """Kills of one node that follow each other closely."""
    for node, group in episodes(store.events(*KINDS), EPISODE):
        killed = [event for event in group if event.kind != "kernel.oom_invoked"]
        if killed:
            yield _finding(node, killed, group)


def _finding(node: str, killed: list[Event], group: list[Event]) -> Finding:
    names = [event.fields.get("program") or event.fields.get("unit") or "a process" for event in killed]
    ours = [name for name in names if daemons.family(name) or name.startswith(("corosync", "pacemaker"))]
    first, last = killed[0], killed[-1]
    count = f" ({times(len(killed))})" if len(killed) > 1 else ""
    return Finding(
        node,
        f"The kernel of {node} ran out of memory at {clock(first.ts)} and killed {listing(ours or names)}{count}.",
        at=first.ts,
        until=last.ts if last.ts != first.ts else None,
        evidence=tuple(event.id for event in (*killed, *(e for e in group if e not in killed)))[:PROOFS],
    )
