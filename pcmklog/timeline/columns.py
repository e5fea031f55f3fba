"""The timeline for a terminal and a pager: time on the left, a column for each node.

Every row is one line.  Each column begins with a bar that tells what the node was at that moment, by its shape and by
its colour; entries of one millisecond on several nodes share a row.  The stamp that the node itself wrote stands in
brackets where it differs from the cluster clock.

Where the columns would become too narrow to read, the bars of all nodes stand side by side, and behind them what one
node said, under its name.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime

from pcmklog.model import Finding
from pcmklog.report.cells import cut, padded, taken
from pcmklog.report.wording import count, duration, one_line
from pcmklog.timeline.entries import Entry, Spell, Timeline

TIME = 12  # 14:03:22.123
NARROWEST = 24  # a column; what is narrower says too little
LONGEST_NAME = 20  # before what a node said
SILENCE_S = 60.0
DIFFERS_S = 0.0015  # less is the rounding of a stamp
BARS = {
    "quorate": ("│", "32", "in quorum"),
    "dc": ("┃", "1;32", "in quorum and DC"),
    "inquorate": ("┊", "33", "without quorum"),
    "up": ("╎", "36", "up, quorum not known"),
    "down": ("×", "31", "down"),  # noqa: RUF001 - the sign is meant
    "fencing": ("!", "1;35", "to be fenced"),
    "fenced": ("‡", "1;31", "fenced"),
    "unknown": ("?", "2", "not known"),
}
"""What a node was -> its bar, its colour (SGR) and its words."""
HEAVY = {4: ("warning", "33"), 5: ("error", "31"), 6: ("crit", "1;31"), 7: ("alert", "1;31"), 8: ("emerg", "1;31")}
FINDING = {"critical": "1;31", "error": "31", "warning": "33", "info": "36"}
ANSI = re.compile("\x1b\\[[0-9;]*m")
HEAD, QUIET = "1", "2"
Rows = list[Entry | Finding]


def render(timeline: Timeline, *, colour: bool = False, width: int = 160) -> str:
    """Give the timeline in lines of so many cells, ANSI sequences only with `colour`."""
    page = _Page(timeline, colour=colour, width=width)
    return "".join(f"{line}\n" for line in (*page.head(), *page.body(), *page.foot()))


class _Page:
    def __init__(self, timeline: Timeline, *, colour: bool, width: int) -> None:
        self.timeline = timeline
        self.colour = colour
        self.width = width
        self.cell = (width - TIME) // max(1, len(timeline.nodes)) - 1
        self.names = _short(timeline.nodes)
        self.listed = self.cell < NARROWEST and len(timeline.nodes) > 1
        longest = max((taken(name) for name in self.names.values()), default=0)
        self.name = min(LONGEST_NAME, longest)

    def head(self) -> Iterator[str]:
        """What is shown, what the bars mean, whose clock was corrected, and the names of the columns."""
        line = self.timeline
        stretch = f"{_day(line.since)} {_clock(line.since)} to {_until(line)} UTC"
        yield self._in(cut(f"{one_line(line.bundle)}, {stretch}", self.width), HEAD)
        seen = {_bar(line.state(node, at)) for node in line.nodes for at in self._moments()}
        legend = [f"{self._in(shape, style)} {words}" for name, (shape, style, words) in BARS.items() if name in seen]
        yield from _filled(legend, self.width)
        for clock in line.clocks:
            if clock.node in line.nodes and (said := _corrected(clock)):
                yield cut(f"clock of {one_line(clock.node)}: {said}", self.width)
        yield ""
        if self.listed:
            yield from self._listed_head()
        else:
            names = (padded(cut(name, self.cell), self.cell) for name in self.names.values())
            yield self._in(" ".join((padded("time (UTC)", TIME), *names)).rstrip(), HEAD)

    def _listed_head(self) -> Iterator[str]:
        """Which bar is whose: a line for each node, from the last to the first, that leads to its bar."""
        count = len(self.names)
        for n, name in reversed([*enumerate(self.names.values())]):
            lead = "  " * n + "┌" + "──" * (count - 1 - n)
            lead = "".join("│" if at % 2 == 0 and at < 2 * n else char for at, char in enumerate(lead))
            yield cut(f"{'time (UTC)' if n == 0 else '':{TIME}} {lead} {self._in(name, HEAD)}", self.width)

    def body(self) -> Iterator[str]:
        """The rows in the order of time, with a line for each new day and each silence."""
        before: float | None = None
        for at, rows in _together(self.timeline):
            if before is not None and at - before > SILENCE_S:
                yield self._in(f"{'':{TIME}} … {duration(at - before)}", QUIET)
            if before is None or _day(before) != _day(at):
                yield self._in(f"── {_day(at)}", HEAD)
            before = at
            if isinstance(rows[0], Finding):
                yield self._finding(at, rows[0])
            else:
                entries = {row.node: row for row in rows if isinstance(row, Entry)}
                yield from self._list(at, entries) if self.listed else (self._row(at, entries),)

    def foot(self) -> Iterator[str]:
        """What is not shown."""
        line = self.timeline
        events = sum(entry.times for entry in line.entries)
        told = [count(events, "event")]
        told += [f"{count(line.left_out, 'event')} of less weight not shown (--min-severity)"] if line.left_out else []
        told += [f"{count(line.timeless, 'event')} without a time not shown"] if line.timeless else []
        yield ""
        yield self._in(cut("; ".join(told), self.width), QUIET)

    def _moments(self) -> list[float]:
        return [self.timeline.since, *(entry.ts for entry in self.timeline.entries)]

    def _row(self, at: float, entries: dict[str, Entry]) -> str:
        cells = []
        for node in self.timeline.nodes:
            shape, style, _ = BARS[_bar(self.timeline.state(node, at))]
            entry = entries.get(node)
            text = cut(_said(entry), self.cell - 2) if entry else ""
            shown = self._in(text, HEAVY[entry.severity][1]) if entry and entry.severity in HEAVY else text
            cells.append(f"{self._in(shape, style)} {shown}{' ' * (self.cell - 2 - taken(text))}")
        return f"{_clock(at)} {' '.join(cells)}".rstrip()

    def _list(self, at: float, entries: dict[str, Entry]) -> Iterator[str]:
        """A line for each node that said something at that moment."""
        bars = " ".join(self._in(*BARS[_bar(self.timeline.state(node, at))][:2]) for node in self.timeline.nodes)
        left = TIME + 2 * len(self.names) + self.name + 2
        for node, entry in entries.items():
            text = cut(_said(entry), max(NARROWEST, self.width - left))
            shown = self._in(text, HEAVY[entry.severity][1]) if entry.severity in HEAVY else text
            name = padded(cut(self.names.get(node, node), self.name), self.name)
            yield f"{_clock(at)} {bars} {name} {shown}".rstrip()

    def _finding(self, at: float, finding: Finding) -> str:
        whose = finding.node or ", ".join(finding.nodes) or "cluster"
        text = f"▶ {finding.id} {finding.severity} {finding.code} {whose}: {finding.title}"
        style = FINDING.get(finding.severity or "", "")
        return f"{_clock(at)} {self._in(cut(one_line(text), self.width - TIME - 1), style)}"

    def _in(self, text: str, style: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self.colour and style and text else text


def _short(nodes: tuple[str, ...]) -> dict[str, str]:
    """The names of nodes without their domains, where they are still different."""
    hosts = Counter(node.split(".")[0] for node in nodes)
    short = {node: node.split(".")[0] for node in nodes}
    return {node: one_line(short[node] if hosts[short[node]] == 1 and short[node] else node) for node in nodes}


def _filled(parts: list[str], width: int) -> Iterator[str]:
    """The parts in as few lines as they fit into."""
    line = ""
    for part in parts:
        if line and taken(ANSI.sub("", f"{line}  {part}")) > width:
            yield line
            line = ""
        line = f"{line}  {part}" if line else part
    yield line


def _together(timeline: Timeline) -> Iterator[tuple[float, Rows]]:
    """Entries and findings in the order of time; entries of one millisecond on different nodes are one row."""
    every: Rows = sorted([*timeline.findings, *timeline.entries], key=_at)
    row: list[Entry] = []
    for one in every:
        joins = isinstance(one, Entry) and row and _clock(row[0].ts) == _clock(one.ts)
        if not (joins and isinstance(one, Entry) and one.node not in {entry.node for entry in row}) and row:
            yield row[0].ts, [*row]
            row = []
        if isinstance(one, Entry):
            row.append(one)
        else:
            yield _at(one), [one]
    if row:
        yield row[0].ts, [*row]


def _at(row: Entry | Finding) -> float:
    return row.ts if isinstance(row, Entry) else row.at or 0.0


def _bar(spell: Spell | None) -> str:
    if spell is None:
        return "unknown"
    return "dc" if spell.dc and spell.condition == "quorate" else spell.condition


def _said(entry: Entry) -> str:
    """The text of a cell; what matters most stands first, for the end may be cut."""
    parts = [] if (own := own_stamp(entry)) is None else [f"[{own}]"]
    parts += [f"{entry.times}×"] if entry.times > 1 else []  # noqa: RUF001 - the sign is meant
    parts += [f"<{','.join(entry.findings)}>"] if entry.findings else []
    level = f" {HEAVY[entry.severity][0]}" if entry.severity in HEAVY else ""
    return one_line(" ".join((*parts, f"{entry.daemon.removeprefix('pacemaker-')}{level}: {entry.text}")))


def own_stamp(entry: Entry) -> str | None:
    """What the clock of the node showed, where that is not the cluster clock: `15:03:22.123`."""
    face = entry.logged if entry.face is None else entry.face
    if abs((face - entry.ts + 43200) % 86400 - 43200) < DIFFERS_S:
        return None
    stamp = _clock(face)
    return stamp if entry.digits > 0 else stamp[:8]


def _corrected(clock: object) -> str:
    """How far a clock was from the others, in words; empty for one that was right."""
    offset, drift, zone = (getattr(clock, name) or 0.0 for name in ("offset_s", "drift_ppm", "zone_s"))
    said = [f"{abs(offset):.3f} s {'ahead' if offset > 0 else 'behind'}"] if offset else []
    said += [f"drifting {drift / 1000:+.3f} ms a second"] if drift else []
    said += [f"zone UTC{zone / 3600:+.2f} h"] if zone else []
    return ", ".join(said)


def _until(timeline: Timeline) -> str:
    same = _day(timeline.since) == _day(timeline.until)
    return _clock(timeline.until) if same else f"{_day(timeline.until)} {_clock(timeline.until)}"


def _day(ts: float) -> str:
    return datetime.fromtimestamp(round(ts, 3), UTC).strftime("%Y-%m-%d")


def _clock(ts: float) -> str:
    at = datetime.fromtimestamp(round(ts, 3), UTC)
    return f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"
