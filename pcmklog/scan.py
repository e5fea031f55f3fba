"""Turns one source into events: blocks of bytes -> hits of the automaton -> header and template of a line -> columns.

Lines are not objects.  A block is 1 MB of whole lines; the automaton finds the literals of all templates in it, and
only the lines with a hit are looked at.  What leaves is columns (lists of equal length), and the block's raw text,
compressed, for the store.
"""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import IO, NamedTuple

import numpy as np
import zstandard

from pcmklog import daemons
from pcmklog.blocks import blocks, plain
from pcmklog.catalog import Catalog, Template
from pcmklog.matcher import matcher
from pcmklog.parsers import Format, formats, readable
from pcmklog.parsers.lead import LEAD, LEVELS
from pcmklog.parsers.sorting import sort
from pcmklog.parsers.stamps import FACES, Stamp

LONGEST_TEXT = 4000
DOUBTFUL = 300
BEFORE_MESSAGE = np.frombuffer(b":]) \t", np.uint8)
COLUMNS = (
    "line", "year", "local", "zone", "digits", "host", "daemon", "subsystem", "pid",
    "kind", "template", "level", "text", "fields",
)  # fmt: skip
Columns = dict[str, list[object]]
# A line that carries one of these is worth a look even if no template knows it: "errors nobody explained".
SEVERE = tuple(
    word + b": " for word in (b"emerg", b"alert", b"crit", b"error", b"EMERG", b"ALERT", b"CRIT", b"ERROR")
) + tuple(b"corosync" + gap + word for gap in (b" ", b"") for word in (b"emerg", b"alert", b"crit", b"error"))
SEVERE_LEVELS = frozenset({"emerg", "alert", "crit", "error"})
FIRST_WORD = re.compile(rb"\w+ ")


@dataclass
class Block:
    """What one block of lines gave: `columns` as in COLUMNS, and the raw text as a zstd frame."""

    first_line: int
    lines: int
    parsed: int
    z: bytes
    columns: Columns


@dataclass
class Summary:
    """What is known of a source in the end; `first` and `last` are (year or its turns, local seconds, zone)."""

    bytes: int = 0
    lines: int = 0
    parsed: int = 0
    continued: int = 0
    unknown: int = 0
    first_unknown: int = 0
    layout: str = ""
    cut_lines: int = 0
    digest: str = ""
    formats: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)
    first: tuple[int, float, int | None] | None = None
    last: tuple[int, float, int | None] | None = None


class _Head(NamedTuple):
    """What the header of a line says; `end` is where it ends, `stamped` whether the line has a stamp of its own."""

    end: int
    known: bool = False
    stamped: bool = False
    host: str = ""
    daemon: str = ""
    pid: int | None = None
    level: str = ""


class _Header:
    """A format with the numbers of its groups, so that a hit costs no dictionary."""

    __slots__ = ("face", "groups", "match", "name", "prog")

    def __init__(self, form: Format) -> None:
        index = form.HEADER.groupindex
        self.name = form.NAME
        self.match = form.HEADER.match
        self.face = FACES[form.STAMP]
        self.prog = getattr(form, "PROG", "")
        self.groups = tuple(index.get(name, 0) for name in ("ts", "host", "prog", "pid", "pid2", "sev"))


class Scanner:
    """Scans sources one after the other with the same automaton."""

    def __init__(self, catalog: Catalog, engine: str = "") -> None:
        by_literal: dict[bytes, list[Template]] = defaultdict(list)
        for template in catalog.templates:
            by_literal[template.literal].append(template)
        self.severe_from = len(by_literal)
        self.templates = [sorted(group, key=lambda t: -t.rank) for group in by_literal.values()]
        self.matcher = matcher([*by_literal, *SEVERE], engine)
        self.lengths = np.array([len(literal) for literal in (*by_literal, *SEVERE)])
        # Literals with which a message begins wherever they are part of one: they stand behind a header or a function.
        self.leading = np.array(
            [all(not t.anywhere and t.text.encode().startswith(t.literal) for t in group) for group in self.templates]
            + [False] * len(SEVERE)
        )
        self.headers = [_Header(form) for form in formats()]
        self.compress = zstandard.ZstdCompressor(level=1).compress

    def looks_like_a_log(self, head: bytes) -> bool:
        """Whether at least a tenth of the first lines have a header that some format knows."""
        text = b"".join(text for _, text, _ in readable([head], plain))
        lines = [line for line in text.split(b"\n")[:400] if line.strip()]
        known = sum(any(header.match(line) for header in self.headers) for line in lines)
        return known > 0 and known * 10 >= len(lines)

    def scan(self, stream: IO[bytes], summary: Summary) -> Iterator[Block]:
        """The blocks of a log; `summary` is complete after the last of them."""
        return _SourceScan(self, summary).blocks(stream)

    def text(self, stream: IO[bytes], summary: Summary) -> Iterator[Block]:
        """The blocks of a file that is no log: raw text only."""
        for block in blocks(stream, summary):
            lines = block.count(b"\n")
            yield Block(summary.lines + 1, lines, 0, self.compress(block), {})
            summary.lines += lines


class _SourceScan:
    """The state of one source while it is read: current format, roll-over of the year."""

    def __init__(self, scanner: Scanner, summary: Summary) -> None:
        self.scanner = scanner
        self.summary = summary
        self.headers = list(scanner.headers)
        self.month = 0
        self.year = 0
        self.stamp: Stamp | None = None
        self.doubtful = DOUBTFUL  # how many lines are still to be tried whose literal does not stand where it should

    def blocks(self, stream: IO[bytes]) -> Iterator[Block]:
        summary = self.summary
        for raw, block, layout in readable(blocks(stream, summary), plain):
            summary.layout = layout
            ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
            starts = np.concatenate(([0], ends[:-1] + 1))
            parsed = self._count_parsed(block, starts, ends)
            columns = self._columns(block, starts, ends, summary.lines + 1)
            yield Block(summary.lines + 1, len(ends), parsed, self.scanner.compress(raw), columns)
            summary.lines += len(ends)

    def _count_parsed(self, block: bytes, starts: np.ndarray, ends: np.ndarray) -> int:
        """Adds the sorts of lines to the summary, and gives the number of those parsed."""
        summary = self.summary
        sorts = sort(block, starts, ends, self._header, begun=summary.parsed > 0)
        if sorts.unknown and not summary.first_unknown:
            summary.first_unknown = summary.lines + sorts.unknown[0] + 1
        summary.parsed += sorts.parsed
        summary.continued += sorts.continued
        summary.unknown += len(sorts.unknown)
        return sorts.parsed

    def _header(self, block: bytes, start: int, end: int) -> tuple[_Header, re.Match[bytes]] | None:
        """The format of a line; the one that fitted last is tried first."""
        headers = self.headers
        for position, header in enumerate(headers):
            if found := header.match(block, start, end):
                if position:
                    headers.insert(0, headers.pop(position))
                return header, found
        return None

    def _columns(self, block: bytes, starts: np.ndarray, ends: np.ndarray, first_line: int) -> Columns:
        numbers, offsets = self.scanner.matcher.hits(block)
        columns: Columns = {name: [] for name in COLUMNS}
        self._note_stamp(block, int(starts[0]), int(ends[0]))
        if numbers:
            self._hits(block, np.asarray(numbers), np.asarray(offsets), (starts, ends, first_line), columns)
        self._note_stamp(block, int(starts[-1]), int(ends[-1]))
        return columns

    def _hits(
        self,
        block: bytes,
        literals: np.ndarray,
        offsets: np.ndarray,
        grid: tuple[np.ndarray, np.ndarray, int],
        columns: Columns,
    ) -> None:
        """The hit lines of a block, in their order.

        Short literals stand in the middle of many lines.  Lines where none stands where a message begins are tried
        until it is clear that this source has no messages elsewhere (a file with bare function names does).
        """
        starts, ends, first_line = grid
        good = self._well_placed(block, literals, offsets)
        if not self.doubtful:
            literals, offsets, good = literals[good], offsets[good], good[good]
        at = np.searchsorted(ends, offsets - 1)
        order = np.lexsort((literals, at))
        lines, literals, good = at[order], literals[order], good[order]
        cuts = [0, *(np.flatnonzero(np.diff(lines)) + 1).tolist(), len(lines)]
        for a, b in pairwise(cuts):
            if a == b:
                continue
            index, before = int(lines[a]), len(columns["line"])
            span = (int(starts[index]), int(ends[index]))
            self._line(block, span, first_line + index, literals[a:b].tolist(), columns)
            if self.doubtful > 0 and not good[a:b].any():
                found = len(columns["line"]) > before
                self.doubtful = -1 if found else self.doubtful - 1

    def _well_placed(self, block: bytes, literals: np.ndarray, offsets: np.ndarray) -> np.ndarray:
        """Which hits may begin a message: at the start of a line, or behind `: `, `] `, `) ` or a tab."""
        data = np.frombuffer(block, np.uint8)
        begin = offsets - self.scanner.lengths[literals]
        gap, before = data[begin - 1], data[begin - 2]
        placed = (begin < 2) | (gap == 10) | (gap == 9) | ((gap == 32) & np.isin(before, BEFORE_MESSAGE))
        well: np.ndarray = placed | ~self.scanner.leading[literals]
        return well

    def _note_stamp(self, block: bytes, start: int, end: int) -> None:
        """Keeps the stamps of first and last lines; also carries the year over blocks without hits."""
        if found := self._header(block, start, end):
            header, match = found
            self._read_stamp(header, match)
            if self.stamp is not None:
                seen = (self.stamp.year or self.year, _local(self.stamp), self.stamp.offset)
                self.summary.first = self.summary.first or seen
                self.summary.last = seen

    def _read_stamp(self, header: _Header, match: re.Match[bytes]) -> None:
        text = match.group(header.groups[0]) if header.groups[0] else None
        stamp = header.face(text) if text else None
        if stamp is None:
            return
        self.stamp = stamp
        if not stamp.year:
            # Lines of one file go back by hours at most, so two months back are a new year; a file that is not
            # sorted may have a line of December behind the first ones of January.
            step = stamp.month - self.month if self.month else 0
            self.year += (step <= -2) - (step >= 10)
            self.month = stamp.month

    def _line(self, block: bytes, span: tuple[int, int], number: int, literals: list[int], columns: Columns) -> None:
        """Header and template of one hit line; a row for the columns if there is something to tell."""
        start, end = span
        if end > start and block[end - 1] == ord("\r"):
            end -= 1
        head = self._head(block, start, end)
        lead = LEAD.match(block, head.end, end)
        assert lead is not None  # every part of it is optional
        hit = self._template(block, end, literals, lead, head.daemon)
        level = head.level or _level(lead["sev"])
        if hit is not None:
            template, match = hit
            said = (template.kind, template.id, level or template.level, block[match.start() : end], _fields(match))
        elif head.known and level in SEVERE_LEVELS and daemons.family(head.daemon):
            said = ("log.unexplained", -1, level, block[lead.end() : end], "{}")
        else:
            return
        self._append(columns, number, head, lead["subsys"], said)

    def _head(self, block: bytes, start: int, end: int) -> _Head:
        found = self._header(block, start, end)
        if found is None:
            return _Head(start)
        header, match = found
        self._read_stamp(header, match)
        self.summary.formats[header.name] += 1
        ts, host, prog, pid, pid2, sev = (match.group(g) if g else None for g in header.groups)
        number = pid or pid2
        return _Head(
            match.end(),
            known=True,
            stamped=ts is not None,
            host=_word(host) if host else "",
            daemon=_word(prog) if prog else header.prog,
            pid=int(number[:9]) if number else None,
            level=_level(sev),
        )

    def _append(
        self,
        columns: Columns,
        number: int,
        head: _Head,
        subsystem: bytes | None,
        said: tuple[str, int, str, bytes, str],
    ) -> None:
        stamp = self.stamp
        kind, template, level, text, fields = said
        if head.host:
            self.summary.hosts[head.host] += 1
        row = (
            number,
            (stamp.year or self.year) if stamp else 0,
            _local(stamp) if stamp else None,
            stamp.offset if stamp else None,
            stamp.digits if stamp and head.stamped else -1,
            head.host,
            head.daemon,
            _word(subsystem) if subsystem else "",
            head.pid,
            kind,
            template,
            level,
            text[:LONGEST_TEXT].decode("utf-8", "replace").strip(),
            fields,
        )
        for column, value in zip(columns.values(), row, strict=True):
            column.append(value)

    def _template(
        self, block: bytes, end: int, literals: list[int], lead: re.Match[bytes], daemon: str
    ) -> tuple[Template, re.Match[bytes]] | None:
        """The most specific template that fits the line, with its match."""
        scanner = self.scanner
        candidates: list[Template] = []
        for literal in dict.fromkeys(literals):
            if literal < scanner.severe_from:
                candidates.extend(scanner.templates[literal])
        if len(candidates) > 1:
            candidates.sort(key=lambda t: -t.rank)
        inner, outer = lead.end(), lead.start("func")
        for template in candidates:
            if not _fits(template, daemon, lead["subsys"]):
                continue
            if template.anywhere:
                match = template.pattern.search(block, outer, end)
            else:
                match = template.pattern.match(block, inner, end)
                if match is None and outer != inner:
                    match = template.pattern.match(block, outer, end)
                if match is None and lead["subsys"] and (word := FIRST_WORD.match(block, outer, end)):
                    match = template.pattern.match(block, word.end(), end)
            if match is not None:
                return template, match
        return None


@lru_cache(4096)
def _word(text: bytes) -> str:
    return text.decode("utf-8", "replace").strip()


@lru_cache(1024)
def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; a day that the month does not have is one of the next month."""
    return int(np.datetime64(f"{year:04d}-{month:02d}-01", "D").astype(int)) + day - 1


def _local(stamp: Stamp) -> float:
    """Seconds since 1970 on the writer's own clock face; a stamp without a year is put into the leap year 2000."""
    return _days(stamp.year or 2000, stamp.month, stamp.day) * 86400 + stamp.seconds


@lru_cache(4096)
def _families(emitter: tuple[str, ...]) -> frozenset[str]:
    return frozenset(daemons.family(name) for name in emitter) - {""}


def _fits(template: Template, daemon: str, subsystem: bytes | None) -> bool:
    """Whether the template may be said by this program: families that are both known must be the same."""
    if not template.emitter or not daemon or daemon in template.emitter:
        return True
    family = daemons.family(daemon)
    known = _families(template.emitter)
    if family == "corosync" and subsystem and subsystem.strip() in (b"pcmk", b"CMAN"):
        return True
    return not family or not known or family in known


def _level(word: bytes | None) -> str:
    if not word:
        return ""
    return "debug" if word.startswith(b"debug") else LEVELS.get(word, "")


def _fields(match: re.Match[bytes]) -> str:
    holes = match.groupdict()
    if not holes:
        return "{}"
    return json.dumps(
        {name: value.decode("utf-8", "replace").strip() for name, value in holes.items() if value is not None}
    )
