"""One clock for all nodes: offsets between nodes are proved by events that happen at one moment on all of them.

The ring id of a membership is the best anchor: every member logs it within milliseconds; a message with its answer is
as good (`causal.py`).  A difference of whole hours is a zone unless lines prove the zones of both, the rest is an
offset.  Without a common event the clock of a node is not known, and taken as right.  A clock whose offset changes from
anchor to anchor drifts (`joint.py`) or was set (`unsteady.py`, `shape.py`).  A line of whole seconds is not before what
stands above it in its file (`sql/within.sql`).  At last no effect stands before its cause,
as far as that is open (`order.py`).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

from pcmklog.clock import causal, errors
from pcmklog.clock.moments import Pairs, common, steady, typical
from pcmklog.clock.order import order
from pcmklog.clock.shape import Drift, Shift, Stepped
from pcmklog.clock.unsteady import Shape, doubtful, find, keep, shifted
from pcmklog.store import Store

ZONED = "select node from node_zone where proof in ('epoch', 'given')"
ZONE_STEP = 900.0  # zones differ by multiples of a quarter of an hour
ZONE_LEAST = 1800.0
NOISE_WHOLE = 2.0  # stamps of whole seconds: a smaller offset may be the cut of the stamp
NOISE_PRECISE = 0.05


class Clock(NamedTuple):
    """The clock of a node: seconds ahead of the reference, drift in 1e-6, and how well that is proved."""

    node: str
    offset_s: float
    zone_s: float
    drift_ppm: float | None
    anchors: int
    residual_ms: float | None


class _Laid(NamedTuple):
    """The clocks, the courses of those that are not steady with the moments that show it, and what remains."""

    clocks: list[Clock]
    reference: str | None
    shapes: dict[str, Shape]
    used: Pairs
    turned: dict[str, list[Shift]]
    constant: dict[str, float]
    beside: errors.Besides
    wrong: dict[str, float]

    @property
    def at(self) -> Callable[[str, int], float]:
        """How many seconds ahead the clock of a node was at an event."""
        ahead = {shift.event: shift.ahead for shifts in self.turned.values() for shift in shifts}
        return lambda node, event: ahead.get(event, self.constant[node])


def align(store: Store, given: Mapping[str, float] = MappingProxyType({})) -> None:
    """Fills the tables of `sql/clock.sql`, and corrects `event.ts` and the spans of the sources.

    `given` are the seconds by which the clock of a node was ahead, where the user knows better.
    """
    store.script("clock")
    bounds = causal.bounds(store)
    moments = common(store, causal.trips(bounds))
    nodes = [row.node for row in store.rows("select distinct node from event where node is not null order by node")]
    doubts = {node: doubtful(moments, node, nodes) for node in nodes}
    pairs = {pair: steady(points) for pair, points in moments.items()}
    zoned = {row.node for row in store.rows(ZONED)}
    laid = _laid(store, moments, doubts, pairs, zoned, given)
    if late := causal.broken(bounds, moments, laid.at, laid.wrong):
        laid = _laid(
            store,
            {pair: sorted([*points, *late.get(pair, ())]) for pair, points in moments.items()},
            doubts,
            pairs,
            zoned,
            given,
        )
    clocks, reference, shapes = laid.clocks, laid.reference, laid.shapes
    if reference is not None:
        keep(store, reference, shapes, laid.used, laid.turned, {c.node: c.zone_s for c in clocks})
    clocks = [c._replace(residual_ms=errors.residual(laid.beside, c.node, pairs)) for c in clocks]
    store.insert(
        "clock",
        {
            "node": [c.node for c in clocks],
            "reference": [reference] * len(clocks),
            "offset_s": [c.offset_s for c in clocks],
            "zone_s": [c.zone_s for c in clocks],
            "drift_ppm": [c.drift_ppm for c in clocks],
            "anchors": [c.anchors for c in clocks],
            "residual_ms": [c.residual_ms for c in clocks],
            "error_s": [laid.wrong.get(c.node) for c in clocks],
            "given": [c.node in given for c in clocks],
        },
    )
    store.script("aligned")
    if shapes:
        store.script("shifted")
    store.script("within")
    fixed = sorted(clocks, key=lambda c: (c.node != reference, c.node not in given, -c.anchors, c.node))
    order(store, bounds, [c.node for c in fixed])


def _laid(
    store: Store, moments: Pairs, doubts: dict[str, int], pairs: Pairs, zoned: set[str], given: Mapping[str, float]
) -> _Laid:
    """The clocks by the moments that they have in common."""
    clocks, reference = _clocks(doubts, pairs, zoned)
    shapes: dict[str, Shape] = {}
    used: Pairs = {}
    if reference is not None:
        reference, found, used = find(store, reference, sorted(doubts), moments)
        clocks, _ = _clocks(doubts, pairs, zoned, reference)
        shapes = {node: shape for node, shape in found.items() if node not in given}
        known = zoned if reference in zoned else set()
        clocks = [_reshaped(c, shapes[c.node], known) if c.node in shapes else c for c in clocks]
    clocks = [c._replace(offset_s=given[c.node], zone_s=0.0) if c.node in given else c for c in clocks]
    turned = shifted(store, shapes)
    constant = {c.node: c.offset_s + c.zone_s for c in clocks}
    beside = errors.beside(moments, constant, turned)
    return _Laid(clocks, reference, shapes, used, turned, constant, beside, errors.errors(beside, reference))


def _reshaped(clock: Clock, shape: Shape, zoned: set[str]) -> Clock:
    """The offset that stands for all of a clock that is not steady."""
    if isinstance(shape, Drift):
        rate = round(shape.rate / (1 - shape.rate) * 1e6, 1)  # seconds gained in a million of the reference
        zone = _zone(shape.ahead, known=clock.node in zoned)
        offset = round(shape.ahead - zone, 3)
        return clock._replace(offset_s=offset, zone_s=zone, drift_ppm=rate if shape.proved else None)
    if isinstance(shape, Stepped):
        return clock._replace(offset_s=round(shape.steps[-1].after, 3), zone_s=0.0)
    return clock._replace(offset_s=round(median(ahead for _, ahead in shape.knots), 3), zone_s=0.0)


def _zone(ahead: float, *, known: bool) -> float:
    """The part of an offset that is a zone, unless the zones are known."""
    steps = round(ahead / ZONE_STEP) * ZONE_STEP
    return steps if not known and abs(ahead) >= ZONE_LEAST and abs(ahead - steps) <= ZONE_STEP / 6 else 0.0


def _clocks(
    doubts: dict[str, int], pairs: Pairs, zoned: set[str], reference: str | None = None
) -> tuple[list[Clock], str | None]:
    nodes = sorted(doubts, key=lambda node: (doubts[node], node))
    if not nodes:
        return [], None
    ahead = _walk(nodes, pairs)
    reference = reference or _reference(_candidates(nodes, doubts, pairs), ahead)
    zero = ahead[reference]
    clocks = []
    for node in sorted(nodes):
        known = {node, reference} <= zoned
        clocks.append(_clock(node, ahead[node] - zero, pairs, is_reference=node == reference, zones_known=known))
    return clocks, reference


def _walk(nodes: list[str], pairs: Pairs) -> dict[str, float]:
    """How far each node is ahead of the first node that it is connected with; 0 for a node on its own."""
    ahead: dict[str, float] = {}
    for start in nodes:
        if start in ahead:
            continue
        ahead[start] = 0.0
        queue = deque([start])
        while queue:
            near = queue.popleft()
            for far in nodes:
                if far not in ahead and (far, near) in pairs:
                    ahead[far] = ahead[near] + typical(pairs[far, near])
                    queue.append(far)
    return ahead


def _candidates(nodes: list[str], doubts: dict[str, int], pairs: Pairs) -> list[str]:
    """The steadiest of those that are connected with others; all when none is."""
    peers = {near for near, _ in pairs}
    connected = [node for node in nodes if node in peers] or nodes
    return [node for node in connected if doubts[node] == doubts[connected[0]]]


def _reference(candidates: list[str], ahead: dict[str, float]) -> str:
    """The node whose clock most agree with: the median, the first by name among equals."""
    if len(candidates) == 2:  # two clocks have no majority
        return min(candidates)
    middle = median(ahead[node] for node in candidates)
    return min(candidates, key=lambda node: (round(abs(ahead[node] - middle), 3), node))


def _clock(node: str, ahead: float, pairs: Pairs, *, is_reference: bool, zones_known: bool) -> Clock:
    mine = {pair: points for pair, points in pairs.items() if pair[0] == node}
    sharp = any(not point.error for points in mine.values() for point in points)
    zone = _zone(ahead, known=zones_known)
    offset = ahead - zone
    if is_reference or abs(offset) < (NOISE_PRECISE if sharp else NOISE_WHOLE) or not mine:
        offset = 0.0
    return Clock(node, round(offset, 3), zone, None, sum(map(len, mine.values())), None)
