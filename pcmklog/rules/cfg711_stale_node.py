"""A node that does not exist any more, or has another name now, is still in the CIB.

## What it finds
Nodes in cib.xml that the configuration of the messaging layer does not name (Pacemaker Remote nodes apart), one name
under two ids, and the words of Pacemaker about a node that has changed its id.

## Why it matters
Pacemaker takes the left-over for a member that is offline: it shows up in every status, may be wanted for fencing
before anything is started, and its old id or name can be confused with that of a node that lives.

## What to do
With the cluster running, on any node: `crm_node --remove <name> --force` (`pcs cluster node clear <name>`, `crm node
delete <name>`), after you have made sure that no such host can come back. With the same name under two ids remove the
stale id: `cibadmin --delete --scope nodes --xml-text '<node id="<id>"/>'` and the same in `status`. A rename is:
remove the old name, then start the node under the new one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing

CHANGED = """
select id, ts, node, text, fields->>'node' as subject from event
where kind = 'node.id_changed' or (kind = 'node.conflict_removed' and text like 'Removing cached offline node%')
order by ts nulls first, id
"""
KNOWN = "select name from node where has_logs"


@rule(
    "CFG711", "stale-node", "warning", reads=("corosync.started", "pacemakerd.started", "node.id_changed", "node.state")
)
def stale_node(store: Store) -> Iterator[Finding]:
    """Left-overs in the files, then changes in the logs; each name once."""
    told: set[str] = set()
    members = _members(store)
    for file in _files.files(store, "cib.xml"):
        listed = _listed(file)
        for name, rows in listed.items():
            if name in told:
                continue
            ids = _files.plain(file.get(f"{section}.id") for section, _ in rows)
            lines = tuple(Line(file.source, row.line) for _, row in rows)
            if len(ids) > 1:
                told.add(name)
                yield Finding(name, f"The CIB has {name} under the ids {listing(ids)}.", evidence=lines, nodes=(name,))
            elif members and _files.short(name) not in members:
                told.add(name)
                yield Finding(
                    name,
                    f"The CIB has a node {name} that the configuration of the cluster does not know.",
                    evidence=lines,
                    nodes=(name,),
                )
    for row in store.rows(CHANGED):
        if row.subject not in told:
            told.add(row.subject)
            yield Finding(row.subject, f"At {clock(row.ts)}: {row.text.rstrip('.')}.", at=row.ts, evidence=(row.id,))


def _members(store: Store) -> set[str]:
    """All names that the messaging layer's files give; empty where a file leaves names to the system."""
    names = {_files.short(row.name) for row in store.rows(KNOWN)}
    given: set[str] = set()
    for file in (*_files.files(store, "corosync.conf"), *_files.files(store, "cluster.conf")):
        entries = _files.entries(file)
        if any(not entry.name for entry in entries):
            return set()
        given |= {_files.short(entry.name) for entry in entries}
    return given | names if given else set()


def _listed(file: _files.File) -> dict[str, list[tuple[str, Row]]]:
    """The cluster nodes of a CIB by their names, each with its section and the row of its name."""
    found: dict[str, list[tuple[str, Row]]] = {}
    for path, row in file.values.items():
        if re.fullmatch(r"node\[\d+\]\.uname", path):
            section = path.removesuffix(".uname")
            if file.get(f"{section}.type", "member") in ("member", "normal"):
                found.setdefault(row.value, []).append((section, row))
    return found
