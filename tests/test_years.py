"""Which year it is where stamps have none, and in which order rotated files follow each other."""

from __future__ import annotations

import gzip
import os
from datetime import UTC, datetime

import pytest

from pcmklog.analyze import load
from pcmklog.store import Store
from tests.logs import bundle

LINE = "corosync [TOTEM ] A processor failed, forming new configuration.\n"


def log(*stamps):
    return "".join(f"{stamp} {LINE}" for stamp in stamps)


def when(year, month, day, hour=0, minute=0):
    return datetime(year, month, day, hour, minute, tzinfo=UTC).timestamp()


def read(folder, files, mtime, times=None):
    """The store of files that are all of one time, but those that have their own."""
    bundle(folder, files)
    for name in files:
        at = (times or {}).get(name, mtime)
        os.utime(folder / name, (at, at))
    store = Store()
    load([folder], store)
    return store


def days(store, name):
    """The days of the lines of a file."""
    rows = store.rows(
        "select e.logged from event e join witness w on w.event = e.id join source s on s.id = w.source "
        "where s.path like ? order by w.line",
        f"%{name}",
    )
    return [datetime.fromtimestamp(row.logged, UTC).date().isoformat() for row in rows]


@pytest.mark.parametrize(
    ("names", "pack"),
    [
        (("corosync.log", "corosync.log.1", "corosync.log.2.gz"), True),
        (("messages", "messages-20260312", "messages-20250314.gz"), True),
        (("corosync.log", "corosync.log-20260312", "corosync.log-2025-03-14"), False),
    ],
)
def test_rotated_files_of_years_are_one_log_though_all_were_copied_today(tmp_path, names, pack):
    parts = [
        log("Mar 12 09:00:00", "May 01 10:00:00"),
        log("Mar 14 10:00:00", "Dec 31 23:59:59", "Jan 01 00:00:00", "Mar 11 10:00:00"),
        log("Aug 20 10:00:00", "Mar 13 10:00:00"),
    ]
    files = dict(zip((f"node1/{name}" for name in names), parts, strict=True))
    files = {
        name: gzip.compress(text.encode()) if pack and name.endswith(".gz") else text for name, text in files.items()
    }
    store = read(tmp_path / "b", files, when(2026, 5, 2))
    assert days(store, names[0]) == ["2026-03-12", "2026-05-01"]
    assert days(store, names[1]) == ["2025-03-14", "2025-12-31", "2026-01-01", "2026-03-11"]
    assert days(store, names[2]) == ["2024-08-20", "2025-03-13"]


def test_the_same_time_under_a_name_of_a_rotated_file_is_no_year_before(tmp_path):
    stamps = ("Mar 01 09:00:00", "Mar 20 09:00:00", "Apr 28 10:00:00")
    files = {"node1/corosync.log": log(*stamps), "node1/corosync.log.1": log(*stamps[1:], "Apr 28 10:00:01")}
    store = read(tmp_path / "b", files, when(2026, 5, 2))
    assert days(store, "corosync.log.1") == ["2026-03-20", "2026-04-28", "2026-04-28"]


def test_a_date_in_the_name_is_older_than_the_time_of_the_copy(tmp_path):
    files = {"node1/messages-20240105": log("Dec 30 10:00:00", "Jan 04 10:00:00")}
    assert days(read(tmp_path / "b", files, when(2026, 5, 2)), "messages-20240105") == ["2023-12-30", "2024-01-04"]


def test_the_29th_of_february_is_of_a_leap_year(tmp_path):
    files = {"node1/corosync.log": log("Feb 28 10:00:00", "Feb 29 10:00:00")}
    assert days(read(tmp_path / "b", files, when(2027, 5, 2)), "corosync.log") == ["2024-02-28", "2024-02-29"]


@pytest.mark.parametrize("year", range(2024, 2034))
def test_the_first_hour_of_a_year_is_of_that_year(tmp_path, year):
    files = {"node1/corosync.log": log("Dec 31 23:00:00", "Jan 01 00:30:00")}
    store = read(tmp_path / "b", files, when(year, 1, 1, 0, 31))
    assert days(store, "corosync.log") == [f"{year - 1}-12-31", f"{year}-01-01"]


@pytest.mark.parametrize("mtime", [0, 10**12, 4 * 10**10])
def test_a_file_of_an_impossible_time_does_no_harm(tmp_path, mtime):
    files = {"node1/corosync.log": log("Mar 01 10:00:00"), "node1/messages": log("Mar 01 10:00:00")}
    times = {"node1/corosync.log": mtime}
    assert days(read(tmp_path / "b", files, when(2026, 5, 2), times), "corosync.log") == ["2026-03-01"]


def test_a_number_that_is_missing_is_told(tmp_path):
    names = ("messages", "messages.1", "messages.4.gz", "messages.5.gz")
    files = {f"node1/{name}": log(f"Mar 0{9 - n} 10:00:00") for n, name in enumerate(names)}
    store = read(tmp_path / "b", files, when(2026, 5, 2))
    rows = store.rows(
        "select n.path as newer, o.path as older, missing from rotation r join source n on n.id = r.newer "
        "join source o on o.id = r.older order by o.path"
    )
    told = [(row.newer, row.older, row.missing) for row in rows]
    assert told == [
        ("node1/messages", "node1/messages.1", 0),
        ("node1/messages.1", "node1/messages.4.gz", 2),
        ("node1/messages.4.gz", "node1/messages.5.gz", 0),
    ]
