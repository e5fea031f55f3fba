"""Finer moments than memberships: what one node says to all, each of which logs it when it arrives.

Messages of the closed process groups arrive everywhere within milliseconds, and daemons log most of them at once.
They refine offsets where Corosync's own stamps have whole seconds, and stand in for memberships where those have no
ring id (CMAN).  A single one may be a coincidence of two occasions: several have to agree.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict

from pcmklog.store import Row, Store

# Measured on labelled bundles: nine of ten are within 30 ms on all nodes.
MOMENTS = """
select role || ' ' || kind || ' ' || text as moment, node, min(logged) as logged, min(digits) as digits
from event
where kind in (
    'quorum.members', 'quorum.sync_members', 'quorum.sync_left', 'node.removed', 'totem.left_without_leave',
    'corosync.stopped_by_admin', 'attrd.writer_lost', 'fencing.succeeded', 'cib.peer_stopping', 'cpg.left',
    'election.lost', 'election.passed'
  ) and logged is not null and node is not null and digits >= 0
group by all having count(*) = 1
order by moment, node
"""
LEAST = 3  # moments that have to agree
SHARE = 0.6  # of all that two nodes have in common
CLOSE_S = 0.05
CLOSE_WHOLE_S = 1.0
NEAR_S = 1.5  # from what whole seconds tell
Pairs = dict[tuple[str, str], list[tuple[float, float]]]


def refine(store: Store, pairs: Pairs) -> set[tuple[str, str]]:
    """Replaces differences of whole seconds by finer ones where enough agree, and gives the pairs that were."""
    exact, whole = _differences(store)
    fine: set[tuple[str, str]] = set()
    for pair in sorted(exact.keys() | whole.keys()):
        known = pairs.get(pair)
        if agreed := _agreed(exact.get(pair, []), CLOSE_S, known):
            pairs[pair] = agreed
            fine.add(pair)
        elif not known and (agreed := _agreed(whole.get(pair, []), CLOSE_WHOLE_S, None)):
            pairs[pair] = agreed
    return fine


def _differences(store: Store) -> tuple[Pairs, Pairs]:
    """For each pair of nodes when, and how far the first was ahead: by stamps with decimals, and by all."""
    seen: dict[str, list[Row]] = defaultdict(list)
    for row in store.rows(MOMENTS):
        seen[row.moment].append(row)
    exact: Pairs = defaultdict(list)
    whole: Pairs = defaultdict(list)
    for rows in seen.values():
        for a in rows:
            for b in rows:
                if a.node != b.node:
                    difference = (b.logged, a.logged - b.logged)
                    whole[a.node, b.node].append(difference)
                    if min(a.digits, b.digits) > 0:
                        exact[a.node, b.node].append(difference)
    return exact, whole


def _agreed(
    differences: list[tuple[float, float]], close: float, known: list[tuple[float, float]] | None
) -> list[tuple[float, float]]:
    """The largest group of differences that lie close together; none if it is too small."""
    if known:
        low, high = min(d for _, d in known) - NEAR_S, max(d for _, d in known) + NEAR_S
        differences = [(at, d) for at, d in differences if low <= d <= high]
    ordered = sorted(differences, key=lambda pair: pair[1])
    values = [d for _, d in ordered]
    first, last = max(
        ((n, bisect_right(values, value + close)) for n, value in enumerate(values)),
        key=lambda group: group[1] - group[0],
        default=(0, 0),
    )
    agreed = ordered[first:last]
    return agreed if len(agreed) >= LEAST and len(agreed) >= SHARE * len(ordered) else []
