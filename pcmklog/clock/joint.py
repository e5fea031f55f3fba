"""Clocks that drift, all at once: the lines that all moments of all nodes lie on.

What two nodes have in common tells of both, so a node whose moments with the reference are few is followed by way of
those that it has with others.  Each clock is a line: so many seconds ahead at the first moment, and so many gained in
one.  Only moments of milliseconds take part; that all lie on lines is a proof, for steps and slews do not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from statistics import median
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pcmklog.clock.moments import STEEPEST, Pairs, Point, times
from pcmklog.clock.shape import LEAST_TIMES, Drift

LEAST_CHANGE = 0.1  # seconds by which an offset changes, so that it is looked at
CLOSE = 0.025  # seconds from its line
MOST = 0.75  # of the moments have to be so close
LEAST_GAIN = 0.03  # seconds over all moments of a node; less is none
LEAST_WIDTH = 0.012  # seconds; what is so far from its line counts for nothing, if half lies closer
TURNS = 8  # of fitting, each with less weight for what lies beside
Array = npt.NDArray[np.float64]


class Seen(NamedTuple):
    """A moment of two nodes: what the clock of each showed."""

    node: str
    peer: str
    at: float
    peer_at: float


class Fit(NamedTuple):
    """For each node how far it was ahead of the reference at its first moment, the rate, and what remains."""

    since: dict[str, float]
    ahead: dict[str, float]
    rate: dict[str, float]
    beside: Array


def drifts(moments: Pairs, reference: str, *, two: bool) -> tuple[str, dict[str, Drift]]:
    """The reference, and the nodes that drift against it; none where the moments do not lie on lines.

    The reference is another one where most clocks go alike, and it does not go with them; of `two` nodes none does.
    """
    seen = _seen(moments, reference)
    changing = any(_change(points) > LEAST_CHANGE for points in moments.values())
    if not changing or not seen:
        return reference, {}
    free = _followed(moments)
    first = _fit(seen, reference, free)
    if not two:
        rates = {node: first.rate.get(node, 0.0) for node in first.since}
        middle = median(rates.values())
        if abs(rates[reference] - middle) > 1e-4:
            reference = min(rates, key=lambda node: (round(abs(rates[node] - middle), 5), node))
            first = _fit(seen, reference, free)
    spans = {node: max(_stamps(seen, node)) - min(_stamps(seen, node)) for node in first.since}
    free = {node for node, rate in first.rate.items() if abs(rate) * spans[node] >= LEAST_GAIN}
    best = _fit(seen, reference, free)
    if not free or np.quantile(np.abs(best.beside), MOST) > CLOSE or max(map(abs, best.rate.values())) > STEEPEST:
        return reference, {}
    return reference, {node: _middle(best, node, spans[node]) for node in sorted(free)}


def _middle(fit: Fit, node: str, span: float) -> Drift:
    """The line, told by its middle."""
    rate = fit.rate[node]
    return Drift(fit.since[node] + span / 2, fit.ahead[node] + rate * span / 2, rate)


def _weight(beside: Array) -> Array:
    """The less the further from its line, and next to none for what was logged late (Tukey's biweight)."""
    width = max(LEAST_WIDTH, 4 * float(np.median(beside)))
    return np.asarray(np.square(1 - np.square(np.minimum(beside / width, 1))) + 1e-6)


def _seen(moments: Pairs, reference: str) -> list[Seen]:
    """The moments of the nodes that are connected with the reference."""
    linked, grown = {reference}, True
    sharp = {pair: [p for p in points if not p.error] for pair, points in moments.items()}
    while grown:
        near = {node for (node, peer), points in sharp.items() if points and peer in linked}
        grown = not near <= linked
        linked |= near
    return [
        Seen(node, peer, p.logged, p.logged - p.ahead)
        for (node, peer), points in sorted(sharp.items())
        if node < peer and node in linked
        for p in points
    ]


def _change(points: Sequence[Point]) -> float:
    ahead = [p.ahead for p in points if not p.error]
    return max(ahead, default=0.0) - min(ahead, default=0.0)


def _followed(moments: Pairs) -> set[str]:
    """The nodes that have moments at times enough for a line."""
    ordered = sorted(moments.items())
    every = {node: [p for _, points in own for p in points] for node, own in groupby(ordered, lambda item: item[0][0])}
    return {node for node, points in every.items() if times(p for p in points if not p.error) >= LEAST_TIMES}


def _stamps(seen: Sequence[Seen], node: str) -> list[float]:
    return [s.at if s.node == node else s.peer_at for s in seen if node in (s.node, s.peer)]


def _fit(seen: Sequence[Seen], reference: str, free: set[str]) -> Fit:
    """The lines that come nearest to the moments; a node that is not `free` has no rate, the reference is zero."""
    nodes = sorted({s.node for s in seen} | {s.peer for s in seen})
    since = {node: min(_stamps(seen, node)) for node in nodes}
    constant = {node: n for n, node in enumerate(node for node in nodes if node != reference)}
    sloped = {node: len(constant) + n for n, node in enumerate(sorted(free & constant.keys()))}
    matrix = np.zeros((len(seen), len(constant) + len(sloped)))
    wanted = np.array([s.at - s.peer_at for s in seen])
    for row, s in enumerate(seen):
        for node, at, sign in ((s.node, s.at, 1.0), (s.peer, s.peer_at, -1.0)):
            if node in constant:
                matrix[row, constant[node]] = sign
            if node in sloped:
                matrix[row, sloped[node]] = sign * (at - since[node])
    weight = np.ones(len(seen))
    for _ in range(TURNS):
        root = np.sqrt(weight)
        found = np.linalg.lstsq(matrix * root[:, None], wanted * root, rcond=None)[0]
        beside = wanted - matrix @ found
        weight = _weight(np.abs(beside))
    ahead = {node: float(found[n]) for node, n in constant.items()} | {reference: 0.0}
    return Fit(since, ahead, {node: float(found[n]) for node, n in sloped.items()}, beside)
