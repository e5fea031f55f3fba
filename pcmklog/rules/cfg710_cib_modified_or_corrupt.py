"""The CIB on disk was edited, damaged or unreadable.

## What it finds
A digest that does not match the file, `was manually modified while the cluster was active`, a file that is no XML,
archives of unusable files and starts from a backup. Also a daemon that finds no configuration at all although it had
written one on this node before. The first start of an empty node, with `Primary configuration corrupt or unusable,
trying backup` and `Continuing with an empty configuration`, is none.

## Why it matters
The CIB daemon throws away what it cannot trust and goes on with a backup or with nothing. When such a node becomes DC
alone, that older or empty configuration is the one of the cluster: resources are stopped, and constraints and fencing
devices are gone.

## What to do
Never edit cib.xml: use `crm configure edit`, `pcs` or `cibadmin`. If a peer has the right configuration, stop
Pacemaker here, move /var/lib/pacemaker/cib/* (before 1.1.8 /var/lib/heartbeat/crm/*) away, start again: the node
takes the CIB of the DC. If none has, restore a `cib-<n>.raw` whose digest is right: with all nodes stopped, copy it
to cib.xml, remove cib.xml.sig, `chown hacluster:haclient`. Then look for the cause: full disk, dying disk, a person.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock, times

DAMAGED = """
select id, ts, node, kind, text from event
where (kind = 'cib.digest_wrong' and not regexp_matches(text, 'No on-disk digest present|On-disk digest is empty'))
  or kind in ('cib.modified_by_hand', 'cib.archived_unusable', 'cib.backup_used', 'cib.not_used')
  or (kind = 'cib.invalid' and text like '%NOT contain valid XML%')
  or (
    kind = 'cib.not_found'
    and not regexp_matches(text, 'Cluster configuration not found|No such file|Permission denied|\\.sig not found')
  )
order by node, ts nulls first, id
"""
# No configuration on a node that had written one: counted from the second life of the CIB daemon on.
VANISHED = """
select e.id, e.ts, e.node, e.kind, e.text from event e
where e.kind = 'cib.emptied' and e.ts is not null
  and exists (
    select 1 from event w
    where w.node = e.node and w.kind = 'cib.written' and w.text like 'Wrote version%' and w.ts < e.ts - 1
  )
order by e.node, e.ts, e.id
"""
EPISODE = 60.0  # seconds: what one start of the CIB daemon says


@rule(
    "CFG710",
    "cib-modified-or-corrupt",
    "error",
    reads=("cib.reading", "cib.not_found", "cib.written", "cib.digest_wrong"),
)
def cib_modified_or_corrupt(store: Store) -> Iterator[Finding]:
    """One finding for each node and episode."""
    groups: list[list[Row]] = []
    rows = sorted(
        (*store.rows(DAMAGED), *store.rows(VANISHED)), key=lambda row: (row.node or "", row.ts or 0.0, row.id)
    )
    for row in rows:
        before = groups[-1][-1] if groups else None
        if before is not None and before.node == row.node and (row.ts or 0.0) - (before.ts or 0.0) <= EPISODE:
            groups[-1].append(row)
        else:
            groups.append([row])
    for group in groups:
        first = _strongest(group)
        again = f" ({times(len(group))})" if len(group) > 1 else ""
        until = group[-1].ts
        yield Finding(
            first.node,
            f"The CIB on the disk of {first.node} was not usable as it was at {clock(group[0].ts)}: "
            f"{_words(first)}{again}.",
            at=group[0].ts,
            until=until if until != group[0].ts else None,
            evidence=tuple(dict.fromkeys((first.id, *(row.id for row in group[:12])))),
        )


def _strongest(group: list[Row]) -> Row:
    order = ("cib.modified_by_hand", "cib.digest_wrong", "cib.invalid", "cib.emptied")
    return min(group, key=lambda row: (order.index(row.kind) if row.kind in order else len(order), row.ts or 0.0))


def _words(row: Row) -> str:
    if row.kind == "cib.emptied":
        return "it was gone, though it had been written before, and the daemon went on with an empty configuration"
    return str(row.text).rstrip(". ")
