"""The software of a node changed while the cluster was running, or its daemons are of different builds.

## What it finds
A node whose Pacemaker or Corosync has another release at its next start while a peer stayed up, a Pacemaker plugin of
another release than the daemons that connect to it, and an installed package that is not the release that runs.

## Why it matters
An update of the packages replaces files under daemons that go on with the old ones, until the next respawn picks up
the new: then daemons of two releases talk to each other on one node. With the plugin, Corosync keeps the old plugin
until it is restarted itself. A node that comes back with another release is a rolling upgrade, or an update that
nobody had planned.

## What to do
Restart the whole stack of the node in order: `pcs node standby`, stop Pacemaker, stop Corosync, start Corosync, start
Pacemaker. Before the next update put the node into standby and stop both. Keep unattended updates away from the
cluster packages (`yum versionlock`, `apt-mark hold`). Compare `rpm -q pacemaker corosync` (or `dpkg -l`) with the
versions in the log.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.sequences.model import version_key
from pcmklog.store import Row, Store
from pcmklog.words import clock

STARTS = """
select id, ts, node, kind, fields->>'version' as version from event
where kind in ('pacemakerd.started', 'corosync.started') and ts is not null and node is not null
order by node, kind, ts, id
"""
STAYED = """
select node from life
where role = 'messaging' and node <> ? and how not in ('refused', 'failed')
  and coalesce(began, 0) < ? and coalesce(ended, 'infinity'::double) > ?
order by node
limit 1
"""
PLUGINS = """
select e.id, e.ts, e.node, regexp_extract(e.text, 'Pacemaker Cluster Manager (\\d[\\w.]*)', 1) as version from event e
where e.kind = 'corosync.engine_loaded' and e.text like '%Pacemaker Cluster Manager%'
  and e.ts is not null and e.node is not null
order by e.node, e.ts
"""
INSTALLED = """
select node, path, value, source, line from setting
where file = 'packages' and path in ('pacemaker', 'corosync') and node is not null
order by node, path, source
"""
NAMES = {"pacemakerd.started": "Pacemaker", "corosync.started": "Corosync"}


@rule("VER311", "binary-upgraded-under-running", "warning", reads=("pacemakerd.started", "corosync.started"))
def binary_upgraded_under_running(store: Store) -> Iterator[Finding]:
    """Changes from one start to the next, plugin against daemons, packages against daemons."""
    starts = store.rows(STARTS)
    yield from _changed(store, starts)
    yield from _plugin(store, starts)
    yield from _installed(store, starts)


def _changed(store: Store, starts: list[Row]) -> Iterator[Finding]:
    for before, after in pairwise(starts):
        if (before.node, before.kind) != (after.node, after.kind) or _same(before.version, after.version):
            continue
        if stayed := store.one(STAYED, after.node, before.ts, after.ts):
            yield Finding(
                after.node,
                f"{NAMES[after.kind]} on {after.node} was {before.version} and came back as {after.version} at "
                f"{clock(after.ts)}, "
                f"while {stayed.node} stayed up.",
                at=after.ts,
                evidence=(after.id, before.id),
            )


def _plugin(store: Store, starts: list[Row]) -> Iterator[Finding]:
    """The plugin that Corosync loaded last before a pacemakerd of another release was started."""
    plugins = store.rows(PLUGINS)
    for start in starts:
        if start.kind != "pacemakerd.started":
            continue
        loaded = [row for row in plugins if row.node == start.node and row.ts <= start.ts]
        if loaded and not _same(loaded[-1].version, start.version):
            yield Finding(
                start.node,
                f"pacemakerd {start.version} was started on {start.node} at {clock(start.ts)} over the plugin "
                f"of Pacemaker {loaded[-1].version}.",
                at=start.ts,
                evidence=(start.id, loaded[-1].id),
            )


def _installed(store: Store, starts: list[Row]) -> Iterator[Finding]:
    last = {(row.node, NAMES[row.kind].lower()): row for row in starts}
    done: set[tuple[str, str]] = set()
    for package in store.rows(INSTALLED):
        key = (package.node, package.path)
        start = last.get(key)
        if start is None or key in done or _same(package.value, start.version):
            continue
        done.add(key)
        yield Finding(
            package.node,
            f"{package.node} has {package.path} {package.value} installed, and {start.version} was started "
            f"last, at {clock(start.ts)}.",
            at=start.ts,
            evidence=(Line(package.source, package.line), start.id),
            confidence=0.7,
        )


def _same(a: str | None, b: str | None) -> bool:
    """Whether the releases are equal as far as both are told."""
    one, other = version_key(a)[:3], version_key(b)[:3]
    return not one or not other or one == other
