"""Which release a node ran: told by a line or a package list, else narrowed by the wordings of its log."""

import re
from pathlib import Path

import pytest

from pcmklog import analyze
from pcmklog.catalog import Catalog
from pcmklog.releases import narrow, words
from pcmklog.report import facts, render
from pcmklog.store import Store
from pcmklog.words import ranges, version_key

SAMPLES = Path(__file__).parent.parent / "sample_logs"
BUNDLES = [
    *sorted(SAMPLES.glob("VER*/bad")),
    *sorted(path for path in (SAMPLES / "bundles").iterdir() if path.is_dir()),
]
OLDEST, NEWEST = (1, 0, 0), (3, 0, 2)
HEADER = "Jun 01 10:00:{:02} node1 {}[{}]: {}"
# The middle of a life: no line of it names a release.
MIDDLE = [
    ("crmd", "notice: Node node2[2] - state is now lost (was member)"),
    ("crmd", "warning: Node names with capitals are discouraged, consider changing 'Node2' to something else"),
    ("stonith-ng", "info: Requesting that node1 perform op reboot node2 for crmd.2143 (72s)"),
]


@pytest.fixture
def releases(tmp_path):
    """The table `release` of a log of node1 with these lines, by product."""

    def read(lines, more=()):
        folder = tmp_path / "node1"
        folder.mkdir(exist_ok=True)
        text = [HEADER.format(at, daemon, 100 + at, message) for at, (daemon, message) in enumerate(lines)]
        (folder / "messages").write_text("\n".join(text) + "\n")
        for name, content in more:
            (folder / name).write_text(content)
        store = Store()
        analyze.load([tmp_path], store)
        return {row.product: row for row in store.rows("select * from release where node = 'node1'")}

    return read


@pytest.mark.parametrize(
    ("wordings", "low", "high", "against"),
    [
        (["1.1.7-1.1.9", "1.1.8-2.0.5"], "1.1.8", "1.1.9", 0),
        (["1.0.0-1.1.9", "1.0.0-1.1.7"], None, "1.1.7", 0),
        (["2.1.0-3.0.2", "1.1.8-3.0.2"], "2.1.0", None, 0),
        (["1.1.22-1.1.24, 2.0.3-2.0.5"], "1.1.22", "2.0.5", 0),
        ([], None, None, 0),
    ],
)
def test_a_release_has_all_the_wordings_of_the_log(wordings, low, high, against):
    assert narrow([ranges(versions) for versions in wordings], OLDEST, NEWEST) == (low, high, against)


def test_a_contradiction_widens_the_range():
    """Three wordings of 1.1.7 to 1.1.9 and one that came with 1.1.10: a change taken back, or an upgrade under way."""
    known = [ranges(versions) for versions in ("1.1.7-1.1.9", "1.1.6-1.1.9", "1.1.8-1.1.12", "1.1.10-1.1.24")]
    found = narrow(known, OLDEST, NEWEST)
    assert found.against == 1
    assert version_key(found.low) <= (1, 1, 8)
    assert version_key(found.high) >= (1, 1, 10)


def test_a_contradiction_never_narrows():
    agreeing = [ranges("1.1.7-1.1.12")] * 5
    alone, against = narrow(agreeing, OLDEST, NEWEST), narrow([*agreeing, ranges("2.0.0-2.0.5")], OLDEST, NEWEST)
    assert version_key(against.low) <= version_key(alone.low)
    assert version_key(against.high) >= version_key(alone.high)


@pytest.mark.parametrize(
    ("low", "high", "text"),
    [
        ("1.1.8", "1.1.13", "1.1.8-1.1.13"),
        ("1.1.7", "1.1.7", "1.1.7"),
        ("2.1.0", None, "2.1.0 or later"),
        (None, "1.1.7", "1.1.7 or earlier"),
        (None, None, ""),
    ],
)
def test_a_range_in_words(low, high, text):
    assert words(low, high) == text


def test_the_wordings_of_a_log_without_its_start_leave_a_range(releases):
    row = releases(MIDDLE)["pacemaker"]
    assert (row.exact, row.how, row.low, row.high, row.against) == (None, None, "1.1.10", "1.1.12", 0)
    assert row.event is not None


def test_a_line_that_tells_the_release_wins_over_the_package_list(releases):
    rpm = [("installed-rpms", "pacemaker-1.1.12-8.el6.x86_64\ncorosync-1.4.7-1.el6.x86_64\n")]
    packaged = releases(MIDDLE, rpm)
    assert (packaged["pacemaker"].exact, packaged["pacemaker"].how) == ("1.1.12-8.el6", "package")
    assert packaged["pacemaker"].package_line == 1
    started = ("pacemakerd", "notice: Starting Pacemaker 1.1.10 (Build: 1234567): agent-manpages ncurses")
    logged = releases([*MIDDLE, started], rpm)
    assert (logged["pacemaker"].exact, logged["pacemaker"].how) == ("1.1.10", "logged")
    assert (logged["corosync"].exact, logged["corosync"].how) == ("1.4.7-1.el6", "package")


def test_the_plugin_says_pacemaker_s_wordings_within_corosync(tmp_path):
    (tmp_path / "node1").mkdir()
    (tmp_path / "node1/corosync.log").write_text(
        "Jun 01 10:00:00 corosync [pcmk  ] ERROR: pcmk_wait_dispatch: Child process cib exited (pid=9, rc=100)\n"
        "Jun 01 10:00:01 corosync [TOTEM ] Retransmit List: 1 2 3\n"
    )
    store = Store()
    analyze.load([tmp_path], store)
    assert {row.product for row in store.rows("select product from release")} <= {"pacemaker", "corosync"}
    assert store.one("select 1 from release where product = 'pacemaker'")


def test_the_report_shows_what_the_wordings_tell(tmp_path):
    (tmp_path / "node1").mkdir()
    log = "\n".join(HEADER.format(at, daemon, 100 + at, text) for at, (daemon, text) in enumerate(MIDDLE))
    (tmp_path / "node1/messages").write_text(log + "\n")
    report = analyze.analyze([tmp_path])
    node = next(node for node in report["nodes"] if node["name"] == "node1")
    assert node["versions"]["pacemaker"] is None
    assert node["releases"]["pacemaker"]["range"] == "1.1.10-1.1.12"
    assert node["releases"]["pacemaker"]["evidence"]["file"].endswith("node1/messages")
    assert facts.versions(node)["pacemaker"] == "1.1.10-1.1.12, from wordings"
    for view in ("html", "md", "text"):
        assert "1.1.10-1.1.12, from wordings" in render(report, view)


@pytest.mark.parametrize("path", BUNDLES, ids=lambda path: f"{path.parent.name}-{path.name}")
def test_the_range_from_wordings_holds_the_release_that_a_line_tells(path):
    store = Store()
    analyze.load([path], store)
    for row in store.rows("select * from release where exact is not null and (low is not null or high is not null)"):
        told = version_key(row.exact)[:3]
        assert version_key(row.low)[:3] <= told <= (version_key(row.high)[:3] or told), row


def test_every_product_of_the_catalogue_with_releases_is_known():
    """A slip in `from` would take a wording's releases for those of another product."""
    products = {template.product for template in Catalog.load().templates if template.versions}
    assert products == {"pacemaker", "corosync", "redhat-cluster"}
    assert not [t.origin for t in Catalog.load().templates if t.versions and not re.match(r"[a-z-]+ \S", t.origin)]
