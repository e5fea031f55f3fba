"""A node ran without quorum from its start on and never attained it.

## What it finds
A life of the messaging layer of twenty seconds and more in which the node said that it has no quorum (`quorum still
lost`, `Waiting for all cluster members`, `lack of quorum`) and never that it has it, up to its stop or the end of the
log; or the start of CMAN that waited for quorum until `Timed-out waiting for cluster`. Attained late is QRM507. A wait
for all members that ended in quorum though no member had come was ended by hand (`cancel_wait_for_all`, or fewer votes
expected): by its own votes the node never attained it.

## Why it matters
The node is up, but Pacemaker starts nothing and fences nobody: the service does not come up though every process
looks well.

## What to do
See what `corosync-quorumtool -s` (CMAN: `cman_tool status`) counts. `Waiting for all cluster members` means
wait_for_all, which two_node sets by itself: the peer has to be seen once; start it, or, when it is certainly off, run
`corosync-cmapctl -s quorum.cancel_wait_for_all u8 1`. Otherwise find out why the peers are not members: not started
(ORD104), a ring that cannot form (MEM408), another node id, key or address (CFG701 to CFG706), or expected_votes that
are too high (QRM504).
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Row, Store
from pcmklog.words import clock, duration

LEAST = 20.0  # seconds without quorum from which on a start is no longer merely young
LIVES = """
select m.id, m.node, coalesce(m.began, n.first_ts) as began, m.began_event, m.began is not null as seen,
  least(coalesce(m.stopping, m.ended, n.last_ts), n.last_ts) as ended
from life m join node n on n.name = m.node
where m.role = 'messaging' and m.how not in ('refused', 'failed')
  and not exists (
    select 1 from event e where e.node = m.node and e.kind in ('quorum.gained', 'quorum.retained')
      and e.ts >= coalesce(m.began, n.first_ts) - 0.5 and e.ts <= coalesce(m.ended, n.last_ts) + 0.5
  )
order by m.node, began
"""
GIVEN = """
with waited as (
  select g.node, g.id as gained, g.ts as at, w.id as wait, w.ts as waiting, w.fields->>'votes' as votes,
    try_cast(w.fields->>'expected' as integer) as expected
  from event g join event w
    on w.node = g.node and w.kind = 'quorum.waiting_for_all' and w.ts < g.ts and w.pid is not distinct from g.pid
  where g.kind = 'quorum.gained' and g.daemon = 'corosync' and not exists (
    select 1 from event s where s.node = g.node and s.ts between w.ts and g.ts and s.id > w.id and s.id < g.id
      and s.kind in ('corosync.started', 'quorum.gained')
  )
)
select r.node, r.at, r.gained, min(r.waiting) as waiting, max(r.votes) as votes, max(r.expected) as expected,
  list(distinct r.wait) as waits, list(distinct m.id) as members
from waited r join event m on m.node = r.node and m.kind = 'quorum.members' and m.ts between r.waiting and r.at + 1
where not exists (select 1 from event d where d.node = r.node and starts_with(d.kind, 'quorum.device'))
group by r.node, r.at, r.gained
having max(try_cast(m.fields->>'count' as integer)) < min(r.expected) and r.at - min(r.waiting) >= ?
order by r.at
"""
BY_HAND = """Make sure that the members that did not come are off, or fence them: after a wait ended by hand both sides
may run the same resources. Then find out why they did not come: not started, a ring that cannot form, another key or
address. Start all nodes together next time (`pcs cluster start --all`)."""
WORDS = """
select id, ts, kind, fields->>'votes' as votes, fields->>'expected' as expected from event
where node = ? and ts between ? - 0.5 and ? + 0.5
  and kind in ('quorum.still_lost', 'quorum.waiting_for_all', 'quorum.lost', 'scheduler.no_quorum')
order by ts, id
"""


@rule(
    "QRM502",
    "quorum-never-attained",
    "error",
    reads=(
        "quorum.still_lost",
        "quorum.waiting_for_all",
        "quorum.lost",
        "quorum.gained",
        "scheduler.no_quorum",
        "init.wait_timed_out",
        "quorum.members",
    ),
)
def quorum_never_attained(store: Store) -> Iterator[Finding]:
    """Lives without quorum; those of one node that follow each other are one."""
    waiting: dict[str, list[tuple[Row, list[Row]]]] = {}
    for life in store.rows(LIVES):
        words = store.rows(WORDS, life.node, life.began, life.ended)
        if words and (life.seen or words[0].kind != "quorum.lost"):  # a log that begins later shows a loss, no start
            waiting.setdefault(life.node, []).append((life, words))
    yield from _excerpt(store)
    yield from _console(store)
    yield from _given(store)
    for node, lives in waiting.items():
        longest = max(life.ended - life.began for life, _ in lives)
        if longest >= LEAST:
            yield _finding(node, lives, longest)


def _console(store: Store) -> Iterator[Finding]:
    """The init script of CMAN that waited in vain, on a console without times."""
    told = list(store.events("init.wait_timed_out"))
    if told:
        where = f" on {told[0].node}" if told[0].node else ""
        yield Finding(
            told[0].node,
            f"CMAN waited for quorum at its start{where} until the time was up.",
            at=told[0].ts,
            evidence=tuple(event.id for event in told[:10]),
        )


def _given(store: Store) -> Iterator[Finding]:
    """Quorum that came at the end of a wait for all members though none of them had come."""
    for row in store.rows(GIVEN, LEAST):
        yield Finding(
            row.node,
            f"{row.node} waited from {clock(row.waiting)} for all members with {row.votes} of {row.expected} votes and "
            f"got quorum after {duration(row.at - row.waiting)} though none had come: the wait was ended by hand.",
            at=row.waiting,
            until=row.at,
            evidence=(*sorted(row.waits)[:10], row.gained, *sorted(row.members)[:4]),
            advice=" ".join(BY_HAND.split()),
        )


def _excerpt(store: Store) -> Iterator[Finding]:
    """A scheduler without quorum in an excerpt that has neither times nor lives."""
    told = [event for event in store.events("scheduler.no_quorum") if event.ts is None]
    known = store.one(
        "select 1 from event where kind in ('quorum.gained', 'quorum.retained') or role = 'messaging' limit 1"
    )
    if told and known is None:
        yield Finding(
            told[0].node,
            f"The scheduler{f' of {told[0].node}' if told[0].node else ''} had no quorum to act.",
            evidence=tuple(event.id for event in told[:10]),
        )


def _finding(node: str, lives: list[tuple[Row, list[Row]]], longest: float) -> Finding:
    words = [word for _, said in lives for word in said]
    votes = next((w for w in reversed(words) if w.votes and w.expected), None)
    counted = f", with {votes.votes} of {votes.expected} votes" if votes else ""
    again = f" in {len(lives)} lives" if len(lives) > 1 else ""
    return Finding(
        node,
        f"{node} never attained quorum after its start at {clock(lives[0][0].began)}: "
        f"{duration(longest)} without{again}{counted}.",
        at=lives[0][0].began,
        until=lives[-1][0].ended,
        evidence=(
            *(word.id for word in words[:20]),
            *(life.began_event for life, _ in lives if life.began_event is not None),
        ),
    )
