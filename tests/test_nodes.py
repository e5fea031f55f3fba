"""Whose file it is, which year and which clock."""

import os
from datetime import UTC, datetime

from pcmklog.analyze import load
from pcmklog.store import Store
from tests.logs import COROSYNC_START, bundle, corosync, loaded, text

PLUGIN = b"totem {\n version: 2\n}\nservice {\n name: pacemaker\n ver: %s\n}\n"

BANNER = "corosync[40]:   [MAIN  ] Corosync Cluster Engine 3.1.7 starting up"


def nodes(store):
    return {row.name: row.stack for row in store.rows("select * from node")}


def test_folders_name_nodes_and_full_names_are_the_same_node(tmp_path):
    files = {
        "report/node1.example.com/corosync.log": text(corosync(0, COROSYNC_START, "node1")),
        "report/node2/corosync.log": text(corosync(0, COROSYNC_START, "node2")),
    }
    assert len(nodes(loaded(tmp_path, files))) == 2


def test_a_central_log_has_the_lines_of_several_nodes(tmp_path):
    lines = corosync(0, COROSYNC_START, "node1") + corosync(1, COROSYNC_START, "node2")
    assert set(nodes(loaded(tmp_path, {"all.log": text(lines)}))) == {"node1", "node2"}


def test_a_folder_of_a_system_is_no_node(tmp_path):
    files = {"node1/var/log/cluster/corosync.log": text(corosync(0, COROSYNC_START))}
    assert set(nodes(loaded(tmp_path, files))) == {"node1"}


def test_the_year_is_that_of_the_file(tmp_path):
    folder = bundle(tmp_path / "b", {"node1/corosync.log": text(corosync(0, COROSYNC_START))})
    when = datetime(2012, 11, 3, tzinfo=UTC).timestamp()
    os.utime(folder / "node1/corosync.log", (when, when))
    store = Store()
    load([folder], store)
    assert datetime.fromtimestamp(store.one("select min(ts) as ts from event").ts, UTC).year == 2012


def test_a_log_of_december_in_a_file_of_january_is_of_the_year_before(tmp_path):
    log = text(corosync(0, COROSYNC_START)).replace("Nov 02", "Dec 30")
    folder = bundle(tmp_path / "b", {"node1/corosync.log": log})
    when = datetime(2013, 1, 5, tzinfo=UTC).timestamp()
    os.utime(folder / "node1/corosync.log", (when, when))
    store = Store()
    load([folder], store)
    assert datetime.fromtimestamp(store.one("select min(ts) as ts from event").ts, UTC).year == 2012


def test_stamps_without_a_year_take_that_of_the_dated_lines_beside_them(tmp_path):
    bare = [f"Dec 31 23:{minute}:00 node1 {BANNER}" for minute in (10, 20)]
    dated = [f"2013-01-01T00:{minute}:00+00:00 node1 {BANNER}" for minute in (10, 20)]
    store = loaded(tmp_path, {"node1/messages": "\n".join([*bare, *dated, ""])})
    years = [datetime.fromtimestamp(row.ts, UTC).year for row in store.rows("select ts from event order by ts")]
    assert years == [2012, 2012, 2013, 2013]


def test_a_service_block_under_corosync_3_is_not_the_plugin(tmp_path):
    files = {"node1/corosync.conf": PLUGIN % b"0", "node1/corosync.log": text(corosync(0, COROSYNC_START))}
    assert nodes(loaded(tmp_path, files)) == {"node1": "corosync"}


def test_the_configuration_tells_the_stack_where_the_log_does_not(tmp_path):
    log = "Nov 02 10:00:00 corosync [TOTEM ] A processor failed, forming new configuration.\n"
    for ver, stack in ((b"0", "plugin-v0"), (b"1", "plugin-v1")):
        folder = tmp_path / stack
        store = loaded(folder, {"node1/corosync.conf": PLUGIN % ver, "node1/corosync.log": log})
        assert nodes(store) == {"node1": stack}


def test_offsets_are_proved_by_common_memberships(tmp_path):
    ring = [
        (0.0, "[TOTEM ] A new membership (1.9) was formed. Members joined: 2"),
        (40.0, "[TOTEM ] A new membership (1.d) was formed. Members left: 3"),
    ]
    files = {
        "node1/corosync.log": text(corosync(10, ring, "node1")),
        "node2/corosync.log": text(corosync(57.3, ring, "node2")),
        "node3/corosync.log": text(corosync(10.001, ring, "node3")),
    }
    store = loaded(tmp_path, files)
    ahead = {row.node: row.offset_s for row in store.rows("select * from clock")}
    assert abs(ahead["node2"] - ahead["node1"] - 47.3) < 0.05
    at = [row.ts for row in store.rows("select ts from event where fields->>'ring' = '1.9'")]
    assert max(at) - min(at) < 0.1
