"""The year of stamps that have none, where something tells more than the names and times of the files.

epoch     lines of the file in which a daemon tells the seconds since 1970
stamps    other files of the node, or of its peers, tell the year of the same days
near      the other files of the node, or of all nodes, are of that year; this one was copied long after
part      the same log, rotated, goes on in a file whose year is proved
files     the names and times of the files (`pcmklog.years`)
"""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime

from pcmklog.model import Note
from pcmklog.store import Row, Store

YEARLESS = 1000
SLACK = 2 * 86400.0  # zones, and stamps written after the time that limits them
COPIED = 330 * 86400.0
HALF_ZONE = 15 * 3600.0  # no zone is further from UTC
SOURCES = """
select id, node, mtime, base_year, first_year, first_local, last_year, last_local from source
where last_local is not null order by id
"""
DATES = """
select node, try_cast(value as timestamp) as at from setting where file = 'clock' and path = 'date'
union all
select node, try_strptime(value, '%a %b %d %H:%M:%S %Y') from setting
where file in ('cib.xml', 'scheduler input') and path = 'cib.cib-last-written'
union all
select node, make_timestamp((try_cast(value as double) * 1000000)::bigint) from setting
where file = 'scheduler input' and path = 'execution_date'
union all   -- the last operation in the history of the resources
select node, max(make_timestamp((try_cast(value as bigint) * 1000000))) from setting
where file = 'cib.xml' and starts_with(path, 'lrm_rsc_op[') and ends_with(path, '.last-rc-change')
  and try_cast(value as bigint) > 100000000
group by node, source
union all   -- when nodes were told to shut down
select node, make_timestamp((try_cast(value as bigint) * 1000000)) from setting
where file = 'cib.xml' and starts_with(path, 'node_state[') and ends_with(path, '.attribute.shutdown')
  and try_cast(value as bigint) > 100000000
"""
LEAP_DAYS = """
select s.path, min(s.base_year + r.year) as year
from raw_event r join source s on s.id = r.source
where r.year < 1000 and r.local >= epoch(timestamp '2000-02-29') and r.local < epoch(timestamp '2000-03-01')
group by s.id, s.path order by s.id
"""
EPOCHS = "select node, min(epoch) as first, max(epoch) as last from epoch_line group by node"


def find(store: Store, given: int | None) -> None:
    """Fills `source.base_year`, the year of the first line, and `year_proof`."""
    sources = store.rows(SOURCES)
    yearless = [s for s in sources if s.last_year < YEARLESS]
    votes = _votes(store)
    moments = _moments(store, [s for s in sources if s.last_year >= YEARLESS])
    found: dict[int, tuple[int, str, int]] = {}
    for source in yearless:
        year = _year(source, votes.get(source.id, Counter()), moments)
        if year is not None:
            found[source.id] = year
    _parts(store, found)
    if given is not None:
        newest = max((found[s.id][0] + s.last_year for s in yearless if s.id in found), default=given)
        first = {s.id: found[s.id][0] + given - newest if s.id in found else given - s.last_year for s in yearless}
        found = {source: (year, "given", 0) for source, year in first.items()}
    _keep(store, found)
    _leap_days(store)


def _leap_days(store: Store) -> None:
    """Tells of stamps that cannot be right: 29 February in a year that has none."""
    rows = store.rows(LEAP_DAYS)
    text = (
        "Stamps of 29 February fall into {}, which has none: the year or the clock was wrong; they count as the 28th."
    )
    store.add_notes(
        [Note("", row.path, text.format(row.year)) for row in rows if row.year is not None and row.year % 4]
    )


def _keep(store: Store, found: dict[int, tuple[int, str, int]]) -> None:
    store.insert(
        "year_proof",
        {
            "source": [*found],
            "node": [None] * len(found),
            "proof": [proof for _, proof, _ in found.values()],
            "n": [n for _, _, n in found.values()],
        },
    )
    store.execute("update year_proof set node = s.node from source s where s.id = source")
    store.execute(
        "update source set base_year = g.year from (select unnest(?::integer[]) as id, unnest(?::integer[]) as year) g "
        "where g.id = source.id",
        [*found], [year for year, _, _ in found.values()],
    )  # fmt: skip


def _year(source: Row, votes: Counter[int], moments: list[tuple[str | None, float]]) -> tuple[int, str, int] | None:
    """The year of the first line, the kind of its proof and how many lines tell it."""
    if votes:
        (first, n), *_ = votes.most_common(1)
        return first, "epoch", n
    if source.first_year >= YEARLESS and source.base_year is not None:
        return source.base_year, "stamps", 1
    own = [at for node, at in moments if node == source.node]
    for peers in (own, [at for _, at in moments]):
        fitting = Counter(year for at in peers if (year := _at_end(source, at)) is not None)
        if fitting:
            (last, n), *_ = fitting.most_common(1)
            return last - source.last_year, "stamps", n
    # Files of a node, and of a bundle, are of one time: a file that seems years younger than the others was copied.
    known = own or [at for _, at in moments]
    if known and source.mtime and source.mtime - max(known) > COPIED:
        return _latest(source, max(known)), "near", 1
    return None if source.base_year is None else (source.base_year, "files", 1)


def _parts(store: Store, found: dict[int, tuple[int, str, int]]) -> None:
    """What is proved of one part of a log holds for its other parts, which keep their distance in years."""
    before = {
        row.id: row.base_year for row in store.rows("select id, base_year from source where base_year is not null")
    }
    pairs = [(row.older, row.newer) for row in store.rows("select older, newer from rotation")]
    for near, far in [*pairs, *((newer, older) for older, newer in pairs)]:
        if found.get(near, (0, "files"))[1] != "files" and found.get(far, (0, ""))[1] in ("files", "near"):
            by = before.get(far, found[far][0]) - before.get(near, found[near][0])
            found[far] = (found[near][0] + by, "part", 1)


def _votes(store: Store) -> dict[int, Counter[int]]:
    """For each source without years: how many of its lines tell which year for the first."""
    found: dict[int, Counter[int]] = {}
    for row in store.rows("select source, year, local, epoch from epoch_line where year < ? and not history", YEARLESS):
        middle = datetime.fromtimestamp(row.epoch, UTC).year
        for year in (middle - 1, middle, middle + 1):
            if abs(in_year(row.local, year) - row.epoch) <= HALF_ZONE:
                found.setdefault(row.source, Counter())[year - row.year] += 1
    return found


def _moments(store: Store, dated: list[Row]) -> list[tuple[str | None, float]]:
    """Moments with a year: ends of files that have it, epochs in lines, output of `date`, changes of a CIB."""
    moments = [(s.node, at) for s in dated for at in (s.first_local, s.last_local)]
    moments += [(row.node, at) for row in store.rows(EPOCHS) for at in (row.first, row.last)]
    moments += [(row.node, row.at.replace(tzinfo=UTC).timestamp()) for row in store.rows(DATES) if row.at]
    return moments


def _at_end(source: Row, moment: float) -> int | None:
    """The year of the last line, if it was within days of that moment."""
    middle = datetime.fromtimestamp(moment, UTC).year
    years = [y for y in (middle - 1, middle, middle + 1) if abs(in_year(source.last_local, y) - moment) <= SLACK]
    return years[0] if years else None


def _latest(source: Row, limit: float) -> int:
    """The year of the first line, when the last one is not younger than the limit."""
    year = datetime.fromtimestamp(limit, UTC).year
    if in_year(source.last_local, year) > limit + SLACK:
        year -= 1
    return int(year - source.last_year)


def in_year(local: float, year: int) -> float:
    """Seconds since 1970 of a stamp that was put into the year 2000, in another year."""
    at = datetime.fromtimestamp(local, UTC)
    day = 28 if (at.month, at.day) == (2, 29) and year % 4 else at.day
    return at.replace(year=year, day=day).timestamp()
