"""When what changed: the moments at which a node saw, or its peers saw of it, that something became something else.

Values: a ring id; the names of the members; `yes` or `no`; the name of the DC; what became of a daemon (`running` or
how its life ended); `pending`, `fenced` or `failed`.  `none` where there is nothing (Corosync is down), `unknown`
where the log has a hole, or ended.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from pcmklog.state.members import NAMELESS, listed, names
from pcmklog.store import Row, Store

SEEN = ("ring", "members", "quorum", "dc")
NEAR = 2.0  # seconds from the event of the plugin to its list of members
# Of those who tell of quorum the first is heard: Corosync, else the controller, else whoever there is.
TOLD = """
insert into state_change
with quorum as (
  select *, case role when 'messaging' then 0 when 'controller' then 1 else 2 end as trust from event
  where kind in (
    'quorum.gained', 'quorum.retained', 'quorum.lost', 'quorum.still_lost', 'quorum.provider'
  ) and ts is not null and node is not null
), heard as (
  select node, min(trust) as trust from quorum where kind <> 'quorum.provider' group by node
), told as (
  select node, 'ring' as aspect, fields->>'ring' as value, ts, id from event
  where kind in ('totem.membership_formed', 'plugin.membership_stable') and fields->>'ring' is not null
  union all
  select node, 'dc', case
      when kind in ('dc.unset', 'dc.released') then 'none' when kind = 'dc.taken' then node else fields->>'node' end,
    ts, id from event
  where kind in ('dc.set', 'dc.taken', 'dc.unset', 'dc.released')
  union all
  select q.node, 'quorum', case when kind in ('quorum.gained', 'quorum.retained') then 'yes' else 'no' end, q.ts, q.id
  from quorum q join heard h using (node) where q.trust = h.trust or q.kind = 'quorum.provider'
  union all
  select fields->>'node', 'shutdown', case when fields->>'new' in ('(unset)', '0', '(null)') then 'no' else 'asked' end,
    ts, id from event
  where kind = 'attrd.set' and fields->>'name' = 'shutdown' and fields->>'new' <> fields->>'old'
)
select node, aspect, value, ts, id, id from told where ts is not null and node is not null and value is not null
"""
# What ended took its view along; a boot says that there is none any more, and that the time before it is unknown.
LIVED = """
insert into state_change
select node, 'daemon.' || role, 'running', coalesce(began, (select n.first_ts from node n where n.name = life.node)),
  coalesce(began_event, last_event), coalesce(began_event, last_event)
from life where how not in ('refused', 'unknown') and role <> ''
union all
select node, 'daemon.' || role, case how when 'lost' then 'unknown' else how end,
  coalesce(ended, last), coalesce(ended_event, last_event), coalesce(ended_event, last_event)
from life where how not in ('refused', 'unknown', 'running') and role <> ''
union all
select l.node, a.aspect, case how when 'lost' then 'unknown' else 'none' end, coalesce(l.ended, l.last),
  coalesce(l.ended_event, l.last_event), coalesce(l.ended_event, l.last_event)
from life l join (values
    ('messaging', 'ring'), ('messaging', 'members'), ('messaging', 'quorum'), ('messaging', 'dc'), ('controller', 'dc')
  ) a(role, aspect) using (role)
where how in ('stopped', 'exited', 'killed', 'failed', 'lost')
union all
select node, 'shutdown', 'no', ended, coalesce(ended_event, last_event), coalesce(ended_event, last_event)
from life
where role = 'mcp' and ended is not null and node in (select c.node from state_change c where c.aspect = 'shutdown')
union all
select b.node, a.aspect, v.value, case v.value when 'unknown' then b.last else b.ts end,
  case v.value when 'unknown' then b.last_event else b.event end, b.event
from boot b, (values ('ring'), ('members'), ('quorum'), ('dc')) a(aspect), (values ('unknown'), ('none')) v(value)
where b.last is not null
"""
# A logger that dropped lines may have dropped a change: unknown until the next, unless another file has the aspect too.
HOLES = """
insert into state_change
with hole as (
  select e.node, e.ts, e.id, w.source from event e join witness w on w.event = e.id
  where e.kind in ('syslog.rate_limited', 'journal.suppressed', 'log.dropped', 'corosync.log_lost') and e.ts is not null
), covered as (
  select distinct c.node, c.aspect, w.source from state_change c join witness w on w.event = c.event
)
select h.node, a.aspect, 'unknown', h.ts, min(h.id), min(h.id)
from hole h join (select distinct node, aspect from state_change where aspect in ('ring', 'members', 'quorum', 'dc')) a
  using (node)
where not exists (
  select 1 from covered c where c.node = a.node and c.aspect = a.aspect and c.source <> h.source
)
group by h.node, a.aspect, h.ts
"""
LISTS = """
select id, ts, node, kind, fields->>'members' as members, fields->>'node' as name, fields->>'nodeid' as nodeid
from event
where kind in ('quorum.members', 'plugin.membership_stable', 'plugin.member')
  and ts is not null and node is not null
order by node, ts, id
"""
MODES = """
select id, ts, node as scheduler, kind, fields->>'node' as node from event
where kind in ('node.standby', 'node.maintenance', 'transition.calculated') and ts is not null
  and node in (select node from event where role = 'scheduler' and level = 'info')
  and exists (select 1 from event where kind in ('node.standby', 'node.maintenance'))
order by ts, id
"""


class Change(NamedTuple):
    """A row of `state_change`."""

    node: str
    aspect: str
    value: str
    ts: float
    event: int


def note_changes(store: Store) -> None:
    """Fills `state_change` with all that events and lives say by themselves."""
    store.execute(TOLD)
    add(store, [*_members(store), *_modes(store)])
    store.execute(LIVED)
    store.execute(HOLES)


def add(store: Store, changes: Iterable[Change]) -> None:
    """Appends to `state_change`."""
    rows = list(changes)
    columns = {name: [getattr(row, name) for row in rows] for name in Change._fields}
    store.insert("state_change", {**columns, "n": columns["event"]})


def _members(store: Store) -> list[Change]:
    """The lists of votequorum and CMAN are one line; the plugin's list is a line for each member after its event."""
    known = names(store)
    found: list[Change] = []
    stable: Row | None = None
    seen: set[str] = set()
    for row in store.rows(LISTS):
        if row.kind == "quorum.members":
            found.append(_list(row.node, listed(row.members, known), row.ts, row.id))
        elif row.kind == "plugin.membership_stable":
            stable, seen = row, set()
        elif stable is not None and stable.node == row.node and row.ts - stable.ts <= NEAR:
            name = row.name if row.name and row.name not in NAMELESS else f"node {row.nodeid}"
            seen.add(known.get(row.nodeid, name))
            if found and found[-1].ts == stable.ts and found[-1].node == row.node and len(seen) > 1:
                found.pop()
            found.append(_list(row.node, seen, stable.ts, row.id))
    return found


def _list(node: str, members: set[str], ts: float, event: int) -> Change:
    return Change(node, "members", ", ".join(sorted(members)), ts, event)


def _modes(store: Store) -> list[Change]:
    """Standby and maintenance: a scheduler says so before each transition, and nothing where it is not so."""
    found: list[Change] = []
    heard: dict[str, dict[tuple[str, str], tuple[float, int]]] = {}
    on: set[tuple[str, str]] = set()
    for row in store.rows(MODES):
        said = heard.setdefault(row.scheduler, {})
        if row.kind != "transition.calculated":
            said[(row.node, row.kind.removeprefix("node."))] = (row.ts, row.id)
            continue
        found.extend(Change(node, mode, "yes", *said[(node, mode)]) for node, mode in said)
        found.extend(Change(node, mode, "no", row.ts, row.id) for node, mode in sorted(on - set(said)))
        on = set(said)
        said.clear()
    return found
