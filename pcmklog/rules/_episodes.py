"""Events of one node that follow each other closely are one episode."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pcmklog.model import Event

COUNTED = re.compile(r" \| repeated (\d{1,9}) times$")


def repeats(event: Event) -> int:
    """How often the message stood in the log: syslog daemons count what repeats."""
    counted = COUNTED.search(event.text)
    return int(counted[1]) if counted else 1


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
