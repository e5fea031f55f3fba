"""Messages could not be sent through Corosync.

## What it finds
Errors of CPG or of the plugin's IPC (`Sending message via cpg FAILED`, queues that grow) on a node whose Corosync
lived on and was not being stopped; a client that a daemon threw out because it did not read (`Evicting slow client`),
and a daemon that was put out of its CPG group. What a daemon says after Corosync died, or in a stop, belongs to that.

## Why it matters
A daemon that cannot send misses votes, joins and changes of the CIB: the node is a member and yet does not take part.

## What to do
Look for a Corosync that is slow (MEM405, load) or a ring in flux (MEM403). `Try again` for long: the ring does not
pass messages, look for retransmissions (MEM406) and for a peer that is overloaded. `Bad handle` or `Bad file
descriptor`: the connection is gone; restart Pacemaker on that node. See the free space of `/dev/shm`. A client that
is thrown out again and again: raise the property `cluster-ipc-limit` (1.1.17 and later; resources times nodes is a
good value), and look at what holds that daemon up. Put out of CPG: the node slept or was parted from the others
(MEM405, MEM402).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.rules._ring import Stops, within
from pcmklog.state.members import names
from pcmklog.store import Row, Store
from pcmklog.words import clock, times

EPISODE = 60.0
AROUND = 10.0  # seconds around the end of a daemon in which its clients complain
MANY = 3
EVICTED = ("ipc.client_evicted", "pacemaker.evicted")
ORDERED = 300.0  # seconds that a stop may take
SAID = """
kind in (select unnest(?::varchar[])) and level not in ('debug', 'trace', 'info') and ts is not null
"""
ENDS = """
select node, list(ended order by ended) filter (ended is not null) as ended,
  list(stopping order by stopping) filter (stopping is not null) as stopping
from life where role in ('messaging', 'mcp') group by node
"""


@rule(
    "MEM409",
    "ipc-failure",
    "error",
    reads=("cpg.send_failed", "cpg.overloaded", "cpg.joined", "messaging.connected", *EVICTED),
)
def ipc_failure(store: Store) -> Iterator[Finding]:
    """Failures to send, by node, away from deaths and stops."""
    stops = Stops(store, names(store))
    ends = {row.node: row for row in store.rows(ENDS)}
    said = store.events_where(SAID, ["cpg.send_failed", "cpg.overloaded", *EVICTED])
    kept = (event for event in said if not _ending(stops, ends.get(event.node), event))
    for node, group in episodes(kept, EPISODE):
        if len(group) < MANY and all(event.kind == "cpg.overloaded" for event in group):
            continue
        yield Finding(
            node,
            f"{_what(group)} on {node} at {clock(group[0].ts)} ({times(len(group))}).",
            at=group[0].ts,
            until=group[-1].ts if len(group) > 1 else None,
            evidence=tuple(event.id for event in group[:20]),
        )


def _ending(stops: Stops, ends: Row | None, event: Event) -> bool:
    """Whether Corosync or Pacemaker of the node ended then, or was being stopped."""
    ts = event.ts or 0.0
    if stops.ordered(event.node or "", ts, after=AROUND):
        return True
    return ends is not None and (
        within(ends.ended or (), ts - AROUND, ts + AROUND) or within(ends.stopping or (), ts - ORDERED, ts + AROUND)
    )


def _what(group: list[Event]) -> str:
    """What went wrong first; who was thrown out counts more than what could not be sent."""
    event = next((event for event in group if event.kind in EVICTED), group[0])
    if event.kind == "ipc.client_evicted":
        client = event.fields.get("client") or f"process {event.fields.get('pid', '')}"
        return f"{event.daemon} threw out {client}, which did not read its messages,"
    if event.kind == "pacemaker.evicted":
        return f"{event.daemon} was put out of its CPG group"
    return f"{event.daemon} could not send through Corosync"
