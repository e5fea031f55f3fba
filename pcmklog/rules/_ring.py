"""What the rules of the ring share: members that went without a word, and ordered stops."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from typing import NamedTuple

from pcmklog.model import Event
from pcmklog.state.members import NAMELESS, listed, names
from pcmklog.store import Store, once

ECHO = 30.0  # seconds from the loss of the token to the membership without the lost member
SAME = 2.0  # seconds in which the lines of one membership stand
SIDES = 20.0  # seconds between the two sides of one split
NEVER, FOREVER = float("-inf"), float("inf")
ORDERED = 120.0  # seconds before its leave in which a node's stop may have begun
STOPS = """
select node, stopping as ts from life where role = 'messaging' and stopping is not null
union all
select node, ended from life where role = 'messaging' and how = 'stopped' and ended is not null
union all
select p.node, p.ended from life p
where p.role = 'mcp' and p.how = 'stopped' and p.ended is not null
  and not exists (
    select 1 from life m
    where m.node = p.node and m.role = 'messaging' and m.how in ('killed', 'lost', 'exited')
      and m.ended between p.stopping - 5 and p.ended
  )
"""


class Loss(NamedTuple):
    """That `observer` found a membership without `peer`, which had not said goodbye."""

    observer: str
    peer: str
    ts: float
    events: tuple[int, ...]
    back: float  # when the observer had the peer again; infinite if never


@once
def losses(store: Store) -> list[Loss]:
    """Every member that went without a stop, as each survivor saw it."""
    known = names(store)
    events = store.events(
        "totem.token_lost", "totem.left_without_leave", "totem.membership_formed", "quorum.members",
        "plugin.member_lost", "plugin.member_new", "corosync.started",
    )  # fmt: skip
    per_node: dict[str, Observer] = {}
    for event in events:
        if event.node is not None and event.ts is not None:
            per_node.setdefault(event.node, Observer(event.node, known)).see(event, event.ts)
    found = [loss for observer in per_node.values() for loss in observer.losses]
    return sorted(found, key=lambda loss: (loss.ts, loss.observer, loss.peer))


class Observer:
    """Follows the memberships of one node."""

    def __init__(self, node: str, known: dict[str, str]) -> None:
        self.node = node
        self.known = known
        self.losses: list[Loss] = []
        self.token = NEVER
        self.members: set[str] = set()
        self.formed: tuple[float, int, set[str]] = (NEVER, 0, set())

    def see(self, event: Event, ts: float) -> None:
        """Takes the next event of the node into account."""
        fields = event.fields
        if event.kind == "corosync.started":
            self.members, self.token = set(), NEVER
            self._back({loss.peer for loss in self.losses}, ts)
        elif event.kind == "totem.token_lost":
            self.token = ts
        elif event.kind == "totem.membership_formed":
            joined = listed(fields.get("joined"), self.known)
            self.formed = (ts, event.id, joined)
            if ts - self.token <= ECHO:
                self._gone(listed(fields.get("left"), self.known), event, ts)
            self._back(joined, ts)
        elif event.kind == "totem.left_without_leave":
            self._gone(listed(fields.get("nodes"), self.known), event, ts)
        elif event.kind == "quorum.members":
            now = listed(fields.get("members"), self.known)
            if ts - self.token <= ECHO:
                self._gone(self.members - now, event, ts)
            self._back(now - self.members, ts)
            self.members = now
        else:
            name = fields.get("node", "")
            name = self.known.get(fields.get("nodeid", ""), name) if name in NAMELESS else name
            if event.kind == "plugin.member_new":
                self._back({name}, ts)
            elif ts - self.token <= ECHO and name not in NAMELESS:
                self._gone({name}, event, ts)

    def _gone(self, peers: set[str], event: Event, ts: float) -> None:
        near = ts - self.formed[0] < SAME
        formed, joined = ((self.formed[1],), self.formed[2]) if near else ((), set())
        for peer in sorted(peers - {self.node}):
            at = next((n for n, loss in enumerate(self.losses) if loss.peer == peer and ts - loss.ts < SAME), None)
            if at is None:
                events = tuple(dict.fromkeys((event.id, *formed)))
                self.losses.append(Loss(self.node, peer, ts, events, ts if peer in joined else FOREVER))
            else:
                loss = self.losses[at]
                self.losses[at] = loss._replace(events=tuple(dict.fromkeys((*loss.events, event.id))))

    def _back(self, peers: set[str], ts: float) -> None:
        for n, loss in enumerate(self.losses):
            if loss.peer in peers and loss.back == FOREVER:
                self.losses[n] = loss._replace(back=ts)


def splits(found: list[Loss]) -> list[list[Loss]]:
    """The losses that are mutual, both sides having lived on apart for a while, by split."""
    lasting = [loss for loss in found if loss.back > loss.ts]
    groups: list[list[Loss]] = []
    for loss in lasting:
        mutual = any(
            other.observer == loss.peer and other.peer == loss.observer and abs(other.ts - loss.ts) <= ECHO
            and max(other.ts, loss.ts) < min(other.back, loss.back)
            for other in lasting
        )  # fmt: skip
        if mutual and groups and loss.ts - groups[-1][-1].ts <= SIDES:
            groups[-1].append(loss)
        elif mutual:
            groups.append([loss])
    return groups


def within(times: Sequence[float], low: float, high: float) -> bool:
    """Whether one of the times, which are in their order, lies between two others."""
    at = bisect_left(times, low)
    return at < len(times) and times[at] <= high


class Stops:
    """When nodes were stopped in order, by their own words and those of others."""

    def __init__(self, store: Store, known: dict[str, str]) -> None:
        self.times: dict[str, list[float]] = defaultdict(list)
        for row in store.rows(STOPS):
            self.times[row.node].append(row.ts)
        for event in store.events("corosync.stopped_by_admin"):
            if event.ts is not None:
                self.times[known.get(event.fields.get("nodeid", ""), event.node or "")].append(event.ts)
        for times in self.times.values():
            times.sort()

    def ordered(self, node: str, ts: float, before: float = ORDERED, after: float = 3.0) -> bool:
        """Whether the node was being stopped, or had just been, at this time."""
        return within(self.times.get(node, ()), ts - before, ts + after)

    def around(self, ts: float, before: float, after: float = 3.0) -> list[str]:
        """The nodes that were being stopped at this time, or had just been."""
        return sorted(node for node in self.times if node and self.ordered(node, ts, before, after))
