"""Findings as the report has them: keys that stay, and the time by the node's own clock."""

from __future__ import annotations

from pathlib import Path

import pytest

from pcmklog.analyze import analyze
from pcmklog.model import Given
from pcmklog.report.cards import cards

SAMPLE = Path(__file__).parent.parent / "sample_logs/bundles/corosync3-killed-and-fenced.tar.gz"


@pytest.fixture(scope="module")
def whole():
    return analyze([SAMPLE])


def test_keys_are_unique(whole):
    keys = [finding["key"] for finding in whole["findings"]]
    assert len(set(keys)) == len(keys)


def test_keys_stay_when_other_rules_are_applied(whole):
    few = analyze([SAMPLE], select=("FRK", "FEN"))
    keys = {(row["code"], row["title"]): row["key"] for row in whole["findings"]}
    assert [row["id"] for row in few["findings"]] != [row["id"] for row in whole["findings"]]
    assert [row["key"] for row in few["findings"]] == [keys[row["code"], row["title"]] for row in few["findings"]]


def test_local_time_is_what_the_node_wrote():
    report = analyze([SAMPLE], given=Given(zones={"pcmk-3": "Asia/Tokyo"}, offsets={"pcmk-3": 90.0}))
    found = [row for row in report["findings"] if row["node"] == "pcmk-3" and row["code"] == "FRK203"]
    stamp = found[0]["evidence"][0]["text"].split()[2]
    assert stamp in found[0]["local"]
    assert found[0]["local"].endswith("+09:00")
    assert stamp not in found[0]["at"]


def test_a_node_whose_pacemaker_outlived_corosync_is_not_well(root):
    report = analyze([root / "sample_logs/bundles/corosync2-stopped-under-pacemaker.tar.gz"])
    assert [(card.state, card.mood) for card in cards(report)] == [("without Corosync", "bad"), ("running", "ok")]
