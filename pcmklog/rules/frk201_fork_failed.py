"""A cluster daemon could not fork.

## What it finds
The faces of a failed fork or clone: the assertion `child->pid != -1` of pacemakerd, or of Corosync under the plugin
with `ver: 0` (`Assertion failure`); an executor or controller that cannot run an agent (`Cannot execute ...: Resource
temporarily unavailable`); a CIB that `Disabling disk writes after fork failure`; the kernel's `fork rejected by pids
controller` for a unit of the cluster. Each face of one episode is one finding.

## Why it matters
pacemakerd, or Corosync itself with `ver: 0`, aborts at once and leaves the children forked so far behind; resources
can be neither monitored nor stopped, so stops fail and the node is fenced; a CIB that no longer writes to disk loses
the configuration at the next restart, without another word.

## What to do
Find the limit: `systemctl show pacemaker -p TasksMax -p TasksCurrent` (the default of systemd is far too low for
Pacemaker before 2.0.0: set `TasksMax=infinity`), `ulimit -u` and `limits.conf`, `cat /proc/sys/kernel/pid_max`,
memory (`ENOMEM`, overcommit). Find who used it up: `ps -eLf | wc -l`, `systemd-cgtop`. Then restart Pacemaker, for
what was disabled stays so. Whoever has fork trouble with the plugin and `ver: 0`, where multi-threaded Corosync
itself forks, moves to `ver: 1` with pacemakerd, or to CMAN; today to Corosync 3 with Pacemaker 2 or 3.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._endings import episodes
from pcmklog.store import Store
from pcmklog.words import clock, listing, times

EPISODE = 300.0
NEAR = 10.0  # seconds between the kernel's word and the face that it explains
REFUSED = re.compile(
    r"temporarily unavailable|cannot allocate memory|\bEAGAIN\b|\bENOMEM\b|fork rc=(?:11|12)\b", re.IGNORECASE
)
REASON = re.compile(r"Resource temporarily unavailable|Cannot allocate memory")
OURS = re.compile(r"pacemaker|corosync|cman|heartbeat|sbd", re.IGNORECASE)
PROOFS = 15
FACES = {
    "parent": "could not fork its children and aborted",
    "agent": "could not fork to run resource agents",
    "cib": "could not fork to write the CIB and disabled its writes to disk",
    "kernel": "was refused a fork by the kernel",
}


@rule(
    "FRK201",
    "fork-failed",
    "critical",
    reads=("child.forked", "child.fork_failed", "process.fork_failed", "cib.writes_disabled", "kernel.fork_refused"),
)
def fork_failed(store: Store) -> Iterator[Finding]:
    """One finding for each face of an episode on a node."""
    kept: dict[tuple[str, str], list[tuple[float, Event]]] = defaultdict(list)
    for event in store.events(
        "child.fork_failed",
        "process.fork_failed",
        "cib.writes_disabled",
        "kernel.fork_refused",
        "daemon.asserted",
        "resource.failed",
    ):
        face = _face(event)
        if face and event.node is not None and event.ts is not None:
            kept[event.node, face].append((event.ts, event))
    for (node, face), events in kept.items():
        for group in episodes(events, EPISODE):
            if face != "kernel" or not _explains(kept, node, group):
                yield _finding(node, face, group, _kernel(kept, node, group) if face != "kernel" else [])


def _face(event: Event) -> str:
    kind, text = event.kind, event.text
    if kind == "child.fork_failed" or (kind == "daemon.asserted" and "child->pid != -1" in text):
        return "parent"
    if kind == "process.fork_failed" and REFUSED.search(text):
        return "agent"
    if (
        kind == "resource.failed"
        and REASON.fullmatch(event.fields.get("reason", ""))
        and event.fields.get("node") == event.node
    ):
        return "agent"
    if kind == "cib.writes_disabled" and "fork" in text:
        return "cib"
    if kind == "kernel.fork_refused":
        return "kernel" if event.daemon != "kernel" or OURS.search(text) else ""
    return ""


def _explains(kept: dict[tuple[str, str], list[tuple[float, Event]]], node: str, group: list[Event]) -> bool:
    """Whether the kernel only gives the reason for another face of the same moment."""
    first, last = group[0].ts or 0.0, group[-1].ts or 0.0
    return any(
        first - NEAR <= ts <= last + NEAR for face in FACES if face != "kernel" for ts, _ in kept.get((node, face), [])
    )


def _kernel(kept: dict[tuple[str, str], list[tuple[float, Event]]], node: str, group: list[Event]) -> list[Event]:
    first, last = group[0].ts or 0.0, group[-1].ts or 0.0
    return [event for ts, event in kept.get((node, "kernel"), []) if first - NEAR <= ts <= last + NEAR]


def _finding(node: str, face: str, group: list[Event], more: list[Event]) -> Finding:
    first, last = group[0], group[-1]
    who = listing(event.daemon for event in group if event.daemon)
    often = f" ({times(len(group))} until {clock(last.ts)})" if len(group) > 1 else ""
    return Finding(
        node,
        f"{who} on {node} {FACES[face]} at {clock(first.ts)}{often}.",
        at=first.ts,
        until=last.ts if last is not first else None,
        evidence=tuple(event.id for event in (*group[:PROOFS], *more[:3])),
    )
