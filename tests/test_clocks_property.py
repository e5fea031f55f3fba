"""Whatever the clocks of the nodes are, the same findings come out, and the clocks are recovered.

Bundles are taken at random, and the clocks of their nodes are shifted, made to drift or put into other zones.  The seed
is part of the name of the test; PCMKLOG_SEED takes another one, and so other bundles.  Labelled bundles take part where
they are there.
"""

from __future__ import annotations

import os
import random
from collections import Counter
from datetime import timedelta, timezone
from statistics import median

import pytest

from pcmklog import analyze, assemble
from pcmklog.clock.causal import bounds, trips
from pcmklog.clock.moments import common
from pcmklog.clock.order import together
from tests.corpus import ROOT, corpus_folder
from tests.restamp import Clock, rewritten

SAMPLES = (
    ("corosync3-partition.tar.bz2", "offset"),
    ("corosync3-killed-and-fenced.tar.gz", "zone"),
    ("plugin-v1-stop-refused.tar.bz2", "drift"),
)
KINDS = ("offset", "zone", "drift")
SOME = 3  # labelled bundles in one run
ZONES = (-8, -5, -3.5, 1, 2, 5.5, 5.75, 9)
PRECISE_S, WHOLE_S = 0.05, 1.0  # how well a clock is recovered, by the decimals of the stamps


def cases():
    for seed, (name, kind) in enumerate(SAMPLES):
        yield pytest.param(ROOT / "sample_logs/bundles" / name, kind, seed, id=f"{name}-{kind}")
    corpus = corpus_folder()
    found = sorted(p for p in corpus.glob("*/*/*.tar*") if p.parent.parent.name != "public") if corpus else []
    first = int(os.environ.get("PCMKLOG_SEED", "2010"))
    for seed in range(first, first + SOME if found else first):
        path, kind = random.Random(seed).choice(found), KINDS[seed % 3]
        yield pytest.param(path, kind, seed, id=f"{path.parent.name}-{kind}-{seed}")


def clock(kind, rng, begin):
    if kind == "offset":
        ahead = rng.uniform(-300, 300)
        return Clock(lambda t: t + ahead)
    if kind == "drift":
        rate, ahead = rng.uniform(-0.02, 0.02), rng.uniform(-20, 20)
        return Clock(lambda t: t + ahead + rate * (t - begin))
    return Clock(zone=timezone(timedelta(hours=rng.choice(ZONES))))


def told(done):
    """What was found, but for the clocks themselves."""
    return Counter((f.code, f.node) for f in done.findings if not f.code.startswith("CLK"))


def stamps(done):
    rows = done.store.rows(
        "select s.path, e.line, e.node, e.ts, e.digits from event e join source s on s.id = e.source "
        "where e.ts is not null"
    )
    return {(row.path.rsplit("/", 3)[-1], row.line, row.node): row for row in rows}


def misplaced(store):
    """The effects that stand before their causes, though the stamps leave it open where they stand."""
    found = bounds(store)
    ts = {row.id: row.ts for row in store.rows("select id, ts from event where ts is not null")}
    return [
        bound for bound in together(found, ts)
        if (ts[bound.effect], bound.effect) < (ts[bound.cause], bound.cause)
        and ts[bound.cause] - ts[bound.effect] < bound.late - 1e-5
    ]  # fmt: skip


@pytest.mark.parametrize(("bundle", "kind", "seed"), [*cases()])
def test_the_clocks_of_the_nodes_change_no_finding(tmp_path, bundle, kind, seed):
    rng = random.Random(seed)
    first = analyze.examine([bundle])
    clocks = first.store.rows("select node from clock order by node")
    begin = first.store.one("select min(ts) as at from event").at
    true = {row.node: Clock() for row in clocks}
    wrong = true | {row.node: clock(kind, rng, begin) for row in clocks[1:]}
    zones = first.store.rows("select node, utc_offset from node_zone")
    was = {row.node: timezone(timedelta(seconds=row.utc_offset)) for row in zones}
    before = analyze.examine([rewritten(bundle, tmp_path / "before" / "b", true, was=was)])
    after = analyze.examine([rewritten(bundle, tmp_path / "after" / "b", wrong, was=was)])
    found = {row.node: row for row in after.store.rows("select * from clock")}
    adrift = {node for node, row in found.items() if not row.anchors and node != row.reference}
    if adrift:  # nothing tells of these clocks, and the report says so
        report = assemble.report(after.store, after.bundle, after.checks, after.findings)
        assert {node["name"] for node in report["nodes"] if node["clock"]["offset_s"] is None} >= adrift
    else:
        assert told(after) == told(before)
    recovered(before, after, wrong)
    assert misplaced(after.store) == []


def recovered(before, after, wrong):
    """Asserts that each event of a clock with three anchors stands where it stood against those of the reference.

    What the reference showed is the time of all; between the first and the last anchor of a node it is known of it too.
    """
    for node, by in beside(before, after, wrong).items():
        precise = any(row.digits > 0 for row in stamps(before).values() if row.node == node)
        assert by < (PRECISE_S if precise else WHOLE_S), (node, by)


def beside(before, after, wrong):
    """By how many seconds a node with three anchors is off against the reference, in general."""
    found = {row.node: row for row in after.store.rows("select * from clock")}
    reference = next(iter(found.values())).reference
    old, new = stamps(before), stamps(after)
    off: dict[str, list[tuple[float, float]]] = {}
    for key in old.keys() & new.keys():
        if old[key].digits > 0 or not any(row.digits > 0 and row.node == key[2] for row in old.values()):
            off.setdefault(key[2], []).append((new[key].ts, new[key].ts - wrong[reference].shown(old[key].ts)))
    zero = median(by for _, by in off[reference])
    result = {}
    for node, (first, last) in spans(after.store).items():
        between = [by - zero for ts, by in off.get(node, ()) if first - 1 <= ts <= last + 1]
        if found[node].anchors >= 3 and between:
            result[node] = abs(median(between))
    return result


def spans(store):
    """From when to when the moments are that a node has in common with others."""
    ts = {row.id: row.ts for row in store.rows("select id, ts from event where ts is not null")}
    moments: dict[str, list[float]] = {}
    for (node, _), points in common(store, trips(bounds(store))).items():
        moments.setdefault(node, []).extend(ts[point.event] for point in points)
    return {node: (min(at), max(at)) for node, at in moments.items()}
