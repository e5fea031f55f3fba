"""The rows of a block: what its lines say, gathered line by line and given away as columns, and when they were written.

Years turn and lines without a stamp take that of the line before, so moments are seen in the order of the lines; all
else is made for all rows at once.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from pcmklog.catalog import Template
from pcmklog.heads import Head, Moment, bsd_stamps, moment

LONGEST_TEXT = 4000
COLUMNS = (
    "line", "year", "local", "zone", "digits", "host", "daemon", "subsystem", "pid",
    "kind", "template", "level", "text", "fields",
)  # fmt: skip
Columns = dict[str, list[object]]
SOLID = bytes(set(range(33, 127)) - set(b'"\\'))
NO_MOMENT = (0, 0, None, None, -1)
Stamps = tuple[list[object], list[object], list[object], list[object]]  # the columns year, local, zone, digits
Place = tuple[int, int, int, int, int]  # of a line: its number in the block, start, end of its stamp, end, and its face
Row = tuple[Place, Head, int | None, str, int, str, bytes, str]  # up to the message and its holes, as COLUMNS says


@dataclass
class Found:
    """What one block gave.

    `columns` are as COLUMNS says (none without rows), with lines counted from 0 in the block and years, where stamps
    have none, in turns since its first stamp; `first` and `last` are the first and the last moment seen, if any;
    `impossible` is how many rows have a stamp that no clock shows.
    """

    columns: Columns = field(default_factory=dict)
    formats: Counter[str] = field(default_factory=Counter)
    sampled: Counter[str] = field(default_factory=Counter)
    hosts: Counter[str] = field(default_factory=Counter)
    first: Moment | None = None
    last: Moment | None = None
    months: tuple[int, int] = (0, 0)
    turns: int = 0
    impossible: int = 0

    def see(self, moment: Moment | None) -> None:
        """Takes over the next stamp."""
        if moment is None:
            return
        if not moment.year:
            first, last = self.months
            self.turns += turn(last, moment.month)
            self.months = first or moment.month, moment.month
        self.last = moment
        self.first = self.first or moment


class Text(Protocol):
    """A block whose lines the rows are of."""

    block: bytes
    data: np.ndarray

    def moment(self, line: int) -> Moment | None:
        """The stamp of a line."""


def fill(found: Found, rows: list[Row], text: Text) -> None:
    """Makes columns of rows that stand in the order of their lines."""
    if not rows:
        return
    places, heads, pids, kinds, templates, levels, said, fields = map(list, zip(*rows, strict=True))
    for head, count in Counter(heads).items():
        if head.known:
            found.formats[head.format] += count
        if head.host:
            found.hosts[head.host] += count
    columns = (
        [place[0] for place in places], *(_alike(found, rows, text) or _one_by_one(found, rows, text)),
        [head.host for head in heads], [head.daemon for head in heads], [head.subsystem for head in heads],
        pids, kinds, templates, levels, [message.decode("utf-8", "replace").strip() for message in said], fields,
    )  # fmt: skip
    found.columns = dict(zip(COLUMNS, columns, strict=True))


def _alike(found: Found, rows: list[Row], text: Text) -> Stamps | None:
    """The stamps of rows that all have one of the month before, as syslog and Pacemaker write it."""
    if not all(row[1].face == "bsd" and row[1].usual for row in rows):
        return None
    starts, stops = np.array([row[0][1:3] for row in rows]).T
    month, local, digits = bsd_stamps(text.data, starts, stops)
    if not month or month != found.months[1]:
        return None
    found.see(Moment(0, month, float(local[-1]), None, int(digits[-1])))
    return [found.turns] * len(rows), local.tolist(), [None] * len(rows), digits.tolist()


def _one_by_one(found: Found, rows: list[Row], text: Text) -> Stamps:
    stamps = []
    looked_at = 0  # before this line no stamp is looked for again
    for (line, start, stop, *_), head, *_ in rows:
        if not head.stamped:
            found.see(next((seen for at in range(line - 1, looked_at, -1) if (seen := text.moment(at))), None))
            looked_at = line
            told = False
        else:
            own = moment(head.face, text.block[start:stop]) if head.usual else text.moment(line)
            found.see(own)
            told = own is not None
            found.impossible += not told
        year, _, local, zone, digits = found.last or NO_MOMENT
        stamps.append((year or found.turns, local, zone, digits if told else -1))
    years, locals_, zones, decimals = map(list, zip(*stamps, strict=True))
    return years, locals_, zones, decimals


def turn(before: int, month: int) -> int:
    """By how many years a stamp without year goes on from the month of the stamp before it (0 without one).

    Lines of one file go back by hours at most, so two months back are a new year; a file that is not sorted may have a
    line of December behind the first ones of January.
    """
    step = month - before if before else 0
    return (step <= -2) - (step >= 10)


def holes(template: Template, match: re.Match[bytes]) -> str:
    """What stands in the holes, as a JSON object; most are plain words, which need no escapes."""
    values = match.groups()
    if not values:
        return "{}"
    if None not in values:
        odd = b"".join(values).translate(None, SOLID)
        if not odd:
            return (template.object % values).decode()
        if not odd.strip(b" "):
            return (template.object % tuple([value.strip() for value in values])).decode()
    return json.dumps(
        {
            name: value.decode("utf-8", "replace").strip()
            for name, value in match.groupdict().items()
            if value is not None
        }
    )
