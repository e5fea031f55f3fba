"""The graph of causes over small lists of findings, and what its table promises."""

import re
from pathlib import Path

import pytest

from pcmklog import causes
from pcmklog.model import SEVERITIES, Finding
from pcmklog.rule import rules

CONTRACT = re.compile(r"[A-Z]{3}\d{3}")
DEFAULTS = {rule.code: rule.severity for rule in rules()}


def finding(code, at=0.0, node="node1", **more):
    more.setdefault("severity", DEFAULTS.get(code, "error"))
    return Finding(node, f"{code} on {node}.", at=at, code=code, **more)


def linked(*findings):
    return causes.link(causes.number(findings))


def parents(*findings):
    """The code of the cause of each finding, by its own code (and node, if several have the code)."""
    found = linked(*findings)
    by_id = {f.id: f for f in found}
    return {f.code: by_id[f.caused_by[0]].code if f.caused_by else None for f in found}


def first_root(*findings):
    found = linked(*findings)
    return causes.roots(found)[0].code


# ---------------------------------------------------------------- the table


def edges():
    return [edge for found in causes.edges().values() for edge in found]


def test_edges_name_codes_of_rules_only():
    named = {code for edge in edges() for code in (edge.cause, edge.effect)} | causes.seldom() | causes.lasting()
    assert sorted(named - set(DEFAULTS)) == []


def test_every_family_of_rules_is_in_the_graph():
    named = {code[:3] for edge in edges() for code in (edge.cause, edge.effect)} | {c[:3] for c in causes.seldom()}
    assert {code[:3] for code in DEFAULTS} - named == set()


def test_an_edge_has_a_span_that_holds_its_least_time():
    assert all(edge.after < edge.within for edge in edges())


def test_no_fault_leads_to_itself():
    assert [edge for edge in edges() if edge.cause == edge.effect] == []


# ---------------------------------------------------------------- cause before effect


def test_a_cause_is_not_later_than_its_effect():
    assert parents(finding("RSC801", at=100.0), finding("FEN601", at=50.0))["FEN601"] is None
    assert parents(finding("RSC801", at=50.0), finding("FEN601", at=100.0))["FEN601"] == "RSC801"


def test_stamps_of_whole_seconds_may_turn_the_order():
    assert parents(finding("FRK203", at=101.0), finding("FRK204", at=100.0))["FRK204"] == "FRK203"


def test_a_cause_is_not_long_before_its_effect():
    assert parents(finding("FRK203", at=100.0), finding("FRK204", at=5000.0))["FRK204"] is None


def test_a_fault_of_one_node_does_not_end_a_daemon_of_another():
    assert parents(finding("FRK203"), finding("FRK204", at=1.0, node="node2"))["FRK204"] is None


def test_a_lost_node_is_felt_on_its_peers():
    assert parents(finding("ORD101"), finding("QRM501", at=4.0, node="node2"))["QRM501"] == "ORD101"


def test_a_configuration_has_no_time_and_fits_always():
    assert parents(finding("CFG704", at=None, node=None), finding("MEM408", at=1e9, node=None))["MEM408"] == "CFG704"


def test_what_comes_into_a_stop_that_hung_may_be_its_cause():
    found = parents(finding("ORD108", at=100.0, until=400.0), finding("RSC801", at=120.0, severity="critical"))
    assert found == {"ORD108": "RSC801", "RSC801": None}


def test_a_cause_that_lasts_fits_as_long_as_it_lasts():
    assert parents(finding("FRK201", at=0.0, until=5000.0), finding("RSC803", at=4000.0))["RSC803"] == "FRK201"


def test_a_token_must_run_out_before_a_dead_node_is_missed():
    assert parents(finding("ORD109", at=10.0), finding("MEM407", at=10.0, node="node2"))["MEM407"] is None
    assert parents(finding("ORD109", at=10.0), finding("MEM407", at=13.0, node="node1"))["MEM407"] == "ORD109"


def test_information_is_no_cause():
    assert parents(finding("SYS956", severity="info"), finding("MEM405", at=5.0))["MEM405"] is None


# ---------------------------------------------------------------- chains and roots

STORIES: dict[str, tuple[str, list[tuple[str, float | None, str | None]]]] = {
    "a link, the token, the ring, the quorum": (
        "MEM404",
        [("MEM404", 0, None), ("MEM401", 3, None), ("MEM402", 7, None), ("QRM501", 7, "node3"), ("FEN603", 7, None)],
    ),
    "Corosync killed under Pacemaker": (
        "FRK203",
        [
            ("FRK203", 0, "node2"),
            ("ORD101", 0, "node2"),
            ("FRK204", 0.7, "node2"),
            ("MEM401", 4, None),
            ("MEM407", 8, "node2"),
            ("FEN601", 9, "node2"),
            ("ORD109", 9, "node2"),
        ],
    ),
    "a stop that failed and was fenced": (
        "RSC801",
        [("RSC801", 5, "node2"), ("RSC805", 5, "node2"), ("FEN601", 5.1, "node2"), ("ORD109", 5.2, "node2"),
         ("MEM401", 9, None), ("MEM407", 13, "node2")],
    ),
    "processes refused": (
        "FRK201",
        [("FRK201", 0, "node2"), ("FRK203", 1, "node2"), ("FRK205", 2, "node2"), ("ORD107", 3, "node2"),
         ("RSC801", 4, "node2")],
    ),
    "two files that differ": (
        "CFG704",
        [("CFG704", None, None), ("MEM408", 5, None), ("QRM502", 5, "node1"), ("QRM502", 5, "node2")],
    ),
    "a plugin that was not loaded": (
        "VER308",
        [("VER308", 0, "node2"), ("FRK210", 4, "node2"), ("QRM502", 0, "node1")],
    ),
    "the machine rebooted by its own Pacemaker": (
        "FRK203",
        [("FRK203", 0, "node3"), ("FEN606", 0.1, "node3"), ("ORD109", 0.2, "node3"), ("MEM401", 4, None),
         ("MEM407", 8, "node3")],
    ),
    "memory ran out": (
        "SYS951",
        [("SYS951", 0, "node1"), ("FRK203", 0, "node1"), ("ORD101", 1, "node1"), ("MEM407", 6, "node1")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("story", STORIES)
def test_a_chain_hangs_on_its_beginning(story):
    root, told = STORIES[story]
    found = linked(*(finding(code, at=at, node=node) for code, at, node in told))
    assert [f.code for f in found if not f.caused_by] == [root]
    assert first_root(*(finding(code, at=at, node=node) for code, at, node in told)) == root


@pytest.mark.parametrize("story", STORIES)
def test_following_the_causes_ends(story):
    found = linked(*(finding(code, at=at, node=node) for code, at, node in STORIES[story][1]))
    by_id = {f.id: f for f in found}
    for start in found:
        seen, above = {start.id}, start.caused_by
        while above:
            assert above[0] not in seen
            seen.add(above[0])
            above = by_id[above[0]].caused_by


def test_all_codes_in_one_moment_make_no_circle():
    found = linked(*(finding(code, at=10.0, until=20.0) for code in DEFAULTS))
    by_id = {f.id: f for f in found}
    for start in found:
        steps, above = 0, start.caused_by
        while above:
            steps += 1
            assert steps <= len(found)
            above = by_id[above[0]].caused_by


def test_what_is_seldom_a_beginning_comes_after_what_is():
    assert first_root(finding("QRM501", node="node2"), finding("ORD102", at=500.0)) == "ORD102"


def test_of_independent_faults_the_earlier_comes_first():
    assert first_root(finding("FRK203", at=50.0), finding("RSC803", at=10.0, node="node3")) == "RSC803"


def test_what_much_followed_from_comes_before_a_lonely_warning():
    lonely = finding("QRM503", at=None, node=None, severity="warning")
    assert first_root(lonely, finding("ORD101"), finding("FRK204", at=1.0), finding("MEM407", at=4.0)) == "ORD101"


def test_ids_follow_the_order_of_time_and_gravity():
    found = causes.number([finding("QRM501", at=9.0), finding("VER301", at=None), finding("MEM401", at=2.0)])
    assert [(f.id, f.code) for f in found] == [("f1", "MEM401"), ("f2", "QRM501"), ("f3", "VER301")]
    assert set(SEVERITIES) >= {f.severity for f in found}


def test_the_table_names_codes_as_the_contract_writes_them():
    text = (Path(causes.__file__).parent / "causes.toml").read_text("utf-8")
    named = re.findall(r'"([^"]+)"', text)
    assert [code for code in named if not CONTRACT.fullmatch(code)] == []


def test_a_full_shared_memory_keeps_pacemaker_from_the_messaging_layer():
    found = parents(finding("SYS953", at=0.0, until=17.0), finding("ORD103", at=2.0, until=17.0))
    assert found == {"SYS953": None, "ORD103": "SYS953"}


def test_a_pacemakerd_that_outlived_its_corosync_is_in_the_way_of_the_next_one():
    assert parents(finding("ORD101"), finding("ORD110", at=30.0)) == {"ORD101": None, "ORD110": "ORD101"}
