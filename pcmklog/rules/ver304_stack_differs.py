"""Nodes that should form one cluster ran messaging layers that do not understand each other.

## What it finds
Nodes that were up at the same time, one with Pacemaker's plugin and one with CMAN or with Corosync 2 and later, or
CMAN beside the latter. Lines that prove the contact are `discarded unknown message 1 for service 9`, `Received
message has invalid digest`, a member that stays `.pending.` for ever. Nodes whose plugins differ in `ver:` only are
VER302.

## Why it matters
Pacemaker on the plugin talks through the plugin, all others through CPG. Where the rings can join at all, the
membership counts nodes that never hear each other's Pacemaker: each side elects its own DC, the ring is formed anew
every second because the timeouts differ, and each side wants to fence the other.

## What to do
Bring all nodes to one stack before any of them is started. `cman_tool status`, `corosync-cmapctl` or
`corosync-objctl` and the lines `Service engine loaded` show what runs. If the nodes shall be two clusters, for the
time of a migration, give the new one its own multicast address and port (or cluster name and key). On a CMAN host
make sure that no `service { name: pacemaker }` block is left in /etc/corosync/service.d, and that `corosync` itself
is not started by init (`chkconfig corosync off`).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing, times

FAMILIES = {
    "plugin-v0": "the Pacemaker plugin",
    "plugin-v1": "the Pacemaker plugin",
    "cman": "CMAN",
    "corosync": "Corosync with CPG and votequorum",
}
# A Corosync 1.x with neither plugin nor CMAN is one that lacks its configuration (VER313).
LIVES = """
select node, stack, began, ended from life
where role = 'messaging' and stack in ('plugin-v0', 'plugin-v1', 'cman', 'corosync')
  and how not in ('refused', 'failed')
  and not (stack = 'corosync' and coalesce(version, '2') like '1.%')
order by began nulls first, node
"""
SYMPTOMS = """
select id, ts, node, kind not like 'totem.%' as strange, fields->>'nodeid' as member from event e
where (kind = 'corosync.message_unknown' and fields->>'service' = '9')
  or kind in ('totem.digest_invalid', 'totem.version_differs', 'totem.crypto_differs')
  or (
    kind in ('plugin.member', 'plugin.member_new', 'plugin.member_pending') and text like '%.pending.%'
    and not exists (   -- a member that told the plugin its name speaks its language
      select 1 from event n
      where n.node = e.node and n.fields->>'nodeid' = e.fields->>'nodeid' and n.text not like '%.pending.%'
        and n.role = 'messaging'
        and n.kind in ('plugin.member', 'plugin.member_new', 'plugin.member_lost', 'node.renamed')
    )
  )
order by ts nulls first, id
"""
PROOF = """
select id from event
where node = ? and (
    kind in ('cman.started', 'plugin.started', 'plugin.mcp_mode', 'quorum.provider', 'stack.detected')
    or (kind = 'corosync.engine_loaded' and regexp_matches(text, 'Pacemaker|CMAN|vote'))
    or (kind = 'corosync.config_read')
    or (kind = 'plugin.option' and fields->>'option' = 'ver')
  )
order by ts nulls first, id
limit 6
"""
# A member has no name in the second of its start; one that has none so often and for so many seconds is none of us.
ALONE = 4
LASTING = 10.0


@rule(
    "VER304",
    "stack-differs",
    "critical",
    reads=("corosync.started", "plugin.started", "cman.started", "corosync.message_unknown"),
)
def stack_differs(store: Store) -> Iterator[Finding]:
    """One finding for the cluster, from the lives of the messaging layer or from what one side heard of the other."""
    lives = store.rows(LIVES)
    began = [moment for a in lives for b in lives if (moment := _together(a, b)) is not None]
    symptoms = store.rows(SYMPTOMS)
    if began:
        yield _finding(store, lives, symptoms, min(began))
        return
    groups: dict[tuple[str | None, str | None], list[Row]] = {}
    for row in symptoms:
        if row.strange and row.ts is not None:
            groups.setdefault((row.node, row.member), []).append(row)
    for (node, _), rows in groups.items():
        if len(rows) >= ALONE and rows[-1].ts - rows[0].ts >= LASTING:
            yield Finding(
                node,
                f"{node} had a member of another messaging stack from {clock(rows[0].ts)} on ({times(len(rows))}).",
                at=rows[0].ts,
                until=rows[-1].ts,
                evidence=tuple(row.id for row in rows[:12]),
                confidence=0.7,
            )
            return


def _together(a: Row, b: Row) -> float | None:
    """When the two lives of different families began to be up together."""
    if a.node == b.node or FAMILIES[a.stack] == FAMILIES[b.stack]:
        return None
    begin = max(a.began or 0.0, b.began or 0.0)
    if begin > min(a.ended or float("inf"), b.ended or float("inf")):
        return None
    return begin


def _finding(store: Store, lives: list[Row], symptoms: list[Row], began: float) -> Finding:
    nodes: dict[str, list[str]] = {}
    for life in lives:
        held = nodes.setdefault(FAMILIES[life.stack], [])
        if life.node not in held:
            held.append(life.node)
    told = ", ".join(f"{listing(held)} ran {family}" for family, held in nodes.items())
    all_nodes = tuple(dict.fromkeys(node for held in nodes.values() for node in held))
    proof = [row.id for node in all_nodes for row in store.rows(PROOF, node)]
    seen = [row for row in symptoms if row.ts is None or row.ts >= began - 1]
    last = max((row.ts for row in seen if row.ts is not None), default=None)
    return Finding(
        None,
        f"From {clock(began or None)} on {told}: these cannot form one cluster.",
        at=began or None,
        until=last,
        evidence=(*(row.id for row in seen[:4]), *proof, *(row.id for row in seen[4:12])),
        nodes=all_nodes,
    )
