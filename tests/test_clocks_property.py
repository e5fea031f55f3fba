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

from pcmklog import analyze
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
    if len(found) < 2 or all(row.anchors for row in found.values()):
        assert told(after) == told(before)
    recovered(before, after, found, kind)


def recovered(before, after, found, kind):
    """Asserts that every event of a clock with three anchors stands where it stood against those of the reference."""
    old, new = stamps(before), stamps(after)
    moved: dict[str, list[float]] = {}
    for key in old.keys() & new.keys():
        if old[key].digits > 0 or not any(row.digits > 0 and row.node == key[2] for row in old.values()):
            moved.setdefault(key[2], []).append(new[key].ts - old[key].ts)
    for node, row in found.items():
        if row.anchors < 3 or node == row.reference or (kind == "drift" and row.drift_ppm is None):
            continue
        precise = any(r.digits > 0 for r in old.values() if r.node == node)
        assert abs(median(moved[node]) - median(moved[row.reference])) < (PRECISE_S if precise else WHOLE_S)
