"""A stop hung: it never ended, or ended only by force.

## What it finds
A stop of Pacemaker or Corosync in which the parent kept waiting for a daemon (`Still waiting for`), forced it (`not
terminating in a timely manner`), the controller's escalation timer ran out, a resource could not be stopped (`Cannot
shut down ... because of`, a stop operation that timed out), or systemd lost its patience; and stops that had not
ended when the log had long gone on. A stop that took long because resources took long, and ended well, is told as
information. A Corosync that is held back by Pacemaker is ORD102.

## Why it matters
Whoever stops a node in order to work on it waits for up to 20 minutes (the controller's `shutdown-escalation`) and 3
minutes more for each daemon, and is tempted to use `kill -9`. Meanwhile the node still holds resources; killed at
this point, it must be fenced.

## What to do
Find the resource or daemon that is waited for: it is in the evidence. A failed stop of a resource: stop the
application by hand, make sure that it is down, then `crm_resource --cleanup -r RESOURCE` (`pcs resource cleanup`),
and the stop goes on; give the operation a `timeout` that it can keep, and have fencing, which solves it by itself. A
daemon that hangs: look at its stack and disk (`cat /proc/PID/stack`, state T or D) before you kill it. On `ver: 0`
the plugin never kills the controller and waits for ever: move to `ver: 1` or CMAN.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock, duration

UNFINISHED = 30.0  # seconds that the log must go on after a stop that has no end
SLOW = 20.0  # seconds from which a stop that ended well is worth a word
STOPS = """
select p.id, p.node, p.role, p.daemon, p.stack, p.stopping, p.ended, p.how, p.stopping_event, p.ended_event,
  coalesce(p.ended, (
    select min(q.began) from life q where q.node = p.node and q.role = p.role and q.began > p.stopping
      and q.id <> p.id
      and q.how not in ('refused', 'unknown')
  )) as over,
  (select max(last_ts) from node where name = p.node) as log_end,
  exists (select 1 from event r where r.node = p.node and r.kind = 'plugin.refused'
    and r.ts >= p.stopping - 1) as refused
from life p
where p.role in ('mcp', 'messaging') and p.stopping is not null and p.how <> 'refused'
order by p.stopping, p.node
"""
SIGNS = """
select case kind when 'node.shutdown_blocked' then fields->>'node' else node end as node,
  id, ts, kind, text, fields->>'child' as child, fields->>'rsc' as rsc
from event
where ts is not null and (
    kind in ('child.waiting', 'child.forced', 'child.killed_unresponsive', 'child.stop_failed',
      'controller.stop_escalated',
      'controller.resources_active_at_stop', 'node.shutdown_blocked')
    or (kind = 'unit.timed_out' and text not ilike '%start operation%'
      and fields->>'unit' in ('pacemaker.service', 'corosync.service'))
    or (kind = 'unit.killing' and fields->>'unit' in ('pacemaker.service', 'corosync.service'))
    or (kind = 'resource.timed_out' and (fields->>'task' = 'stop' or fields->>'op_key' like '%stop_0'))
)
order by ts, id
"""
STEPS = """
select id from event
where node = ? and ts between ?::double - 1 and ?::double + 1
  and kind in ('pacemakerd.signalled', 'pacemakerd.stopping', 'plugin.stopping', 'child.stopping',
    'controller.stop_requested',
               'corosync.unloading')
order by ts, id
limit 15
"""


@rule(
    "ORD108",
    "shutdown-stalled",
    "error",
    reads=("pacemakerd.stopping", "pacemakerd.stopped", "plugin.stopping", "corosync.unloading", "child.waiting"),
)
def shutdown_stalled(store: Store) -> Iterator[Finding]:
    """Stops with a sign of trouble or without an end."""
    told: dict[str, list[Row]] = defaultdict(list)
    for sign in store.rows(SIGNS):
        told[sign.node].append(sign)
    for stop in store.rows(STOPS):
        until = stop.over if stop.over is not None else stop.log_end
        mine = told.get(stop.node, [])
        signs = mine[bisect_left(mine, stop.stopping - 1, key=_moment) : bisect_right(mine, until + 1, key=_moment)]
        whole = stop.role == "mcp" or stop.stack == "plugin-v0"
        if not whole:
            signs = [sign for sign in signs if sign.kind.startswith("unit.") and "corosync" in sign.text]
        endless = stop.over is None and stop.log_end - stop.stopping >= UNFINISHED
        if stop.role == "messaging" and stop.refused:
            continue
        if _serious(signs) or endless:
            yield _finding(store, stop, until, signs, endless=endless)
        elif whole and stop.ended is not None and stop.how == "stopped" and stop.ended - stop.stopping >= SLOW:
            yield _slow(store, stop)


def _moment(sign: Row) -> float:
    ts: float = sign.ts
    return ts


def _serious(signs: list[Row]) -> bool:
    """Resources that were left active are the result of a stop that was cut short, and no proof alone."""
    return any(sign.kind != "controller.resources_active_at_stop" for sign in signs)


def _finding(store: Store, stop: Row, until: float, signs: list[Row], *, endless: bool) -> Finding:
    reason = _reason(signs)
    took = duration(until - stop.stopping)
    end = f"had not ended {took} later, when the log ends" if endless else f"took {took}"
    return Finding(
        stop.node,
        f"The stop of {_name(stop)} on {stop.node}, begun at {clock(stop.stopping)}, hung: {reason}it {end}.",
        at=stop.stopping,
        until=until if until > stop.stopping else None,
        evidence=_proofs(store, stop, [sign.id for sign in signs]),
    )


def _reason(signs: list[Row]) -> str:
    """The strongest sign as half a sentence."""
    words = {
        "node.shutdown_blocked": "{rsc} could not be stopped, ",
        "resource.timed_out": "the stop of {rsc} timed out, ",
        "child.forced": "{child} had to be forced, ",
        "child.killed_unresponsive": "{child} did not answer and was killed, ",
        "child.waiting": "{child} did not end, ",
        "controller.stop_escalated": "the controller's escalation timer ran out, ",
    }
    for kind, text in words.items():
        for sign in signs:
            if sign.kind == kind:
                return text.format(rsc=sign.rsc or "a resource", child=sign.child)
    return "systemd lost its patience, " if any(sign.kind.startswith("unit.") for sign in signs) else ""


def _slow(store: Store, stop: Row) -> Finding:
    return Finding(
        stop.node,
        f"The stop of {_name(stop)} on {stop.node} at {clock(stop.stopping)} "
        f"took {duration(stop.ended - stop.stopping)} and ended well.",
        at=stop.stopping,
        until=stop.ended,
        evidence=_proofs(store, stop, []),
        severity="info",
    )


def _name(stop: Row) -> str:
    return "Corosync" if stop.role == "messaging" and stop.stack != "plugin-v0" else "Pacemaker"


def _proofs(store: Store, stop: Row, signs: list[int]) -> tuple[int, ...]:
    steps = [row.id for row in store.rows(STEPS, stop.node, stop.stopping, stop.stopping + 2)]
    own = [event for event in (stop.stopping_event, stop.ended_event) if event is not None]
    return tuple(dict.fromkeys((*signs[:25], *own, *steps)))
