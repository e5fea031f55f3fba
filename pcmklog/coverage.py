"""The parts of the report that tell how much of the bundle was read and understood, and how releases are known."""

from __future__ import annotations

from typing import Any

from pcmklog.model import Line
from pcmklog.releases import words
from pcmklog.sections import shown
from pcmklog.store import Store

Report = dict[str, Any]
MOST_UNEXPLAINED = 100  # texts
# Severe lines that no template knows: equal but for numbers they are one text.
UNEXPLAINED = """
select daemon, level, regexp_replace(left(text, 400), '0x[0-9a-fA-F]+|[0-9]+', '#', 'g') as masked, count(*) as count,
  list_sort(list_distinct(list(node))) as nodes, arg_min(source, id) as source, arg_min(line, id) as line
from event where kind = 'log.unexplained' group by daemon, level, masked
order by list_position(['emerg', 'alert', 'crit', 'error'], level), count desc, min(id) limit ?
"""


def coverage(store: Store) -> Report:
    """The keys `unread` and `unexplained`: the severe lines that no template knows, the gravest first."""
    return {
        "unread": [row._asdict() for row in store.rows("select path, code, text from note order by path, code, text")],
        "unexplained": [
            {
                "daemon": row.daemon,
                "level": row.level,
                "text": row.masked,
                "count": row.count,
                "nodes": row.nodes,
                "evidence": shown(store.evidence(Line(row.source, row.line))[0]),
            }
            for row in store.rows(UNEXPLAINED, MOST_UNEXPLAINED)
        ],
    }


def releases(store: Store, node: str) -> dict[str, Report]:
    """By product what its lines, package lists and wordings tell of its release; `range` is in words."""
    return {
        row.product: {
            "exact": row.exact,
            "how": row.how,
            "low": row.low,
            "high": row.high,
            "range": words(row.low, row.high),
            "wordings": row.wordings,
            "against": row.against,
            "evidence": shown(store.evidence(row.proof)[0]) if row.proof is not None else None,
        }
        for row in store.rows("select *, event as proof from release where node = ? order by product", node)
    }
