"""How well the clocks are known: what the moments still differ by once the clocks are laid right."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from math import sqrt
from statistics import median
from typing import NamedTuple

from pcmklog.clock.moments import Pairs, Point, at_once, lateness, telling
from pcmklog.clock.shape import Shift


class Beside(NamedTuple):
    """A moment of two nodes, and by how much it is off."""

    point: Point
    by: float


def beside(moments: Pairs, constant: Mapping[str, float], turned: Mapping[str, Iterable[Shift]]) -> Besides:
    """For all moments of each two nodes what the offsets leave; a clock that is not steady has one for each event."""
    at = {shift.event: shift.ahead for shifts in turned.values() for shift in shifts}
    return {
        (node, peer): [
            Beside(p, p.ahead - at.get(p.event, constant[node]) + at.get(p.peer_event, constant[peer])) for p in points
        ]
        for (node, peer), points in moments.items()
    }


Besides = dict[tuple[str, str], list[Beside]]


def residual(found: Besides, node: str, pairs: Pairs) -> float | None:
    """How many milliseconds the moments of a node are off in general."""
    off = [
        abs(one.by)
        for (mine, peer), rows in found.items()
        if mine == node
        for one in rows
        if one.point in pairs[mine, peer]
    ]
    return round(median(off) * 1000, 1) if off else None


def errors(found: Besides, reference: str | None) -> dict[str, float]:
    """By how many seconds clocks may be wrong against the reference, from the first to the last moment of a node.

    That is how far its moments of one time are off at most, and how far they are so by themselves, twice the standard
    error of all of them.  What moments with a third node are off more than those is laid to the clock of that node.
    """
    nodes = {node for node, _ in found} - {reference}
    known = {node: _error(found[node, reference]) for node in nodes if reference and (node, reference) in found}
    return {
        node: round(max(known.get(node, 0.0), *(_error(rows) - known.get(peer, 0.0) for peer, rows in others)), 3)
        for node in nodes
        if (others := [(peer, rows) for (mine, peer), rows in found.items() if mine == node])
    }


def _error(rows: list[Beside]) -> float:
    by = {one.point: one.by for one in rows}
    groups = at_once(telling([*by]))
    off = max(abs(median(by[point] for point in group)) for group in groups)
    return off + 2 * median(lateness(group) for group in groups) / sqrt(len(groups))
