"""Who was fenced when: requests and results of fencing by target, as Pacemaker's fencer and CMAN's fenced tell them."""

from __future__ import annotations

from typing import NamedTuple

from pcmklog.state.fencing import ASKED, DONE, FAILED, READS, SOURCES, TARGETS
from pcmklog.store import Row, Store, once

__all__ = ["ASKED", "DONE", "READS", "Operation", "operations"]
BEFORE = 180.0  # seconds from the request to the result at most; a longer silence separates two operations


class Operation(NamedTuple):
    """What was said of the fencing of one node until it succeeded, failed or the talk ended."""

    target: str
    rows: tuple[Row, ...]

    def of(self, kinds: tuple[str, ...]) -> list[Row]:
        """Those of some kinds, in order of time."""
        return [row for row in self.rows if row.kind in kinds]

    @property
    def done(self) -> list[Row]:
        """What says that the node was fenced; a result of an agent alone does so where nothing else does."""
        return self.of(DONE)

    @property
    def failed(self) -> list[Row]:
        """What says that it could not be fenced."""
        return self.of(FAILED)

    @property
    def began(self) -> float | None:
        """The first request, or else the first word."""
        first: float | None = (self.of(ASKED) or self.rows)[0].ts
        return first

    @property
    def events(self) -> list[int]:
        """The results first, then what the devices said, then the requests."""
        return [row.id for row in sorted(self.rows, key=lambda row: (SOURCES.get(row.kind, 9), row.id))]


@once
def operations(store: Store) -> list[Operation]:
    """The fencing operations in order of time; an operation ends with its success or with a long silence."""
    by_target: dict[str, list[list[Row]]] = {}
    for row in store.rows(TARGETS):
        if row.kind not in SOURCES:
            continue
        groups = by_target.setdefault(row.target, [])
        if groups and _continues(groups[-1], row):
            groups[-1].append(row)
        else:
            groups.append([row])
    found = [Operation(target, tuple(group)) for target, groups in by_target.items() for group in groups]
    return sorted(found, key=lambda o: (o.began is not None, o.began or 0.0, o.target))


def _continues(group: list[Row], row: Row) -> bool:
    last = group[-1].ts
    if row.ts is None or last is None:
        return True
    done = [r.ts for r in group if r.kind in DONE and r.ts is not None]
    if done and row.kind in ASKED:
        return bool(row.ts - done[0] < 1.0)
    return bool(row.ts - last < BEFORE)
