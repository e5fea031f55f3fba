"""The kernel reported tasks that hung or a processor that was stuck.

## What it finds
`INFO: task ... blocked for more than n seconds`, soft lockups and RCU stalls. What a node reports within minutes is one
finding.

## Why it matters
Nothing on such a node can be relied on to run in time. Storage that does not answer blocks agents, the CIB's writes and
sbd; a stuck processor stops Corosync and costs the node its membership.

## What to do
Storage first: paths (`multipath -ll`), errors of the device, NFS servers. In virtual machines look at the host:
overcommitment, snapshots, live migration. Soft lockups of many processors in one moment mean that the whole machine
stood still.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.store import Store
from pcmklog.words import clock, listing, times

EPISODE = 600.0  # seconds; the kernel looks every 120 s
PROOFS = 15


@rule("SYS954", "hung-task", "warning", reads=("kernel.hung_task", "kernel.booted"))
def hung_task(store: Store) -> Iterator[Finding]:
    """What the kernel of one node says within minutes."""
    for node, group in episodes(store.events("kernel.hung_task"), EPISODE):
        names = listing(event.fields["program"] for event in group if event.fields.get("program"))
        first, last = group[0].ts, group[-1].ts
        yield Finding(
            node,
            f"Tasks on {node} hung from {clock(first)} on{': ' + names if names else ''} ({times(len(group))}).",
            at=first,
            until=last if last != first else None,
            evidence=tuple(event.id for event in group[:PROOFS]),
        )
