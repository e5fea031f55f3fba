"""Who a node id is: the table `member_name`, from what the logs and the configuration say."""

from __future__ import annotations

from collections import Counter, defaultdict

from pcmklog.store import Store

SAID = """
select fields->>'nodeid' as nodeid, fields->>'node' as name, 1 as trust, count(*) as n from event
where kind in (
  'node.has_id', 'node.state', 'node.renamed', 'plugin.member', 'cpg.joined', 'cpg.member', 'cpg.left',
  'plugin.node_state'
)
group by all
union all
select nodeid, name, 3, 1 from node where nodeid is not null
union all
select value, coalesce(
    (select n.value from setting n where n.source = i.source and n.path = replace(i.path, '.nodeid', '.name') limit 1),
    (select coalesce(a.node, r.value) from setting r left join node_alias a on a.host = r.value
     where r.source = i.source and r.path = replace(i.path, '.nodeid', '.ring0_addr') limit 1)), 2, count(*)
from setting i
where i.file in ('corosync.conf', 'cluster.conf') and i.path like '%.nodeid' and i.path like '%node[%' group by all
union all
select i.value, n.value, 1, count(*) from setting i
join setting n on n.source = i.source and n.path = replace(i.path, '.id', '.uname')
where i.file = 'cib.xml' and i.path like 'node[%].id' group by all
"""
NAMELESS = frozenset({"", ".pending.", "<null>", "(null)", "unknown"})


def name_members(store: Store) -> None:
    """Fills `member_name`."""
    votes: dict[str, Counter[str]] = defaultdict(Counter)
    for row in store.rows(SAID):
        if row.nodeid and row.name and row.name not in NAMELESS:
            votes[row.nodeid][row.name] += int(row.trust) * 1000 + min(int(row.n), 900)
    known = {nodeid: count.most_common(1)[0][0] for nodeid, count in votes.items()}
    alias = {row.host: row.node for row in store.rows("select host, node from node_alias")}
    names = [alias.get(name, name) for name in known.values()]
    store.insert("member_name", {"nodeid": [*known], "name": names})


def names(store: Store) -> dict[str, str]:
    """The name of each node id."""
    return {row.nodeid: row.name for row in store.rows("select nodeid, name from member_name order by nodeid")}


def listed(text: str | None, known: dict[str, str]) -> set[str]:
    """The names of a list of node ids, `1 3` or `1, 3`."""
    return {known.get(word, f"node {word}") for word in (text or "").replace(",", " ").split()}
