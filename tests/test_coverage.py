"""What could not be checked is told: for the bundle, and for a node whose logs lack those who would say it."""

from __future__ import annotations

from pcmklog.analyze import analyze
from pcmklog.report import render
from tests.stories import story, write


def missed(folder):
    return {(row["code"], row["node"]): row["reason"] for row in analyze([folder])["not_checked"]}


def test_a_node_without_lines_of_pacemaker_is_named(tmp_path):
    ring = [line for line in story("corosync3") if line.node == 1 or line.text.startswith("corosync")]
    write(tmp_path, ring)
    told = missed(tmp_path)
    assert told["ORD105", "node2"] == "no line of pacemakerd in its logs"
    assert told["ORD114", "node2"] == "no line of the controller in its logs"
    assert "node1" not in {node for _, node in told}


def test_what_nobody_says_is_told_once_for_all_nodes(tmp_path):
    write(tmp_path, [*story("corosync3")])
    told = missed(tmp_path)
    assert told["SYS952", None] == "none of the lines that it reads is in the bundle"
    assert {node for _, node in told} == {None}


def test_the_text_for_people_groups_by_node_and_reason(tmp_path):
    write(tmp_path, [line for line in story("corosync3") if line.node == 1 or line.text.startswith("corosync")])
    text = render(analyze([tmp_path]), "md")
    (line,) = (line for line in text.splitlines() if line.endswith("on node2: no line of pacemakerd in its logs"))
    assert "FRK201" in line
