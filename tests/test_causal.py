"""No effect stands before its cause: what messages tell of the clocks, and of lines within one second."""

from __future__ import annotations

import random
from typing import NamedTuple

import pytest

from pcmklog.clock.causal import Bound, bounds, pairs, trips
from pcmklog.clock.order import moves, settled, together
from tests.logs import COROSYNC_START, corosync, loaded, text

RINGS = [(n * 20.0, f"[TOTEM ] A new membership (1.{n + 5:x}) was formed. Members joined: 2") for n in range(3)]
HOSTS = {"<one>": "node1", "<two>": "node2", "<three>": "node3"}


def named(said):
    for place, host in HOSTS.items():
        said = said.replace(place, host)
    return said


ENTRIES = {pair.says: pair._replace(sample=[named(said) for said in pair.sample]) for pair in pairs()}


class Line(NamedTuple):
    id: int
    source: int
    ts: float


def story(pair, late, *, nodes=("node1", "node2"), whole=False):
    """Two nodes with three rings, and the lines of a pair: the effect so many seconds after its cause."""
    lines = {node: corosync(0, [*COROSYNC_START, *RINGS], node) for node in ("node1", "node2")}
    for node, at, said in ((nodes[0], 45.5, pair.sample[0]), (nodes[1], 45.5 + late, pair.sample[1])):
        lines[node].append((at, f"{node} {said}"))
    if pair.before:
        lines[nodes[0]].append((45.0, f"{nodes[0]} {pair.before}"))
    logs = {f"{node}/pacemaker.log": text(rows) for node, rows in lines.items()}
    if whole:
        logs = {name: "".join(f"{row[:15]}{row[19:]}\n" for row in log.splitlines()) for name, log in logs.items()}
    return logs


def order(store, pair):
    """The times of cause and effect on the cluster clock."""
    rows = store.rows("select kind, ts, id from event where kind in (?, ?) order by ts, id", pair.cause, pair.effect)
    return {row.kind: (row.ts, row.id) for row in rows}


@pytest.mark.parametrize("pair", ENTRIES.values(), ids=ENTRIES)
def test_the_sample_of_a_pair_belongs_together(tmp_path, pair):
    (found,) = bounds(loaded(tmp_path, story(pair, 0.25)))
    assert (found.cause_node, found.effect_node, found.certain) == ("node1", "node2", True)
    assert found.got - found.sent == pytest.approx(0.25)


def test_lines_that_could_belong_together_in_too_many_ways_are_not_paired(tmp_path):
    pair = next(pair for pair in ENTRIES.values() if not pair.same)
    few, many = ({**story(pair, 0.25)} for _ in range(2))
    for log, times in ((few, 2), (many, 11)):
        for name, rows in log.items():
            said = [row for row in rows.splitlines(keepends=True) if any(line in row for line in pair.sample)]
            log[name] = rows + "".join(said * (times - 1))
    assert len(bounds(loaded(tmp_path / "few", few))) == 4
    assert bounds(loaded(tmp_path / "many", many)) == []


@pytest.mark.parametrize("pair", ENTRIES.values(), ids=ENTRIES)
def test_lines_of_one_node_are_no_message(tmp_path, pair):
    assert bounds(loaded(tmp_path, story(pair, 0.25, nodes=("node1", "node1")))) == []


@pytest.mark.parametrize("pair", [p for p in ENTRIES.values() if p.to or p.by], ids=lambda pair: pair.says)
def test_what_another_node_is_told_is_not_its_cause(tmp_path, pair):
    log = story(pair, 0.25)
    sender = {
        name: rows.replace(pair.sample[0], pair.sample[0].replace("node2", "node9")) for name, rows in log.items()
    }
    told = {name: rows.replace(pair.sample[1], pair.sample[1].replace("node1", "node9")) for name, rows in log.items()}
    assert bounds(loaded(tmp_path / "s", sender if pair.to else told)) == []


@pytest.mark.parametrize("pair", ENTRIES.values(), ids=ENTRIES)
def test_an_effect_is_laid_behind_its_cause_when_rings_leave_it_open(tmp_path, pair):
    store = loaded(tmp_path, story(pair, -0.03))
    at = order(store, pair)
    assert at[pair.effect] > at[pair.cause]
    assert store.one("select offset_s from clock where node = 'node2'").offset_s == pytest.approx(-0.03, abs=0.002)


@pytest.mark.parametrize("pair", ENTRIES.values(), ids=ENTRIES)
def test_within_a_second_an_effect_is_laid_behind_its_cause(tmp_path, pair):
    """Both stamps are of one second, and node1, whose line comes first by name, has the effect."""
    log = story(pair, 0.25, whole=True)
    log = {name.replace("node1", "node3"): rows.replace("node1", "node3") for name, rows in log.items()}
    at = order(loaded(tmp_path, log), pair)
    assert at[pair.effect] > at[pair.cause]
    assert at[pair.effect][0] - at[pair.cause][0] < 1e-3


def test_what_seems_long_before_its_cause_has_another_one(tmp_path):
    store = loaded(tmp_path, story(ENTRIES["a node asks the DC for its shutdown"], -20))
    assert [row.offset_s for row in store.rows("select offset_s from clock")] == [0.0, 0.0]


def bound(cause_node, effect_node, sent, got, n=0, late=0.001):
    return Bound(cause_node, effect_node, sent, got, late, 2 * n, 2 * n + 1, sharp=True, certain=True, prompt=True)


def test_a_message_and_its_answer_are_a_moment():
    found = trips([bound("a", "b", 10.0, 15.004), bound("b", "a", 15.006, 10.02, 1)])
    assert found["b", "a"][0].ahead == pytest.approx(4.995, abs=0.011)
    assert found["a", "b"][0].ahead == pytest.approx(-4.995, abs=0.011)


@pytest.mark.parametrize("answer", [(15.0, 10.2), (35.0, 30.02), (14.5, 10.0)], ids=["slow", "much-later", "too-early"])
def test_what_does_not_answer_at_once_is_no_moment(answer):
    assert trips([bound("a", "b", 10.0, 15.004), bound("b", "a", answer[0], answer[1], 1)]) == {}


def stamps(bounds_):
    return {b.cause: b.sent for b in bounds_} | {b.effect: b.got for b in bounds_}


@pytest.mark.parametrize("seed", range(20))
def test_clocks_are_moved_as_little_as_puts_every_effect_behind_its_cause(seed):
    rng = random.Random(seed)
    nodes = ["a", "b", "c", "d"][: rng.randint(2, 4)]
    wrong = {node: rng.uniform(-0.3, 0.3) for node in nodes}
    sent = []
    for n in range(12):
        cause, effect = rng.sample(nodes, 2)
        at = rng.uniform(0, 100)
        sent.append(bound(cause, effect, at + wrong[cause], at + rng.uniform(0, 0.05) + wrong[effect], n))
    by = moves(nodes, sent, stamps(sent))
    assert nodes[0] not in by
    for b in sent:
        assert b.got + by.get(b.effect_node, 0) - b.sent - by.get(b.cause_node, 0) > -1e-9
    for node in by:
        nearer = by | {node: by[node] * 0.9}
        assert any(b.got + nearer.get(b.effect_node, 0) < b.sent + nearer.get(b.cause_node, 0) for b in sent)


def test_clocks_whose_messages_contradict_each_other_stay():
    sent = [bound("a", "b", 10.0, 9.9), bound("b", "a", 20.0, 19.9, 1), bound("a", "c", 30.0, 29.9, 2)]
    assert moves(["a", "b", "c"], sent, stamps(sent)) == {"c": pytest.approx(0.1)}


def test_of_several_lines_none_is_taken_for_the_effect():
    sent = [bound("a", "b", 10.0, 10.1)._replace(certain=False), bound("a", "b", 10.0, 10.2, 1)._replace(certain=False)]
    sent[1] = sent[1]._replace(cause=0)
    assert together(sent, stamps(sent)) == []
    assert together(sent[:1], stamps(sent)) == sent[:1]


def test_lines_below_an_effect_in_its_file_are_not_before_it():
    """The cause was logged at 10.7; the second line of a file tells its effect, the third is the cause of another."""
    rows = [Line(1, 0, 10.0), Line(3, 0, 10.0), Line(4, 0, 10.0), Line(7, 1, 10.0)]
    sent = [bound("a", "b", 10.7, 10.0, 1, 1.0), bound("b", "c", 10.0, 10.0, 3, 1.0)._replace(cause=4)]
    at = settled(rows, sent, {2: 10.7, 3: 10.0, 4: 10.0, 7: 10.0})
    assert 1 not in at
    assert 10.7 < at[3] <= at[4] < at[7] < 10.8


def test_a_line_stays_in_its_second():
    sent = [bound("a", "b", 11.3, 10.0, 1, 1.0)]
    assert settled([Line(3, 0, 10.0)], sent, {2: 11.3, 3: 10.0}) == {}
