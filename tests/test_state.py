"""The state of each node, fencing, fail-over and shutdown, invariants and questions, from small bundles."""

import json

import pytest

from pcmklog import sections
from pcmklog.rule import rules
from pcmklog.state.failed import failed_resources
from pcmklog.state.lost import lost_nodes
from tests.logs import COROSYNC_START, COROSYNC_STOP, corosync, loaded, pacemaker_start, pacemaker_stop, text

TEN = 1793613600.0  # 2026-11-02 10:00:00 UTC, where the logs of tests/logs.py begin
MEMBERS = {"node1": "1", "node2": "2", "node3": "3"}


def daemon(at, name, said, node="node1", level="notice"):
    """One line of pacemaker.log."""
    return (at, f"{node} pacemaker-{name}  [65] (main) \t{level}: {said}")


def ring(at, node, number, members):
    """A membership with its list, as Corosync 3 logs it."""
    ids = " ".join(MEMBERS[name] for name in members)
    lines = [
        (0.0, f"[TOTEM ] A new membership (1.{number}) was formed. Members"),
        (0.01, f"[QUORUM] Members[{len(members)}]: {ids}"),
    ]
    return corosync(at, lines, node)


CONF = "totem {\n version: 2\n}\nnodelist {\n" + "".join(
    f" node {{\n  name: {name}\n  nodeid: {nodeid}\n  ring0_addr: 192.0.2.{nodeid}\n }}\n"
    for name, nodeid in MEMBERS.items()
) + "}\nquorum {\n provider: corosync_votequorum\n}\n"  # fmt: skip
PRIMARY = "[QUORUM] This node is within the primary component and will provide service."
NOT_PRIMARY = "[QUORUM] This node is within the non-primary component and will NOT provide any services."


def files(logs, conf=CONF):
    """A bundle with a corosync.log or pacemaker.log for each node."""
    found = {}
    for node in {line[1].split(" ")[1] if line[1].startswith("[") else line[1].split(" ")[0] for line in logs}:
        own = [line for line in logs if f" {node} " in f" {line[1]}"[: len(node) + 12]]
        found[f"{node}/corosync.log"] = text([line for line in own if line[1].startswith("[")])
        found[f"{node}/pacemaker.log"] = text([line for line in own if not line[1].startswith("[")])
        found[f"{node}/corosync.conf"] = conf
    return {name: content for name, content in found.items() if content}


def states(store, node, aspect):
    rows = store.rows("select * from state where node = ? and aspect = ? order by since, until", node, aspect)
    return [(row.value, round(row.since - TEN, 1), round(row.until - TEN, 1)) for row in rows]


LATE = [daemon(90, "attrd", "Shutting down", node) for node in ("node1", "node2")]


# ---------------------------------------------------------------- states


def healthy():
    every = ["node1", "node2"]
    logs = []
    for node in every:
        logs += corosync(0, COROSYNC_START, node) + ring(1, node, 9, every) + corosync(1.02, [(0, PRIMARY)], node)
        logs += [*pacemaker_start(2, node=node), daemon(23, "controld", "Set DC to node1 (3.16.1)", node)]
    return logs


def test_a_node_has_a_ring_members_quorum_and_a_dc_from_when_to_when(tmp_path):
    logs = healthy() + ring(60, "node1", "d", ["node1"]) + [daemon(90, "attrd", "Shutting down")]
    store = loaded(tmp_path, files(logs))
    assert states(store, "node1", "ring")[1:] == [("1.9", 1.0, 60.0), ("1.d", 60.0, 90.0)]
    assert ("node1, node2", 1.0, 60.0) in states(store, "node1", "members")
    assert states(store, "node1", "quorum") == [("no", 0.2, 1.0), ("yes", 1.0, 90.0)]
    assert states(store, "node1", "dc") == [("node1", 23.0, 90.0)]


def test_where_the_log_of_a_node_ends_its_state_is_unknown(tmp_path):
    store = loaded(tmp_path, files([*healthy(), daemon(90, "attrd", "Shutting down")]))
    assert states(store, "node2", "quorum")[-2:] == [("yes", 1.0, 23.0), ("unknown", 23.0, 90.0)]


def test_without_corosync_there_is_no_ring_and_no_quorum(tmp_path):
    logs = [*healthy(), *pacemaker_stop(50), *corosync(52, COROSYNC_STOP), daemon(90, "x", "late", "node2")]
    store = loaded(tmp_path, files(logs))
    for aspect in ("ring", "members", "quorum"):
        assert "none" in [value for value, _, _ in states(store, "node1", aspect)]
    assert ("stopped", 52.8, 52.8) in states(store, "node1", "daemon.messaging")


def test_each_change_is_proved_by_an_event_of_the_node(tmp_path):
    store = loaded(tmp_path, files(healthy()))
    rows = store.rows("select s.node, s.value, e.node as teller from state s left join event e on e.id = s.proof")
    assert rows
    assert all(row.value == "unknown" or row.teller == row.node for row in rows)


def test_lines_that_a_logger_dropped_leave_a_hole(tmp_path):
    lost = (40.0, "node1 rsyslogd: imuxsock lost 200 messages from pid 65 due to rate-limiting")
    logs = {"node1/messages": "".join(
        f"Nov  2 10:00:{int(at):02d} node1 {line}\n"
        for at, line in [
            (0, "corosync[40]: [MAIN  ] Corosync Cluster Engine 3.1.7 starting up"),
            (1, "corosync[40]: [QUORUM] This node is within the primary component and will provide service."),
            (40, lost[1].removeprefix("node1 ")),
            (50, "corosync[40]: [TOTEM ] A new membership (1.5) was formed. Members"),
        ]
    )}  # fmt: skip
    store = loaded(tmp_path, logs)
    values = [value for value, _, _ in states(store, "node1", "quorum")]
    assert values[-2:] == ["yes", "unknown"]


# ---------------------------------------------------------------- fencing and fail-over


def fenced():
    """node2 is lost and fenced by node1; vip moves."""
    said = [
        (60.1, "schedulerd", "Cluster node node2 will be fenced: peer is no longer part of the cluster"),
        (60.1, "schedulerd", "Actions: Fence (reboot) node2 'peer is no longer part of the cluster'"),
        (60.1, "schedulerd", "Actions: Move       vip     ( node2 -> node1 )"),
        (60.1, "schedulerd", "Calculated transition 7 (with warnings), saving inputs in /var/lib/pe-warn-1.bz2"),
        (60.2, "fenced", "Client pacemaker-controld.65 wants to fence (reboot) node2 using any device"),
        (60.2, "fenced", "Requesting peer fencing (reboot) targeting node2 | id=154d0bb0 state=querying"),
        (62.0, "fenced", "Operation 'reboot' [213] targeting node2 using f-pdu returned 0 | call 8 from x"),
        (62.1, "fenced", "Operation 'reboot' targeting node2 by node1 for x.65@node1: OK (complete) | id=154d0bb0"),
        (62.5, "controld", "Result of start operation for vip on node1: ok | rc=0 call=9 key=vip_start_0"),
    ]  # fmt: skip
    return [*healthy(), *ring(60, "node1", "d", ["node1"]), *(daemon(at, who, line) for at, who, line in said)]


def test_a_fencing_request_is_one_row_with_all_that_is_known(tmp_path):
    row = loaded(tmp_path, files(fenced())).one("select * from fencing")
    assert (row.target, row.action, row.operation, row.outcome) == ("node2", "reboot", "154d0bb0", "succeeded")
    assert (row.origin, row.client, row.executor) == ("node1", "pacemaker-controld.65", "node1")
    assert row.device == "f-pdu"
    assert row.reason == "peer is no longer part of the cluster"
    assert (round(row.tried - TEN, 1), round(row.ended - TEN, 1)) == (60.2, 62.1)
    assert row.returned is None


def test_a_second_attempt_is_another_request(tmp_path):
    failed = [
        (55.0, "Client pacemaker-controld.65 wants to fence (reboot) node2 using any device"),
        (55.0, "Requesting peer fencing (reboot) targeting node2 | id=2a1f6da7 state=querying base_timeout=20"),
        (57.0, "Operation 'reboot' targeting node2 by node1 for x.65@node1: Error occurred (complete) | id=2a1f6da7"),
    ]  # fmt: skip
    store = loaded(tmp_path, files([*fenced(), *(daemon(at, "fenced", line) for at, line in failed)]))
    rows = store.rows("select operation, outcome, said from fencing order by id")
    assert [tuple(row) for row in rows] == [
        ("2a1f6da7", "failed", "Error occurred (complete)"),
        ("154d0bb0", "succeeded", None),
    ]


def test_the_state_of_fencing_is_what_the_peers_say(tmp_path):
    store = loaded(tmp_path, files(fenced()))
    values = [(value, since) for value, since, _ in states(store, "node2", "fencing")]
    assert values == [("pending", 60.1), ("fenced", 62.1)]


def test_a_failover_names_the_resources_it_moved(tmp_path):
    store = loaded(tmp_path, files(fenced()))
    out = store.one("select * from operation where kind = 'failover'")
    assert (out.node, out.outcome, list(out.transitions), out.scheduler) == ("node2", "recovered", ["7"], "node1")
    move = store.one("select * from operation_move where operation = ?", out.id)
    assert (move.resource, move.source, move.target, move.outcome) == ("vip", "node2", "node1", "ok")
    assert round(move.done - TEN, 1) == 62.5


def test_cman_fences_without_ids(tmp_path):
    lines = [
        "fenced[38]: fencing node node2",
        "fenced[38]: fence node2 dev 0.0 agent fence_pcmk result: error from agent",
        "fenced[38]: fence node2 failed",
        "fenced[38]: fencing node node2",
        "fenced[38]: fence node2 success",
    ]
    log = "".join(f"Nov  2 10:00:{10 * n:02d} node1 {line}\n" for n, line in enumerate(lines))
    rows = loaded(tmp_path, {"node1/messages": log}).rows("select * from fencing order by id")
    assert [(row.outcome, row.client, row.origin) for row in rows] == [
        ("failed", "fenced", "node1"),
        ("succeeded", "fenced", "node1"),
    ]
    assert rows[0].device == "fence_pcmk"


@pytest.mark.parametrize(
    ("line", "asker"),
    [
        ("pacemakerd[50]: notice: Caught 'Terminated' signal | 15 (invoking handler)", "signal"),
        ("systemd[1]: Stopping pacemaker.service - Pacemaker High Availability Cluster Manager...", "systemd"),
    ],
)
def test_a_shutdown_knows_who_asked(tmp_path, line, asker):
    logs = files([*healthy(), *pacemaker_stop(50)])
    logs["node1/messages"] = f"Nov  2 10:00:50 node1 {line}\n"
    row = loaded(tmp_path, logs).one("select * from operation where kind = 'shutdown'")
    assert row.node == "node1"
    assert asker in row.asked_by


# ---------------------------------------------------------------- invariants


def invariant(store, name):
    return store.one("select * from invariant where name = ?", name)


def breaches(store, name):
    return store.rows(
        "select b.* from breach b join invariant i on i.id = b.invariant where i.name = ? order by b.ts", name
    )


def test_nothing_is_violated_in_a_healthy_cluster(tmp_path):
    store = loaded(tmp_path, files([*healthy(), *LATE]))
    assert {row.status for row in store.rows("select status from invariant")} <= {"holds", "not checkable"}
    assert invariant(store, "one-view").status == "holds"
    assert invariant(store, "one-dc").status == "holds"


def test_what_cannot_be_compared_says_why(tmp_path):
    store = loaded(tmp_path, files(pacemaker_start(0)))
    for row in store.rows("select * from invariant where status = 'not checkable'"):
        assert row.compared == 0
        assert row.lacks
    assert invariant(store, "one-view").status == "not checkable"


def test_one_ring_with_two_lists_is_a_breach(tmp_path):
    logs = [*healthy(), *ring(60, "node1", "d", ["node1"]), *ring(60, "node2", "d", ["node1", "node2"]), *LATE]
    found = breaches(loaded(tmp_path, files(logs)), "one-view")
    assert [sorted(row.nodes) for row in found] == [["node1", "node2"]]
    assert len(found[0].events) == 2


def test_two_dcs_in_one_partition_are_a_breach_and_a_short_overlap_is_none(tmp_path):
    other = daemon(30, "controld", "Set DC to node2 (3.16.1)", "node2")
    assert breaches(loaded(tmp_path / "long", files([*healthy(), other, *LATE])), "one-dc")
    soon = [daemon(33, "controld", "Set DC to node2 (3.16.1)")]
    assert not breaches(loaded(tmp_path / "short", files([*healthy(), other, *soon, *LATE])), "one-dc")


def started(at, node, task="start", rsc="vip"):
    return daemon(
        at, "controld", f"Result of {task} operation for {rsc} on {node}: ok | rc=0 call=9 key={rsc}_{task}_0", node
    )


PLAN = daemon(24, "schedulerd", "Actions: Start      vip     ( node1 )")


def test_a_primitive_on_two_nodes_is_a_breach(tmp_path):
    logs = [*healthy(), PLAN, started(25, "node1"), started(40, "node2"), started(47, "node1", "stop")]
    found = breaches(loaded(tmp_path, files(logs)), "once-active")
    assert [(list(row.nodes), round(row.until - row.ts, 1)) for row in found] == [(["node1", "node2"], 7.0)]


def test_a_move_and_a_clone_are_none(tmp_path):
    move = [PLAN, started(25, "node1"), started(39, "node1", "stop"), started(40, "node2")]
    assert not breaches(loaded(tmp_path / "move", files([*healthy(), *move])), "once-active")
    plan = daemon(24, "schedulerd", "Actions: Start      vip:0     ( node1 )")
    clone = [plan, PLAN, started(25, "node1"), started(40, "node2")]
    store = loaded(tmp_path / "clone", files([*healthy(), *clone]))
    assert not breaches(store, "once-active")
    assert invariant(store, "once-active").status == "not checkable"


def test_quorum_without_the_votes_is_a_breach(tmp_path):
    logs = [*healthy(), *ring(60, "node1", "d", ["node1"]), daemon(90, "attrd", "Shutting down")]
    assert [row.nodes for row in breaches(loaded(tmp_path / "yes", files(logs)), "quorum-by-votes")] == [["node1"]]
    lost = corosync(60.1, [(0, NOT_PRIMARY)])
    assert not breaches(loaded(tmp_path / "no", files([*logs, *lost])), "quorum-by-votes")


def test_a_fenced_node_that_works_on_is_a_breach(tmp_path):
    logs = [*fenced(), started(70, "node2", "monitor")]
    found = breaches(loaded(tmp_path, files(logs)), "fenced-is-silent")
    assert [row.nodes for row in found] == [["node2"]]
    assert (
        invariant(loaded(tmp_path / "ok", files([*fenced(), started(30, "node2")])), "fenced-is-silent").status
        == "holds"
    )


def test_pacemaker_that_outlives_corosync_is_a_breach(tmp_path):
    logs = [*healthy(), *corosync(50, COROSYNC_STOP), *pacemaker_stop(80)]
    assert [row.nodes for row in breaches(loaded(tmp_path, files(logs)), "pacemaker-ends-first")] == [["node1"]]


def found(store, code):
    return [one for rule in rules() if rule.code == code for one in rule.findings(store)]


def test_results_alone_prove_a_resource_on_two_nodes_and_some_seconds_are_information(tmp_path):
    begin = [*healthy(), PLAN, started(25, "node1"), started(40, "node2")]
    (brief,) = found(loaded(tmp_path / "brief", files([*begin, started(47, "node1", "stop")])), "RSC806")
    assert (brief.severity, brief.nodes, len(brief.evidence)) == ("info", ("node1", "node2"), 3)
    (long,) = found(loaded(tmp_path / "long", files([*begin, started(80, "node1", "stop")])), "RSC806")
    assert long.severity == "critical"


def test_a_log_that_ends_before_a_stop_could_stand_in_it_proves_nothing(tmp_path):
    begin = [*healthy(), PLAN, started(25, "node1"), started(40, "node2")]
    assert found(loaded(tmp_path / "ends", files(begin)), "RSC806") == []
    (one,) = found(loaded(tmp_path / "goes on", files([*begin, started(90, "node1", rsc="other")])), "RSC806")
    assert one.severity == "critical"


def test_a_node_that_works_on_after_its_fencing_is_a_finding(tmp_path):
    (one,) = found(loaded(tmp_path, files([*fenced(), started(70, "node2", "monitor")])), "FEN604")
    assert (one.node, len(one.evidence)) == ("node2", 2)


# ---------------------------------------------------------------- questions


def answers(case):
    return {answer.question: answer for answer in case.answers}


def test_a_lost_and_fenced_node_has_six_answers_with_proofs(tmp_path):
    (case,), left_out = lost_nodes(loaded(tmp_path, files(fenced())))
    assert (case.subject, left_out, len(case.answers)) == ("node2", 0, 6)
    assert [answer.verdict for answer in case.answers] == ["yes"] * 6
    assert all(answer.proofs for answer in case.answers)
    assert "transition 7" in answers(case)["Was a transition computed?"].text
    assert "1.9 s after the request" in answers(case)["Did it work?"].text


def test_what_the_bundle_cannot_say_comes_with_the_command_that_collects_it(tmp_path):
    logs = {name: content for name, content in files(fenced()).items() if not name.startswith("node2/")}
    (case,), _ = lost_nodes(loaded(tmp_path, logs))
    sign = answers(case)["What was its last sign of life?"]
    assert sign.verdict == "unknown"
    assert "crm_report" in sign.collect
    assert "node2" in sign.collect


def test_a_node_that_was_stopped_in_order_is_no_case(tmp_path):
    stop = [*pacemaker_stop(50, "node2"), *corosync(52, COROSYNC_STOP, "node2"), *ring(53, "node1", "d", ["node1"])]
    assert lost_nodes(loaded(tmp_path, files([*healthy(), *stop]))) == ([], 0)


def test_a_failed_resource_has_six_answers(tmp_path):
    said = [
        daemon(40, "execd", "vip_start_0[193] error output [ ocf-exit-reason:no such device eth1 ]", level="info"),
        daemon(
            40.1, "controld", "Result of start operation for vip on node1: error (no such device eth1) | rc=1 call=7"
        ),
        daemon(41, "schedulerd", "Actions: Recover    vip     ( node1 -> node2 )"),
        daemon(41, "schedulerd", "Calculated transition 8, saving inputs in /var/lib/pacemaker/pe-input-8.bz2"),
        started(42, "node2"),
    ]
    (case,), _ = failed_resources(loaded(tmp_path, files([*healthy(), *said])))
    told = answers(case)
    assert told["Which operation failed?"].text == "start of vip."
    assert "OCF_ERR_GENERIC" in told["With what result?"].text
    assert told["What did the agent print?"].text == "no such device eth1"
    last = told["What did the cluster do about it, and was it recovered?"]
    assert "planned to recover it on node2" in last.text
    assert "started on node2" in last.text


# ---------------------------------------------------------------- the report


def test_the_sections_are_json_and_name_a_file_for_each_proof(tmp_path):
    store = loaded(tmp_path, files(fenced()))
    told = sections.sections(store, [])
    assert json.loads(json.dumps(told)) == told
    assert {"state", "invariants", "fencing", "operations", "questions"} <= set(told)
    assert all(row["file"] and row["line"] for row in told["state"])
    assert told["fencing"][0]["seconds"] == pytest.approx(1.9)
    assert told["fencing"][0]["evidence"][0]["text"]
    assert told["questions"][0]["answers"][0]["evidence"]
