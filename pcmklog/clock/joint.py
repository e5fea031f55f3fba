"""Clocks that drift, all at once: the lines that all moments of all nodes lie on.

What two nodes have in common tells of both, so a node whose moments with the reference are few is followed by way of
those that it has with others.  Each clock is a line: so many seconds ahead at the first moment, and so many gained in
one.  Only moments of milliseconds take part; that all lie on lines is a proof, for steps and slews do not.

Whether a clock drifts at all is weighed, for any moments lie on some line: a rate has to explain them so much better
than none that it makes up for how rarely clocks drift, and for all the other rates that it could have been (the ratio
of Savage and Dickey).  So a few moments close together prove less than the same change over an hour.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from math import inf, log
from statistics import median
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pcmklog.clock.moments import STEEPEST, Pairs, Point, at_once, lateness, sure, times
from pcmklog.clock.shape import LEAST_STEP, LEAST_TIMES, Drift

FOLLOWED = 2  # times at which a node has moments, so that it is asked whether it drifts
USUAL_RATE = 0.02  # of the clocks that drift so that it shows in a log
RARITY = log(20)  # so many times more clocks do not drift
SAME_RATE = 1e-4  # clocks that go alike
CLOSE = 0.025  # seconds from its line
MOST = 0.75  # of the moments have to be so close
LEAST_WIDTH = 0.012  # seconds; what is so far from its line counts for nothing, if half lies closer
TURNS = 8  # of fitting, each with less weight for what lies beside
Array = npt.NDArray[np.float64]


class Seen(NamedTuple):
    """A moment of two nodes: what the clock of each showed, and how many seconds it is off in general."""

    node: str
    peer: str
    at: float
    peer_at: float
    error: float


class Fit(NamedTuple):
    """For each node its first and last moment, how far ahead it was at the first, and the rate with its error."""

    span: dict[str, tuple[float, float]]
    ahead: dict[str, float]
    rate: dict[str, float]
    error: dict[str, float]
    beside: Array


def drifts(moments: Pairs, reference: str, *, two: bool) -> tuple[str, dict[str, Drift]]:
    """The reference, and the lines of the others where some drift against it; none where no moments lie on lines.

    The reference is another one where most clocks go alike, and it does not go with them, or where it has moments at
    one time only; of `two` nodes none does.  A node whose moments do not lie on a line takes no part.
    """
    followed = _followed(moments)
    while seen := _seen(moments, reference):
        best = _fit(seen, reference, followed)
        if not two and (other := _other(best, reference, followed)) != reference:
            reference, best = other, _fit(seen, other, followed)
        off = _off(seen, best)
        if max(off.values()) <= CLOSE and max(map(abs, best.rate.values()), default=0.0) <= STEEPEST:
            return reference, _told(best, reference, moments)
        worst = max(off.keys() - {reference}, key=lambda node: (off[node], abs(best.rate.get(node, 0.0)), node))
        moments = {pair: points for pair, points in moments.items() if worst not in pair}
    return reference, {}


def _off(seen: Sequence[Seen], fit: Fit) -> dict[str, float]:
    """For each node how far most of its moments are from the lines, or the furthest if that is as far as a jump."""
    beside: dict[str, list[float]] = {}
    for s, by in zip(seen, fit.beside, strict=True):
        beside.setdefault(s.node, []).append(abs(by))
        beside.setdefault(s.peer, []).append(abs(by))
    return {n: max(own) if max(own) >= LEAST_STEP else float(np.quantile(own, MOST)) for n, own in beside.items()}


def _told(fit: Fit, reference: str, moments: Pairs) -> dict[str, Drift]:
    """The lines, told by their middles, where a clock drifts; a rate goes on for ever where moments enough prove it."""
    found = {}
    counted = _times(moments)
    for node in fit.span.keys() - {reference} if fit.rate else ():
        rate, (first, last) = fit.rate.get(node, 0.0), fit.span[node]
        half, proved = (last - first) / 2, node in fit.rate and counted[node] >= LEAST_TIMES
        reach = 3 * half if rate and not proved else inf
        found[node] = Drift(first + half, fit.ahead[node] + rate * half, rate, reach, proved=proved)
    return dict(sorted(found.items()))


def likely(rate: float, error: float) -> bool:
    """Whether a clock drifts, by the rate that fits its moments and the error of that rate."""
    return bool(rate) and (rate / error) ** 2 / 2 - log(max(USUAL_RATE / error, 1.0)) > RARITY


def _other(fit: Fit, reference: str, followed: set[str]) -> str:
    """The node that most clocks go alike with, of those that can be followed."""
    rates = {node: fit.rate.get(node, 0.0) for node in fit.span}
    middle = median(rates.values())
    possible = (followed & rates.keys()) or rates.keys()
    if reference in possible and abs(rates[reference] - middle) <= SAME_RATE:
        return reference
    return min(possible, key=lambda node: (round(abs(rates[node] - middle), 5), node))


def _weight(beside: Array) -> Array:
    """The less the further from its line, and next to none for what was logged late (Tukey's biweight)."""
    width = max(LEAST_WIDTH, 4 * float(np.median(beside)))
    return np.asarray(np.square(1 - np.square(np.minimum(beside / width, 1))) + 1e-6)


def _seen(moments: Pairs, reference: str) -> list[Seen]:
    """The moments of the nodes that are connected with the reference, each once."""
    linked, grown = {reference}, True
    sharp = {pair: [p for p in points if not p.error] for pair, points in moments.items()}
    while grown:
        near = {node for (node, peer), points in sharp.items() if points and peer in linked}
        grown = not near <= linked
        linked |= near
    return [
        _moment(node, peer, group)
        for (node, peer), points in sorted(sharp.items())
        if node < peer and node in linked
        for group in at_once(points)
    ]


def _moment(node: str, peer: str, group: list[Point]) -> Seen:
    best = sure(group)
    at, ahead = (median(getattr(p, name) for p in best or group) for name in ("logged", "ahead"))
    return Seen(node, peer, at, at - ahead, lateness(group))


def _times(moments: Pairs) -> dict[str, int]:
    """At how many different times each node has moments with others."""
    ordered = sorted(moments.items())
    every = {node: [p for _, points in own for p in points] for node, own in groupby(ordered, lambda item: item[0][0])}
    return {node: times(p for p in points if not p.error) for node, points in every.items()}


def _followed(moments: Pairs) -> set[str]:
    return {node for node, own in _times(moments).items() if own >= FOLLOWED}


def _fit(seen: Sequence[Seen], reference: str, followed: set[str]) -> Fit:
    """The lines that come nearest to the moments, only those of the `followed` with a rate that are likely to drift."""
    free = followed - {reference}
    while True:
        fit = _lines(seen, reference, free)
        doubtful = [node for node in sorted(fit.rate) if not likely(fit.rate[node], fit.error[node])]
        if not doubtful:
            return fit
        free -= {min(doubtful, key=lambda node: abs(fit.rate[node]) / fit.error[node])}


def _lines(seen: Sequence[Seen], reference: str, free: set[str]) -> Fit:
    """The lines that come nearest to the moments; a node that is not `free` has no rate, the reference is zero."""
    stamps: dict[str, list[float]] = {}
    for s in seen:
        stamps.setdefault(s.node, []).append(s.at)
        stamps.setdefault(s.peer, []).append(s.peer_at)
    span = {node: (min(at), max(at)) for node, at in sorted(stamps.items())}
    constant = {node: n for n, node in enumerate(node for node in span if node != reference)}
    sloped = {node: len(constant) + n for n, node in enumerate(sorted(free & constant.keys()))}
    matrix = np.zeros((len(seen), len(constant) + len(sloped)))
    for row, s in enumerate(seen):
        for node, at, sign in ((s.node, s.at, 1.0), (s.peer, s.peer_at, -1.0)):
            if node in constant:
                matrix[row, constant[node]] = sign
            if node in sloped:
                matrix[row, sloped[node]] = sign * (at - span[node][0])
    wanted = np.array([s.at - s.peer_at for s in seen])
    found, error, beside = _nearest(matrix, wanted, np.array([s.error for s in seen]), len(constant))
    return Fit(
        span,
        {node: float(found[n]) for node, n in constant.items()} | {reference: 0.0},
        {node: float(found[n]) for node, n in sloped.items()},
        {node: float(error[n]) for node, n in sloped.items()},
        beside,
    )


def _nearest(matrix: Array, wanted: Array, errors: Array, constants: int) -> tuple[Array, Array, Array]:
    """The solution, its errors, and what remains; rates that the moments do not tell are none."""
    likelihood = np.zeros(matrix.shape[1])
    likelihood[constants:] = USUAL_RATE**-2
    weight = np.ones(len(wanted))
    found, inverse, beside = wanted, matrix, wanted
    for _ in range(TURNS):
        scaled = matrix * (weight / errors**2)[:, None]
        normal = scaled.T @ matrix + np.diag(likelihood)
        size = np.sqrt(np.diag(normal))  # a rate over days and a constant differ by many powers of ten
        inverse = np.linalg.inv(normal / np.outer(size, size)) / np.outer(size, size)
        found = inverse @ (scaled.T @ wanted)
        beside = wanted - matrix @ found
        weight = _weight(np.abs(beside))
    return found, np.sqrt(np.diag(inverse)), beside
