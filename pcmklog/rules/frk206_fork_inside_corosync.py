"""Corosync itself forked Pacemaker's daemons (plugin with `ver: 0`).

## What it finds
`Forked child <pid> for process <name>` in the log of Corosync: the first of the plugin's ways to start Pacemaker. It
is critical when such a child hung: when neither a line of it nor its connection nor its end was seen within a minute,
though the others logged.

## Why it matters
Corosync is multi-threaded. A child of a multi-threaded process may only exec: any lock that another thread held at
the moment of the fork (malloc, syslog, name service) stays locked for ever, and the child hangs before its first
line. Corosync was never made to start, watch and stop a family of daemons either: its shutdown waits for them without
end.

## What to do
Change `ver: 0` to `ver: 1` in the `service { name: pacemaker }` block on all nodes together, stop the cluster, start
Corosync and then Pacemaker (`service pacemaker start`, `chkconfig pacemaker on`); or use CMAN. Today: Corosync 3 with
Pacemaker 2 or 3, where pacemakerd alone forks. A child that hangs now: `gdb -p` shows the lock; kill it, and Corosync
starts it anew.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, listing

PATIENCE = 20.0  # seconds in which a child that lives has logged or connected; a healthy one needs one or two
PROOFS = 12
ALIVE = """
select 1 from event
where node = ? and ts between ?::double - 2 and ?::double + ?::double and (
    (pid = ?::bigint and daemon not in ('corosync', 'aisexec', 'openais') and role <> '')
    or (kind in ('plugin.client_connected', 'child.exited', 'child.signalled', 'child.terminated', 'process.killed')
        and fields->>'pid' = ?::varchar)
    or (kind in ('plugin.client_connected', 'child.stop_confirmed') and fields->>'client' = ?::varchar)
  )
limit 1
"""
WATCHED = """
select max(ts) - ?::double > ? as long_enough, count(distinct pid) filter (where role in (
    'cib', 'fencer', 'executor', 'attrd', 'scheduler', 'controller') and pid is not null) > 1 as others
from event where node = ? and ts >= ?::double - 2
"""
ENDED = """
select 1 from event where node = ? and id > ? and ts between ?::double and ?::double + ?::double
  and kind in ('corosync.started', 'corosync.exited', 'corosync.unloading', 'plugin.stopping', 'child.fork_failed',
               'system.booted')
limit 1
"""


@rule("FRK206", "fork-inside-corosync", "warning", reads=("child.forked", "corosync.started"))
def fork_inside_corosync(store: Store) -> Iterator[Finding]:
    """One finding for each node."""
    kept: dict[str, list[Event]] = defaultdict(list)
    for event in store.events("child.forked"):
        if event.daemon in ("corosync", "aisexec", "openais") and event.node is not None and event.ts is not None:
            kept[event.node].append(event)
    for node, forks in kept.items():
        hung = [fork for fork in forks if _hung(store, node, fork)]
        first, last = (hung or forks)[0], (hung or forks)[-1]
        names = listing(fork.fields.get("child", "") for fork in (hung or forks))
        yield Finding(
            node,
            f"Corosync on {node} itself forked {names} at {clock(first.ts)}"
            + (", of which nothing was heard afterwards." if hung else " (plugin with ver: 0)."),
            at=first.ts,
            until=last.ts if last.ts != first.ts else None,
            evidence=tuple(dict.fromkeys(fork.id for fork in (*hung[:PROOFS], *forks[:PROOFS]))),
            severity="critical" if hung else None,
        )


def _hung(store: Store, node: str, fork: Event) -> bool:
    """Whether a child gave no sign of life, in a log that would have it."""
    pid, child = fork.fields.get("pid"), fork.fields.get("child")
    if store.one(ALIVE, node, fork.ts, fork.ts, 3 * PATIENCE, pid, pid, child):
        return False
    if store.one(ENDED, node, fork.id, fork.ts, fork.ts, PATIENCE):
        return False
    watched = store.one(WATCHED, fork.ts, PATIENCE, node, fork.ts)
    return bool(watched and watched.long_enough and watched.others)
