"""Finds the clocks that are not steady, and keeps what is known of them in the tables of `sql/clock.sql`."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from pcmklog.clock.joint import drifts
from pcmklog.clock.moments import Pairs, Point, steady, sure, telling, times, typical
from pcmklog.clock.shape import (
    LEAST_STEP,
    LEAST_TIMES,
    Course,
    Drift,
    Shift,
    Step,
    Stepped,
    course,
    drift,
    shifts,
    steps,
)
from pcmklog.store import Store

LEAST_CHANGE = 0.1  # seconds by which an offset changes that moments of milliseconds prove
STEADY = 0.5  # an offset that changes by less is steady
Shape = Drift | Course | Stepped


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
        shown = {(node, reference): _carried(node, reference, moments, known) for node in lines}
        for node in nodes:
            points = [] if node in (reference, *lines) else _carried(node, reference, moments, known)
            if points and (shape := _shape(store, node, reference, points, follow=True)):
                known[node], shown[node, reference] = shape, points
        return reference, known, shown
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
        if first == node and between and not isinstance(shape, Stepped):
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
    jumps = steps(store, node, reference, best)
    return drift(best, noise / 2) or (_apart(jumps, best) if jumps else None) or (course(best) if follow else None)


def _apart(jumps: list[Step], points: list[Point]) -> Stepped:
    """The pieces between the jumps, each with its own course."""
    ordered = sorted(points, key=lambda point: point.logged - point.ahead)
    parts = [[ordered[0]]]
    for a, b in pairwise(ordered):
        if abs(b.ahead - a.ahead) < LEAST_STEP:
            parts[-1].append(b)
        else:
            parts.append([b])
    pieces = [_piece(part) for part in parts]
    told = zip(jumps, pairwise(pieces), strict=True)
    return Stepped([s._replace(before=a.at(s.bound), after=b.at(s.logged)) for s, (a, b) in told], pieces)


def _piece(points: list[Point]) -> Drift:
    """The line of some points, level if the clock did not drift."""
    _, lines = drifts({("node", "reference"): points}, "reference", two=True)
    return lines.get("node") or Drift(points[0].logged, typical(sure(points) or points), 0.0, proved=False)


def _change(points: list[Point]) -> float:
    offsets = [point.ahead for point in telling(points)]
    return max(offsets) - min(offsets)


def _noise(points: list[Point]) -> float:
    """What the stamps themselves leave open."""
    return max(STEADY, 2 * max(point.error for point in telling(points)))


def shifted(store: Store, shapes: dict[str, Shape]) -> dict[str, list[Shift]]:
    """How far ahead the clocks that are not steady were at each of their events."""
    return {node: shifts(store, node, shape) for node, shape in shapes.items()}


def keep(
    store: Store, reference: str, shapes: dict[str, Shape], moments: Pairs, turned: dict[str, list[Shift]],
    zones: dict[str, float],
) -> None:  # fmt: skip
    """Writes the tables of the clocks that are not steady; `zones` are the parts of what they show that are a zone."""
    for node, shape in shapes.items():
        points, zone = telling(moments[node, reference]), zones[node]
        anchors = [(node, point.event, point.peer_event, point.ahead - zone) for point in points]
        _insert(store, "clock_anchor", ("node", "event", "peer_event", "ahead_s"), anchors)
        rows = [(s.event, s.source, s.line, s.ahead - zone) for s in turned[node]]
        _insert(store, "event_shift", ("event", "source", "line", "offset_s"), rows)
        if isinstance(shape, Stepped):
            jumps = [(node, s.event, s.last_event, s.logged, s.before, s.after) for s in shape.steps]
            _insert(store, "clock_step", ("node", "event", "last_event", "logged", "before_s", "after_s"), jumps)


def _insert(store: Store, table: str, names: Sequence[str], rows: Sequence[tuple[str | float, ...]]) -> None:
    if rows:
        store.insert(table, {name: list(column) for name, column in zip(names, zip(*rows, strict=True), strict=True)})
