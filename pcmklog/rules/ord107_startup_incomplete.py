"""A start began and never reached its end.

## What it finds
A controller that never joined: it failed to reach the CIB or the executor again and again, its waiting time for a DC
ran out twice, or nothing came of the election; a parent that could not fork its daemons and died in the middle of the
start; a start of Corosync or Pacemaker that systemd gave up as timed out; and a start of CMAN that failed, got no
quorum in its time, or met lock spaces of a former life in the kernel (`found uncontrolled`). The first wait for a DC
(20 seconds, 60 up to Pacemaker 1.1.6) and the election after it are normal.

## Why it matters
The node looks started, `systemctl` may call it active, but it runs no resources and, as a member of the ring, may
count for quorum and hold up its peers. What remains of such a start (lrmd, agents) stays behind and disturbs the next
one.

## What to do
Read what the last daemon waited for: the CIB (`cib` or `pacemaker-based` missing, respawned, permissions of
/var/lib/pacemaker), the executor (`lrmd`, `pacemaker-execd`), the DC (peers of another stack or `ver:`, a firewall),
or memory and process limits for a fork. Remove that cause, stop Pacemaker on the node completely (`systemctl stop
pacemaker`; look with `ps` for leftover daemons), and start it again. Where sbd is waited for,
SBD_SYNC_RESOURCE_STARTUP must be the same for sbd and Pacemaker. After `found uncontrolled lockspace` only a reboot
of the node helps. For CMAN's `Timed-out waiting` start all nodes together and raise CMAN_QUORUM_TIMEOUT. With the
plugin's `ver: 0`, where Corosync forks the daemons, move to `ver: 1`, CMAN, or a current Corosync.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock, duration, times

TRIES = 3  # failures of one connection that are no mere start-up race
ELECTION = 25.0  # seconds after the waiting time in which an election has its result
AGAIN = 150.0  # seconds between two waits for a DC of one start
PENDING = 120.0  # seconds without a DC and without a word about it
EPISODE = 300.0  # seconds between starts that fail for one reason
UNJOINED = """
with controller as (
  select c.node, c.id, coalesce(c.began, c.first) as began, c.began_event, c.daemon, least(
      coalesce(c.ended, 'infinity'::double),
      coalesce((select min(p.stopping) from life p where p.id = c.parent
        and p.stopping >= c.first), 'infinity'::double),
      (select max(ts) from event e where e.node = c.node)
    ) as until
  from (
    select l.*, coalesce(l.began, (select min(e.ts) from event e where e.node = l.node
      and e.role = 'controller')) as first
    from life l where l.role = 'controller'
  ) c
)
select c.node, c.began, c.began_event, c.until, c.daemon,
  count(distinct e.fields->>'tries') filter (e.kind = 'controller.cib_failed') as cib,
  count(distinct e.fields->>'tries') filter (e.kind = 'controller.executor_failed') as executor,
  list(e.ts order by e.ts) filter (e.kind = 'dc.timeout' and e.text like '%Input I_DC_TIMEOUT%') as timeouts,
  min(e.ts) filter (e.kind = 'dc.timeout') as timeout,
  min(e.ts) filter (e.kind = 'controller.state' and e.fields->>'to' = 'S_PENDING') as pending,
  list(e.id order by e.ts, e.id) filter (
    e.kind in ('controller.cib_failed', 'controller.executor_failed', 'dc.timeout', 'controller.state',
      'join.not_answered')
  ) as proofs
from controller c
join event e on e.node = c.node and e.role = 'controller' and e.ts between c.began and c.until and e.kind in (
    'controller.cib_failed', 'controller.executor_failed', 'dc.timeout', 'controller.state', 'join.not_answered',
    'join.synced'
  )
group by all
having count(*) filter (e.kind = 'controller.state'
    and e.fields->>'to' in ('S_NOT_DC', 'S_IDLE', 'S_INTEGRATION', 'S_POLICY_ENGINE', 'S_TRANSITION_ENGINE')) = 0
  and count(*) filter (e.kind = 'join.synced') = 0
order by c.began, c.node
"""
UNFORKED = """
select f.node, f.ts, f.id as event, p.began, p.began_event, p.daemon from event f
join life p on p.node = f.node and p.began <= f.ts and f.ts <= coalesce(p.ended, f.ts) + 1
  and p.daemon = f.daemon and p.role in ('mcp', 'messaging')
where f.kind = 'child.fork_failed' and f.ts - p.began < 30 and not exists (
  select 1 from event e
  where e.node = f.node and e.kind = 'controller.state' and e.ts between p.began and f.ts
    and e.fields->>'to' in ('S_NOT_DC', 'S_IDLE', 'S_POLICY_ENGINE')
)
order by f.ts, f.id
"""
CMAN = """
select c.node, c.ts, c.id, c.kind, c.text from event c
where (c.kind = 'cman.leftovers' or (c.kind = 'cman.start_failed'
    and regexp_matches(c.text, '^corosync died|Timed-out waiting|daemon didn.t start|fork of corosync|Error joining')))
  and not exists (
    select 1 from event e where e.node = c.node and e.kind in ('cman.config_error', 'corosync.config_error')
      and abs(e.ts - c.ts) < 15
  )
order by c.ts, c.id
"""
TIMED_OUT = """
select node, ts, id, fields->>'unit' as unit from event
where kind = 'unit.timed_out' and fields->>'unit' in ('corosync.service', 'pacemaker.service')
  and lower(text) like '%start operation timed out%'
order by ts, id
"""
AROUND = """
select id from event where node = ? and ts between ? and ?
  and kind in ('child.forked', 'daemon.start_failed', 'messaging.connect_failed', 'child.exited', 'child.signalled')
order by ts, id limit 20
"""


class Start(NamedTuple):
    """A start that came to nothing: when, until when, why, and the proof."""

    node: str
    at: float
    until: float
    why: str
    proofs: tuple[int, ...]
    what: str = "Pacemaker"


@rule(
    "ORD107",
    "startup-incomplete",
    "error",
    reads=(
        "controller.state",
        "controller.cib_failed",
        "dc.timeout",
        "child.forked",
        "unit.timed_out",
        "cman.started",
        "cman.start_failed",
    ),
)
def startup_incomplete(store: Store) -> Iterator[Finding]:
    """Starts that came to nothing, those of one node that follow each other as one."""
    starts = sorted(
        [*_unjoined(store), *_unforked(store), *_timed_out(store), *_cman(store)],
        key=lambda start: (start.node, start.at),
    )
    episodes: list[list[Start]] = []
    for start in starts:
        last = episodes[-1][-1] if episodes else None
        if last is not None and last.node == start.node and start.at - last.until < EPISODE:
            episodes[-1].append(start)
        else:
            episodes.append([start])
    for group in episodes:
        first, until = group[0], max(start.until for start in group)
        again = f" ({times(len(group))})" if len(group) > 1 else ""
        yield Finding(
            first.node,
            f"The start of {first.what} on {first.node} at {clock(first.at)} was never completed: {first.why}{again}.",
            at=first.at,
            until=until if until > first.at else None,
            evidence=tuple(dict.fromkeys(proof for start in group for proof in start.proofs)),
        )


def _unjoined(store: Store) -> Iterator[Start]:
    for row in store.rows(UNJOINED):
        why = _why(row)
        if why is not None:
            proofs = (*(row.proofs or ())[:40], *([row.began_event] if row.began_event is not None else []))
            yield Start(row.node, row.began, row.until, why, proofs)


def _why(row: Row) -> str | None:
    """What held the controller up, if it is more than the usual wait."""
    waited = duration(row.until - row.began)
    if row.cib >= TRIES:
        return f"{row.daemon} found no CIB manager in {row.cib} tries and {waited}"
    if row.executor >= TRIES:
        return f"{row.daemon} found no executor in {row.executor} tries and {waited}"
    timeouts = row.timeouts or []
    if any(later - earlier < AGAIN for earlier, later in pairwise(timeouts)):
        return f"{row.daemon} waited {times(len(timeouts))} in vain for a DC within {waited}"
    if row.timeout is not None and row.pending is not None and row.until - row.timeout >= ELECTION:
        return f"no DC came of the election, and {row.daemon} did not join within {waited}"
    if row.pending is not None and row.until - row.pending >= PENDING:
        return f"{row.daemon} stayed in S_PENDING for {duration(row.until - row.pending)}"
    return None


def _unforked(store: Store) -> Iterator[Start]:
    for row in store.rows(UNFORKED):
        around = (event.id for event in store.rows(AROUND, row.node, row.ts - 2, row.ts + 5))
        began = () if row.began_event is None else (row.began_event,)
        yield Start(
            row.node, row.ts, row.ts, f"{row.daemon} could not fork all of its daemons", (row.event, *around, *began)
        )


def _cman(store: Store) -> Iterator[Start]:
    for row in store.rows(CMAN):
        yield Start(row.node, row.ts, row.ts, row.text.rstrip(". "), (row.id,), "CMAN")


def _timed_out(store: Store) -> Iterator[Start]:
    for row in store.rows(TIMED_OUT):
        yield Start(row.node, row.ts, row.ts, f"systemd gave up waiting for {row.unit}", (row.id,))
