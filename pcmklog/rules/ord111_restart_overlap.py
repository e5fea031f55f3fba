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

from collections.abc import Iterator
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
LATER = """
select id, ts from event
where node = ? and daemon = ? and pid = ? and id > ? and ts between ?::double and ?::double
order by ts desc, id desc limit 1
"""


# A controller that is told to stop though its node has just been started: an older request to stop is still in force.
TOLD = """
select c.node, c.ts, c.id, s.id as started, s.ts as began from event c
join event s on s.id = (
  select max(e.id) from event e
  where e.node = c.node and e.kind in ('pacemakerd.started', 'daemon.started') and e.ts between c.ts - 300 and c.ts
)
where c.kind = 'controller.stop_unexpected' and c.text not like 'Ignoring%' and not exists (
  select 1 from event p where p.node = c.node and p.kind = 'pacemakerd.stopping' and p.ts between s.ts and c.ts
)
order by c.ts, c.id
"""


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
    for stop, start in _overlaps(store):
        later = store.one(LATER, stop.node, stop.daemon, stop.pid, start.id, start.ts, (stop.ts or 0.0) + PATIENCE)
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
    for row in store.rows(TOLD):
        yield Finding(
            row.node,
            f"Pacemaker on {row.node}, started at {clock(row.began)}, was told to stop at {clock(row.ts)}: "
            "the DC still held the request of its last stop.",
            at=row.ts,
            evidence=(row.id, row.started),
        )


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
