"""The zone of stamps that name none, by the best proof that there is.

    given   the user said so
    epoch   lines in which a daemon tells the seconds since 1970, beside the stamp of the same moment
    history the last operations of resources, whose seconds since 1970 the CIB has, and whose results the log
    file    `timedatectl`, `date`, `/etc/localtime`, `/etc/timezone` and their like
    stamps  other files of the node have stamps with their zone
    times   logs that were last written when their last lines were
    others  nothing; nodes that log into the same files, or else all others, are in this one

Where two of them contradict each other the better one counts, and a note tells of it.

A zone that is known by its name is followed through daylight-saving changes; in the hour that a clock shows twice,
the order of the lines decides.  Where the others are in several zones, or none has a proof, a node without one is
taken as UTC, until `clock/` compares them.
"""

from __future__ import annotations

import io
import re
import struct
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from datetime import timezone as fixed
from functools import cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from pcmklog.model import Note, PcmklogError
from pcmklog.store import Store

QUARTER = 900.0
FURTHEST = 15 * 3600.0  # no zone is further from UTC
MOST = 0.9  # of the proofs have to agree with a zone that is known by name
WRITTEN = 5.0  # seconds from the last line of a log to the time of its file
APART = 60.0  # seconds between the last lines of two logs, so that they bear each other out
LEAST_HISTORY = 2  # operations that have to agree
LATE = 300.0  # seconds from the moment that a line tells to its stamp
RULED = re.compile(r"(?:[A-Za-z]{3,}|<[\w+-]+>)[+-]?\d[^/]*(?:,.*)?$")
OFFSET = re.compile(r"(?:UTC|GMT)?(?P<sign>[+-])(?P<hours>\d\d?):?(?P<minutes>\d\d)?$")
TOLD = {
    "epoch": "{n} lines that tell the seconds since 1970 prove",
    "history": "{n} operations in the CIB and the log prove",
    "file": "the files of the node name",
    "times": "the times of {n} logs suggest",
    "stamps": "other stamps of the node name",
}
"""Proofs that ought to agree, in words."""
# Zones that stand for their rules, where lines prove two offsets and no file names the zone.
RULES = (
    "Europe/London", "Europe/Berlin", "Europe/Helsinki", "America/New_York", "America/Chicago", "America/Denver",
    "America/Los_Angeles", "America/Sao_Paulo", "Australia/Sydney", "Australia/Adelaide", "Pacific/Auckland",
    "Asia/Tehran", "Europe/Moscow", "America/Santiago", "Atlantic/Azores",
)  # fmt: skip
PROOFS = """
select l.node, l.history, (case when l.year < 1000 then epoch(make_timestamp((l.local * 1000000)::bigint)
    + to_years((s.base_year + l.year - 2000)::integer)) else l.local end) as face, l.epoch
from epoch_line l join source s on s.id = l.source
where l.zone is null and l.node is not null and (l.year >= 1000 or s.base_year is not null)
order by l.node, l.epoch
"""
# When logs were last written, beside their last lines.
TIMES = """
select node, mtime, (case when last_year < 1000 then epoch(make_timestamp((last_local * 1000000)::bigint)
    + to_years((base_year + last_year - 2000)::integer)) else last_local end) as face
from source
where role = 'log' and node is not null and mtime is not null and last_local is not null and last_zone is null
  and (last_year >= 1000 or base_year is not null)
order by node, face
"""
# What `date --utc` says is no zone of the node, but beside that of `date` it is one.
FILES = """
select t.node, t.path, t.value, t.source, t.line from setting t join source s on s.id = t.source
where t.file = 'clock' and t.path in ('timezone', 'utc_offset') and t.node is not null
  and not regexp_matches(s.path, '/date[-_].*-u[^/]*$')
union all
select l.node, 'utc_offset', (round((epoch(l.at) - epoch(u.at)) / 900) * 900)::bigint::varchar, l.source, 0
from (
  select t.node, t.source, s.path, try_cast(t.value as timestamp) as at from setting t join source s on s.id = t.source
  where t.file = 'clock' and t.path = 'date'
) l join (
  select t.node, t.source, s.path, try_cast(t.value as timestamp) as at from setting t join source s on s.id = t.source
  where t.file = 'clock' and t.path = 'date' and regexp_matches(s.path, '/date[-_].*-u[^/]*$')
) u on u.node = l.node and l.path = regexp_replace(u.path, '[-_][^/]*$', '')
where l.at is not null and u.at is not null
order by source, line
"""
STAMPS = """
select coalesce(a.node, s.node) as node, r.zone, count(*) as n
from raw_event r join source s on s.id = r.source left join node_alias a on a.host = r.host
where r.zone is not null and coalesce(a.node, s.node) is not null
group by all order by n, zone
"""
SPANS = """
select coalesce(a.node, s.node) as node, min(r.year + case when r.year < 1000 then s.base_year else 0 end) as first,
  max(r.year + case when r.year < 1000 then s.base_year else 0 end) as last
from raw_event r join source s on s.id = r.source left join node_alias a on a.host = r.host
where r.local is not null and r.zone is null and coalesce(a.node, s.node) is not null
group by all
"""
BESIDE = """
with lines as (
  select distinct r.source, coalesce(a.node, s.node) as node
  from raw_event r join source s on s.id = r.source left join node_alias a on a.host = r.host
  where r.local is not null and r.zone is null
)
select l.node, o.node as other from lines l join lines o on o.source = l.source and o.node <> l.node
where l.node in (select unnest(?::varchar[])) order by all
"""
LAST = """
select max(case when last_year < 1000 then epoch(make_timestamp((last_local * 1000000)::bigint)
    + to_years((base_year + last_year - 2000)::integer)) else last_local end) as at
from source where node = ? and last_local is not null
"""
LINES = """
create temp table zoned as
select r.source, r.line, ?::double as utc_offset,
  case when r.year < 1000 then epoch(make_timestamp((r.local * 1000000)::bigint)
    + to_years((s.base_year + r.year - 2000)::integer)) else r.local end as face
from raw_event r join source s on s.id = r.source left join node_alias a on a.host = r.host
where coalesce(a.node, s.node) = ? and r.zone is null and r.local is not null
  and (r.year >= 1000 or s.base_year is not null)
"""
# What the clock shows twice (from the second bound to the first) is after the change once a file has fallen back.
CHANGED = """
update zoned set utc_offset = $1 where face >= $2 or (face >= $3 and line >= (
  select min(f.line) from (
    select source, line, face, lag(face) over (partition by source order by line) as before from zoned
  ) f
  where f.source = zoned.source and f.before - f.face > 1200 and f.face >= $3 and f.face < $2))
"""
ENDS = """
insert into zone_end
select source, arg_min(utc_offset, line), arg_max(utc_offset, line) from zoned group by source
"""


class Zone(NamedTuple):
    """A zone with its proof; `name` is what it is called, where it is more than an offset."""

    rules: tzinfo
    name: str | None
    proof: str
    n: int


class Change(NamedTuple):
    """A daylight-saving change: what the clock showed just before it, and the offsets before and after."""

    face: float
    before: float
    after: float


def find(store: Store, given: Mapping[str, str]) -> None:
    """Fills `node_zone` and `zone_shift`."""
    spans = {row.node: (row.first, row.last) for row in store.rows(SPANS)}
    every = {row.node for row in store.rows("select distinct node from source where node is not null")} | set(spans)
    said = {node: text for node in sorted(every) if (text := given.get(node, given.get(""))) is not None}
    weaker = [_times(store), _stamps(store), _files(store)]
    by_name = {node: zone for zones in weaker for node, zone in zones.items()}
    proofs = [*weaker, *_lines(store, by_name), {node: _given(text) for node, text in said.items()}]
    found = {node: zone for zones in proofs for node, zone in zones.items()}
    _contradictions(store, found, proofs, {node: _last(store, node, spans.get(node, (0, None))[1]) for node in found})
    found |= _others(store, every - set(found), found)
    offsets: dict[str, float] = {}
    for node, zone in found.items():
        first, last = spans.get(node) or (None, None)
        changes = [*_changes(zone.rules, first, last)] if first is not None and last is not None else []
        changed = _shift(store, node, changes)
        offsets[node] = changed if changed is not None else _offset(zone.rules, _last(store, node, last))
    store.insert(
        "node_zone",
        {
            "node": [*found],
            "utc_offset": [offsets[node] for node in found],
            "zone": [zone.name for zone in found.values()],
            "proof": [zone.proof for zone in found.values()],
            "n": [zone.n for zone in found.values()],
        },
    )


@cache
def named(text: str) -> tzinfo:
    """`Europe/Berlin`, `UTC`, `+08:00`, `UTC+8`, and POSIX rules such as `CET-1CEST,M3.5.0,M10.5.0/3`.

    Raises PcmklogError for what is no zone.
    """
    if match := OFFSET.match(text):
        length = timedelta(hours=int(match["hours"]), minutes=int(match["minutes"] or 0))
        if length < timedelta(hours=24):
            return fixed(length if match["sign"] == "+" else -length)
    try:
        return _by_rules(text) if RULED.match(text) else ZoneInfo(text)
    except (ValueError, OSError, KeyError) as error:
        raise PcmklogError(f"There is no time zone {text!r}; zones are Europe/Berlin, UTC or +08:00.") from error


def _by_rules(text: str) -> tzinfo:
    """The zone of POSIX rules: a file of no transitions (RFC 8536) that ends with them."""
    head = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4)
    part = head + struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
    return ZoneInfo.from_file(io.BytesIO(part + part + b"\n" + text.encode() + b"\n"), key=text)


def _given(text: str) -> Zone:
    return Zone(named(text), None if OFFSET.match(text) else text, "given", 0)


def _contradictions(
    store: Store, found: Mapping[str, Zone], proofs: Iterable[Mapping[str, Zone]], at: Mapping[str, float]
) -> None:
    """Tells of proofs that would put a node into another zone than the one that counts."""
    notes = []
    for node, zone in found.items():
        here = _offset(zone.rules, at[node])
        others = [zones[node] for zones in proofs if node in zones and zones[node].proof in TOLD]
        for other in others if zone.proof != "given" else ():
            if (there := _offset(other.rules, at[node])) != here:
                text = (
                    f"{TOLD[other.proof].format(n=other.n)} {shown(there)}, but {TOLD[zone.proof].format(n=zone.n)} "
                    f"{shown(here)}, which counts."
                )
                notes.append(Note("", node, f"{text[0].upper()}{text[1:]}"))
    store.add_notes(notes)


def shown(offset: float) -> str:
    """`UTC+05:30`."""
    minutes = round(abs(offset) / 60)
    return f"UTC{'-' if offset < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"


def _known(name: str) -> tzinfo | None:
    """The zone of that name; None where this machine has no rules of it."""
    try:
        return named(name)
    except PcmklogError:
        return None


def _stamps(store: Store) -> dict[str, Zone]:
    found = {}
    for row in store.rows(STAMPS):
        found[row.node] = Zone(fixed(timedelta(seconds=row.zone)), None, "stamps", row.n)
    return found


def _files(store: Store) -> dict[str, Zone]:
    """What files say of the zone: the name counts for more, for it tells of daylight saving."""
    found: dict[str, Zone] = {}
    for row in store.rows(FILES):
        if row.path == "timezone":
            if (rules := _known(row.value)) is not None:
                found[row.node] = Zone(rules, row.value, "file", 1)
        elif row.node not in found:
            found[row.node] = Zone(fixed(timedelta(seconds=float(row.value))), None, "file", 1)
    return found


def _times(store: Store) -> dict[str, Zone]:
    """What the times of files tell: of two logs and more that were last written when their last lines were.

    The time at which a log was copied is no such time, but is so by the same hours for two logs with different ends
    next to never.  That they are in UTC is what an archive without zones says of all.
    """
    told: dict[str, list[tuple[float, float]]] = {}
    for row in store.rows(TIMES):
        offset = round((row.face - row.mtime) / QUARTER) * QUARTER
        if 0 < abs(offset) <= FURTHEST and abs(row.face - row.mtime - offset) <= WRITTEN:
            told.setdefault(row.node, []).append((offset, row.face))
    found = {}
    for node, ends in told.items():
        offset = _most(offset for offset, _ in ends)
        faces = [face for by, face in ends if by == offset]
        if max(faces) - min(faces) >= APART:
            found[node] = Zone(fixed(timedelta(seconds=offset)), None, "times", len(faces))
    return found


def _lines(store: Store, others: Mapping[str, Zone]) -> tuple[dict[str, Zone], dict[str, Zone]]:
    """What the CIB proves with the log, and what lines do that tell the seconds since 1970."""
    told: dict[bool, dict[str, list[tuple[float, float]]]] = {True: {}, False: {}}
    for row in store.rows(PROOFS):
        offset = round((row.face - row.epoch - LATE / 4) / QUARTER) * QUARTER
        if abs(offset) <= FURTHEST and -LATE / 5 <= row.face - row.epoch - offset <= LATE:
            told[row.history].setdefault(row.node, []).append((row.epoch, offset))
    history = {node: _proved(proofs, [others.get(node)], "history") for node, proofs in told[True].items()}
    # Where the offset of one node changes after the last proof of another, all of them together may tell the zone.
    every = _proved([proof for proofs in told[False].values() for proof in proofs], [], "epoch")
    return (
        {
            node: zone
            for node, zone in history.items()
            if zone.n >= LEAST_HISTORY and 2 * zone.n > len(told[True][node])
        },
        {node: _proved(proofs, [others.get(node), every], "epoch") for node, proofs in told[False].items()},
    )


def _proved(proofs: list[tuple[float, float]], others: list[Zone | None], proof: str) -> Zone:
    """The zone of moments and their offsets; a name that another proof gives is kept where it agrees."""
    offset = _most(offset for _, offset in proofs)
    n = sum(by == offset for _, by in proofs)
    names = [(other.name, other.rules) for other in others if other is not None and other.name]
    if n < len(proofs):
        names += [(name, rules) for name in RULES if (rules := _known(name)) is not None]
    fitting = [pair for pair in names if sum(_offset(pair[1], at) == by for at, by in proofs) >= MOST * len(proofs)]
    name, rules = fitting[0] if fitting else (None, fixed(timedelta(seconds=offset)))
    return Zone(rules, name, proof, len(proofs) if fitting else n)


def _most(offsets: Iterable[float]) -> float:
    """The one that most tell; of equals the nearest to UTC, then the eastern one, whatever the order of the lines."""
    counted = Counter(offsets)
    return min(counted, key=lambda by: (-counted[by], abs(by), -by), default=0.0)


def _others(store: Store, nodes: set[str], found: Mapping[str, Zone]) -> dict[str, Zone]:
    """The zone that nodes without a proof are most likely in: a cluster rarely has several."""
    beside: dict[str, list[Zone]] = {node: [] for node in nodes}
    for row in store.rows(BESIDE, [*nodes]) if nodes and found else ():
        if row.other in found:
            beside[row.node].append(found[row.other])
    likely = {node: zones or list(found.values()) for node, zones in beside.items()}
    return {
        node: Zone(zones[0].rules, zones[0].name, "others", 0)
        for node, zones in likely.items()
        if zones and all(zone.rules == zones[0].rules for zone in zones)
    }


def _offset(rules: tzinfo, at: float) -> float:
    """Seconds east of Greenwich at a moment."""
    length = datetime.fromtimestamp(at, UTC).astimezone(rules).utcoffset()
    return length.total_seconds() if length else 0.0


def _changes(rules: tzinfo, first: int, last: int) -> Iterator[Change]:
    """The changes of a zone from the first to the last of some years."""
    if isinstance(rules, fixed) or last - first > 50:
        return
    at, end = datetime(first, 1, 1, tzinfo=UTC).timestamp(), datetime(last + 1, 1, 1, tzinfo=UTC).timestamp()
    while at < end:
        low, high = at, at + 86400
        if _offset(rules, low) != _offset(rules, high):
            while high - low > 1:
                middle = (low + high) // 2
                low, high = (middle, high) if _offset(rules, middle) == _offset(rules, low) else (low, middle)
            yield Change(high + _offset(rules, low), _offset(rules, low), _offset(rules, high))
        at += 86400


def _shift(store: Store, node: str, changes: list[Change]) -> float | None:
    """Fills `zone_shift` where the lines of a node are in several offsets; the last of them, None without lines."""
    if not changes:
        return None
    store.execute(LINES, changes[0].before, node)
    for change in changes:
        store.execute(CHANGED, change.after, change.face, change.face - max(0.0, change.before - change.after))
    last = store.one("select arg_max(utc_offset, (face, line)) as by, count(distinct utc_offset) as n from zoned")
    if last is not None and last.n > 1:
        store.execute("insert into zone_shift select source, line, any_value(utc_offset) from zoned group by all")
        store.execute(ENDS)
    store.execute("drop table zoned")
    return None if last is None else last.by


def _last(store: Store, node: str, year: int | None) -> float:
    """A moment at the end of the logs of a node, by its clock."""
    row = store.one(LAST, node)
    return (
        float(row.at)
        if row is not None and row.at is not None
        else datetime(year or 2000, 1, 1, tzinfo=UTC).timestamp()
    )
