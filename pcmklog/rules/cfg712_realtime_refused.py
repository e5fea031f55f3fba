"""Corosync was denied its real-time priority or its memory lock.

## What it finds
`Could not set SCHED_RR at priority <n>` and, where Corosync was then held up (`was not scheduled for ...`, `Process
pause detected`), also the refused memory lock. A refusal that had no consequence in the log is for information; the
memory lock alone, which every container refuses, is not reported.

## Why it matters
Without real-time priority any load on the host may keep Corosync from running for longer than the token timeout;
without locked memory, so may swapping. Both end as lost tokens, new memberships and fenced nodes for no fault of the
network.

## What to do
On a host: check `systemctl show corosync -p LimitMEMLOCK`, and whether a cgroup without real-time budget holds it
(`cat /sys/fs/cgroup/cpu/system.slice/cpu.rt_runtime_us`); set `system { move_to_root_cgroup: yes }` in corosync.conf
(2.4.3 and later; `auto` in 3.1.5). In a container give CAP_SYS_NICE and CAP_IPC_LOCK, and an rt budget. Where that
cannot be had, raise `token` to 10 s or more.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, times

REFUSED = """
select node, kind, min(ts) as began, list(id order by ts, id) as ids from event
where kind in ('corosync.not_realtime', 'corosync.memory_not_locked') and node is not null
group by node, kind
order by node, kind desc
"""
PAUSED = """
select id, ts from event
where node = ? and kind = 'totem.not_scheduled'
order by ts nulls first, id
"""
WHAT = {"corosync.not_realtime": "its real-time priority", "corosync.memory_not_locked": "its memory lock"}


@rule("CFG712", "realtime-refused", "warning", reads=("corosync.started", "corosync.not_realtime"))
def realtime_refused(store: Store) -> Iterator[Finding]:
    """One finding a node."""
    told: set[str] = set()
    for row in store.rows(REFUSED):
        paused = store.rows(PAUSED, row.node)
        if row.node in told or (row.kind == "corosync.memory_not_locked" and not paused):
            continue
        told.add(row.node)
        grave = row.kind == "corosync.not_realtime" and bool(paused)
        effect = f"; it was not scheduled in time {times(len(paused))}" if paused else ""
        yield Finding(
            row.node,
            f"Corosync on {row.node} was denied {WHAT[row.kind]} at {clock(row.began)}{effect}.",
            at=row.began,
            evidence=(*row.ids[:4], *(event.id for event in paused[:6])),
            severity=None if grave else "info",
        )
