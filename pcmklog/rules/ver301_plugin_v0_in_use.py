"""The node runs Pacemaker as a plugin with `ver: 0`: Corosync itself forks its daemons.

## What it finds
A Corosync 1.x (or OpenAIS) that loaded the Pacemaker plugin without `ver: 1`, so that the plugin started the daemons
from inside the Corosync process. `ver: 0` is what the plugin takes when the key is missing. The block alone, in the
file of a Corosync that never loaded the plugin or has none, is another matter (VER308, VER309).

## Why it matters
Corosync is a multi-threaded process, and a fork in it may leave the child with locks that nobody will ever release:
daemons that hang before their first line, or that die without a word. A failed fork takes the whole of Corosync down
with it. The stop is just as fragile: Corosync was never made to wait for resources, and nothing protects Pacemaker
from losing it.

## What to do
Move to option 2: put `ver: 1` into the `service { name: pacemaker }` block of corosync.conf (or `service.d/pcmk`) on
all nodes in one maintenance window, restart Corosync, and let init start `pacemaker` after it (`chkconfig pacemaker
on`; Pacemaker 1.1.3 or later). On RHEL 6 and its kin take option 3, CMAN with pacemakerd. Better than both is a
modern stack: Corosync 2 or 3 with votequorum and Pacemaker 2 or 3, which know no plugin at all. Do not mix `ver: 0`
and `ver: 1` for longer than the change takes.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Store

NODES = """
select n.name as node, n.corosync, n.pacemaker, (
    select min(l.began) from life l where l.node = n.name and l.role = 'messaging' and l.stack = 'plugin-v0'
  ) as began
from node n
where (
    n.stack = 'plugin-v0'
    or exists (select 1 from life l where l.node = n.name and l.role = 'messaging' and l.stack = 'plugin-v0')
  )
  and exists (
    select 1 from event e
    where e.node = n.name and (
        e.kind in ('plugin.started', 'plugin.stopping', 'plugin.member', 'plugin.client_connected')
        or (e.kind = 'child.forked' and e.role = 'messaging')
        or (e.kind = 'stack.detected' and e.fields->>'stack' ilike '%openais%')
      )
  )
order by n.name
"""
PROOF = """
select id from event
where node = ? and (
    (kind = 'plugin.option' and fields->>'option' = 'ver')
    or (kind = 'child.forked' and role = 'messaging')
    or kind = 'plugin.started'
  )
order by ts nulls first, id
limit 12
"""


@rule("VER301", "plugin-v0-in-use", "warning", reads=("plugin.started", "plugin.option", "child.forked"))
def plugin_v0_in_use(store: Store) -> Iterator[Finding]:
    """Nodes whose logs show the plugin with `ver: 0`."""
    configured = _files.files(store, "corosync.conf")
    for row in store.rows(NODES):
        own = [file for file in configured if file.node == row.node] or [f for f in configured if f.node is None]
        release = f" (Pacemaker {row.pacemaker})" if row.pacemaker else ""
        yield Finding(
            row.node,
            f"{row.node} ran Pacemaker's plugin with ver: 0: Corosync {row.corosync or '1.x'} forked the "
            f"daemons itself{release}.",
            at=row.began,
            evidence=(*(event.id for event in store.rows(PROOF, row.node)), *_block(own)),
        )


def _block(files: list[_files.File]) -> Iterator[Line]:
    for file in files:
        for section, name, ver in _files.services(file):
            if name == "pacemaker" and ver != "1":
                yield from file.lines(f"{section}.ver", f"{section}.name")
