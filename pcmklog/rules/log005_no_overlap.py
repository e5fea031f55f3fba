"""The logs of the nodes cover different times.

## What it finds
Two nodes of which one's logs end before the other's begin, on the common clock.

## Why it matters
No moment can be seen from both sides: who left whom, and who was stopped, cannot be decided. Often one log was
rotated away.

## What to do
Fetch the rotated logs (`messages-*`, `syslog.1`, `corosync.log-*`, `pacemaker.log-*.gz`) of the node whose logs begin
late, or widen the time of the report (`crm_report -f`). See whether the clock or the year of one node is wrong.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import duration

LEAST = 60.0  # seconds; less is a quiet moment
SPANS = """
select node, min(first_ts) as begin, max(last_ts) as finish,
  arg_min(id, first_ts) as source, arg_max(id, last_ts) as last_source, arg_max(lines, last_ts) as last_line
from source
where role = 'log' and node is not null and first_ts is not null and format is not null and coalesce(classified, 0) > 0
group by node order by node
"""


@rule("LOG005", "no-overlap", "warning")
def no_overlap(store: Store) -> Iterator[Finding]:
    """Pairs of nodes without a common moment."""
    for a, b in combinations(store.rows(SPANS), 2):
        early, late = (a, b) if a.begin <= b.begin else (b, a)
        if late.begin - early.finish < LEAST:
            continue
        yield Finding(
            None,
            f"The logs of {early.node} end {duration(late.begin - early.finish)} before those of {late.node} begin.",
            at=early.finish,
            until=late.begin,
            evidence=(Line(early.last_source, early.last_line), Line(late.source, 1)),
            nodes=(early.node, late.node),
        )
