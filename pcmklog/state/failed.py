"""Upstream's six questions about an operation of a resource that failed.

Which operation?  On which node?  When?  With what result?  What did the agent print?  What did the cluster do about it?
"""

from __future__ import annotations

import re

from pcmklog.state.answers import NO, UNKNOWN, YES, Answer, Case, cannot_say, report_of
from pcmklog.state.failures import Failure, failures
from pcmklog.state.transitions import Move, Results, Transition, transitions
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing, times

EPISODE = 300.0  # seconds without a further failure that end an episode
REACTION = 120.0  # seconds in which the scheduler reacts
RECOVERY = 3600.0
MOST = 20
# Exit codes of agents, as the OCF standard and Pacemaker name them.
OCF = {
    0: ("OCF_SUCCESS", "ok"),
    1: ("OCF_ERR_GENERIC", "the agent's general error"),
    2: ("OCF_ERR_ARGS", "invalid parameters on this node"),
    3: ("OCF_ERR_UNIMPLEMENTED", "the agent does not know the action"),
    4: ("OCF_ERR_PERM", "insufficient permissions"),
    5: ("OCF_ERR_INSTALLED", "something it needs is not installed on this node"),
    6: ("OCF_ERR_CONFIGURED", "the resource is configured wrongly, everywhere"),
    7: ("OCF_NOT_RUNNING", "safely stopped"),
    8: ("OCF_RUNNING_PROMOTED", "running as promoted (master)"),
    9: ("OCF_FAILED_PROMOTED", "failed as promoted (master)"),
    124: ("PCMK_OCF_TIMEOUT", "timed out"),
    189: ("PCMK_OCF_NOT_SUPPORTED", "not supported"),
    190: ("PCMK_OCF_DEGRADED", "running, but degraded"),
    191: ("PCMK_OCF_DEGRADED_PROMOTED", "promoted, but degraded"),
    193: ("PCMK_OCF_UNKNOWN", "no result yet"),
    194: ("PCMK_OCF_SIGNAL", "the agent was killed by a signal"),
    198: ("PCMK_OCF_TIMEOUT", "timed out"),
}
CODE = re.compile(r"\brc=(\d+)|exit-status=(\d+)|rc: (\d+)")
TOLD = """
select id, kind, node, text, fields->>'rc' as rc, fields->>'result' as result from event
where id in (select unnest(?::bigint[])) order by id
"""
SAID = """
select id, ts, node, text, fields->>'text' as said,
  coalesce(fields->>'op_key', (fields->>'rsc') || '_' || (fields->>'action') || '_0') as op_key
from event where kind = 'process.said' and ts is not null order by ts, id
"""
FENCED = "select id, target, wanted, outcome, reason, events from fencing where wanted is not null"
BANNED = "select id, ts, fields->>'rsc' as rsc, fields->>'node' as node from event where kind = 'resource.banned'"


class Facts:
    """What is asked of all failures alike, read once."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.said = store.rows(SAID)
        self.plans: list[Transition] = transitions(store)
        self.results = Results(store)
        self.fenced = store.rows(FENCED)
        self.banned = store.rows(BANNED)


def failed_resources(store: Store) -> tuple[list[Case], int]:
    """The cases in order of time, and how many more there were."""
    groups: dict[tuple[str, str, str], list[list[Failure]]] = {}
    for failure in failures(store):
        mine = groups.setdefault((failure.node, failure.rsc, failure.task), [])
        last = mine[-1][-1].ts if mine else None
        if mine and (failure.ts is None or last is None or failure.ts - last < EPISODE):
            mine[-1].append(failure)
        else:
            mine.append([failure])
    found = sorted(
        (group for mine in groups.values() for group in mine), key=lambda g: (g[0].ts is None, g[0].ts or 0.0)
    )
    facts = Facts(store) if found else None
    cases = [_case(facts, group) for group in found[:MOST]] if facts is not None else []
    return cases, max(0, len(found) - MOST)


def _case(facts: Facts, group: list[Failure]) -> Case:
    first = group[0]
    told = facts.store.rows(TOLD, list(first.events))
    own = (first.events[0],)
    count = f", {times(len(group))} until {clock(group[-1].ts)}" if len(group) > 1 else ""
    answers = (
        Answer("Which operation failed?", YES, f"{first.task} of {first.rsc}.", own),
        Answer("On which node?", YES, f"{first.node}.", own),
        Answer("When?", YES, f"At {clock(first.ts)}{count}.", tuple(f.events[0] for f in group[:4])),
        _result(first, told),
        _printed(facts, first),
        _done(facts, first),
    )
    title = f"{first.task} of {first.rsc} failed on {first.node} at {clock(first.ts)}{count}"
    return Case("resource", first.rsc, first.node, first.ts, title, answers)


def _result(failure: Failure, told: list[Row]) -> Answer:
    question = "With what result?"
    proof = failure.events[:1]
    if failure.timed_out:
        return Answer(question, YES, f"It timed out{f': {failure.reason}' if failure.reason else ''}.", proof)
    rc = next((int(code) for row in told for code in (row.rc, _code(row.text)) if code and code.isdigit()), None)
    if rc is not None:
        name, meaning = OCF.get(rc, ("no OCF code", "the agent's own"))
        reason = f": {failure.reason}" if failure.reason else ""
        return Answer(question, YES, f"{rc} ({name}, {meaning}){reason}.", proof)
    if failure.reason:
        return Answer(question, YES, f"{failure.reason}.", proof)
    return cannot_say(question, "line with its exit code",
                      report_of(failure.node, failure.ts))  # fmt: skip


def _code(text: str) -> str | None:
    match = CODE.search(text)
    return next((code for code in match.groups() if code), None) if match else None


def _printed(facts: Facts, failure: Failure) -> Answer:
    question = "What did the agent print?"
    task = "monitor" if failure.task == "probe" else failure.task
    key = f"{failure.rsc}_{task}_"
    near = [row for row in facts.said if row.node == failure.node and (row.op_key or "").startswith(key)
            and failure.ts is not None and -60.0 <= row.ts - failure.ts <= 3.0]  # fmt: skip
    if near:
        text = "; ".join(dict.fromkeys(row.said.removeprefix("ocf-exit-reason:") for row in near[-3:] if row.said))
        return Answer(question, YES, text, tuple(row.id for row in near[-3:]))
    if failure.reason and not failure.timed_out:
        return Answer(question, YES, f"Only the reason that it gave: {failure.reason}.", failure.events[:1])
    missing = f"output of the agent; pacemaker.log of {failure.node} has it, at the level info"
    by_hand = f"crm_resource --resource {failure.rsc} --force-check --verbose"
    return cannot_say(
        question, missing, f"grep -E '{key}.*(stderr|error output)' /var/log/pacemaker/pacemaker.log; {by_hand}"
    )


def _done(facts: Facts, failure: Failure) -> Answer:
    question = "What did the cluster do about it, and was it recovered?"
    if failure.ts is None:
        return Answer(question, UNKNOWN, "The bundle cannot say: the failure has no time.")
    proofs: list[int] = []
    did: list[str] = []
    move = _reaction(facts, failure, proofs)
    if move is not None:
        did.append(f"the scheduler planned to {_doing(move)}")
    banned = next((row for row in facts.banned if (row.rsc, row.node) == (failure.rsc, failure.node)
                   and row.ts is not None and -2 <= row.ts - failure.ts <= REACTION), None)  # fmt: skip
    if banned is not None:
        did.append(f"it was banned from {failure.node}")
        proofs.append(banned.id)
    fence = next((row for row in facts.fenced if row.target == failure.node and failure.rsc in (row.reason or "")
                  and -2 <= row.wanted - failure.ts <= REACTION), None)  # fmt: skip
    if fence is not None:
        did.append(f"{failure.node} was to be fenced ({fence.outcome})")
        proofs.extend(fence.events[-1:])
    again = _again(facts, failure)
    if again is not None:
        did.append(f"it was started on {again.node} at {clock(again.ts)}")
        proofs.append(again.id)
    if did:
        text = listing(did)
        end = "" if again is not None else "; no later start of it is logged"
        return Answer(question, YES if again is not None else NO, f"{text[0].upper()}{text[1:]}{end}.", tuple(proofs))
    if not any(plan.ts >= failure.ts - 2 for plan in facts.plans):
        return cannot_say(question, "scheduler's line after it", report_of("DC", failure.ts))
    return Answer(question, NO, "No scheduler planned anything for it, and no later start of it is logged.")


def _reaction(facts: Facts, failure: Failure, proofs: list[int]) -> Move | None:
    for plan in facts.plans:
        if (
            failure.ts is not None
            and (failure.ts, failure.events[0]) < (plan.ts, plan.event or 0)
            and (plan.ts - failure.ts <= REACTION)
        ):
            for move in plan.moves:
                if move.resource.split(":")[0] == failure.rsc:
                    proofs.append(move.event)
                    return move
    return None


def _doing(move: Move) -> str:
    if move.action == "move":
        return f"move it from {move.source} to {move.target}"
    where = move.target or move.source
    to = f" (from {move.source})" if move.source and move.target and move.source != move.target else ""
    return f"{move.action} it on {where}{to}"


def _again(facts: Facts, failure: Failure) -> Row | None:
    """The first start, anywhere, after the failure."""
    ts = failure.ts if failure.ts is not None else float("inf")
    places = (rows for (rsc, _), rows in facts.results.by_place.items() if rsc == failure.rsc)
    starts = (row for rows in places for row in rows if row.ok and row.task == "start" and ts <= row.ts < ts + RECOVERY)
    return min(starts, key=lambda row: (row.ts, row.id), default=None)
