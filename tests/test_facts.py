"""One fact, many witnesses: the same event in several files is one, two events of one file are two."""

import pytest

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


FAILED = "[TOTEM ] A processor failed, forming new configuration."


def witnesses(store, kind):
    """For each event of a kind the second of its stamp and the files that tell it."""
    return [
        (round(event.ts % 60, 1), sorted(proof.file for proof in store.evidence(event.id)))
        for event in store.events(kind)
    ]


def syslog(*lines):
    return "".join(f"Nov  2 10:00:{second:02d} node1 {rest}\n" for second, rest in lines)


def test_several_equal_facts_of_one_second_stay_several(tmp_path):
    log = text(corosync(0, [(5.1, FAILED), (5.4, FAILED), (5.9, FAILED)]))
    store = loaded(tmp_path, {"node1/a.log": log, "node1/messages": syslog(*[(5, f"corosync[41]: {FAILED}")] * 3)})
    assert witnesses(store, "totem.token_lost") == [
        (second, ["node1/a.log", "node1/messages"]) for second in (5.1, 5.4, 5.9)
    ]


def test_of_equal_facts_the_nearest_are_joined(tmp_path):
    log = text(corosync(0, [(5.0, FAILED), (6.2, FAILED)]))
    store = loaded(tmp_path, {"node1/a.log": log, "node1/messages": syslog((6, f"corosync[41]: {FAILED}"))})
    assert witnesses(store, "totem.token_lost") == [(5.0, ["node1/a.log"]), (6.2, ["node1/a.log", "node1/messages"])]


def test_a_fact_that_came_late_to_syslog_is_joined(tmp_path):
    log = text(corosync(0, [(5.2, FAILED)]))
    store = loaded(tmp_path, {"node1/a.log": log, "node1/messages": syslog((7, f"corosync[41]: {FAILED}"))})
    assert witnesses(store, "totem.token_lost") == [(5.2, ["node1/a.log", "node1/messages"])]


def test_what_two_processes_say_is_two_facts_in_whatever_order_the_files_have_them(tmp_path):
    said = "pacemakerd[{}]:  notice: Starting Pacemaker 2.1.5"
    logs = {"messages": syslog((5, said.format(50)), (5, said.format(51)))}
    logs["ha-log.txt"] = syslog((5, said.format(51)), (5, said.format(50)))
    store = loaded(tmp_path, {f"node1/{name}": log for name, log in logs.items()})
    assert {event.pid for event in store.events("pacemakerd.started")} == {50, 51}
    assert [len(files) for _, files in witnesses(store, "pacemakerd.started")] == [2, 2]
    for event in store.events("pacemakerd.started"):
        assert all(f"[{event.pid}]" in proof.text for proof in store.evidence(event.id))


def test_the_detail_of_a_message_may_follow_without_a_blank(tmp_path):
    said = "vip cannot run on node2 due to reaching migration threshold (clean up resource to allow again)"
    line = f"node1 pacemaker-schedulerd[55] (f) \twarning: {said}| failures=1000000 migration-threshold=1000000"
    short = syslog((5, f"pacemaker-schedulerd[55]:  warning: {said}"))
    store = loaded(tmp_path, {"node1/pacemaker.log": text([(5.2, line)]), "node1/messages": short})
    assert [len(files) for _, files in witnesses(store, "resource.banned")] == [2]


def test_a_flood_in_one_file_costs_no_more_than_its_lines(tmp_path):
    flood = [(second / 200, FAILED) for second in range(8000)]
    some = syslog(*[(second, f"corosync[41]: {FAILED}") for second in range(40) for _ in range(50)])
    store = loaded(tmp_path, {"node1/a.log": text(corosync(0, flood)), "node1/messages": some})
    counts = [row.n for row in store.rows("select count(*) as n from witness group by event")]
    assert (len(counts), counts.count(2)) == (8000, 2000)


def test_a_line_of_whole_seconds_is_not_before_what_stands_above_it_in_its_file(tmp_path):
    """Corosync's own file breaks off after the banner; syslog has the same second cut to its beginning."""
    start, then, late = COROSYNC_START[0][1], "[KNET  ] host: host: 2 has no active links", "[SERV  ] Exit"
    syslog = [f"Nov 02 10:00:00 node1 corosync[40]:   {said}" for said in (start, then)]
    syslog.append(f"Nov 02 10:00:01 node1 corosync[40]:   {late}")
    store = loaded(
        tmp_path,
        {"node1/corosync.log": text(corosync(0.55, [(0.0, start)])), "node1/syslog": "\n".join(syslog) + "\n"},
    )
    rows = store.rows("select ts - floor(ts / 60) * 60 as at, logged - floor(logged) as cut from event order by ts, id")
    assert [(round(row.at, 3), round(row.cut, 3)) for row in rows][:2] == [(0.55, 0.55), (0.55, 0.0)]
    lives = store.rows("select began, how from life")
    assert [(row.began % 60, row.how) for row in lives] == [(pytest.approx(0.55, abs=0.001), "running")]


def test_two_files_of_whole_seconds_are_read_side_by_side(tmp_path):
    """What only one of them has keeps its place beside the lines that both have."""
    lines = [
        "pacemakerd: [83]: notice: start_child: Forked child 92 for process crmd",
        "pacemakerd: [83]: notice: pcmk_shutdown_worker: Shuting down Pacemaker",
        "pacemakerd: [83]: notice: stop_child: Stopping crmd: Sent -15 to process 92",
        "pacemakerd: [83]: notice: pcmk_child_exit: Child process crmd terminated with signal 15 (pid=92, rc=0)",
        "pacemakerd: [83]: notice: stop_child: Stopping attrd: Sent -15 to process 90",
    ]
    stamped = [f"Nov 02 10:00:00 node1 {line}\n" for line in lines]
    short, long = (
        "".join(stamped[2:]),
        "".join([*stamped[:3], stamped[0].replace("92 for process crmd", "90 for process attrd")]),
    )
    for first, second in (("a.log", "b.log"), ("b.log", "a.log")):
        store = loaded(tmp_path / first, {f"node1/{first}": short, f"node1/{second}": long})
        kinds = [row.kind for row in store.rows("select kind from event order by ts, id")]
        assert kinds.index("pacemakerd.stopping") < kinds.index("child.stopping") < kinds.index("child.signalled")


def test_a_file_without_stamps_is_joined_with_the_one_that_has_them(tmp_path):
    """Corosync with `timestamp: off` beside syslog: each line is told twice, and is one event with a time."""
    said = [text for _, text in COROSYNC_START]
    stamped = "".join(f"Nov 02 10:00:0{n} node1 corosync[41]:   {line}\n" for n, line in enumerate(said))
    bare = "".join(f"[40] node1 corosyncnotice  {line}\n" for line in said)
    store = loaded(tmp_path, {"node1/syslog": stamped, "node1/corosync.log": bare})
    assert [row.kind for row in store.rows("select kind from event where ts is null")] == []
    assert store.one("select count(*) as n from event").n == len(said)
    assert [row.how for row in store.rows("select how from life")] == ["running"]
