"""A resource could not be stopped.

## What it finds
Stop operations that failed or ran into their timeout, as the executor, the controller or the scheduler tell them.
Several resources of one node within minutes are one finding. A stop that takes long and ends well is none.

## Why it matters
After a failed stop nobody knows whether the resource still runs, so the cluster may not start it elsewhere. With
fencing the node is shot, also in the middle of its own shutdown; without fencing the resource is blocked, the node
cannot be stopped (`Cannot shut down node ... unmanaged failed`) and the shutdown hangs until its escalation.

## What to do
Read the agent's own words in the evidence and run it by hand: `crm_resource --force-stop -r RESOURCE` (Pacemaker 1.1.13
and later). Typical: a file system that is still in use (`fuser -vm`, `lsof`), a database that needs longer than the
stop timeout (raise `op stop timeout=`), a process limit. Clean up with `crm_resource --cleanup -r RESOURCE -N NODE`
only when it is really stopped, and have working fencing: it is the only safe way out of a failed stop.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._operations import READS, episodes
from pcmklog.store import Store


@rule("RSC801", "stop-failed", "critical", reads=READS)
def stop_failed(store: Store) -> Iterator[Finding]:
    """Stops that failed, by node."""
    for episode in episodes(store, lambda failure: failure.task == "stop"):
        yield episode.finding("Stopping")
