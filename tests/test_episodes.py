"""Events of one node that follow each other closely are told once, with what they say together."""

from pcmklog import analyze
from pcmklog.rules._episodes import episodes
from tests.logs import COROSYNC_START, corosync, loaded, text

LOST = "[TOTEM ] A processor failed, forming new configuration."
DROPPED = "Nov  2 10:00:%02d node1 rsyslogd-2177: imuxsock[pid: 85, uid: 0]: %d messages lost due to rate-limiting (60 allowed within 5 seconds)\n"  # noqa: E501


def test_a_gap_begins_a_new_episode_and_nodes_are_apart(tmp_path):
    files = {
        "node1/corosync.log": text(corosync(0, [(1, LOST), (5, LOST), (60, LOST)])),
        "node2/corosync.log": text(corosync(0, [(3, LOST)], "node2")),
    }
    found = episodes(loaded(tmp_path, files).events("totem.token_lost"), 10)
    assert [(node, len(group)) for node, group in found] == [("node1", 2), ("node1", 1), ("node2", 1)]


def test_dropped_lines_are_added_up(tmp_path):
    files = {
        "node1/corosync.log": text(corosync(0, COROSYNC_START)),
        "node1/messages": DROPPED % (10, 900) + DROPPED % (30, 26),
    }
    rule = next(rule for rule in analyze.load_rules() if rule.code == "LOG002")
    (finding,) = rule.findings(loaded(tmp_path, files))
    assert "926 lines" in finding.title


def test_a_storm_that_syslog_counted_is_one(tmp_path):
    lines = ["   [TOTEM ] Retransmit List: 1", "message repeated 214 times: [   [TOTEM ] Retransmit List: 1]"]
    log = "".join(f"Nov  2 10:00:0{n} node1 corosync[40]: {line}\n" for n, line in enumerate(lines))
    found = [
        f for f in analyze.find(loaded(tmp_path, {"node1/messages": log}), analyze.load_rules()) if f.code == "MEM406"
    ]
    assert [f.title.split(" in ")[0] for f in found] == ["node1 asked for messages again 215 times"]


def test_a_console_shows_that_cman_waited_in_vain(tmp_path):
    log = "   Starting cman... [  OK  ]\n   Waiting for quorum... Timed-out waiting for cluster\n[FAILED]\n"
    found = analyze.find(loaded(tmp_path, {"console.txt": log}), analyze.load_rules())
    assert "QRM502" in {f.code for f in found}
