"""`pcmklog timeline`: one column a node, and moments and filters as people write them."""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace

import pytest

from pcmklog import analyze
from pcmklog.model import PcmklogError
from pcmklog.report.cells import taken
from pcmklog.timeline import Wanted, filters, render, timeline
from pcmklog.timeline.moments import Known, moment, seconds
from tests.logs import COROSYNC_START, bundle, corosync, text

FENCED = "corosync3-killed-and-fenced"
NOON = 1_795_348_800.0  # 2026-11-22 12:00 UTC
KNOWN = Known(NOON - 90_000, NOON + 3600, {"f1": None, "f2": NOON - 60})
ANSI = re.compile(r"\x1b\[[\d;]*m")


@pytest.fixture(scope="module")
def fenced(root):
    return analyze.examine([root / f"sample_logs/bundles/{FENCED}.tar.gz"])


@pytest.fixture(scope="module")
def shown(fenced):
    """`shown(since=..., where=...)` is the timeline of the sample in which a node is fenced."""
    return lambda **wanted: timeline(fenced.store, "sample", fenced.findings, Wanted(**wanted))


def named(fenced, code):
    return next(finding for finding in fenced.findings if finding.code == code)


# ---------------------------------------------------------------------- moments


@pytest.mark.parametrize(
    ("written", "offset"),
    [
        ("2026-11-22 12:00", 0),
        ("2026-11-22T12:00:01.5Z", 1.5),
        ("2026-11-22T13:00:00+01:00", 0),
        ("2026-11-22 12:00 UTC", 0),
        ("2026-11-22", -43200),
        ("12:30", 1800),
        ("9:15:30.25", -9869.75),
        ("13:00:01", -82799),  # the logs end at 13:00:00: it can only be the day before
        ("f2", -60),
        ("F2", -60),
        ("10 min before f2", -660),
        ("1h 30min after 12:00", 5400),
        ("2 seconds after f2", -58),
        ("500ms before end", 3599.5),
        ("-2h", 3600 - 7200),
        ("- 30s", 3570),
        ("+1d", -3600),
        ("begin", -90_000),
    ],
)
def test_a_moment_is_written_in_many_ways(written, offset):
    assert moment(written, KNOWN) == pytest.approx(NOON + offset)


@pytest.mark.parametrize(
    ("written", "word"),
    [
        ("", "no moment"), ("soon", "no moment"), ("25:00", "25:00"), ("2026-13-45", "2026-13-45"),
        ("f9", "f1 to f2"), ("f1", "no moment"), ("10 min f2", "no moment"), ("10 parsecs before f2", "no moment"),
    ],
)  # fmt: skip
def test_what_is_no_moment_is_told_in_a_sentence(written, word):
    with pytest.raises(PcmklogError, match=re.escape(word)):
        moment(written, KNOWN)


@pytest.mark.parametrize(("written", "length"), [("30s", 30), ("10 min", 600), ("1h30min", 5400), ("0.5 days", 43200)])
def test_a_length_of_time_has_a_unit(written, length):
    assert seconds(written) == length


def test_a_length_without_unit_is_none():
    with pytest.raises(PcmklogError, match="no length"):
        seconds("30")


# ---------------------------------------------------------------------- filters


@pytest.mark.parametrize(
    ("where", "holds"),
    [
        ("daemon = corosync", lambda e: e.daemon == "corosync"),
        ("DAEMON = Corosync", lambda e: e.daemon == "corosync"),
        ("daemon = pacemaker*", lambda e: e.daemon.startswith("pacemaker")),
        ("daemon != corosync and level >= warn", lambda e: e.daemon != "corosync" and e.severity >= 4),
        ("text ~ 'lost|failed' and node in (pcmk-1, PCMK-2)", lambda e: bool(
            re.search("lost|failed", e.text, re.IGNORECASE)) and e.node in ("pcmk-1", "pcmk-2")),
        ("not (role = controller or kind = quorum.*)", lambda e: e.daemon != "pacemaker-controld"
            and not e.kind.startswith("quorum.")),
        ("subsystem = TOTEM or pid = 999999", lambda e: e.subsystem == "TOTEM"),
        ("file ~ corosync.log and line < 20", lambda e: e.file.endswith("corosync.log") and e.line < 20),
        ("level = crit", lambda e: e.level == "crit"),
        ('text !~ "a"', lambda e: "a" not in e.text.lower()),
    ],
)  # fmt: skip
def test_a_filter_shows_what_fits_and_nothing_else(shown, where, holds):
    found = shown(where=where)
    rest = {(e.file, e.line) for e in shown(where=f"not ({where})").entries}
    assert found.entries
    assert all(holds(entry) for entry in found.entries)
    assert not rest & {(e.file, e.line) for e in found.entries}


@pytest.mark.parametrize(
    ("where", "word"),
    [
        ("daemon", "column"), ("colour = red", "daemon"), ("daemon = ", "a value"), ("daemon = (a", "column 10"),
        ("text ~ '('", "regular expression"), ("level = loud", "notice"), ("pid > x", "number"), ("node < a", "text"),
        ("daemon = a daemon = b", "column"), ("(" * 40 + "daemon = a", "column"), ("daemon in ()", "value"),
    ],
)  # fmt: skip
def test_a_filter_that_is_not_understood_is_told_with_its_place(where, word):
    with pytest.raises(PcmklogError, match=re.escape(word)) as caught:
        filters.condition(where)
    assert "\n" not in str(caught.value)


def test_a_filter_is_no_way_into_the_database(shown):
    assert shown(where='text = "x\' or 1=1; drop table event; --"').entries == ()
    assert shown(where="daemon = corosync").entries


# ---------------------------------------------------------------------- what is shown


def test_a_stretch_holds_what_is_inside_of_it(fenced, shown):
    at = named(fenced, "FEN601")
    found = shown(since=f"3s before {at.id}", until=f"1s after {at.id}")
    assert found.entries
    assert all(found.since <= entry.ts <= found.until for entry in found.entries)
    assert found.until - found.since == pytest.approx(4)
    around = shown(around=at.id, within="2s")
    assert (around.since, around.until) == (pytest.approx(at.at - 2), pytest.approx(at.at + 2))


def test_a_stretch_that_ends_before_it_begins_is_refused(shown):
    with pytest.raises(PcmklogError, match="before it begins"):
        shown(since="end", until="begin")


def test_of_a_stretch_behind_the_logs_it_is_told_when_they_are(shown):
    with pytest.raises(PcmklogError, match=r"the logs of this bundle are of \d{4}-\d\d-\d\d \d\d:\d\d:\d\d to "):
        shown(since="1h after end")


def test_nodes_and_daemons_are_chosen_by_name(shown):
    found = shown(nodes=["PCMK-2"], daemons=["controller"])
    assert found.nodes == ("pcmk-2",)
    assert {(entry.node, entry.daemon) for entry in found.entries} == {("pcmk-2", "pacemaker-controld")}
    assert shown(nodes=["pcmk-*"]).nodes == ("pcmk-1", "pcmk-2", "pcmk-3")


def test_a_node_that_there_is_not_is_told(shown):
    with pytest.raises(PcmklogError, match="pcmk-1, pcmk-2, pcmk-3"):
        shown(nodes=["pcmk-9"])


def test_a_least_severity_leaves_lighter_events_out_and_counts_them(shown):
    everything, some = shown(min_severity="trace"), shown(min_severity="error")
    assert {entry.level for entry in some.entries} <= {"error", "crit", "alert", "emerg"}
    assert everything.left_out == 0
    assert sum(e.times for e in some.entries) + some.left_out == sum(e.times for e in everything.entries)


def test_what_proves_a_finding_is_shown_whatever_its_level(fenced, shown):
    proved = {name for entry in shown().entries for name in entry.findings}
    assert {finding.id for finding in fenced.findings if finding.at and finding.node} <= proved


def test_entries_stand_in_the_order_of_time(shown):
    stamps = [entry.ts for entry in shown(min_severity="trace").entries]
    assert stamps == sorted(stamps)


def test_repeats_are_one_entry_with_a_count(tmp_path):
    again = [(2 + n, f"[TOTEM ] Retransmit List: {n:x}1 {n:x}2") for n in range(7)]
    other = [(20, "[TOTEM ] Retransmit List: 9")]
    log = text(
        corosync(0, [*COROSYNC_START, *again, (10, "[TOTEM ] A processor failed, forming new configuration."), *other])
    )
    done = analyze.examine([bundle(tmp_path, {"node1/corosync.log": log})])
    found = timeline(done.store, "b", done.findings, Wanted(where="kind ~ retransmit or text ~ 'processor failed'"))
    assert [entry.times for entry in found.entries] == [7, 1, 1]
    assert found.entries[0].until - found.entries[0].ts == pytest.approx(6)


def test_the_state_of_a_node_is_known_at_every_moment(fenced, shown):
    found, fencing = shown(), named(fenced, "FEN601")
    killed = named(fenced, "ORD101").at
    assert found.state("pcmk-3", killed - 1).condition == "quorate"
    assert found.state("pcmk-3", killed + 1).condition == "down"
    assert found.state("pcmk-3", fencing.at + 0.1).condition == "fencing"
    assert found.state("pcmk-2", fencing.at).dc
    assert found.state("pcmk-1", found.since - 100) is None


# ---------------------------------------------------------------------- views


def test_the_text_has_one_column_a_node_and_no_wider_line(shown):
    for width in (100, 160, 237):
        lines = render(shown(), "text", width=width).splitlines()
        assert max(map(taken, lines)) <= width
        heads = next(line for line in lines if line.startswith("time (UTC)"))
        places = [heads.index(node) for node in ("pcmk-1", "pcmk-2", "pcmk-3")]
        rows = [line for line in lines if re.match(r"\d\d:\d\d:\d\d\.\d{3} [^▶]", line)]
        assert len(rows) > 50
        assert {row[place] for row in rows for place in places if len(row) > place} <= set("│┃┊╎×!‡?")  # noqa: RUF001


def test_colour_adds_nothing_but_colour(shown):
    found = shown()
    plain, coloured = render(found, "text"), render(found, "text", colour=True)
    assert "\x1b" not in plain
    assert ANSI.sub("", coloured) == plain


def test_the_own_stamp_of_a_node_stands_beside_the_cluster_clock(tmp_path):
    rings = [(n * 60.0, f"[TOTEM ] A new membership (1.{n + 5:x}) was formed. Members joined: 2") for n in range(3)]
    logs = {
        "node1/corosync.log": text(corosync(0, [*COROSYNC_START, *[(t + 5, m) for t, m in rings]], "node1")),
        "node2/corosync.log": text(corosync(30, [*COROSYNC_START, *[(t + 5, m) for t, m in rings]], "node2")),
    }
    done = analyze.examine([bundle(tmp_path, logs)])
    found = timeline(done.store, "b", done.findings, Wanted(where="kind = totem.membership_formed"))
    page = render(found, "text")
    assert "clock of node2: 30.000 s ahead" in page
    assert "10:01:05.000" in page
    assert "[10:01:35.000]" in page


def test_csv_json_and_markdown_tell_the_same_entries(shown):
    found = shown(min_severity="warning")
    rows = list(csv.DictReader(io.StringIO(render(found, "csv"))))
    whole = json.loads(render(found, "json"))
    table = [line for line in render(found, "md").splitlines() if line.startswith("| 20")]
    assert len(rows) == len(whole["entries"]) == len(table) - len(found.findings) == len(found.entries)
    assert [row["at"] for row in rows] == [entry["at"] for entry in whole["entries"]]
    assert {len(re.findall(r"(?<!\\)\|", line)) for line in table} == {2 + len(found.nodes)}
    assert all(row["logged_at"] for row in rows)


def test_the_golden_timeline_is_what_the_sample_gives(run, root):
    made = run(
        "timeline", root / f"sample_logs/bundles/{FENCED}.tar.gz", "--quiet", "--width", "150",
        "--around", "07:00:05", "--within", "7s", "--min-severity", "warning",
    )  # fmt: skip
    assert (made.returncode, made.stderr) == (0, "")
    golden = (root / f"reports/{FENCED}.timeline.txt").read_text("utf-8").splitlines()
    assert made.stdout.splitlines()[:-1] == golden[:-1]  # the last one counts what is not shown


def test_hostile_text_steers_no_terminal(tmp_path):
    evil = (30, "[TOTEM ] A processor failed, forming new configuration.\x1b[2J\x07 =cmd|x")
    log = text(corosync(0, [*COROSYNC_START, evil]))
    done = analyze.examine([bundle(tmp_path, {"node1/corosync.log": log})])
    found = timeline(done.store, "b\x1b[2J", done.findings, Wanted())
    for fmt in ("text", "csv", "json", "md"):
        assert "\x1b" not in render(found, fmt)


@pytest.mark.parametrize(
    "wish",
    [["--since", "f99"], ["--where", "x = 1"], ["--node", "nobody"], ["--min-severity", "loud"], ["--within", "1"],
     ["--format", "pdf"], ["--width", "3"]],
    ids=" ".join,
)  # fmt: skip
def test_a_wish_that_is_not_understood_is_one_line_and_exit_2(run, root, wish):
    bundle = root / "sample_logs/bundles/plugin-v0-with-v1.tar.bz2"
    around = ["--around", "end"] if "--within" in wish else []
    done = run("timeline", bundle, *wish, *around)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert "fault of pcmklog" not in done.stderr


def test_a_kept_database_gives_the_timeline_of_its_bundle(run, root, tmp_path):
    bundle, kept = root / "sample_logs/bundles/plugin-v0-with-v1.tar.bz2", tmp_path / "kept.duckdb"
    analyze.examine([bundle], database=kept)
    texts = [run("timeline", path, "--quiet", "--format", "csv").stdout for path in (bundle, kept)]
    assert texts[0].count("\n") > 20
    assert texts[0] == texts[1]


# ---------------------------------------------------------------------- many nodes


def many(tmp_path, names):
    logs = {f"{name}/corosync.log": text(corosync(0, COROSYNC_START, name)) for name in names}
    done = analyze.examine([bundle(tmp_path, logs)])
    return timeline(done.store, "many", done.findings, Wanted(min_severity="debug"))


def test_where_columns_would_be_too_narrow_the_bars_stand_side_by_side(tmp_path):
    names = [f"database-with-a-long-name-{n}.prod.example.net" for n in range(8)]
    lines = render(many(tmp_path, names), "text", width=100).splitlines()
    assert max(map(taken, lines)) <= 100
    heads = [line for line in lines if "┌" in line]
    assert [head.split()[-1] for head in heads] == [name.split(".")[0] for name in reversed(names)]
    row = next(line for line in lines if "Corosync Cluster Engine" in line)
    assert len(row.split()) > 10
    bars, said = row.split()[1:9], row.split()[9:]
    assert all(len(bar) == 1 for bar in bars)
    assert said[0].startswith("database-with-a-lon")
    # Each head leads to the bar of its node.
    assert [row[head.index("┌")] for head in reversed(heads)] == bars


def test_names_of_nodes_go_without_their_domain_unless_that_tells_them_apart(tmp_path):
    lines = render(many(tmp_path / "a", ["n1.example.net", "n2.example.net"]), "text").splitlines()
    assert next(line for line in lines if line.startswith("time")).split()[2:] == ["n1", "n2"]
    twins = replace(many(tmp_path / "b", ["n1", "n2"]), nodes=("n1.example.net", "n1.example.org"))
    lines = render(twins, "text").splitlines()
    assert next(line for line in lines if line.startswith("time")).split()[2:] == ["n1.example.net", "n1.example.org"]
