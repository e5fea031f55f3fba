"""Elections went on without an end, or the first one was held up for minutes.

## What it finds
A controller that went into an election four times or more in a row, each within two and a half minutes of the one
before, though no member had come, gone or been restarted; an election that took a minute and more, until its time
limit; and Pacemaker's own `Election storm detected`. Elections after a change of the membership are normal.

## Why it matters
Without a DC nothing is started, moved, recovered or fenced. A member that cannot vote, because it has no controller
or speaks another dialect (`ver: 0` against `ver: 1`, releases that do not understand each other), keeps the others
waiting or comes back with its vote every time.

## What to do
Look for the member that is in the ring but not among the voters: no pacemakerd on it (ORD104), another plugin `ver:`
(VER302), another release or feature set (VER305, VER306), another clock. Put that right, or take the node out of the
ring (stop Corosync on it): the election then ends at once. If the nodes agree in all that, look at the network and at
load: lost votes give the same picture.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from itertools import pairwise

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, duration

GAP = 150.0  # seconds between two elections of one loop; the election's time limit is 120
MANY = 4
HELD = 60.0  # seconds of a single election
LATEST = 1800.0  # seconds after which the log had a hole rather than the election
BURST = 2.0  # seconds in which votes that cross make several elections of one
OWN = """
select node, ts from event
where kind in ('totem.membership_formed', 'plugin.membership_stable', 'quorum.members', 'node.peer_left',
               'node.peer_joined', 'totem.left_without_leave', 'dc.another')
order by ts
"""
ANY = """
select ts from event
where kind in ('child.exited', 'child.signalled', 'child.forked', 'pacemakerd.stopping', 'controller.stop_requested',
               'corosync.started')
order by ts
"""
STARTS = "select node, began from life where role in ('controller', 'messaging') and began is not null order by began"


@rule("ORD114", "election-loop", "error", reads=("controller.state", "election.storm", "dc.timeout"))
def election_loop(store: Store) -> Iterator[Finding]:
    """Loops first, then single long elections, then what Pacemaker says itself."""
    anywhere = [row.ts for row in store.rows(ANY) if row.ts is not None]
    own: dict[str, list[float]] = {}
    for row in store.rows(OWN):
        if row.ts is not None:
            own.setdefault(row.node, []).append(row.ts)
    begun: dict[str, list[float]] = {}
    for row in store.rows(STARTS):
        begun.setdefault(row.node, []).append(row.began)
    states: dict[str, list[Event]] = {}
    for event in store.events("controller.state"):
        if event.node is not None and event.ts is not None:
            states.setdefault(event.node, []).append(event)
    for node, events in states.items():
        elections = [event for event in events if event.fields.get("to") == "S_ELECTION"]
        changes = [anywhere, own.get(node, [])]
        loops = [loop for loop in _loops(elections, changes, begun.get(node, [])) if len(loop) >= MANY]
        yield from (_loop(node, loop, events) for loop in loops)
        if not loops:
            yield from _held_up(node, events)
    for event in store.events("election.storm", "election.storm_hint"):
        yield Finding(
            event.node,
            f"An election storm was detected on {event.node} at {clock(event.ts)}.",
            at=event.ts,
            evidence=(event.id,),
            severity=None if event.kind == "election.storm" else "warning",
        )


def _loops(elections: list[Event], changes: list[list[float]], begun: list[float]) -> Iterator[list[Event]]:
    """Elections in a row, within one life of the node, that no change of the membership explains."""
    loop: list[Event] = []
    for event in elections:
        since = (event.ts or 0.0) - (loop[-1].ts or 0.0) if loop else 0.0
        if since > GAP or (loop and bisect_left(begun, loop[-1].ts or 0.0) < bisect_left(begun, event.ts or 0.0)):
            yield loop
            loop = []
        if loop and since < BURST:
            continue
        if not any(_near(times, event.ts or 0.0) for times in changes):
            loop.append(event)
    yield loop


def _near(times: list[float], ts: float) -> bool:
    """Whether one of the times lies in the four seconds before this one, or at it."""
    return bisect_left(times, ts - 4.0) < bisect_right(times, ts + 0.5)


def _loop(node: str, loop: list[Event], states: list[Event]) -> Finding:
    first, last = loop[0], loop[-1]
    between = [event.id for event in states if (first.ts or 0.0) <= (event.ts or 0.0) <= (last.ts or 0.0)]
    return Finding(
        node,
        f"{node} went into {len(loop)} elections between {clock(first.ts)} and {clock(last.ts)}, "
        "with no change of the membership.",
        at=first.ts,
        until=last.ts,
        evidence=tuple(dict.fromkeys((*(event.id for event in loop[:20]), *between[:30]))),
    )


def _held_up(node: str, states: list[Event]) -> Iterator[Finding]:
    """A single election from its first line to the state after it."""
    for event, after in pairwise(states):
        if event.fields.get("to") != "S_ELECTION" or after.fields.get("from") != "S_ELECTION":
            continue
        took = (after.ts or 0.0) - (event.ts or 0.0)
        if HELD <= took < LATEST and after.fields.get("to") not in ("S_STOPPING", "S_TERMINATE", "S_RECOVERY"):
            yield Finding(
                node,
                f"The election on {node} at {clock(event.ts)} was held up for {duration(took)}.",
                at=event.ts,
                until=after.ts,
                evidence=(event.id, after.id),
            )
