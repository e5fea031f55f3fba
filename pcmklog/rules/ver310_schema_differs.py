"""The CIB did not fit the schema, or nodes used different schemas.

## What it finds
A CIB that does not validate (`CIB does not validate with ...`, `Operation ignored, cluster configuration is
invalid`), a schema that a node does not know (`Rejecting join-... due to unknown schema version`), an upgrade request
that was refused, and cib.xml files of the nodes with different `validate-with`.

## Why it matters
With an invalid CIB the scheduler takes no decision: nothing is started, stopped or recovered until it is repaired,
though every daemon looks well. A node that does not know the schema of the cluster cannot join it. Different schemas
in the files of two nodes mean that they do not share one configuration, or did not when they were last written.

## What to do
`crm_verify --live-check -V` names the line at fault. `cibadmin --query | head -1` shows `validate-with` and
`crm_feature_set`. After all nodes have the new release, `cibadmin --upgrade` (or `pcs cluster cib-upgrade`) brings
the CIB to its schema; never before, for there is no way back. A node that does not know the schema has an older
Pacemaker: upgrade it (VER305).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock, times

FAILED = """
select id, ts, kind, text,
  case when kind = 'join.request_refused' then coalesce(fields->>'node', node) else node end as node
from event
where (kind = 'cib.invalid' and text not like '%NOT contain valid XML%')
  or kind = 'cib.upgrade_refused'
  or (kind = 'join.request_refused' and text like '%unknown schema version%')
order by node, ts nulls first, id
"""
WRITTEN = """
select s.node, s.value, s.source, s.line
from setting s join source f on f.id = s.source
where s.file = 'cib.xml' and s.path = 'cib.validate-with' and s.node is not null and s.value <> ''
order by s.node, regexp_matches(f.path, '(^|/)var/lib/') desc, s.source
"""


@rule("VER310", "schema-differs", "warning", reads=("cib.invalid", "cib.reading", "cib.written", "cib.upgraded"))
def schema_differs(store: Store) -> Iterator[Finding]:
    """What the daemons say about the schema, one finding a node; else the files side by side."""
    groups: dict[str | None, list[Row]] = {}
    for row in store.rows(FAILED):
        groups.setdefault(row.node, []).append(row)
    for node, rows in groups.items():
        first, until = rows[0], rows[-1].ts
        again = f" ({times(len(rows))})" if len(rows) > 1 else ""
        yield Finding(
            node,
            f"On {node} the CIB and its schema did not fit at {clock(first.ts)}: {first.text.rstrip('.')}{again}.",
            at=first.ts,
            until=until if until != first.ts else None,
            evidence=tuple(row.id for row in rows[:12]),
            severity="error" if any(row.kind == "cib.invalid" for row in rows) else None,
        )
    if not groups:
        yield from _files_differ(store)


def _files_differ(store: Store) -> Iterator[Finding]:
    written: dict[str, Row] = {}
    for row in store.rows(WRITTEN):
        written.setdefault(row.node, row)
    if len({row.value for row in written.values()}) > 1:
        told = ", ".join(f"{row.value} on {node}" for node, row in written.items())
        yield Finding(
            None,
            f"The cib.xml files of the nodes have different schemas: {told}.",
            evidence=tuple(Line(row.source, row.line) for row in written.values()),
            nodes=tuple(written),
            confidence=0.7,
        )
