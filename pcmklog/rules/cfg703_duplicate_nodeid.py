"""Two nodes have, or were given, the same node id.

## What it finds
A nodelist in which an id stands twice (Corosync 3 refuses it), nodes that run with one id at the same time, packets
that peers reject for that reason, and what Pacemaker says when it meets a known id under another name or a known name
under another id.

## Why it matters
The node id is the identity in the ring. Two nodes with one id cannot be members together: packets of the second are
thrown away, and it stays alone or takes the place of the first. Pacemaker may write the state of one node over that
of the other, and fence the wrong one.

## What to do
Give each node its own `nodeid` in `nodelist` (or cluster.conf) and use one identical file on all nodes. A cloned
machine has to be changed before its first start: corosync.conf, `uname -n`, address, and /var/lib/corosync/ringid_*.
Where ids are derived from addresses (Corosync 1.x without `nodeid`), addresses must differ in what remains with
`clear_node_high_bit`. Left-overs in Pacemaker: `crm_node --remove <name> --force`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing, times

REFUSED = """
select id, ts, node, text, regexp_extract(text, 'Nodeid (\\S+) appears twice', 1) as nodeid from event
where kind = 'corosync.config_error' and regexp_matches(text, 'Nodeid \\S+ appears twice')
order by node, ts nulls first, id
"""
SAID = """
select id, ts, node, text, fields->>'nodeid' as nodeid from event
where kind = 'node.id_shared' or (kind = 'plugin.message_invalid' and text like '%claimed to be node%')
order by node, ts nulls first, id
"""
# A view of one member is that of the node itself: so a life of Corosync tells its own id.
RAN = """
select e.node, coalesce(e.fields->>'nodeid', e.fields->>'members') as nodeid, min(e.id) as id, min(e.ts) as ts,
  m.began, coalesce(m.ended, 'infinity'::double) as ended
from event e
join life m on m.node = e.node and m.role = 'messaging' and m.how not in ('refused', 'failed')
  and e.ts between coalesce(m.began, 0) - 0.5 and coalesce(m.ended, 'infinity'::double)
where e.kind = 'plugin.local_nodeid'
  or (e.kind in ('quorum.sync_members', 'quorum.members') and e.fields->>'count' = '1')
group by all
order by ts, node
"""
REJECTED = """
select id, ts, node from event
where kind in ('knet.packet_rejected', 'totem.packet_rejected') and regexp_replace(fields->>'address', ':\\d+$', '') = ?
order by ts, id
"""
CONFLICTS = (
    "select id, ts from event where kind = 'node.conflict_removed' and node = ? and ts >= ? order by ts, id limit 6"
)
ADDRESSES = "select unnest(addresses) as address from node where name = ?"
EXITED = "select id from event where node = ? and kind = 'corosync.failed' and ts between ? and ? + 2 limit 2"


@rule(
    "CFG703",
    "duplicate-nodeid",
    "critical",
    reads=("quorum.sync_members", "plugin.local_nodeid", "corosync.started", "node.id_shared"),
)
def duplicate_nodeid(store: Store) -> Iterator[Finding]:
    """Refused starts, ids that two nodes used, what Pacemaker said, and files."""
    refused = store.rows(REFUSED)
    for row in refused:
        echoes = store.rows(EXITED, row.node, row.ts, row.ts)
        yield Finding(
            row.node,
            f"Corosync on {row.node} refused its configuration at {clock(row.ts)}: {row.text.rstrip('.')}.",
            at=row.ts,
            evidence=(row.id, *(echo.id for echo in echoes), *_listed(store, row.nodeid, row.node)),
        )
    ran = list(_ran(store))
    yield from ran
    nodes = {finding.node for finding in ran}
    said: dict[str | None, list[Row]] = {}
    for row in store.rows(SAID):
        said.setdefault(row.node, []).append(row)
    for node, rows in said.items():
        if node not in nodes:
            yield Finding(
                node,
                f"{node} met one node id twice from {clock(rows[0].ts)} on ({times(len(rows))}): "
                f"{rows[0].text.rstrip('.')}.",
                at=rows[0].ts,
                until=rows[-1].ts,
                evidence=tuple(row.id for row in rows[:12]),
            )
    yield from _files_only(store, nodes | {row.node for row in refused})


def _ran(store: Store) -> Iterator[Finding]:
    """Nodes that came up with an id which another node has used already."""
    seen: dict[str, list[Row]] = {}
    told: set[tuple[str, str]] = set()
    for row in store.rows(RAN):
        others = [o for o in seen.get(row.nodeid, []) if o.node != row.node and o.ended > (row.began or 0.0)]
        seen.setdefault(row.nodeid, []).append(row)
        if not others or (row.node, row.nodeid) in told:
            continue
        told.add((row.node, row.nodeid))
        owner: Row = others[0]
        later, earlier = _usurper(store, owner, row)
        rejected = _rejected(store, later)
        conflicts = store.rows(CONFLICTS, later.node, later.ts)
        moments = [event.ts for event in (*rejected, *conflicts)]
        began = rejected[0].ts if rejected else later.ts
        yield Finding(
            later.node,
            f"{later.node} came up with node id {row.nodeid}, which is that of {earlier.node}, at "
            f"{clock(began)}; "
            f"peers rejected its packets {times(len(rejected))}.",
            at=began,
            until=max(moments, default=None),
            evidence=(
                *(event.id for event in rejected[:6]),
                later.id,
                *(event.id for event in conflicts),
                *_listed(store, row.nodeid),
            ),
            nodes=(later.node, earlier.node),
        )


def _usurper(store: Store, a: Row, b: Row) -> tuple[Row, Row]:
    """The one whose packets are rejected came second, whatever the clocks say."""
    return (a, b) if _rejected(store, a) and not _rejected(store, b) else (b, a)


def _rejected(store: Store, row: Row) -> list[Row]:
    return [event for own in store.rows(ADDRESSES, row.node) for event in store.rows(REJECTED, own.address)]


def _listed(store: Store, nodeid: str, node: str | None = None) -> Iterator[Line]:
    """The lines of the files, those of one node if it is named, that give the id."""
    for file in _files.files(store, "corosync.conf"):
        if node is not None and file.node != node:
            continue
        for entry in _files.entries(file):
            if entry.nodeid == nodeid:
                yield from entry.lines[:1]


def _files_only(store: Store, told: set[str | None]) -> Iterator[Finding]:
    """An id that stands twice in one file."""
    for file in (*_files.files(store, "corosync.conf"), *_files.files(store, "cluster.conf")):
        seen: dict[str, list[_files.Entry]] = {}
        for entry in _files.entries(file):
            if entry.nodeid:
                seen.setdefault(entry.nodeid, []).append(entry)
        for nodeid, entries in seen.items():
            if len(entries) > 1 and file.node not in told:
                names = listing(entry.name or ", ".join(entry.addresses) for entry in entries)
                yield Finding(
                    file.node,
                    f"The configuration of {file.node or 'the cluster'} gives node id {nodeid} to {names}.",
                    evidence=tuple(line for entry in entries for line in entry.lines),
                )
