"""Rebuilds each start and each stop of a node: events matched with the steps of the stack's model, and what differs.

A start begins when Corosync or, with Corosync up, Pacemaker begins; it ends when the node has joined, or when something
puts an end to it.  A stop begins when Pacemaker or Corosync is asked to stop and ends with the last of them.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import zip_longest

from pcmklog import daemons
from pcmklog.model import Event
from pcmklog.sequences.life import MCP, MESSAGING, Life
from pcmklog.sequences.model import Model, StepModel, child_order, within

JOIN = 900.0  # seconds in which Pacemaker's start still belongs to the start of Corosync
WAIT = 60.0  # seconds that pacemakerd may wait for Corosync before it gives up
TOGETHER = 180.0  # seconds in which Corosync's stop still belongs to the stop of Pacemaker
SLACK = 1.0  # seconds: stamps of whole seconds


@dataclass
class Step:
    """A step that was seen: what, who, when, and the event that proves it."""

    step: str
    daemon: str
    pid: int | None
    ts: float | None
    event: int


@dataclass
class Deviation:
    """What differs from the model: missing, out-of-order, unexpected, repeated or slow."""

    kind: str
    step: str
    after: str | None = None
    seconds: float | None = None
    event: int | None = None


@dataclass
class Rebuilt:
    """A start or a stop of a node, see the module's page."""

    node: str
    kind: str
    stack: str
    began: float
    ended: float | None = None
    outcome: str = "incomplete"
    layers: tuple[str, ...] = ()
    version: str | None = None
    lives: list[Life] = field(default_factory=list)
    steps: list[Step] = field(default_factory=list)
    deviations: list[Deviation] = field(default_factory=list)


def sequences(
    node: str, lives: Sequence[Life], events: Sequence[Event], model: Model, version: str | None, end_of_log: float
) -> list[Rebuilt]:
    """All starts and stops of a node, in the order of time."""
    windows = [*_starts(node, lives, model.stack, end_of_log), *_stops(node, lives, model.stack, end_of_log)]
    windows.sort(key=lambda w: (w.began, w.kind))
    telling = {kind for step in (*model.startup, *model.shutdown) for kind in step.kinds}
    events = [event for event in events if event.ts is not None and event.kind in telling]
    for window in windows:
        window.version = next((life.version for life in window.lives if life.role == MCP and life.version), version)
        steps = model.startup if window.kind == "startup" else model.shutdown
        _match(window, steps, events, end_of_log)
        _settle(window, steps)
        _deviations(window, steps)
    return windows


# ---------------------------------------------------------------------- windows


def _starts(node: str, lives: Sequence[Life], stack: str, end_of_log: float) -> list[Rebuilt]:
    found: list[Rebuilt] = []
    begun = sorted(
        (life for life in lives if life.role in (MESSAGING, MCP) and life.began is not None),
        key=lambda life: life.began or 0.0,
    )
    for life in begun:
        assert life.began is not None
        window = found[-1] if found else None
        if window is not None and life.role == MCP and _joins(window, life):
            window.lives.append(life)
            window.layers = (MESSAGING, "pacemaker")
            continue
        if window is not None and life.role == MESSAGING and _awaited(window, life):
            window.lives.insert(0, life)
            window.layers = (MESSAGING, "pacemaker")
            continue
        layers = (
            (MESSAGING, "pacemaker")
            if life.role == MESSAGING and stack == "plugin-v0"
            else (MESSAGING if life.role == MESSAGING else "pacemaker",)
        )
        found.append(Rebuilt(node, "startup", stack, life.began, layers=layers, lives=[life]))
    for window, following in zip_longest(found, found[1:]):
        ends = [end for life in window.lives for end in (life.stopping, _told_end(life)) if end is not None]
        limit = following.began - 0.001 if following is not None else end_of_log
        window.ended = min([limit, *(end for end in ends if end >= window.began)])
    return found


def _told_end(life: Life) -> float | None:
    """When the life ended, if anything says so: a daemon that is well may be silent for long before it is lost."""
    return None if life.how == "lost" and "ended" not in life.events else life.ended


def _joins(window: Rebuilt, mcp: Life) -> bool:
    """Whether this start of Pacemaker belongs to the start of Corosync that is under way."""
    first = window.lives[0]
    if first.role != MESSAGING or any(life.role == MCP for life in window.lives) or mcp.began is None:
        return False
    alive = first.ended is None or first.ended > mcp.began
    return alive and mcp.began - window.began < JOIN


def _awaited(window: Rebuilt, messaging: Life) -> bool:
    """Whether Pacemaker was started first and waits for this start of Corosync."""
    mcp = window.lives[0]
    if mcp.role != MCP or len(window.lives) > 1 or "waiting" not in mcp.events or messaging.began is None:
        return False
    return (mcp.ended is None or mcp.ended > messaging.began) and messaging.began - window.began < WAIT


def _stops(node: str, lives: Sequence[Life], stack: str, end_of_log: float) -> list[Rebuilt]:
    found: list[Rebuilt] = []
    asked = sorted(
        (life for life in lives if life.role in (MESSAGING, MCP) and life.stopping is not None),
        key=lambda life: life.stopping or 0.0,
    )
    for life in asked:
        assert life.stopping is not None
        layer = MESSAGING if life.role == MESSAGING else "pacemaker"
        window = found[-1] if found else None
        if (
            window is not None
            and layer not in window.layers
            and life.stopping - max(window.ended or 0.0, window.began) < TOGETHER
        ):
            window.lives.append(life)
            window.layers = (*window.layers, layer)
        else:
            layers = (layer, "pacemaker") if layer == MESSAGING and stack == "plugin-v0" else (layer,)
            window = Rebuilt(node, "shutdown", stack, life.stopping, layers=layers, lives=[life])
            found.append(window)
        window.ended = max(window.ended or 0.0, life.ended if life.ended is not None else end_of_log)
    return found


# ---------------------------------------------------------------------- steps


def _match(window: Rebuilt, models: Sequence[StepModel], events: Sequence[Event], end_of_log: float) -> None:
    low = window.began - SLACK
    high = (window.ended if window.ended is not None else end_of_log) + SLACK
    goal = _goal(window, models)
    done = False
    for event in events[bisect_left(events, low, key=_ts) : bisect_right(events, high, key=_ts)]:
        if done:
            break
        for model in models:
            if not _fits(model, event, window):
                continue
            name = _name(model, event)
            window.steps.append(Step(name, event.daemon, _pid(event), event.ts, event.id))
            done = window.kind == "startup" and goal is not None and model.step == goal.step
            break
    if done and window.steps:
        window.ended = window.steps[-1].ts


def _ts(event: Event) -> float:
    return event.ts or 0.0


def _goal(window: Rebuilt, models: Sequence[StepModel]) -> StepModel | None:
    """The step with which the sequence is done; old releases do not log it, and another stands for it."""
    goal = next((m for m in models if m.goal), None)
    if goal is not None and within(window.version, goal.quiet):
        return next((m for m in models if m.goal_of_quiet), goal)
    return goal


def _fits(model: StepModel, event: Event, window: Rebuilt) -> bool:
    if event.kind not in model.kinds or model.layer not in window.layers:
        return False
    if model.daemon and event.daemon not in model.daemon:
        return False
    if model.each_child and not daemons.role(event.fields.get("child", "")):
        return False
    return all(event.fields.get(name) in values for name, values in model.field.items())


def _name(model: StepModel, event: Event) -> str:
    return model.step.replace("<child>", event.fields.get("child", ""))


def _pid(event: Event) -> int | None:
    said = event.fields.get("pid", "")
    return int(said) if event.kind.startswith("child.") and said.isdigit() else event.pid


# ---------------------------------------------------------------------- outcome and deviations


def _settle(window: Rebuilt, models: Sequence[StepModel]) -> None:
    seen = {step.step for step in window.steps}
    last = _goal(window, models)
    goal = last.step if last is not None else None
    if window.kind == "startup":
        window.outcome = _start_outcome(window, reached=goal in seen)
    else:
        refused = any(model.unexpected and model.step in seen for model in models)
        window.outcome = _stop_outcome(window, refused=refused)


def _start_outcome(window: Rebuilt, *, reached: bool) -> str:
    hows = {life.how for life in window.lives}
    if "refused" in hows:
        return "refused"
    if reached:
        return "complete"
    if "failed" in hows:
        return "failed"
    last = window.lives[-1]
    ended_it = last.ended == window.ended or (last.how == "lost" and last.stopping is None)
    return {"killed": "killed", "lost": "crashed"}.get(last.how, "incomplete") if ended_it else "incomplete"


def _stop_outcome(window: Rebuilt, *, refused: bool) -> str:
    hows = {life.how for life in window.lives}
    if "killed" in hows:
        return "killed"
    if refused and "running" in hows:
        return "refused"
    if hows <= {"stopped", "exited"}:
        return "complete"
    return "crashed" if "lost" in hows else "incomplete"


def _deviations(window: Rebuilt, models: Sequence[StepModel]) -> None:
    first = {step.step: step for step in reversed(window.steps)}
    _missing(window, models, first)
    _out_of_order(window, models, first)
    _children_out_of_order(window)
    _repeated(window)
    _slow(window, models)
    for model in models:
        if model.unexpected and model.step in first:
            window.deviations.append(Deviation("unexpected", model.step, event=first[model.step].event))


def _missing(window: Rebuilt, models: Sequence[StepModel], first: dict[str, Step]) -> None:
    """Only in sequences that did not reach their end, or whose end stands there without what must come before it."""
    if window.outcome == "complete":
        return
    for model in models:
        if not model.required or model.layer not in window.layers or within(window.version, model.quiet):
            continue
        if model.each_child:
            if any(step.step.startswith(model.step.split("<")[0]) for step in window.steps):
                roles = {daemons.role(step.step.rsplit(" ", 1)[-1]) for step in window.steps}
                window.deviations.extend(
                    Deviation("missing", model.step.replace("<child>", role))
                    for role in _order(window)
                    if role not in roles
                )
        elif model.step not in first:
            window.deviations.append(Deviation("missing", model.step))


def _order(window: Rebuilt) -> tuple[str, ...]:
    return child_order(MESSAGING if window.stack == "plugin-v0" else MCP, window.version)


def _out_of_order(window: Rebuilt, models: Sequence[StepModel], first: dict[str, Step]) -> None:
    for model in models:
        step = first.get(model.step)
        if step is None or step.ts is None:
            continue
        pairs = [(earlier, model.step) for earlier in model.after] + [(model.step, later) for later in model.before]
        for earlier, later in pairs:
            a, b = first.get(earlier), first.get(later)
            if a is None or b is None or a.ts is None or b.ts is None:
                continue
            if a.ts > b.ts + SLACK:
                window.deviations.append(Deviation("out-of-order", later, earlier, round(a.ts - b.ts, 3), b.event))


def _children_out_of_order(window: Rebuilt) -> None:
    """Forks and stops in another order than the release has it; a single respawn is no start."""
    order = _order(window)
    prefix = "forked " if window.kind == "startup" else "stopping "
    if window.kind == "shutdown":
        order = tuple(reversed(order))
    seen = [step for step in window.steps if step.step.startswith(prefix)]
    place = {role: n for n, role in enumerate(order)}
    known: list[tuple[int, Step]] = []
    for step in seen:
        rank = place.get(daemons.role(step.step.removeprefix(prefix)))
        if rank is None or any(rank == other for other, _ in known):
            continue
        if known and rank < max(known, key=lambda k: k[0])[0]:
            later = max(known, key=lambda k: k[0])[1]
            window.deviations.append(Deviation("out-of-order", later.step, step.step, None, step.event))
        known.append((rank, step))


def _repeated(window: Rebuilt) -> None:
    if window.kind != "startup":
        return
    counts: dict[str, int] = {}
    for step in window.steps:
        counts[step.step] = counts.get(step.step, 0) + 1
    for name, n in counts.items():
        if n > 1 and name.startswith("forked "):
            again = [step for step in window.steps if step.step == name][1]
            window.deviations.append(Deviation("repeated", name, None, None, again.event))


def _slow(window: Rebuilt, models: Sequence[StepModel]) -> None:
    limits = {model.step: model.slow for model in models if model.slow}
    before: Step | None = None
    for step in window.steps:
        limit = limits.get(step.step) or next(
            (s for name, s in limits.items() if "<child>" in name and _alike(name, step.step)), None
        )
        if (
            before is not None
            and limit
            and step.ts is not None
            and before.ts is not None
            and step.ts - before.ts > limit
        ):
            window.deviations.append(
                Deviation("slow", step.step, before.step, round(step.ts - before.ts, 3), step.event)
            )
        before = step


def _alike(pattern: str, name: str) -> bool:
    head, _, tail = pattern.partition("<child>")
    return name.startswith(head) and name.endswith(tail)
