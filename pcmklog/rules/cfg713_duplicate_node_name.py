"""Two hosts carry one node name.

## What it finds
`Nodes <id> and <id> share the same name '<name>'`, a CMAN that calls two hosts by one name (a `nodename` that was
copied), and a name whose node id goes back and forth between two values in Pacemaker's log.

## Why it matters
Pacemaker knows nodes by their names. With two hosts under one name it sends the requests for one to the other, takes
their states for one, and may fence the wrong machine; current releases shut down instead (`Nodes ... share the same
name: shutting down`).

## What to do
Stop the cluster on the host that was given the wrong name. Set the name of its own: `hostnamectl set-hostname`,
`name:` in `nodelist`, and for CMAN in corosync.conf (alternative 2 of option 3) `nodename:` in the `cman` section,
which is different on each host and must not be copied with the file. Check with `crm_node -n` on each node, then
start again and remove left-overs with `crm_node --remove`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing, times

SAID = """
select id, ts, node, text, fields->>'node' as name from event
where kind = 'node.name_shared'
order by ts nulls first, id
"""
CALLED = """
select node, fields->>'node' as name, min(ts) as began, max(ts) as until, list(id order by ts, id) as ids from event
where kind = 'cman.node_name' and node is not null and coalesce(fields->>'node', '') <> ''
group by node, fields->>'node'
order by began nulls first, node
"""
FLIPPED = """
select id, ts, node, fields->>'node' as name, fields->>'nodeid' as nodeid from event
where kind = 'node.has_id' and text like '%now has id%' and node = ? and fields->>'node' = ?
order by ts nulls first, id
"""
IDS = """
select fields->>'node' as name, node, count(*) as n, count(distinct fields->>'nodeid') as ids, min(ts) as began
from event
where kind = 'node.has_id' and text like '%now has id%' and coalesce(fields->>'nodeid', '0') <> '0'
  and node is not null
group by fields->>'node', node having ids > 1 and n > 8
order by began nulls first, name, node
"""


@rule(
    "CFG713",
    "duplicate-node-name",
    "critical",
    reads=("node.name_shared", "cman.node_name", "node.has_id", "node.state"),
)
def duplicate_node_name(store: Store) -> Iterator[Finding]:
    """One finding for each name."""
    told: set[str] = set()
    for finding, name in (*_said(store), *_called(store), *_flipped(store)):
        if name not in told:
            told.add(name)
            yield finding


def _said(store: Store) -> Iterator[tuple[Finding, str]]:
    names: dict[str, list[Row]] = {}
    for row in store.rows(SAID):
        names.setdefault(row.name, []).append(row)
    for name, rows in names.items():
        nodes = tuple(_files.plain(row.node for row in rows))
        finding = Finding(
            name,
            f"At {clock(rows[0].ts)} {listing(nodes)} met two nodes of the name {name}: {rows[0].text.rstrip('. ')}.",
            at=rows[0].ts,
            until=rows[-1].ts if rows[-1].ts != rows[0].ts else None,
            evidence=tuple(row.id for row in rows[:12]),
            nodes=nodes,
        )
        yield finding, name


def _called(store: Store) -> Iterator[tuple[Finding, str]]:
    """A host that CMAN calls by the name of another host of the bundle."""
    rows = store.rows(CALLED)
    hosts = {_files.short(row.name) for row in store.rows("select name from node where has_logs")}
    for row in rows:
        if _files.short(row.name) == _files.short(row.node) or _files.short(row.name) not in hosts:
            continue
        flips = store.rows(FLIPPED, row.node, row.name)
        finding = Finding(
            row.node,
            f"CMAN on {row.node} called this host {row.name} from {clock(row.began)} on, the name of another "
            f"node{_counted(flips)}.",
            at=row.began,
            until=max((event.ts for event in flips if event.ts is not None), default=None),
            evidence=(*row.ids[:6], *(event.id for event in flips[:10])),
            nodes=(row.node, row.name),
        )
        yield finding, row.name


def _counted(flips: list[Row]) -> str:
    return f"; its node id changed {times(len(flips))}" if len(flips) > 2 else ""


def _flipped(store: Store) -> Iterator[tuple[Finding, str]]:
    """A name whose id does not come to rest."""
    for row in store.rows(IDS):
        events = store.rows(FLIPPED, row.node, row.name)
        turns = sum(a.nodeid != b.nodeid for a, b in pairwise(events))
        if turns < 4:
            continue
        ids = sorted({event.nodeid for event in events})
        finding = Finding(
            row.name,
            f"The node id of {row.name} went back and forth between {listing(ids)} in the log of {row.node} "
            f"from {clock(row.began)} on "
            f"({times(turns)}): two hosts use this name.",
            at=row.began,
            until=events[-1].ts,
            evidence=tuple(event.id for event in events[:12]),
            nodes=tuple(_files.plain((row.name, row.node))),
        )
        yield finding, row.name
