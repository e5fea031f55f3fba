"""The year and the zone of stamps: what proves them, and stories over New Year, leap days and summer time."""

from __future__ import annotations

import bz2
import os
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from pcmklog import analyze
from pcmklog.dating import given, year_proof, zone_proof
from pcmklog.model import Given, PcmklogError
from tests.logs import COROSYNC_START, bundle, corosync, loaded, text
from tests.restamp import Clock, rewritten

BERLIN = ZoneInfo("Europe/Berlin")
SAMPLE = "sample_logs/bundles/corosync3-partition.tar.bz2"
NODES = ("pcmk-1", "pcmk-2", "pcmk-3")
GRAPH = "pacemaker-controld  [65] (do_te_invoke) \tnotice: Processing graph 0 (ref=pe_calc-dc-{}-9) derived from /x"


def at(year, month, day, hour=0, minute=0, second=0):
    return datetime(year, month, day, hour, minute, second, tzinfo=UTC).timestamp()


@pytest.fixture(scope="module")
def before(root):
    return analyze.examine([root / SAMPLE])


def moments(done):
    """The moment of every event that has one, by its line."""
    rows = done.store.rows(
        "select split_part(s.path, 'var/log/', 2) as file, e.node, e.line, e.ts from event e "
        "join source s on s.id = e.source where e.ts is not null and e.node is not null"
    )
    return {(row.file, row.node, row.line): row.ts for row in rows}


def middle(done):
    """The time at which half of the story is over, in whole seconds."""
    stamps = sorted(moments(done).values())
    return float(round(stamps[len(stamps) // 2]))


def faults(done):
    return sorted((f.code, f.node or "") for f in done.findings)


# ---------------------------------------------------------------------- stories at bad times


@pytest.mark.parametrize(
    ("when", "zone"),
    [
        (at(2013, 1, 1), UTC),
        (at(2012, 2, 29, 23, 59, 30), UTC),
        (at(2016, 2, 29), UTC),
        (at(2026, 3, 29, 1), BERLIN),
        (at(2026, 10, 25, 1), BERLIN),
        (at(2014, 11, 2, 6), ZoneInfo("America/New_York")),
    ],
    ids=[
        "new-year",
        "out-of-29-february",
        "into-29-february",
        "into-summer",
        "out-of-summer",
        "out-of-summer-new-york",
    ],
)
def test_a_story_is_the_same_at_a_bad_time(tmp_path, root, before, when, zone):
    by = when - middle(before)
    clocks = dict.fromkeys(NODES, Clock(lambda t: t + by, zone))
    said = Given(zones={"": str(zone)}) if zone is not UTC else Given()
    after = analyze.examine([rewritten(root / SAMPLE, tmp_path / "b", clocks)], given=said)
    old, new = moments(before), moments(after)
    wrong = {key: new[key] - old[key] - by for key in old.keys() & new.keys() if abs(new[key] - old[key] - by) > 1.001}
    assert len(old.keys() & new.keys()) > 0.9 * len(old)
    assert len(wrong) < 0.01 * len(old)
    assert faults(after) == faults(before)


def test_a_clock_that_is_set_in_the_middle_is_found_and_its_log_laid_right(tmp_path, root, before):
    step = middle(before)
    clocks = dict.fromkeys(NODES, Clock()) | {"pcmk-2": Clock(lambda t: t - 90 if t < step else t)}
    after = analyze.examine([rewritten(root / SAMPLE, tmp_path / "b", clocks)])
    assert [f.node for f in after.findings if f.code == "CLK902"] == ["pcmk-2"]
    old, new = moments(before), moments(after)
    off = [abs(new[key] - old[key]) for key in old.keys() & new.keys()]
    assert sum(by > 1.5 for by in off) < 0.05 * len(off)


# ---------------------------------------------------------------------- proofs


def graph(clock, epoch):
    return f"Apr 03 {clock} node1 {GRAPH.format(int(epoch))}\n"


START = text(corosync(0, COROSYNC_START)).replace("Nov 02", "Apr 03")


def test_lines_that_tell_the_epoch_prove_year_and_zone(tmp_path):
    lines = graph("11:01:41", at(2019, 4, 3, 3, 1, 41)) + graph("11:02:03", at(2019, 4, 3, 3, 2, 1))
    store = loaded(tmp_path, {"node1/corosync.log": START + lines})
    first = store.one("select min(ts) as ts from event").ts
    assert datetime.fromtimestamp(first, UTC) == datetime(2019, 4, 3, 2, 0, tzinfo=UTC)
    assert store.one("select utc_offset from node_zone where node = 'node1'").utc_offset == 8 * 3600
    assert zone_proof(store, "node1") == "proved by 2 lines that tell the seconds since 1970"
    assert year_proof(store, "node1") == "proved by 2 lines that tell the seconds since 1970"


def test_the_mark_of_a_collector_proves_year_and_zone(tmp_path):
    mark = f"Apr  3 11:05:00 node1 root: Mark:pcmk:{int(at(2019, 4, 3, 3, 5))}\n"
    store = loaded(tmp_path, {"node1/corosync.log": START, "node1/messages": mark})
    assert store.one("select utc_offset from node_zone where node = 'node1'").utc_offset == 8 * 3600
    assert store.one("select min(ts) as ts from event").ts == at(2019, 4, 3, 2)


def test_an_input_of_the_scheduler_tells_when_it_ran(tmp_path):
    line = "Apr 03 11:05:00 [7] node1 pengine: notice: process_pe_message: Calculated Transition 3: /lib/pe-input-9.bz2"
    root = f'<cib epoch="7" execution-date="{int(at(2019, 4, 3, 3, 5))}">\n</cib>\n'
    folder = bundle(tmp_path, {"node1/corosync.log": START, "node1/pacemaker.log": line + "\n"})
    (folder / "node1/pengine").mkdir()
    (folder / "node1/pengine/pe-input-9.bz2").write_bytes(bz2.compress(root.encode()))
    store = analyze.examine([folder]).store
    assert store.one("select utc_offset from node_zone where node = 'node1'").utc_offset == 8 * 3600
    assert year_proof(store, "node1") == "proved by 1 line that tell the seconds since 1970"


def test_the_last_operation_of_the_cib_tells_the_year(tmp_path):
    times = (at(2018, 4, 2, 10), at(2019, 4, 3, 10, 2))
    ops = "".join(f'<lrm_rsc_op id="a_{n}" operation="start" last-rc-change="{int(t)}"/>' for n, t in enumerate(times))
    state = f'<node_state uname="node1"><lrm><lrm_resource id="a">{ops}</lrm_resource></lrm></node_state>'
    cib = f'<cib epoch="7"><configuration/><status>{state}</status></cib>\n'
    store = loaded(tmp_path, {"node1/corosync.log": START, "node1/cib.xml": cib})
    assert store.one("select min(ts) as ts from event").ts == at(2019, 4, 3, 10)
    assert year_proof(store, "node1") == "from dated files of the same days"


def test_the_time_in_utc_is_no_zone_and_tells_one_beside_the_local_time(tmp_path):
    """Which of its zones CST is nobody knows."""
    local, universal = "Wed Apr  3 11:05:00 CST 2019\n", "Wed Apr  3 03:05:00 UTC 2019\n"
    files = {
        "node1/corosync.log": START,
        "node1/sos_commands/date/date": local,
        "node1/sos_commands/date/date_--utc": universal,
        "node2/corosync.log": START.replace("node1", "node2"),
        "node2/sos_commands/date/date_--utc": universal,
    }
    store = loaded(tmp_path, files)
    zones = {row.node: (row.utc_offset, row.proof) for row in store.rows("select * from node_zone")}
    assert zones == {"node1": (8 * 3600, "file"), "node2": (8 * 3600, "others")}


def test_the_last_change_of_the_cib_tells_the_year(tmp_path):
    cib = '<cib epoch="7" cib-last-written="Wed Apr  3 10:02:00 2019"><configuration/></cib>\n'
    store = loaded(tmp_path, {"node1/corosync.log": START, "node1/cib.xml": cib})
    assert year_proof(store, "node1") == "from dated files of the same days"
    assert store.one("select min(ts) as ts from event").ts == at(2019, 4, 3, 10)


def test_whole_hours_are_an_offset_where_both_zones_are_proved(tmp_path):
    rings = [(n * 60.0, f"[TOTEM ] A new membership (1.{n + 5:x}) was formed. Members joined: 2") for n in range(3)]
    logs = {
        f"node{n}/corosync.log": text(corosync(0, [*COROSYNC_START, *rings], f"node{n}")).replace(" 10:", f" {9 + n}:")
        for n in (1, 2)
    }
    folder = bundle(tmp_path, logs)
    codes = {f.code for f in analyze.examine([folder]).findings}
    assert codes & {"CLK901", "CLK903"} == {"CLK903"}
    said = given(None, ["UTC"], [])
    codes = {f.code for f in analyze.examine([folder], given=said).findings}
    assert codes & {"CLK901", "CLK903"} == {"CLK901"}


def test_what_others_write_of_the_epoch_long_before_proves_nothing(tmp_path):
    store = loaded(tmp_path, {"node1/corosync.log": START + graph("11:01:41", at(2019, 4, 3, 3, 10))})
    assert zone_proof(store, "node1") is None


def test_files_of_one_node_are_of_one_time(tmp_path):
    files = {
        "node1/pacemaker.log": START + graph("11:01:41", at(2019, 4, 3, 3, 1, 41)),
        "node1/corosync.log.2": text(corosync(0, COROSYNC_START)).replace("Nov 02", "Jan 03"),
    }
    store = loaded(tmp_path, files)
    years = {row.path[-3:]: row.base_year for row in store.rows("select path, base_year from source")}
    assert set(years.values()) == {2019}


def test_a_date_in_the_name_tells_the_year(tmp_path):
    folder = bundle(tmp_path, {"node1/corosync.log-20130105": text(corosync(0, COROSYNC_START)).replace("Nov", "Dec")})
    done = analyze.examine([folder])
    assert datetime.fromtimestamp(done.store.one("select min(ts) as ts from event").ts, UTC).year == 2012
    assert year_proof(done.store, "node1") == "from the names and times of the files"


def test_a_leap_day_is_in_a_leap_year(tmp_path):
    log = tmp_path / "node1" / "corosync.log"
    bundle(tmp_path, {"node1/corosync.log": text(corosync(0, COROSYNC_START)).replace("Nov 02", "Feb 29")})
    os.utime(log, (at(2015, 7, 1), at(2015, 7, 1)))
    done = analyze.examine([tmp_path])
    assert (
        datetime.fromtimestamp(done.store.one("select min(ts) as ts from event").ts, UTC).date().isoformat()
        == "2012-02-29"
    )


def test_two_offsets_that_lines_prove_are_one_zone_with_summer_time(tmp_path):
    winter = text(corosync(0, COROSYNC_START)).replace("Nov 02", "Mar 28") + graph(
        "10:05:00", at(2026, 3, 28, 9, 5)
    ).replace("Apr 03", "Mar 28")
    summer = graph("10:05:00", at(2026, 4, 3, 8, 5))
    store = loaded(tmp_path, {"node1/corosync.log": winter + summer})
    zone = store.one("select zone, n from node_zone where node = 'node1'")
    assert (zone.zone, zone.n) == ("Europe/Berlin", 2)
    ends = store.one("select min(ts) as first, max(ts) as last from event")
    assert (ends.first, ends.last) == (at(2026, 3, 28, 9), at(2026, 4, 3, 8, 5))


# ---------------------------------------------------------------------- what the user says


def test_the_user_knows_year_zone_and_offset_better(tmp_path):
    rings = [(n * 60.0, f"[TOTEM ] A new membership (1.{n + 5:x}) was formed. Members joined: 2") for n in range(3)]
    logs = {f"{node}/corosync.log": text(corosync(0, [*COROSYNC_START, *rings], node)) for node in ("node1", "node2")}
    said = given(2011, ["+02:00", "node2=Asia/Tokyo"], ["node1=0", "node2=-5"])
    done = analyze.examine([bundle(tmp_path, logs)], given=said)
    first = {row.node: row.ts for row in done.store.rows("select node, min(ts) as ts from event group by node")}
    assert first == {"node1": at(2011, 11, 2, 8), "node2": at(2011, 11, 2, 1) + 5}
    assert zone_proof(done.store, "node2") == year_proof(done.store, "node2") == "as given"


@pytest.mark.parametrize(
    ("zones", "offsets", "word"),
    [(["Mars"], [], "Mars"), (["node1=Mars/Base"], [], "Mars/Base"), ([], ["7"], "NODE=SECONDS"), ([], ["a=b"], "a=b"),
     ([], ["a=nan"], "a=nan")],
)  # fmt: skip
def test_a_zone_or_offset_that_is_none_is_told(zones, offsets, word):
    with pytest.raises(PcmklogError, match=word):
        given(None, zones, offsets)


def test_a_node_that_there_is_not_is_told(tmp_path):
    folder = bundle(tmp_path, {"node1/corosync.log": text(corosync(0, COROSYNC_START))})
    with pytest.raises(PcmklogError, match="node1"):
        analyze.examine([folder], given=Given(offsets={"node9": 3.0}))


def test_the_command_line_takes_year_zone_and_offset(run, tmp_path):
    folder = bundle(tmp_path / "b", {"node1/corosync.log": text(corosync(0, COROSYNC_START))})
    done = run("timeline", folder, "--year", "2011", "--tz", "node1=+02:00", "--offset", "node1=60", "--format", "csv")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.splitlines()[1].startswith("2011-11-02T07:59:00.000Z,,2011-11-02T08:00:00.000Z,node1,")


def test_what_the_user_says_holds_for_a_kept_database_too(tmp_path):
    folder = bundle(tmp_path / "b", {"node1/corosync.log": text(corosync(0, COROSYNC_START))})
    analyze.examine([folder], database=tmp_path / "kept.duckdb")
    said = given(2011, ["+02:00"], [])
    for path in (folder, tmp_path / "kept.duckdb"):
        done = analyze.examine([path], given=said)
        assert done.store.one("select min(ts) as ts from event").ts == at(2011, 11, 2, 8)
    untold = analyze.examine([tmp_path / "kept.duckdb"])
    assert untold.store.one("select min(ts) as ts from event").ts != at(2011, 11, 2, 8)


def test_a_node_without_a_proof_is_in_the_zone_of_those_it_logs_with(tmp_path):
    """Else a log of two nodes in one file would tear them apart by hours, and call that a difference of zones."""
    log = (
        "Apr 15 20:30:14 node1 crmd[2823]: notice: do_te_invoke: Processing graph 123 (ref=pe_calc-dc-1429122614-234) "
        "derived from /var/lib/pacemaker/pengine/pe-input-1907.bz2\n"
        "Apr 15 20:30:15 node2 crmd[6907]: notice: process_lrm_event: Operation web_start_0: ok (node=node2, call=69, "
        "rc=0, cib-update=48, confirmed=true)\n"
    )
    store = loaded(tmp_path, {"history.log": log})
    assert [row.ts for row in store.rows("select ts from event order by line")] == [1429122614.0, 1429122615.0]
    assert zone_proof(store, "node2") == "taken to be that of the other nodes"
    assert "CLK903" not in {finding.code for finding in analyze.examine([tmp_path]).findings}
