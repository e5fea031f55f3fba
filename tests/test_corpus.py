"""The figures over the labelled bundles may only rise; collected where those are there."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests import corpus

FOLDER = corpus.corpus_folder()


@pytest.mark.parametrize("kind", corpus.kinds(FOLDER) if FOLDER else [], ids=lambda kind: kind.name)
def test_no_figure_falls_below_its_floor(kind: Path):
    scores = corpus.run(kind)
    assert corpus.fallen(scores, corpus.load_floor().get(kind.name, {})) == [], corpus.table(kind.name, scores)
