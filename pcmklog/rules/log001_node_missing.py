"""A member of the cluster has no logs in the bundle.

## What it finds
A node that the configuration or the logs of others name as a member, and of which the bundle holds no log.

## Why it matters
Half of the story is missing: what that node did, and why it went, can only be guessed from what others saw of it.

## What to do
Fetch its logs from the same time (`crm_report -n NODE -f TIME`, `sos report`, or copy `/var/log/messages`,
`corosync.log` and `pacemaker.log`) and run pcmklog on both bundles together. Report tools leave a node out in silence
when they cannot reach it by ssh.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.store import Store

MISSING = """
select name from node n
where not has_logs and not exists (select 1 from source s where s.node = n.name and s.role = 'log')
  and not exists (  -- another name for a node whose logs are here: the same address under both
    select 1 from setting a
    join setting ar on ar.source = a.source and ar.path = replace(a.path, '.name', '.ring0_addr')
    join setting br on br.value = ar.value and br.path like 'nodelist.node[%].ring0_addr'
    join setting b on b.source = br.source and b.path = replace(br.path, '.ring0_addr', '.name') and b.value <> a.value
    join node l on l.name = b.value and l.has_logs
    where a.value = n.name and a.path like 'nodelist.node[%].name')
order by name
"""
SETTINGS = """
select source, line from setting
where value = ? and file in ('corosync.conf', 'cluster.conf', 'cib.xml')
  and (path like 'nodelist.node[%].name' or path like '%clusternode[%].name' or path like 'node[%].uname')
  and path not like '%.fence.%'
order by source, line limit 6
"""
SEEN = """
select id from event
where node <> ? and fields->>'node' = ?
  and kind in ('node.state', 'node.has_id', 'plugin.member', 'cpg.joined', 'dc.set', 'join.offered')
order by ts, id limit 12
"""


@rule("LOG001", "node-missing", "warning")
def node_missing(store: Store) -> Iterator[Finding]:
    """Nodes without logs, with the lines that name them."""
    for row in store.rows(MISSING):
        named = [Line(found.source, found.line) for found in store.rows(SETTINGS, row.name)]
        seen = [found.id for found in store.rows(SEEN, row.name, row.name)]
        if not named and not seen:
            continue
        by = "the configuration names it" if named else "others saw it as a member"
        yield Finding(
            row.name, f"There are no logs of {row.name} in the bundle, though {by}.", evidence=(*named, *seen)
        )
