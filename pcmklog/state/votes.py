"""Whether quorum as logged is what the members' votes make it, by the configuration that the bundle holds."""

from __future__ import annotations

from typing import NamedTuple

from pcmklog.store import Row, Store

STEADY = 5.0  # seconds: what is shorter is a change under way
CONFIGURED = """
with used as (
  select *, min(source) over (partition by node, file) as first from setting
  where file in ('corosync.conf', 'cluster.conf', 'cib.xml') and node is not null
), mine as (select * from used where source = first)
select n.name as node, n.stack,
  max(try_cast(value as integer)) filter (where path in ('quorum.expected_votes', 'cluster.cman.expected_votes'))
    as expected,
  count(*) filter (where path like 'nodelist.node[%].name'
    or (path like 'cluster.clusternodes.clusternode[%].name' and path not like '%.fence.%')) as named,
  max(try_cast(value as integer)) filter (where path = 'property.expected-quorum-votes') as plugin,
  bool_or(path in ('quorum.two_node', 'cluster.cman.two_node') and value = '1') as two_node,
  bool_or(path = 'quorum.wait_for_all' and value = '1') as wait_for_all,
  bool_or(path like 'quorum.device.%' or path like 'cluster.quorumd.%') as device,
  bool_or(path in ('quorum.last_man_standing', 'quorum.auto_tie_breaker', 'quorum.allow_downscale') and value = '1')
    as moving,
  bool_or((path like '%.quorum_votes' or path like '%clusternode[%].votes') and value <> '1') as weighted
from node n left join mine on mine.node = n.name
group by n.name, n.stack
"""
SPELLS = """
select q.node, q.value as logged, m.value as members, greatest(q.since, m.since) as ts,
  least(q.until, m.until) as until, q.proof, m.proof as members_proof
from state q join state m on m.node = q.node and m.aspect = 'members' and m.since < q.until and q.since < m.until
where q.aspect = 'quorum' and q.value in ('yes', 'no') and m.value not in ('none', 'unknown')
  and least(q.until, m.until) - greatest(q.since, m.since) >= ?
order by q.node, ts
"""


class Contradiction(NamedTuple):
    """A spell in which a node logged what its votes do not make."""

    node: str
    logged: str
    votes: int
    expected: int
    needed: int
    ts: float
    proof: int
    members_proof: int


def quorum_by_votes(store: Store) -> tuple[list[Contradiction], int, str]:
    """The contradictions, the number of spells compared, and why there were none."""
    nodes = {row.node: row for row in store.rows(CONFIGURED)}
    found: list[Contradiction] = []
    compared = 0
    lacks: set[str] = set()
    for spell in store.rows(SPELLS, STEADY):
        node = nodes.get(spell.node)
        expected, why = _expected(node)
        if node is None or expected is None:
            lacks.add(why)
            continue
        votes = len(spell.members.split(", "))
        needed = 1 if node.two_node else expected // 2 + 1
        # wait_for_all holds quorum back, and a member without the plugin has no vote: then `no` contradicts nothing
        waits = node.wait_for_all or node.two_node or (node.stack or "").startswith("plugin")
        compared += 1
        if (spell.logged == "yes") != (votes >= needed) and not (spell.logged == "no" and waits):
            found.append(Contradiction(spell.node, spell.logged, votes, max(expected, votes), needed, spell.ts,
                                       spell.proof, spell.members_proof))  # fmt: skip
    return found, compared, "; ".join(sorted(lacks)) or "no node logged quorum and members for the same time"


def _expected(node: Row | None) -> tuple[int | None, str]:
    """The votes that the configuration of a node expects, or why they cannot be told."""
    if node is None:
        return None, "no configuration of the node"
    if node.device:
        return None, "a quorum device votes too, and its vote is not in every log"
    if node.moving or node.weighted:
        return None, "the configuration lets the votes change (last_man_standing, auto_tie_breaker or unequal votes)"
    if node.stack and node.stack.startswith("plugin"):
        return node.plugin, "no cib.xml with expected-quorum-votes (collect it: cibadmin --query)"
    expected = node.expected if node.expected is not None and not node.two_node else node.named
    return (
        expected or None
    ), "no corosync.conf or cluster.conf with expected votes (collect /etc/corosync/corosync.conf)"
