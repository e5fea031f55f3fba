"""Respawn loops: a daemon that ends again and again, or a unit that systemd restarts again and again."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

from pcmklog import daemons
from pcmklog.model import Event
from pcmklog.rules._ending import Ending, of_unit
from pcmklog.rules._endings import endings, episodes
from pcmklog.store import Store

GAP = 60.0  # seconds between two ends of one daemon that belong to one loop
OFTEN = 5  # ends of one daemon; four may be an operator's test of each daemon
RESTARTS = 3  # restarts by systemd
RESTART_GAP = 180.0


@dataclass
class Loop:
    """A daemon that came back `len(ends)` times, or that systemd restarted; `limit` are the lines about the limit."""

    node: str
    daemon: str
    role: str
    ends: list[Ending] = field(default_factory=list)
    restarts: list[Event] = field(default_factory=list)
    limit: list[Event] = field(default_factory=list)

    @property
    def first(self) -> float:
        """When it began."""
        return min([e.ts for e in self.ends] + [e.ts or 0.0 for e in (*self.restarts, *self.limit)])

    @property
    def last(self) -> float:
        """When it was last seen."""
        return max([e.ts for e in self.ends] + [e.ts or 0.0 for e in (*self.restarts, *self.limit)])


def loops(store: Store) -> list[Loop]:
    """All loops in the order of time."""
    return sorted([*_children(store), *_units(store)], key=lambda loop: loop.first)


def members(found: list[Loop]) -> set[int]:
    """The ends (by `id`) that are told by a loop and by no other rule."""
    return {id(end) for loop in found for end in loop.ends}


def _children(store: Store) -> list[Loop]:
    kept: dict[tuple[str, str], list[Ending]] = defaultdict(list)
    for end in endings(store).ends:
        if not end.ordered and end.role in (*daemons.PACEMAKER_CHILDREN, "mgmtd") and end.status not in (0, 100):
            kept[end.node, end.role].append(end)
    limits: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in store.events("child.respawn_limit"):
        if event.node is not None and event.ts is not None:
            limits[event.node, daemons.role(event.fields.get("child", ""))].append(event)
    found = []
    for key in sorted(kept.keys() | limits.keys()):
        rest = limits.get(key, [])
        for ends in episodes(((end.ts, end) for end in kept.get(key, [])), GAP):
            mine = [event for event in rest if ends[0].ts - 1 <= (event.ts or 0.0) <= ends[-1].ts + GAP]
            rest = [event for event in rest if event not in mine]
            if len(ends) >= OFTEN or mine:
                found.append(Loop(key[0], ends[-1].daemon, key[1], ends, limit=mine))
        if rest:
            found.append(Loop(key[0], rest[0].fields.get("child", ""), key[1], limit=rest))
    return found


def _units(store: Store) -> list[Loop]:
    kept: dict[tuple[str, str], list[Event]] = defaultdict(list)
    for event in store.events("unit.restart_scheduled", "unit.start_limit_hit"):
        name = of_unit(event.fields.get("unit", ""))
        if name and event.node is not None and event.ts is not None:
            kept[event.node, name].append(event)
    found = []
    for (node, name), events in sorted(kept.items()):
        for group in episodes(((event.ts or 0.0, event) for event in events), RESTART_GAP):
            limit = [event for event in group if event.kind == "unit.start_limit_hit"]
            restarts = [event for event in group if event.kind == "unit.restart_scheduled"]
            if len(restarts) >= RESTARTS or (limit and restarts):
                found.append(Loop(node, name, daemons.role(name), _deaths(store, node, name, group), restarts, limit))
    return found


def _deaths(store: Store, node: str, name: str, group: list[Event]) -> list[Ending]:
    """The ends of the restarted daemon after the first of them, which is a finding of its own."""
    first, last = group[0].ts or 0.0, group[-1].ts or 0.0
    return [
        end
        for end in endings(store).ends
        if end.node == node and end.role == daemons.role(name) and first <= end.ts <= last + GAP
    ]
