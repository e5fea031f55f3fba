"""A child did not stop in time and was killed.

## What it finds
`Child <name> not terminating in a timely manner, forcing` (three minutes after its SIGTERM), the plugin's `taking too
long to terminate, sending SIGKILL`, and a daemon that systemd kills because the stop of its unit timed out. The
SIGSEGV that follows `forcing` is sent on purpose, to get a core: it is no crash, and no FRK203.

## Why it matters
The stop took minutes, and the daemon could not finish: an executor leaves resources running, a CIB may not have been
written. A process that is stopped (state T) or waits for a disk (state D) does not even react to the signal; then the
stop never ends.

## What to do
Look what it waited for: its last lines, its state (`ps -o pid,stat,wchan`), the core in /var/lib/pacemaker/cores or
of `coredumpctl`. Usual: a hung disk or NFS below /var, a stopped process (`kill -CONT`), attrd or the CIB waiting for
a peer that is gone. Check afterwards that nothing of it is left (`pgrep -l 'pacemaker|crmd|lrmd'`) before the node
starts again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pcmklog import daemons
from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._ending import of_program
from pcmklog.rules._endings import endings, episodes
from pcmklog.store import Store
from pcmklog.words import clock, listing

EPISODE = 600.0
AFTER = 30.0  # seconds in which the killed child is gone
PROOFS = 12


@rule(
    "FRK208",
    "child-killed-in-shutdown",
    "error",
    reads=("child.stopping", "child.forced", "unit.killing", "pacemakerd.stopping"),
)
def child_killed_in_shutdown(store: Store) -> Iterator[Finding]:
    """One finding for each stop."""
    kept: dict[str, list[tuple[float, Event]]] = defaultdict(list)
    for event in store.events("child.forced", "unit.killing", "child.stopping"):
        if event.node is not None and event.ts is not None and _name(event):
            kept[event.node].append((event.ts, event))
    for node, events in kept.items():
        for group in episodes(events, EPISODE):
            forced = [event for event in group if event.kind != "child.stopping"]
            if not forced:
                continue
            first, last = forced[0], forced[-1]
            names = {_name(event) for event in forced}
            near = [
                e
                for e in group
                if e.kind == "child.stopping" and _name(e) in names and (e.ts or 0.0) <= (last.ts or 0.0) + AFTER
            ]
            yield Finding(
                node,
                f"{listing(_name(event) for event in forced)} on {node} did not stop in time "
                f"and was killed at {clock(first.ts)}.",
                at=first.ts,
                until=last.ts if last.ts != first.ts else None,
                evidence=(
                    *(event.id for event in forced[:PROOFS]),
                    *(event.id for event in sorted(near, key=lambda e: -e.id)[:PROOFS]),
                    *_deaths(store, node, names, first.ts or 0.0),
                ),
            )


def _name(event: Event) -> str:
    """The daemon that is killed: named by its parent, or a process of a unit that systemd kills with SIGKILL."""
    if event.kind != "unit.killing":
        return event.fields.get("child", "")
    stop = event.fields.get("signame", "SIGKILL").removeprefix("SIG") == "KILL" and "client request" not in event.text
    name = of_program(event.fields.get("program", "")) if stop else ""
    return name if daemons.role(name) in daemons.PACEMAKER_CHILDREN else ""


def _deaths(store: Store, node: str, names: set[str], ts: float) -> list[int]:
    return [
        event
        for end in endings(store).ends
        if end.node == node and end.daemon in names and ts <= end.ts <= ts + AFTER
        for event in end.events
    ]
