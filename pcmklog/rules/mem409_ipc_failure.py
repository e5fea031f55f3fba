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
from pcmklog.rules._ring import Stops
from pcmklog.state.members import names
from pcmklog.store import Store
from pcmklog.words import clock, times

EPISODE = 60.0
AROUND = 10.0  # seconds around the end of a daemon in which its clients complain
MANY = 3
EVICTED = ("ipc.client_evicted", "pacemaker.evicted")
ENDS = """
select 1 from life
where node = ? and role in ('messaging', 'mcp')
  and (ended between ? - ? and ? + ? or stopping between ? - 300 and ? + ?)
limit 1
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
    groups: dict[str, list[list[Event]]] = {}
    ending: dict[tuple[str, int], bool] = {}
    for event in store.events("cpg.send_failed", "cpg.overloaded", *EVICTED):
        if event.node is None or event.ts is None or event.level in ("debug", "trace", "info"):
            continue
        ts = event.ts
        if stops.ordered(event.node, ts, after=AROUND):
            continue
        second = (event.node, int(ts))  # floods hold hundreds of lines a second
        if second not in ending:
            ending[second] = store.one(ENDS, event.node, ts, AROUND, ts, AROUND, ts, ts, AROUND) is not None
        if ending[second]:
            continue
        mine = groups.setdefault(event.node, [])
        if mine and ts - (mine[-1][-1].ts or 0.0) <= EPISODE:
            mine[-1].append(event)
        else:
            mine.append([event])
    for node, episodes in groups.items():
        for group in episodes:
            if len(group) < MANY and all(event.kind == "cpg.overloaded" for event in group):
                continue
            yield Finding(
                node,
                f"{_what(group)} on {node} at {clock(group[0].ts)} ({times(len(group))}).",
                at=group[0].ts,
                until=group[-1].ts if len(group) > 1 else None,
                evidence=tuple(event.id for event in group[:20]),
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
