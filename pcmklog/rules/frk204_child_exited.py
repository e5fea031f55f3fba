"""A daemon ended by itself with a failure code.

## What it finds
Daemons whose parent reports an exit status other than 0 and 100 outside a shutdown, or that say themselves why they
end when no parent is left to report it, or that a new pacemakerd did not find again; and daemons that end on a SIGTERM
which their parent did not send, for it starts them again. What goes within four seconds on
one node is one finding: after the death of lrmd, cib or the DC's pengine the controller leaves with 2 (1.1.24: 201,
later 1), attrd with 1, 104 or 102; after the loss of Corosync everything that talks to it. Status 100 is FRK210. In
an ordered stop the last child of pacemakerd 1.1.7 often ends with 1: that is none.

## Why it matters
Each exit of the controller looks to the peers as if the node's cluster manager had left: they recover its resources,
or fence it. Without fencing they may start what still runs.

## What to do
Look for what came first: the daemon that was killed a moment before (FRK203), the lost messaging layer (ORD101), a
full disk; who sent a SIGTERM (a script with `pkill`, an operator, a service manager). The text in brackets with 1.1.24
(`Operation not permitted`, `Connection reset by peer`) is only the errno name of the number. If nothing came first,
read that daemon's own lines at level crit and error right before, with its pid; raise its log level
(`PCMK_debug=crmd` in /etc/sysconfig/pacemaker or /etc/default/pacemaker) and compare the release with the change log.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from pcmklog import daemons
from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._ending import Ending, Endings
from pcmklog.rules._endings import endings
from pcmklog.rules._loops import loops, members
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing

TOGETHER = 4.0  # seconds
CAUSE = 4.0  # seconds between a death and those that follow it
PROOFS = 24
WORDS = """
select id, node, ts, daemon, role, pid, fields->>'status' as status from event
where ts is not null and node is not null and list_contains(?, role) and (
    kind in ('pacemaker.messaging_lost', 'ipc.cib_lost')
    or (kind = 'daemon.exiting' and coalesce(fields->>'status', '0') not in ('0', '100'))
  )
order by ts, id
"""
# a child that ends on a SIGTERM and is started again: not its parent wanted it to end
ASKED = """
select s.id, s.node, s.pid, s.ts from event s
where s.kind = 'pacemakerd.signalled' and list_contains(?, s.role) and s.pid is not null
  and (s.fields->>'name' = 'Terminated' or s.fields->>'signal' = '15')
  and exists (
    select 1 from event r
    where r.node = s.node and r.kind in ('child.respawned', 'child.forked') and r.fields->>'child' = s.daemon
      and r.ts between s.ts and s.ts + 15
  )
  and not exists (
    select 1 from event t where t.node = s.node and t.kind = 'child.stopping' and t.fields->>'child' = s.daemon
      and t.ts between s.ts - 5 and s.ts + 1
  )
order by s.ts, s.id
"""
PARENTLESS = """
select 1 from life
where node = ? and role in ('messaging', 'mcp') and how in ('killed', 'lost', 'exited', 'failed')
  and ended between ? and ?
limit 1
"""
UNSEEN = """
select c.node, c.daemon, c.pid, c.ended, n.began as ts, n.began_event, c.last_event, (
    select list(a.adopted_event order by a.adopted_event) from life a
    where a.node = c.node and a.adopted_event is not null and a.parent = p.id
  ) as adopted
from life p
join life n on n.parent = p.id and n.began between p.began and p.began + 10
join life c on c.node = p.node and c.role = n.role and c.id <> n.id and c.how = 'lost' and c.began < p.began
where p.role = 'mcp'
  and exists (select 1 from life a where a.parent = p.id and a.adopted_event is not null)
  and not exists (
    select 1 from life x where x.node = c.node and x.role = c.role and x.began > c.began and x.began < n.began)
  and not exists (select 1 from boot b where b.node = c.node and b.ts between c.began and n.began)
order by n.began, c.id
"""


@dataclass
class Group:
    """What went together on one node."""

    node: str
    first: float
    last: float
    names: list[str] = field(default_factory=list)
    proofs: list[int] = field(default_factory=list)


@rule(
    "FRK204",
    "child-exited",
    "error",
    reads=(
        "child.forked",
        "child.respawned",
        "pacemakerd.signalled",
        "child.exited",
        "daemon.exiting",
        "pacemaker.messaging_lost",
        "pacemakerd.started",
    ),
)
def child_exited(store: Store) -> Iterator[Finding]:
    """One finding for what went in the same moment."""
    known = endings(store)
    groups = _reported(store, known)
    _own_words(store, known, groups)
    for group in sorted((group for found in groups.values() for group in found), key=lambda group: group.first):
        yield Finding(
            group.node,
            f"{listing(group.names)} on {group.node} ended at {clock(group.first)}{_because(known, store, group)}.",
            at=group.first,
            until=group.last if group.last > group.first else None,
            evidence=tuple(dict.fromkeys(group.proofs))[:PROOFS],
        )
    yield from _unseen(store)


def _reported(store: Store, known: Endings) -> dict[str, list[Group]]:
    """Groups of what the parents report."""
    told = members(loops(store))
    asked = {(row.node, row.pid): row for row in store.rows(ASKED, list(daemons.PACEMAKER_CHILDREN))}
    groups: dict[str, list[Group]] = defaultdict(list)
    for end in known.ends:
        sign = asked.get((end.node, end.pid)) if end.status == 0 and not end.ordered else None
        if sign is None and (end.ordered or end.status in (None, 0, 100) or id(end) in told):
            continue
        found = groups[end.node]
        if not found or end.ts - found[-1].first > TOGETHER:
            found.append(Group(end.node, end.ts, end.ts))
        found[-1].last = end.ts
        found[-1].names.append(f"{end.name} ({f'status {end.status}' if sign is None else 'on a SIGTERM'})")
        found[-1].proofs.extend((*((sign.id,) if sign is not None else ()), *end.events))
    return groups


def _own_words(store: Store, known: Endings, groups: dict[str, list[Group]]) -> None:
    """Adds what the daemons say themselves: as further proof, or as a group when no parent was left to report."""
    heard: dict[str, list[list[Row]]] = defaultdict(list)
    for row in store.rows(WORDS, list(daemons.PACEMAKER_CHILDREN)):
        group = next((g for g in groups.get(row.node, []) if g.first - CAUSE <= row.ts <= g.last + CAUSE), None)
        if group is not None:
            group.proofs.append(row.id)
        elif not known.stopping(row.node, row.ts):
            found = heard[row.node]
            if not found or row.ts - found[-1][0].ts > TOGETHER:
                found.append([])
            found[-1].append(row)
    for node, found in heard.items():
        for rows in found:
            if store.one(PARENTLESS, node, rows[0].ts - CAUSE, rows[-1].ts + CAUSE):
                names = dict.fromkeys(row.daemon if row.pid is None else f"{row.daemon}[{row.pid}]" for row in rows)
                proofs = [row.id for row in rows]
                groups[node].append(Group(node, rows[0].ts, rows[-1].ts, list(names), proofs))


def _because(known: Endings, store: Store, group: Group) -> str:
    near: list[Ending] = [
        end
        for end in known.ends
        if end.node == group.node and end.died and not end.ordered and abs(end.ts - group.first) <= CAUSE
    ]
    if near:
        return f", after {near[0].name} had died"
    lost = store.one(
        "select 1 from event where node = ? and kind in ('pacemaker.messaging_lost', 'pacemakerd.lost_messaging') "
        "and ts between ?::double - 4 and ?::double + 1",
        group.node, group.first, group.last,
    )  # fmt: skip
    return ", when they had lost the messaging layer" if lost else ""


def _unseen(store: Store) -> Iterator[Finding]:
    """Children that ended while no pacemakerd lived: the new one adopts the others and has to fork these."""
    for row in store.rows(UNSEEN):
        name = row.daemon if row.pid is None else f"{row.daemon}[{row.pid}]"
        yield Finding(
            row.node,
            f"{name} on {row.node} had ended unseen, while no pacemakerd was there, before {clock(row.ts)}.",
            at=row.ts,
            evidence=(row.began_event, *(row.adopted or [])),
        )
