"""One block of lines -> rows: the automaton finds literals, only lines that have one are looked at.

What a block gives depends on the block alone, so that blocks can be read by several processes; what runs on from block
to block (the year, the last stamp, line numbers) is put right where they come together (`scan.py`).
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from functools import lru_cache

import numpy as np

from pcmklog import daemons
from pcmklog.catalog import Catalog, Template
from pcmklog.heads import Heads, Moment, Parts, Said, faces, stamp_ends
from pcmklog.matcher import Hits, matcher
from pcmklog.parsers import formats, marks, tidy
from pcmklog.rows import LONGEST_TEXT, Found, Place, Row, fill, holes

SAMPLED = 16  # lines of a block that are parsed to see where its messages begin
BEFORE_MESSAGE = (b": ", b"] ", b") ", b"  ")
# A line that carries one of these is worth a look even if no template knows it: "errors nobody explained".
SEVERE = tuple(
    word + b": " for word in (b"emerg", b"alert", b"crit", b"error", b"EMERG", b"ALERT", b"CRIT", b"ERROR")
) + tuple(b"corosync" + gap + word for gap in (b" ", b"") for word in (b"emerg", b"alert", b"crit", b"error"))
SEVERE += (b":emerg :", b":alert :", b":crit  :", b":err   :")  # `dmesg -x`
SEVERE_LEVELS = frozenset({"emerg", "alert", "crit", "error"})
AGENT = re.compile(r"(?P<agent>[\w.-]+)\((?P<rsc>[^()\s]+)\)")  # how a resource agent logs: `apache(web)`
COMPLAINT = "agent.complained"
_Try = tuple[bytes, Template, Callable[..., re.Match[bytes] | None]]  # a word that a template needs, and what fits it
_Fit = tuple[Template, re.Match[bytes]]  # from its literal on


class _Groups(dict[int, list[_Try]]):
    """By the number of a literal: its templates, the most specific first, each with its key; made when asked for."""

    def __init__(self, groups: list[list[Template]]) -> None:
        super().__init__()
        self._groups = groups

    def __missing__(self, literal: int) -> list[_Try]:
        group = self[literal] = [(template.key, template, template.tail.match) for template in self._groups[literal]]
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
        self.severe: dict[int, list[int]] = {}  # by line: where words end that say that it is severe

    def read(self, hits: Hits) -> Found:
        found = self.found
        self.heads.afresh()
        literals, offsets = np.asarray(hits[0], int), np.asarray(hits[1], int)
        told = literals < self.reader.marks_from
        found.see(self.moment(0))
        if told.any():
            self._hits(literals[told], offsets[told])
        fill(found, self.rows, self)
        found.see(self.moment(-1))
        return found

    def moment(self, line: int) -> Moment | None:
        """The stamp of a line, whatever its format."""
        return self.heads.parts(self.block, int(self.starts[line]), int(self.ends[line])).moment

    def _hits(self, literals: np.ndarray, offsets: np.ndarray) -> None:
        """Tries the templates whose literals were found, and reads the lines that one of them fits, in their order."""
        is_severe = literals >= self.reader.severe_from
        severe = np.sort(offsets[is_severe])
        for line, end in zip(np.searchsorted(self.ends, severe).tolist(), severe.tolist(), strict=True):
            self.severe.setdefault(line, []).append(end)
        fits = self._fits(*self._worth_a_try(literals[~is_severe], offsets[~is_severe]))
        lines = np.array(sorted(fits.keys() | self.severe.keys()), int)
        starts = self.starts[lines]
        kinds = faces(self.data, starts)
        columns = lines, starts, stamp_ends(self.data, starts, kinds), self._stops(lines), kinds
        for place in zip(*map(np.ndarray.tolist, columns), strict=True):
            self._line(place, fits.get(place[0], []))

    def _worth_a_try(self, literals: np.ndarray, offsets: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """The literals, and where they begin, that may be what a message says."""
        begins = offsets - self.reader.lengths[literals]
        after = self.data[np.minimum(offsets, len(self.data) - 1)]
        apart = ~self.reader.words[literals] | (after == 32) | (after == 9) | (after == 35)
        literals, begins = literals[apart], begins[apart]
        if self._usual():
            keep = self._placed(begins) | ~self.reader.only_leading[literals]
            literals, begins = literals[keep], begins[keep]
        return literals, begins

    def _stops(self, lines: np.ndarray) -> np.ndarray:
        """Where the lines of these numbers end, without a carriage return."""
        ends = self.ends[lines]
        stops: np.ndarray = ends - (self.data[np.maximum(ends - 1, self.starts[lines])] == ord("\r"))
        return stops

    def _fits(self, literals: np.ndarray, begins: np.ndarray) -> dict[int, list[_Fit]]:
        """By line: the most specific template that the text from a literal on fits, for each of its literals.

        Most literals stand in messages of others, which this tells at the least cost: no header is parsed for them.
        """
        lines = np.searchsorted(self.ends, begins)
        order = np.lexsort((begins, literals, lines))
        lines = lines[order]
        columns = lines, literals[order], begins[order], self._stops(lines)
        block, find, templates = self.block, self.block.find, self.reader.templates
        fits: dict[int, list[_Fit]] = {}
        for line, literal, begin, end in zip(*map(np.ndarray.tolist, columns), strict=True):
            for key, template, tail in templates[literal]:
                if find(key, begin, end) >= 0 and (match := tail(block, begin, end)):
                    fits.setdefault(line, []).append((template, match))
                    break
        return fits

    def _next(self, fit: _Fit, end: int) -> list[_Fit]:
        """The next template of the same literal, where the line was not what the first one says."""
        template, match = fit
        for other in self.reader.less.get(template.id, ()):
            if found := other.tail.match(self.block, match.start(), end):
                return [(other, found)]
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

    def _line(self, place: Place, fits: list[_Fit]) -> None:
        """The row of one line, if there is something to tell: the most specific template that fits is meant."""
        parts = None
        line, start, stop, end, face = place
        fits.reverse()  # of equals the first is meant
        while fits:
            if len(fits) > 1:
                fits.sort(key=_weight)
            fit = template, match = fits.pop()
            if template.leads:
                begin = match.start()
                said = self.heads.before(self.block, (start, stop, begin, end), face) if begin >= stop else None
                if said is not None and said[0].may_say(template):
                    self._say(place, said, template, match)
                    return
            else:
                parts = parts or self.heads.parts(self.block, start, end)
                said = self.heads.head(self.block, parts, (start, stop), face)
                whole = self._whole(template, parts, end) if said[0].may_say(template) else None
                if whole is not None:
                    self._say(place, said, template, whole)
                    return
            fits += self._next(fit, end)
        if line in self.severe:
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

    def _say(self, place: Place, said: Said, template: Template, match: re.Match[bytes]) -> None:
        begin = match.start()
        text = self.block[begin : min(place[3], begin + LONGEST_TEXT)]
        level = said[0].level or template.level
        self.rows.append((place, *said, template.kind, template.id, level, text, holes(template, match)))

    def _unexplained(self, place: Place, parts: Parts | None) -> None:
        """The row of a severe line that no template knows."""
        _, start, stop, end, face = place
        found = self._behind_level(place)
        if found is not None:
            said, begin = found
        else:
            parts = parts or self.heads.parts(self.block, start, end)
            said, begin = self.heads.head(self.block, parts, (start, stop), face), parts.inner
        head, _ = said
        complaint = _complaint(head.daemon) if head.level in SEVERE_LEVELS and head.known else None
        if complaint is not None:
            text = self.block[begin : min(end, begin + LONGEST_TEXT)]
            self.rows.append((place, *said, complaint[0], -1, head.level, text, complaint[1]))

    def _behind_level(self, place: Place) -> tuple[Said, int] | None:
        """The head of a severe line and where its message begins, if the word for its level is the last before it."""
        line, start, stop, end, face = place
        for begin in self.severe[line]:
            said = self.heads.before(self.block, (start, stop, begin, end), face) if face and begin >= stop else None
            more = said[0].more.match(self.block, begin, end) if said and said[0].usual and said[0].more else None
            if said and more and not any(more.groupdict().get(part) for part in ("subsys", "sev")):
                return said, more.end()
        return None


@lru_cache(4096)
def _complaint(daemon: str) -> tuple[str, str] | None:
    """Kind and fields of what no template knows, if it is of the cluster or of an agent."""
    if agent := AGENT.fullmatch(daemon):
        return COMPLAINT, json.dumps(agent.groupdict())
    return ("log.unexplained", "{}") if daemons.family(daemon) else None


def _goes_on_with_blank(template: Template) -> bool:
    """Whether a blank (or a tab, or `#011`) follows the literal wherever the template fits."""
    return all(rest.startswith(" ") for rest in template.text.split(template.literal.decode())[1:])


def _weight(fit: _Fit) -> tuple[int, bool]:
    """The most specific last; of equals one whose message begins with its literal."""
    return fit[0].rank, fit[0].leads
