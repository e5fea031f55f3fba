"""A child ended with the code that means "do not start me again".

## What it finds
A child's exit with status 100 and what its parent does about it: pacemakerd since 1.1.7 stops all of Pacemaker (`no
longer wishes to be respawned. Shutting ourselves down`, `had fatal failure`) and stays down; the plugin with `ver: 0`
and older pacemakerd let the others go on without it. Also a controller that ends because `stonith-watchdog-timeout`
is set and sbd is not there, or is slower. A pacemakerd that is itself turned down is none.

## Why it matters
The node is out of the cluster until somebody starts it again; newer releases even ask Corosync to stop. Worse is the
old way: a node without its attrd or crmd is a member that cannot stop, for the others wait for the missing one.

## What to do
Read the last lines of the daemon with that pid. `Cannot exec` or no line at all: the file is missing or may not be
run (FRK202). `incompatible`, `feature set`: VER306. `permissions`, `digest`: the owner of /var/lib/pacemaker/cib
(hacluster:haclient) and CFG710. `share the same name`: CFG713. `We were allegedly just fenced`: FEN604.
`stonith-watchdog-timeout`: start sbd, or make the property twice its watchdog timeout, or delete it. `does not
support`, `could not find the plugin`: the stack is not set up, see VER308 and VER313. Repair that, then start
Pacemaker by hand; with `ver: 0` restart Corosync, and move to `ver: 1` or a newer stack.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._endings import episodes
from pcmklog.store import Store
from pcmklog.words import clock, listing

EPISODE = 30.0
PARENT = ("child.fatal", "child.respawn_inhibited", "sbd.watchdog_refused")


@rule(
    "FRK210",
    "child-disabled",
    "error",
    reads=("child.forked", "child.exited", "child.fatal", "child.respawn_inhibited", "pacemakerd.started"),
)
def child_disabled(store: Store) -> Iterator[Finding]:
    """One finding for each episode of a node."""
    kept: dict[str, list[tuple[float, Event]]] = defaultdict(list)
    for event in store.events("child.exited", *PARENT, "pacemakerd.respawn_inhibited", "daemon.respawn_inhibited"):
        fatal = event.kind != "child.exited" or event.fields.get("status") == "100"
        if fatal and event.node is not None and event.ts is not None:
            kept[event.node].append((event.ts, event))
    for node, events in kept.items():
        for group in episodes(events, EPISODE):
            yield from _finding(node, group)


def _finding(node: str, group: list[Event]) -> Iterator[Finding]:
    told = [event for event in group if event.kind in PARENT]
    exits = [event for event in group if event.kind == "child.exited"]
    if not told and not exits:
        return
    proofs = [*told, *exits]
    names = [event.fields.get("child") or event.daemon for event in sorted(proofs, key=lambda e: (e.ts or 0.0, e.id))]
    first = min(event.ts or 0.0 for event in proofs)
    down = any(
        event.kind == "sbd.watchdog_refused" or (event.daemon == "pacemakerd" and "hut" in event.text) for event in told
    )
    after = "and Pacemaker was stopped and stays down" if down else "and was not started again"
    yield Finding(
        node,
        f"{listing(names)} on {node} ended at {clock(first)} with the status that forbids a respawn, {after}.",
        at=first,
        evidence=tuple(event.id for event in (*proofs, *(event for event in group if event not in proofs))),
    )
