"""Nodes of one cluster ran different releases of Corosync.

## What it finds
Releases in Corosync's own first line that differ between nodes that were up together on the same kind of stack, and
the lines in which one release turns the packets of another down: `bad magic number (probably sent by ...)`, `features
not supported by this version`, libknet's `Received packet version ... Rejecting`, and the protocols of CMAN's daemons
(`reject message from`, `incompatible daemon protocol`). When the logs show that all came to the same release and
nothing was rejected, it is for information.

## Why it matters
Within a major release different versions mostly work, for as long as an upgrade takes. Across them they do not: 1.x,
2.0 to 2.2, 2.3 to 2.4 and 3.x each have their own format on the wire. Such nodes form separate clusters on one
network, each believing the other to be dead, and with fencing they shoot each other.

## What to do
Bring all nodes to one release (`corosync -v` on each). A step between majors needs the whole cluster down: stop
Pacemaker and Corosync on all nodes, upgrade all, start all; `pcs cluster stop --all` with resources unmanaged keeps
the services running meanwhile. Where two majors must share a network for some time, give them different multicast
addresses and ports. With knet, upgrade libknet on all nodes too.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._mixtures import Mixture, Sign, mixtures
from pcmklog.sequences.model import version_key
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing, times

SIGNS = """
select e.id, e.ts, e.node, e.kind, e.fields->>'version' as version,
  case when n.stack like 'plugin%' then 'plugin' else n.stack end as family
from event e left join node n on n.name = e.node
where e.ts is not null and e.node is not null and e.kind in ('corosync.started', 'corosync.exited')
order by e.ts, e.id
"""
REJECTED = """
select id, ts, node from event
where kind in ('totem.version_differs', 'knet.version_rejected')
  or (kind = 'cman.version_refused' and regexp_matches(text, '^(reject message|incompatible)'))
order by ts nulls first, id
"""


@rule(
    "VER307",
    "corosync-version-differs",
    "warning",
    reads=("corosync.started", "totem.version_differs", "cman.version_refused"),
)
def corosync_version_differs(store: Store) -> Iterator[Finding]:
    """Times in which nodes of different releases were up together, else rejected packets alone."""
    rejected = store.rows(REJECTED)
    rows = store.rows(SIGNS)
    found = False
    for family in dict.fromkeys(row.family for row in rows):
        for mixture in mixtures(_signs(rows, family)):
            found = True
            yield _finding(mixture, rejected)
    if rejected and not found:
        nodes = tuple(dict.fromkeys(row.node for row in rejected if row.node))
        yield Finding(
            None,
            f"{listing(nodes)} rejected packets of another release of Corosync from {clock(rejected[0].ts)} on "
            f"({times(len(rejected))}).",
            at=rejected[0].ts,
            until=rejected[-1].ts,
            evidence=tuple(row.id for row in rejected[:12]),
            nodes=nodes,
            severity="critical",
        )


def _signs(rows: list[Row], family: str | None) -> Iterator[Sign]:
    for row in rows:
        if row.family != family:
            continue
        if row.kind == "corosync.exited":
            yield Sign(row.ts, row.node, None, row.id)
        elif version_key(row.version):
            yield Sign(row.ts, row.node, ".".join(str(n) for n in version_key(row.version)[:3]), row.id)


def _finding(mixture: Mixture, rejected: list[Row]) -> Finding:
    wires = {_wire(value) for value in mixture.values}
    apart = len(wires) > 1 or bool(rejected)
    effect = ", which do not understand each other" if apart else ""
    severity = "critical" if apart else ("info" if mixture.settled else None)
    return Finding(
        None,
        f"From {clock(mixture.at)} on the nodes ran different releases of Corosync{effect}: {mixture.words()}.",
        at=mixture.at,
        until=mixture.until,
        evidence=(*mixture.events, *(row.id for row in rejected[:8])),
        nodes=mixture.nodes,
        severity=severity,
    )


def _wire(version: str) -> tuple[int, ...]:
    """What goes over the wire: one format for 1.x, one for 2.0 to 2.2, one for 2.3 and 2.4, one for 3.x."""
    key = version_key(version)
    return (2, int(key[1] >= 3)) if key[0] == 2 and len(key) > 1 else key[:1]
