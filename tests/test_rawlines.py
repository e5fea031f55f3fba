"""All lines on one clock: every line has the time of its event, nothing is left out, and known lines are not needed."""

from __future__ import annotations

import os

import pytest

from pcmklog import rawlines
from pcmklog.analyze import analyze, load
from pcmklog.store import Store
from tests.corpus import ROOT
from tests.logs import bundle, loaded

BUNDLES = sorted((ROOT / "sample_logs" / "bundles").iterdir())
EVER = (0.0, 1e11)
WRITTEN = 1798761600  # 2027-01-01
BANNER = "[MAIN  ] Corosync Cluster Engine 3.1.7 starting up"
EVENTS = """
select distinct s.path, e.line, e.ts, e.digits from event e join source s on s.id = e.source
where e.ts is not null and e.node = s.node and s.same_as is null
"""


@pytest.mark.parametrize("sample", BUNDLES, ids=lambda path: path.name)
def test_each_line_is_there_once_and_has_the_time_of_its_event(sample):
    store = Store()
    load([sample], store)
    lines = list(rawlines.between(store, *EVER))
    assert [line.ts for line in lines] == sorted(line.ts for line in lines)
    where = {(line.file, line.line): line.ts for line in lines}
    count = store.one(
        "select sum(lines) as n from source where role = 'log' and same_as is null and last_local is not null"
    )
    assert len(where) == len(lines) == count.n
    off = {(e.digits > 0, round(e.ts - where[e.path, e.line], 2)) for e in store.rows(EVENTS)}
    assert {by for exact, by in off if exact} <= {0.0}
    # an event of whole seconds stands where in its second it belongs
    assert all(0 <= by < 1 for exact, by in off if not exact)


@pytest.fixture
def store(tmp_path):
    """Two nodes; a year that turns; stamps of several faces; lines that nobody knows."""
    folder = bundle(
        tmp_path,
        {
            "node1/messages": (
                f"2026-12-31T23:59:58+01:00 node1 corosync[4]:   {BANNER}\n"
                "2026-12-31T23:59:59.250+01:00 node1 cron[7]: one\n"
                "  goes on\n"
                "2027-01-01T00:00:02+01:00 node1 cron[7]: four\n"
            ),
            "node2/timezone": "UTC\n",
            "node2/messages": (
                f"Dec 31 22:59:57 node2 corosync[5]:   {BANNER}\n"
                "Dec 31 22:59:59 node2 cron[7]: zero\n"
                "Dec 31 23:00:01.500 node2 cron[7]: two\n"
                "Jan  1 00:00:00 node2 cron[7]: last\n"
            ),
            "node2/ha-log": (
                "heartbeat[5]: 2026/12/31_22:59:58 info: Version 2 support: false\n"
                "heartbeat[5]: 2026/12/31_23:00:01 info: three\n"
            ),
        },
    )
    for path in folder.rglob("*"):
        os.utime(path, (WRITTEN, WRITTEN))
    store = Store()
    load([folder], store)
    return store


def texts(lines):
    return [line.text.split(": ")[-1] for line in lines]


def test_lines_of_several_faces_come_in_the_order_of_time(store):
    found = list(rawlines.between(store, *EVER))
    assert texts(found)[2:] == ["false", "zero", "one", "  goes on", "three", "two", "four", "last"]
    assert found[-1].ts - found[-2].ts == pytest.approx(3598)
    assert found[0].ts == WRITTEN - 3603


def test_only_what_is_inside_is_given(store):
    everything = list(rawlines.between(store, *EVER))
    one = next(line for line in everything if line.text.endswith("one"))
    assert texts(rawlines.between(store, one.ts, one.ts)) == ["one", "  goes on"]
    assert list(rawlines.between(store, 0.0, 1.0)) == []
    assert {line.node for line in rawlines.between(store, *EVER, ["node2"])} == {"node2"}


def test_slices_of_a_long_log_join_without_a_seam(tmp_path):
    noise = "x" * 2000
    log = "".join(
        f"Nov 02 10:{n // 60:02d}:{n % 60:02d} node1 cron[7]: {n} {noise}\n" for n in range(3600) for _ in "ab"
    )
    store = loaded(tmp_path, {"node1/messages": f"Nov 02 10:00:00 node1 corosync[4]:   {BANNER}\n{log}"})
    assert store.one("select count(*) as n from chunk").n > 2 * rawlines.CHUNKS
    everything = [line.line for line in rawlines.between(store, *EVER)]
    assert everything == list(range(1, 7202))
    begin = next(rawlines.between(store, *EVER)).ts
    assert [line.line for line in rawlines.between(store, begin + 1000, begin + 1000)] == [2002, 2003]


def test_the_command_shows_them(run, tmp_path):
    report = analyze([BUNDLES[0]], database=tmp_path / "kept")
    proof = next(finding["evidence"][0] for finding in report["findings"] if finding["id"] == "f1")
    shown = [run("lines", path, "--around", "f1", "--within", "5s").stdout for path in (BUNDLES[0], tmp_path / "kept")]
    assert shown[0] == shown[1]
    assert f" {proof['node']} {proof['file']}:{proof['line']}: {proof['text']}\n" in shown[0]
