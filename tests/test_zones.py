"""Zones by what the machine, the CIB and the times of logs tell; several zones in one bundle; stamps that are none."""

from __future__ import annotations

import io
import os
import struct
import tarfile
from datetime import UTC
from zoneinfo import ZoneInfo

import pytest

from pcmklog import analyze
from pcmklog.dating import given, year_proof, zone_proof
from pcmklog.dating.zones import named
from pcmklog.model import PcmklogError
from tests.logs import bundle, loaded
from tests.restamp import Clock, rewritten
from tests.test_dating import BERLIN, NODES, SAMPLE, START, at, faults, graph, middle, moments

NEW_YORK = ZoneInfo("America/New_York")
RULES = "CET-1CEST,M3.5.0,M10.5.0/3"
HEAD = b"TZif2" + bytes(15) + struct.pack(">6l", 0, 0, 0, 0, 1, 4) + struct.pack(">lbb", 0, 0, 0) + b"UTC\0"
CONTENT = HEAD + HEAD + b"\n" + RULES.encode() + b"\n"


def zones(store):
    return {row.node: (row.utc_offset, row.proof) for row in store.rows("select * from node_zone order by node")}


def notes(store):
    return [row.text for row in store.rows("select text from note")]


# ---------------------------------------------------------------------- what the machine says


@pytest.mark.parametrize("target", ["../usr/share/zoneinfo/Europe/Berlin", "/usr/share/zoneinfo/posix/Europe/Berlin"])
def test_the_link_of_localtime_names_the_zone(tmp_path, target):
    with tarfile.open(tmp_path / "b.tar", "w") as tar:
        info = tarfile.TarInfo("b/node1/corosync.log")
        info.size, info.mtime = len(START), at(2019, 4, 3, 12)
        tar.addfile(info, io.BytesIO(START.encode()))
        link = tarfile.TarInfo("b/node1/etc/localtime")
        link.type, link.linkname = tarfile.SYMTYPE, target
        tar.addfile(link)
    store = analyze.examine([tmp_path / "b.tar"]).store
    assert zones(store) == {"node1": (7200, "file")}
    assert store.one("select min(ts) as ts from event").ts == at(2019, 4, 3, 8)
    assert zone_proof(store, "node1") == "named by the files of the node"
    assert not [said for said in notes(store) if "link" in said]


def test_the_link_of_localtime_in_a_folder_is_not_followed_but_read(tmp_path):
    folder = bundle(tmp_path, {"node1/corosync.log": START})
    (folder / "node1/etc").mkdir()
    (folder / "node1/etc/localtime").symlink_to("/usr/share/zoneinfo/Asia/Tokyo")
    assert zones(analyze.examine([folder]).store) == {"node1": (32400, "file")}


def test_the_content_of_localtime_tells_the_rules_of_the_zone(tmp_path):
    winter = START.replace("Apr 03", "Mar 28")
    folder = bundle(tmp_path, {"node1/corosync.log": winter + START})
    (folder / "node1/etc").mkdir()
    (folder / "node1/etc/localtime").write_bytes(CONTENT)
    os.utime(folder / "node1/corosync.log", (at(2026, 4, 3, 12), at(2026, 4, 3, 12)))
    store = analyze.examine([folder]).store
    ends = store.one("select min(ts) as first, max(ts) as last from event where kind = 'corosync.started'")
    assert (ends.first, ends.last) == (at(2026, 3, 28, 9), at(2026, 4, 3, 8))


@pytest.mark.parametrize("content", [b"TZif" + bytes(40), b"TZif2" + bytes(90) + b"\nMars\x00\n", b"TZif2\nMars99\n"])
def test_a_localtime_that_is_damaged_proves_nothing(tmp_path, content):
    folder = bundle(tmp_path, {"node1/corosync.log": START})
    (folder / "node1/localtime").write_bytes(content)
    assert zones(analyze.examine([folder]).store) == {}


def test_a_zone_may_be_given_as_rules():
    assert named(RULES).utcoffset(None) is None
    assert given(None, [f"node1={RULES}"], []).zones == {"node1": RULES}
    with pytest.raises(PcmklogError, match="no time zone"):
        given(None, ["CET-1CEST,M3"], [])


# ---------------------------------------------------------------------- the CIB, and the times of files

RESULT = (
    "Apr 03 11:0{}:01 node1 crmd[7]: notice: process_lrm_event: Operation {}_start_0: ok (node=node1, call=9, rc=0, "
    "cib-update=9, confirmed=true)\n"
)


def history(*moments_):
    ops = "".join(
        f'<lrm_resource id="r{n}"><lrm_rsc_op id="r{n}_last_0" operation="start" last-rc-change="{int(when)}"/>'
        "</lrm_resource>"
        for n, when in enumerate(moments_)
    )
    state = f'<node_state uname="node1"><lrm id="node1"><lrm_resources>{ops}</lrm_resources></lrm></node_state>'
    return f'<cib epoch="7"><configuration/><status>{state}</status></cib>\n'


def test_operations_of_the_cib_prove_the_zone_beside_their_results(tmp_path):
    lines = "".join(RESULT.format(n, f"r{n}") for n in range(3))
    cib = history(*(at(2019, 4, 3, 3, n) for n in range(3)))
    store = loaded(tmp_path, {"node1/corosync.log": START, "node1/messages": lines, "node1/cib.xml": cib})
    assert zones(store) == {"node1": (8 * 3600, "history")}
    assert zone_proof(store, "node1") == "proved by the last operations of the CIB beside 3 lines"
    assert store.one("select min(ts) as ts from event").ts == at(2019, 4, 3, 2)


def test_one_operation_may_be_another_one(tmp_path):
    files = {"node1/messages": START + RESULT.format(0, "r0"), "node1/cib.xml": history(at(2019, 4, 3, 3))}
    assert zones(loaded(tmp_path, files)) == {}


def test_the_shutdown_that_the_cib_knows_tells_the_year(tmp_path):
    pair = f'<nvpair id="s" name="shutdown" value="{int(at(2019, 4, 3, 10, 2))}"/>'
    attributes = f"<transient_attributes id='1'><instance_attributes id='i'>{pair}</instance_attributes>"
    state = f"<node_state id='1' uname='node1'>{attributes}</transient_attributes></node_state>"
    cib = f'<cib epoch="7"><configuration/><status>{state}</status></cib>\n'
    store = loaded(tmp_path, {"node1/corosync.log": START, "node1/cib.xml": cib})
    assert year_proof(store, "node1") == "from dated files of the same days"
    assert store.one("select min(ts) as ts from event").ts == at(2019, 4, 3, 10)


def written(tmp_path, ends, hours):
    """A log for each end, last written just then, by a clock so many hours east of Greenwich."""
    names = [f"node1/log{n}/corosync.log" for n in range(len(ends))]
    line = "Apr 03 {} corosync [MAIN  ] Completed service synchronization, ready to provide service.\n"
    folder = bundle(tmp_path, {name: START + line.format(end) for name, end in zip(names, ends, strict=True)})
    for name, end in zip(names, ends, strict=True):
        hour, minute, second = map(int, end.split(":"))
        when = at(2019, 4, 3, hour, minute, second) - hours * 3600 + 1.5
        os.utime(folder / name, (when, when))
    return analyze.examine([folder]).store


def test_logs_that_were_written_last_at_their_ends_tell_the_zone(tmp_path):
    store = written(tmp_path, ["11:05:00", "11:42:10"], 5.5)
    assert zones(store) == {"node1": (5.5 * 3600, "times")}
    assert zone_proof(store, "node1") == "told by the times of its logs"
    assert store.one("select min(ts) as ts from event").ts == at(2019, 4, 3, 4, 30)


@pytest.mark.parametrize(("ends", "hours"), [(["11:05:00"], 2), (["11:05:00", "11:05:30"], 2), (["11:05:00"] * 2, 0)])
def test_the_time_of_a_copy_tells_no_zone(tmp_path, ends, hours):
    assert zones(written(tmp_path, ends, hours)) == {}


# ---------------------------------------------------------------------- proofs that contradict each other


def test_the_better_of_two_proofs_counts_and_the_other_is_told(tmp_path):
    lines = graph("11:01:41", at(2019, 4, 3, 3, 1, 41)) + graph("11:02:03", at(2019, 4, 3, 3, 2, 1))
    store = loaded(tmp_path, {"node1/corosync.log": START + lines, "node1/timezone": "Europe/Berlin\n"})
    assert zones(store) == {"node1": (8 * 3600, "epoch")}
    told = "The files of the node name UTC+02:00, but 2 lines that tell the seconds since 1970 prove UTC+08:00"
    assert notes(store) == [f"{told}, which counts."]


def test_what_the_user_says_is_contradicted_by_nothing(tmp_path):
    folder = bundle(tmp_path, {"node1/corosync.log": START, "node1/timezone": "Europe/Berlin\n"})
    done = analyze.examine([folder], given=given(None, ["node1=Asia/Tokyo"], []))
    assert notes(done.store) == []


def test_of_zones_that_equally_many_lines_tell_it_is_always_the_same(tmp_path):
    """The clock was put into another zone by hand, or the file was copied together."""
    told = [graph("11:01:41", at(2019, 4, 3, 3, 1, 41)), graph("11:02:03", at(2019, 4, 3, 1, 2, 1))]
    found = [
        zones(loaded(tmp_path / str(n), {"node1/corosync.log": START + "".join(lines)}))
        for n, lines in enumerate((told, told[::-1]))
    ]
    assert found[0] == found[1] == {"node1": (8 * 3600, "epoch")}


# ---------------------------------------------------------------------- several zones, and summer time


def test_nodes_of_several_zones_with_summer_time_are_laid_side_by_side(tmp_path, root):
    """Berlin leaves summer time while the story goes on; New York does a week later."""
    before = analyze.examine([root / SAMPLE])
    by = at(2026, 10, 25, 1) - middle(before)
    shown = dict(zip(NODES, (BERLIN, NEW_YORK, UTC), strict=True))
    clocks = {node: Clock(lambda t: t + by, zone) for node, zone in shown.items()}
    said = given(None, [f"{node}={zone}" for node, zone in shown.items() if zone is not UTC], [])
    after = analyze.examine([rewritten(root / SAMPLE, tmp_path / "b", clocks)], given=said)
    _same(before, after, by)
    assert [code for code, _ in faults(after) if code != "CLK903"] == [code for code, _ in faults(before)]


@pytest.mark.parametrize("when", [at(2026, 3, 29, 1), at(2026, 10, 25, 1)], ids=["into-summer", "out-of-summer"])
def test_summer_time_is_followed_where_no_file_names_the_zone(tmp_path, root, when):
    """Lines that tell the seconds since 1970 prove two offsets, and so the rules."""
    before = analyze.examine([root / SAMPLE])
    by = when - middle(before)
    clocks = dict.fromkeys(NODES, Clock(lambda t: t + by, BERLIN))
    after = analyze.examine([rewritten(root / SAMPLE, tmp_path / "b", clocks)])
    proofs = after.store.rows("select node, zone, proof from node_zone order by node")
    assert {(row.zone, row.proof) for row in proofs} <= {("Europe/Berlin", "epoch"), ("Europe/Berlin", "others")}
    _same(before, after, by)


def _same(before, after, by):
    """Nearly all events are as far apart as they were."""
    old, new = moments(before), moments(after)
    wrong = {key: new[key] - old[key] - by for key in old.keys() & new.keys() if abs(new[key] - old[key] - by) > 1.001}
    assert len(old.keys() & new.keys()) > 0.9 * len(old)
    assert len(wrong) < 0.01 * len(old)


# ---------------------------------------------------------------------- stamps that are none


@pytest.mark.parametrize(
    "stamp",
    ["Feb 30 10:00:01", "Apr 03 25:61:61", "Apr 00 10:00:01", "Apr 31 10:00:01.123", "2026-04-31T10:00:01+00:00"],
)
def test_a_stamp_that_no_clock_shows_gives_way_to_the_one_before(tmp_path, stamp):
    line = "{} node1 corosync[7]:   [MAIN  ] Completed service synchronization, ready to provide service.\n"
    lines = [line.format(when) for when in ("Apr 03 10:00:01", stamp, "Apr 03 10:00:02")]
    store = loaded(tmp_path, {"node1/messages": START + "".join(lines)})
    first = store.one("select min(ts) as ts from event").ts
    kinds = "select line, ts, digits from event where text like 'Completed service%' order by line"
    found = [(row.ts - first, row.digits) for row in store.rows(kinds)][-3:]
    assert found == [(1.0, 0), (1.0, -1), (2.0, 0)]
    assert len([said for said in notes(store) if "1 line has a stamp that no clock shows" in said]) == 1


def test_a_leap_day_of_a_year_that_has_none_is_told(tmp_path):
    """Lines prove that it was 2019; the 29th of February of that year was the 1st of March, or the clock was wrong."""
    lines = "".join(graph(f"11:0{n}:41", at(2019, 3, 1, 3, n, 41)).replace("Apr 03", "Feb 29") for n in range(2))
    store = loaded(tmp_path, {"node1/corosync.log": START.replace("Apr 03", "Feb 29") + lines})
    assert any("29 February" in said for said in notes(store))
