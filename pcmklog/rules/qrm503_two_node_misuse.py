"""The mode for two nodes was configured where it does not fit.

## What it finds
`two_node` with a nodelist or cluster.conf of other than two nodes, with expected votes that do not fit (CMAN wants 1,
votequorum 2), what votequorum says of it (`two_node was set but there are more than 2 nodes`), and, as a warning,
two_node in a cluster whose `stonith-enabled` is false.

## Why it matters
In this mode one vote is quorum. With three nodes each may believe to have it; with two and without fencing both run
the resources as soon as the link between them fails.

## What to do
With other than two nodes take `two_node` out of corosync.conf or cluster.conf on all nodes. With two leave
`expected_votes` out (corosync.conf: the nodelist gives it) or set it to 1 (cluster.conf: `<cman two_node="1"
expected_votes="1"/>`). Configure and test fencing, give one device a delay, and keep `wait_for_all`, which two_node
switches on in Corosync 2 and later.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import listing

TWO_NODE = """
select s.*, o.same_as from setting s join source o on o.id = s.source
where ((s.file = 'corosync.conf' and s.path = 'quorum.two_node')
    or (s.file = 'cluster.conf' and s.path like '%cman.two_node')) and s.value in ('1', 'yes', 'on')
order by s.node, s.source
"""
NODES = """
select count(distinct path) as n from setting
where source = ? and (path like 'nodelist.node[%].ring0_addr' or path like '%clusternode[%].name')
  and path not like '%.fence.%' and path not like '%.method[%'
"""
VOTES = """
select * from setting where source = ? and (path = 'quorum.expected_votes' or path like '%cman.expected_votes') limit 1
"""
STONITH = "select * from setting where file = 'cib.xml' and path = 'property.stonith-enabled' order by source"
ON = ("true", "yes", "on", "1")


@rule("QRM503", "two-node-misuse", "error", reads=("quorum.provider", "cman.started", "quorum.config_warned"))
def two_node_misuse(store: Store) -> Iterator[Finding]:
    """All files that set two_node, as one finding for one reason."""
    settings = store.rows(TWO_NODE)
    reasons: dict[str, list[Row]] = {}
    for row in settings:
        for reason in _reasons(store, row):
            reasons.setdefault(reason, []).append(row)
    warned = [
        event
        for event in store.events("quorum.config_warned", "cman.config_error")
        if "two_node" in event.text or "two-node option" in event.text
    ]
    if warned and not reasons:
        reasons["the quorum service found it unfit"] = settings
    for reason, rows in reasons.items():
        votes = [votes for row in rows for votes in store.rows(VOTES, row.source)]
        yield _finding(reason, rows, [*(Line(v.source, v.line) for v in votes), *(event.id for event in warned)])
    if settings and not reasons:
        disabled = _disabled(store)
        if disabled:
            proof = [Line(row.source, row.line) for row in disabled]
            yield _finding("stonith-enabled is false", settings, list(proof), "warning")


def _disabled(store: Store) -> list[Row]:
    """The settings that switch fencing off, if no file has it on."""
    rows = store.rows(STONITH)
    return [] if any(row.value.lower() in ON for row in rows) else rows


def _reasons(store: Store, row: Row) -> Iterator[str]:
    counted = store.one(NODES, row.source)
    nodes = counted.n if counted is not None else 0
    if nodes not in (0, 2):
        yield f"{nodes} nodes are configured"
    votes = store.one(VOTES, row.source)
    wanted = "1" if row.file == "cluster.conf" else "2"
    if votes is not None and votes.value != wanted:
        yield f"expected_votes is {votes.value}, not {wanted}"


def _finding(reason: str, rows: list[Row], more: list[int | Line], severity: str | None = None) -> Finding:
    nodes = tuple(dict.fromkeys(row.node for row in rows if row.node is not None))
    where = f" on {listing(nodes)}" if nodes else ""
    return Finding(
        None,
        f"two_node was set{where} though {reason}.",
        evidence=tuple(dict.fromkeys([*(Line(row.source, row.line) for row in rows), *more])),
        nodes=nodes,
        severity=severity,
    )
