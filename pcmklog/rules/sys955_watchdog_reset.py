"""A watchdog reset the machine, or was left to do it.

## What it finds
Corosync's watchdog service that found a resource failed (`NOT tickling the watchdog!`), a watchdog device closed
without being stopped (`Unexpected close, not stopping watchdog!`, `watchdog did not stop!`: its owner died and the
timer runs on), sbd that could not write to it, and a hardware watchdog named by the kernel as reason of a panic.

## Why it matters
Within the watchdog's timeout the machine is reset without any stop: what follows in this node's log is a boot.

## What to do
Find out who owned the watchdog (sbd, Corosync, systemd's RuntimeWatchdogSec; only one may) and why it stopped: killed,
hung, starved (SYS954, MEM405), or its storage was gone (sbd's latency warnings). Take the timeout longer than the
longest pause that the machine can have, backups and live migration included.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock

EPISODE = 120.0
PROOFS = 12
QUERY = """
select id, ts, node, text from event
where node is not null and (kind in ('corosync.watchdog_fired', 'kernel.watchdog_closed', 'sbd.watchdog_failed')
  or (kind = 'kernel.panicked' and contains(lower(text), 'watchdog')))
  and not text like 'Cannot open watchdog%'
order by ts nulls first, id
"""


@rule(
    "SYS955",
    "watchdog-reset",
    "critical",
    reads=("corosync.watchdog_fired", "corosync.started", "kernel.watchdog_closed", "sbd.started", "kernel.booted"),
)
def watchdog_reset(store: Store) -> Iterator[Finding]:
    """What a node says of its watchdog within two minutes."""
    groups: dict[str, list[list[Row]]] = {}
    for row in store.rows(QUERY):
        known = groups.setdefault(row.node, [])
        if known and (row.ts or 0.0) - (known[-1][-1].ts or 0.0) < EPISODE:
            known[-1].append(row)
        else:
            known.append([row])
    for node, known in groups.items():
        for group in known:
            yield Finding(
                node,
                f"The watchdog of {node} was not served from {clock(group[0].ts)} on: {group[0].text.rstrip('.')}.",
                at=group[0].ts,
                until=group[-1].ts if group[-1].ts != group[0].ts else None,
                evidence=tuple(row.id for row in group[:PROOFS]),
            )
