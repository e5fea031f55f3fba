"""Whatever the clocks of the nodes are, the same findings come out, and the clocks are recovered.

Bundles are taken at random, and the clocks of their nodes are shifted, made to drift and put into other zones.  The
seed is part of the name of the test; PCMKLOG_SEED takes another first one, and so other bundles, PCMKLOG_RUNS more of
them.  Labelled bundles take part where they are there; `python -m tests.clocks` goes through all of them.
"""

from __future__ import annotations

import os
import random

import pytest

from pcmklog import analyze
from tests.clocks import COVERED, KINDS, Bundle, bundles, recovered
from tests.corpus import ROOT, corpus_folder
from tests.restamp import Clock, rewritten

SAMPLES = (
    "corosync3-partition.tar.bz2",
    "corosync3-killed-and-fenced.tar.gz",
    "plugin-v1-stop-refused.tar.bz2",
)
RUNS = 3  # of labelled bundles


def cases():
    for seed, name in enumerate(SAMPLES):
        for kind in (KINDS[seed], "wild"):
            yield pytest.param(ROOT / "sample_logs/bundles" / name, kind, seed, id=f"{name}-{kind}-{seed}")
    corpus = corpus_folder()
    found = bundles(kind for kind in corpus.iterdir() if kind.name != "public") if corpus else []
    first = int(os.environ.get("PCMKLOG_SEED", "2010"))
    for seed in range(first, first + int(os.environ.get("PCMKLOG_RUNS", RUNS)) if found else first):
        path, kind = random.Random(seed).choice(found), KINDS[seed % len(KINDS)]
        yield pytest.param(path, kind, seed, id=f"{path.parent.name}-{kind}-{seed}")


@pytest.fixture(scope="module")
def known(tmp_path_factory):
    """Bundles that are read, by their paths."""
    read = {}

    def one(path):
        if path not in read:
            read[path] = Bundle(path, tmp_path_factory.mktemp("before"))
        return read[path]

    return one


@pytest.mark.parametrize(("path", "kind", "seed"), [*cases()])
def test_the_clocks_of_the_nodes_change_no_finding(tmp_path, known, path, kind, seed):
    done = known(path).turned(tmp_path, kind, seed)
    if done.adrift:  # nothing tells of these clocks, and the report says so
        assert done.owned
    else:
        assert (done.lost, done.new) == ({}, {})
    assert [clock for clock in done.clocks if not clock.well] == []
    assert [clock for clock in done.clocks if clock.by > 2 * clock.stated + 0.001] == []
    assert done.misplaced == []


def test_a_clock_that_drifts_and_is_set_is_fitted_in_pieces(tmp_path, known):
    """To half a minute, between moments that lie on two lines; nothing is left of jump and drift."""
    path = ROOT / "sample_logs/bundles" / SAMPLES[0]
    bundle = known(path)
    stamps = sorted(row.ts for row in bundle.before.store.rows("select ts from event where ts is not null"))
    step = stamps[len(stamps) // 2]
    node = bundle.nodes[1]
    wrong = {name: Clock() for name in bundle.nodes} | {
        node: Clock(lambda t: t + 0.01 * (t - bundle.begin) - (30 if t < step else 0))
    }
    after = analyze.examine([rewritten(path, tmp_path / "b", wrong, was=bundle.was)])
    assert [f.node for f in after.findings if f.code == "CLK902"] == [node]
    clocks = {clock.node: clock for clock in recovered(bundle.before.store, after.store, wrong)}
    assert clocks[node].well
    row = after.store.one("select residual_ms, error_s from clock where node = ?", node)
    assert row.residual_ms < 50
    assert row.error_s < 1


def test_clocks_are_no_further_off_than_stated(tmp_path, known):
    """Nearly always: what is stated are two standard errors."""
    clocks = [
        clock for name in SAMPLES[:2] for seed in range(2)
        for clock in known(ROOT / "sample_logs/bundles" / name).turned(tmp_path / f"{name}{seed}", "drift", seed).clocks
    ]  # fmt: skip
    assert len(clocks) > 6
    assert sum(clock.most <= clock.stated for clock in clocks) >= COVERED * len(clocks)
