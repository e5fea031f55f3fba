"""The CIB was no longer written to disk.

## What it finds
`Disabling disk writes` and `Disabling CIB disk writes` of the CIB daemon, after a fork that failed, a full disk or a
write that went wrong, with the failed writes before them.

## Why it matters
It stays so until the daemon is restarted, also when the cause is gone, and nothing says so again. The node works with
the configuration in memory; if all nodes lose power, or this one starts first, changes since that moment are lost and
an old configuration comes back.

## What to do
Cure the cause (FRK201: process limit; SYS953: space in /var/lib/pacemaker/cib or /var/lib/heartbeat/crm), then restart
Pacemaker on this node: put it into standby or maintenance before. Compare `cibadmin -Q` with the file afterwards.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock

BEFORE = 10.0
PROOFS = 12


@rule(
    "SYS957",
    "cib-writes-disabled",
    "error",
    reads=("cib.writes_disabled", "cib.written", "daemon.started", "cib.reading"),
)
def cib_writes_disabled(store: Store) -> Iterator[Finding]:
    """The first such line of each node and life."""
    failed = [event for event in store.events("cib.write_failed") if event.ts is not None]
    told: dict[tuple[str, int | None], list[Event]] = {}
    for event in store.events("cib.writes_disabled"):
        if event.node is not None:
            told.setdefault((event.node, event.pid), []).append(event)
    for (node, _), group in told.items():
        first = group[0]
        before = [e.id for e in failed if e.node == node and -BEFORE <= (e.ts or 0.0) - (first.ts or 0.0) <= 1.0]
        reason = f": {first.fields['reason']}" if first.fields.get("reason") else ""
        yield Finding(
            node,
            f"The CIB of {node} was no longer written to disk from {clock(first.ts)} on{reason}.",
            at=first.ts,
            until=group[-1].ts if group[-1].ts != first.ts else None,
            evidence=(*(event.id for event in group[:PROOFS]), *before[:PROOFS]),
        )
