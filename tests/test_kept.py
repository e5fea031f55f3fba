"""A kept database stands for its bundle: the same report, whatever has to be made anew; nobody writes to it."""

import json
import resource
import shutil
import signal
import subprocess
import sys

import duckdb
import pytest

from pcmklog.analyze import analyze
from pcmklog.model import Given, PcmklogError
from tests.corpus import ROOT

BUNDLES = sorted((ROOT / "sample_logs" / "bundles").iterdir())
RULE = """'Counts.'
from pcmklog.model import Finding
from pcmklog.rule import rule


@rule("ZZZ999", "counts", "info")
def counts(store):
    for row in store.rows("select node, min(id) as id, count(*) as n from event where node is not null group by node"):
        yield Finding(row.node, f"{row.n} events.", evidence=(row.id,))
"""


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """The report on a bundle, and the database that was kept."""
    path = tmp_path_factory.mktemp("kept") / "a bundle's.file"
    return analyze([BUNDLES[0]], database=path), path


def remark(kept, folder, **marks):
    """A copy of the kept file that says something else of itself."""
    copy = shutil.copy(kept[1], folder / "copy")
    with duckdb.connect(copy) as connection:
        for mark, value in marks.items():
            connection.execute("update meta set value = ? where key = ?", [value, mark])
    return copy


@pytest.mark.parametrize("bundle", BUNDLES, ids=lambda path: path.name)
def test_the_report_is_that_of_the_bundle(bundle, tmp_path):
    report = analyze([bundle], database=tmp_path / "kept")
    assert report["findings"] or "healthy" in bundle.name
    assert json.dumps(analyze([tmp_path / "kept"])) == json.dumps(report)


@pytest.mark.parametrize("mark", ["deriving", "reading"])
def test_what_other_code_made_is_made_anew(kept, tmp_path, mark):
    copy = remark(kept, tmp_path, **{mark: "other"})
    assert json.dumps(analyze([copy])) == json.dumps(kept[0])


def when(report):
    return [(finding["code"], finding["at"]) for finding in report["findings"]]


@pytest.mark.parametrize("mark", ["deriving", "reading", None])
def test_what_was_said_of_the_clocks_is_kept_and_used_again(tmp_path, mark):
    said = Given(zones={"": "+02:00"}, offsets={"alpha": 3600.0})
    report = analyze([BUNDLES[3]], database=tmp_path / "first", given=said)
    assert when(report) != when(analyze([BUNDLES[3]]))
    copy = remark((None, tmp_path / "first"), tmp_path, **({mark: "other"} if mark else {}))
    assert when(analyze([copy], database=tmp_path / "again")) == when(report)
    assert when(analyze([tmp_path / "again"])) == when(report)
    other = analyze([copy], given=Given(offsets={"alpha": 1800.0}))
    assert when(other) == when(analyze([BUNDLES[3]], given=Given(zones=said.zones, offsets={"alpha": 1800.0})))


def test_a_file_of_other_tables_is_one_sentence(kept, tmp_path):
    copy = remark(kept, tmp_path, schema="other", pcmklog="0.0.1")
    with pytest.raises(PcmklogError, match=r"kept by pcmklog 0\.0\.1.*analyse the bundle itself again\.$"):
        analyze([copy])


def test_a_kept_database_can_be_kept_again(kept, tmp_path):
    analyze([remark(kept, tmp_path, deriving="other")], database=tmp_path / "new")
    assert json.dumps(analyze([tmp_path / "new"])) == json.dumps(kept[0])


def test_the_file_of_the_user_is_never_written(kept, run, tmp_path):
    folder = tmp_path / "mount"
    folder.mkdir()
    copy = remark(kept, folder, deriving="other")
    before = copy.read_bytes()
    copy.chmod(0o444)
    folder.chmod(0o555)
    assert run("analyze", copy, "--output", "-").returncode in (0, 1)
    assert copy.read_bytes() == before
    assert [file.name for file in folder.iterdir()] == [copy.name]


def test_rules_of_the_user_work_on_it(kept, tmp_path):
    (tmp_path / "counts.py").write_text(RULE)
    found = [finding for finding in analyze([kept[1]], rules=[tmp_path])["findings"] if finding["code"] == "ZZZ999"]
    assert found
    assert all(finding["evidence"] for finding in found)


def test_a_database_of_something_else_is_one_sentence(run, tmp_path):
    other = tmp_path / "other.tar"
    with duckdb.connect(str(other)) as connection:
        connection.execute("create table meta (key varchar, value varchar); create table page as select 1")
    done = run("analyze", other, "--output", "-")
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (2, "", 1)
    assert "none that pcmklog has kept" in done.stderr


@pytest.mark.parametrize("size", [12, 4096, 30000, -4096])
def test_a_damaged_database_is_one_sentence(kept, run, tmp_path, size):
    (tmp_path / "half").write_bytes(kept[1].read_bytes()[:size])
    done = run("analyze", tmp_path / "half", "--output", "-")
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert "fault of pcmklog" not in done.stderr


def test_the_timeline_is_that_of_the_bundle(kept, run):
    lines = [run("timeline", path, "--around", "f1").stdout for path in (BUNDLES[0], kept[1])]
    assert lines[0] == lines[1] != ""


def test_messages_of_the_user_are_looked_for_in_its_text(kept, tmp_path):
    (tmp_path / "own.toml").write_text(
        "[[message]]\nkind = 'corosync.started'\ntemplate = 'Successfully read config from <own>'\n"
        "sample = 'Successfully read config from /etc/cluster/cluster.conf'\n"
    )
    reports = [json.dumps(analyze([path], messages=[tmp_path])) for path in (BUNDLES[0], kept[1])]
    assert reports[0] == reports[1] != json.dumps(kept[0])


def test_it_stands_for_a_whole_bundle(kept):
    with pytest.raises(PcmklogError, match="stands for a whole bundle"):
        analyze([kept[1], BUNDLES[1]])


def test_a_file_that_cannot_be_written_whole_is_not_there(run, tmp_path):
    def full():
        resource.setrlimit(resource.RLIMIT_FSIZE, (1 << 16, 1 << 16))

    done = run("analyze", BUNDLES[0], "--quiet", "--output", "-", "--database", tmp_path / "kept", preexec_fn=full)
    assert (done.returncode, done.stderr.count("\n")) == (2, 1)
    assert "cannot be written" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_is_not_there_is_told_before_the_work(run, tmp_path):
    done = run("analyze", BUNDLES[0], "--output", "-", "--database", tmp_path / "nowhere" / "kept", timeout=5)
    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere" in done.stderr


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("seconds", [1.0, 2.0])
def test_an_interrupted_run_leaves_the_whole_file_or_none(tmp_path, number, seconds):
    command = [
        sys.executable,
        "-m",
        "pcmklog",
        "analyze",
        str(BUNDLES[0]),
        "-o",
        "-",
        "--database",
        str(tmp_path / "kept"),
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE) as process:
        try:
            process.wait(seconds)
        except subprocess.TimeoutExpired:
            process.send_signal(number)
        error = process.communicate()[1]
    assert b"Traceback" not in error
    left = [file.name for file in tmp_path.iterdir()]
    assert left in ([], ["kept"])
    if left:
        assert analyze([tmp_path / "kept"])["bundle"]["name"] == BUNDLES[0].name
