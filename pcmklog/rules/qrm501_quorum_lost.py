"""A node lost quorum.

## What it finds
A node that had quorum and was then without: `This node is within the non-primary component`, `quorum lost, blocking
activity`, `Quorum lost`. The last nodes of a cluster that was stopped in order are none, and `quorum still lost`
after a start is QRM502.

## Why it matters
Without quorum Pacemaker starts nothing and (`no-quorum-policy=stop`) stops all resources of the node; it may not
fence either. The service is down until members come back.

## What to do
Find out why the others went: partition (MEM402), lost peers (MEM407), links (MEM404), or a stop of too many nodes at
once. Bring the members back; `corosync-quorumtool -s` (CMAN: `cman_tool status`) shows votes and what is needed. Only
when the missing nodes are certainly off, lower the votes needed by hand: `corosync-quorumtool -e VOTES`, or
`cman_tool expected -e VOTES`. Two nodes under the plugin have no two_node mode: there `no-quorum-policy=ignore`
together with fencing was the custom; from CMAN on use two_node.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._ring import Stops, losses
from pcmklog.state.members import names
from pcmklog.store import Store
from pcmklog.words import clock, duration, listing

SOON = 180.0  # seconds in which the rest of the cluster follows in an ordered stop
ECHO = 5.0
LEAVE = 10.0  # seconds from the stop of a node to the loss of its vote
BLINK = 1.0  # seconds: several daemons tell of one change in the same moment, each in its turn
MEMBERS = (
    "select id from event where node = ? and kind in ('quorum.members', 'totem.membership_formed') and abs(ts - ?) < 1"
)


@rule("QRM501", "quorum-lost", "critical", reads=("quorum.gained", "quorum.lost", "quorum.retained"))
def quorum_lost(store: Store) -> Iterator[Finding]:
    """From the first word of the loss to the return of quorum, per node."""
    stops = Stops(store, names(store))
    missed = {(loss.observer, round(loss.ts)) for loss in losses(store)}
    per_node: dict[str | None, list[Event]] = {}
    for event in store.events(
        "quorum.gained", "quorum.lost", "quorum.retained", "quorum.still_lost", "corosync.started"
    ):
        per_node.setdefault(event.node, []).append(event)
    for node, events in per_node.items():
        for lost, back in _episodes(events):
            at = lost[0].ts or 0.0
            unexpected = any(who == node and at - 3 <= ts <= at + 3 for who, ts in missed)
            if node is not None and not unexpected and _closing(stops, node, at, back):
                continue
            stopped = [other for other in stops.around(at, LEAVE) if other != node] if not unexpected else []
            yield _finding(store, node, lost, back, stopped)


def _episodes(events: list[Event]) -> Iterator[tuple[list[Event], Event | None]]:
    """The lines of each loss, and the line that ended it."""
    had = events[0].kind != "corosync.started"
    lost: list[Event] = []
    first = True
    for event in events:
        if event.kind == "corosync.started":
            if lost:
                yield lost, None
            had, lost = False, []
        elif event.kind in ("quorum.gained", "quorum.retained"):
            if lost and (event.ts or 0.0) - (lost[0].ts or 0.0) >= BLINK:
                yield lost, event
            had, lost = True, []
        elif event.kind == "quorum.still_lost":
            had = had and bool(lost)
        elif lost or (had and not (first and event.daemon != "corosync")):
            lost.append(event)
        first = False
    if lost:
        yield lost, None


def _closing(stops: Stops, node: str, at: float, back: Event | None) -> bool:
    """Whether the whole cluster was being stopped in order: the node itself follows, and quorum stays away."""
    stopped = [stop for stop in stops.times.get(node, ()) if at - 2 <= stop <= at + SOON]
    return bool(stopped) and (back is None or (back.ts or 0.0) > min(stopped))


def _finding(store: Store, node: str | None, lost: list[Event], back: Event | None, stopped: Sequence[str]) -> Finding:
    at = lost[0].ts
    end = back.ts if back is not None else None
    more = [row.id for row in store.rows(MEMBERS, node, at)]
    lasted = (
        f" and had it again after {duration(end - (at or end))}"
        if end is not None
        else " and did not get it back within the log"
    )
    why = f" when {listing(stopped)} {'was' if len(stopped) == 1 else 'were'} stopped" if stopped else ""
    return Finding(
        node,
        f"{node or 'A node'} lost quorum at {clock(at)}{why}{lasted}.",
        at=at,
        until=end,
        evidence=tuple(dict.fromkeys((*(event.id for event in lost[:8]), *more))),
    )
