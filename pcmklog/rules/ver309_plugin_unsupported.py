"""A `service { name: pacemaker }` block stands in the configuration of a stack that has no plugins.

## What it finds
The block in corosync.conf (or service.d) of a node with Corosync 2 or later, or with Pacemaker 2 or later, and on
Corosync 1.x the plugin's own word that it is not supported there, or a plugin that was loaded beside CMAN.

## Why it matters
Corosync 2 and 3 have no plugins and skip the block without a line. Whoever believes in it waits for Corosync to start
or stop Pacemaker, which it never does; `ver: 0` there is no option 1. It also misleads tools and people who read the
file. On a distribution that supports CMAN only, the plugin works until the next update takes it away. Beside CMAN,
Pacemaker takes the plugin for its stack and counts quorum without CMAN: the two may differ in who is a member.

## What to do
Take the block out on all nodes (`corosync-cfgtool -R` or the next restart is enough, nothing depends on it).
Pacemaker is started by its own service: `systemctl enable --now corosync pacemaker`. On RHEL 6 and its kin convert
the cluster to CMAN: write /etc/cluster/cluster.conf, remove the block, `chkconfig corosync off; chkconfig cman on;
chkconfig pacemaker on`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.sequences.model import version_key
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing

NODES = "select name, stack, corosync, pacemaker from node order by name"
BESIDE_CMAN = """
select p.node, min(p.ts) as at, list_distinct(list(p.id) || list(c.id)) as ids
from event p join event c on c.node = p.node and c.kind = 'cman.started' and abs(c.ts - p.ts) < 60
where p.kind in ('plugin.started', 'plugin.mcp_mode') and p.role = 'messaging'
group by p.node
order by 2, p.node
"""


@rule("VER309", "plugin-unsupported", "error", reads=("corosync.started", "pacemakerd.started"))
def plugin_unsupported(store: Store) -> Iterator[Finding]:
    """One finding for each node whose own file has the block, or one for the file of the cluster."""
    nodes = store.rows(NODES)
    for file in _files.files(store, "corosync.conf"):
        without = [node for node in nodes if file.node in (node.name, None) and _no_plugins(node)]
        for section, name, _ in _files.services(file):
            if name != "pacemaker" or not without:
                continue
            release = without[0].corosync or "2 or later"
            whose = file.node or listing(node.name for node in without)
            yield Finding(
                file.node,
                f"corosync.conf of {whose} has a service block for the Pacemaker plugin, which Corosync "
                f"{release} does not know and skips.",
                evidence=tuple(file.lines(f"{section}.name", f"{section}.ver")),
                nodes=tuple(node.name for node in without),
            )
    for row in store.rows(BESIDE_CMAN):
        yield Finding(
            row.node,
            f"Corosync on {row.node} loaded the Pacemaker plugin beside CMAN at {clock(row.at)}.",
            at=row.at,
            evidence=tuple(sorted(row.ids)[:8]),
        )
    for event in store.events("stack.mismatch"):
        if "this build" not in event.text:
            continue
        yield Finding(
            event.node,
            f"This build of Pacemaker on {event.node} does not know the stack that runs ({clock(event.ts)}): "
            f"{event.text.rstrip('. ')}.",
            at=event.ts,
            evidence=(event.id,),
        )
    for event in store.rows(
        "select node, min(ts) as at, list(id order by id) as ids from event where kind = 'plugin.unsupported' "
        "group by node"
    ):
        yield Finding(
            event.node,
            f"The plugin on {event.node or 'a node'} said that it is not supported in this environment.",
            at=event.at,
            evidence=tuple(event.ids[:6]),
            severity="warning",
        )


def _no_plugins(node: Row) -> bool:
    corosync, pacemaker = version_key(node.corosync), version_key(node.pacemaker)
    if corosync:
        return corosync >= (2,)
    return pacemaker >= (2,) or (not pacemaker and node.stack == "corosync")
