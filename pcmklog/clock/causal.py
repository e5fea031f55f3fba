"""What must have come first: lines of two nodes of which one is the cause of the other (`pairs.toml`).

The effect is never before its cause.  That bounds how far the clocks were apart: from one side by a message, from both
by one that is answered.  An answer within milliseconds is a moment as good as any (`trips`); what the bounds leave of
an offset that other moments prove is told by `order.py`.
"""

from __future__ import annotations

import json
import tomllib
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import product
from typing import Any, NamedTuple

from pcmklog.clock.moments import Pairs, Point
from pcmklog.store import Row, Store

LINES = """
select e.id, e.node, coalesce(a.node, e.fields->>'node') as other, e.logged, e.digits, e.kind, e.fields
from event e left join node_alias a on a.host = e.fields->>'node'
where e.kind in (select unnest(?::varchar[])) and e.node is not null and e.logged is not null and e.digits >= 0
order by e.id
"""
BEGUN = "transition.started"
MOST = 100  # pairs of one key; so many tell nothing
ONE_TIME_S = 1.0  # what is sent to and fro within that time is one moment
NARROW_S = 0.05  # so close the bounds of a moment have to be
PART_OF = {(True, False): 0.75, (False, True): 0.25, (True, True): 0.5, (False, False): 0.5}
"""Whether the higher and the lower bound is that of a message alone -> where between them the clocks agree."""
LEAST_BROKEN_S, MOST_BROKEN_S = (
    0.05,
    2.0,
)  # seconds by which an effect is before its cause, so that the clock is to blame
DRIFTED_S = 0.02  # a clock may drift by so much within the moment


class Pair(NamedTuple):
    """An entry of `pairs.toml`."""

    says: str
    cause: str
    effect: str
    sample: list[str]
    to: str | None = None
    by: str | None = None
    same: Sequence[str] = ()
    works: bool = False
    before: str = ""


class Bound(NamedTuple):
    """A cause and its effect, each as its node stamped it; `late` is what the stamp of the effect leaves open."""

    cause_node: str
    effect_node: str
    sent: float
    got: float
    late: float
    cause: int
    effect: int
    sharp: bool  # both stamps have decimals
    certain: bool  # no other lines could belong together
    prompt: bool  # nothing but a message is between them


@cache
def pairs() -> tuple[Pair, ...]:
    """The entries of `pairs.toml`."""
    table = tomllib.loads(files("pcmklog.clock").joinpath("pairs.toml").read_text("utf-8"))["pair"]
    return tuple(Pair(**row) for row in table)


def bounds(store: Store) -> list[Bound]:
    """Every cause with its effect on another node; where several could belong together, all of them."""
    kinds = {BEGUN, *(pair.cause for pair in pairs()), *(pair.effect for pair in pairs())}
    by_kind: dict[str, list[tuple[Row, dict[str, Any]]]] = defaultdict(list)
    begun: dict[str, str] = {}
    for row in store.rows(LINES, [*kinds]):
        told = _levelled(json.loads(row.fields))
        if row.kind == BEGUN:
            begun[row.node] = told.get("transition", "")
        by_kind[row.kind].append((row, {"transition": begun.get(row.node), **told}))
    return [bound for pair in pairs() for bound in _bounds(pair, by_kind[pair.cause], by_kind[pair.effect])]


def _levelled(told: dict[str, Any]) -> dict[str, Any]:
    """The fields as all releases have them: a transition key taken apart, and the short form of ids."""
    if len(parts := str(told.get("key", "")).split(":")) > 2:
        told |= {"action": parts[0], "transition": parts[1]}
    return told | {"id": str(told["id"])[:8]} if "id" in told else told


def _bounds(
    pair: Pair, causes: Sequence[tuple[Row, Mapping[str, Any]]], effects: Sequence[tuple[Row, Mapping[str, Any]]]
) -> Iterable[Bound]:
    """Lines by what they tell and who speaks to whom; where too many could belong together they are not even paired."""
    sent: dict[tuple[object, ...], dict[tuple[str, str], list[Row]]] = defaultdict(lambda: defaultdict(list))
    got: dict[tuple[object, ...], dict[tuple[str, str], list[Row]]] = defaultdict(lambda: defaultdict(list))
    for row, told in causes:
        sent[_key(pair, told)][row.node, row.other if pair.to else ""].append(row)
    for row, told in effects:
        got[_key(pair, told)][row.node, row.other if pair.by else ""].append(row)
    for key in (key for key in got if key in sent and None not in key):
        for ((node, to), first), ((peer, by), then) in product(sent[key].items(), got[key].items()):
            if node == peer or (pair.to and to != peer) or (pair.by and by != node):
                continue
            many = len(first) * len(then)
            for cause, effect in product(first, then) if many <= MOST else ():
                late, sharp = 10.0**-effect.digits, min(cause.digits, effect.digits) > 0
                yield Bound(
                    cause.node, effect.node, cause.logged, effect.logged, late, cause.id, effect.id, sharp, many == 1,
                    not pair.works,
                )  # fmt: skip


def _key(pair: Pair, told: Mapping[str, Any]) -> tuple[object, ...]:
    return tuple(told.get(name) for name in pair.same)


def trips(found: Iterable[Bound]) -> Pairs:
    """The moments at which two nodes answered each other within milliseconds."""
    sides: dict[tuple[str, str], list[tuple[float, float, bool, Bound]]] = defaultdict(list)
    for bound in found:
        if bound.sharp and bound.certain:
            sides[bound.effect_node, bound.cause_node].append((bound.got, bound.got - bound.sent, True, bound))
            sides[bound.cause_node, bound.effect_node].append((bound.sent, bound.sent - bound.got, False, bound))
    result: Pairs = {}
    for (node, peer), told in sides.items():
        points = [point for group in _at_once(sorted(told)) if (point := _trip(node, group)) is not None]
        if points:
            result[node, peer] = points
    return result


def broken(
    found: Iterable[Bound], moments: Pairs, at: Callable[[str, int], float], wrong: Mapping[str, float]
) -> Pairs:
    """The bounds that clocks break by more than their errors, as moments: there the clocks were closer than thought.

    So a clock that drifts shows where it has no moments; `at` tells how far ahead it is thought to be at an event.
    """
    result: Pairs = defaultdict(list)
    for b in found:
        pair = b.effect_node, b.cause_node
        if not (b.sharp and b.certain and b.prompt and pair in moments):
            continue
        most = b.got - b.sent
        over = at(b.effect_node, b.effect) - at(b.cause_node, b.cause) - most
        if max(LEAST_BROKEN_S, *(wrong.get(node, 0.0) for node in pair)) < over <= MOST_BROKEN_S:
            result[pair].append(Point(b.got, most, b.effect, b.cause, 0.0, "bound"))
            result[pair[::-1]].append(Point(b.sent, -most, b.cause, b.effect, 0.0, "bound"))
    return result


def _at_once(told: Sequence[tuple[float, float, bool, Bound]]) -> list[list[tuple[float, float, bool, Bound]]]:
    groups: list[list[tuple[float, float, bool, Bound]]] = []
    for one in told:
        if groups and one[0] - groups[-1][0][0] <= ONE_TIME_S:
            groups[-1].append(one)
        else:
            groups.append([one])
    return groups


def _trip(node: str, group: Sequence[tuple[float, float, bool, Bound]]) -> Point | None:
    """A moment between the bounds, where they are close: nearer to that of a message than to that of work."""
    highest = min((one for one in group if one[2]), key=lambda one: one[1], default=None)
    lowest = max((one for one in group if not one[2]), key=lambda one: one[1], default=None)
    if highest is None or lowest is None or not -DRIFTED_S <= highest[1] - lowest[1] <= NARROW_S:
        return None
    bound, part = highest[3], PART_OF[highest[3].prompt, lowest[3].prompt]
    at, ahead = (highest[0] + lowest[0]) / 2, lowest[1] + part * (highest[1] - lowest[1])
    own, other = (bound.effect, bound.cause) if bound.effect_node == node else (bound.cause, bound.effect)
    return Point(at, ahead, own, other, 0.0, "trip")
