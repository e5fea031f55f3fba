"""A resource operation ran into its timeout.

## What it finds
Starts, monitors, probes and other operations that the executor ended because their time was over. Stops are RSC801.

## Why it matters
The agent was killed in the middle of its work and the resource is recovered or banned, although the service may be well
and only slow. Timeouts of several resources in one moment point to the machine: load, storage, name service.

## What to do
Compare with the load (SYS956), hung tasks (SYS954) and the agent's usual run time (`exec-time` in the log). Raise
`timeout` of that operation to several times the usual value; the defaults of 20 s are short for databases and file
systems. An agent that waits for a name service or for the cluster itself needs a cure, not a longer timeout.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._operations import READS, episodes
from pcmklog.store import Store


@rule("RSC804", "operation-timeout", "error", reads=READS)
def operation_timeout(store: Store) -> Iterator[Finding]:
    """Operations other than stops that timed out, by node."""
    for episode in episodes(store, lambda failure: failure.timed_out and failure.task != "stop"):
        tasks = {failure.task for failure in episode.failures}
        doing = f"The {tasks.pop()} of" if len(tasks) == 1 else "Operations of"
        yield episode.finding(doing)
