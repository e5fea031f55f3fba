"""Finds the clocks that are not steady, and keeps what is known of them in the tables of `sql/clock.sql`."""

from __future__ import annotations

from collections.abc import Sequence

from pcmklog.clock.joint import LEAST_CHANGE, drifts
from pcmklog.clock.moments import Pairs, Point, steady, sure, telling, times, typical
from pcmklog.clock.shape import LEAST_TIMES, Course, Drift, Step, course, drift, shifts, steps
from pcmklog.store import Store

STEADY = 0.5  # an offset that changes by less is steady
Shape = Drift | Course | list[Step]


def doubtful(moments: Pairs, node: str, nodes: list[str]) -> int:
    """Against how many others the clock of a node is not steady."""
    return sum(_change(points) > _noise(points) for other in nodes if (points := moments.get((node, other))))


def find(store: Store, reference: str, nodes: list[str], moments: Pairs) -> tuple[str, dict[str, Shape], Pairs]:
    """The clocks that are not steady against the reference, and the moments that show it.

    Of two nodes it is the one whose log shows it.
    """
    reference, lines = drifts(moments, reference, two=len(nodes) == 2)
    if lines:
        known: dict[str, Shape] = {**lines}
        return reference, known, {(node, reference): _carried(node, reference, moments, known) for node in lines}
    others = [node for node in nodes if len(nodes) == 2 and node != reference]
    for follow in (False, True):
        for candidate in (reference, *others):
            found: dict[str, Shape] = {}
            used: Pairs = {}
            for node in nodes:
                points = _carried(node, candidate, moments, found)
                if node != candidate and points and (shape := _shape(store, node, candidate, points, follow=follow)):
                    found[node], used[node, candidate] = shape, points
            if found:
                return candidate, found, used
    return reference, {}, {}


def _carried(node: str, reference: str, moments: Pairs, shapes: dict[str, Shape]) -> list[Point]:
    """The moments that a node has in common with the reference; where they are few, by way of a third node too."""
    own = moments.get((node, reference), [])
    if not own or times(own) >= LEAST_TIMES:
        return own
    found = [*own]
    for (first, via), points in moments.items():
        between, shape = moments.get((via, reference)), shapes.get(via)
        if first == node and between and not isinstance(shape, list):
            ahead = typical(steady(between))
            for point in points:
                by = shape.at(point.logged - point.ahead) if shape else ahead
                found.append(point._replace(ahead=point.ahead + by))
    return sorted(found)


def _shape(store: Store, node: str, reference: str, points: list[Point], *, follow: bool) -> Shape | None:
    """How the offset changes; to `follow` it from moment to moment comes last, for it needs no reason."""
    best, noise = telling(points), _noise(points)
    if _change(points) <= noise:
        fine = sure(best)
        if not fine or _change(fine) <= LEAST_CHANGE:
            return None
        return drift(fine, LEAST_CHANGE / 4) or (course(fine) if follow else None)
    return drift(best, noise / 2) or steps(store, node, reference, best) or (course(best) if follow else None)


def _change(points: list[Point]) -> float:
    offsets = [point.ahead for point in telling(points)]
    return max(offsets) - min(offsets)


def _noise(points: list[Point]) -> float:
    """What the stamps themselves leave open."""
    return max(STEADY, 2 * max(point.error for point in telling(points)))


def keep(store: Store, reference: str, shapes: dict[str, Shape], moments: Pairs) -> None:
    """Writes the tables of the clocks that are not steady."""
    for node, shape in shapes.items():
        points = telling(moments[node, reference])
        anchors = [(node, point.event, point.peer_event, point.ahead) for point in points]
        _insert(store, "clock_anchor", ("node", "event", "peer_event", "ahead_s"), anchors)
        _insert(store, "event_shift", ("event", "source", "line", "offset_s"), shifts(store, node, shape))
        if isinstance(shape, list):
            jumps = [(node, s.event, s.last_event, s.logged, s.before, s.after) for s in shape]
            _insert(store, "clock_step", ("node", "event", "last_event", "logged", "before_s", "after_s"), jumps)


def _insert(store: Store, table: str, names: Sequence[str], rows: Sequence[tuple[str | float, ...]]) -> None:
    if rows:
        store.insert(table, {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)})
