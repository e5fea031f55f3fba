"""From moments of change to what was so from when to when: the table `state`, and who left the membership when."""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.store import Row, Store

# Of one moment the last word counts.  Repeats are one interval.  Fencing and shutdown are what peers say: they last to
# the end of all logs, all else to the end of the node's own.
INTERVALS = """
insert into state
with span as (
  select max(last_ts) as last from node
), moment as (
  select node, aspect, ts, arg_max(value, n) as value, arg_max(event, n) as event from state_change
  where node is not null and ts is not null and aspect = any(?)
  group by node, aspect, ts
), turn as (
  select *, lag(value) over mine as before from moment
  window mine as (partition by node, aspect order by ts)
), spell as (
  select *, lead(ts) over (partition by node, aspect order by ts) as next from turn where before is distinct from value
)
select s.node, s.aspect, s.value, s.ts,
  coalesce(s.next, greatest(s.ts, case when s.aspect in ('fencing', 'shutdown') then span.last
    else coalesce(n.last_ts, span.last) end)), s.event
from spell s cross join span left join node n on n.name = s.node
order by s.node, s.aspect, s.ts
"""
SILENT = """
insert into state
select s.node, s.aspect, 'unknown', max(s.until), any_value(span.last), null
from state s, (select max(last_ts) as last from node) span
where s.aspect = any(?) and s.aspect not in ('fencing', 'shutdown')
group by s.node, s.aspect, span.last
having max(s.until) < span.last and arg_max(s.value, s.until) <> 'unknown'
"""
# A side without quorum misses the others too: where one with quorum saw a loss, only such count in that moment.
QUORATE = """
update departure set quorate = exists (
  select 1 from state q where q.node = departure.observer and q.aspect = 'quorum' and q.value = 'yes'
    and q.since <= departure.ts + 2 and q.until > departure.ts + 2
);
update departure set heeded = quorate or not exists (
  select 1 from departure d where d.quorate and abs(d.ts - departure.ts) < 10
);
"""
VIEWS = """
select node, value, since, proof from state where aspect = 'members' order by node, since
"""


def lay_out(store: Store, *aspects: str) -> None:
    """Fills `state` for some aspects from `state_change`."""
    store.execute(INTERVALS, list(aspects))
    store.execute(SILENT, list(aspects))


def note_departures(store: Store) -> None:
    """Fills `departure`: every member that an observer had and then had not."""
    rows: dict[str, list[object]] = {name: [] for name in ("node", "observer", "ts", "event", "back", "back_event")}
    gone: dict[tuple[str, str], int] = {}
    for row, before, now in _turns(store.rows(VIEWS)):
        for peer in now:
            at = gone.pop((row.node, peer), None)
            if at is not None:
                rows["back"][at], rows["back_event"][at] = row.since, row.proof
        for peer in sorted(before - now - {row.node}):
            gone[(row.node, peer)] = len(rows["node"])
            for name, value in zip(rows, (peer, row.node, row.since, row.proof, None, None), strict=True):
                rows[name].append(value)
    store.insert("departure", rows)
    store.execute(QUORATE)


def _turns(views: list[Row]) -> Iterator[tuple[Row, set[str], set[str]]]:
    """Each view with the members before and now; what came before a hole or an end is no view to compare with."""
    before: tuple[str, set[str]] = ("", set())
    for row in views:
        known = row.value not in ("none", "unknown")
        now = set(row.value.split(", ")) if known else set()
        if known:
            yield row, before[1] if before[0] == row.node else set(), now
        before = (row.node, now)
