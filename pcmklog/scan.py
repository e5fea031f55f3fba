"""Turns one source into events: blocks of bytes -> hits of the automaton -> header and template of a line -> columns.

Lines are not objects.  A block is 1 MB of whole lines; the automaton finds the literals of all templates in it, and
only the lines with a hit are looked at.  What leaves is columns (lists of equal length), and the block's raw text,
compressed, for the store.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from typing import IO

import numpy as np
import zstandard

from pcmklog.blocks import blocks, plain
from pcmklog.catalog import Catalog
from pcmklog.heads import Header
from pcmklog.lines import COLUMNS, Columns, Found, Reader, turn
from pcmklog.parsers import formats, readable
from pcmklog.parsers.sorting import sort

FIRST_YEAR = 1000  # what is below counts turns of the year


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
    digest: str = ""  # of the compressed blocks: equal files are cut and compressed alike, and they are far shorter
    formats: Counter[str] = field(default_factory=Counter)  # of the lines that became rows
    sampled: Counter[str] = field(default_factory=Counter)  # of some lines of each block
    hosts: Counter[str] = field(default_factory=Counter)
    first: tuple[int, float, int | None] | None = None
    last: tuple[int, float, int | None] | None = None

    @property
    def format(self) -> str:
        """How the source is laid out, or else the header format of most of its lines; empty if there was none."""
        return self.layout or next((name for name, _ in (self.formats or self.sampled).most_common(1)), "")


class Scanner:
    """Scans sources one after the other with the same automaton."""

    def __init__(self, catalog: Catalog, engine: str = "") -> None:
        self.reader = Reader(catalog, engine)
        self.headers = [Header(form) for form in formats()]
        self.compress = zstandard.ZstdCompressor(level=-1).compress

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
        digest = sha256()
        for block in blocks(stream, summary):
            lines, frame = block.count(b"\n"), self.compress(block)
            digest.update(frame)
            yield Block(summary.lines + 1, lines, 0, frame, {})
            summary.lines += lines
        summary.digest = digest.hexdigest()


class _SourceScan:
    """The state of one source while it is read: what runs on from block to block."""

    def __init__(self, scanner: Scanner, summary: Summary) -> None:
        self.scanner = scanner
        self.summary = summary
        self.headers = list(scanner.headers)
        self.month = 0
        self.year = 0
        self.moment: tuple[int, float, int | None] | None = None

    def blocks(self, stream: IO[bytes]) -> Iterator[Block]:
        summary = self.summary
        digest = sha256()
        for raw, block, layout in readable(blocks(stream, summary), plain):
            summary.layout = layout
            frame = self.scanner.compress(raw)
            digest.update(frame)
            ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
            starts = np.concatenate(([0], ends[:-1] + 1))
            parsed = self._count_parsed(block, starts, ends)
            columns = self._columns(self.scanner.reader.read(block, starts, ends), summary.lines + 1)
            yield Block(summary.lines + 1, len(ends), parsed, frame, columns)
            summary.lines += len(ends)
        summary.digest = digest.hexdigest()

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

    def _header(self, block: bytes, start: int, end: int) -> tuple[Header, re.Match[bytes]] | None:
        """The format of a line; the one that fitted last is tried first."""
        headers = self.headers
        for position, header in enumerate(headers):
            if found := header.match(block, start, end):
                if position:
                    headers.insert(0, headers.pop(position))
                return header, found
        return None

    def _columns(self, found: Found, first_line: int) -> Columns:
        """The rows of a block as columns of the source: lines, years and stamps go on from the block before."""
        summary = self.summary
        summary.formats += found.formats
        summary.sampled += found.sampled
        summary.hosts += found.hosts
        before, turns = self.moment, self._turns(found)
        for moment in (found.first, found.last):
            if moment is not None:
                self.moment = moment.year or self.year, moment.local, moment.zone
                summary.first = summary.first or (moment.year or turns, moment.local, moment.zone)
                summary.last = self.moment
        if not found.rows:
            return {}
        columns: Columns = dict(zip(COLUMNS, map(list, zip(*found.rows, strict=True)), strict=True))
        years = np.array(columns["year"])
        columns["line"] = (np.array(columns["line"]) + first_line).tolist()
        columns["year"] = np.where(years < FIRST_YEAR, years + turns, years).tolist()
        if before is not None and columns["local"][0] is None:
            _carry(columns, before)
        return columns

    def _turns(self, found: Found) -> int:
        """How often the year had turned at the first stamp of the block; `year` and `month` are those of its last."""
        first, last = found.months
        turns = self.year
        if first:
            turns += turn(self.month, first)
            self.month, self.year = last, turns + found.turns
        return turns


def _carry(columns: Columns, before: tuple[int, float, int | None]) -> None:
    """The first lines of a block that have no stamp take that of the last line before."""
    stamps = columns["local"]
    bare = next((row for row, stamp in enumerate(stamps) if stamp is not None), len(stamps))
    for name, value in zip(("year", "local", "zone"), before, strict=True):
        columns[name][:bare] = [value] * bare
