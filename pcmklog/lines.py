"""One block of lines -> rows: the automaton finds literals, only lines that have one are looked at.

What a block gives depends on the block alone, so that blocks can be read by several processes; what runs on from block
to block (the year, the last stamp, line numbers) is put right where they come together (`scan.py`).
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from pcmklog import daemons
from pcmklog.catalog import Catalog, Template
from pcmklog.heads import Head, Heads, Moment, Parts, faces, moment, stamp_end
from pcmklog.matcher import Hits, matcher
from pcmklog.parsers import formats, marks, tidy

LONGEST_TEXT = 4000
SAMPLED = 16  # lines of a block that are parsed to see where its messages begin
BEFORE_MESSAGE = (b": ", b"] ", b") ", b"  ")
COLUMNS = (
    "line", "year", "local", "zone", "digits", "host", "daemon", "subsystem", "pid",
    "kind", "template", "level", "text", "fields",
)  # fmt: skip
Columns = dict[str, list[object]]
# A line that carries one of these is worth a look even if no template knows it: "errors nobody explained".
SEVERE = tuple(
    word + b": " for word in (b"emerg", b"alert", b"crit", b"error", b"EMERG", b"ALERT", b"CRIT", b"ERROR")
) + tuple(b"corosync" + gap + word for gap in (b" ", b"") for word in (b"emerg", b"alert", b"crit", b"error"))
SEVERE += (b":emerg :", b":alert :", b":crit  :", b":err   :")  # `dmesg -x`
SEVERE_LEVELS = frozenset({"emerg", "alert", "crit", "error"})
AGENT = re.compile(r"(?P<agent>[\w.-]+)\((?P<rsc>[^()\s]+)\)")  # how a resource agent logs: `apache(web)`
COMPLAINT = "agent.complained"
PLAIN = bytes(set(range(32, 127)) - set(b'"\\'))
NO_MOMENT = (0, 0, None, None, -1)
Row = tuple[object, ...]
_Fit = tuple[int, Template, re.Match[bytes]]  # which of the hits, and what fits from there on
_Place = tuple[int, int, int, int]  # of a line with hits: its number in the block, start, end, and its face


@dataclass
class Found:
    """What one block gave.

    `columns` are as COLUMNS says (none without rows), with lines counted from 0 in the block and years, where stamps
    have none, in turns since its first stamp; `first` and `last` are the first and the last moment seen, if any.
    """

    columns: Columns = field(default_factory=dict)
    formats: Counter[str] = field(default_factory=Counter)
    sampled: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)
    first: Moment | None = None
    last: Moment | None = None
    months: tuple[int, int] = (0, 0)
    turns: int = 0


class _Hit(NamedTuple):
    """A template that fits a line; `stop` is where its stamp ends, or `parts` is there if the line was parsed whole."""

    template: Template
    match: re.Match[bytes]
    head: Head
    stop: int
    parts: Parts | None = None


class _Groups(dict[int, list[tuple[bytes, Template]]]):
    """By the number of a literal: its templates, the most specific first, each with its key; made when asked for."""

    def __init__(self, groups: list[list[Template]]) -> None:
        super().__init__()
        self._groups = groups

    def __missing__(self, literal: int) -> list[tuple[bytes, Template]]:
        group = self[literal] = [(template.key, template) for template in self._groups[literal]]
        return group


class Reader:
    """Reads blocks with one automaton, which is made once."""

    def __init__(self, catalog: Catalog, engine: str = "") -> None:
        literals = list(dict.fromkeys(template.literal for template in catalog.templates))
        number = {literal: position for position, literal in enumerate(literals)}
        self.severe_from = len(literals)
        self.marks_from = self.severe_from + len(SEVERE)
        groups: list[list[Template]] = [[] for _ in (*literals, *SEVERE)]
        for template in sorted(catalog.templates, key=lambda t: -t.rank):
            groups[number[template.literal]].append(template)
        self.templates = _Groups(groups)
        self.less = {template.id: group[at:] for group in groups for at, template in enumerate(group, 1)}
        # Where a message begins with its literal, it is not looked for in the middle of others.
        self.only_leading = np.array([bool(group) and all(t.leads for t in group) for group in groups])
        # A word that is followed by a blank in all its templates is not looked at inside a longer word.
        self.words = np.array([bool(group) and all(map(_goes_on_with_blank, group)) for group in groups])
        self.lengths = np.array([len(literal) for literal in (*literals, *SEVERE)])
        self.matcher = matcher([*literals, *SEVERE, *marks()], engine)
        self.heads = Heads(formats())

    def tidied(self, block: bytes) -> tuple[bytes, Hits]:
        """The block with everything put right that stands in the way, and the hits of the automaton in it."""
        hits = self.matcher.hits(block)
        clean = tidy(block, marked=max(hits[0], default=-1) >= self.marks_from)
        return clean, hits if clean is block or clean == block else self.matcher.hits(clean)

    def read(self, block: bytes, hits: Hits, starts: np.ndarray, ends: np.ndarray) -> Found:
        """The rows of a tidied block whose lines stand at `starts` to `ends`."""
        return _BlockReader(self, block, starts, ends).read(hits)


class _BlockReader:
    """The state of one block while it is read."""

    def __init__(self, reader: Reader, block: bytes, starts: np.ndarray, ends: np.ndarray) -> None:
        self.reader = reader
        self.heads = reader.heads
        self.block = block
        self.data = np.frombuffer(block, np.uint8)
        self.starts = starts
        self.ends = ends
        self.found = Found()
        self.rows: list[Row] = []
        self.moment: Moment | None = None
        self.month = 0
        self.severe: set[int] = set()  # lines that say they are
        self.looked_at = 0  # before this line no stamp is looked for again

    def read(self, hits: Hits) -> Found:
        found = self.found
        self.heads.afresh()
        literals, offsets = np.asarray(hits[0], int), np.asarray(hits[1], int)
        told = literals < self.reader.marks_from
        self._see(self._moment(int(self.starts[0]), int(self.ends[0])))
        if told.any():
            self._hits(literals[told], offsets[told])
        self._see(self._moment(int(self.starts[-1]), int(self.ends[-1])))
        found.last = self.moment
        if self.rows:
            found.columns = dict(zip(COLUMNS, map(list, zip(*self.rows, strict=True)), strict=True))
        return found

    def _moment(self, start: int, end: int) -> Moment | None:
        return self.heads.parts(self.block, start, end).moment

    def _see(self, moment: Moment | None) -> None:
        """Takes over a stamp."""
        if moment is None:
            return
        if not moment.year:
            self.found.turns += turn(self.month, moment.month)
            self.found.months = (self.found.months[0] or moment.month, moment.month)
            self.month = moment.month
        self.moment = moment
        self.found.first = self.found.first or moment

    def _hits(self, literals: np.ndarray, offsets: np.ndarray) -> None:
        """Tries the templates whose literals were found, and reads the lines that one of them fits, in their order."""
        begins = offsets - self.reader.lengths[literals]
        after = self.data[np.minimum(offsets, len(self.data) - 1)]
        apart = ~self.reader.words[literals] | (after == 32) | (after == 9) | (after == 35)
        literals, begins = literals[apart], begins[apart]
        if self._usual():
            keep = self._placed(begins) | ~self.reader.only_leading[literals]
            literals, begins = literals[keep], begins[keep]
        lines = np.searchsorted(self.ends, begins)
        order = np.lexsort((begins, literals, lines))
        lines, literals, begins = lines[order], literals[order], begins[order]
        fits = self._fits(literals.tolist(), begins.tolist(), self._stops(lines).tolist())
        fitting = lines[np.array([at for at, _, _ in fits], int)]
        severe = np.unique(lines[literals >= self.reader.severe_from])
        self.severe = set(severe.tolist())
        worth = np.union1d(severe, fitting)
        starts = self.starts[worth]
        columns = worth, starts, self._stops(worth), faces(self.data, starts)
        bounds = [*np.searchsorted(fitting, worth).tolist(), len(fits)]
        for place, a, b in zip(zip(*map(np.ndarray.tolist, columns), strict=True), bounds, bounds[1:], strict=False):
            self._line(place, fits[a:b])

    def _stops(self, lines: np.ndarray) -> np.ndarray:
        """Where the lines of these numbers end, without a carriage return."""
        ends = self.ends[lines]
        stops: np.ndarray = ends - (self.data[np.maximum(ends - 1, self.starts[lines])] == ord("\r"))
        return stops

    def _fits(self, literals: list[int], begins: list[int], ends: list[int]) -> list[_Fit]:
        """The most specific template that the text from each literal on fits, and for which of the literals.

        Most literals stand in messages of others, which this tells at the least cost: no header is parsed for them.
        """
        block, templates, fits = self.block, self.reader.templates, []
        find = block.find
        for at, (literal, begin, end) in enumerate(zip(literals, begins, ends, strict=True)):
            for key, template in templates[literal]:
                if find(key, begin, end) >= 0 and (match := template.tail.match(block, begin, end)):
                    fits.append((at, template, match))
                    break
        return fits

    def _next(self, fit: _Fit, end: int) -> list[_Fit]:
        """The next template of the same literal, where the line was not what the first one says."""
        at, template, match = fit
        for other in self.reader.less.get(template.id, ()):
            if found := other.tail.match(self.block, match.start(), end):
                return [(at, other, found)]
        return []

    def _usual(self) -> bool:
        """Whether messages of this block begin behind `: `, `] `, `) ` or a tab only, as in most formats.

        A sample of lines tells.  It saves looking at short literals in the middle of other messages.
        """
        usual_block = True
        count = len(self.starts)
        for line in range(0, count, max(1, count // SAMPLED)):
            start, end = int(self.starts[line]), int(self.ends[line])
            parts = self.heads.parts(self.block, start, end)
            before = self.block[max(0, parts.outer - 2) : parts.outer]
            usual = before in BEFORE_MESSAGE or before[-1:] == b"\t"
            if parts.header is not None:
                self.found.sampled[parts.header.name] += 1
                usual_block &= not (start < parts.outer < end and (parts.bare or not usual))
        return usual_block

    def _placed(self, begins: np.ndarray) -> np.ndarray:
        """Whether a message may begin there: at the start of a line, behind a colon or bracket and blanks, or a tab."""
        gap, before = self.data[begins - 1], self.data[begins - 2]
        colon = (before == 58) | (before == 93) | (before == 41) | (before == 32) | (before == 9)
        placed: np.ndarray = (begins < 2) | (gap == 10) | (gap == 9) | ((gap == 32) & colon)
        return placed

    def _line(self, place: _Place, fits: list[_Fit]) -> None:
        """The row of one line, if there is something to tell: the most specific template that fits is meant."""
        stop, parts = -1, None
        _, start, end, face = place
        while fits:
            if len(fits) > 1:
                fits.sort(key=_by_rank)
            fit = fits.pop()
            _, template, match = fit
            if template.leads:
                if stop < 0:
                    stop = stamp_end(self.block, start, face) if face else start
                begin = match.start()
                head = self.heads.before(self.block, (start, stop, begin, end), face) if begin >= stop else None
                if head is not None and head.may_say(template):
                    self._append(place, _Hit(template, match, head, stop))
                    return
            else:
                parts = parts or self.heads.parts(self.block, start, end)
                head = self.heads.head(self.block, parts, start, face)
                whole = self._whole(template, parts, end) if head.may_say(template) else None
                if whole is not None:
                    self._append(place, _Hit(template, whole, head, -1, parts))
                    return
            fits += self._next(fit, end)
        if place[0] in self.severe:
            parts = parts or self.heads.parts(self.block, start, end)
            if parts.header is not None:
                self._unexplained(place, parts)

    def _whole(self, template: Template, parts: Parts, end: int) -> re.Match[bytes] | None:
        """The match of a template that does not begin with its literal."""
        block, pattern = self.block, template.pattern
        if template.anywhere:
            return pattern.search(block, parts.outer, end)
        match = pattern.match(block, parts.inner, end)
        if match is None and parts.outer != parts.inner:
            match = pattern.match(block, parts.outer, end)
        if match is None and parts.bare:
            match = pattern.match(block, parts.bare, end)
        return match

    def _append(self, place: _Place, hit: _Hit) -> None:
        template, match, head, stop, parts = hit
        _, start, end, _ = place
        if not head.stamped:
            self._look_back(place[0])
        elif parts is not None:
            self._see(parts.moment)
        else:
            self._see(moment(head.face, self.block[start:stop]) if head.usual else self._moment(start, end))
        begin = match.start()
        said = self.block[begin : min(end, begin + LONGEST_TEXT)]
        self._row(place, head, template.kind, template.id, head.level or template.level, said, _fields(template, match))

    def _look_back(self, index: int) -> None:
        """Takes over the last stamp before a line that has none of its own."""
        for line in range(index - 1, self.looked_at, -1):
            if moment_ := self._moment(int(self.starts[line]), int(self.ends[line])):
                self._see(moment_)
                break
        self.looked_at = index

    def _unexplained(self, place: _Place, parts: Parts) -> None:
        _, start, end, face = place
        head = self.heads.head(self.block, parts, start, face)
        agent = AGENT.fullmatch(head.daemon)
        if head.level in SEVERE_LEVELS and (agent or daemons.family(head.daemon)):
            self._see(parts.moment)
            said = self.block[parts.inner : min(end, parts.inner + LONGEST_TEXT)]
            kind, fields = (COMPLAINT, json.dumps(agent.groupdict())) if agent else ("log.unexplained", "{}")
            self._row(place, head, kind, -1, head.level, said, fields)

    def _row(  # noqa: PLR0913, PLR0917 - one parameter a part of the row
        self, place: _Place, head: Head, kind: str, template: int, level: str, said: bytes, fields: str
    ) -> None:
        if head.known:
            self.found.formats[head.format] += 1
        if head.host:
            self.found.hosts[head.host] += 1
        year, _, local, zone, digits = self.moment or NO_MOMENT
        self.rows.append((
            place[0], year or self.found.turns, local, zone, digits if head.stamped else -1,
            head.host, head.daemon, head.subsystem, head.pid,
            kind, template, level, said.decode("utf-8", "replace").strip(), fields,
        ))  # fmt: skip


def _goes_on_with_blank(template: Template) -> bool:
    """Whether a blank (or a tab, or `#011`) follows the literal wherever the template fits."""
    return all(rest.startswith(" ") for rest in template.text.split(template.literal.decode())[1:])


def turn(before: int, month: int) -> int:
    """By how many years a stamp without year goes on from the month of the stamp before it (0 without one).

    Lines of one file go back by hours at most, so two months back are a new year; a file that is not sorted may have a
    line of December behind the first ones of January.
    """
    step = month - before if before else 0
    return (step <= -2) - (step >= 10)


def _by_rank(fit: _Fit) -> tuple[int, bool, int]:
    """The most specific last; of equals one whose message begins with its literal."""
    return fit[1].rank, fit[1].leads, -fit[0]


def _fields(template: Template, match: re.Match[bytes]) -> str:
    """The holes as a JSON object; most are plain text, which needs no escapes."""
    values = match.groups()
    if not values:
        return "{}"
    if None not in values and not b"".join(values).translate(None, PLAIN):
        return template.object % tuple([value.decode().strip() for value in values])
    return json.dumps(
        {
            name: value.decode("utf-8", "replace").strip()
            for name, value in match.groupdict().items()
            if value is not None
        }
    )
