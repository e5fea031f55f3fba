"""The nodes never formed a membership with each other.

## What it finds
`Totem is unable to form a cluster`, or Corosync running on several nodes at one time for a while, each for ever alone
in its ring. A node that waits for a peer which has not been started is none (QRM502).

## Why it matters
Each node is a cluster of its own: without quorum nothing starts, and where a single node has quorum everything starts
twice.

## What to do
Compare the configuration of the nodes: addresses in the nodelist or `bindnetaddr`, transport, port, cluster_name,
`crypto_cipher`, `crypto_hash` or `secauth`, and the checksum of `/etc/corosync/authkey`. `Unable to decrypt packet`
and `invalid digest` mean different keys or crypto, `Packet rejected` a sender that the nodelist does not know. Then
look at the network: firewall (UDP 5404 and 5405), multicast (`omping`), and that the address is not on the loopback
interface.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.state.members import listed, names
from pcmklog.store import Row, Store
from pcmklog.words import clock, duration, listing

LEAST = 15.0  # seconds both ran
# Of a life whose beginning is not in the logs only what its first membership line and those after it tell is known.
LIVES = """
select * from (
  select m.node, coalesce(m.began, (
      select min(e.ts) from event e
      where e.node = m.node and e.ts <= coalesce(m.ended, n.last_ts)
        and e.kind in ('totem.membership_formed', 'quorum.members', 'plugin.membership_stable')
    )) as began,
    least(coalesce(m.stopping, m.ended, n.last_ts), n.last_ts) as ended
  from life m join node n on n.name = m.node
  where m.role = 'messaging' and m.how not in ('refused', 'failed') and n.has_logs
)
where began is not null
order by began, node
"""
SHARED = """
select fields->>'ring' as ring from event
where kind = 'totem.membership_formed' and fields->>'ring' is not null
group by all having count(distinct node) > 1
limit 1
"""
# what Pacemaker knows of the peers, where Corosync's own file breaks off
SEEN = """
select 1 from event
where kind = 'node.state' and fields->>'state' = 'member' and fields->>'node' <> node
  or kind = 'cpg.member' and fields->>'node' <> node
limit 1
"""
PROOF = """
select id, ts from event
where list_contains(?, node) and ts between ? and ?
  and kind in (
    'totem.cannot_form', 'knet.decrypt_failed', 'knet.packet_rejected', 'totem.digest_invalid',
    'totem.packet_rejected', 'totem.crypto_differs',
    'totem.version_differs', 'totem.membership_formed', 'quorum.members', 'quorum.waiting_for_all', 'totem.member_added'
  )
order by kind in ('totem.membership_formed', 'quorum.members', 'quorum.waiting_for_all'), ts, id
limit 30
"""


@rule("MEM408", "cannot-form", "error", reads=("totem.membership_formed", "totem.cannot_form"))
def cannot_form(store: Store) -> Iterator[Finding]:
    """Nodes that ran side by side and never saw each other; what Totem itself says."""
    lives = store.rows(LIVES)
    lonely = _lonely(store, lives)
    if lonely:
        nodes, begin, end = lonely
        proof = store.rows(PROOF, nodes, begin - 5, end)
        yield Finding(
            None,
            f"{listing(nodes)} ran side by side for {duration(end - begin)} from {clock(begin)} on "
            "and never formed a membership.",
            at=begin,
            until=end,
            evidence=tuple(row.id for row in proof),
            nodes=tuple(nodes),
        )
        return
    faults = [event for event in store.events("totem.cannot_form") if event.ts is not None]
    if faults:
        nodes = sorted({event.node for event in faults if event.node is not None})
        yield Finding(
            None,
            f"Totem on {listing(nodes)} could not form a cluster at {clock(faults[0].ts)}.",
            at=faults[0].ts,
            until=faults[-1].ts if len(faults) > 1 else None,
            evidence=tuple(event.id for event in faults[:20]),
            nodes=tuple(nodes),
        )


def _lonely(store: Store, lives: list[Row]) -> tuple[list[str], float, float] | None:
    """The nodes, begin and end of the time in which all that ran were alone, if no two nodes ever met."""
    if _met(store):
        return None
    spans = [
        (max(a.began, b.began), min(a.ended, b.ended), a.node, b.node)
        for a, b in combinations(lives, 2)
        if a.node != b.node and min(a.ended, b.ended) - max(a.began, b.began) >= LEAST
    ]
    if not spans:
        return None
    nodes = sorted({span[2] for span in spans} | {span[3] for span in spans})
    alone = {row.node for row in store.rows("select distinct node from event where kind = 'totem.membership_formed'")}
    if not set(nodes) <= alone:
        return None
    return nodes, min(span[0] for span in spans), max(span[1] for span in spans)


def _met(store: Store) -> bool:
    """Whether any membership held more than one node."""
    known = names(store)
    for event in store.events("quorum.members", "totem.membership_formed", "plugin.membership_stable"):
        members = event.fields.get("members") or event.fields.get("joined")
        if event.kind == "plugin.membership_stable":
            if event.fields.get("count", "1") not in ("0", "1"):
                return True
        elif len(listed(members, known)) > 1 or listed(event.fields.get("joined"), known) - {event.node}:
            return True
    if store.one(SHARED) is not None or store.one(SEEN) is not None:
        return True
    formed = store.one("select 1 from event where kind in ('quorum.members', 'plugin.membership_stable') limit 1")
    return formed is None
