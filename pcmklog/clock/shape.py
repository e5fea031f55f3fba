"""Clocks that are not steady: one that was set in the middle of the log, or that drifts.

The common moments prove how far a clock was ahead at each of them.  Where that changes, the log of the node has to show
how: a stamp that goes back, a start of the machine or of Corosync, or a silence as long as the jump.
"""

from __future__ import annotations

from itertools import pairwise
from typing import NamedTuple

from pcmklog.store import Row, Store

LEAST_STEP = 2.0  # seconds; less may be a line that was written late
LEAST_SILENT_STEP = 5.0
LEAST_FALL = 1.0  # seconds; lines of several processes in one file may change places within milliseconds
EARLIER = 1e-6
STEEPEST = 0.05  # seconds gained in one; no clock drifts more
STARTS = ("corosync.started", "kernel.booted", "system.booted")
EVENTS = "select id, source, line, logged, kind from event where node = ? and logged is not null order by source, line"


class Point(NamedTuple):
    """A common moment: when the node logged it, and how far it was ahead."""

    logged: float
    ahead: float
    event: int
    peer_event: int


class Step(NamedTuple):
    """A jump: the first event after it, the last before it, and the lines at which it shows in each source."""

    event: int
    last_event: int
    logged: float
    before: float
    after: float
    lines: dict[int, int]
    bound: float  # by stamps alone: what is later than this was written after it


class Drift(NamedTuple):
    """How far ahead at a moment, and the seconds gained in one."""

    since: float
    ahead: float
    rate: float

    def at(self, logged: float) -> float:
        """Seconds ahead when the node's clock showed this."""
        return self.ahead + self.rate * (logged - self.since)


def drift(points: list[Point], noise: float) -> Drift | None:
    """A straight line through three points and more, if they lie on one."""
    if len(points) < 3:
        return None
    n = len(points)
    mean_x, mean_y = sum(p.logged for p in points) / n, sum(p.ahead for p in points) / n
    spread = sum((p.logged - mean_x) ** 2 for p in points)
    if spread == 0:
        return None
    rate = sum((p.logged - mean_x) * (p.ahead - mean_y) for p in points) / spread
    line = Drift(mean_x, mean_y, rate)
    change = max(p.ahead for p in points) - min(p.ahead for p in points)
    worst = max(abs(p.ahead - line.at(p.logged)) for p in points)
    return line if abs(rate) <= STEEPEST and worst <= max(noise, change * 0.1) else None


def steps(store: Store, node: str, peer: str, points: list[Point]) -> list[Step] | None:
    """The jumps between the points; None when the log of the node does not show them."""
    rows = store.rows(EVENTS, node)
    found: list[Step] = []
    for a, b in pairwise(sorted(points, key=lambda point: point.logged - point.ahead)):
        jump = b.ahead - a.ahead
        if abs(jump) < LEAST_STEP:
            continue
        begin, end = a.logged - a.ahead, b.logged - b.ahead
        others = store.rows(EVENTS, peer)
        if jump > 0 and _turned_back(others, begin, end, jump):
            return None
        restarted = _started(others, begin, end) and not _started(rows, a.logged, b.logged)
        step = None if restarted and not _turned_back(rows, a.logged, b.logged - jump, -jump) else _step(rows, a, b)
        if step is None:
            return None
        found.append(step)
    return found


def _step(rows: list[Row], a: Point, b: Point) -> Step | None:
    jump = b.ahead - a.ahead
    if jump < 0 and (lines := _turned_back(rows, a.logged, b.logged - jump, -jump)):
        after = [row for row in rows if row.source in lines and row.line >= lines[row.source]]
        before = [row for row in rows if row.source in lines and row.line < lines[row.source]]
        first, last = min(after, key=lambda row: row.logged), max(before, key=lambda row: row.logged)
        return Step(first.id, last.id, first.logged, a.ahead, b.ahead, lines, last.logged)
    between = sorted((row for row in rows if a.logged <= row.logged <= b.logged), key=lambda row: (row.logged, row.id))
    if not between:
        return None
    starts = [row for row in between if row.kind in STARTS and row.logged > a.logged]
    first = starts[-1] if starts else None
    if first is None and jump >= LEAST_SILENT_STEP:
        silences = [(late.logged - early.logged, late.id, late) for early, late in pairwise(between)]
        longest = max(silences, default=(0.0, 0, None))
        first = longest[2] if longest[0] >= jump * 0.9 else None
    if first is None:
        return None
    before = [row for row in between if row.logged < first.logged]
    last_event = before[-1].id if before else a.event
    return Step(first.id, last_event, first.logged, a.ahead, b.ahead, {}, first.logged - EARLIER)


def _started(rows: list[Row], begin: float, end: float) -> bool:
    return any(row.kind in STARTS and begin < row.logged <= end for row in rows)


def _turned_back(rows: list[Row], begin: float, end: float, jump: float) -> dict[int, int]:
    """The line of each source at which the stamps fall back, if the clock was set back there."""
    if jump <= 0:
        return {}
    found: dict[int, int] = {}
    latest: dict[int, float] = {}
    for row in rows:
        before = latest.get(row.source)
        if before is not None and before - row.logged >= LEAST_FALL and begin - 1 <= before <= end + 1:
            found.setdefault(row.source, row.line)
        latest[row.source] = row.logged if before is None or row.source in found else max(before, row.logged)
    return found


def shifts(store: Store, node: str, shape: Drift | list[Step]) -> list[tuple[int, int, int, float]]:
    """Event, source, line and seconds ahead, for every event of the node."""
    rows = store.rows(EVENTS, node)
    if isinstance(shape, Drift):
        return [(row.id, row.source, row.line, shape.at(row.logged)) for row in rows]
    bounds = [step.bound for step in shape]
    result = []
    for row in rows:
        passed = sum(row.logged > bound for bound in bounds)
        for n, step in enumerate(shape):
            if row.source in step.lines:
                passed = max(passed, n + 1) if row.line >= step.lines[row.source] else min(passed, n)
        result.append((row.id, row.source, row.line, shape[passed - 1].after if passed else shape[0].before))
    return result
