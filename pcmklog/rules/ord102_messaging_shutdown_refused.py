"""The messaging layer was asked to stop and refused, because Pacemaker still ran.

## What it finds
The three forms of the veto: the plugin's `Preventing Corosync shutdown` (ver: 1), `CMAN wants to shut down: optional`
after `cman_tool leave`, and, from Corosync 3.1.1 with Pacemaker 2.1 on, `Corosync wants to shut down: optional` after
`corosync-cfgtool -H`. The same question with `immediate` or `forced` is no question.

## Why it matters
Nothing is broken yet: this is the protection that pacemakerd brought. But somebody is stopping things in the wrong
order, and the plugin's refused stop stays pending: Corosync leaves by itself as soon as Pacemaker does.

## What to do
Stop Pacemaker first (`service pacemaker stop`, `systemctl stop pacemaker`), wait for `Shutdown complete`, then stop
Corosync or CMAN. Correct the script or runbook that had it the other way round; do not answer the refusal with a kill
or `--force`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.store import Store
from pcmklog.words import clock, times

EPISODE = 900.0  # seconds: the plugin repeats the line after 300 s at the earliest while one stop is pending
UNLOADING = """
select id from event where node = ? and kind = 'corosync.unloading' and ts between ?::double - 2 and ?::double
"""
MOMENT = 2.0  # seconds in which all daemons of Pacemaker tell of one and the same question


@rule(
    "ORD102",
    "messaging-shutdown-refused",
    "warning",
    reads=("plugin.refused", "pacemaker.shutdown_asked", "cman.shutdown_asked", "corosync.started"),
)
def messaging_shutdown_refused(store: Store) -> Iterator[Finding]:
    """Refusals of one node that follow each other closely are one."""
    asked = store.events("plugin.refused", "pacemaker.shutdown_asked", "cman.shutdown_asked")
    for node, group in episodes(filter(_held_back, asked), EPISODE):
        yield _finding(store, node, group)


def _held_back(event: Event) -> bool:
    return event.kind == "plugin.refused" or event.fields.get("how") == "optional"


def _finding(store: Store, node: str, group: list[Event]) -> Finding:
    first, last = group[0], group[-1]
    assert first.ts is not None
    assert last.ts is not None
    moments = 1 + sum((b.ts or 0.0) - (a.ts or 0.0) > MOMENT for a, b in pairwise(group))
    again = f" ({times(moments)})" if moments > 1 else ""
    unloading = store.rows(UNLOADING, node, first.ts, last.ts)
    name = "CMAN" if first.kind.startswith("cman") else "Corosync"
    return Finding(
        node,
        f"{name} on {node} was asked to stop at {clock(first.ts)} and was held back, "
        f"for Pacemaker was still running{again}.",
        at=first.ts,
        until=last.ts if last.ts != first.ts else None,
        evidence=(*(event.id for event in group), *(event.id for event in unloading)),
    )
