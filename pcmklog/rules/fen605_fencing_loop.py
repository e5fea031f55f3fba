"""Nodes fenced each other, at once or in turn.

## What it finds
Two nodes of which each asked for the fencing of the other within a minute (a fence race), or that shot each other in
turn within an hour: one boots, fences the other, and is fenced when that one boots.

## Why it matters
Both nodes are down and the service with them, and again at every round. It happens in clusters of two nodes: after a
lost link each side has the quorum that `two_node` gives it.

## What to do
Give one side an advantage: `pcmk_delay_max` or `pcmk_delay_base` on the device of one node (`delay=` of the agent in
older releases), or `priority-fencing-delay` (Pacemaker 2.0.4 and later). Against loops keep `wait_for_all: 1` (the
default with `two_node: 1` in Corosync 2 and later), so that a node that boots alone does not shoot; with CMAN use a
quorum disk or do not start the cluster at boot. Add a second ring or a quorum device, for the link is the cause.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._fencing import ASKED, DONE, READS, Operation, operations
from pcmklog.store import Store
from pcmklog.words import clock

RACE, LOOP = 60.0, 3600.0  # seconds
PROOFS = 30


@rule("FEN605", "fencing-loop", "critical", reads=READS)
def fencing_loop(store: Store) -> Iterator[Finding]:
    """Pairs of operations, each asked for by the target of the other; one finding for each pair of nodes."""
    known = [(operation, _askers(operation)) for operation in operations(store) if operation.began is not None]
    told: set[frozenset[str]] = set()
    for n, (one, askers) in enumerate(known):
        for other, others in known[n + 1 :]:
            pair = frozenset((one.target, other.target))
            if len(pair) < 2 or pair in told or other.target not in askers or one.target not in others:
                continue
            gap = (other.began or 0.0) - (one.began or 0.0)
            if gap < RACE and (one.done or other.done):
                told.add(pair)
                yield _finding(one, other, "asked for the fencing of each other")
            elif gap < LOOP and one.done and other.done:
                told.add(pair)
                yield _finding(one, other, "fenced each other in turn")


def _askers(operation: Operation) -> set[str]:
    """The nodes that wanted it: their own words, or the name behind the client's (`pacemaker-controld.85@alpha`)."""
    own = {row.node for row in operation.of(ASKED) if row.kind != "fencing.asked_peer" and row.node}
    clients = (row.client for row in operation.of(DONE) if row.client and "@" in row.client)
    return own | {client.split("@")[1].split(".")[0] for client in clients} - {operation.target}


def _finding(one: Operation, other: Operation, words: str) -> Finding:
    names = sorted((one.target, other.target))
    half = PROOFS // 2
    return Finding(
        None,
        f"{names[0]} and {names[1]} {words} at {clock(one.began)} and {clock(other.began)}.",
        at=one.began,
        until=other.began if other.began != one.began else None,
        evidence=(*one.events[:half], *other.events[:half]),
        nodes=tuple(names),
    )
