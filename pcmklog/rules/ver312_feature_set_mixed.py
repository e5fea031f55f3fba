"""Nodes with different CRM feature sets worked together.

## What it finds
A node that took a DC of another feature set than its own (`Set DC to <node> (<feature set>)`), and from Pacemaker 2.1
on the attribute `#feature-set`, that each node publishes, with different values among the nodes that were up
together.

## Why it matters
This is the state of a rolling upgrade, and it is allowed: the DC has the oldest feature set, and new features stay
off. It is a trap to stay in: when the last old node leaves, the set of the cluster rises at once, and that node
cannot come back with its old release (VER306). `crm_mon` calls it a `MIXED-VERSION partition`.

## What to do
Upgrade the remaining nodes soon, one after the other; do not stop the last old one for any other reason. `crm_mon -1`
shows the state, `crm_attribute --query --type status --node <node> --name '#feature-set'` the set of a node,
`pacemakerd --features` that of the installed release.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._mixtures import Sign, mixtures
from pcmklog.sequences.model import version_key
from pcmklog.store import Store
from pcmklog.words import clock

ATTRIBUTES = """
select id, ts, fields->>'node' as subject, fields->>'new' as value from event
where kind = 'attrd.set' and fields->>'name' = '#feature-set' and ts is not null
order by ts, id
"""
STOPPED = """
select id, ts, node from event
where kind in ('pacemakerd.stopped', 'corosync.exited') and node is not null and ts is not null
order by ts, id
"""
FOLLOWED = """
select id, ts, node, fields->>'node' as dc, fields->>'feature_set' as value from event
where kind = 'dc.set' and coalesce(fields->>'feature_set', '') <> '' and ts is not null and node is not null
  and node not in (   -- a node that was refused did not work with the others
    select node from event where kind in ('feature_set.incompatible', 'feature_set.unsupported') and node is not null
  )
order by ts, id
"""
RELEASES = "select name, pacemaker from node"
# Which set the first release of a range has (CRM_FEATURE_SET in pacemaker include/crm).
FEATURE_SETS = (
    ((1, 1, 18), "3.0.14"), ((1, 1, 17), "3.0.13"), ((1, 1, 16), "3.0.11"), ((1, 1, 13), "3.0.10"),
    ((1, 1, 12), "3.0.9"), ((1, 1, 11), "3.0.8"), ((1, 1, 9), "3.0.7"),
    ((1, 1, 7), "3.0.6"), ((1, 1, 4), "3.0.5"), ((1, 1, 2), "3.0.2"),
)  # fmt: skip


@rule("VER312", "feature-set-mixed", "warning", reads=("attrd.set", "dc.set"))
def feature_set_mixed(store: Store) -> Iterator[Finding]:
    """Mixtures by the published attribute, else nodes that followed a DC of another set."""
    found = False
    for mixture in mixtures(_published(store)):
        found = True
        yield Finding(
            None,
            f"From {clock(mixture.at)} on nodes with different CRM feature sets worked together: {mixture.words()}.",
            at=mixture.at,
            until=mixture.until,
            evidence=tuple(mixture.events),
            nodes=mixture.nodes,
            severity="info" if mixture.settled else None,
        )
    if not found:
        yield from _followed(store)


def _published(store: Store) -> Iterator[Sign]:
    for row in store.rows(ATTRIBUTES):
        yield Sign(row.ts, row.subject, row.value if version_key(row.value) else None, row.id)
    for row in store.rows(STOPPED):
        yield Sign(row.ts, row.node, None, row.id)


def _followed(store: Store) -> Iterator[Finding]:
    own = {row.name: _by_release(row.pacemaker) for row in store.rows(RELEASES)}
    rows = store.rows(FOLLOWED)
    own |= {row.node: row.value for row in rows if row.dc == row.node}
    others = [row for row in rows if row.dc != row.node and own.get(row.node) and own[row.node] != row.value]
    if others:
        first = others[0]
        yield Finding(
            None,
            f"{first.node} (feature set {own[first.node]}) took {first.dc} ({first.value}) for its DC at "
            f"{clock(first.ts)}: "
            "nodes with different CRM feature sets worked together.",
            at=first.ts,
            until=others[-1].ts if others[-1].ts > first.ts else None,
            evidence=tuple(row.id for row in (*others[:8], *(r for r in rows if r.dc == r.node)))[:12],
            nodes=tuple(sorted({name for row in others for name in (row.node, row.dc)})),
        )


def _by_release(version: str | None) -> str | None:
    """The feature set of a 1.1 release, or None when it is not in the table."""
    key = version_key(version)[:3]
    if key[:2] != (1, 1):
        return None
    return next((value for least, value in FEATURE_SETS if key >= least), None)
