"""What was logged while a rotated file was written that is not in the bundle: unknown, never missing."""

from __future__ import annotations

import pytest

from pcmklog.analyze import analyze, load
from pcmklog.store import Store
from tests.logs import COROSYNC_START, bundle, corosync, pacemaker_start, text

BEFORE = text(
    [*corosync(0, COROSYNC_START), *pacemaker_start(2), *corosync(60, [(0, "[TOTEM ] Retransmit List: 1 2")])]
)
AFTER = text([*corosync(900, COROSYNC_START, pid=77), *pacemaker_start(902)])


def files(*numbers):
    return {f"node1/corosync.log.{n}" if n else "node1/corosync.log": part for n, part in numbers}


HOLE = files((4, BEFORE), (2, AFTER))


def corosyncs(folder, logs):
    store = Store()
    load([bundle(folder, logs)], store)
    return [row.how for row in store.rows("select how from life where role = 'messaging' order by began")]


def test_an_end_that_was_not_heard_is_a_loss(tmp_path):
    assert corosyncs(tmp_path, files((3, BEFORE), (2, AFTER))) == ["lost", "running"]


def test_an_end_in_a_missing_file_is_unknown(tmp_path):
    assert corosyncs(tmp_path, HOLE) == ["running", "running"]


def test_another_log_of_the_node_closes_the_hole(tmp_path):
    over = BEFORE + text(corosync(500, [(0, "[TOTEM ] Retransmit List: 3")])) + AFTER
    assert corosyncs(tmp_path, HOLE | {"node1/all.log": over}) == ["lost", "running"]


@pytest.mark.parametrize(("logs", "told"), [(HOLE, 1), (files((3, BEFORE), (2, AFTER)), 0)])
def test_the_missing_file_is_told(tmp_path, logs, told):
    found = [f for f in analyze([bundle(tmp_path, logs)])["findings"] if f["code"] == "LOG002"]
    assert len(found) == told
    for finding in found:
        assert (
            finding["title"]
            == "The bundle lacks the rotated file between node1/corosync.log.4 and node1/corosync.log.2."
        )
        assert [line["file"][-1] for line in finding["evidence"]] == ["4", "2"]
        assert finding["at"] < finding["until"]


def test_a_node_is_not_said_to_have_died_in_a_hole(tmp_path):
    def codes(name, logs):
        return {finding["code"] for finding in analyze([bundle(tmp_path / name, logs)])["findings"]}

    assert codes("whole", files((3, BEFORE), (2, AFTER))) == {"ORD109"}
    assert codes("hole", HOLE) == {"LOG002"}
