"""The figures over the labelled bundles may only rise; collected where those are there."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pcmklog.analyze import analyze
from tests import corpus

FOLDER = corpus.corpus_folder()
# Cases that are there for what their lines look like.
FORMATS = [
    path.parent
    for kind in (corpus.kinds(FOLDER) if FOLDER else [])
    for path in sorted(kind.glob("*/expect.json"))
    if "parsed_lines" in json.loads(path.read_text("utf-8"))
]


@pytest.mark.parametrize("kind", corpus.kinds(FOLDER) if FOLDER else [], ids=lambda kind: kind.name)
def test_no_figure_falls_below_its_floor(kind: Path):
    scores = corpus.run(kind)
    assert corpus.fallen(scores, corpus.load_floor().get(kind.name, {})) == [], corpus.table(kind.name, scores)


@pytest.mark.parametrize("case", FORMATS, ids=lambda case: case.name)
def test_no_line_is_lost(case: Path):
    truth = json.loads((case / "expect.json").read_text("utf-8"))
    bundles = truth["bundle"] if isinstance(truth["bundle"], list) else [truth["bundle"]]
    report = analyze([case / name for name in bundles])
    logs = [source for source in report["sources"] if source["parsed"]]
    sums = [source["parsed"] + source["continued"] + source["unknown"] for source in logs]
    assert sums == [source["lines"] for source in logs]
    assert report["bundle"]["parsed"] >= truth["parsed_lines"]
    assert set(truth["hosts"]) <= {node["name"] for node in report["nodes"]}
