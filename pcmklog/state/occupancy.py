"""Where resources ran, by the results of their operations: whether a primitive was started while it ran elsewhere.

A clone logs its copies under one name, so only what the scheduler or the CIB shows as a single copy counts.  Where a
node's log ends, its daemons died or it was fenced, nobody knows what ran there: it ends the claim that it ran.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from pcmklog.state.transitions import RESULTS
from pcmklog.store import Row, Store

SLACK = 2.0  # seconds: stamps of whole seconds, and clocks
PRECISE = 0.2  # seconds: what clocks still differ by where stamps have fractions, beside what is known to be wrong
ERRORS = "select node, coalesce(error_s, 0) as by from clock"
SINGLE = r"""
with named as (
  select distinct fields->>'rsc' as rsc from event where kind like 'resource.%!_planned' escape '!'
)
select rsc from named
where not contains(rsc, ':') and rsc not in (select split_part(rsc, ':', 1) from named where contains(rsc, ':'))
"""
UNKNOWN = """
select node, ts from (
  select node, coalesce(ended, last) as ts from life
    where role in ('messaging', 'mcp', 'controller', 'executor') and how not in ('running', 'refused')
  union all select node, last from boot
  union all select target, ended from fencing where outcome in ('succeeded', 'confirmed')
  union all select node, ts from departure where node not in (select name from node where has_logs)
) where ts is not null
order by node, ts
"""
ENDS = "select name, last_ts from node where last_ts is not null"
# seconds that a side without quorum may take to stop its resources: a log that ends before leaves it open
STOPPING = 15.0
ENDING = ("stop", "migrate_to", "demote")


class Twice(NamedTuple):
    """A start on `peer` at `ts` of what ran on `node` from `since` to `until` (None: no stop is logged)."""

    resource: str
    node: str
    peer: str
    since: float
    ts: float
    until: float | None
    events: list[int]


def twice_active(store: Store) -> tuple[list[Twice], int]:
    """The starts of primitives that ran elsewhere at that time, and how many starts were looked at."""
    single = {row.rsc for row in store.rows(SINGLE)}
    gone: dict[str, list[float]] = {}
    for row in store.rows(UNKNOWN):
        gone.setdefault(row.node, []).append(row.ts)
    errors = {row.node: row.by for row in store.rows(ERRORS)}
    running: dict[str, dict[str, Row]] = {}
    found: list[Twice] = []
    compared = 0
    for row in store.rows(RESULTS):
        if row.rsc not in single or row.task in ("promote", "demote"):
            continue
        places = running.setdefault(row.rsc, {})
        if row.task in ENDING:
            places.pop(row.node, None)
            _end(found, row, errors)
        elif row.ok:
            compared += 1
            found.extend(
                Twice(row.rsc, node, row.node, began.ts, row.ts, None, [began.id, row.id])
                for node, began in places.items()
                if node != row.node and not _lost(gone.get(node, []), began.ts, row.ts)
            )
            places[row.node] = row
    ends = {row.name: row.last_ts for row in store.rows(ENDS)}
    return [twice for twice in found if _known(twice, ends.get(twice.node))], compared


def _known(twice: Twice, end: float | None) -> bool:
    """Whether the log goes on so long that a stop would stand in it, or shows one after the start elsewhere."""
    if twice.until is not None:
        return twice.until > twice.ts
    return end is None or twice.ts <= end - STOPPING


def _end(found: list[Twice], stop: Row, errors: Mapping[str, float]) -> None:
    """A stop where it had run before ends it; one in the same moment as the start elsewhere may have come first."""
    for n, twice in enumerate(found):
        if twice.resource == stop.rsc and twice.node == stop.node and twice.until is None:
            slack = PRECISE + errors.get(twice.node, 0.0) + errors.get(twice.peer, 0.0) if stop.digits > 0 else SLACK
            until = stop.ts if stop.ts - twice.ts > slack else twice.ts
            found[n] = twice._replace(until=until, events=[*twice.events, stop.id])


def _lost(ends: list[float], began: float, ts: float) -> bool:
    """Whether it is unknown if the resource still ran at `ts`."""
    return any(began - SLACK <= end <= ts + SLACK for end in ends)
