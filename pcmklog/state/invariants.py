"""What must hold in any cluster, checked over the states: the tables `invariant` and `breach`.

What could be compared is counted, what could not says why: silence is no proof.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pcmklog.state.occupancy import Twice, twice_active
from pcmklog.state.votes import quorum_by_votes
from pcmklog.store import Store
from pcmklog.words import clock, duration

HELD = 5.0  # seconds in which one of two DCs may give way
LATE = 3.0  # seconds in which a fenced node's last words may still come, and clocks differ
OUTLIVED = 15.0  # seconds in which Pacemaker's daemons find out that Corosync is gone

# The plugin and Corosync's own id: only the latter names the node that formed the ring, so that two rings of the plugin
# are the same only where each of the two nodes sees the other.  A list follows its ring within two seconds; two nodes
# speak of one ring within ten.
RINGS = """
with seen as (
  select r.node, r.value as ring, m.value as members, r.since, r.proof as ring_proof, m.proof
  from state r join state m on m.node = r.node and m.aspect = 'members'
    and m.until > r.since and m.since < r.until and m.since <= r.since + 2.0
    and (m.since >= r.since or r.until - r.since > 2.0)
  where r.aspect = 'ring' and r.value not in ('none', 'unknown') and m.value not in ('none', 'unknown')
    and not regexp_matches(m.value, '(^|, )node \\d')
  qualify row_number() over (partition by r.node, r.value, r.since order by m.since desc) = 1
)
select a.ring, a.node as node, b.node as peer, a.members, b.members as others, a.since as ts,
  a.proof, b.proof as peer_proof, a.members <> b.members as differ
from seen a join seen b on a.ring = b.ring and a.node < b.node and abs(a.since - b.since) <= 10.0
where contains(a.ring, '.') or contains(a.ring, ':')
  or (list_contains(string_split(a.members, ', '), b.node) and list_contains(string_split(b.members, ', '), a.node))
order by a.since, a.ring, a.node, b.node
"""
DCS = """
with apart as (
  select a.node, b.node as peer, greatest(a.since, b.since) as since, least(a.until, b.until) as until
  from state a join state b on b.aspect = 'members' and a.value = b.value and a.node < b.node
    and a.since < b.until and b.since < a.until
  where a.aspect = 'members' and list_contains(string_split(a.value, ', '), b.node)
)
select t.node, t.peer, x.value as dc, y.value as other, greatest(t.since, x.since, y.since) as ts,
  least(t.until, x.until, y.until) as until, x.proof, y.proof as peer_proof, x.value <> y.value as differ
from apart t
join state x on x.node = t.node and x.aspect = 'dc' and x.since < t.until and t.since < x.until
join state y on y.node = t.peer and y.aspect = 'dc' and y.since < t.until and t.since < y.until
where x.value not in ('none', 'unknown') and y.value not in ('none', 'unknown')
  and least(t.until, x.until, y.until) - greatest(t.since, x.since, y.since) >= ?
order by ts, t.node, t.peer
"""
FENCED = "select id, target, ended, returned, events from fencing where outcome = 'succeeded' and ended is not null"
AFTER_FENCING = """
select id, ts, coalesce(fields->>'rsc', fields->>'op_key') as what from event
where node = ? and kind in ('resource.ok', 'resource.execution_requested', 'executor.operation')
  and coalesce(fields->>'node', node) = node and ts > ?::double and ts < ?::double
order by ts, id limit 4
"""
ENDS = """
select m.node, m.ended as ts, coalesce(m.ended_event, m.last_event) as proof, p.daemon, p.last_event as peer_proof,
  coalesce(p.ended, p.last) - m.ended as longer
from life m left join life p on p.node = m.node and p.role in ('mcp', 'controller') and p.how <> 'refused'
  and coalesce(p.began, 0) < m.ended and coalesce(p.ended, p.last) > m.ended + ?
where m.role = 'messaging' and m.how in ('stopped', 'exited', 'killed', 'failed') and m.ended is not null
order by m.ended, m.node
"""


class Breach(NamedTuple):
    """Where an invariant did not hold."""

    nodes: list[str]
    ts: float | None
    text: str
    events: list[int]
    until: float | None = None


class Checked(NamedTuple):
    """What was compared, or why nothing could be, and where it did not hold."""

    compared: int
    what: str
    lacks: str
    breaches: list[Breach]


def check_invariants(store: Store) -> None:
    """Fills `invariant` and `breach`."""
    for number, (name, sentence, codes, check) in enumerate(INVARIANTS, 1):
        checked = check(store)
        status = "violated" if checked.breaches else "holds" if checked.compared else "not checkable"
        store.insert(
            "invariant",
            {
                "id": [number], "name": [name], "sentence": [sentence], "status": [status], "codes": [codes],
                "compared": [checked.compared], "what": [checked.what], "lacks": [checked.lacks],
            },
        )  # fmt: skip
        columns = {name: [getattr(breach, name) for breach in checked.breaches] for name in Breach._fields}
        store.insert("breach", {"invariant": [number] * len(checked.breaches), **columns})


def _rings(store: Store) -> Checked:
    rows = store.rows(RINGS)
    breaches = [
        Breach([row.node, row.peer], row.ts,
               f"Of ring {row.ring} {row.node} had {row.members} and {row.peer} had {row.others} at {clock(row.ts)}.",
               [row.proof, row.peer_proof])
        for row in rows if row.differ
    ]  # fmt: skip
    rings = len({row.ring for row in rows})
    return Checked(
        rings, f"{rings} rings that two nodes or more logged, {len(rows)} pairs of lists", _no_rings(store), breaches
    )


def _no_rings(store: Store) -> str:
    nodes = store.one("select count(distinct node) filter (where aspect = 'ring' and value not in ('none', 'unknown')) "
                      "as rings, count(distinct node) as nodes from state")  # fmt: skip
    if nodes is not None and nodes.rings == 0:
        return "no ring id with its members is logged (Corosync 1.x logs one with the plugin only)"
    return "no two nodes logged the same ring with its members"


def _dcs(store: Store) -> Checked:
    rows = store.rows(DCS, HELD)
    breaches = [
        Breach([row.node, row.peer], row.ts,
               f"{row.node} took {row.dc} for the DC and {row.peer} took {row.other} for it, both members of one ring, "
               f"for {duration(row.until - row.ts)} from {clock(row.ts)}.", [row.proof, row.peer_proof])
        for row in rows if row.differ
    ]  # fmt: skip
    return Checked(len(rows), f"{len(rows)} spells in which two members of one partition named their DC",
                   "no two members of one partition logged their DC for the same time", breaches)  # fmt: skip


def _fenced_nodes_are_silent(store: Store) -> Checked:
    breaches, compared = [], 0
    heard = {row.node for row in store.rows("select distinct node from event where kind like 'resource.%'")}
    for row in store.rows(FENCED):
        if row.target not in heard:
            continue
        compared += 1
        until = row.returned if row.returned is not None else float("inf")
        after = store.rows(AFTER_FENCING, row.target, row.ended + LATE, until)
        if after:
            breaches.append(
                Breach([row.target], after[0].ts,
                       f"{row.target} was told fenced at {clock(row.ended)} and worked on {after[0].what} at "
                       f"{clock(after[0].ts)} without having started anew.", [row.events[0], *(a.id for a in after)])
            )  # fmt: skip
    fenced = f"{compared} successful fencing {'operation' if compared == 1 else 'operations'}"
    return Checked(compared, f"{fenced} against the log of the target",
                   "nothing was fenced, or the fenced node logged no operation of a resource", breaches)  # fmt: skip


def _pacemaker_ends_first(store: Store) -> Checked:
    rows = store.rows(ENDS, OUTLIVED)
    breaches: dict[tuple[str, float], Breach] = {}
    for row in rows:
        if row.daemon is not None:
            breaches.setdefault((row.node, row.ts), Breach(
                [row.node], row.ts, f"{row.daemon} on {row.node} lived for {duration(row.longer)} after the messaging "
                f"layer had ended at {clock(row.ts)}.", [row.proof, row.peer_proof]))  # fmt: skip
    ends = len({(row.node, row.ts) for row in rows})
    compared = f"{ends} {'end' if ends == 1 else 'ends'} of the messaging layer"
    return Checked(ends, compared, "the messaging layer did not end in these logs",
                   list(breaches.values()))  # fmt: skip


def _once_active(store: Store) -> Checked:
    found, compared = twice_active(store)
    breaches = [
        Breach([row.node, row.peer], row.ts, f"{row.resource} was started on {row.peer} at {clock(row.ts)} while "
               f"it still ran on {row.node}, {_until(row)}.", row.events, row.until)
        for row in found
    ]  # fmt: skip
    return Checked(compared, f"{compared} starts of primitives against the places where they ran",
                   "no start of a resource that is known to be no clone is logged", breaches)  # fmt: skip


def _until(twice: Twice) -> str:
    if twice.until is None:
        return f"where it had been started at {clock(twice.since)} and no stop of it is logged"
    return f"where it was stopped {duration(twice.until - twice.ts)} later"


def _votes(store: Store) -> Checked:
    found, compared, why = quorum_by_votes(store)
    breaches = [
        Breach([row.node], row.ts, f"{row.node} logged quorum {row.logged} from {clock(row.ts)} with {row.votes} of "
               f"{row.expected} expected votes, of which {row.needed} are needed.", [row.proof, row.members_proof])
        for row in found
    ]  # fmt: skip
    return Checked(compared, f"{compared} spells of quorum against members and expected votes", why, breaches)


INVARIANTS: tuple[tuple[str, str, list[str], Callable[[Store], Checked]], ...] = (
    ("one-view", "A ring has the same members on all its nodes.", ["MEM410"], _rings),
    ("one-dc", "A partition has one DC.", ["MEM411"], _dcs),
    ("fenced-is-silent", "A fenced node works on no resource until it has started anew.", ["FEN604", "FEN607"],
     _fenced_nodes_are_silent),
    ("once-active", "A primitive is active on one node at a time.", ["RSC806"], _once_active),
    ("pacemaker-ends-first", "Pacemaker does not outlive the messaging layer.",
     ["ORD101", "FRK203", "FRK207", "ORD109"], _pacemaker_ends_first),
    ("quorum-by-votes", "Quorum is what the votes make it.", ["QRM504", "QRM503", "QRM502"], _votes),
)  # fmt: skip


def breaches(store: Store, name: str) -> Iterator[Breach]:
    """Where one invariant did not hold, for rules."""
    for row in store.rows(
        "select b.* exclude(invariant) from breach b join invariant i on i.id = b.invariant where i.name = ? "
        "order by ts",
        name,
    ):
        yield Breach(*row)
