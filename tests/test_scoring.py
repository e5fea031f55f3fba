"""The scorer of the labelled bundles itself: what counts as found, proved, and as a mistake."""

from __future__ import annotations

import pytest

from tests.corpus import COUNTS, Score, fallen, judge, load_floor, no_report, save_floor, total

FINDING = {
    "id": "f1",
    "code": "ORD101",
    "node": "a",
    "nodes": [],
    "severity": "critical",
    "at": "1970-01-01T00:01:40.000Z",
    "until": None,
    "evidence": [{"file": "a/corosync.log", "line": 7}],
}
TRUTH = {"expect": [{"code": "ORD101", "node": "a", "at": 103, "lines": [["corosync.log", 7]]}]}


def report(*findings, **clock):
    return {
        "bundle": {"parsed": 10},
        "nodes": [{"name": n, "stack": "cman", "clock": {"offset_s": s}} for n, s in (clock or {"a": 0.0}).items()],
        "findings": list(findings),
        "verdict": {"root_causes": [f["id"] for f in findings]},
    }


def test_an_expected_finding_with_its_line_is_found_and_proved():
    assert judge(report(FINDING), TRUTH) == Score(expected=1, found=1, proved=1, family_expected=1, family_found=1)


def test_a_finding_with_other_lines_is_found_but_not_proved():
    other = {**FINDING, "evidence": [{"file": "a/corosync.log", "line": 8}]}
    assert judge(report(other), TRUTH) == Score(expected=1, found=1, family_expected=1, family_found=1)


@pytest.mark.parametrize("change", [{"node": "b"}, {"at": "1970-01-01T00:01:37Z"}, {"at": None}, {"code": "ORD102"}])
def test_another_node_moment_or_code_is_not_the_expected_finding(change):
    assert judge(report({**FINDING, **change}), TRUTH).found == 0


@pytest.mark.parametrize(
    "change", [{"node": None, "nodes": ["b", "a"]}, {"at": "1970-01-01T00:00:10Z", "until": "1970-01-01T00:02:00Z"}]
)
def test_a_finding_about_several_nodes_or_a_span_counts_for_each_of_it(change):
    assert judge(report({**FINDING, **change}), TRUTH).found == 1


def test_one_of_several_codes_is_enough():
    assert judge(report(FINDING), {"expect": [{"code": ["ORD109", "ORD101"], "node": None}]}).found == 1


def test_what_is_neither_expected_nor_allowed_is_unlisted_once_a_node():
    truth = {"allow": ["MEM407", "ORD101@b"]}
    assert judge(report(FINDING, {**FINDING, "id": "f2"}), truth).unlisted == 1
    assert judge(report({**FINDING, "node": "b"}, {**FINDING, "code": "MEM407"}), truth).unlisted == 0
    assert judge(report({**FINDING, "severity": "info"}), truth).unlisted == 0


@pytest.mark.parametrize(("barred", "count"), [("ORD101", 1), ("ORD101@a", 1), ("ORD101@b", 0)])
def test_what_is_forbidden_is_a_mistake_where_it_is_forbidden(barred, count):
    assert judge(report({**FINDING, "severity": "info"}), {"forbid": [barred]}).forbidden == count


@pytest.mark.parametrize(
    "truth",
    [
        {"stack": {"a": "corosync"}},
        {"hosts": ["a", "z"]},
        {"parsed_lines": 11},
        {"root_cause": ["ORD109"]},
        {"offset_s": {"a": 47.0}, "reference": "b"},
    ],
    ids=lambda truth: next(iter(truth)),
)
def test_a_wrong_stack_node_count_cause_or_clock_is_wrong(truth):
    assert judge(report(FINDING, a=3.0, b=0.0), truth).wrong == 1


def test_clocks_are_compared_as_differences():
    assert judge(report(a=50.0, b=3.0), {"offset_s": {"a": 47.0}}).wrong == 0
    assert judge(report(a=50.0, b=3.0), {"offset_s": {"a": 40.0, "b": -7.0}, "reference": "b"}).wrong == 0


def test_a_bundle_that_cannot_be_analysed_misses_everything():
    assert no_report(TRUTH, "exit status 2") == Score(expected=1, family_expected=1, wrong=1)


def test_figures_may_rise_but_not_fall():
    high, low = {"x": Score("t", expected=4, found=4)}, {"x": Score("t", expected=4, found=3, wrong=1)}
    assert fallen(high, low) == []
    assert fallen(low, high) == ["recall 0.75 < 1", "wrong -1 < 0"]


def test_a_case_whose_truth_changed_is_not_compared():
    assert fallen({"x": Score("new", expected=4)}, {"x": Score("old", expected=4, found=4)}) == []


def test_the_floor_is_read_as_it_was_written(tmp_path):
    floor = {"historic": {"x": Score("t", expected=4, found=3), "y": Score("u")}}
    save_floor(floor, tmp_path / "floor.json")
    assert load_floor(tmp_path / "floor.json") == floor


def test_no_figure_of_the_kept_floor_contradicts_itself():
    for scores in load_floor().values():
        whole = total(scores.values())
        assert whole.proved <= whole.found <= whole.expected
        assert whole.family_found <= whole.family_expected <= whole.expected
        assert all(getattr(whole, name) >= 0 for name in COUNTS)
