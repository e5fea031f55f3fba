"""Resource operations that failed: what several daemons say of one is one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcmklog.store import Row, Store, once

MOMENT = 3.0  # seconds in which controller, transition and scheduler tell of one failure
FINE = {"", "ok", "not running", "promoted", "master", "cancelled", "pending", "degraded"}
EXPECTED = {"ok", "not running", "not installed", "promoted", "master"}  # what a probe may find
PLAIN = {"", "error", "unknown error", "ok"}

# The operation's name stands in a field of its own, in its key (`vip_monitor_10000`), or in that of a fail count
# (`fail-count-vip#monitor_10000`); an interval of 0 is a probe.
TOLD = r"""
with named as (
  select id, ts, node, kind, fields,
    case kind when 'attrd.set' then replace(substr(fields->>'name', 12), '#', '_') else fields->>'op_key' end as op_key
  from event
  where kind in (
    'resource.failed', 'resource.timed_out', 'resource.result', 'resource.not_running', 'resource.unexpected_result',
    'resource.failure_recorded', 'resource.failcount_updated'
  ) or (kind = 'attrd.set' and fields->>'name' like 'fail-count-%#%' and regexp_matches(fields->>'new', '^([1-9]|INF)'))
), told as (
  select id, ts, node, kind, fields, coalesce(op_key, '') as op_key,
    coalesce(fields->>'rsc', regexp_extract(op_key, '^(.+?)_(migrate_to|migrate_from|[a-z-]+)_\d+$', 1)) as rsc,
    coalesce(fields->>'task', regexp_extract(op_key, '_(migrate_to|migrate_from|[a-z-]+)_\d+$', 1)) as task,
    regexp_extract(coalesce(op_key, ''), '_(\d+)$', 1) as every
  from named
)
select id, ts, kind, rsc, every,
  case when task = 'monitor' and every = '0' then 'probe' else task end as task,
  coalesce(fields->>'node', node) as node,
  coalesce(fields->>'rc', '') as rc,
  lower(coalesce(fields->>'result', '')) as result,
  coalesce(fields->>'reason', '') as reason
from told
where task <> '' and rsc <> '' and op_key not like '%!_last!_failure!_0' escape '!'
  -- a controller that is stopping has no executor any more
  and not (
    contains(coalesce(fields->>'result', '') || coalesce(fields->>'reason', ''), 'No executor connection')
    and exists (
      select 1 from event s where s.node = told.node and s.kind = 'controller.state' and s.fields->>'to' = 'S_STOPPING'
        and s.ts between told.ts - 60 and told.ts
    )
  )
order by kind = 'attrd.set', ts nulls last, id
"""
# Excerpts may lack the result: what the agent of a resource said just before the cluster stopped it there.
COMPLAINTS = """
select distinct on (c.node, c.fields->>'rsc', round(c.ts / 60)) c.id, c.ts, c.node, c.fields->>'rsc' as rsc, c.text,
  s.id as sent
from event c join event s on s.kind = 'resource.action_sent' and s.fields->>'node' = c.node
  and s.fields->>'op_key' = (c.fields->>'rsc') || '_stop_0' and s.ts between c.ts and c.ts + 10
where c.kind = 'agent.complained'
order by c.node, c.fields->>'rsc', round(c.ts / 60), c.ts, c.id
"""
NEAR = 60.0  # seconds
ECHOES = """
select id from event
where ts between ?::double - 2 and ?::double + 3 and (
  (node = ? and (fields->>'rsc' = ? or contains(text, ?))
    and kind in ('executor.timed_out', 'executor.operation', 'process.timed_out', 'process.said', 'agent.complained'))
  or (coalesce(fields->>'node', fields->>'target') = ? and contains(text, ?)
    and kind in ('node.shutdown_blocked', 'fencing.scheduled', 'fencing.planned', 'resource.failure_recorded',
      'resource.restart_prevented'))
)
order by ts, id
limit 12
"""


class Failure(NamedTuple):
    """One operation that failed on one node, with the events that tell it."""

    ts: float | None
    node: str
    rsc: str
    task: str
    reason: str
    timed_out: bool
    events: tuple[int, ...]


@once
def failures(store: Store) -> list[Failure]:
    """All failures of operations in order of time."""
    found: dict[tuple[str, str, str], list[list[Row]]] = {}
    for row in store.rows(TOLD):
        if row.node is None or not _failed(row):
            continue
        groups = found.setdefault((row.node, row.rsc, "monitor" if row.task == "probe" else row.task), [])
        group = next((group for group in groups if _same(group, row)), None)
        if group is None:
            groups.append([row])
        else:
            group.append(row)
    told = [_failure(store, group) for groups in found.values() for group in groups]
    told += _complaints(store, told)
    return sorted(told, key=lambda f: (f.ts is None, f.ts or 0.0, f.events))


def _complaints(store: Store, known: list[Failure]) -> Iterator[Failure]:
    """What agents complained of before a stop, where no result of an operation on that resource tells why."""
    for row in store.rows(COMPLAINTS):
        if not any(
            f.rsc == row.rsc and f.node == row.node and (f.ts is None or abs(f.ts - row.ts) < NEAR) for f in known
        ):
            yield Failure(row.ts, row.node, row.rsc, "monitor", row.text, timed_out=False, events=(row.id, row.sent))


def _same(group: list[Row], row: Row) -> bool:
    """The scheduler and attrd repeat a failure for as long as it is kept; the others tell it within a moment."""
    if row.kind in ("resource.failure_recorded", "attrd.set") or row.ts is None or group[0].ts is None:
        return True
    return bool(abs(row.ts - group[0].ts) < MOMENT)


def _failed(row: Row) -> bool:
    if row.kind == "resource.timed_out":
        return True
    if row.kind == "resource.not_running":
        return bool(row.task == "monitor" and row.every != "0")
    if row.task == "probe" and (row.rc in ("0", "5", "7", "8") or row.result in EXPECTED):
        return False
    if row.result in ("pending", "cancelled"):
        return False
    if row.kind == "resource.result":
        return bool(row.rc not in ("", "0", "7", "8") or row.result.split(" (")[0] not in FINE)
    return True


def _failure(store: Store, group: list[Row]) -> Failure:
    first = group[0]
    reason = next((r.reason for r in group if r.reason), "") or next(
        (r.result for r in group if r.result not in PLAIN), ""
    )
    late = any(r.kind == "resource.timed_out" for r in group) or "timed out" in reason or "did not complete" in reason
    events = [row.id for row in group[:8]]
    if first.ts is not None:
        key = f"{first.rsc}_{'monitor' if first.task == 'probe' else first.task}_"
        echoes = store.rows(ECHOES, first.ts, first.ts, first.node, first.rsc, key, first.node, first.rsc)
        events += [echo.id for echo in echoes]
    return Failure(first.ts, first.node, first.rsc, first.task, reason, late, tuple(dict.fromkeys(events)))
