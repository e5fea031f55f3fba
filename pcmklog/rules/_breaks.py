"""Where the life of a node, or of its pacemakerd, breaks off: without a stop, or before its stop was done."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from pcmklog.store import Store
from pcmklog.words import clock

OUTSIDE = ("systemd", "kernel", "syslog", "journal", "time", "init_script", "")
BREAKS = """
with broken as (   -- what Corosync said first behind the boot comes with a start of it
  select b.node, b.ts, b.event from (
    select b.node, b.ts, b.event from boot b join event s on s.id = b.event
    where s.kind <> 'system.booted' or coalesce(s.pid, 1) = 1
  ) b
  asof left join (select node, ts from event where role = 'messaging' and ts is not null) m
    on m.node = b.node and b.ts < m.ts
  asof left join (select node, ts from event where kind = 'corosync.started' and ts is not null) f
    on f.node = b.node and b.ts <= f.ts
  where m.ts is null or f.ts <= m.ts + 1
  union
  select m.node, n.began, n.began_event from life m join life n on n.node = m.node and n.role = 'messaging'
    and n.parent = m.id
  where m.role = 'messaging' and m.how = 'lost' and n.began is not null and n.how <> 'refused'
    and not exists (
      select 1 from boot b join event s on s.id = b.event
      where b.node = m.node and b.ts between m.last and n.began
        and (s.kind <> 'system.booted' or coalesce(s.pid, 1) = 1))
), dated as (
  select b.*, e.ts as last from broken b asof join (
    select node, ts from event where not list_contains(?, role) and logged is not null and ts is not null
  ) e on e.node = b.node and b.ts > e.ts
)
select node, last, min(ts) as back, list(event order by ts) as events from dated d
where last is not null and exists (
    select 1 from life l where l.node = d.node and l.role in ('messaging', 'mcp') and coalesce(l.began, 0) <= last
      and l.how in ('running', 'lost') and coalesce(l.last, l.began) <= d.ts
  ) and not exists (
    select 1 from event e where e.node = d.node and e.kind in ('system.shutting_down', 'syslog.stopped')
      and e.ts between last - 60 and d.ts
  )
group by node, last order by last, node
"""
VANISHED = """
with gone as (
  select e.ts, e.id, e.node as teller, e.kind, n.name as node from event e
  join node n on (e.kind = 'totem.left_without_leave'
    and list_contains(string_split_regex(e.fields->>'nodes', '[ ,]+'), n.nodeid))
    or (e.kind = 'fencing.succeeded' and e.fields->>'target' = n.name)
    or (e.kind = 'plugin.member_lost' and e.fields->>'node' = n.name and exists (
      select 1 from event t where t.node = e.node and t.kind = 'totem.token_lost' and t.ts between e.ts - 15
        and e.ts + 1))
  where e.node <> n.name and n.has_logs
), dated as (
  select g.*, o.last from gone g
  join (select node, max(ts) as last from event where not list_contains(?, role) group by node) o on o.node = g.node
  join (select node, max(ts) as last from event group by node) t on t.node = g.teller
  where t.last > greatest(o.last, g.ts) + 5
)
select node, last, min(ts) as lost, list(distinct id) as signs from dated d
where last between ts - 1200 and ts + 3
  and exists (select 1 from life l where l.node = d.node and l.role in ('messaging', 'mcp') and l.how = 'running')
  and (kind = 'fencing.succeeded' or (
    exists (select 1 from life l where l.node = d.node and l.role = 'messaging' and l.how = 'running')
      and not exists (
      select 1 from event e where e.node = d.node and e.ts between d.ts - 5 and d.ts + 5
        and e.kind in ('totem.token_lost', 'totem.left_without_leave', 'corosync.unloading'))))
group by node, last order by last, node
"""
KILLED = """
select p.node, p.how, p.ended as moment, n.began as back, p.stopping,
  [p.ended_event, n.began_event, p.last_event, p.stopping_event] as events
from life p left join life n on n.node = p.node and n.role = 'mcp' and n.id = (
  select q.id from life q where q.node = p.node and q.role = 'mcp' and q.began > p.began
    and q.how not in ('refused', 'unknown')
  order by q.began limit 1)
where p.role = 'mcp' and (
  (p.how = 'killed' and coalesce(p.signal, 9) = 9 and not exists (
    select 1 from event f where f.node = p.node and f.kind = 'child.fork_failed' and f.ts between p.ended - 2
      and p.ended + 1))
  or (p.how = 'lost' and n.id is not null and not exists (
    select 1 from event d where d.node = p.node and d.kind = 'pacemakerd.duplicate'
      and d.ts between p.ended - 1 and n.began + 5)))
order by p.ended, p.node
"""
# a stop that was under way when the node went
STOPPING = """
select stopping, stopping_event from life
where node = ? and role in ('mcp', 'messaging') and stopping <= ? and how = 'lost'
  and stopping > ?::double - 1800 and stopping_event is not null
order by stopping limit 1
"""
UNASKED = "ended without a stop"
SPEECHLESS = """
select p.node, p.stopping, min(e.ts) as moment, list(e.id order by e.id) as events, p.last_event, p.stopping_event
from life p join event e on e.node = p.node and e.kind = 'pacemaker.messaging_lost' and e.ts > p.last + 1
where p.role = 'mcp' and p.how = 'running' and p.version is not null
  and (select max(x.ts) from event x where x.node = p.node) > e.ts + 3
  and not exists (select 1 from event x where x.node = p.node and x.daemon = 'pacemakerd' and x.ts >= e.ts - 1)
group by all order by 3
"""


class Break(NamedTuple):
    """Where the life of a node, or of its pacemakerd, breaks off, and when it was seen again."""

    node: str
    what: str
    at: float
    back: float | None
    how: str
    proofs: tuple[int, ...]
    when: str = "at"
    ended: str = UNASKED


def nodes(store: Store) -> list[Break]:
    """Nodes that came back without having been stopped, and those that their peers lost."""
    found = []
    for row in store.rows(BREAKS, list(OUTSIDE)):
        stop = store.one(STOPPING, row.node, row.last, row.last)
        how = f"it came back at {clock(row.back)}"
        ended = _ended(None if stop is None else stop.stopping)
        proofs = (*row.events, *((stop.stopping_event,) if stop is not None else ()))
        found.append(Break(row.node, f"Node {row.node}", row.last, row.back, how, proofs, ended=ended))
    for row in store.rows(VANISHED, list(OUTSIDE)):
        how = f"its logs break off, and the peers lost it at {clock(row.lost)}"
        found.append(Break(row.node, f"Node {row.node}", row.last, max(row.lost, row.last), how, tuple(row.signs[:10])))
    return found


def _ended(stopping: float | None) -> str:
    return UNASKED if stopping is None else f"ended before its stop, begun at {clock(stopping)}, was done,"


def parents(store: Store, gone: list[Break]) -> Iterator[Break]:
    """Where pacemakerd alone was killed, or went without a word; not where the whole node was gone."""
    for row in store.rows(KILLED):
        covered = any(
            n.node == row.node and n.at - 1 <= (row.back or row.moment) and row.moment <= (n.back or n.at) for n in gone
        )
        if not covered:
            back = f"a new one began at {clock(row.back)}" if row.back is not None else "no other was started"
            how = f"it was killed, {back}" if row.how == "killed" else back
            proofs = tuple(event for event in row.events if event is not None)
            when = "at" if row.how == "killed" else "after"
            stopping = row.stopping if row.stopping is not None and row.stopping <= row.moment else None
            yield Break(
                row.node, f"pacemakerd on {row.node}", row.moment, row.back, how, proofs, when, _ended(stopping)
            )
    for row in store.rows(SPEECHLESS):
        if not any(n.node == row.node and n.at <= row.moment + 5 for n in gone):
            begun = row.moment if row.stopping is None else row.stopping
            how = "its daemons lost Corosync, and it had no word for that"
            proofs = (*(event for event in (row.stopping_event, row.last_event) if event is not None), *row.events[:5])
            yield Break(row.node, f"pacemakerd on {row.node}", begun, row.moment, how, proofs)
