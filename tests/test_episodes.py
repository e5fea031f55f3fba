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
