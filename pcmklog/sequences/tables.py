"""Writes what was folded into the tables of `sql/sequences.sql`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import count

from pcmklog.model import Event
from pcmklog.sequences.fold import Rebuilt
from pcmklog.sequences.life import Life
from pcmklog.store import Store

LIFE = (
    "id",
    "node",
    "daemon",
    "role",
    "pid",
    "parent",
    "adopted",
    "began",
    "ready",
    "stopping",
    "ended",
    "how",
    "status",
    "signal",
    "version",
    "last",
)


class Writer:
    """Collects rows as columns; `finish` writes them."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.columns: dict[str, dict[str, list[object]]] = {}
        self.numbers = count(1)
        store.script("sequences")

    def row(self, table: str, **values: object) -> None:
        """Adds one row."""
        columns = self.columns.setdefault(table, {})
        for name, value in values.items():
            columns.setdefault(name, []).append(value)

    def lives(self, lives: Iterable[Life], stack_of: dict[int, str | None]) -> None:
        """The lives of a node, each of the messaging layer with its stack."""
        for life in lives:
            named = {
                f"{name}_event": life.events.get(name)
                for name in ("began", "ready", "stopping", "ended", "refused", "adopted")
            }
            plain = {name: getattr(life, name) for name in LIFE}
            self.row("life", **plain, **named, last_event=life.last_event, stack=stack_of.get(life.id))

    def boots(self, node: str, boots: Iterable[tuple[Event, float | None, int | None]]) -> None:
        """The boots in the middle of a node's log, each with the last sign of life before it."""
        for event, last, last_event in boots:
            self.row("boot", node=node, ts=event.ts, event=event.id, last=last, last_event=last_event)

    def sequences(self, found: Sequence[Rebuilt]) -> None:
        """Starts and stops with their steps and deviations."""
        for sequence in found:
            number = next(self.numbers)
            self.row(
                "sequence",
                id=number,
                node=sequence.node,
                kind=sequence.kind,
                stack=sequence.stack,
                began=sequence.began,
                ended=sequence.ended,
                outcome=sequence.outcome,
                layers="+".join(sequence.layers),
                version=sequence.version,
                messaging=next((life.id for life in sequence.lives if life.role == "messaging"), None),
                mcp=next((life.id for life in sequence.lives if life.role == "mcp"), None),
            )
            for n, step in enumerate(sequence.steps):
                self.row(
                    "step",
                    sequence=number,
                    n=n,
                    step=step.step,
                    daemon=step.daemon,
                    pid=step.pid,
                    ts=step.ts,
                    event=step.event,
                )
            for n, deviation in enumerate(sequence.deviations):
                self.row(
                    "deviation",
                    sequence=number,
                    n=n,
                    kind=deviation.kind,
                    step=deviation.step,
                    after=deviation.after,
                    seconds=deviation.seconds,
                    event=deviation.event,
                )

    def finish(self) -> None:
        """Writes all rows."""
        for table, columns in self.columns.items():
            self.store.insert(table, columns)
