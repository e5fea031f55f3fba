"""Turns one source into events: blocks of bytes -> hits of the automaton -> header and template of a line -> columns.

Lines are not objects.  A block is 1 MB of whole lines; the automaton finds the literals of all templates in it, and
only the lines with a hit are looked at.  What leaves is columns (lists of equal length), and the block's raw text,
compressed, for the store.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import chain
from typing import IO, NamedTuple

import numpy as np
import zstandard

from pcmklog.blocks import blocks, plain
from pcmklog.catalog import Catalog
from pcmklog.crew import Crew, forks, processors
from pcmklog.lines import Reader
from pcmklog.parsers import readable, tidy
from pcmklog.parsers.sorting import Sorts, sort
from pcmklog.rows import Columns, Found, turn

FIRST_YEAR = 1000  # what is below counts turns of the year
MOST_JOBS = 4  # one process decompresses and stores, and keeps about that many busy
SAMPLED = 80  # lines of its beginning that tell a log
CREW_FROM = 12  # blocks that are read before other processes are worth their start


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
    impossible: int = 0  # lines that became rows, and whose stamp no clock shows
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


class _Task(NamedTuple):
    """A block as it is in the file, and its text for reading where that differs; `begun` unless it is the first."""

    raw: bytes
    text: bytes | None
    begun: bool


class _Done(NamedTuple):
    """What was made of a block."""

    lines: int
    frame: bytes
    sorts: Sorts
    found: Found


class Scanner:
    """Scans sources one after the other with the same automaton.

    Large ones are read by `jobs` processes (0: as many as there are processors, up to MOST_JOBS).
    """

    def __init__(self, catalog: Catalog, engine: str = "", jobs: int = 1) -> None:
        self.reader = Reader(catalog, engine)
        self.compress = zstandard.ZstdCompressor(level=-1).compress
        self.jobs = jobs if jobs and forks() else min(MOST_JOBS, processors())
        self._crew: Crew[_Task, _Done] | None = None
        self._blocks = 0

    def looks_like_a_log(self, head: bytes) -> bool:
        """Whether at least a tenth of the first lines, of which some are looked at, have a header that is known."""
        text = tidy(b"".join(text for _, text, _ in readable([head], plain)))
        lines = [line for line in text.split(b"\n")[:400] if line.strip()]
        lines = lines[:: max(1, len(lines) // SAMPLED)]
        known = sum(self.reader.heads.knows(line, 0, len(line)) for line in lines)
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

    def close(self) -> None:
        """Lets the processes end that were started."""
        if self._crew is not None:
            self._crew.close()
            self._crew = None

    def work(self, tasks: Iterator[_Task]) -> Iterator[_Done]:
        """What blocks give, in their order; a crew is called when there has been enough to be worth it."""
        for task in tasks:
            if self.jobs > 1 and task.begun and self._blocks >= CREW_FROM:
                self._crew = self._crew or Crew(self.done, self.jobs)
                yield from self._crew.map(chain([task], tasks))
                return
            self._blocks += 1
            yield self.done(task)

    def done(self, task: _Task) -> _Done:
        """One block read: depends on the block alone, whichever process does it."""
        raw, text, begun = task
        block, hits = self.reader.tidied(raw if text is None else text)
        ends = np.flatnonzero(np.frombuffer(block, np.uint8) == ord("\n"))
        starts = np.concatenate(([0], ends[:-1] + 1))
        self.reader.heads.afresh()
        sorts = sort(block, starts, ends, self.reader.heads.knows, begun=begun)
        return _Done(len(ends), self.compress(raw), sorts, self.reader.read(block, hits, starts, ends))


class _SourceScan:
    """The state of one source while it is read: what runs on from block to block."""

    def __init__(self, scanner: Scanner, summary: Summary) -> None:
        self.scanner = scanner
        self.summary = summary
        self.month = 0
        self.year = 0
        self.moment: tuple[int, float, int | None] | None = None

    def blocks(self, stream: IO[bytes]) -> Iterator[Block]:
        summary = self.summary
        digest = sha256()
        for lines, frame, sorts, found in self.scanner.work(self._tasks(stream)):
            digest.update(frame)
            self._count(sorts)
            yield Block(summary.lines + 1, lines, sorts.parsed, frame, self._columns(found, summary.lines + 1))
            summary.lines += lines
        summary.digest = digest.hexdigest()

    def _tasks(self, stream: IO[bytes]) -> Iterator[_Task]:
        begun = False
        summary = self.summary
        for raw, text, layout in readable(blocks(stream, summary), plain):
            summary.layout = layout
            yield _Task(raw, None if text == raw else text, begun)
            begun = True

    def _count(self, sorts: Sorts) -> None:
        """Adds the sorts of lines to the summary."""
        summary = self.summary
        if sorts.unknown and not summary.first_unknown:
            summary.first_unknown = summary.lines + sorts.unknown[0] + 1
        summary.parsed += sorts.parsed
        summary.continued += sorts.continued
        summary.unknown += len(sorts.unknown)

    def _columns(self, found: Found, first_line: int) -> Columns:
        """The rows of a block as columns of the source: lines, years and stamps go on from the block before."""
        summary = self.summary
        summary.formats += found.formats
        summary.sampled += found.sampled
        summary.hosts += found.hosts
        summary.impossible += found.impossible
        before, turns = self.moment, self._turns(found)
        for moment in (found.first, found.last):
            if moment is not None:
                self.moment = moment.year or self.year, moment.local, moment.zone
                summary.first = summary.first or (moment.year or turns, moment.local, moment.zone)
                summary.last = self.moment
        columns = found.columns
        if not columns:
            return {}
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
