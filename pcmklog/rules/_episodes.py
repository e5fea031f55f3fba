"""Events of one node that follow each other closely are one episode."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pcmklog.model import Event


def episodes(events: Iterable[Event], gap: float) -> Iterator[tuple[str, list[Event]]]:
    """Node and events of each episode, node by node; `gap` is the most seconds from one event to the next.

    Events must come in the order of time; those without a node or a time belong to no episode.
    """
    groups: dict[str, list[list[Event]]] = {}
    for event in events:
        if event.node is None or event.ts is None:
            continue
        mine = groups.setdefault(event.node, [])
        if mine and event.ts - (mine[-1][-1].ts or 0.0) <= gap:
            mine[-1].append(event)
        else:
            mine.append([event])
    return ((node, group) for node, found in groups.items() for group in found)
