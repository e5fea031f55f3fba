"""Pacemaker rebooted its own node.

## What it finds
pacemakerd, a daemon or heartbeat that rebooted or panicked the machine itself: `Rebooting system because of ...`,
`Panicking the system directly`, `Signaling sbd to panic`; with `PCMK_fail_fast=yes` it does so at the first death of a
daemon.

## Why it matters
The machine went down without any stop: resources were not stopped, syslog may lack the last seconds. Nobody fenced it
from outside, so look for no network fault.

## What to do
Find the daemon that failed just before (FRK203, FRK204): it is the cause. `PCMK_fail_fast` in /etc/sysconfig/pacemaker
or /etc/default/pacemaker turns this on; without working fencing that is a sensible setting, with it a respawn would
have been enough.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.store import Store
from pcmklog.words import clock

EPISODE = 60.0
PROOFS = 12
MILD = "Shutting down instead"


@rule(
    "FEN606",
    "self-reboot",
    "critical",
    reads=("pacemakerd.panicked", "pacemakerd.started", "plugin.started", "heartbeat.started"),
)
def self_reboot(store: Store) -> Iterator[Finding]:
    """What a node says of one reboot is one."""
    for node, group in episodes(
        store.events("pacemakerd.panicked", "pacemakerd.panic_failed", "heartbeat.rebooting"), EPISODE
    ):
        if all(event.kind == "pacemakerd.panic_failed" or event.text.startswith(MILD) for event in group):
            continue
        because = next((f" because of {e.fields['child']}" for e in group if e.fields.get("child")), "")
        yield Finding(
            node,
            f"Pacemaker rebooted its own node {node} at {clock(group[0].ts)}{because}.",
            at=group[0].ts,
            evidence=tuple(event.id for event in group[:PROOFS]),
        )
