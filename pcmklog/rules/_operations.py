"""Resource operations that failed, as the rules RSC801 to RSC804 tell them: by node and episode."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import NamedTuple

from pcmklog.model import Finding
from pcmklog.state.failures import Failure, failures
from pcmklog.store import Store
from pcmklog.words import clock, listing, times

READS = (
    "resource.ok",
    "resource.not_running",
    "resource.failed",
    "resource.timed_out",
    "resource.result",
    "resource.unexpected_result",
    "resource.failure_recorded",
    "resource.failcount_updated",
    "executor.operation",
    "agent.complained",
)
EPISODE = 300.0  # seconds without a further failure that end an episode
PROOFS = 30
MISSING = """Install what is missing on {node}: the agent (`ls /usr/lib/ocf/resource.d/*/`, `crm_resource --list-agents
ocf:heartbeat`) or the program that it calls. Where the service is never to run there, keep the cluster from looking for
it: a location constraint with `resource-discovery=never`. Then `crm_resource --cleanup -r {rsc}`."""


class Episode(NamedTuple):
    """Failures of one node that follow each other closely."""

    node: str
    failures: tuple[Failure, ...]

    @property
    def at(self) -> float | None:
        """The first failure."""
        return self.failures[0].ts

    @property
    def until(self) -> float | None:
        """The last one, if it came later."""
        last = self.failures[-1].ts
        return last if last is not None and self.at is not None and last > self.at else None

    @property
    def events(self) -> tuple[int, ...]:
        """What proves it, the events of the failures themselves first."""
        first = [f.events[0] for f in self.failures]
        return tuple(dict.fromkeys((*first, *(event for f in self.failures for event in f.events))))[:PROOFS]

    def finding(self, doing: str) -> Finding:
        """What the rules yield: see `sentence`."""
        return Finding(
            self.node, self.sentence(doing), at=self.at, until=self.until, evidence=self.events, advice=self._advice
        )

    @property
    def _advice(self) -> str:
        """What to do where every failure has the same simple reason, otherwise nothing."""
        if not all((f.reason or "").startswith("not installed") for f in self.failures):
            return ""
        return " ".join(MISSING.format(node=self.node, rsc=self.failures[0].rsc).split())

    def sentence(self, doing: str) -> str:
        """Says for example: Stopping vip on beta failed at 12:01:02 (3 times): target is busy."""
        reason = next((f": {f.reason}" for f in self.failures if f.reason), "")
        count = f" ({times(len(self.failures))})" if len(self.failures) > 1 else ""
        how = "timed out" if any(f.timed_out for f in self.failures) else "failed"
        what = listing(f.rsc for f in self.failures)
        return f"{doing} {what} on {self.node} {how} at {clock(self.at)}{count}{reason}."


def episodes(store: Store, wanted: Callable[[Failure], bool]) -> Iterator[Episode]:
    """The failures of a sort, by node and episode."""
    by_node: dict[str, list[list[Failure]]] = {}
    for failure in filter(wanted, failures(store)):
        groups = by_node.setdefault(failure.node, [])
        last = groups[-1][-1].ts if groups else None
        if groups and (failure.ts is None or last is None or failure.ts - last < EPISODE):
            groups[-1].append(failure)
        else:
            groups.append([failure])
    for node, groups in by_node.items():
        yield from (Episode(node, tuple(group)) for group in groups)
