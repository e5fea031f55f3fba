"""A resource's monitor failed.

## What it finds
Recurring monitors that failed or found their resource stopped, and probes that ended with an error. A probe that finds
a resource stopped, not installed, or running (after the node or its controller came back) is none; a monitor that timed
out is RSC804. In an excerpt without results, what the agent complained of just before the resource was stopped there.

## Why it matters
The cluster recovers the resource: stop and start, here or elsewhere. Where many monitors fail in one moment, not the
services are ill but the node: a process limit, memory, storage.

## What to do
Look at what the agent said, and at the service's own log at that time. `Resource temporarily unavailable` means that
the executor could not fork (FRK201). Failures stay in the status until `crm_resource --cleanup`, and count against
`migration-threshold`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._operations import READS, episodes
from pcmklog.store import Store


@rule("RSC803", "monitor-failed", "error", reads=READS)
def monitor_failed(store: Store) -> Iterator[Finding]:
    """Monitors that failed, by node."""
    for episode in episodes(store, lambda failure: failure.task in ("monitor", "probe") and not failure.timed_out):
        yield episode.finding("Monitoring")
