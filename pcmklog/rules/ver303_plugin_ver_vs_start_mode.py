"""Pacemaker was started in another way than the plugin's `ver:` asks for.

## What it finds
A pacemakerd that was started on a node with `ver: 0`, where Corosync had forked the daemons already: it says `We can
only start Pacemaker from init if using version 1 ...` and ends. Also the reverse: a node that was changed to `ver:
1`, or whose peers still run `ver: 0`, on which Corosync came up and nobody started pacemakerd.

## Why it matters
With `ver: 0` nothing is harmed at once, but the init script fails, monitoring takes Pacemaker for dead, and a stop of
the `pacemaker` service will not stop it. With `ver: 1` and no pacemakerd the node is a member of the ring without
Pacemaker: it has a vote, holds up elections, and runs nothing.

## What to do
Decide for one way. To keep pacemakerd (option 2, recommended), set `ver: 1` in the `service { name: pacemaker }`
block on all nodes, restart Corosync, then `service pacemaker start` and `chkconfig pacemaker on`. To stay with `ver:
0` for the moment, switch the init script off: `chkconfig pacemaker off`. Never run both.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Store
from pcmklog.words import clock, times

EPISODE = 600.0  # seconds in which somebody tries again
PATIENCE = 60.0  # seconds in which init or the operator starts pacemakerd after Corosync
NOBODY = """
select m.node, m.began, m.began_event
from life m
where m.role = 'messaging' and m.stack = 'plugin-v1' and m.how not in ('refused', 'failed')
  and m.began is not null
  and exists (select 1 from event e where e.node = m.node and e.kind = 'plugin.mcp_mode' and e.ts >= m.began - 1)
  and coalesce(m.ended, m.last) - m.began > ?
  and exists (
    select 1 from life o
    where o.role = 'messaging' and o.stack = 'plugin-v0'
      and coalesce(o.began, 0) < coalesce(m.ended, 'infinity'::double)
  )
  and not exists (
    select 1 from event e
    where e.node = m.node and e.daemon = 'pacemakerd'
      and e.ts between m.began - 1 and coalesce(m.ended, 'infinity'::double)
  )
order by m.began, m.node
"""
AROUND = """
select id from event
where node = ? and (
    kind = 'plugin.mcp_mode' or (kind = 'plugin.option' and fields->>'option' = 'ver')
    or (kind = 'child.forked' and role = 'messaging')
  ) and ts <= ?
order by kind = 'child.forked', ts desc
limit 6
"""


@rule("VER303", "plugin-ver-vs-start-mode", "error", reads=("pacemakerd.needs_plugin_v1", "plugin.mcp_mode"))
def plugin_ver_vs_start_mode(store: Store) -> Iterator[Finding]:
    """A pacemakerd under `ver: 0`, and `ver: 1` where the daemons were expected from Corosync."""
    yield from _started_under_v0(store)
    for row in store.rows(NOBODY, PATIENCE):
        yield Finding(
            row.node,
            f"Corosync on {row.node} came up with ver: 1 at {clock(row.began)} and nobody started pacemakerd, "
            "as if the plugin still did with ver: 0.",
            at=row.began,
            evidence=(row.began_event, *(e.id for e in store.rows(AROUND, row.node, row.began + PATIENCE))),
        )


def _started_under_v0(store: Store) -> Iterator[Finding]:
    last: dict[str, list[tuple[float, int]]] = {}
    groups: list[tuple[str, list[tuple[float, int]]]] = []
    for event in store.events("pacemakerd.needs_plugin_v1"):
        if event.node is None or event.ts is None:
            continue
        group = last.get(event.node)
        if group is None or event.ts - group[-1][0] > EPISODE:
            group = last[event.node] = []
            groups.append((event.node, group))
        group.append((event.ts, event.id))
    for node, group in groups:
        first, until = group[0][0], group[-1][0]
        again = f" ({times(len(group))})" if len(group) > 1 else ""
        yield Finding(
            node,
            f"pacemakerd was started on {node} at {clock(first)} although the plugin there has ver: 0 and "
            f"forks the daemons itself; it gave up{again}.",
            at=first,
            until=until if until > first else None,
            evidence=(*(i for _, i in group), *(e.id for e in store.rows(AROUND, node, first)), *_block(store, node)),
        )


def _block(store: Store, node: str) -> Iterator[Line]:
    for file in _files.files(store, "corosync.conf"):
        if file.node in (node, None):
            for section, name, _ in _files.services(file):
                if name == "pacemaker":
                    yield from file.lines(f"{section}.ver", f"{section}.name")
