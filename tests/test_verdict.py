"""The verdict in words: what began it, what followed, what else is wrong, what to do next and what is not known."""

from pcmklog import causes
from pcmklog.model import Finding
from pcmklog.rule import rules
from pcmklog.verdict import verdict, words

SEVERITY = {rule.code: rule.severity for rule in rules()}
NOON = 1795348800.0  # 2026-11-22 12:00:00 UTC


def finding(code, at=0.0, node="node1", title="", **more):
    more.setdefault("severity", SEVERITY[code])
    return Finding(node, title or f"{code} on {node}.", at=NOON + at if at is not None else None, code=code, **more)


def judged(*findings, told=None):
    return verdict(causes.link(causes.number(findings)), told)


def test_a_bundle_without_faults_has_no_root_and_says_what_was_checked():
    found = judged(finding("SYS956", severity="info"))
    assert (found.root_causes, found.summary) == ((), "No faults found.")
    told = {"invariants": [{"status": "holds"}, {"status": "not checkable"}]}
    assert judged(told=told).summary == (
        "No faults found. 1 of 2 checks across all nodes (rings, DC, fencing, quorum, resources) could be made, "
        "and found no contradiction."
    )


def test_it_begins_with_the_root_and_its_day():
    found = judged(finding("ORD101", title="Corosync on node1 was stopped at 12:00:00."), finding("FRK204", at=1.0))
    assert found.summary.startswith("2026-11-22: Corosync on node1 was stopped at 12:00:00. It led to this: ")
    assert found.root_causes == ("f1",)


def test_a_fault_without_a_time_has_no_day():
    assert judged(finding("CFG704", at=None, node=None, title="The files differ.")).summary == "The files differ."


def test_consequences_are_told_in_order_of_time_and_fencing_by_its_end():
    found = judged(
        finding("ORD101"),
        finding("FEN601", at=5.0, until=NOON + 8.0),
        finding("MEM407", at=4.0),
        finding("FRK204", at=0.5),
    )
    said = found.summary.split("It led to this: ")[1]
    assert said.index("left the cluster unannounced at 12:00:04") < said.index("node1 was fenced at 12:00:08")


def test_the_same_consequence_on_several_nodes_is_told_once():
    found = judged(
        finding("MEM402", node=None, nodes=("node1", "node2")), finding("QRM501"), finding("QRM501", 0.1, "node2")
    )
    assert "node1 and node2 lost quorum at 12:00:00" in found.summary


def test_what_did_not_follow_is_told_as_independent():
    found = judged(finding("ORD101"), finding("SYS953", at=9000.0, node="node3", title="The disk is full: 0 bytes."))
    assert "Independent of that: The disk is full." in found.summary


def test_the_next_step_is_the_advice_until_it_says_enough():
    short = judged(
        finding(
            "ORD101",
            advice="Find the limit. Raise it in the unit file of the daemon that could not fork. Then restart.",
        )
    )
    assert short.next_step == "Find the limit. Raise it in the unit file of the daemon that could not fork."
    long = "Stop Pacemaker first, then Corosync, in this order on all nodes of the cluster"
    assert judged(finding("ORD101", advice=f"{long}. Then start it.")).next_step == f"{long}."


def test_it_says_what_it_does_not_know():
    told = {
        "questions": [
            {"title": "node2 was lost", "answers": [{"question": "Did it work?", "verdict": "unknown"}]},
            {"title": "node3 was lost", "answers": [{"question": "Did it work?", "verdict": "yes"}]},
        ]
    }
    found = judged(finding("ORD101"), finding("LOG001", at=None, title="There are no logs of node2."), told=told)
    assert found.unknown == ("There are no logs of node2", "whether the fencing worked (node2 was lost)")
    assert found.summary.endswith("Not known: There are no logs of node2; whether the fencing worked (node2 was lost).")


def operation(outcome="ok", done="2026-11-22T12:00:09.000Z"):
    move = {"resource": "vip", "outcome": outcome, "to": "node2", "done": done if outcome == "ok" else None}
    return {"operations": [{"kind": "failover", "node": "node1", "moves": [move]}]}


def test_it_says_what_became_of_the_services():
    assert (
        "The cluster had resource vip up elsewhere by 12:00:09." in judged(finding("ORD101"), told=operation()).summary
    )
    assert "no start of vip is logged" in judged(finding("ORD101"), told=operation("no result")).summary


def test_every_fault_that_is_worded_exists():
    assert set(words()) <= set(SEVERITY)


def test_one_fault_on_several_nodes_at_once_is_no_independent_fault():
    both = judged(*(finding("ORD109", at, f"node{n}") for n, at in ((1, 0.0), (2, 1.0), (3, 2.0))))
    assert "The same happened on node2 and node3 in that moment." in both.summary
    assert "Independent" not in both.summary
    later = judged(finding("ORD109"), finding("ORD109", 9000.0, "node2"), finding("ORD109", 9001.0, "node3"))
    assert "Independent of that: node2 and node3 went down without a stop at 14:30:00." in later.summary


def test_an_open_question_is_asked_once_for_several_cases():
    rows = [
        {"title": f"node{n} was lost", "answers": [{"question": "Did it work?", "verdict": "unknown"}]} for n in "234"
    ]
    found = judged(finding("ORD101"), told={"questions": rows})
    assert found.unknown == ("whether the fencing worked (node2 was lost; node3 was lost; and 1 more)",)
