"""The years of stamps that have none, and the order of rotated files: `pacemaker.log.2.gz`, `messages-20261101.xz`.

Files that logrotate made of one log are one log in their order: none goes on beyond the first line of the next newer.
"""

from __future__ import annotations

import re
from calendar import isleap
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from pcmklog.store import Row

YEARLESS = 1000  # below, `last_year` counts the turns of the year
SLACK = 2 * 86400.0  # zones, and stamps of a clock that was a bit ahead
EARLIEST, LATEST = 86400 * 366.0, 4102444800.0  # times of files before 1971 or after 2099 are none
QUIET = 90 * 86400.0  # a log goes on within that time where it was rotated
LEAP_CYCLE = 8  # years without a 29 February are seven at most
# `.txt` is what supportconfig makes of the suffix of a compression.
ROTATED = re.compile(
    r"(?P<stem>.+?)(?:\.(?P<number>\d{1,3})|[-.](?P<date>(?:19|20)\d\d-?[01]\d-?[0-3]\d)(?:[-_T]?\d{2,6})?)"
    r"(?:\.(?:gz|bz2|xz|zst|txt))?$"
)


class Rotation(NamedTuple):
    """Two files of one log: the older ends where the newer begins, unless files between them are missing."""

    older: int
    newer: int
    missing: int


class _Part(NamedTuple):
    """A file of a log: how many came after it (None if its name has a date instead)."""

    source: Row
    number: int | None
    date: datetime | None


def rotations(sources: Iterable[Row]) -> list[Rotation]:
    """The neighbours among rotated files.  What is missing is told by numbers only: nobody knows the days of dates."""
    return [
        Rotation(older.source.id, newer.source.id, _between(newer.number, older.number))
        for newer, older in _neighbours(sources)
    ]


def base_years(sources: list[Row]) -> dict[int, int]:
    """The year of the first line of each source whose stamps have none.

    The last line cannot be younger than the file, than the date in its name, nor than the next newer part of the same
    log; where the archive has no times, not younger than the youngest stamp with a year in the bundle.
    """
    dated = [s.last_local for s in sources if s.last_year is not None and s.last_year >= YEARLESS]
    times = {s.id: s.mtime for s in sources if s.mtime and EARLIEST < s.mtime < LATEST}
    youngest = max(dated or times.values(), default=None)
    limits = {s.id: times.get(s.id, youngest) for s in sources}
    for log in _logs(sources):
        for part in log:
            if part.date is not None:
                limits[part.source.id] = _least(limits[part.source.id], (part.date + timedelta(days=1)).timestamp())
    years = {s.id: _base_year(s, limits[s.id]) for s in sources}
    for newer, older in _neighbours(sources):
        begin = _time(newer.source, "first", years[newer.source.id])
        if begin is not None:
            year = _base_year(older.source, _least(limits[older.source.id], begin))
            end = _time(older.source, "last", year)
            # A copy under such a name, and the file of another node, have the same time as the newer one.
            if end is not None and begin - end < QUIET:
                years[older.source.id] = year
    return {source: year for source, year in years.items() if year is not None}


def years_of_neighbours(rows: Iterable[Row]) -> dict[int, int]:
    """The same for sources that have stamps of both kinds, from the nearest with a year (`nodes.MIXED`)."""
    years: dict[int, int] = {}
    for row in rows:
        bare, dated = row.bare - _new_year(2000), row.dated - _new_year(row.year)
        turned = bare > dated + SLACK if row.before else -(bare < dated - SLACK)
        years[row.source] = int(row.year - row.turns - turned)
    return years


def _new_year(year: int) -> float:
    return datetime(year, 1, 1, tzinfo=UTC).timestamp()


def _neighbours(sources: Iterable[Row]) -> Iterator[tuple[_Part, _Part]]:
    """Each file with the next older one of its log, the newest first."""
    for log in _logs(sources):
        yield from pairwise(log)


def _logs(sources: Iterable[Row]) -> list[list[_Part]]:
    """The files of each log that was rotated, the newest first."""
    logs: dict[tuple[str, str | None], list[_Part]] = defaultdict(list)
    for source in sources:
        if source.role == "log" and source.first_local is not None:
            match = ROTATED.fullmatch(source.path)
            number = int(match["number"]) if match and match["number"] else None
            date = _date(match["date"]) if match and match["date"] else None
            stem = match["stem"] if match and (number is not None or date) else source.path
            logs[stem, source.host].append(_Part(source, 0 if number is None and date is None else number, date))
    newest_first = (sorted(log, key=_age) for log in logs.values() if len(log) > 1 or log[0].date is not None)
    return list(newest_first)


def _age(part: _Part) -> tuple[float, int]:
    return (-part.date.timestamp() if part.date else float("-inf"), part.number or 0)


def _date(text: str) -> datetime | None:
    try:
        return datetime.strptime(text.replace("-", ""), "%Y%m%d").replace(tzinfo=UTC)
    except ValueError:
        return None


def _least(one: float | None, other: float) -> float:
    return other if one is None else min(one, other)


def _between(newer: int | None, older: int | None) -> int:
    return max(0, older - newer - 1) if newer is not None and older is not None else 0


def _time(source: Row, which: str, base: int | None) -> float | None:
    """When the `first` or `last` line was written, by the clock of the node."""
    year, local = getattr(source, f"{which}_year"), getattr(source, f"{which}_local")
    if year >= YEARLESS:
        return float(local)
    return _in_year(local, base + year) if base is not None else None


def _in_year(local: float, year: int) -> float | None:
    """The time of a stamp that was put into the leap year 2000; None for 29 February of another year."""
    at = datetime.fromtimestamp(local, UTC)
    if (at.month, at.day) == (2, 29) and not isleap(year):
        return None
    return at.replace(year=year).timestamp()


def _base_year(source: Row, limit: float | None) -> int | None:
    """The latest year that does not put the last line behind the limit, less the turns of the year up to there."""
    if source.last_year is None or source.last_year >= YEARLESS or limit is None:
        return None
    latest = datetime.fromtimestamp(limit + SLACK, UTC).year
    for year in range(latest, latest - LEAP_CYCLE - 1, -1):
        last = _in_year(source.last_local, year)
        if last is not None and last <= limit + SLACK:
            return int(year - source.last_year)
    return None
