"""A start began before the previous stop on that node had finished.

## What it finds
A pacemakerd, or a Corosync, that was started while the one before it had been asked to stop and was still at it: the
old one goes on logging after the new one's first line. A restart that waits for the end of the stop, and a start
after a crash, do not overlap. Also a node that, just started, is told by the DC to stop once more.

## Why it matters
The new daemon finds the sockets, locks and children of the old one: it is refused, adopts daemons that are about to
end, or takes half a cluster for a whole one. Most often somebody lost patience with a slow stop, and the node is down
in the end though a start was asked for.

## What to do
Wait for `Shutdown complete` and `exiting normally` before you start anything: `systemctl restart` does, `stop &
start` in a script may not. If stops are slow, find the resource that takes the time (see ORD108) rather than to start
early. Afterwards check what runs: `systemctl status corosync pacemaker`, `crm_mon -1`, and start what is missing. Old
cman init scripts returned before Corosync was gone: update cman (3.0.12 and later wait).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock

PATIENCE = 1800.0  # seconds: systemd's time limit for a stop of Pacemaker
STOPS = ("pacemakerd.stopping", "corosync.unloading")
STARTS = (
    "pacemakerd.invoked",
    "pacemakerd.started",
    "pacemakerd.no_messaging",
    "pacemakerd.duplicate",
    "corosync.started",
)
ENDS = ("pacemakerd.stopped", "pacemakerd.exited", "corosync.exited")
# What the stopping process logged last after each start.
LATER = """
with overlap as (
  select unnest(?::bigint[]) as start, unnest(?::varchar[]) as node, unnest(?::varchar[]) as daemon,
    unnest(?::integer[]) as pid, unnest(?::double[]) as low, unnest(?::double[]) as high
)
select o.start, max(e.ts) as ts, arg_max(e.id, (e.ts, e.id)) as id
from overlap o join event e on e.node = o.node and e.daemon = o.daemon and e.pid = o.pid
where e.id > o.start and e.ts between o.low and o.high
group by o.start
"""


FRESH = 300.0  # seconds after a start in which a request to stop is an old one


class Overlap(NamedTuple):
    """A stop that was under way, and the start that did not wait for it."""

    stop: Event
    start: Event


@rule(
    "ORD111",
    "restart-overlap",
    "warning",
    reads=("pacemakerd.stopping", "corosync.unloading", "controller.stop_unexpected"),
)
def restart_overlap(store: Store) -> Iterator[Finding]:
    """Starts inside the stop of an older process of the same daemon."""
    yield from _told(store)
    found = list(_overlaps(store))
    wanted = [
        (start.id, stop.node, stop.daemon, stop.pid, start.ts, (stop.ts or 0.0) + PATIENCE) for stop, start in found
    ]
    last = {row.start: row for row in store.rows(LATER, *map(list, zip(*wanted, strict=True)))} if wanted else {}
    for stop, start in found:
        later = last.get(start.id)
        if later is None or later.ts - (start.ts or 0.0) < 0.5:
            continue
        name = "Corosync" if stop.kind.startswith("corosync") else "Pacemaker"
        yield Finding(
            stop.node,
            f"{name} was started on {stop.node} at {clock(start.ts)}, while its stop, begun at {clock(stop.ts)}, "
            f"went on until {clock(later.ts)}.",
            at=start.ts,
            until=later.ts,
            evidence=(start.id, stop.id, later.id),
        )


def _told(store: Store) -> Iterator[Finding]:
    """A controller that is told to stop though its node has just been started: an older request is still in force."""
    starts = _by_node(store.events("pacemakerd.started", "daemon.started"))
    stops = _by_node(store.events("pacemakerd.stopping"))
    for told in store.events("controller.stop_unexpected"):
        if told.node is None or told.ts is None or told.text.startswith("Ignoring"):
            continue
        recent = _between(starts.get(told.node, []), told.ts - FRESH, told.ts)
        start = max(recent, key=lambda event: event.id, default=None)
        if start is None or _between(stops.get(told.node, []), start.ts or 0.0, told.ts):
            continue
        yield Finding(
            told.node,
            f"Pacemaker on {told.node}, started at {clock(start.ts)}, was told to stop at {clock(told.ts)}: "
            "the DC still held the request of its last stop.",
            at=told.ts,
            evidence=(told.id, start.id),
        )


def _by_node(events: Iterable[Event]) -> dict[str, list[Event]]:
    """The events that have a time, by node, in the order of time."""
    found: dict[str, list[Event]] = {}
    for event in events:
        if event.node is not None and event.ts is not None:
            found.setdefault(event.node, []).append(event)
    return found


def _between(events: list[Event], low: float, high: float) -> list[Event]:
    return events[bisect_left(events, low, key=_ts) : bisect_right(events, high, key=_ts)]


def _ts(event: Event) -> float:
    return event.ts or 0.0


def _overlaps(store: Store) -> Iterator[Overlap]:
    """The first start of another process inside each stop."""
    stopping: dict[tuple[str, str], Event] = {}
    for event in store.events(*STOPS, *STARTS, *ENDS):
        if event.node is None or event.ts is None or event.pid is None or event.kind.split(".")[0] != event.daemon:
            continue
        key = (event.node, event.daemon)
        stop = stopping.get(key)
        if event.kind in STOPS:
            stopping.setdefault(key, event)
        elif stop is None or event.ts - (stop.ts or 0.0) > PATIENCE:
            stopping.pop(key, None)
        elif event.pid == stop.pid:
            if event.kind in ENDS:
                del stopping[key]
        elif event.kind in STARTS:
            del stopping[key]
            yield Overlap(stop, event)
