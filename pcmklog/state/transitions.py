"""What schedulers planned, transition by transition, and what became of the operations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from pcmklog.store import Row, Store

PLANNED = """
select id, ts, node as scheduler, kind, fields->>'rsc' as resource, fields->>'where' as place,
  coalesce(fields->>'node', fields->>'target') as about, fields->>'transition' as number
from event
where kind in (
    'resource.start_planned', 'resource.stop_planned', 'resource.move_planned', 'resource.recover_planned',
    'resource.restart_planned', 'resource.promote_planned', 'resource.demote_planned', 'node.shutdown_scheduled',
    'fencing.planned', 'fencing.scheduled', 'transition.calculated'
  ) and ts is not null and node is not null
order by scheduler, ts, id
"""
RESULTS = r"""
select id, ts, digits, node, kind = 'resource.ok' as ok, rsc, task from (
  select id, ts, digits, kind, coalesce(fields->>'node', node) as node,
    coalesce(fields->>'rsc', regexp_extract(fields->>'op_key', '^(.+?)_(migrate_to|migrate_from|[a-z]+)_\d+$', 1))
      as rsc,
    coalesce(fields->>'task', regexp_extract(fields->>'op_key', '_(migrate_to|migrate_from|[a-z]+)_\d+$', 1)) as task
  from event
  where kind in ('resource.ok', 'resource.failed', 'resource.timed_out', 'resource.result') and ts is not null
)
where task in ('start', 'stop', 'promote', 'demote', 'migrate_to', 'migrate_from')
order by ts, id
"""
ROLES = frozenset(["Started", "Stopped", "Master", "Slave", "Promoted", "Unpromoted", "blocked", "unmanaged", "FAILED"])
DONE_BY = {"stop": ("stop",), "demote": ("demote",), "promote": ("promote",)}


class Move(NamedTuple):
    """A planned action on one resource: what, from where, to where."""

    resource: str
    action: str
    source: str | None
    target: str | None
    ts: float
    event: int


@dataclass
class Transition:
    """What one scheduler planned at one moment."""

    scheduler: str
    number: str | None = None
    ts: float = 0.0
    event: int | None = None
    moves: list[Move] = field(default_factory=list)
    stops: set[str] = field(default_factory=set)
    fences: set[str] = field(default_factory=set)
    events: list[int] = field(default_factory=list)

    def concerns(self, node: str) -> bool:
        """Whether it plans anything because of this node."""
        return node in self.stops or node in self.fences or any(move.source == node for move in self.moves)


def transitions(store: Store) -> list[Transition]:
    """All transitions in order of time; the plans of one are what its scheduler said before it gave the number."""
    found: list[Transition] = []
    current: dict[str, Transition] = {}
    for row in store.rows(PLANNED):
        now = current.setdefault(row.scheduler, Transition(row.scheduler))
        if row.kind == "transition.calculated":
            now.number, now.ts, now.event = row.number, row.ts, row.id
            found.append(current.pop(row.scheduler))
            continue
        now.events.append(row.id)
        if row.kind == "node.shutdown_scheduled":
            now.stops.add(row.about)
        elif row.kind.startswith("fencing."):
            now.fences.add(row.about)
        elif row.resource:
            now.moves.append(move(row))
    return sorted(found, key=lambda transition: transition.ts)


def move(row: Row) -> Move:
    """Reads `( alpha -> beta )`, `(Started alpha)`, `(Slave -> Master alpha)`: roles are no nodes."""
    action = row.kind.removeprefix("resource.").removesuffix("_planned")
    left, arrow, right = (row.place or "").partition("->")
    names = [[word for word in side.split() if word.strip("()") not in ROLES] for side in (left, right)]
    if arrow and names[0] and names[1]:
        return Move(row.resource, action, names[0][0], names[1][0], row.ts, row.id)
    only = next((word for side in names for word in side), None)
    source = only if action in ("stop", "demote", "recover", "restart") else None
    return Move(row.resource, action, source, None if action in ("stop", "demote") else only, row.ts, row.id)


class Results:
    """Results of operations by resource and node."""

    def __init__(self, store: Store) -> None:
        self.by_place: dict[tuple[str, str], list[Row]] = {}
        for row in store.rows(RESULTS):
            if row.rsc and row.node:
                self.by_place.setdefault((row.rsc, row.node), []).append(row)

    def of(self, planned: Move, until: float) -> Row | None:
        """The first result after the plan that ends it: of the stop where nothing was to start, else of the start."""
        tasks = DONE_BY.get(planned.action, ("start", "migrate_from"))
        node = planned.target or planned.source or ""
        for row in self.by_place.get((planned.resource, node), ()):
            if planned.ts - 1.0 <= row.ts <= until and row.task in tasks:
                return row
        return None
