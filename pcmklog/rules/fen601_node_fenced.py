"""A node was fenced.

## What it finds
Fencing operations that ended with success, told by Pacemaker's fencer or controller on any node, by CMAN's fenced
(`fence X success`), or confirmed by hand. All that is said of one operation is one finding: from the request to the
result, with the device or the node that did it and the node that asked.

## Why it matters
This is the cluster protecting its data, and it worked. But the node lost power in the middle of its work: what it ran
was down until it was recovered, and its last log lines may be missing.

## What to do
Look for the reason, not for the fencing: it is in the lines before (`will be fenced: peer is no longer part of the
cluster`, `... failed there`), and in the findings on that node in the minute before: a lost token or Corosync (MEM401,
ORD101), a failed stop (RSC801). Check that the node came back and joined.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._fencing import ASKED, READS, Operation, operations
from pcmklog.store import Store
from pcmklog.words import clock, duration, listing

PROOFS = 30


@rule("FEN601", "node-fenced", "critical", reads=READS)
def node_fenced(store: Store) -> Iterator[Finding]:
    """One finding for each operation that succeeded."""
    for operation in operations(store):
        if not operation.done:
            continue
        first = operation.done[0]
        began = _last_request(operation)
        took = f", {duration(first.ts - began)} after the request" if began is not None and first.ts is not None else ""
        yield Finding(
            operation.target,
            f"{operation.target} was {_how(operation)} at {clock(first.ts)}{_by(operation)}{took}{_why(operation)}.",
            at=began if began is not None else first.ts,
            until=first.ts if began is not None and first.ts is not None and first.ts > began else None,
            evidence=tuple(operation.events[:PROOFS]),
        )


def _last_request(operation: Operation) -> float | None:
    """The request that the success answers: the last one before it that came after the last failure."""
    done = operation.done[0].ts
    if done is None:
        return None
    failed = max((row.ts for row in operation.failed if row.ts is not None and row.ts < done), default=None)
    asked = [row.ts for row in operation.of(ASKED) if row.ts is not None and row.ts <= done]
    if failed is not None and (later := [ts for ts in asked if ts >= failed - 0.5]):
        return float(min(later))
    return float(min(asked)) if asked else None


def _how(operation: Operation) -> str:
    kinds = {row.kind for row in operation.done}
    if kinds <= {"fencing.confirmed_by_hand", "fenced.overridden"}:
        return "said to be fenced by an administrator"
    action = next((row.action for row in operation.rows if row.action in ("reboot", "off", "poweroff")), None)
    return f"fenced ({action})" if action else "fenced"


def _by(operation: Operation) -> str:
    by = listing(row.device for row in operation.done if row.device)
    return f" by {by}" if by else ""


def _why(operation: Operation) -> str:
    reason = next((row.reason for row in operation.of(("fencing.scheduled", "fencing.planned")) if row.reason), "")
    return f" (reason given: {reason.removeprefix('because ')})" if reason else ""
