"""One fact, many witnesses: the same event in several files is one, two events of one file are two."""

from tests.logs import COROSYNC_START, bundle, corosync, loaded, text

BANNER = "[MAIN  ] Corosync Cluster Engine 3.1.7 starting up"
SYSLOG = f"Nov  2 10:00:00 node1 corosync[41]:   {BANNER}\n"


def kinds(store, kind):
    return store.rows("select * from event where kind = ?", kind)


def test_the_same_event_in_two_files_is_one_event_with_two_witnesses(tmp_path):
    store = loaded(tmp_path, {"node1/corosync.log": text(corosync(0.25, [(0.0, BANNER)])), "node1/messages": SYSLOG})
    (event,) = kinds(store, "corosync.started")
    assert len(store.evidence(event.id)) == 2


def test_the_most_precise_stamp_wins(tmp_path):
    store = loaded(tmp_path, {"node1/corosync.log": text(corosync(0.25, [(0.0, BANNER)])), "node1/messages": SYSLOG})
    (event,) = kinds(store, "corosync.started")
    assert event.ts % 1 == 0.25
    assert store.evidence(event.id)[0].file == "node1/corosync.log"


def test_corosync_has_the_pid_that_syslog_saw(tmp_path):
    store = loaded(tmp_path, {"node1/corosync.log": text(corosync(0.25, [(0.0, BANNER)])), "node1/messages": SYSLOG})
    assert kinds(store, "corosync.started")[0].pid == 41


def test_two_equal_lines_of_one_file_are_two_events(tmp_path):
    lost = "[TOTEM ] A processor failed, forming new configuration."
    store = loaded(tmp_path, {"node1/corosync.log": text(corosync(0, [(0.1, lost), (0.4, lost)]))})
    assert len(kinds(store, "totem.token_lost")) == 2


def test_the_same_line_of_two_nodes_is_two_events(tmp_path):
    files = {f"{node}/corosync.log": text(corosync(0, COROSYNC_START, node)) for node in ("node1", "node2")}
    assert {row.node for row in kinds(loaded(tmp_path, files), "corosync.started")} == {"node1", "node2"}


def test_a_detail_that_syslog_cuts_makes_no_second_event(tmp_path):
    line = "node1 pacemakerd          [50] (main) \tnotice: Starting Pacemaker 2.1.5 | build=a3f44794f94 features:x"
    syslog = "Nov  2 10:00:00 node1 pacemakerd[50]:  notice: Starting Pacemaker 2.1.5 \n"
    store = loaded(tmp_path, {"node1/pacemaker.log": text([(0.5, line)]), "node1/messages": syslog})
    assert len(kinds(store, "pacemakerd.started")) == 1


def test_any_line_can_be_read_again_after_the_bundle_is_gone(tmp_path):
    folder = bundle(tmp_path / "b", {})
    store = loaded(folder, {"node1/corosync.log": text(corosync(0, COROSYNC_START))})
    (folder / "node1/corosync.log").unlink()
    assert "Completed service" in store.raw_lines(1, 4, 4)[0]
    assert store.raw_lines(1, 99, 100) == []
