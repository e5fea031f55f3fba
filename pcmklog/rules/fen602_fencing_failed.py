"""A node could not be fenced.

## What it finds
Fencing operations that ended without success, told by Pacemaker's fencer or controller or by CMAN's fenced (`fence X
failed`). Attempts on one node that follow each other are one finding, whether a later one succeeds (then FEN601
stands beside it) or not.

## Why it matters
Until the node is known to be off, nothing that ran on it may be started elsewhere: the service stays down although
healthy nodes are there, and a stop of the cluster can hang. With CMAN, the whole cluster (DLM, GFS) waits for fenced.

## What to do
See what the device said (`stderr`, `returned <n>`): login, address, power switch, or simply too slow for
`stonith-timeout`. Try by hand: `stonith_admin --reboot NODE` or the agent itself, `fence_ipmilan -a ... -o status`.
If the node is certainly off, `stonith_admin --confirm NODE` (CMAN: `fence_ack_manual NODE`) ends the waiting; never
confirm what you have not seen. `fence_pcmk` failing means that Pacemaker had no device or no quorum. `Could not
notify CMAN`: before 1.1.6 the crmd was not root and could not; upgrade.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._fencing import READS, Operation, operations
from pcmklog.store import Store
from pcmklog.words import clock, times

PROOFS = 30
ATTEMPT = 2.0  # seconds in which all nodes tell of one failure


@rule("FEN602", "fencing-failed", "critical", reads=READS)
def fencing_failed(store: Store) -> Iterator[Finding]:
    """One finding for each target and episode."""
    yield from _not_told(store)
    for operation in operations(store):
        failed = operation.failed
        if not failed:
            continue
        first, last = failed[0].ts, failed[-1].ts
        reason = next((row.reason for row in failed if row.reason), None)
        why = f": {reason}" if reason else ""
        yield Finding(
            operation.target,
            f"Fencing of {operation.target} failed at {clock(first)}{_count(operation)}{why}{_then(operation)}.",
            at=first,
            until=last if first is not None and last is not None and last > first else None,
            evidence=tuple(_failures_first(operation)[:PROOFS]),
            nodes=tuple(dict.fromkeys((operation.target, *(row.node for row in failed if row.node)))),
        )


def _not_told(store: Store) -> Iterator[Finding]:
    """Pacemaker fenced the node, but CMAN did not learn of it."""
    for event in store.events("fencing.cman_told"):
        if event.text.startswith(("Could not notify CMAN", "Confirmation of CMAN")):
            target = event.fields.get("target")
            yield Finding(
                target,
                f"CMAN could not be told at {clock(event.ts)} that {target} is fenced.",
                at=event.ts,
                evidence=(event.id,),
                nodes=tuple(name for name in (target, event.node) if name),
                severity="error",
            )


def _failures_first(operation: Operation) -> list[int]:
    failed = [row.id for row in operation.failed]
    return [*failed[: PROOFS // 2], *(event for event in operation.events if event not in failed)]


def _count(operation: Operation) -> str:
    attempts, last = 0, float("-inf")
    for row in operation.failed:
        if row.ts is not None and row.ts - last > ATTEMPT:
            attempts += 1
        last = row.ts if row.ts is not None else last
    return f" ({times(attempts)})" if attempts > 1 else ""


def _then(operation: Operation) -> str:
    done = [row.ts for row in operation.done if row.ts is not None]
    return f"; it succeeded at {clock(done[0])}" if done else ""
