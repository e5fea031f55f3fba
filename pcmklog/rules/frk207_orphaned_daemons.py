"""Daemons outlived their parent.

## What it finds
Daemons that go on after pacemakerd (or, under the plugin with `ver: 0`, Corosync) died: they still log; systemd says
`remains running after unit stopped` or `Found left-over process`; a new pacemakerd says `Tracking existing <name>
process`; a new lrmd sends a signal to the old one, a new pengine is `Terminating previous PE instance`; a daemon `is
already active`; and a place that somebody else holds (`Blocked by foreign process`).

## Why it matters
Nobody watches the orphans: when one of them dies it is not started again, and no stop reaches them. pacemakerd before
1.1.9 does not adopt them; a second set of daemons then fights the first for its sockets, or an old executor keeps
resources that the new one does not know, so that they run twice.

## What to do
Since Pacemaker 1.1.9 just start it again (`systemctl start pacemaker`): it adopts what lives. Before that, put the
node into standby on a peer, kill what is left (`pgrep -l 'crmd|cib|stonithd|lrmd|attrd|pengine'`), stop resources
that still run by hand or reboot the node, and only then start Corosync and Pacemaker. `Blocked by foreign process`
(1.1.21, 2.0.2 and later trust daemons of their own users only): find the process behind the socket (`ss -xlp | grep
cib`, containers too) and end it. Find what killed the parent: FRK203, FRK201, ORD109.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pcmklog import daemons
from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._ending import of_program
from pcmklog.rules._endings import episodes
from pcmklog.store import Store
from pcmklog.words import clock, listing

EPISODE = 600.0
PROOFS = 24
ROLES = (*daemons.PACEMAKER_CHILDREN, "mgmtd")
FOUND = (
    "unit.process_remains",
    "unit.leftover_found",
    "child.adopted",
    "daemon.waited_for",
    "scheduler.replaced",
    "daemon.duplicate",
    "child.adopt_failed",
)
LATER = """
with dead as (
  select p.id, p.node, p.daemon, p.role, coalesce(f.ts, p.ended) as ts, coalesce(f.id, p.ended_event) as event, (
      select min(n.began) from life n where n.node = p.node and n.role = p.role and n.began > coalesce(f.ts, p.ended)
    ) as next
  from life p left join event f on f.node = p.node and f.role = p.role and f.kind = 'child.fork_failed'
    and f.ts >= p.began and f.ts <= coalesce(p.ended + 5, p.last + 5)
  where (p.role = 'mcp' or (p.role = 'messaging' and p.stack = 'plugin-v0')) and (p.how = 'killed' or f.id is not null)
)
select d.node, d.daemon as parent, d.event as death, e.id, e.ts, e.daemon, e.pid
from dead d
join life c on c.parent = d.id
join event e on e.node = d.node and e.role = c.role and e.pid = c.pid and e.id > d.event
  and e.ts between d.ts and least(d.ts + 120, coalesce(d.next, d.ts + 120))
where list_contains(?, c.role) and (c.ended is null or c.how = 'lost' or c.ended > e.ts)
  and not exists (
    select 1 from event x
    where x.node = d.node and x.role = c.role and x.pid = c.pid and x.ts between d.ts - 1 and d.ts + 10 and x.kind in (
        'pacemaker.messaging_lost', 'daemon.exiting', 'daemon.start_failed', 'daemon.terminating', 'ipc.cib_lost')
  )
order by e.ts, e.id
"""


class Orphan(NamedTuple):
    """One daemon without its parent, and the line that shows it."""

    name: str
    ts: float
    proofs: tuple[int, ...]


@rule(
    "FRK207",
    "orphaned-daemons",
    "error",
    reads=("child.forked", "pacemakerd.started", "corosync.started", *FOUND),
)
def orphaned_daemons(store: Store) -> Iterator[Finding]:
    """One finding for each episode of a node."""
    kept: dict[str, list[tuple[float, Orphan]]] = defaultdict(list)
    for node, orphan in (*_found(store), *_heard(store)):
        kept[node].append((orphan.ts, orphan))
    for node, orphans in kept.items():
        orphans.sort(key=lambda pair: (pair[0], pair[1].proofs))
        for group in episodes(orphans, EPISODE):
            first, last = group[0], group[-1]
            yield Finding(
                node,
                f"{listing(_names(group))} on {node} had outlived their parent at {clock(first.ts)}.",
                at=first.ts,
                until=last.ts if last.ts > first.ts else None,
                evidence=tuple(dict.fromkeys(proof for orphan in group for proof in orphan.proofs))[:PROOFS],
            )


def _names(group: list[Orphan]) -> list[str]:
    """Each daemon once; without a pid only when no line tells it."""
    names = dict.fromkeys(orphan.name for orphan in group)
    return [name for name in names if "[" in name or not any(other.startswith(f"{name}[") for other in names)]


def _found(store: Store) -> Iterator[tuple[str, Orphan]]:
    """What systemd, a new parent or a new daemon found alive."""
    for event in store.events(*FOUND):
        if event.node is None or event.ts is None:
            continue
        fields = event.fields
        name = fields.get("child") or (of_program(fields["program"]) if "program" in fields else event.daemon)
        if event.kind.startswith("unit.") and "pid" not in fields:
            continue
        if event.kind == "child.adopt_failed" and "foreign process" in event.text:
            name = "A foreign process in the place of a daemon" if not fields.get("child") else name
            yield event.node, Orphan(name, event.ts, (event.id,))
        elif daemons.role(name) in ROLES:
            pid = fields.get("pid") or (event.pid if event.text.startswith("Received quit") else None)
            yield event.node, Orphan(f"{name}[{pid}]" if pid else name, event.ts, (event.id,))


def _heard(store: Store) -> Iterator[tuple[str, Orphan]]:
    """Children that still log after the death of the parent."""
    seen: dict[tuple[int, str], int] = defaultdict(int)
    for row in store.rows(LATER, list(ROLES)):
        seen[row.death, row.daemon] += 1
        if seen[row.death, row.daemon] <= 3:
            yield row.node, Orphan(f"{row.daemon}[{row.pid}]", row.ts, (row.id, row.death))
