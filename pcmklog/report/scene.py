"""The timeline on paper: the same lanes, bars and marks as on the page, as plain shapes with their places in pixels.

`svg` and `png` draw the shapes; neither knows what a node is.  Of nodes and stretch of time only what was asked for is
there.  Text is measured by its number of letters, so no font is needed to lay it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

from pcmklog.report import wording
from pcmklog.report.cells import cut, taken
from pcmklog.report.looks import BANDS, LIVES, LOOKS, SEVERITY
from pcmklog.report.timeline import Figure

WIDTH, LEFT, RIGHT, HEAD, FOOT = 1200, 140, 14, 68, 30
GAP, ROW, ROWS, APART = 8, 22, 4, 20
THICK = {"band": 14, "life": 9}
MANY_LANES = 60
"""A drawing with more lanes than this shows of the daemons those without which nothing runs, as the page does."""

INK, QUIET, RULE, PAPER, GROUND = "#1b2129", "#59636f", "#d9dee4", "#ffffff", "#f1f3f5"
STEPS_S = (0.001, 0.01, 0.1, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 21600, 43200, 86400)
SIDES = {"critical": 8, "error": 4, "warning": -4, "info": 0}
"""Severity -> corners of its mark, 0 a circle, -4 a square on its corner."""


class Box(NamedTuple):
    """A rectangle; `hatch` as plotly names it, white on the colour unless `ink` is given."""

    x: float
    y: float
    width: float
    height: float
    fill: str
    hatch: str = ""
    ink: str = PAPER
    told: str = ""


class Path(NamedTuple):
    """A broken line, or an area where `fill` is given."""

    points: tuple[tuple[float, float], ...]
    stroke: str
    thick: float = 1.0
    dash: bool = False
    fill: str = ""
    told: str = ""


class Dot(NamedTuple):
    """A circle."""

    x: float
    y: float
    radius: float
    fill: str
    stroke: str
    thick: float = 1.0
    told: str = ""


class Text(NamedTuple):
    """One line of text; `anchor` is start, middle or end, y that of its middle."""

    x: float
    y: float
    text: str
    size: float = 11
    colour: str = INK
    anchor: str = "start"
    bold: bool = False


Shape = Box | Path | Dot | Text


class Row(NamedTuple):
    """A lane with its place."""

    place: int
    lane: dict[str, Any]
    top: float
    height: float

    @property
    def middle(self) -> float:
        """Where its bars are."""
        return self.top + self.height / 2


@dataclass
class Scene:
    """A drawing of so many pixels, its shapes from back to front."""

    width: int
    height: int
    title: str
    shapes: list[Shape] = field(default_factory=list)


def scene(
    figure: Figure, title: str, nodes: Sequence[str] = (), span: tuple[int, int] | None = None, width: int = WIDTH
) -> Scene:
    """Give the drawing of some nodes (all without) in a stretch of time (where the findings are, without)."""
    return _Painter(figure, set(nodes), span or figure["near"] or figure["all"], width).scene(title)


class _Painter:
    def __init__(self, figure: Figure, nodes: set[str], span: tuple[int, int], width: int) -> None:
        self.figure, self.width = figure, width
        names = [node["name"] for node in figure["nodes"]]
        self.wanted = {at for at, name in enumerate(names) if not nodes or name in nodes}
        self.since, self.until = span[0], max(span[1], span[0] + 1)
        self.scale = (width - LEFT - RIGHT) / (self.until - self.since)
        self.found = self._stacked()
        self.rows = list(self._rows())
        self.at = {row.place: row for row in self.rows}
        self.floor = self.rows[-1].top + self.rows[-1].height if self.rows else HEAD

    def scene(self, title: str) -> Scene:
        """Paint everything, and under it what the signs mean."""
        back = [*self._ticks(), *self._holes(), *self._density(), *self._rings(), *self._bars()]
        front = [*self._marks(), *self._fencing(), *self._findings(), *self._labels()]
        legend, height = self._legend({*self._looks()})
        stretch = f"{_stamp(self.since)} to {_stamp(self.until)} UTC"
        head = [Text(12, 18, cut(title, self.width // 11), 15, bold=True), Text(12, 37, stretch, 11, QUIET)]
        whole = Scene(self.width, round(height), title)
        paper: list[Shape] = [Box(0, 0, self.width, whole.height, PAPER)]
        whole.shapes = [*paper, *back, *front, *head, *legend]
        return whole

    def x(self, at: float) -> float:
        """Where a moment is."""
        return LEFT + (min(max(at, self.since), self.until) - self.since) * self.scale

    def inside(self, since: float, until: float | None = None) -> bool:
        """Whether a moment or a stretch is in the picture."""
        return since <= self.until and (since if until is None else until) >= self.since

    def _owned(self, lane: dict[str, Any]) -> bool:
        return lane["node"] < 0 or lane["node"] in self.wanted

    def _stacked(self) -> list[tuple[dict[str, Any], int]]:
        """Findings with the row in which each stands beside no other; what finds none is told by the last row."""
        taken_by: dict[tuple[int, int], list[float]] = {}
        found = []
        for one in self.figure["findings"]:
            whose = not one["nodes"] or self.wanted & set(one["nodes"])
            if not (self.inside(one["at"]) and whose and self._owned(self.figure["lanes"][one["lane"]])):
                continue
            x = self.x(one["at"])
            rows = (
                row
                for row in range(ROWS)
                if all(abs(x - other) >= APART for other in taken_by.get((one["lane"], row), ()))
            )
            row = next(rows, ROWS)
            taken_by.setdefault((one["lane"], row), []).append(x)
            found.append((one, row))
        return found

    def _rows(self) -> Iterator[Row]:
        deep: dict[int, int] = {}
        for one, row in self.found:
            deep[one["lane"]] = max(deep.get(one["lane"], 0), row + 1)
        lanes = self.figure["lanes"]
        few = sum(self._owned(lane) for lane in lanes) <= MANY_LANES
        used = {bar[0] for bar in self.figure["bars"]} | {mark[0] for mark in self.figure["marks"]}
        used = {place for place in used if few or lanes[place]["main"]}
        top = float(HEAD)
        for place, lane in enumerate(lanes):
            empty = (lane["kind"] == "findings" and place not in deep) or (lane["kind"] == "life" and place not in used)
            if not self._owned(lane) or empty:
                continue
            top += GAP if lane["kind"] == "name" and top > HEAD else 0
            height = deep[place] * ROW if lane["kind"] == "findings" else lane["height"]
            yield Row(place, lane, top, height)
            top += height

    def _ticks(self) -> Iterator[Shape]:
        length = (self.until - self.since) / 1000
        step = next((step for step in STEPS_S if length / step <= 10), 86400 * max(1, round(length / 864000))) * 1000
        at, day = -(-self.since // step) * step, ""
        while at <= self.until:
            date, clock = _stamp(at).split(" ")
            words = date if date != day and day else clock if step < 1000 else clock[:8] if step < 60000 else clock[:5]
            day = date
            yield Path(((self.x(at), HEAD - 6), (self.x(at), self.floor)), RULE)
            yield Text(self.x(at), HEAD - 14, words, 10, QUIET, "middle")
            at += step

    def _holes(self) -> Iterator[Shape]:
        for node, since, until, words in self.figure["holes"]:
            mine = [row for row in self.rows if row.lane["node"] == node and row.lane["kind"] != "name"]
            for some in ([row for row in mine if (row.lane["kind"] == "lines") is lines] for lines in (False, True)):
                if some and self.inside(since, until):
                    top, end = some[0].top + 1, some[-1].top + some[-1].height - 1
                    x = self.x(since)
                    yield Box(x, top, self.x(until) - x, end - top, GROUND, "/", "#c3cad2", words)

    def _density(self) -> Iterator[Shape]:
        strips = self.figure["density"]
        near = [
            s for s in strips[1:] if s["began"] <= self.since + 1 and s["began"] + 200 * s["step"] >= self.until - 1
        ]
        for strip in (near or strips)[:1]:
            most = max((bucket[1] for _, found in strip["nodes"] for bucket in found), default=1)
            spot = {row.lane["node"]: row for row in self.rows if row.lane["kind"] == "lines"}
            for node, found in strip["nodes"]:
                for (number, *counts), row in ((bucket, spot[node]) for bucket in found if node in spot):
                    since = strip["began"] + number * strip["step"]
                    if self.inside(since, since + strip["step"]):
                        yield from self._bucket(row, (since, since + strip["step"]), counts, most)

    def _bucket(self, row: Row, ends: tuple[float, float], counts: list[int], most: int) -> Iterator[Shape]:
        x, end = (self.x(at) for at in ends)
        for number, look in zip(counts, ("lines", "severe"), strict=True):
            if number:
                tall = max(2.0, (row.height - 5) * (number / most) ** 0.5)
                told = f"{number} {LOOKS[look].words}"
                yield Box(x, row.top + row.height - 2 - tall, max(end - x, 1), tall, LOOKS[look].colour, told=told)

    def _rings(self) -> Iterator[Shape]:
        lane = next((row for row in self.rows if row.lane["kind"] == "rings"), None)
        some = [ring for ring in self.figure["rings"] if self.inside(ring[0])]
        for at, told in some if lane else ():
            assert lane
            x, y = self.x(at), lane.middle
            if len(some) <= 60:
                yield Path(((x, y), (x, self.floor)), "#b9c1ca", dash=True)
            diamond = ((x, y - 6), (x + 4, y), (x, y + 6), (x - 4, y))
            yield Path(diamond, LOOKS["ring"].colour, fill=LOOKS["ring"].colour, told=_told(told))

    def _bars(self) -> Iterator[Shape]:
        for place, since, until, look, text, told in sorted(self._shown(), key=lambda bar: bar[3] == "dc"):
            row, style = self.at[place], LOOKS[look]
            x = self.x(since)
            width = max(self.x(until) - x, 1.5)
            thick = 3 if look == "dc" else THICK[row.lane["kind"]]
            y = row.middle + 4 if look == "dc" else row.middle - thick / 2
            yield Box(x, y, width, thick, style.colour, style.hatch, PAPER, _told(told))
            words = next((words for words in (text, text.split(",")[0]) if words and _wide(words, 10) + 8 < width), "")
            if words:
                yield Text(x + 4, row.middle - 0.5, words, 10)

    def _shown(self) -> list[list[Any]]:
        some = [bar for bar in self.figure["bars"] if bar[0] in self.at and self.inside(bar[1], bar[2])]
        return [bar for bar in some if bar[3] != "unknown" or self.at[bar[0]].lane["kind"] == "life"]

    def _marks(self) -> Iterator[Shape]:
        for place, at, until, times, look, title, said, where in self.figure["marks"]:
            if place not in self.at or not self.inside(at, until):
                continue
            x, y = self.x(at), self.at[place].middle
            told = _told([f"{times} x {title}" if times > 1 else title, _stamp(at), said, where])
            if look == "step":
                yield Path(((x, y - 5), (x, y + 5)), INK, 1.6, told=told)
            else:
                yield Dot(x, y, 4 if times > 1 else 3, PAPER, LOOKS[look].colour, 2.4 if times > 1 else 1.4, told)

    def _fencing(self) -> Iterator[Shape]:
        taken: list[tuple[float, float, float]] = []
        for arrow in self.figure["fencing"]:
            stops = [(at, self.at[place].middle) for at, place in arrow["points"] if place in self.at]
            if len(stops) < 2 or not self.inside(stops[0][0], stops[-1][0]):
                continue
            points = [(self.x(at), y) for at, y in stops]
            (x0, y0), (x, y) = points[-2:]
            y += -7 if y0 < y else 7
            colour = LOOKS[arrow["look"]].colour
            yield Path((*points[:-1], (x, y)), colour, 2, arrow["look"] != "fenced", told=arrow["told"])
            yield Path(_head(x0, y0, x, y), colour, fill=colour)
            yield Dot(*points[0], 3, colour, colour)
            words = cut(arrow["text"], 34)
            long = len(words) * 6.3 + 10
            sides = [("start", x + 8, x, x + long), ("end", x - 8, x - long, x)]
            for anchor, at, begin, end in sides[:: -1 if x > self.width - 220 else 1]:  # where no other has its words
                if not any(row == y and begin < other_end and end > other for row, other, other_end in taken):
                    taken.append((y, begin, end))
                    yield Text(at, y - 5, words, 11, colour, anchor)
                    break

    def _findings(self) -> Iterator[Shape]:
        more: dict[tuple[int, int], list[dict[str, Any]]] = {}
        for one, row in self.found:
            x, y = self.x(one["at"]), self.at[one["lane"]].top + row * ROW + ROW / 2
            if row == ROWS:
                more.setdefault((one["lane"], round(x / APART / 2)), []).append(one)
                continue
            colour, root = SEVERITY[one["severity"]].colour, one["rank"] > 0
            told = _told(
                [f"{one['n']}. {one['severity']} {one['code']} {one['where']}", _stamp(one["at"]), one["title"]]
            )
            edge = INK if root else PAPER
            corners = _corners(one["severity"], x, y)
            if (end := self.x(one["until"])) > x:
                yield Path(((x, y), (end, y)), colour, 2)
                yield Path(((end, y - 5), (end, y + 5)), colour, 2)
            yield (
                Path(corners, edge, 2.5 if root else 1, fill=colour, told=told)
                if corners
                else Dot(x, y, 9, colour, edge, 2.5 if root else 1, told)
            )
            yield Text(x, y, str(one["n"]), 10 if one["n"] < 100 else 8, PAPER, "middle", bold=True)
        for (lane, _), hidden in more.items():
            x, y = self.x(hidden[0]["at"]), self.at[lane].top + ROWS * ROW + ROW / 2
            numbers = ", ".join(str(one["n"]) for one in hidden[:60])
            yield Box(x - 10, y - 8, 20, 16, RULE, told=f"{len(hidden)} more findings: {numbers}")
            yield Text(x, y, f"+{len(hidden)}", 9, INK, "middle")

    def _labels(self) -> Iterator[Shape]:
        for row in self.rows:
            if row.lane["kind"] != "name":
                yield Text(LEFT - 6, row.middle, cut(row.lane["label"], 24), 10, QUIET, "end")
                continue
            if row.top > HEAD:
                yield Path(((8, row.top - GAP / 2), (self.width - RIGHT, row.top - GAP / 2)), RULE)
            name = cut(row.lane["label"], self.width // 10)
            yield Text(12, row.middle + 2, name, 13, bold=True)
            if row.lane["node"] >= 0 and (note := self.figure["nodes"][row.lane["node"]]["note"]):
                yield Text(20 + _wide(name, 15), row.middle + 2, cut(note, (self.width - 300) // 8), 10, QUIET)

    def _looks(self) -> Iterator[str]:
        yield from (one["severity"] for one, _ in self.found)
        yield from (bar[3] for bar in self._shown())
        yield from (mark[4] for mark in self.figure["marks"] if mark[0] in self.at and self.inside(mark[1], mark[2]))
        yield from ("hole" for hole in self.figure["holes"] if hole[0] in self.wanted and self.inside(*hole[1:3]))
        yield from (("lines", "severe") if self.figure["density"] else ())

    def _legend(self, used: set[str]) -> tuple[list[Shape], float]:
        shapes: list[Shape] = []
        x, y = 12.0, self.floor + FOOT
        for look in (*SEVERITY, *LOOKS):
            if look not in used:
                continue
            used.discard(look)
            words = LOOKS[look].words
            if x + 30 + _wide(words, 10) > self.width - RIGHT:
                x, y = 12.0, y + 20
            shapes += [*_swatch(look, x, y), Text(x + 20, y, words, 10, QUIET)]
            x += 38 + _wide(words, 10)
        return shapes, y + 20


def _swatch(look: str, x: float, y: float) -> Iterator[Shape]:
    style = LOOKS[look]
    if look in SEVERITY:
        corners = _corners(look, x + 7, y, 7)
        yield (
            Path(corners, style.colour, fill=style.colour) if corners else Dot(x + 7, y, 6, style.colour, style.colour)
        )
    elif look == "step":
        yield Path(((x + 7, y - 5), (x + 7, y + 5)), INK, 1.6)
    elif look == "event":
        yield Dot(x + 7, y, 3, PAPER, style.colour, 1.4)
    elif look == "hole":
        yield Box(x, y - 5, 14, 10, GROUND, "/", "#c3cad2")
    elif look in LIVES or look in BANDS or look in ("lines", "severe"):
        yield Box(x, y - 5, 14, 10, style.colour, style.hatch)


def _corners(severity: str, x: float, y: float, radius: float = 9) -> tuple[tuple[float, float], ...]:
    side = 0.42 * radius
    return {
        "critical": tuple(
            (x + a, y + b)
            for a, b in (
                (-side, -radius), (side, -radius), (radius, -side), (radius, side),
                (side, radius), (-side, radius), (-radius, side), (-radius, -side),
            )
        ),
        "error": tuple((x + a * radius * 0.9, y + b * radius * 0.9) for a, b in ((-1, -1), (1, -1), (1, 1), (-1, 1))),
        "warning": tuple((x + a * radius * 1.25, y + b * radius * 1.25) for a, b in ((0, -1), (1, 0), (0, 1), (-1, 0))),
    }.get(severity, ())  # fmt: skip


def _head(x0: float, y0: float, x: float, y: float) -> tuple[tuple[float, float], ...]:
    """The head of an arrow that comes from (x0, y0)."""
    length = max(((x - x0) ** 2 + (y - y0) ** 2) ** 0.5, 0.001)
    a, b = (x - x0) / length, (y - y0) / length
    return ((x, y), (x - 10 * a + 4.5 * b, y - 10 * b - 4.5 * a), (x - 10 * a - 4.5 * b, y - 10 * b + 4.5 * a))


def _told(lines: Iterable[str]) -> str:
    return "\n".join(line for line in lines if line)


def _wide(text: str, size: float) -> float:
    return taken(text) * size * 0.56


def _stamp(ms: float) -> str:
    return wording.stamp(datetime.fromtimestamp(ms / 1000, UTC).isoformat())
