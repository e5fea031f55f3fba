"""What differs between two bundles, or between two starts of one."""

import json

import pytest

from pcmklog.analyze import analyze, compare
from pcmklog.compare import Side, render
from pcmklog.compare import compare as compare_sides
from pcmklog.model import PcmklogError
from tests.corpus import ROOT
from tests.logs import COROSYNC_START, bundle, corosync, pacemaker_start, text

BUNDLES = ROOT / "sample_logs" / "bundles"
HEALTHY, FAILED = BUNDLES / "corosync3-healthy.tar.gz", BUNDLES / "corosync3-exec-failed.tar.bz2"


@pytest.fixture(scope="module")
def compared():
    return compare([HEALTHY, FAILED])


def start(folder, release="3.1.7", timeout="3000", late=0.0):
    """A bundle with one start of one node."""
    lines = [(at, said.replace("3.1.7", release)) for at, said in COROSYNC_START]
    return bundle(
        folder,
        {
            "node1/corosync.log": text(corosync(0, lines)),
            "node1/pacemaker.log": text(pacemaker_start(2 + late)),
            "node1/corosync.conf": f"totem {{\n  version: 2\n  token: {timeout}\n}}\n",
        },
    )


def test_findings_are_matched_by_code_and_not_by_time(compared):
    assert {row["code"] for row in compared["only_b"]} == {"FRK202", "FRK203", "FRK210"}
    assert compared["only_a"] == []
    (both,) = compared["both"]
    assert (both["code"], both["a"], both["b"]) == ("SYS956", 3, 2)


def test_numbers_and_nothing_that_is_alike(compared):
    counts = {row["what"]: (row["a"], row["b"]) for row in compared["counts"]}
    assert counts["findings: error"] == (None, "3")
    assert "nodes" not in counts
    assert compared["versions"] == []
    assert compared["configuration"] == []


def test_a_bundle_does_not_differ_from_itself():
    same = compare([HEALTHY, HEALTHY])
    assert "They do not differ." in render(same, "text")
    assert {row["code"] for row in same["both"]} == {"SYS956"}


def test_releases_settings_and_slow_steps_are_told(tmp_path):
    found = compare([start(tmp_path / "a"), start(tmp_path / "b", release="3.1.8", timeout="5000", late=30)])
    assert {"what": "corosync on node1", "a": "3.1.7", "b": "3.1.8"} in found["versions"]
    assert {"file": "corosync.conf", "path": "totem.token", "a": "3000", "b": "5000"} in found["configuration"]
    (pair,) = found["sequences"]
    (slow,) = [row for row in pair["steps"] if row["step"] == "pacemakerd started"]
    assert slow["b"] - slow["a"] == pytest.approx(30, abs=0.01)


def test_two_starts_of_one_bundle_stand_beside_each_other():
    report = analyze([HEALTHY])
    first, second = [row for row in report["sequences"] if row["kind"] == "startup"][:2]
    found = compare([HEALTHY], (first["id"], second["id"]))
    (pair,) = found["sequences"]
    assert [row["step"] for row in pair["steps"]][: len({s["step"] for s in first["steps"]})] == list(
        dict.fromkeys(step["step"] for step in first["steps"])
    )
    stop = next(row for row in report["sequences"] if row["kind"] == "shutdown")
    with pytest.raises(PcmklogError, match="is a startup and"):
        compare([HEALTHY], (first["id"], stop["id"]))
    with pytest.raises(PcmklogError, match="no start or stop s99"):
        compare([HEALTHY], ("s99", "s1"))


@pytest.mark.parametrize("fmt", ["text", "md", "json"])
def test_the_command_writes_it_and_says_by_its_status_whether_there_are_faults(run, fmt):
    done = run("compare", HEALTHY, FAILED, "--format", fmt)
    assert (done.returncode, done.stderr) == (1, "")
    assert "FRK202" in done.stdout
    if fmt == "json":
        assert json.loads(done.stdout)["schema"] == "pcmklog.compare/1"
    if fmt == "text":
        assert max(map(len, done.stdout.splitlines())) <= 100
    assert run("compare", HEALTHY, HEALTHY, "--format", fmt).returncode == 0


@pytest.mark.parametrize("arguments", [[HEALTHY], [HEALTHY, HEALTHY, "--sequence", "s1"], [HEALTHY] * 3])
def test_another_number_of_bundles_is_one_sentence(run, arguments):
    done = run("compare", *arguments)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)


def test_passwords_of_fence_devices_are_shown_to_nobody(tmp_path):
    log = "Nov 02 10:15:01 node1 corosync[40]:   [MAIN  ] Corosync Cluster Engine ('1.4.7'): started and ready\n"
    for name, word in (("a", "open sesame"), ("b", "hocus pocus")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "messages").write_text(log)
        (tmp_path / name / "cluster.conf").write_text(
            f'<cluster name="{name}"><fencedevices><fencedevice name="ipmi" agent="fence_ipmilan" passwd="{word}"/>'
            "</fencedevices></cluster>"
        )
    found = compare([tmp_path / "a", tmp_path / "b"])
    assert "cluster.name" in render(found, "json")
    for form in ("text", "md", "json"):
        assert not [word for word in ("sesame", "pocus") if word in render(found, form)]


def several(*outcomes, kind="startup", node="node1", apart=600):
    """A report with starts of one node, so many seconds from each other."""
    rows = [
        {
            "id": f"s{number}",
            "node": node,
            "kind": kind,
            "stack": "corosync",
            "began": f"2026-11-22T07:{number * apart // 60:02d}:00.000Z",
            "ended": f"2026-11-22T07:{number * apart // 60:02d}:05.000Z",
            "outcome": outcome,
            "steps": [{"step": "corosync started", "at": f"2026-11-22T07:{number * apart // 60:02d}:00.000Z"}],
        }
        for number, outcome in enumerate(outcomes, 1)
    ]
    span = ["2026-11-22T07:00:00.000Z", "2026-11-22T07:59:00.000Z"]
    return {"bundle": {"name": "b", "span": span}, "nodes": [{"name": node}], "sequences": rows, "findings": []}


def pairs_of(a, b):
    return [(pair["a"]["id"], pair["b"]["id"]) for pair in compare_sides(Side(a, {}), Side(b, {}))["sequences"]]


def test_starts_are_compared_with_those_that_ended_alike_and_are_near():
    assert pairs_of(several("failed", "complete"), several("complete", "failed")) == [("s1", "s2"), ("s2", "s1")]
    assert pairs_of(several("complete", "complete", "complete"), several("complete", apart=1200)) == [("s2", "s1")]


def test_a_failed_start_is_compared_though_the_other_bundle_has_only_a_good_one():
    assert pairs_of(several("complete", "failed"), several("complete")) == [("s1", "s1"), ("s2", "s1")]


def test_which_were_compared_is_told_and_which_have_none_like_them():
    found = compare_sides(Side(several("complete"), {}), Side(several("complete", "complete", "failed"), {}))
    assert [row["result"] for row in found["pairs"]] == [
        "alike",
        "nothing like it in the other",
        "nothing like it in the other",
    ]
    assert "Starts and stops that were compared" in render(found, "text")
