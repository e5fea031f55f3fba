"""Makes the clocks of bundles wrong at random and says how well they are recovered: `python -m tests.clocks FOLDER...`.

The clock of every node but the first is shifted, made to drift, or put into another zone, or all of these at once
(`wild`), and the bundle is written anew so (`restamp.py`).  The findings have to stay the same, and every clock with
three anchors and more has to be found to 50 ms, or within its second where the stamps have whole ones.

A line is told for each bundle that was not recovered, and the figures of all at the end.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, timedelta, timezone, tzinfo
from pathlib import Path
from statistics import median
from typing import NamedTuple

from pcmklog import analyze, assemble
from pcmklog.analyze import Examined
from pcmklog.clock.causal import Bound, bounds, trips
from pcmklog.clock.moments import common
from pcmklog.clock.order import together
from pcmklog.model import Finding
from pcmklog.store import Row, Store
from tests.restamp import Clock, rewritten

KINDS = ("offset", "zone", "drift", "wild")
ZONES = (-8, -5, -3.5, 1, 2, 5.5, 5.75, 9)
PRECISE_S, WHOLE_S = 0.05, 1.0  # how well a clock is recovered, by the decimals of the stamps
ANCHORS = 3  # so many have to be there
COVERED = 0.95  # of the clocks are no further off than the report says


class Recovered(NamedTuple):
    """A clock with anchors enough: by how many seconds it is off, in general and nearly always, and what is stated."""

    node: str
    by: float
    most: float
    stated: float
    precise: bool

    @property
    def well(self) -> bool:
        return self.by < (PRECISE_S if self.precise else WHOLE_S)


class Outcome(NamedTuple):
    """What became of a bundle whose clocks were made wrong."""

    clocks: list[Recovered]
    lost: Counter[tuple[str, str | None]]  # findings that are not there any more
    new: Counter[tuple[str, str | None]]
    adrift: set[str]  # nodes of which nothing tells
    owned: bool  # ... and the report says so
    misplaced: list[Bound]


class Bundle:
    """A bundle as it is, to be compared with what is made of it."""

    def __init__(self, path: Path, folder: Path) -> None:
        self.path = path
        first = analyze.examine([path])
        self.nodes = [row.node for row in first.store.rows("select node from clock order by node")]
        self.begin = _only(first.store, "select min(ts) as at from event").at
        zones = first.store.rows("select node, utc_offset from node_zone")
        self.was: dict[str, tzinfo] = {row.node: timezone(timedelta(seconds=row.utc_offset)) for row in zones}
        self.before = analyze.examine([rewritten(path, folder / "b", self._true(), was=self.was)])

    def _true(self) -> dict[str, Clock]:
        return {node: Clock() for node in self.nodes}

    def turned(self, folder: Path, kind: str, seed: int) -> Outcome:
        """What comes out when all clocks but the first are wrong."""
        rng = random.Random(seed)
        wrong = self._true() | {node: clock(kind, rng, self.begin) for node in self.nodes[1:]}
        after = analyze.examine([rewritten(self.path, folder / "b", wrong, was=self.was)])
        rows = after.store.rows("select * from clock")
        adrift = {row.node for row in rows if not row.anchors and row.node != row.reference}
        old, new = told(self.before.findings), told(after.findings)
        return Outcome(
            recovered(self.before.store, after.store, wrong),
            old - new,
            new - old,
            adrift,
            not adrift or _unknown(after) >= adrift,
            misplaced(after.store),
        )


def clock(kind: str, rng: random.Random, begin: float) -> Clock:
    """A wrong clock of some kind; `begin` is when the logs begin."""
    ahead = {"offset": 300.0, "zone": 0.0, "drift": 20.0, "wild": 300.0}[kind] * rng.uniform(-1, 1)
    rate = rng.uniform(-0.02, 0.02) if kind in ("drift", "wild") else 0.0
    zone = timezone(timedelta(hours=rng.choice(ZONES))) if kind in ("zone", "wild") else UTC
    return Clock(lambda t: t + ahead + rate * (t - begin), zone)


def told(findings: Iterable[Finding]) -> Counter[tuple[str, str | None]]:
    """What was found, but for the clocks themselves."""
    return Counter((f.code, f.node) for f in findings if not f.code.startswith("CLK"))


def _unknown(done: Examined) -> set[str]:
    """The nodes of whose clock the report says that it is not known."""
    report = assemble.report(done.store, done.bundle, done.checks, done.findings)
    return {node["name"] for node in report["nodes"] if node["clock"]["offset_s"] is None}


def misplaced(store: Store) -> list[Bound]:
    """The effects that stand before their causes, though the stamps leave it open where they stand."""
    found = bounds(store)
    ts = {row.id: row.ts for row in store.rows("select id, ts from event where ts is not null")}
    return [
        bound for bound in together(found, ts)
        if (ts[bound.effect], bound.effect) < (ts[bound.cause], bound.cause)
        and ts[bound.cause] - ts[bound.effect] < bound.late - 1e-5
    ]  # fmt: skip


# ---------------------------------------------------------------------- how far the clocks are off


def recovered(before: Store, after: Store, wrong: dict[str, Clock]) -> list[Recovered]:
    """By how much each clock with three anchors is off, at the events between its first and its last anchor.

    What the reference showed is the time of all.
    """
    found = {row.node: row for row in after.rows("select * from clock")}
    reference = next(iter(found.values())).reference
    old, new = _stamps(before), _stamps(after)
    precise = {node for (_, _, node), row in old.items() if row.digits > 0}
    off: dict[str, list[tuple[float, float]]] = {}
    for key in old.keys() & new.keys():
        if old[key].digits > 0 or key[2] not in precise:
            off.setdefault(key[2], []).append((new[key].ts, new[key].ts - wrong[reference].shown(old[key].ts)))
    zero = median(by for _, by in off.get(reference, [(0.0, 0.0)]))
    result = []
    for node, (first, last) in _spans(after).items():
        by = sorted(by - zero for ts, by in off.get(node, ()) if first - 1 <= ts <= last + 1)
        if found[node].anchors >= ANCHORS and node != reference and by:
            most = max(abs(by[len(by) // 50]), abs(by[-1 - len(by) // 50]))
            result.append(Recovered(node, abs(median(by)), most, found[node].error_s or 0.0, node in precise))
    return result


def _stamps(store: Store) -> dict[tuple[str, int, str], Row]:
    rows = store.rows(
        "select s.path, e.line, e.node, e.ts, e.digits from event e join source s on s.id = e.source "
        "where e.ts is not null"
    )
    return {(row.path.rsplit("/", 3)[-1], row.line, row.node): row for row in rows}


def _spans(store: Store) -> dict[str, tuple[float, float]]:
    """From when to when the moments are that a node has in common with others."""
    ts = {row.id: row.ts for row in store.rows("select id, ts from event where ts is not null")}
    moments: dict[str, list[float]] = {}
    for (node, _), points in common(store, trips(bounds(store))).items():
        moments.setdefault(node, []).extend(ts[point.event] for point in points)
    return {node: (min(at), max(at)) for node, at in moments.items()}


def _only(store: Store, query: str) -> Row:
    row = store.one(query)
    assert row is not None
    return row


# ---------------------------------------------------------------------- many bundles


def bundles(folders: Iterable[Path]) -> list[Path]:
    """The archives of labelled bundles."""
    return sorted(path for folder in folders for path in folder.glob("*/*.tar*"))


def figures(clocks: Sequence[Recovered]) -> str:
    """How many clocks were recovered how well."""
    lines = []
    for words, some in (("of milliseconds", True), ("of whole seconds", False)):
        mine = [clock for clock in clocks if clock.precise is some]
        if mine:
            worst, stated = max(c.by for c in mine), sum(c.most <= c.stated for c in mine)
            lines.append(
                f"stamps {words}: {len(mine)} clocks, {sum(c.well for c in mine)} recovered, the worst to "
                f"{worst * 1000:.0f} ms; {stated} not further off than stated"
            )
    return "\n".join(lines)


def main(arguments: Sequence[str] | None = None) -> int:
    """Print what is not recovered, and the figures."""
    options = argparse.ArgumentParser(prog="python -m tests.clocks", description="Make the clocks of bundles wrong.")
    options.add_argument("folders", nargs="+", type=Path, help="folders of labelled bundles", metavar="FOLDER")
    options.add_argument("--kind", choices=KINDS, default="wild", help="what is wrong with the clocks")
    options.add_argument("--seeds", type=int, nargs="+", default=[2010], help="one run for each")
    options.add_argument("--part", default="1/1", help="of so many parts of the bundles this one, such as 2/3")
    chosen = options.parse_args(arguments)
    part, parts = map(int, chosen.part.split("/"))
    clocks: list[Recovered] = []
    runs = bad = 0
    for n, path in enumerate(bundles(chosen.folders)[part - 1 :: parts]):
        with tempfile.TemporaryDirectory() as folder:
            bundle = Bundle(path, Path(folder, "before"))
            for seed in chosen.seeds if len(bundle.nodes) > 1 else ():
                done = bundle.turned(Path(folder, str(seed)), chosen.kind, seed * 1000 + n)
                runs, clocks = runs + 1, [*clocks, *done.clocks]
                if remarks := _remarks(done):
                    bad += 1
                    print(f"{path.parent.name} {chosen.kind} {seed}: {'; '.join(remarks)}", flush=True)
    print(f"{runs} runs, {bad} not clean", figures(clocks), sep="\n", flush=True)
    return 1 if bad else 0


def _remarks(done: Outcome) -> list[str]:
    found = [f"{c.node} is off by {c.by * 1000:.0f} ms" for c in done.clocks if not c.well]
    found += [f"{len(done.misplaced)} effects before their causes"] if done.misplaced else []
    if done.adrift:
        return found + ([] if done.owned else ["the report does not say of whom nothing tells"])
    found += [f"lost {code}@{node}" for code, node in done.lost]
    return found + [f"new {code}@{node}" for code, node in done.new]


if __name__ == "__main__":
    sys.exit(main())
