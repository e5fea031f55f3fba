"""The clock of a node was set inside the log.

## What it finds
A jump that the common memberships prove and that the log of the node shows: stamps that go back, a silence as long as
the jump, or a restart. On a node on its own: stamps that go back at one place in several of its files, or a time
service that says by how much it set the clock.

## Why it matters
Stamps before and after the jump are in different times. Timers of old releases pop at once or far too late (`time
reset`, election loops), and the order of lines across nodes is wrong unless it is corrected, as it is here.

## What to do
Find what set the clock: chrony or ntpd stepping long after boot (`journalctl -u chronyd`), the hypervisor after a
resume or migration, or `date -s` by hand. Let the time be set before the cluster starts, and slew afterwards
(`makestep 1.0 3` in chrony.conf, ntpd without `-x` only at boot).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding, Line
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock, duration

LEAST = 2.0
SECONDS = 1.0
STEPS = "select s.*, e.ts from clock_step s join event e on e.id = s.event order by e.ts, s.node"
AROUND = """
select e.id from (
  select w.source, arg_max(e.id, e.ts) filter (e.ts < ?) as before, arg_min(e.id, e.ts) filter (e.ts >= ?) as after
  from event e join witness w on w.event = e.id
  where e.node = ? and e.ts is not null
  group by w.source
) x join event e on e.id in (x.before, x.after)
order by abs(e.ts - ?), e.id
limit 12
"""
BACK = """
select node, source, line, logged, before, before_line from (
  select node, source, line, logged,
    max(logged) over (partition by source order by line rows between unbounded preceding and 1 preceding) as before,
    lag(line) over (partition by source order by line) as before_line,
    lag(logged) over (partition by source order by line) as previous
  from event where node is not null and logged is not null and digits >= 0
)
where before - logged >= ? and previous - logged >= ? and (before - logged) % 900 between 5 and 895
order by node, logged, source
"""
ALIVE = "select 1 from life where node = ? and role = 'messaging' and began <= ? and coalesce(ended, ?) >= ? limit 1"


@rule("CLK902", "clock-jump", "warning", reads=("totem.membership_formed", "plugin.membership_stable", "clock.stepped"))
def clock_jump(store: Store) -> Iterator[Finding]:
    """Jumps that other nodes prove, and those that the node's own files show."""
    told: set[str] = set()
    for step in store.rows(STEPS):
        told.add(step.node)
        jump = step.after_s - step.before_s
        proof = [row.id for row in store.rows(AROUND, step.ts, step.ts, step.node, step.ts)]
        anchors = [row.event for row in store.rows("select event from clock_anchor where node = ? limit 6", step.node)]
        yield Finding(
            step.node,
            f"The clock of {step.node} was set {'forward' if jump > 0 else 'back'} by {duration(abs(jump))} "
            f"at {clock(step.ts)}.",
            at=step.ts,
            evidence=tuple(dict.fromkeys((step.event, step.last_event, *proof, *anchors))),
        )
    yield from _own(store, told)
    yield from _said(store, told)


def _own(store: Store, told: set[str]) -> Iterator[Finding]:
    """Stamps of a node that go back by the same amount in two of its files."""
    falls: dict[str, list[Row]] = {}
    for row in store.rows(BACK, LEAST, LEAST):
        if row.node not in told:
            falls.setdefault(row.node, []).append(row)
    for node, rows in falls.items():
        first = rows[0]
        alike = [
            row
            for row in rows
            if abs(row.logged - first.logged) < 60 and abs(row.before - row.logged - first.before + first.logged) < 5
        ]
        if len({row.source for row in alike}) < 2:
            continue
        told.add(node)
        yield Finding(
            node,
            f"The clock of {node} was set back by about {duration(first.before - first.logged)} "
            f"at {clock(first.before)}.",
            at=first.before,
            evidence=tuple(Line(row.source, line) for row in alike for line in (row.line, row.before_line)),
        )


def _said(store: Store, told: set[str]) -> Iterator[Finding]:
    """What time services say while Corosync runs."""
    for event in store.events("clock.stepped"):
        seconds = _seconds(event)
        if event.node is None or event.node in told or event.ts is None or seconds is None:
            continue
        if store.one(ALIVE, event.node, event.ts, event.ts, event.ts) is None:
            continue
        yield Finding(
            event.node,
            f"{event.daemon} set the clock of {event.node} by {seconds:+.1f} s at {clock(event.ts)}.",
            at=event.ts,
            evidence=(event.id,),
        )


def _seconds(event: Event) -> float | None:
    try:
        seconds = float(event.fields.get("seconds", ""))
    except ValueError:
        return None
    return seconds if abs(seconds) >= SECONDS else None
