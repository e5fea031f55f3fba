"""The nodes did not expect the same number of votes.

## What it finds
Different `expected_votes` in the corosync.conf or cluster.conf of the nodes, or a value on one node that does not fit
what the nodelist of another comes to.

## Why it matters
Votequorum takes the highest value that a member brings. A single node with an old file can keep the whole cluster
without quorum.

## What to do
Give all nodes the same file. Leave `expected_votes` out where there is a nodelist: it gives the number by itself.
Reload with `corosync-cfgtool -R` (CMAN: raise config_version, `cman_tool version -r`), and look at
`corosync-quorumtool -s` on each node.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import listing

SETTINGS = """
select s.node, s.value, s.source, s.line, true as said from setting s
where s.node is not null and ((s.file = 'corosync.conf' and s.path = 'quorum.expected_votes')
   or (s.file = 'cluster.conf' and s.path like '%cman.expected_votes'))
union all
select s.node, (count(*) filter (s.path like '%.ring0_addr')
    + coalesce(sum(try_cast(s.value as integer) - 1) filter (s.path like '%.quorum_votes'), 0))::varchar,
  s.source, min(s.line), false
from setting s
where s.node is not null and s.file = 'corosync.conf' and s.path like 'nodelist.node[%]%' and s.source not in (
  select source from setting where path in ('quorum.expected_votes', 'quorum.device.model'))
group by s.node, s.source having count(*) filter (s.path like '%.ring0_addr') > 0
order by 1, 3
"""


@rule("QRM504", "expected-votes-differ", "error", reads=("quorum.provider", "cman.started", "quorum.waiting_for_all"))
def expected_votes_differ(store: Store) -> Iterator[Finding]:
    """The values of the files side by side; that of a nodelist counts where another node sets one."""
    rows = store.rows(SETTINGS)
    if not any(row.said for row in rows):
        return
    values: dict[str, list[str]] = {}
    for row in rows:
        mine = values.setdefault(row.value, [])
        if row.node not in mine:
            mine.append(row.node)
    nodes = {node for names in values.values() for node in names}
    if len(values) < 2 or len(nodes) < 2:
        return
    told = "; ".join(f"{value} on {listing(names)}" for value, names in values.items())
    yield Finding(
        None,
        f"expected_votes differed between the nodes: {told}.",
        evidence=tuple(Line(row.source, row.line) for row in rows),
        nodes=tuple(sorted(nodes)),
    )
