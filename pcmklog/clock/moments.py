"""Moments that two nodes have in common, which prove how far their clocks were apart.

ring   a membership: every member logs its ring id within milliseconds
stop   the attribute by which a node is told to all as shutting down, with the seconds since 1970
trip   a message and its answer within milliseconds, which bound the offset from both sides (`causal.py`)
said   what one node says to all, each of which logs it when it arrives.  Messages of the closed process groups arrive
       everywhere within milliseconds, and daemons log most of them at once.  A single one may be a coincidence of two
       occasions: several have to agree, or one has to fit the moments that are proved.

What is said makes offsets finer where Corosync's own stamps have whole seconds, stands in for memberships where those
have no ring id (CMAN), and shows the course of a clock that drifts between two memberships.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterable
from math import sqrt
from statistics import median
from typing import NamedTuple

from pcmklog.store import Row, Store

PROVED = """
select node, kind = 'attrd.set' as stop,
  case when kind = 'attrd.set' then 'shutdown ' || (fields->>'node') || ' ' || (fields->>'new')
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
# Measured on labelled bundles: nine of ten are within 30 ms on all nodes.
SAID = """
select role || ' ' || kind || ' ' || text as moment, node, logged, digits, id as event
from event
where kind in (
    'quorum.members', 'quorum.sync_members', 'quorum.sync_left', 'node.removed', 'totem.left_without_leave',
    'corosync.stopped_by_admin', 'attrd.writer_lost', 'fencing.succeeded', 'cib.peer_stopping', 'cpg.left',
    'election.lost', 'election.passed', 'cpg.downlist_chosen'
  ) and logged is not null and node is not null and digits >= 0
qualify count(*) over (partition by moment, node) <= 12
order by moment, node, logged, event
"""
STEEPEST = 0.05  # seconds gained in one; no clock drifts more
HALF = 0.5  # what a stamp of whole seconds leaves open, either way
LEAST = 3  # moments that have to agree
LEAST_BESIDE_RINGS = 1
SHARE = 0.6  # of all that two nodes have in common
CLOSE_S = 0.05
CLOSE_WHOLE_S = 1.0
NEAR_S = 1.5  # from what whole seconds tell
SURE_S, SAID_S = 0.005, 0.02  # how far moments are off: rings and answers, and what was said alone (measured)
AT_ONCE_S = 1.0  # moments of two nodes so close together are off for the same reason, and count once
BESIDE_S = 5.0  # two that were said so close together bear each other out


class Point(NamedTuple):
    """A common moment: when the node logged it, how far it was ahead, and how many seconds that may be wrong."""

    logged: float
    ahead: float
    event: int
    peer_event: int
    error: float
    proof: str


Pairs = dict[tuple[str, str], list[Point]]


def common(store: Store, trips: Pairs) -> Pairs:
    """For each pair of nodes how far the first was ahead at every common moment, in the order of its stamps."""
    proved, said = _proved(store), _said(store)
    found: Pairs = {}
    for pair in sorted(proved.keys() | said.keys() | trips.keys()):
        points = [*proved.get(pair, ()), *trips.get(pair, ())]
        heard = said.get(pair, [])
        if not points:
            whole = _agreed(heard, CLOSE_WHOLE_S)
            points = _agreed([point for point in heard if not point.error], CLOSE_S) or whole
        elif heard:
            points = [*points, *_borne_out([p for p in heard if not p.error], points)]
        if points:
            found[pair] = sorted(points)
    return found


def steady(points: list[Point]) -> list[Point]:
    """Those that prove an offset best, if it is one offset: rings with decimals, else what was said with them."""
    if sharp := sure(points):
        return sharp
    rings = [point for point in points if point.proof == "ring"]
    heard = [point for point in points if not point.error]
    return _agreed(heard, CLOSE_S, LEAST_BESIDE_RINGS if rings else LEAST) or rings or points


def sure(points: list[Point]) -> list[Point]:
    """Those of which each proves the offset for itself, to some milliseconds."""
    return [point for point in points if point.proof in ("ring", "trip") and not point.error]


def telling(points: list[Point]) -> list[Point]:
    """Those that show how an offset changes: the ones with decimals, unless others tell of more than they do."""
    sharp = [point for point in points if not point.error]
    if times(sharp) < 2:
        return points
    stamps = [point.logged for point in sharp]
    rough = [point for point in points if point.error]
    return sharp if all(_fits(point, sharp, stamps, point.error + CLOSE_S) for point in rough) else points


def groups(points: Iterable[Point]) -> list[list[Point]]:
    """Those of one time each; what follows within seconds is one."""
    found: list[list[Point]] = []
    for point in sorted(points):
        if found and point.logged - found[-1][-1].logged <= BESIDE_S:
            found[-1].append(point)
        else:
            found.append([point])
    return found


def at_once(points: Iterable[Point]) -> list[list[Point]]:
    """Those of two nodes that are off for the same reasons."""
    found: list[list[Point]] = []
    for point in sorted(points):
        if found and point.logged - found[-1][0].logged <= AT_ONCE_S:
            found[-1].append(point)
        else:
            found.append([point])
    return found


def lateness(group: list[Point]) -> float:
    """By how many seconds moments of one time are off in general (standard deviation)."""
    cut = max(point.error for point in group)
    return sqrt(cut / 6) if cut else SURE_S if sure(group) else SAID_S  # each cut of a second counts 1/12


def times(points: Iterable[Point]) -> int:
    """At how many different times they were."""
    return len(groups(points))


def typical(points: list[Point]) -> float:
    """How far the first was ahead."""
    return median(point.ahead for point in points)


def _proved(store: Store) -> Pairs:
    return _pairs(store.rows(PROVED))


def _said(store: Store) -> Pairs:
    return _pairs(store.rows(SAID))


def _pairs(rows: Iterable[Row]) -> Pairs:
    seen: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        seen[row.moment].append(row)
    pairs: Pairs = defaultdict(list)
    for moment in seen.values():
        for a in moment:
            for b in moment:
                if a.node != b.node:
                    pairs[a.node, b.node].append(_point(a, b))
    return pairs


def _point(a: Row, b: Row) -> Point:
    """A stamp of whole seconds was written half a second later, give or take as much."""
    cut_a, cut_b = HALF * (a.digits == 0), HALF * (b.digits == 0)
    proof = "said" if "stop" not in a._fields else ("stop" if a.stop else "ring")
    return Point(a.logged, a.logged + cut_a - b.logged - cut_b, a.event, b.event, cut_a + cut_b, proof)


def _agreed(points: list[Point], close: float, least: int = LEAST) -> list[Point]:
    """The largest group that lies close together, each line once; none if it is too small, or one of several."""
    ordered = sorted(points, key=lambda point: point.ahead)
    values = [point.ahead for point in ordered]
    groups = [_once(ordered[n : bisect_right(values, value + close)]) for n, value in enumerate(values)]
    best = max(groups, key=len, default=[])
    possible = min(len({point.event for point in points}), len({point.peer_event for point in points}))
    if len(best) < least or len(best) < SHARE * possible:
        return []
    low, high = best[0].ahead - 2 * close, best[-1].ahead + 2 * close
    others = max((len(group) for group in groups if group[-1].ahead < low or group[0].ahead > high), default=0)
    return best if others <= SHARE * len(best) else []


def _once(points: list[Point]) -> list[Point]:
    """Of the pairs of lines as many as have no line in common."""
    taken: set[int] = set()
    found = []
    for point in points:
        if point.event not in taken and point.peer_event not in taken:
            taken.update((point.event, point.peer_event))
            found.append(point)
    return found


def _borne_out(said: list[Point], proved: list[Point]) -> list[Point]:
    """What was said at moments that fit those that are proved, and that another one beside it bears out."""
    anchors = sorted(proved)
    stamps = [point.logged for point in anchors]
    near = sorted(point for point in said if _fits(point, anchors, stamps))
    beside = sorted([*near, *(point for point in anchors if not point.error)])
    found = []
    begins = [point.logged for point in beside]
    for point in near:
        first, last = bisect_left(begins, point.logged - BESIDE_S), bisect_right(begins, point.logged + BESIDE_S)
        if any(_agree(point, other) for other in beside[first:last]):
            found.append(point)
    return _once(found)


def _fits(point: Point, anchors: list[Point], stamps: list[float], most: float = NEAR_S) -> bool:
    """Whether it is within so many seconds of the nearest anchor, and those that a clock can drift up to there."""
    n = bisect_left(stamps, point.logged)
    nearest = min(anchors[max(0, n - 1) : n + 1], key=lambda anchor: abs(anchor.logged - point.logged))
    by_drift = min(STEEPEST * abs(nearest.logged - point.logged), NEAR_S)
    return abs(point.ahead - nearest.ahead) <= most + by_drift


def _agree(point: Point, other: Point) -> bool:
    apart = abs(point.logged - other.logged)
    return point.event != other.event and abs(point.ahead - other.ahead) <= CLOSE_S + STEEPEST * apart
