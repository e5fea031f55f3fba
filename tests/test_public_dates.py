"""Public bundles, where they are there: year and hour are those that their own lines tell.

A line that tells the seconds since 1970 was written then, and what two files of a node say in equal words is of one
moment, where one of them names year and zone and the other does not.
"""

from __future__ import annotations

import json

from pcmklog import analyze
from pcmklog.model import Given
from tests.corpus import corpus_folder
from tests.test_dating import START, at, graph

EPOCHS = """
select f.logged - l.epoch as late
from epoch_line l join fact f on f.source = l.source and f.line = l.line
where not l.history and f.logged is not null
"""
COPIES = """
with stamped as (
  select f.source, f.line, f.node, f.logged, r.kind, r.text, r.zone is not null as whole from fact f
  join raw_event r on r.source = f.source and r.line = f.line
  where f.logged is not null and f.node is not null
)
select min(abs(a.logged - b.logged)) as apart
from stamped a join stamped b on a.node = b.node and a.text = b.text and a.kind = b.kind
where a.whole and not b.whole
group by b.source, b.line
"""
LATE_S, APART_S = 300.0, 2.0
LEAST = 5  # copies: less may be two occasions of which one file each tells
MOST = 0.9  # of the lines; some are repeated later, or tell of an older moment


def cases():
    corpus = corpus_folder()
    for truth in sorted(corpus.glob("public/*/expect.json")) if corpus else []:
        names = json.loads(truth.read_bytes())["bundle"]
        paths = [truth.parent / name for name in (names if isinstance(names, list) else [names])]
        yield truth.parent.name, paths


def test_year_and_hour_are_those_that_lines_tell():
    wrong = []
    for name, paths in cases():
        store = analyze.examine(paths).store
        late = [-60 <= row.late <= LATE_S for row in store.rows(EPOCHS)]
        apart = [row.apart <= APART_S for row in store.rows(COPIES)]
        if sum(late) < MOST * len(late) or (len(apart) >= LEAST and sum(apart) < MOST * len(apart)):
            wrong.append(name)
    assert wrong == []


def test_the_check_knows_wrong_years(tmp_path):
    """Here too, where no public bundle is: the same lines under another year, or in another zone, are told."""
    folder = tmp_path / "node1"
    folder.mkdir()
    (folder / "corosync.log").write_text(START + graph("11:01:41", at(2019, 4, 3, 3, 1, 41)))
    right = analyze.examine([tmp_path]).store
    assert [row.late for row in right.rows(EPOCHS)] == [0.0]
    wrong = analyze.examine([tmp_path], given=Given(2018, {"": "+08:00"})).store
    assert [round(row.late / 86400) for row in wrong.rows(EPOCHS)] == [-365]
