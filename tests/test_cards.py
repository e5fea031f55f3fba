"""What the page says of a node in a few words, and of what was not checked."""

from pcmklog.report import cards, facts, walk

AT = "2026-11-22T07:{:02d}:00.000Z"


def life(lane, how, minute):
    return {"node": "node1", "lane": lane, "how": how, "began": AT.format(minute)}


def stop(outcome):
    return {"node": "node1", "kind": "shutdown", "outcome": outcome, "ended": AT.format(9)}


def state(**report):
    (card,) = cards.cards({"nodes": [{"name": "node1"}], **report})
    return card.state, card.mood, card.told


def test_node_that_stopped_in_order_is_stopped_though_a_daemon_was_killed_before():
    lives = [life("attrd", "killed", 1), life("attrd", "stopped", 2), life("corosync", "stopped", 0)]
    assert state(timeline=lives, sequences=[stop("complete")]) == ("stopped", "quiet", ())


def test_node_whose_stop_does_not_end_is_not_said_to_run_well():
    lives = [life("pacemakerd", "running", 0), life("crmd", "stopped", 0)]
    report = {"timeline": lives, "sequences": [stop("incomplete")]}
    grave = [{"code": "ORD108", "severity": "error", "node": "node1"}]
    assert state(**report, findings=grave) == ("stop not finished", "bad", ())
    assert state(**report) == ("stop not finished", "quiet", ())


def test_node_that_was_lost_often_is_told_in_one_sentence_and_that_it_runs():
    lost = [{"node": "node1", "kind": "failover", "began": AT.format(minute)} for minute in (1, 2, 3)]
    told = ("lost 3 times from 07:01:00 to 07:03:00",)
    assert state(timeline=[life("corosync", "running", 0)], operations=lost) == (
        "lost, running at the end",
        "bad",
        told,
    )


def test_checks_that_lack_the_same_are_one_line():
    rows = [{"code": code, "node": node, "reason": "no lines"} for code, node in (("FEN601", None), ("FEN602", None))]
    rows.append({"code": "ORD101", "node": "node1", "reason": "no log"})
    assert facts.missed({"not_checked": rows}) == [
        ("no lines", "all nodes", ["FEN601", "FEN602"]),
        ("no log", "node1", ["ORD101"]),
    ]


def test_healthy_report_begins_with_what_was_looked_at():
    report = {
        "nodes": [{"name": "node1"}, {"name": "node2"}],
        "bundle": {"span": [AT.format(0), AT.format(9)]},
        "sequences": [stop("complete")] * 2 + [stop("incomplete")],
        "verdict": {"sentences": ["No faults found.", "4 checks found no contradiction."]},
    }
    assert facts.sentences(report) == [
        (
            "The logs of node1, node2 from 2026-11-22 07:00:00 to 07:09:00 UTC: 3 starts and stops, "
            "2 as they should be, 1 not seen to the end."
        ),
        "4 checks found no contradiction.",
    ]


def test_step_is_late_only_beside_steps_that_followed_the_same():
    """After a step that was done twice the next one comes sooner than after one that was done once."""

    def start(node, *steps):
        return {"node": node, "kind": "startup", "steps": [{"step": name, "at": AT.format(at)} for name, at in steps]}

    twice = (("waits", 0), ("waits", 20), ("joined", 21))
    found = walk.walks({"sequences": [start("node1", *twice), start("node2", *twice), start("node3", *twice[::2])]})
    assert [each.strides[-1].long for each in found] == [False, False, False]
    assert [each.strides[-1].usual for each in found] == [60.0, 60.0, None]


def test_headline_is_not_told_again():
    report = {"nodes": [{"name": "node1"}], "bundle": {"span": [AT.format(0)] * 2}, "sequences": []}
    report["verdict"] = {"sentences": ["No faults found."], "summary": "No faults found."}
    told = "The logs of node1 from 2026-11-22 07:00:00 to 07:00:00 UTC: no start or stop in them."
    assert facts.sentences(report) == [told]
    assert facts.account(report) == told
