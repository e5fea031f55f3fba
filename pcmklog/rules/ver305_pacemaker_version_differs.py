"""Nodes of one cluster ran different releases of Pacemaker.

## What it finds
Releases as the daemons announce them (`Starting Pacemaker <version>`, `Service engine loaded: Pacemaker Cluster
Manager <version>`), or as the package lists have them where no start is logged, that differ between nodes that were
up together. When the logs show that all came to the same release, it was a rolling upgrade: then the finding is for
information only.

## Why it matters
Two releases in one cluster are meant for the hours of a rolling upgrade. The DC has to be the oldest; a node with an
older feature set cannot come back once the last old DC is gone (VER306), new options do nothing on old nodes, and
some pairs never work: up to 1.1.7 and from 1.1.8 on without care, below 1.1.11 and 2.x, plugin or CMAN and 2.x.

## What to do
Finish the upgrade: one node after the other, `pcs node standby` (or `crm node standby`), stop Pacemaker, upgrade,
start, unstandby. Compare with `crm_mon -1 | grep -i version`, `pacemakerd --version` on each node, `rpm -q pacemaker`
or `dpkg -l pacemaker`. Do not stop the last node of the old release before all others can replace it. From below
1.1.11 go to 1.1.24 first, then to 2.x.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules._mixtures import Sign, mixtures
from pcmklog.sequences.model import version_key
from pcmklog.store import Store
from pcmklog.words import clock

SIGNS = """
select id, ts, node, kind, daemon, coalesce(
    fields->>'version', regexp_extract(text, 'Pacemaker Cluster Manager (\\d[\\w.]*)', 1)
  ) as version
from event
where ts is not null and node is not null and (
    kind in ('pacemakerd.started', 'pacemakerd.stopped')
    or (kind = 'corosync.engine_loaded' and text like '%Pacemaker Cluster Manager%')
    or kind = 'corosync.exited'
  )
order by ts, id
"""
PACKAGES = """
select s.node, s.value, s.source, s.line
from setting s
where s.file = 'packages' and s.path = 'pacemaker' and s.node is not null
  and s.node not in (select node from event where kind = 'pacemakerd.started' and node is not null)
order by s.node, s.source
"""


@rule(
    "VER305",
    "pacemaker-version-differs",
    "warning",
    reads=("pacemakerd.started", "corosync.engine_loaded"),
)
def pacemaker_version_differs(store: Store) -> Iterator[Finding]:
    """Times in which nodes of different releases were up together."""
    packages = {row.node: row for row in store.rows(PACKAGES) if version_key(row.value)}
    found = False
    for mixture in mixtures(_signs(store)):
        found = True
        ended = f" until {clock(mixture.until)}" if mixture.until is not None else ""
        yield Finding(
            None,
            f"From {clock(mixture.at)}{ended} the nodes ran different releases of Pacemaker: {mixture.words()}.",
            at=mixture.at,
            until=mixture.until,
            evidence=tuple(mixture.events),
            nodes=mixture.nodes,
            severity="info" if mixture.settled else None,
        )
    releases = {row.node: _release(row.value) for row in packages.values()}
    if not found and len(set(releases.values())) > 1:
        yield Finding(
            None,
            "The nodes have different releases of Pacemaker installed: "
            f"{', '.join(f'{v} on {n}' for n, v in releases.items())}.",
            evidence=tuple(Line(row.source, row.line) for row in packages.values()),
            nodes=tuple(releases),
            confidence=0.7,
        )


def _signs(store: Store) -> Iterator[Sign]:
    for row in store.rows(SIGNS):
        if row.kind in ("pacemakerd.stopped", "corosync.exited"):
            yield Sign(row.ts, row.node, None, row.id)
        elif version_key(row.version):
            yield Sign(row.ts, row.node, _release(row.version), row.id)


def _release(version: str) -> str:
    """`1.1.7` of `1.1.7-6.el6`."""
    return ".".join(str(number) for number in version_key(version)[:3])
