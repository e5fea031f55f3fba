"""A resource could not be started.

## What it finds
Start, promote and migration operations that failed for another reason than their timeout (that is RSC804).

## Why it matters
The service is down or moves. With the default `start-failure-is-fatal` one failed start bans the resource from the
node, and the node stays up without the service that it was made for.

## What to do
The agent's message is in the evidence; try `crm_resource --force-start -r RESOURCE -V` (1.1.13 and later) on that node.
`not installed` and `not configured` are errors of the setup: a missing package, file or parameter on this one node.
`Resource temporarily unavailable` is a process limit (FRK201). Then `crm_resource --cleanup -r RESOURCE`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._operations import READS, episodes
from pcmklog.store import Store

TASKS = {"start", "promote", "migrate_to", "migrate_from"}


@rule("RSC802", "start-failed", "error", reads=READS)
def start_failed(store: Store) -> Iterator[Finding]:
    """Starts that failed, by node."""
    for episode in episodes(store, lambda failure: failure.task in TASKS and not failure.timed_out):
        yield episode.finding("Starting")
