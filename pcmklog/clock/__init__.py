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
from collections.abc import Mapping
from statistics import median
from types import MappingProxyType
from typing import NamedTuple

from pcmklog.clock import causal
from pcmklog.clock.moments import Pairs, Point, common, groups, steady, telling, typical
from pcmklog.clock.order import order
from pcmklog.clock.shape import Drift
from pcmklog.clock.unsteady import Shape, doubtful, find, keep
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
    clocks, reference = _clocks(doubts, pairs, zoned)
    shapes: dict[str, Shape] = {}
    if reference is not None:
        reference, shapes, used = find(store, reference, nodes, moments)
        clocks, _ = _clocks(doubts, pairs, zoned, reference)
        shapes = {node: shape for node, shape in shapes.items() if node not in given}
        clocks = [_reshaped(c, shapes[c.node]) if c.node in shapes else c for c in clocks]
        keep(store, reference, shapes, used)
    clocks = [c._replace(residual_ms=_residual(c, clocks, pairs, shapes)) if shapes else c for c in clocks]
    clocks = [c._replace(offset_s=given[c.node], zone_s=0.0) if c.node in given else c for c in clocks]
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
            "error_s": [_error(c, moments.get((c.node, reference or ""), []), shapes.get(c.node)) for c in clocks],
            "given": [c.node in given for c in clocks],
        },
    )
    store.script("aligned")
    if shapes:
        store.script("shifted")
    store.script("within")
    fixed = sorted(clocks, key=lambda c: (c.node != reference, c.node not in given, -c.anchors, c.node))
    order(store, bounds, [c.node for c in fixed])


def _reshaped(clock: Clock, shape: Shape) -> Clock:
    """The offset that stands for all of a clock that is not steady."""
    if isinstance(shape, Drift):
        rate = shape.rate / (1 - shape.rate)  # seconds gained in one of the reference
        return clock._replace(offset_s=round(shape.ahead, 3), zone_s=0.0, drift_ppm=round(rate * 1e6, 1))
    if isinstance(shape, list):
        return clock._replace(offset_s=round(shape[-1].after, 3), zone_s=0.0)
    return clock._replace(offset_s=round(median(ahead for _, ahead in shape.knots), 3), zone_s=0.0)


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
    steps = round(ahead / ZONE_STEP) * ZONE_STEP
    zone = steps if not zones_known and abs(ahead) >= ZONE_LEAST and abs(ahead - steps) <= ZONE_STEP / 6 else 0.0
    offset = ahead - zone
    if is_reference or abs(offset) < (NOISE_PRECISE if sharp else NOISE_WHOLE) or not mine:
        offset = 0.0
    beside = [abs(point.ahead - typical(points)) for points in mine.values() for point in points]
    residual = round(median(beside) * 1000, 1) if beside else None
    return Clock(node, round(offset, 3), zone, None, len(beside), residual)


def _residual(clock: Clock, clocks: list[Clock], pairs: Pairs, shapes: dict[str, Shape]) -> float | None:
    """How far the moments of a node are off in general, where clocks are not steady; None where steps are."""
    constant = {c.node: c.offset_s + c.zone_s for c in clocks}
    beside = []
    for (node, peer), points in pairs.items():
        mine, other = shapes.get(node), shapes.get(peer)
        if node != clock.node or isinstance(mine, list) or isinstance(other, list):
            continue
        for point in points:
            ahead = mine.at(point.logged) if mine else constant[node]
            beside.append(point.ahead - ahead + (other.at(point.logged - point.ahead) if other else constant[peer]))
    return round(median(map(abs, beside)) * 1000, 1) if beside else None


def _error(clock: Clock, points: list[Point], shape: Shape | None) -> float | None:
    """By how much the offset misses the moments that prove it, at the time at which it does so most."""
    if not points or isinstance(shape, list):
        return None
    off = [
        abs(typical(group) - (shape.at(group[0].logged) if shape else clock.offset_s + clock.zone_s))
        for group in groups(telling(points))
    ]
    return round(max(off), 3)
