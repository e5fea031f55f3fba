"""Clocks that are not steady: one that was set in the middle of the log, or that drifts.

The common moments prove how far a clock was ahead at each of them.  Where that changes, they lie on a line, or the log
of the node shows a jump: a stamp that goes back, a start of the machine or of Corosync, or a silence as long as the
jump.  Where it is neither, the clock is followed from one moment to the next (it was slewed, or it drifted and only two
moments tell).
"""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise
from math import inf
from statistics import median
from typing import NamedTuple

from pcmklog.clock.moments import STEEPEST, Point, groups, times
from pcmklog.store import Row, Store

LEAST_STEP = 2.0  # seconds; less may be a line that was written late
LEAST_SILENT_STEP = 5.0
LEAST_FALL = 1.0  # seconds; lines of several processes in one file may change places within milliseconds
EARLIER = 1e-6
LEAST_TIMES = 3  # moments that make a line
STRAY = 0.25  # part of the moments that may lie beside it
STARTS = ("corosync.started", "kernel.booted", "system.booted")
EVENTS = "select id, source, line, logged, kind from event where node = ? and logged is not null order by source, line"


class Step(NamedTuple):
    """A jump: the first event after it, the last before it, and the lines at which it shows in each source."""

    event: int
    last_event: int
    logged: float
    before: float
    after: float
    lines: dict[int, int]
    bound: float  # by stamps alone: what is later than this was written after it


class Stepped(NamedTuple):
    """A clock that was set, and its course before, between and after the jumps."""

    steps: list[Step]
    pieces: list[Drift]


class Drift(NamedTuple):
    """How far ahead at a moment, and the seconds gained in one, until so many seconds before and after it.

    It is `proved` where moments enough lie on the line.
    """

    since: float
    ahead: float
    rate: float
    reach: float = inf
    proved: bool = True

    def at(self, logged: float) -> float:
        """Seconds ahead when the node's clock showed this."""
        return self.ahead + self.rate * min(max(logged - self.since, -self.reach), self.reach)


class Shift(NamedTuple):
    """How many seconds ahead the clock was at an event."""

    event: int
    source: int
    line: int
    ahead: float


class Course(NamedTuple):
    """How far ahead at some moments; between them it changed evenly, beyond them at most as long again."""

    knots: list[tuple[float, float]]

    def at(self, logged: float) -> float:
        """Seconds ahead when the node's clock showed this."""
        first, last = self.knots[0][0], self.knots[-1][0]
        length = last - first
        logged = min(max(logged, first - length), last + length)
        n = min(max(bisect_right(self.knots, (logged,)), 1), len(self.knots) - 1)
        (a, ahead_a), (b, ahead_b) = self.knots[n - 1], self.knots[n]
        return ahead_a + (ahead_b - ahead_a) * (logged - a) / (b - a)


def drift(points: list[Point], noise: float) -> Drift | None:
    """A straight line through three moments and more, if they lie on one; a few may have been logged late."""
    first = _line(points)
    if first is None:
        return None
    apart = sorted(points, key=lambda point: abs(point.ahead - first.at(point.logged)))
    kept = apart[: len(apart) - int(len(apart) * STRAY)]
    line = _line(kept)
    if line is None or times(kept) < LEAST_TIMES:
        return None
    change = max(p.ahead for p in points) - min(p.ahead for p in points)
    worst = max(abs(p.ahead - line.at(p.logged)) for p in kept)
    return line if abs(line.rate) <= STEEPEST and worst <= max(noise, change * 0.1) else None


def _line(points: list[Point]) -> Drift | None:
    """The line that comes nearest to the points."""
    n = len(points)
    if n < LEAST_TIMES:
        return None
    mean_x, mean_y = sum(p.logged for p in points) / n, sum(p.ahead for p in points) / n
    spread = sum((p.logged - mean_x) ** 2 for p in points)
    if spread == 0:
        return None
    rate = sum((p.logged - mean_x) * (p.ahead - mean_y) for p in points) / spread
    return Drift(mean_x, mean_y, rate)


def course(points: list[Point]) -> Course | None:
    """From one moment to the next; None where no clock runs so fast."""
    knots = groups(points)
    found = [(median(p.logged for p in knot), median(p.ahead for p in knot)) for knot in knots]
    if len(found) < 2 or any(abs(b[1] - a[1]) > STEEPEST * (b[0] - a[0]) for a, b in pairwise(found)):
        return None
    return Course(found)


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


def shifts(store: Store, node: str, shape: Drift | Course | Stepped) -> list[Shift]:
    """How far ahead the clock of the node was at each of its events."""
    rows = store.rows(EVENTS, node)
    if isinstance(shape, Drift | Course):
        return [Shift(row.id, row.source, row.line, shape.at(row.logged)) for row in rows]
    result = []
    for row in rows:
        passed = sum(row.logged > step.bound for step in shape.steps)
        for n, step in enumerate(shape.steps):
            if row.source in step.lines:
                passed = max(passed, n + 1) if row.line >= step.lines[row.source] else min(passed, n)
        result.append(Shift(row.id, row.source, row.line, shape.pieces[passed].at(row.logged)))
    return result
