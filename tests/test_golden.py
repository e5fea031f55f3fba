"""The golden reports in `reports/` are what the shipped samples give today; `make golden` writes them anew."""

import json
from pathlib import Path

import pytest

from pcmklog.analyze import analyze
from pcmklog.assemble import stem
from pcmklog.report import json_view, markdown

ROOT = Path(__file__).parent.parent
SAMPLES = sorted(path for path in (ROOT / "sample_logs/bundles").iterdir() if path.suffix != ".md")
HEALTHY = {"corosync3-healthy"}


@pytest.fixture(scope="module", params=SAMPLES, ids=lambda path: stem(path.name))
def sample(request):
    return stem(request.param.name), analyze([request.param])


def test_the_json_report_is_the_golden_one(sample):
    name, report = sample
    assert json.loads(json_view.render(report)) == json.loads((ROOT / f"reports/{name}.json").read_text("utf-8"))


def test_the_markdown_report_is_the_golden_one(sample):
    name, report = sample
    assert markdown.render(report) == (ROOT / f"reports/{name}.md").read_text("utf-8")


def test_every_golden_report_belongs_to_a_sample():
    names = {stem(path.name) for path in SAMPLES}
    assert {path.stem for path in (ROOT / "reports").glob("*.json")} == names
    assert {path.stem for path in (ROOT / "reports").glob("*.md")} - {"README"} == names


def test_every_evidence_is_a_line_of_the_bundle(sample):
    _, report = sample
    for finding in report["findings"]:
        assert finding["evidence"], finding["code"]
        assert all(line["line"] >= 1 and line["text"] for line in finding["evidence"])


def test_roots_have_no_cause_and_causes_exist(sample):
    _, report = sample
    by_id = {finding["id"]: finding for finding in report["findings"]}
    assert all(not by_id[root]["caused_by"] for root in report["verdict"]["root_causes"])
    assert all(cause in by_id for finding in report["findings"] for cause in finding["caused_by"])


def test_only_a_healthy_sample_has_no_finding_of_warning_or_above(sample):
    name, report = sample
    grave = [finding["code"] for finding in report["findings"] if finding["severity"] != "info"]
    assert bool(grave) != (name in HEALTHY)


def test_no_rule_failed(sample):
    _, report = sample
    assert not [note for note in report["unread"] if note["path"].startswith("rule ")]
