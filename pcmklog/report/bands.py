"""What each node, and the cluster as a whole, was from when to when: members seen, quorum, DC; from the key `state`."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple, TypeVar

from pcmklog.report import facts, wording
from pcmklog.report.facts import Report

MESSAGING = ("daemon.messaging", "daemon.heartbeat")
ASPECTS = (*MESSAGING, "members", "quorum", "dc")
T = TypeVar("T")
DOWN = frozenset({"exited", "killed", "stopped", "none"})


class View(NamedTuple):
    """What a node saw at a moment: `look` is quorate, inquorate, member (quorum not told), down or unknown."""

    look: str
    members: tuple[str, ...]
    dc: str | None


class Spell(NamedTuple):
    """What was so from when to when, in milliseconds since 1970; `text` is short, `told` is all that is known."""

    since: int
    until: int
    look: str
    text: str
    told: tuple[str, ...]
    dc: bool


Views = Mapping[str, list[tuple[int, int, View]]]


def views(report: Report) -> Views:
    """Give for each node its views in the order of time."""
    rows: dict[str, dict[str, list[tuple[int, int, str]]]] = {}
    for row in facts.rows(report, "state"):
        since, until = wording.ms(row.get("since")), wording.ms(row.get("until"))
        if row.get("aspect") in ASPECTS and since is not None and until is not None:
            node = rows.setdefault(str(row.get("node")), {})
            node.setdefault(str(row["aspect"]), []).append((since, until, str(row.get("value"))))
    return {node: _views(aspects) for node, aspects in rows.items()}


def node_bands(seen: Views) -> dict[str, list[Spell]]:
    """Give the band of each node."""
    total = _total(seen)
    return {node: [_spell(node, *turn, total) for turn in turns] for node, turns in seen.items()}


def cluster_band(seen: Views) -> list[Spell]:
    """Give the band of the cluster, from what all nodes saw at each moment."""
    total = _total(seen)
    ends = sorted({end for turns in seen.values() for since, until, _ in turns for end in (since, until)})
    at = {node: _lookup(turns) for node, turns in seen.items()}
    spells: list[Spell] = []
    for since, until in pairwise(ends):
        told = {node: view for node, find in at.items() if (view := find(since)) and view.members}
        if not told:
            continue
        spell = _together(since, until, told, total)
        if spells and spells[-1].until == since and spells[-1][2:] == spell[2:]:
            spell = spells.pop()._replace(until=until)
        spells.append(spell)
    return spells


def _views(aspects: Mapping[str, list[tuple[int, int, str]]]) -> list[tuple[int, int, View]]:
    ends = sorted({end for rows in aspects.values() for since, until, _ in rows for end in (since, until)})
    find = {
        aspect: _lookup([(since, until, value) for since, until, value in rows]) for aspect, rows in aspects.items()
    }
    turns: list[tuple[int, int, View]] = []
    for since, until in pairwise(ends):
        view = _view({aspect: value for aspect, at in find.items() if (value := at(since)) is not None})
        joins = bool(turns) and turns[-1][1] == since and turns[-1][2] == view
        turns.append((turns.pop()[0] if joins else since, until, view))
    return turns


def _view(said: Mapping[str, str]) -> View:
    known = said.get("members", "unknown")
    members = () if known in ("none", "unknown") else tuple(known.split(", "))
    dc = said.get("dc")
    quorum = {"yes": "quorate", "no": "inquorate"}.get(said.get("quorum", ""), "member" if members else "unknown")
    messaging = next((said[name] for name in MESSAGING if name in said), "unknown")
    look = "down" if messaging in DOWN else quorum
    return View(look, members if look != "down" else (), None if dc in (None, "none", "unknown") else dc)


def _lookup(turns: Iterable[tuple[int, int, T]]) -> Callable[[int], T | None]:
    """Find what was so at a moment in stretches that do not overlap."""
    rows = [turn for turn in turns if turn[0] < turn[1]]

    def find(at: int) -> T | None:
        place = bisect_right(rows, at, key=lambda turn: turn[0]) - 1
        return rows[place][2] if place >= 0 and at < rows[place][1] else None

    return find


def _total(seen: Views) -> int:
    """The nodes of the cluster, as far as anybody saw them."""
    return max([len(seen), *(len(view.members) for turns in seen.values() for *_, view in turns)], default=0)


def _spell(node: str, since: int, until: int, view: View, total: int) -> Spell:
    words = {"quorate": "quorate", "inquorate": "no quorum", "down": "down", "unknown": "not known"}.get(view.look)
    size = f"{len(view.members)} of {total}" if view.members else ""
    dc = view.dc == node
    text = ", ".join(part for part in (size, words, "DC" if dc else "") if part)
    told = [f"{node}: {text or 'not known'}"]
    told += [f"members: {facts.enumerated(view.members)}"] if view.members else []
    told += [f"DC: {view.dc}"] if view.dc and view.look != "down" else []
    return Spell(since, until, view.look, text, tuple(told), dc)


def _together(since: int, until: int, told: Mapping[str, View], total: int) -> Spell:
    """Put what several nodes saw into one word: whole, degraded, split, inquorate or member."""
    parts: list[set[str]] = []
    for node, view in told.items():
        mine = {node, *view.members}
        others = [part for part in parts if not part & mine]
        parts = [*others, mine.union(*(part for part in parts if part & mine))]
    parts.sort(key=lambda part: (-len(part), sorted(part)))
    quorum = {view.look for view in told.values()}
    dcs = sorted({view.dc for view in told.values() if view.dc})
    size = len(parts[0])
    if len(parts) > 1:
        look, words = "split", f"apart: {' + '.join(str(len(part)) for part in parts)} of {total}"
        words += "" if "quorate" in quorum else ", no quorum"
    elif "quorate" in quorum:
        look = "whole" if size >= total else "degraded"
        words = f"{size} of {total}, quorate"
    else:
        look = "inquorate" if "inquorate" in quorum else "member"
        words = f"{size} of {total}" + (", no quorum" if look == "inquorate" else "")
    text = f"{words}, DC {' and '.join(dcs)}" if dcs else words
    sides = [f"together: {facts.enumerated(sorted(part))}" for part in parts]
    return Spell(since, until, look, text, (f"cluster: {text}", *sides), dc=False)
