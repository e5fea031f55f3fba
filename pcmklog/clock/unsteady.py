"""Finds the clocks that are not steady, and keeps what is known of them in the tables of `sql/clock.sql`."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from pcmklog.clock.shape import Drift, Point, Step, drift, shifts, steps
from pcmklog.store import Row, Store

MOMENTS = """
select node, case when kind = 'attrd.set' then 'shutdown ' || (fields->>'node') || ' ' || (fields->>'new')
                  else fields->>'ring' end as moment,
  min(logged) as logged, min(digits) as digits, min(id) as event
from event
where logged is not null and node is not null and digits >= 0
  and ((kind in ('totem.membership_formed', 'plugin.membership_stable') and fields->>'ring' is not null
        and coalesce(fields->>'count', '2') <> '1' and id not in (select event from lonely_ring))
       or (kind = 'attrd.set' and fields->>'name' = 'shutdown' and length(fields->>'new') > 8))
group by all having count(*) = 1
order by moment, node
"""
STEADY = 0.5  # an offset that changes by less is steady
Moments = dict[tuple[str, str], list[Point]]
Shape = Drift | list[Step]


def common(store: Store) -> Moments:
    """For each pair of nodes how far the first was ahead at every common moment, the stop of a node included."""
    seen: dict[str, list[Row]] = defaultdict(list)
    for row in store.rows(MOMENTS):
        seen[row.moment].append(row)
    pairs: Moments = defaultdict(list)
    for rows in seen.values():
        for a in rows:
            for b in rows:
                if a.node != b.node and (a.digits > 0) == (b.digits > 0):
                    pairs[a.node, b.node].append(Point(a.logged, a.logged - b.logged, a.event, b.event))
    return pairs


def doubtful(moments: Moments, node: str, nodes: list[str], noise: float) -> int:
    """Against how many others the clock of a node is not steady."""
    return sum(_unsteady(moments.get((node, other), []), noise) for other in nodes)


def _unsteady(points: list[Point], noise: float) -> bool:
    offsets = [point.ahead for point in points]
    return len(offsets) > 1 and max(offsets) - min(offsets) > max(STEADY, noise)


def find(
    store: Store, reference: str, nodes: list[str], moments: Moments, noise: float
) -> tuple[str, dict[str, Shape]]:
    """The clocks that are not steady against the reference; of two nodes the one whose log shows it is not."""
    others = [node for node in nodes if len(nodes) == 2 and node != reference]
    for candidate in (reference, *others):
        found: dict[str, Shape] = {}
        for node in nodes:
            points = sorted(moments.get((node, candidate), []))
            if node != candidate and _unsteady(points, noise):
                shape = drift(points, max(noise, STEADY / 2)) or steps(store, node, candidate, points)
                if shape:
                    found[node] = shape
        if found:
            return candidate, found
    return reference, {}


def keep(store: Store, reference: str, shapes: dict[str, Shape], moments: Moments) -> None:
    """Writes the tables of the clocks that are not steady."""
    for node, shape in shapes.items():
        points = moments[node, reference]
        anchors = [(node, point.event, point.peer_event, point.ahead) for point in points]
        _insert(store, "clock_anchor", ("node", "event", "peer_event", "ahead_s"), anchors)
        _insert(store, "event_shift", ("event", "source", "line", "offset_s"), shifts(store, node, shape))
        if not isinstance(shape, Drift):
            jumps = [(node, s.event, s.last_event, s.logged, s.before, s.after) for s in shape]
            _insert(store, "clock_step", ("node", "event", "last_event", "logged", "before_s", "after_s"), jumps)


def _insert(store: Store, table: str, names: Sequence[str], rows: Sequence[tuple[str | float, ...]]) -> None:
    if rows:
        store.insert(table, {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)})
