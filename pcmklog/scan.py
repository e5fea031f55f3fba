"""Turns one source into events: blocks of bytes -> hits of the automaton -> header and template of the hit lines -> columns.

Lines are not objects.  A block is 1 MB of whole lines; the automaton finds the literals of all templates in it, and
only the lines with a hit are looked at.  What leaves is columns (lists of equal length), and the block's raw text,
compressed, for the store.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import pairwise
from typing import IO

import numpy as np
import zstandard

from pcmklog import daemons
from pcmklog.catalog import Catalog, Template
from pcmklog.matcher import matcher
from pcmklog.parsers import Format, formats
from pcmklog.parsers.lead import LEAD, LEVELS
from pcmklog.parsers.stamps import FACES, Stamp

BLOCK = 1 << 20
LONGEST_LINE = 1 << 20
COLUMNS = (
    "line", "year", "local", "zone", "digits", "host", "daemon", "subsystem", "pid", "kind", "template", "level", "text", "fields",
)  # fmt: skip
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
    columns: dict[str, list[object]]


@dataclass
class Summary:
    """What is known of a source after its last block.  `first` and `last` are (year or roll-over count, local seconds, zone)."""

    bytes: int = 0
    lines: int = 0
    parsed: int = 0
    cut_lines: int = 0
    digest: str = ""
    formats: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)
    first: tuple[int, float, int | None] | None = None
    last: tuple[int, float, int | None] | None = None


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
        self._severe_from = len(by_literal)
        self._templates = [sorted(group, key=lambda t: -t.rank) for group in by_literal.values()]
        self._matcher = matcher([*by_literal, *SEVERE], engine)
        self._headers = [_Header(form) for form in formats()]
        self._compress = zstandard.ZstdCompressor(level=1).compress

    def looks_like_a_log(self, head: bytes) -> bool:
        """Whether at least a tenth of the first lines have a header that some format knows."""
        lines = [line for line in head.split(b"\n")[:400] if line.strip()]
        known = sum(any(header.match(line) for header in self._headers) for line in lines)
        return known > 0 and known * 10 >= len(lines)

    def scan(self, stream: IO[bytes], summary: Summary) -> Iterator[Block]:
        """The blocks of a log; `summary` is complete after the last of them."""
        return _SourceScan(self, summary).blocks(stream)

    def text(self, stream: IO[bytes], summary: Summary) -> Iterator[Block]:
        """The blocks of a file that is no log: raw text only."""
        for block in _blocks(stream, summary):
            lines = block.count(b"\n")
            yield Block(summary.lines + 1, lines, 0, self._compress(block), {})
            summary.lines += lines


class _SourceScan:
    """The state of one source while it is read: current format, roll-over of the year."""

    def __init__(self, scanner: Scanner, summary: Summary) -> None:
        self.scanner = scanner
        self.summary = summary
        self.headers = list(scanner._headers)
        self.month = 0
        self.year = 0
        self.stamp: Stamp | None = None

    def blocks(self, stream: IO[bytes]) -> Iterator[Block]:
        summary = self.summary
        for block in _blocks(stream, summary):
            ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
            starts = np.concatenate(([0], ends[:-1] + 1))
            parsed = self._count_parsed(block, starts, ends)
            columns = self._columns(block, starts, ends, summary.lines + 1)
            yield Block(summary.lines + 1, len(ends), parsed, self.scanner._compress(block), columns)
            summary.lines += len(ends)
            summary.parsed += parsed

    def _count_parsed(self, block: bytes, starts: np.ndarray, ends: np.ndarray) -> int:
        """How many lines have a header: by the fixed columns of the two usual stamps, by expression for the rest."""
        bytes_ = np.frombuffer(block, np.uint8)
        long_enough = ends - starts > 16
        s = np.where(long_enough, starts, 0) if len(block) > 16 else starts[:0]
        if not len(s):
            return sum(self._header(block, int(a), int(b)) is not None for a, b in zip(starts, ends, strict=True))
        bsd = (bytes_[s + 3] == 32) & (bytes_[s + 6] == 32) & (bytes_[s + 9] == 58) & (bytes_[s + 12] == 58)
        iso = (bytes_[s + 4] == 45) & (bytes_[s + 7] == 45) & (bytes_[s + 10] == 84) & (bytes_[s + 13] == 58)
        stamped = long_enough & (bsd | iso)
        rest = np.flatnonzero(~stamped)[:20000]
        known = sum(self._header(block, int(starts[i]), int(ends[i])) is not None for i in rest)
        return int(stamped.sum()) + known

    def _header(self, block: bytes, start: int, end: int) -> tuple[_Header, re.Match[bytes]] | None:
        """The format of a line; the one that fitted last is tried first."""
        headers = self.headers
        for position, header in enumerate(headers):
            if found := header.match(block, start, end):
                if position:
                    headers.insert(0, headers.pop(position))
                return header, found
        return None

    def _columns(self, block: bytes, starts: np.ndarray, ends: np.ndarray, first_line: int) -> dict[str, list[object]]:
        numbers, offsets = self.scanner._matcher.hits(block)
        columns: dict[str, list[object]] = {name: [] for name in COLUMNS}
        self._note_stamp(block, int(starts[0]), int(ends[0]))
        if numbers:
            at = np.searchsorted(ends, np.asarray(offsets) - 1)
            order = np.lexsort((numbers, at))
            lines = at[order]
            literals = np.asarray(numbers)[order]
            cuts = [0, *(np.flatnonzero(np.diff(lines)) + 1).tolist(), len(lines)]
            for a, b in pairwise(cuts):
                index = int(lines[a])
                self._line(
                    block, int(starts[index]), int(ends[index]), first_line + index, literals[a:b].tolist(), columns
                )
        self._note_stamp(block, int(starts[-1]), int(ends[-1]))
        return columns

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
            if self.month and abs(stamp.month - self.month) > 6:
                self.year += 1 if stamp.month < self.month else -1
            self.month = stamp.month

    def _line(
        self, block: bytes, start: int, end: int, number: int, literals: list[int], columns: dict[str, list[object]]
    ) -> None:
        if block[end - 1] == 13 and end > start:
            end -= 1
        found = self._header(block, start, end)
        if found is None:
            header, position, values = None, start, (None,) * 6
        else:
            header, match = found
            self._read_stamp(header, match)
            position = match.end()
            values = tuple(match.group(g) if g else None for g in header.groups)
            self.summary.formats[header.name] += 1
        _, host, prog, pid, pid2, sev = values
        lead = LEAD.match(block, position, end)
        daemon = _word(prog) if prog else (header.prog if header else "")
        hit = self._template(block, end, literals, lead, daemon)
        level = LEVELS.get(sev or lead["sev"] or b"", "")
        if not level and (lead["sev"] or b"").startswith(b"debug"):
            level = "debug"
        if hit is None:
            if header is None or level not in SEVERE_LEVELS or not daemons.family(daemon):
                return
            kind, number_, fields, text = "log.unexplained", -1, "{}", block[lead.end() : end]
        else:
            template, match = hit
            kind, number_, text = template.kind, template.id, block[match.start() : end]
            fields = _fields(match)
            level = level or template.level
        self._append(
            columns,
            number,
            header is not None,
            (host, daemon, lead["subsys"], pid or pid2, kind, number_, level, text, fields),
        )

    def _append(self, columns: dict[str, list[object]], number: int, stamped: bool, row: tuple[object, ...]) -> None:
        host, daemon, subsystem, pid, kind, template, level, text, fields = row
        stamp = self.stamp
        columns["line"].append(number)
        columns["year"].append((stamp.year or self.year) if stamp else 0)
        columns["local"].append(_local(stamp) if stamp else None)
        columns["zone"].append(stamp.offset if stamp else None)
        columns["digits"].append(stamp.digits if stamp and stamped else -1)
        name = _word(host) if host else ""
        if name:
            self.summary.hosts[name] += 1
        columns["host"].append(name)
        columns["daemon"].append(daemon)
        columns["subsystem"].append(_word(subsystem) if subsystem else "")
        columns["pid"].append(int(pid[:9]) if pid else None)
        columns["kind"].append(kind)
        columns["template"].append(template)
        columns["level"].append(level)
        columns["text"].append(text[:4000].decode("utf-8", "replace").strip())
        columns["fields"].append(fields)

    def _template(
        self, block: bytes, end: int, literals: list[int], lead: re.Match[bytes], daemon: str
    ) -> tuple[Template, re.Match[bytes]] | None:
        """The most specific template that fits the line, with its match."""
        scanner = self.scanner
        candidates: list[Template] = []
        for literal in dict.fromkeys(literals):
            if literal < scanner._severe_from:
                candidates.extend(scanner._templates[literal])
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


def _blocks(stream: IO[bytes], summary: Summary) -> Iterator[bytes]:
    """Whole lines in blocks of about BLOCK bytes; a line beyond LONGEST_LINE is cut there, and counted in `cut_lines`."""
    digest = hashlib.blake2b(digest_size=16)
    tail = b""
    skipping = False
    while data := stream.read(BLOCK):
        digest.update(data)
        summary.bytes += len(data)
        if skipping:
            newline = data.find(b"\n")
            if newline < 0:
                continue
            data, skipping = data[newline:], False
        cut = data.rfind(b"\n")
        if cut < 0:
            tail += data
            if len(tail) > LONGEST_LINE:
                tail, skipping = tail[:LONGEST_LINE], True
                summary.cut_lines += 1
            continue
        yield tail + data[: cut + 1]
        tail = data[cut + 1 :]
    if tail:
        yield tail + b"\n"
    summary.digest = digest.hexdigest()


@lru_cache(4096)
def _word(text: bytes) -> str:
    return text.decode("utf-8", "replace").strip()


@lru_cache(1024)
def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01 of a date of the proleptic Gregorian calendar; total, also for a day that does not exist."""
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


def _fields(match: re.Match[bytes]) -> str:
    holes = match.groupdict()
    if not holes:
        return "{}"
    return json.dumps(
        {name: value.decode("utf-8", "replace").strip() for name, value in holes.items() if value is not None}
    )
