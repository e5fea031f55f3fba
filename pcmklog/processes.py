"""The daemons of each node as a tree: who forked whom, and which incarnation followed which."""

from __future__ import annotations

from typing import Any

from pcmklog.sections import time
from pcmklog.store import Row, Store

Report = dict[str, Any]
MOST = 600  # lives; of more, those that did not end well
LIVES = """
select l.*, coalesce(l.began, l.adopted_at) as seen, f.path, w.line + f.first_line - 1 as line
from (
  select l.*, e.ts as adopted_at, coalesce(l.ended_event, l.began_event, l.last_event) as proof,
    row_number() over (daemon order by coalesce(l.began, l.ended) nulls first, l.id) as run,
    count(*) over daemon as runs
  from life l left join event e on e.id = l.adopted_event
  window daemon as (partition by l.node, l.role, l.daemon)
) l
left join witness w on w.event = l.proof and w.rank = 1 left join source f on f.id = w.source
order by l.node, coalesce(l.began, l.ended) nulls first, l.id
"""


def processes(store: Store) -> list[Report]:
    """The key `processes`: the lives of all daemons; `parent` is the id of another, `run` counts the incarnations."""
    rows = store.rows(LIVES)
    if len(rows) > MOST:
        rows = sorted(rows, key=lambda row: row.how in ("running", "stopped"))[:MOST]
        rows.sort(key=lambda row: (row.node, row.began is not None, row.began or 0.0, row.id))
    return [_process(row) for row in rows]


def _process(row: Row) -> Report:
    return {
        "id": row.id,
        "parent": row.parent,
        "node": row.node,
        "daemon": row.daemon,
        "role": row.role,
        "pid": row.pid,
        "run": row.run,
        "runs": row.runs,
        "adopted": bool(row.adopted),
        "began": time(row.began),
        "ready": time(row.ready),
        "stopping": time(row.stopping),
        "ended": time(row.ended),
        "how": row.how,
        "status": row.status,
        "signal": row.signal,
        "version": row.version,
        "file": row.path,
        "line": row.line,
    }
