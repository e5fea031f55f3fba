"""A process crashed by an invalid memory access.

## What it finds
The kernel's `segfault at` and `general protection` lines. Crashes of other programs than the cluster's own are
warnings. The SIGSEGV that pacemakerd sends to a child that will not stop leaves no such line.

## Why it matters
A crash of a cluster daemon is a bug (or a damaged library or disk), and it will come again.

## What to do
Keep the core file (`coredumpctl`, /var/lib/pacemaker/cores, /var/lib/corosync), install the debug symbols and get a
backtrace; compare the release with its change log, and report it. If programs crash at random, test the memory.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog import daemons
from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, times

PROOFS = 12


@rule("SYS952", "segfault", "error", reads=("kernel.segfault", "kernel.booted"))
def segfault(store: Store) -> Iterator[Finding]:
    """The crashes of each program of a node."""
    groups: dict[tuple[str, str], list[Event]] = {}
    for event in store.events("kernel.segfault"):
        if event.node is not None:
            groups.setdefault((event.node, event.fields.get("program", "a process")), []).append(event)
    for (node, program), group in groups.items():
        count = f" {times(len(group))}, first" if len(group) > 1 else ""
        ours = bool(daemons.family(program)) or program.startswith("pacemaker")
        yield Finding(
            node,
            f"{program} on {node} crashed{count} at {clock(group[0].ts)} (segmentation fault).",
            at=group[0].ts,
            until=group[-1].ts if group[-1].ts != group[0].ts else None,
            evidence=tuple(event.id for event in group[:PROOFS]),
            severity=None if ours else "warning",
        )
