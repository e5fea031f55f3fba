"""python -m benchmarks.rules [BUNDLE | DATABASE]: derived tables and rules over a bundle of about a million events.

The bundle is read once and its raw events are kept; what is measured is the CPU time of each stage and each rule after
that, in one process.  `--keep FILE` keeps the raw events for the next time; `--times N` tells the story of the bundle N
times in a row, which makes a million events of a smaller one.
"""

from __future__ import annotations

import argparse
import resource
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TypeVar

from benchmarks.make_bundle import make
from pcmklog import causes, clock, dating, facts, kept, nodes, releases, sequences, state
from pcmklog.bundle import open_bundle
from pcmklog.catalog import Catalog
from pcmklog.ingest import read
from pcmklog.model import Finding, Given
from pcmklog.rule import rules
from pcmklog.store import Store

SIZE = 1 << 30
# From one telling of the story to the next: a minute of silence, and whole seconds.
SPAN = """
select max(line) as lines, ceil(max(far) + 60) as seconds
from (select line, max(local) over (partition by year) - min(local) over (partition by year) as far from raw_event)
"""
MOST = 20  # lines of the table
Result = TypeVar("Result")


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def timed(costs: dict[str, float], name: str, work: Callable[[], Result]) -> Result:
    began = cpu()
    result = work()
    costs[name] = cpu() - began
    print(f"{name:12} {costs[name]:8.2f} CPU-s", file=sys.stderr, flush=True)
    return result


def raw(bundle: Path, database: Path) -> Path:
    """A database of the raw events alone."""
    store = Store()
    opened = open_bundle([bundle])
    read(opened, store, Catalog.load())
    kept.keep(store, opened, database)
    return database


def repeat(store: Store, times: int) -> None:
    """The story so many times, one after the other, in the same files."""
    span = store.one(SPAN)
    assert span is not None
    store.execute("create temp table again as from raw_event")
    store.execute('drop view "raw_event"')
    store.execute(
        "create table raw_event as select again.* replace (line + n * ? as line, local + n * ? as local) "
        "from again, range(?) t(n) order by source, line",
        span.lines, span.seconds, times,
    )  # fmt: skip


def measure(database: Path, times: int = 1) -> None:
    store, catalog = Store(), Catalog.load()
    if kept.attach(store, database, anew=True).use is kept.Use.TEXT:
        sys.exit(f"{database} was read by other code: read the bundle again.")
    store.roomy()
    if times > 1:
        repeat(store, times)
    # The seconds since 1970 in the text of a later telling are those of the first: they prove no zone.
    given = Given(zones={"": "UTC"} if times > 1 else {})
    stages: dict[str, float] = {}
    for name, work in (
        ("nodes", lambda: nodes.attribute(store)),
        ("dating", lambda: dating.date(store, given)),
        ("facts", lambda: facts.join(store)),
        ("clock", lambda: clock.align(store)),
        ("releases", lambda: releases.settle(store, catalog)),
        ("sequences", lambda: sequences.fold(store)),
        ("state", lambda: state.derive(store)),
    ):
        timed(stages, name, work)
    costs: dict[str, float] = {}
    found: list[Finding] = []
    for rule in rules():
        found += timed(costs, rule.code, partial(list, rule.findings(store)))
    timed(stages, "causes", lambda: causes.link(causes.number(found)))
    events = store.one("select count(*) as raw, (select count(*) from event) as events from raw_event")
    print(f"{events.raw:,} lines recognised, {events.events:,} events, {len(found):,} findings")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:,.0f} MB")
    print(f"tables {sum(stages.values()):.2f} CPU-s, rules {sum(costs.values()):.2f} CPU-s; the most costly:")
    for name, seconds in sorted((stages | costs).items(), key=lambda cost: -cost[1])[:MOST]:
        print(f"{name:12} {seconds:8.2f} CPU-s")


def main() -> None:
    arguments = argparse.ArgumentParser()
    arguments.add_argument("bundle", nargs="?", type=Path)
    arguments.add_argument("--keep", type=Path)
    arguments.add_argument("--times", type=int, default=1)
    told = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        path = told.bundle
        if path is None:
            path = make(Path(folder) / "made", SIZE)
        if not kept.is_kept(path):
            path = raw(path, told.keep or Path(folder) / "raw.duckdb")
        measure(path, told.times)


if __name__ == "__main__":
    sys.exit(main())
