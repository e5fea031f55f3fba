"""A daemon was started again and again.

## What it finds
The same child of one parent that ended five times or more with at most a minute between, the respawn limit (`Child
respawn count exceeded`, the 101st time), and a unit that systemd restarts over and over or gives up (`Start request
repeated too quickly`). The single exits and deaths in it are no findings of their own.

## Why it matters
A loop never heals: the cause of the first end is still there. A hundred respawns take one to a hundred seconds; then
the daemon stays away while the node remains a member, takes part in elections and holds resources without an
executor, a CIB or a scheduler.

## What to do
Read what the daemon itself said before its first end, and start it by hand to see the rest (`ldd` for missing
libraries, `file` for a script without `#!`, `crm_verify -L` for the CIB). Status 127 and 126: the file cannot be run,
reinstall the package (FRK202). Status 1 of the controller: its executor or CIB is missing, look there. After the
limit only a restart of Pacemaker helps: `systemctl restart pacemaker` (with `ver: 0` of Corosync as a whole); after
systemd's limit `systemctl reset-failed pacemaker` first.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._ending import Ending
from pcmklog.rules._loops import Loop, loops
from pcmklog.store import Store
from pcmklog.words import clock, duration, times

PROOFS = 12


@rule(
    "FRK205",
    "respawn-loop",
    "critical",
    reads=(
        "child.exited",
        "child.signalled",
        "child.respawned",
        "child.respawn_limit",
        "unit.restart_scheduled",
        "child.forked",
    ),
)
def respawn_loop(store: Store) -> Iterator[Finding]:
    """One finding for each loop."""
    for loop in loops(store):
        ends = [event for end in _sample(loop.ends) for event in end.events]
        lines = (*loop.limit[:3], *loop.restarts[:PROOFS])
        yield Finding(
            loop.node,
            f"{_told(loop)} between {clock(loop.first)} and {clock(loop.last)}{_limit(loop)}.",
            at=loop.first,
            until=loop.last,
            evidence=tuple(dict.fromkeys([*(event.id for event in lines), *ends])),
        )


def _sample(ends: list[Ending]) -> list[Ending]:
    """The first few, the last few, and some between them."""
    middle = ends[4:-4]
    return ends if len(ends) <= PROOFS else [*ends[:4], *middle[:: -(-len(middle) // 8)], *ends[-4:]]


def _told(loop: Loop) -> str:
    spread = f" in {duration(loop.last - loop.first)}"
    if loop.restarts:
        return f"systemd restarted {loop.daemon} on {loop.node} {times(len(loop.restarts))}{spread},"
    if not loop.ends:
        return f"{loop.daemon} on {loop.node} was respawned too often"
    return f"{loop.daemon} on {loop.node} ended {times(len(loop.ends))}{spread}, mostly {_how(loop.ends)},"


def _how(ends: list[Ending]) -> str:
    kinds = Counter(f"with status {end.status}" if not end.died else f"by signal {end.signal}" for end in ends)
    return kinds.most_common(1)[0][0]


def _limit(loop: Loop) -> str:
    if not loop.limit:
        return ""
    return ", and gave up" if loop.restarts else f", and its parent gave up at {clock(loop.limit[0].ts)}"
