"""A bundle in a notebook: its tables as data frames, its timeline as a figure."""

import pandas as pd
import pytest

from pcmklog.model import PcmklogError
from pcmklog.notebook import Analysis


@pytest.fixture(scope="module")
def case(root):
    return Analysis(root / "sample_logs/bundles/corosync3-killed-and-fenced.tar.gz")


def test_findings_are_those_of_the_report(case):
    assert [*case.findings.code] == [finding["code"] for finding in case.report["findings"]]
    fenced = case.findings.set_index("code").loc["FEN601"]
    assert fenced.node == "pcmk-3"
    assert fenced["at"].floor("s") == pd.Timestamp("2026-11-22 07:00:08", tz="UTC")


def test_tables_have_moments_in_utc(case):
    started = case.events.query("kind == 'corosync.started'")
    assert sorted(started.node) == ["pcmk-1", "pcmk-2", "pcmk-3"]
    assert {str(column.dtype.tz) for column in (case.events.ts, case.lives.began, case.sequences.began)} == {"UTC"}


def test_a_query_in_sql_is_a_frame(case):
    found = case.frame("select node, count(*) as lines from event where kind = ? group by node", "corosync.started")
    assert {*found.columns} == {"node", "lines"}
    assert found.lines.sum() == 3


def test_the_figure_has_every_finding_and_life_of_the_report(case):
    figure = case.figure()
    shown = {key for trace in figure.data if trace.customdata is not None for key in trace.customdata}
    assert shown == {finding["id"] for finding in case.report["findings"] if finding["at"]}
    assert {"killed", "lost", "running at the end"} <= {trace.name for trace in figure.data}
    assert "pcmk-3 corosync" in figure.layout.yaxis.ticktext


def test_what_a_log_says_is_no_markup_in_the_figure(tmp_path):
    (tmp_path / "corosync.log").write_text(
        "Nov 02 10:15:01 node1 corosync[40]:   [MAIN  ] Corosync Cluster Engine 3.1.7 starting up\n"
        "Nov 02 10:15:02 node1 corosync[40]:   [MAIN  ] parse error in config: <b>x</b>\n"
    )
    told = str(Analysis(tmp_path).figure().to_json())
    assert "<b>x</b>" not in told.replace("\\u003c", "<").replace("\\u003e", ">")


def test_a_bundle_that_is_none_is_told(tmp_path):
    with pytest.raises(PcmklogError, match="does not exist"):
        Analysis(tmp_path / "nothing")
