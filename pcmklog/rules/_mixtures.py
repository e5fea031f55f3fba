"""Times in which the nodes of one cluster differ in something: a release, a feature set."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from pcmklog.sequences.model import version_key
from pcmklog.words import listing


class Sign(NamedTuple):
    """At this moment the node shows this value (None: it no longer runs); `event` proves it."""

    ts: float
    node: str
    value: str | None
    event: int


@dataclass
class Mixture:
    """From `at` to `until` (None: to the end of the logs) the values of the nodes differed."""

    at: float
    until: float | None = None
    settled: bool = False  # it ended because a node came back with the value of the others
    values: dict[str, list[str]] = field(default_factory=dict)  # value -> nodes
    events: list[int] = field(default_factory=list)

    def add(self, current: dict[str, Sign]) -> None:
        """Takes in what the nodes show now."""
        for sign in current.values():
            nodes = self.values.setdefault(sign.value or "", [])
            if sign.node not in nodes:
                nodes.append(sign.node)
            if sign.event not in self.events:
                self.events.append(sign.event)

    @property
    def nodes(self) -> tuple[str, ...]:
        """The nodes concerned."""
        return tuple(sorted({node for nodes in self.values.values() for node in nodes}))

    def words(self) -> str:
        """`1.1.7 on alpha, 1.1.12 on beta and gamma`, the oldest first."""
        by_age = sorted(self.values.items(), key=lambda item: version_key(item[0]))
        return ", ".join(f"{value} on {listing(sorted(nodes))}" for value, nodes in by_age)


def mixtures(signs: Iterable[Sign]) -> list[Mixture]:
    """The times in which the nodes that ran showed different values, none shorter than a second.

    The same mixture with breaks, because a node was restarted, is one.
    """
    current: dict[str, Sign] = {}
    found: list[Mixture] = []
    mixed = False
    for sign in sorted(signs, key=lambda s: (s.ts, s.event)):
        if sign.value is None:
            current.pop(sign.node, None)
        else:
            current[sign.node] = sign
        values = {s.value for s in current.values()}
        if len(values) > 1:
            if not mixed and not (found and values <= set(found[-1].values)):
                found.append(Mixture(sign.ts))
            found[-1].add(current)
            found[-1].until, found[-1].settled, mixed = None, False, True
        elif mixed:
            found[-1].until, found[-1].settled, mixed = sign.ts, sign.value is not None, False
    return [mixture for mixture in found if mixture.until is None or mixture.until - mixture.at >= 1]
