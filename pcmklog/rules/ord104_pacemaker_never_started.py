"""The messaging layer was up and waited for Pacemaker, but nobody started Pacemaker on that node.

## What it finds
A Corosync or CMAN that is set up for a pacemakerd of its own (`ver: 1`, cman, Corosync 2 and later) and ran for a
minute, or to the end of the log, without one attempt to start Pacemaker on that node, while other members of the ring
had Pacemaker, or a peer's Pacemaker sent messages that nobody took. A Pacemaker that came more than five minutes
later than Corosync, its peers running all the while, counts too. A Pacemaker that was started and failed, or was
stopped by hand, is not meant; nor is a node whose bundle holds no file in which Pacemaker would have spoken.

## Why it matters
The node counts as a member and votes, but it runs nothing and answers nobody: peers wait for it in elections, and
with the plugin `Sending message to local.crmd failed` fills the log. With `ver: 1` Corosync no longer starts
Pacemaker; it is a second service with its own init script.

## What to do
Start it: `service pacemaker start` or `systemctl start pacemaker`. Make it start at boot: `chkconfig pacemaker on`,
`systemctl enable pacemaker` (start priority 99, after corosync 20 or cman 21). After the change from `ver: 0` to
`ver: 1` this step is what gets forgotten. If the service is enabled and did not run, ask the init system why
(`systemctl status pacemaker`, /var/log/boot.log): a failed dependency leaves no line of Pacemaker.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock, duration, listing

LONG = 60.0  # seconds without Pacemaker that are no mere pause between two commands
SHORT = 30.0  # the same when the log, or Corosync itself, ends before Pacemaker came
MANY = 3  # messages that nobody took
LATE = 300.0  # seconds after which a start still counts as forgotten
WAITING = """
select m.node, m.stack, m.began, coalesce(m.ready, m.began) as up, m.began_event, m.ready_event, m.ended,
  m.ended_event,
  coalesce(m.ended, (select max(last_ts) from node)) as until,
  (
    select min(coalesce(p.began, p.last, 0)) from life p
    where p.node = m.node and p.role in ('mcp', 'cib', 'controller', 'fencer', 'executor', 'attrd')
      and coalesce(p.ended, p.last, p.began) >= m.began - 1
        and coalesce(p.began, 0) <= coalesce(m.ended, 'infinity'::double)
  ) as pacemaker
from life m
where m.role = 'messaging' and m.how not in ('refused', 'failed') and m.began is not null
  and m.stack in ('plugin-v1', 'cman', 'corosync')
order by m.began, m.node
"""
PEERS = """
select distinct p.node from life p
where p.node <> ? and p.role in ('mcp', 'controller') and p.how not in ('refused', 'failed', 'unknown')
  and coalesce(p.began, 0) <= ? and coalesce(p.ended, 'infinity'::double) >= ?
order by 1
"""
COVERED = """
with spoken as (
  select distinct s.node, regexp_extract(s.path, '[^/!]+$') as name
  from raw_event r join source s on s.id = r.source join daemon d on d.name = r.daemon
  where d.role in ('mcp', 'controller', 'cib')
)
select 1 from source own join spoken on spoken.name = regexp_extract(own.path, '[^/!]+$')
where own.node = ? and own.parsed > 0 and spoken.node <> own.node
limit 1
"""
# its Pacemaker in the eyes of a peer, where the node's own log breaks off or begins late
MET = """
select 1 from event
where node <> ? and fields->>'node' = ? and ts between ? and ?
  and (kind in ('join.updated', 'cpg.member', 'node.peer_joined')
    or kind = 'node.status' and contains(text, '[online]'))
limit 1
"""
# where the node's own log ends soon: a peer that saw it come would have seen its Pacemaker too
CAME = """
select 1 from event
where node <> ? and fields->>'node' = ? and ts between ?::double - 2 and ?
  and kind in ('node.state', 'node.status', 'join.offer_skipped', 'plugin.member_new')
limit 1
"""
OWN_END = "select last_ts from node where name = ?"
SIGNS = """
select id from event
where ts between ? and ? and (
  (node = ? and kind in ('plugin.mcp_mode', 'plugin.send_failed')) or (kind = 'join.offer_skipped'
    and fields->>'node' = ?)
)
order by kind = 'plugin.mcp_mode' desc, kind = 'join.offer_skipped' desc, ts, id
limit 15
"""


# Where the logs of no peer are there, the messages of a peer's Pacemaker tell, which nobody takes from the plugin.
UNTAKEN = """
select count(*) as n, min(ts) as first, max(ts) as last from event
where node = ? and kind = 'plugin.send_failed' and text like '%local.%' and ts between ? and ?
"""


@rule("ORD104", "pacemaker-never-started", "error", reads=("corosync.started", "corosync.synced", "plugin.mcp_mode"))
def pacemaker_never_started(store: Store) -> Iterator[Finding]:
    """Lives of Corosync without a Pacemaker, while peers had one."""
    for life in store.rows(WAITING):
        until = life.until if life.pacemaker is None else life.pacemaker
        alone = until - life.up
        needed = (
            LATE if life.pacemaker is not None else SHORT if life.until == life.ended or life.ended is None else LONG
        )
        if alone < needed:
            continue
        peers = [row.node for row in store.rows(PEERS, life.node, until - needed / 2, until - 1)]
        if _unknown(store, life, until, needed):
            continue
        if peers and store.one(COVERED, life.node) is not None:
            yield _finding(store, life, until, f"while it ran on {listing(peers)}")
        elif not peers and life.stack == "plugin-v1" and life.pacemaker is None:
            untaken = store.one(UNTAKEN, life.node, life.up, until)
            if untaken is not None and untaken.n >= MANY and untaken.last - untaken.first >= needed:
                yield _finding(store, life, until, "while that of a peer sent it messages")


def _unknown(store: Store, life: Row, until: float, needed: float) -> bool:
    """Whether its Pacemaker was seen by a peer, or could have begun where neither its log nor a peer's shows it."""
    where = (life.node, life.node, life.began, until)
    own = store.one(OWN_END, life.node)
    ends = own is not None and own.last_ts is not None and own.last_ts - life.up < needed
    return store.one(MET, *where) is not None or (
        life.ended is None and life.pacemaker is None and ends and store.one(CAME, *where) is None
    )


def _finding(store: Store, life: Row, until: float, meanwhile: str) -> Finding:
    how = "was not started" if life.pacemaker is None else f"was started only after {duration(until - life.up)}"
    name = "CMAN" if life.stack == "cman" else "Corosync"
    own = [event for event in (life.ready_event, life.began_event) if event is not None]
    signs = [row.id for row in store.rows(SIGNS, life.began - 1, until + 1, life.node, life.node)]
    lines = [Line(row.source, row.line) for row in store.settings("corosync.conf", "service[%].ver", life.node)]
    return Finding(
        life.node,
        f"{name} ran on {life.node} from {clock(life.up)} to {clock(until)}, but Pacemaker {how} there, {meanwhile}.",
        at=life.up,
        until=until,
        evidence=(*signs, *own, *lines),
        severity=None if life.pacemaker is None else "warning",
    )
