"""Whatever the clocks of the nodes are, the same findings come out, and the clocks are recovered.

Bundles are taken at random, and the clocks of their nodes are shifted, made to drift and put into other zones.  The
seed is part of the name of the test; PCMKLOG_SEED takes another first one, and so other bundles, PCMKLOG_RUNS more of
them.  Labelled bundles take part where they are there; `python -m tests.clocks` goes through all of them.
"""

from __future__ import annotations

import os
import random

import pytest

from tests.clocks import COVERED, KINDS, Bundle, bundles
from tests.corpus import ROOT, corpus_folder

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


def test_clocks_are_no_further_off_than_stated(tmp_path, known):
    """Nearly always: what is stated are two standard errors."""
    clocks = [
        clock for name in SAMPLES[:2] for seed in range(2)
        for clock in known(ROOT / "sample_logs/bundles" / name).turned(tmp_path / f"{name}{seed}", "drift", seed).clocks
    ]  # fmt: skip
    assert len(clocks) > 6
    assert sum(clock.most <= clock.stated for clock in clocks) >= COVERED * len(clocks)
