"""What the timeline draws, as keys of the report: lives, key events, memberships, logs, how much was logged when."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pcmklog.model import Finding
from pcmklog.sections import MARKED_KINDS, shown, time
from pcmklog.store import Row, Store

Report = dict[str, Any]
MOST_MARKS = 1500  # more events than this are counted together, see `_coarseness`
BUCKETS = 200  # of each strip of density
ROOM = 0.5  # how much of its own length the strip around the findings has on each side
LEAST_S = 60.0  # the length of that strip
GRAVE = ("critical", "error")
MARKED = """
create or replace temp table marked as
select id, node, daemon, kind, ts, left(text, 200) as text from event
where kind in (select unnest(?::varchar[])) and ts is not null and node is not null
"""
# Events of one kind of one daemon in one stretch of so many seconds are one mark; each its own where that is 0.
MARKS = """
select node, daemon, kind, min(ts) as first, max(ts) as last, count(*) as count, arg_min(text, (ts, id)) as text,
  arg_min(id, (ts, id)) as event
from marked, (select ?::double as step)
group by node, daemon, kind, case when step > 0 then floor(ts / step) else id end
order by first, event
"""
# Lines that are events; one fact that several files of a node tell is counted once.
DENSITY = """
select node, floor((ts - ?) / ?)::integer as bucket, count(*) as lines,
  count(*) filter (level in ('emerg', 'alert', 'crit', 'error')) as severe
from event where node is not null and ts >= ? and ts <= ?
group by node, bucket order by node, bucket
"""
LOGS = """
select node, min(first_ts) as first, max(last_ts) as last from source
where node is not null and role = 'log' and classified > 0 and first_ts is not null group by node order by node
"""
HOLES = """
select h.node, h.began, h.until, h.missing, o.path as older, n.path as newer
from log_hole h join source o on o.id = h.older join source n on n.id = h.newer where h.began < h.until
order by h.node, h.began
"""


def chart(store: Store, findings: Sequence[Finding]) -> Report:
    """The keys `timeline`, `marks`, `memberships`, `logs` and `density`."""
    return {
        "timeline": _lives(store),
        "marks": [*_events(store), *map(_mark, (finding for finding in findings if finding.at is not None))],
        "memberships": _memberships(store),
        "logs": _logs(store),
        "density": _densities(store, findings),
    }


def _lives(store: Store) -> list[Report]:
    return [
        {
            "node": row.node,
            "lane": row.daemon,
            "began": time(row.began),
            "ended": time(row.ended),
            "how": row.how,
            "title": f"{row.daemon}{f' [{row.pid}]' if row.pid else ''}",
        }
        for row in store.rows(
            "select * from life where coalesce(began, ended) is not null order by node, began nulls first, id"
        )
    ]


def _events(store: Store) -> list[Report]:
    """Key events with the line that tells each; where there are too many, one for several of a kind."""
    store.execute(MARKED, list(MARKED_KINDS))
    rows = store.rows(MARKS, _coarseness(store))
    proofs = store.evidences([row.event for row in rows])
    return [
        {
            "node": row.node,
            "lane": row.daemon,
            "at": time(row.first),
            "until": time(row.last) if row.count > 1 else None,
            "count": row.count,
            "kind": row.kind,
            "text": row.text,
            "severity": None,
            "finding": None,
            "evidence": next((shown(line) for line in lines), None),
        }
        for row, lines in zip(rows, proofs, strict=True)
    ]


def _coarseness(store: Store) -> float:
    """The seconds in which events of a kind have to be one mark, so that the marks are few enough; 0 for none."""
    all_of_it = store.one("select count(*) as n, max(ts) - min(ts) as length from marked")
    assert all_of_it is not None
    if all_of_it.n <= MOST_MARKS:
        return 0.0
    step = max(1.0, float(all_of_it.length) / MOST_MARKS)
    while True:
        left = store.one("select count(distinct (node, daemon, kind, floor(ts / ?))) as n from marked", step)
        assert left is not None
        if left.n <= MOST_MARKS or step > all_of_it.length:
            return step
        step *= 2


def _mark(finding: Finding) -> Report:
    return {
        "node": finding.node or (finding.nodes[0] if finding.nodes else None),
        "lane": "findings",
        "at": time(finding.at),
        "until": None,
        "count": 1,
        "kind": finding.code,
        "text": finding.title,
        "severity": finding.severity,
        "finding": finding.id,
        "evidence": None,
    }


def _memberships(store: Store) -> list[Report]:
    rows: list[Row] = store.rows(
        "select m.*, e.logged from membership m join event e on e.id = m.event order by m.ts, m.ring"
    )
    proofs = store.evidences([row.event for row in rows])
    return [
        {
            "ring": row.ring,
            "at": time(row.ts),
            "logged_at": time(row.logged),
            "members": row.members or [],
            "joined": row.joined or [],
            "left": row.gone or [],
            "evidence": shown(proof[0]) if proof else None,
        }
        for row, proof in zip(rows, proofs, strict=True)
    ]


def _logs(store: Store) -> list[Report]:
    """From when to when each node's logs of the cluster go, and where a part of them is known to be missing."""
    holes: dict[str, list[Report]] = {}
    for row in store.rows(HOLES):
        holes.setdefault(row.node, []).append(
            {
                "began": time(row.began),
                "until": time(row.until),
                "files": row.missing,
                "older": row.older,
                "newer": row.newer,
            }
        )
    return [
        {"node": row.node, "began": time(row.first), "ended": time(row.last), "holes": holes.get(row.node, [])}
        for row in store.rows(LOGS)
    ]


def _densities(store: Store, findings: Sequence[Finding]) -> list[Report]:
    """How many lines each node logged in equal stretches: of all the time, and finer around the findings."""
    ends = store.one("select min(ts) as first, max(ts) as last from event where node is not null")
    if ends is None or ends.first is None:
        return []
    strips = [(ends.first, ends.last)]
    dated = [finding for finding in findings if finding.at is not None]
    if times := [f.at or 0.0 for f in dated if f.severity in GRAVE] or [f.at or 0.0 for f in dated]:
        room = max(LEAST_S, ROOM * (max(times) - min(times)))
        near = max(ends.first, min(times) - room), min(ends.last, max(times) + room)
        if 0 < near[1] - near[0] < (ends.last - ends.first) / 2:
            strips.append(near)
    return [_density(store, first, last) for first, last in strips]


def _density(store: Store, first: float, last: float) -> Report:
    """One strip; of a node only the stretches in which it logged, as [number, lines, severe lines]."""
    step = max(0.001, (last - first) / (BUCKETS - 1))
    nodes: dict[str, list[list[int]]] = {}
    for row in store.rows(DENSITY, first, step, first, last):
        nodes.setdefault(row.node, []).append([row.bucket, row.lines, row.severe])
    return {
        "began": time(first),
        "step": round(step, 6),
        "nodes": [{"node": node, "lines": found} for node, found in nodes.items()],
    }
