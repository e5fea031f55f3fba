"""All lines of all nodes around a moment, known messages or not, in the order of the cluster's time.

The chunks say from when to when they are, so few are unpacked.  The stamps of a chunk are read as columns; only lines
that begin with no usual stamp are parsed by the expressions of the formats.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice, pairwise
from typing import NamedTuple

import numpy as np

from pcmklog.blocks import plain
from pcmklog.parsers import formats
from pcmklog.parsers import readable as readable_blocks
from pcmklog.parsers.stamps import FACES, MONTHS, Stamp
from pcmklog.rawtext import unpacked
from pcmklog.store import Row, Store

SLACK = 5.0  # seconds by which a line may stand behind later ones; syslog writes late what a busy daemon said
SOME = 500
CHUNKS = 6  # that begin in one slice of time: what is at hand at once
YEARLESS = 1000
LEAST_WHOLE, LEAST_PRECISE = 1.0, 0.05  # seconds
MONTH_CODES = np.zeros(1 << 16, np.int64)  # by the second and third letter of the name
for _name, _number in MONTHS.items():
    MONTH_CODES[_name[1] << 8 | _name[2]] = _number
DAY = 86400.0
# Times of chunks as in `aligned.sql`; a clock that was set or drifts widens them.
SPANS = """
with shift as (
  select node, max(offset_s) - min(offset_s) as spread from event_shift x join event e on e.id = x.event group by node
), saving as (   -- zones that change with the season
  select x.source, max(abs(x.utc_offset - coalesce(z.utc_offset, 0))) as spread
  from zone_shift x join source s on s.id = x.source left join node_zone z on z.node = s.node group by x.source
), stamped as (
  select c.*, s.path, s.node, s.base_year, coalesce(z.utc_offset, 0) as utc_offset,
    coalesce(k.zone_s, 0) as zone_s, coalesce(k.offset_s, 0) as offset_s, coalesce(k.given, false) as given,
    x.spread is not null as unsteady, v.spread is not null as seasons,
    coalesce(x.spread, 0) + coalesce(v.spread, 0) + ? as slack
  from chunk c join source s on s.id = c.source left join node_zone z on z.node = s.node
  left join clock k on k.node = s.node left join shift x on x.node = s.node left join saving v on v.source = c.source
  where s.role = 'log' and s.same_as is null and c.last_local is not null
), timed as (
  select *,
    epoch(make_timestamp((first_local * 1000000)::bigint)
      + to_years((case when first_year < 1000 then base_year + first_year - 2000 else 0 end)::integer))
      - coalesce(first_zone, utc_offset) - zone_s - offset_s as first_ts,
    epoch(make_timestamp((last_local * 1000000)::bigint)
      + to_years((case when last_year < 1000 then base_year + last_year - 2000 else 0 end)::integer))
      - coalesce(last_zone, utc_offset) - zone_s - offset_s as last_ts
  from stamped
)
select *, least(first_ts, last_ts) - slack as since, greatest(first_ts, last_ts) + slack as until
from timed where greatest(first_ts, last_ts) + slack >= ? and least(first_ts, last_ts) - slack <= ?
order by since, source, first_line
"""
# Of the events of a source, from which the lines behind each have what cannot be read from a line itself.
SHIFTS = "select line, offset_s as value from event_shift where source = ? order by line"
ZONES = """
select f.line, coalesce(x.utc_offset, z.utc_offset, 0) as value
from fact f join source s on s.id = f.source left join node_zone z on z.node = s.node
left join zone_shift x on x.source = f.source and x.line = f.line
where f.source = ? order by f.line
"""


class RawLine(NamedTuple):
    """A line as it stands in the bundle; one without a stamp has the time of the line before it."""

    ts: float
    node: str | None
    file: str
    line: int
    text: str


@dataclass(frozen=True)
class _Lines:
    """A chunk unpacked: where each line begins and ends, and its time."""

    chunk: Row
    text: bytes
    starts: np.ndarray
    ends: np.ndarray
    ts: np.ndarray

    def line(self, index: int) -> RawLine:
        text = self.text[self.starts[index] : self.ends[index]].decode("utf-8", "replace").rstrip("\r")
        chunk = self.chunk
        return RawLine(float(self.ts[index]), chunk.node, chunk.path, chunk.first_line + index, text)


def between(store: Store, since: float, until: float, nodes: Sequence[str] = ()) -> Iterator[RawLine]:
    """The lines of these nodes (of all when none is named) from `since` to `until`, both on the cluster's clock.

    Lines come as they are found: the first ones at once, however many follow.
    """
    chunks = [c for c in store.rows(SPANS, SLACK, since, until) if not nodes or c.node in nodes]
    begins = [
        since,
        *(chunk.since for chunk in chunks[CHUNKS::CHUNKS] if chunk.since > since),
        np.nextafter(until, np.inf),
    ]
    at_hand: dict[int, _Lines] = {}
    for begin, end in pairwise(begins):
        inside = [chunk for chunk in chunks if chunk.since < end and chunk.until >= begin]
        at_hand = {c.place: at_hand.get(c.place) or _lines(store, c) for c in inside}
        yield from _merged(list(at_hand.values()), begin, end)


def render(lines: Iterable[RawLine]) -> Iterator[str]:
    """The lines for a terminal or a pager, some hundred at a time."""
    rest = iter(lines)
    while some := list(islice(rest, SOME)):
        yield "".join(f"{_utc(line.ts)} {line.node or '-'} {line.file}:{line.line}: {line.text}\n" for line in some)


def _utc(ts: float) -> str:
    return datetime.fromtimestamp(round(ts, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _merged(parts: Sequence[_Lines], begin: float, end: float) -> Iterator[RawLine]:
    chosen = [np.flatnonzero((part.ts >= begin) & (part.ts < end)) for part in parts]
    if not chosen:
        return
    times = np.concatenate([part.ts[index] for part, index in zip(parts, chosen, strict=True)])
    owners = np.repeat(np.arange(len(parts)), [len(index) for index in chosen])
    indices = np.concatenate(chosen)
    order = np.argsort(times, kind="stable")
    for owner, index in zip(owners[order].tolist(), indices[order].tolist(), strict=True):
        yield parts[owner].line(index)


def _lines(store: Store, chunk: Row) -> _Lines:
    text = unpacked(store.frames.read(chunk.place, chunk.size))
    starts, ends = _grid(np.frombuffer(text, np.uint8))
    shown = b"".join(readable for _, readable, _ in readable_blocks([text], plain))
    if shown.count(b"\n") != len(ends):
        shown = plain(text)  # line for line the same
    logged = _logged(shown, np.frombuffer(shown, np.uint8), chunk)
    if chunk.seasons and chunk.first_zone is None:
        logged += chunk.utc_offset - _carried(store.rows(ZONES, chunk.source), chunk, len(starts))
    return _Lines(chunk, text, starts, ends, logged - _shift(store, chunk, logged))


def _shift(store: Store, chunk: Row, logged: np.ndarray) -> np.ndarray | float:
    """Seconds that the clock of the node is ahead at each line; as in `aligned.sql`, whole seconds tell no less."""
    known = store.rows(SHIFTS, chunk.source) if chunk.unsteady else []
    if known:
        return _carried(known, chunk, len(logged)) + float(chunk.zone_s)
    least = LEAST_PRECISE if (logged % 1).any() else LEAST_WHOLE
    return float(chunk.zone_s + (chunk.offset_s if chunk.given or abs(chunk.offset_s) >= least else 0.0))


def _carried(known: Sequence[Row], chunk: Row, count: int) -> np.ndarray:
    """For each line of the chunk the value of the last event before it, or of the first."""
    lines, values = np.array([row.line for row in known]), np.array([row.value for row in known], float)
    before = np.searchsorted(lines, np.arange(chunk.first_line, chunk.first_line + count), "right") - 1
    return np.asarray(values[np.maximum(before, 0)])


def _grid(block: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Where the lines begin and end."""
    ends = np.flatnonzero(block == ord("\n"))
    return np.concatenate(([0], ends[:-1] + 1)), ends


def _logged(text: bytes, block: np.ndarray, chunk: Row) -> np.ndarray:
    """Seconds since 1970 UTC as the node wrote them, for each line."""
    starts, ends = _grid(block)
    zone = float(chunk.utc_offset if chunk.first_zone is None else chunk.first_zone)
    year = (chunk.base_year or 2000) + chunk.first_year if chunk.first_year < YEARLESS else 0
    month = int(np.datetime64(int(chunk.first_local), "s").astype("datetime64[M]").astype(int) % 12) + 1
    logged = np.full(len(starts), np.nan)
    room = ends - starts > 18  # so that a stamp is inside the line
    at = starts[room]
    columns = np.stack([block[at + n] for n in range(19)]) if len(at) else np.zeros((19, 0), np.uint8)
    times = _bsd(columns, year, month)
    times = np.where(np.isnan(times), _iso(columns), times)
    times += _fraction(block, at, ends[room], np.where(columns[4] == ord("-"), 19, 15))
    logged[room] = times - zone
    for index in np.flatnonzero(np.isnan(logged)).tolist():
        logged[index] = _parsed(text, (int(starts[index]), int(ends[index])), year, month, zone)
    known = ~np.isnan(logged)
    before = np.maximum.accumulate(np.where(known, np.arange(len(logged)), -1))
    return np.where(before >= 0, logged[before], chunk.first_ts + chunk.zone_s + chunk.offset_s)


def _bsd(columns: np.ndarray, year: int, month: int) -> np.ndarray:
    """`Nov  2 10:15:01`: local seconds; nan for other lines.  A month far from the chunk's first is of another year."""
    c = columns.astype(np.int64)
    fits = (c[3] == 32) & (c[6] == 32) & (c[9] == 58) & (c[12] == 58)
    months = MONTH_CODES[np.where(fits, c[1] << 8 | c[2], 0)]
    fits &= months > 0
    step = months - month
    years = year + (step <= -2).astype(np.int64) - (step >= 10)
    days = np.where(c[4] == 32, 0, c[4] - 48) * 10 + c[5] - 48
    return np.where(fits, _seconds(years, months, days, _clock(c[7:15])), np.nan)


def _iso(columns: np.ndarray) -> np.ndarray:
    """`2026-11-02T10:15:01`: local seconds; nan for other lines."""
    c = columns.astype(np.int64)
    fits = (c[4] == 45) & (c[7] == 45) & (c[13] == 58) & (c[16] == 58)
    years = _number_of(c[0:4])
    return np.where(fits, _seconds(years, _number_of(c[5:7]), _number_of(c[8:10]), _clock(c[11:19])), np.nan)


def _number_of(digits: np.ndarray) -> np.ndarray:
    value = np.zeros(digits.shape[1], np.int64)
    for digit in digits:
        value = value * 10 + digit - 48
    return value


def _clock(c: np.ndarray) -> np.ndarray:
    return np.asarray(_number_of(c[0:2]) * 3600 + _number_of(c[3:5]) * 60 + _number_of(c[6:8]))


def _seconds(years: np.ndarray, months: np.ndarray, days: np.ndarray, clock: np.ndarray) -> np.ndarray:
    firsts = ((years - 1970) * 12 + months - 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    return np.asarray((firsts + days - 1) * DAY + clock)


def _fraction(block: np.ndarray, at: np.ndarray, ends: np.ndarray, places: np.ndarray) -> np.ndarray:
    """What stands behind the whole seconds: `.123` or `,123456`."""
    value = np.zeros(len(at))
    if not len(at):
        return value
    dot = block[at + places]
    more = (dot == ord(".")) | (dot == ord(","))
    for n in range(1, 7):
        if not more.any():
            break
        digit = block[np.minimum(at + places + n, ends)].astype(np.int64) - 48
        more &= (digit >= 0) & (digit <= 9)
        value += np.where(more, digit * 10.0**-n, 0)
    return value


def _parsed(text: bytes, span: tuple[int, int], year: int, month: int, zone: float) -> float:
    """A line whose stamp does not stand at its beginning, by the expressions of the formats; nan without a stamp."""
    for form in formats():
        found = form.HEADER.match(text, *span)
        if found and (stamp := found.groupdict().get("ts")):
            read = FACES[form.STAMP](stamp)
            return _of(read, year, month, zone) if read else np.nan
        if found:
            break
    return np.nan


def _of(stamp: Stamp, year: int, month: int, zone: float) -> float:
    step = stamp.month - month
    turned = year + (step <= -2) - (step >= 10)
    days = np.datetime64(f"{stamp.year or turned:04d}-{stamp.month:02d}-01", "D").astype(int) + stamp.day - 1
    return float(days * DAY + stamp.seconds - (zone if stamp.offset is None else stamp.offset))
