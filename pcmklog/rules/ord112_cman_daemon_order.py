"""CMAN's daemons and Pacemaker were started or stopped in the wrong order.

## What it finds
fenced, dlm_controld, gfs_controld or clvmd that came before cman ran or before it had quorum, that could not reach
cman (`cman_init error`) or joined before the fence domain (`no fence domain`); and daemons of cman that went away
while Pacemaker still ran and was stopped only later. `cpg_dispatch error 2` of fenced after Pacemaker has stopped is
the normal end of a stop by hand.

## Why it matters
The lock manager and GFS2 freeze without a fence domain, and Pacemaker needs fenced until its last resource is down.
In the wrong order a stop hangs or leaves lock spaces in the kernel (`found uncontrolled lockspace`), and then only a
reboot helps.

## What to do
Let the init script do it: `service cman start` loads cman, waits for quorum, starts fenced, dlm_controld and
gfs_controld and joins the fence domain; then `service clvmd start`, `service pacemaker start`. Stop the other way
round: pacemaker, clvmd, `service cman stop`; since Pacemaker 1.1.9 its own stop takes cman along. Raise
CMAN_QUORUM_TIMEOUT in /etc/sysconfig/cman if quorum comes late at boot, and start the nodes together.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing

SLACK = 1.0  # seconds: stamps of whole seconds
DAEMONS = ("fenced", "dlm", "gfs", "clvmd")
EARLY = """
select d.id, d.node, d.ts, d.daemon, m.began_event, q.id as quorum_event, q.ts as quorum, m.id as cman
from event d
left join life m on m.node = d.node and m.role = 'messaging' and m.how not in ('refused', 'failed')
  and coalesce(m.began, 0) <= d.ts + ?::double and coalesce(m.ended, 'infinity'::double) >= d.ts
left join event q on q.id = (
  select min_by(g.id, g.ts) from event g
  where g.node = d.node and g.kind = 'quorum.gained' and g.ts >= coalesce(m.began, 0)
    and g.ts <= coalesce(m.ended, 'infinity'::double)
)
where d.kind in ('fenced.started', 'dlm.started', 'gfs.started')
  and (m.id is null or (m.began is not null and (q.ts is null or q.ts > d.ts + ?::double)))
  and (m.id is not null or exists (select 1 from life x where x.node = d.node and x.role = 'messaging'
    and x.began > d.ts))
order by d.ts, d.id
"""
REFUSED = """
select id, node, ts, daemon, text from event
where kind in ('cman.not_running', 'dlm.no_fence_domain') and list_contains(?, role)
order by ts, id
"""
LEFT = """
select e.id, e.node, e.ts, e.daemon, p.stopping, p.stopping_event from event e
join life p on p.node = e.node and p.role = 'mcp' and coalesce(p.began, 0) < e.ts and p.stopping > e.ts + ?::double
  and coalesce(p.ended, 'infinity'::double) > e.ts
where e.kind = 'cman.down' and list_contains(?, e.role) and not exists (
  select 1 from life m where m.node = e.node and m.role = 'messaging' and m.how in ('killed', 'lost')
    and abs(m.ended - e.ts) < 5
)
order by e.ts, e.id
"""


@rule(
    "ORD112",
    "cman-daemon-order",
    "error",
    reads=("cman.started", "fenced.started", "dlm.started", "gfs.started", "cman.down"),
)
def cman_daemon_order(store: Store) -> Iterator[Finding]:
    """One finding a node for the start, one for refusals, one for the stop."""
    yield from _early(store)
    yield from _refused(store)
    yield from _left(store)


def _early(store: Store) -> Iterator[Finding]:
    for node, rows in _by_node(store.rows(EARLY, SLACK, SLACK)).items():
        first = rows[0]
        if first.cman is None:
            why = "cman was started"
        elif first.quorum is None:
            why = "cman had quorum, which it never got"
        else:
            why = f"cman had quorum at {clock(first.quorum)}"
        proofs = [event for row in rows for event in (row.id, row.quorum_event, row.began_event) if event is not None]
        yield Finding(
            node,
            f"{listing(row.daemon for row in rows)} started on {node} at {clock(first.ts)}, before {why}.",
            at=first.ts,
            until=first.quorum,
            evidence=tuple(dict.fromkeys(proofs)),
        )


def _refused(store: Store) -> Iterator[Finding]:
    for node, rows in _by_node(store.rows(REFUSED, list(DAEMONS))).items():
        first, last = rows[0], rows[-1]
        yield Finding(
            node,
            f"{listing(row.daemon for row in rows)} on {node} found cman or its fence domain not ready "
            f"at {clock(first.ts)}.",
            at=first.ts,
            until=last.ts if last.ts > first.ts else None,
            evidence=tuple(row.id for row in rows[:20]),
        )


def _left(store: Store) -> Iterator[Finding]:
    for node, rows in _by_node(store.rows(LEFT, SLACK, list(DAEMONS))).items():
        first = rows[0]
        yield Finding(
            node,
            f"{listing(row.daemon for row in rows)} ended on {node} at {clock(first.ts)}, before Pacemaker, "
            f"which was stopped at {clock(first.stopping)}.",
            at=first.ts,
            until=first.stopping,
            evidence=tuple(dict.fromkeys((*(row.id for row in rows), first.stopping_event))),
        )


def _by_node(rows: list[Row]) -> dict[str, list[Row]]:
    groups: dict[str, list[Row]] = {}
    for row in rows:
        groups.setdefault(row.node, []).append(row)
    return groups
