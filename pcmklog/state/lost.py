"""Upstream's six questions about a node that was lost or fenced.

Was there a last sign of life?  Did the peers notice?  Was a transition computed?  Did it contain fencing?  Was it
tried?  Did it work?
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from pcmklog.model import Line
from pcmklog.state.answers import NO, UNKNOWN, YES, Answer, Case, cannot_say, report_of
from pcmklog.state.transitions import Transition, transitions
from pcmklog.store import Row, Store
from pcmklog.words import clock, duration, listing

MOMENT = 10.0  # seconds in which the members see one loss
REACTION = 300.0  # seconds in which the cluster reacts
FENCED = 120.0  # seconds between the loss of a node and its fencing, in either order
SLACK = 2.0
LIVED_ON = 15.0  # seconds after which a node that still logs was alive
HOUR = 3600.0
MOST = 20
LEFT = """
select node, observer, ts, event from departure d where heeded and not exists (
  select 1 from operation o where o.kind = 'shutdown' and o.node = d.node and d.ts between o.began - 10
    and o.ended + 130
) and not exists (
  select 1 from state s where s.node = d.node and s.aspect = 'shutdown' and s.value = 'asked' and d.ts >= s.since
    and d.ts <= s.until + 130
) and not exists (
  select 1 from event e where e.kind in ('corosync.stopped_by_admin', 'node.shutdown_scheduled')
    and coalesce(e.fields->>'node', (select name from member_name m where m.nodeid = e.fields->>'nodeid')) = d.node
    and e.ts between d.ts - 130 and d.ts + 3
)
order by ts, observer
"""
LAST = "select id, ts, daemon, text from event where node = ? and ts <= ?::double order by ts desc, id desc limit 1"
NEXT = """
select id, ts from event
where node = ? and ts > ?::double and ts < ?::double and role <> 'kernel' order by ts, id limit 1
"""
BOOT = """
select e.id, e.ts, e.daemon, e.text from boot b join event e on e.id = b.last_event
where b.node = ? and b.ts > ?::double - 30 and b.last < ?::double + 30 order by b.ts limit 1
"""
SAID_GONE = """
select id, ts, node from event
where kind in ('node.state', 'node.status', 'node.updated') and fields->>'node' = ? and node <> ?
  and fields->>'state' in ('lost', 'offline') and ts between ?::double and ?::double
order by ts, id limit 8
"""
DC = """
select value, count(*) as n from state
where aspect = 'dc' and value not in ('none', 'unknown', ?) and until > ?::double and since < ?::double
group by value order by n desc, value limit 1
"""
BLOCKED = """
select id from event
where (kind = 'fencing.blocked' or kind = 'scheduler.no_fencing') and ts between ?::double and ?::double
  and coalesce(fields->>'target', ?) = ? order by ts, id limit 4
"""
DISABLED = """
select source, line from setting where path = 'property.stonith-enabled' and lower(value) in ('false', 'no', 'off', '0')
order by source, line limit 2
"""


@dataclass
class Lost:
    """A node that others missed, or that was fenced, at one time."""

    node: str
    ts: float
    seen: list[Row] = field(default_factory=list)
    fencing: list[Row] = field(default_factory=list)

    def near(self, first: float, last: float) -> bool:
        """Whether a request of this time is about this loss, or goes on with its fencing."""
        ended = max((row.ended or row.wanted for row in self.fencing), default=None)
        return first - FENCED <= self.ts <= last + FENCED or (ended is not None and first - ended <= FENCED)


def lost_nodes(store: Store) -> tuple[list[Case], int]:
    """The cases in order of time, and how many more there were."""
    found = _lost(store)
    plans = transitions(store) if found else []
    return [_case(store, lost, plans) for lost in found[:MOST]], max(0, len(found) - MOST)


def _lost(store: Store) -> list[Lost]:
    found: list[Lost] = []
    for row in store.rows(LEFT):
        lost = next((one for one in found if one.node == row.node and row.ts - one.ts <= MOMENT), None)
        if lost is None:
            lost = Lost(row.node, row.ts)
            found.append(lost)
        lost.seen.append(row)
    for row in store.rows("select * from fencing where wanted is not null or ended is not null order by id"):
        first = row.wanted if row.wanted is not None else row.ended
        last = row.ended if row.ended is not None else first
        lost = next((one for one in found if one.node == row.target and one.near(first, last)), None)
        if lost is None:
            lost = Lost(row.target, first)
            found.append(lost)
        lost.ts = min(lost.ts, first)
        lost.fencing.append(row)
    return sorted(found, key=lambda lost: (lost.ts, lost.node))


def _case(store: Store, lost: Lost, plans: list[Transition]) -> Case:
    fenced = any(row.outcome in ("succeeded", "confirmed") for row in lost.fencing)
    did = "was fenced" if fenced and not lost.seen else "was lost and fenced" if fenced else "was lost"
    if not fenced and not lost.seen:
        did = "was to be fenced"
    plan = _plan(lost, plans)
    answers = (
        _sign(store, lost),
        _noticed(store, lost),
        _computed(store, lost, plans, plan),
        _planned(store, lost, plan),
        _tried(store, lost, plan),
        _worked(lost),
    )
    return Case("node", lost.node, lost.node, lost.ts, f"{lost.node} {did} at {clock(lost.ts)}", answers)


def _sign(store: Store, lost: Lost) -> Answer:
    question = "What was its last sign of life?"
    until = min([lost.ts, *(row.ts for row in lost.seen)]) + SLACK
    boot = store.one(BOOT, lost.node, until, until)
    last = boot or store.one(LAST, lost.node, until)
    if last is None:
        return cannot_say(question, f"log of {lost.node} from before that time", report_of(lost.node, lost.ts))
    said = f"{last.daemon}: {last.text[:100]}"
    later = store.one(NEXT, lost.node, until + LIVED_ON, until + REACTION) if boot is None else None
    if later is not None:
        text = (
            f"It did not fall silent for good: it logged at {clock(last.ts)} ({said}) and again at {clock(later.ts)}."
        )
        return Answer(question, YES, text, (last.id, later.id))
    return Answer(question, YES, f"At {clock(last.ts)} ({said}).", (last.id,))


def _noticed(store: Store, lost: Lost) -> Answer:
    question = "Did the peers notice?"
    if lost.seen:
        who = listing(sorted({row.observer for row in lost.seen}))
        text = f"{who} formed a membership without it at {clock(lost.seen[0].ts)}."
        return Answer(question, YES, text, tuple(row.event for row in lost.seen[:4]))
    said = store.rows(SAID_GONE, lost.node, lost.node, lost.ts - FENCED, lost.ts + FENCED)
    if said:
        who = listing(sorted({row.node for row in said}))
        return Answer(
            question, YES, f"{who} took it for lost at {clock(said[0].ts)}.", tuple(row.id for row in said[:4])
        )
    others = store.one("select count(distinct node) as n from state where aspect = 'members' and node <> ?", lost.node)
    if others is None or others.n == 0:
        return cannot_say(question, "list of members of any other node", report_of("ALL OTHER NODES", lost.ts))
    return Answer(question, NO, "No peer logged a membership without it around that time.")


def _plan(lost: Lost, plans: list[Transition]) -> Transition | None:
    """The first transition that fences the node; else the first after its loss, of a peer or because of the node."""
    near = [plan for plan in plans if lost.ts - SLACK <= plan.ts <= lost.ts + REACTION]
    fencing = next((plan for plan in near if lost.node in plan.fences), None)
    after = (plan for plan in near if plan.scheduler != lost.node or plan.concerns(lost.node))
    return fencing or next(after, None)


def _computed(store: Store, lost: Lost, plans: list[Transition], plan: Transition | None) -> Answer:
    question = "Was a transition computed?"
    if plan is not None:
        did = listing(f"{move.action} {move.resource}" for move in plan.moves[:4])
        proofs = tuple(event for event in (plan.event, *plan.events[:3]) if event is not None)
        text = f"{plan.scheduler} computed transition {plan.number} at {clock(plan.ts)}{f': {did}' if did else ''}."
        return Answer(question, YES, text, proofs)
    if any(other.ts >= lost.ts - HOUR and other.scheduler != lost.node for other in plans):
        return Answer(question, NO, f"No scheduler computed one within {duration(REACTION)}.")
    dc = store.one(DC, lost.node, lost.ts, lost.ts + REACTION)
    who = f"the DC {dc.value}" if dc is not None else "the DC"
    collect = report_of(dc.value if dc is not None else "DC", lost.ts)
    return cannot_say(question, f"scheduler's line of {who} for that time", collect)


def _planned(store: Store, lost: Lost, plan: Transition | None) -> Answer:
    question = "Did it contain fencing?"
    reason = next((row.reason for row in lost.fencing if row.reason), None)
    planned = plan is not None and lost.node in plan.fences
    if planned or any(row.reason for row in lost.fencing):
        proofs = tuple(plan.events[:4]) if planned and plan is not None else tuple(lost.fencing[0].events[-2:])
        return Answer(question, YES, f"Yes{f', because {_plain(reason)}' if reason else ''}.", proofs)
    blocked = store.rows(BLOCKED, lost.ts - SLACK, lost.ts + REACTION, lost.node, lost.node)  # fmt: skip
    off = [Line(row.source, row.line) for row in store.rows(DISABLED)]
    if lost.fencing:
        text = f"{lost.fencing[0].client or 'A client'} asked for it; no transition in the bundle did."
        return Answer(question, NO, text, tuple(lost.fencing[0].events[-2:]))
    if plan is None:
        return cannot_say(
            question,
            "transition of a scheduler after the loss",
            f"{report_of('DC', lost.ts)}; then crm_simulate -S -x PE-INPUT",
        )
    why = " The scheduler says that it cannot." if blocked else ""
    why += " stonith-enabled is false." if off else ""
    return Answer(
        question, NO, f"No.{why}", (*(row.id for row in blocked), *off, *([plan.event] if plan.event else []))
    )


def _plain(reason: str) -> str:
    return reason.removeprefix("because ").rstrip(".")


def _tried(store: Store, lost: Lost, plan: Transition | None) -> Answer:
    question = "Was it tried?"
    tried = [row for row in lost.fencing if row.tried is not None or row.outcome != "not tried"]
    if tried:
        first = tried[0]
        who = f"{first.client or 'a client'}{f' on {first.origin}' if first.origin else ''}"
        with_ = f" with {first.device}" if first.device else ""
        times = f", {len(tried)} requests in all" if len(tried) > 1 else ""
        at = clock(first.tried if first.tried is not None else first.ended)
        return Answer(question, YES, f"{who} asked for it at {at}{with_}{times}.", tuple(first.events[-3:]))
    fencers = store.one("select count(distinct node) as n from event where role in ('fencer', 'fenced') and node <> ?",
                        lost.node)  # fmt: skip
    if (fencers is None or not fencers.n) and plan is None:
        return cannot_say(question, "line of the fencer of any peer", report_of("ALL OTHER NODES", lost.ts))
    return Answer(question, NO, "No fencer was asked.")


def _worked(lost: Lost) -> Answer:
    question = "Did it work?"
    done = next((row for row in lost.fencing if row.outcome in ("succeeded", "confirmed")), None)
    if done is not None:
        took = f" {duration(done.ended - done.tried)} after the request" if done.ended and done.tried else ""
        by = f" by {done.executor}" if done.executor else ""
        back = (
            f"; {lost.node} was back at {clock(done.returned)}"
            if done.returned
            else "; it did not come back in the logs"
        )
        how = "It was confirmed by hand" if done.outcome == "confirmed" else "Yes"
        proofs = tuple(done.events[:2]) + ((done.returned_event,) if done.returned_event else ())
        return Answer(question, YES, f"{how}, at {clock(done.ended)}{by}{took}{back}.", proofs)
    failed = [row for row in lost.fencing if row.outcome == "failed"]
    if failed:
        said = next((f": {row.said}" for row in failed if row.said), "")
        return Answer(
            question,
            NO,
            f"No, {len(failed)} of {len(lost.fencing)} requests failed{said}.",
            tuple(failed[0].events[:3]),
        )
    if any(row.outcome == "no result" for row in lost.fencing):
        return Answer(question, UNKNOWN, "The bundle cannot say: no result is logged.", (),
                      f"stonith_admin --history {lost.node} --verbose")  # fmt: skip
    return Answer(question, NO, "It was not tried.")


def proofs_of(cases: list[Case]) -> Iterator[int | Line]:
    """All proofs, to be looked up at once."""
    for case in cases:
        for answer in case.answers:
            yield from answer.proofs
