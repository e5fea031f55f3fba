"""Starts and stops as they are rebuilt: steps, outcome, deviations, and how lives end."""

from itertools import count

import pytest

from pcmklog.analyze import load
from pcmklog.sequences import child_order, version_key, within
from pcmklog.sequences.heard import heard
from pcmklog.sequences.lives import NodeLives
from pcmklog.store import Store
from tests.logs import (
    CHILDREN,
    COROSYNC_START,
    COROSYNC_STOP,
    corosync,
    loaded,
    pacemaker_start,
    pacemaker_stop,
    pacemakerd,
    text,
)

HEALTHY = {
    "node1/corosync.log": text(corosync(0, COROSYNC_START) + corosync(130, COROSYNC_STOP)),
    "node1/pacemaker.log": text(pacemaker_start(2) + pacemaker_stop(120)),
}


def sequences(store):
    return store.rows("select * from sequence order by began")


def deviations(store):
    return [(row.kind, row.step, row.after) for row in store.rows("select * from deviation order by sequence, n")]


def test_a_healthy_life_is_one_start_and_one_stop(tmp_path):
    store = loaded(tmp_path, HEALTHY)
    assert [(s.kind, s.outcome, s.stack) for s in sequences(store)] == [
        ("startup", "complete", "corosync"),
        ("shutdown", "complete", "corosync"),
    ]
    assert deviations(store) == []


def test_the_steps_of_a_start_stand_in_their_order(tmp_path):
    store = loaded(tmp_path, HEALTHY)
    steps = [row.step for row in store.rows("select step from step where sequence = 1 order by n")]
    assert steps[0] == "Corosync started"
    assert [s for s in steps if s.startswith("forked")] == [f"forked pacemaker-{child}" for child in CHILDREN]
    assert steps[-1] == "joined"


def test_a_fork_out_of_order_is_a_deviation(tmp_path):
    wrong = ("fenced", "based", *CHILDREN[2:])
    files = {**HEALTHY, "node1/pacemaker.log": text(pacemaker_start(2, wrong))}
    assert ("out-of-order", "forked pacemaker-fenced", "forked pacemaker-based") in deviations(loaded(tmp_path, files))


def test_corosync_that_unloads_before_pacemaker_stopped_is_out_of_order(tmp_path):
    files = {
        "node1/corosync.log": text(corosync(0, COROSYNC_START) + corosync(100, COROSYNC_STOP)),
        "node1/pacemaker.log": text(pacemaker_start(2) + pacemaker_stop(110)),
    }
    assert ("out-of-order", "Corosync unloads", "Pacemaker stopped") in deviations(loaded(tmp_path, files))


def test_a_pacemaker_that_waits_for_corosync_is_one_start_with_it(tmp_path):
    waiting = pacemakerd(0, [(0.0, "Could not connect to Corosync CMAP: CS_ERR_LIBRARY (retrying in 3s) | rc=2")])
    files = {
        "node1/corosync.log": text(corosync(2, COROSYNC_START)),
        "node1/pacemaker.log": text(waiting + pacemaker_start(4)),
    }
    store = loaded(tmp_path, files)
    assert [(s.kind, s.outcome) for s in sequences(store)] == [("startup", "complete")]
    assert store.one("select step from step order by ts limit 1").step == "Corosync started"


def test_a_start_that_the_end_of_the_log_cuts_is_incomplete(tmp_path):
    files = {**HEALTHY, "node1/pacemaker.log": text(pacemakerd(2, [(0.0, "Starting Pacemaker 2.1.5 | build=x")]))}
    assert sequences(loaded(tmp_path, files))[0].outcome == "incomplete"


def test_a_second_instance_is_refused_and_the_first_goes_on(tmp_path):
    second = corosync(60, [COROSYNC_START[0], (0.1, "[MAIN  ] Another Corosync instance is already running.")], pid=90)
    files = {**HEALTHY, "node1/corosync.log": text(corosync(0, COROSYNC_START) + second + corosync(130, COROSYNC_STOP))}
    lives = loaded(tmp_path, files).rows("select how, began from life where role = 'messaging' order by began")
    assert [life.how for life in lives] == ["stopped", "refused"]


def test_a_new_banner_without_an_end_is_a_lost_life(tmp_path):
    files = {"node1/corosync.log": text(corosync(0, COROSYNC_START) + corosync(60, COROSYNC_START, pid=41))}
    lives = loaded(tmp_path, files).rows("select how from life where role = 'messaging' order by began")
    assert [life.how for life in lives] == ["lost", "running"]


def test_syslog_that_begins_again_unasked_is_a_boot(tmp_path):
    start = (
        'node1 rsyslogd: [origin software="rsyslogd" swVersion="8.2" x-pid="29" x-info="https://www.rsyslog.com"] start'
    )
    files = {**HEALTHY, "node1/messages": text([(60, start)]).replace(".000", "")}
    files["node1/corosync.log"] = text(corosync(0, COROSYNC_START))
    files["node1/pacemaker.log"] = text(pacemaker_start(2))
    store = loaded(tmp_path, files)
    assert len(store.rows("select * from boot")) == 1
    assert {row.how for row in store.rows("select how from life where role in ('messaging', 'mcp')")} == {"lost"}


def test_syslog_that_begins_in_the_second_of_the_banner_ends_no_life(tmp_path):
    """At boot the two come up in either order, and syslog has whole seconds."""
    start = (
        'node1 rsyslogd: [origin software="rsyslogd" swVersion="8.2" x-pid="29" x-info="https://www.rsyslog.com"] start'
    )
    files = {**HEALTHY, "node1/messages": text([(0, start)]).replace(".000", "")}
    files["node1/corosync.log"] = text(corosync(0, COROSYNC_START)).replace(".000", "")
    store = loaded(tmp_path, files)
    assert [row.how for row in store.rows("select how from life where role = 'messaging'")] == ["running"]


def test_a_corosync_that_nobody_missed_ended_with_its_clients(tmp_path):
    """After a reset its new banner may come first; it had nothing to say for as long as all was well."""
    files = {
        "node1/corosync.log": text(corosync(0, COROSYNC_START) + corosync(90, COROSYNC_START, pid=41)),
        "node1/pacemaker.log": text(pacemaker_start(2) + pacemaker_start(92)),
    }
    assert [row.outcome for row in sequences(loaded(tmp_path, files))] == ["complete", "complete"]


def test_a_daemon_that_dies_of_a_signal_is_killed_and_lives_again(tmp_path):
    died = pacemakerd(
        60,
        [
            (0.0, "pacemaker-attrd[63] terminated with signal 9 (Killed)"),
            (0.1, "Respawning pacemaker-attrd subdaemon after unexpected exit"),
            (0.2, "Forked child 77 for process pacemaker-attrd"),
        ],
    )
    store = loaded(tmp_path, {**HEALTHY, "node1/pacemaker.log": text(pacemaker_start(2) + died)})
    lives = store.rows("select pid, how, signal from life where role = 'attrd' order by began")
    assert [(life.pid, life.how, life.signal) for life in lives] == [(63, "killed", 9), (77, "running", None)]


@pytest.mark.parametrize(
    ("parent", "version", "first"),
    [
        ("mcp", "1.1.5", "fencer"),
        ("mcp", "1.1.7", "cib"),
        ("messaging", "1.1.3", "fencer"),
        ("mcp", "2.1.5-1+deb12u1", "cib"),
    ],
)
def test_the_release_decides_which_daemon_is_first(parent, version, first):
    assert child_order(parent, version)[0] == first


def test_releases_compare_as_numbers():
    assert version_key("1.1.10") > version_key("1.1.9")
    assert version_key("subrev 1152 version 0.80") == (0, 80)
    assert within("1.1.7-6.el6", "1.1.7-1.1.24")
    assert not within("1.1.6", "1.1.7-1.1.24")
    assert not within(None, "1.1.7-1.1.24")


@pytest.mark.parametrize("sample", ["ORD109/bad", "FRK205/bad", "MEM403/bad", "FRK203/bad", "ORD102/bad"])
def test_what_is_heard_of_a_node_gives_the_lives_that_all_its_events_give(root, sample):
    store = Store()
    load([root / "sample_logs" / sample], store)
    for node, events in heard(store).items():
        few, whole = NodeLives(node, count(1)), NodeLives(node, count(1))
        all_of_them = [event for event in store.events(node=node) if event.ts is not None]
        assert few.fold(event for event in events if event.ts is not None) == whole.fold(all_of_them)
        assert few.boots == whole.boots


def test_a_child_that_connects_to_corosync_anew_is_no_start_of_pacemakerd(tmp_path):
    child = (
        "node1 pacemaker-based     [60] (init) \tinfo: API connection setup failed: CS_ERR_TRY_AGAIN.  Retrying in 1s"
    )
    store = loaded(tmp_path, {**HEALTHY, "node1/other.log": text([(4.0, child)])})
    assert [(s.kind, s.outcome) for s in sequences(store)] == [("startup", "complete"), ("shutdown", "complete")]
