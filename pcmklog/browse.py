"""All events of all nodes in the order of time, in columns that are small enough to be browsed in a page.

What repeats is one row with a count; where there is more than a page can hold, what is severe or near to a finding
stays, and what was left out is counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import pairwise
from typing import Any

from pcmklog.model import Finding
from pcmklog.sections import MARKED_KINDS
from pcmklog.store import Row, Store

Report = dict[str, Any]
MOST_BYTES = 1_100_000  # of the texts, and of the columns as they are written
MOST_EVENTS = 100_000
ROW = 26  # bytes of a row in the columns, about
AGAIN = 30.0  # seconds from one line to the next equal one that still is a repetition
LONGEST = 400  # letters of a text; file and line lead to the rest
LEVELS = ("emerg", "alert", "crit", "error", "warning", "notice", "info", "debug", "trace")
# `proof` is what rules took as evidence.  `far`: seconds to the nearest finding.
EVENTS = """
with moment as (select unnest(?::double[]) as ts),
marked as (select unnest(?::varchar[]) as kind),   -- counts no less than a notice
chosen as (   -- more than a page can hold, few enough to be compared with each other
  select e.id
  from event e asof left join moment before on e.ts >= before.ts asof left join moment after on e.ts <= after.ts
  where e.ts is not null
  order by e.id not in (select unnest(?::bigint[])), least(
    coalesce(list_position(?, e.level), 7), case when e.kind in (select kind from marked) then 6 else 9 end
  ),
    least(e.ts - before.ts, after.ts - e.ts) nulls last, e.id
  limit ?
),
line as (
  select e.id, e.node, e.daemon, e.level, e.kind, left(e.text, ?) as text, e.ts, e.source, e.line,
    e.logged + coalesce(x.utc_offset, z.utc_offset, 0) as face
  from event e left join node_zone z on z.node = e.node
  left join zone_shift x on x.source = e.source and x.line = e.line
  where e.id in (select id from chosen)
),
spaced as (
  select *, coalesce(ts - lag(ts) over same > ?, true) as fresh from line
  window same as (partition by node, daemon, level, text order by ts, id)
),
numbered as (
  select *, sum(fresh::int) over (
    partition by node, daemon, level, text order by ts, id rows unbounded preceding
  ) as run
  from spaced
),
runs as (
  select node, daemon, level, text, min(id) as id, min(ts) as ts, max(ts) as until, arg_min(face, id) as face,
    arg_min(kind, id) as kind, arg_min(source, id) as source, arg_min(line, id) as line, count(*) as times,
    bool_or(p.event is not null) as proof
  from numbered left join (select unnest(?::bigint[]) as event) p on p.event = numbered.id
  group by node, daemon, level, text, run
),
ranked as (
  select r.*, case when proof then 0 else least(
    coalesce(list_position(?, level), 7), case when kind in (select kind from marked) then 6 else 9 end
  ) end as rank,
    least(r.ts - before.ts, after.ts - r.ts) as far
  from runs r asof left join moment before on r.ts >= before.ts asof left join moment after on r.ts <= after.ts
),
fitting as (
  select *, sum(length(text) + ?) over (order by rank, far nulls last, ts, id rows unbounded preceding) as filled
  from ranked
)
select r.*, s.path, s.first_line + r.line - 1 as at_line
from fitting r join source s on s.id = r.source where r.filled <= ? order by ts, id
"""


def events(store: Store, findings: Sequence[Finding]) -> Report:
    """The key `events`.

    Columns are texts with a number for each row, parted by blanks: places in the lists beside them, or what their
    names say.  `at` is in milliseconds since the row before; `shift` leads to the milliseconds by which the clock face
    of the writer is ahead of UTC.  `marks` leads from a row that stands on the timeline to its kind.
    """
    by_event = {
        proof: finding.id for finding in reversed(findings) for proof in finding.evidence if isinstance(proof, int)
    }
    moments = sorted({finding.at for finding in findings if finding.at is not None})
    rows = store.rows(
        EVENTS,
        moments, [*MARKED_KINDS], [*by_event], [*LEVELS], MOST_EVENTS, LONGEST, AGAIN,
        [*by_event], [*LEVELS], ROW, MOST_BYTES,
    )  # fmt: skip
    whole = store.one("select count(*) as n, count(*) filter (ts is null) as undated from event")
    assert whole is not None
    return _columns(rows, by_event) | {
        "events": whole.n,
        "undated": whole.undated,
        "left_out": whole.n - whole.undated - sum(row.times for row in rows),
    }


def _columns(rows: Sequence[Row], by_event: Mapping[int, str]) -> Report:
    lists: dict[str, dict[Any, int]] = {name: {} for name in ("nodes", "daemons", "levels", "files", "texts", "shifts")}

    def places(name: str, values: Iterable[Any]) -> str:
        known = lists[name]
        return " ".join(str(known.setdefault(value, len(known))) for value in values)

    milliseconds = [round(row.ts * 1000) for row in rows]
    columns = {
        "at": " ".join(str(later - earlier) for earlier, later in pairwise([milliseconds[0], *milliseconds]))
        if rows
        else "",
        "shift": places("shifts", (round((row.face - row.ts) * 1000) for row in rows)),
        "node": places("nodes", (row.node or "" for row in rows)),
        "daemon": places("daemons", (row.daemon or "" for row in rows)),
        "level": places("levels", (row.level or "" for row in rows)),
        "text": places("texts", (row.text for row in rows)),
        "file": places("files", (row.path for row in rows)),
        "line": " ".join(str(row.at_line) for row in rows),
    }
    return {
        "first": milliseconds[0] if rows else None,
        "rows": len(rows),
        **{name: [*known] for name, known in lists.items()},
        "columns": columns,
        "times": {str(place): row.times for place, row in enumerate(rows) if row.times > 1},
        "lasting": {str(place): round((row.until - row.ts) * 1000) for place, row in enumerate(rows) if row.times > 1},
        "proofs": {str(place): by_event[row.id] for place, row in enumerate(rows) if row.id in by_event},
        "kinds": [*MARKED_KINDS],
        "marks": {
            str(place): MARKED_KINDS.index(row.kind) for place, row in enumerate(rows) if row.kind in MARKED_KINDS
        },
    }
