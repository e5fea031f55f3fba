"""Blocks of bytes to columns: the year that turns, long lines, dirt, and two engines that find the same."""

import io
from random import Random

import numpy as np
import pytest

from pcmklog.blocks import LONGEST_LINE
from pcmklog.bundle import open_bundle
from pcmklog.catalog import Catalog
from pcmklog.ingest import read
from pcmklog.matcher import matcher
from pcmklog.scan import Scanner, Summary
from pcmklog.store import Store
from tests.corpus import ROOT


@pytest.fixture(scope="module", params=["hyperscan", "ahocorasick"])
def scanner(request):
    return Scanner(Catalog.load(), request.param)


def scan(scanner, data):
    summary = Summary()
    rows = [
        dict(zip(block.columns, values, strict=True))
        for block in scanner.scan(io.BytesIO(data), summary)
        for values in zip(*block.columns.values(), strict=True)
    ]
    return rows, summary


FORK = b"Nov  2 10:15:0%d node1 pacemakerd[51]:  notice: Forked child 5%d for process cib\n"
BANNER = b"node1 corosync[40]:   [MAIN  ] Corosync Cluster Engine 3.1.7 starting up\n"


def test_a_line_becomes_a_row(scanner):
    rows, summary = scan(scanner, FORK % (1, 5))
    assert summary.lines == summary.parsed == 1
    row = rows[0]
    assert (row["line"], row["kind"], row["host"], row["daemon"], row["pid"]) == (
        1,
        "child.forked",
        "node1",
        "pacemakerd",
        51,
    )
    assert row["fields"] == '{"pid": "55", "child": "cib"}'
    assert row["level"] == "notice"


@pytest.mark.parametrize(
    ("sound", "damaged"),
    [
        (b"Nov  2 10:15:0%d", b"Nov xx 10:15:03"),
        (b"Nov 02 10:15:0%d.123", b"Nov 02 10:15:03.1x3"),
        (b"2026-11-02T10:15:0%d", b"2026-13-02T10:15:03"),
    ],
)
def test_a_line_whose_stamp_is_damaged_takes_the_one_before(scanner, sound, damaged):
    rest = FORK.partition(b" node1")[2]
    lines = [stamp + b" node1" + rest % 6 for stamp in (sound % 1, damaged, sound % 4)]
    rows, _ = scan(scanner, b"".join(lines))
    assert [row["local"] - rows[0]["local"] for row in rows] == [0, 0, 3]


def test_line_numbers_count_every_line(scanner):
    rows, summary = scan(scanner, b"noise\n\n" + FORK % (1, 5) + b"more\n" + FORK % (2, 6))
    assert [row["line"] for row in rows] == [3, 5]
    assert summary.lines == 5


def test_the_last_line_needs_no_newline(scanner):
    rows, summary = scan(scanner, (FORK % (1, 5)).rstrip())
    assert (len(rows), summary.lines) == (1, 1)


def test_carriage_returns_are_no_part_of_a_message(scanner):
    rows, _ = scan(scanner, (FORK % (1, 5)).replace(b"\n", b"\r\n"))
    assert rows[0]["fields"] == '{"pid": "55", "child": "cib"}'
    assert rows[0]["text"] == "Forked child 55 for process cib"


def test_dirt_between_lines_hides_nothing(scanner):
    rows, _ = scan(scanner, FORK % (1, 5) + b"\xff\xfe\x00\x00 dirt \x1b[31m\n" + FORK % (2, 6))
    assert [row["line"] for row in rows] == [1, 3]


def test_the_year_turns_once(scanner):
    stamps = [b"Dec 30 10:00:00", b"Dec 31 23:59:59", b"Jan  1 00:00:01", b"Feb  1 10:00:00"]
    rows, _ = scan(scanner, b"".join(stamp + b" " + BANNER for stamp in stamps))
    assert [row["year"] for row in rows] == [0, 0, 1, 1]


def test_a_block_without_hits_does_not_hide_the_turn_of_the_year(scanner):
    noise = b"".join(b"Jun %02d 10:00:00 node1 cron[1]: nothing %s\n" % (day, b"x" * 100000) for day in range(1, 28))
    rows, _ = scan(
        scanner,
        b"Nov 01 10:00:00 " + BANNER + b"Jan 02 10:00:00 node1 cron[1]: x\n" + noise + b"Aug 02 10:00:00 " + BANNER,
    )
    assert [row["year"] for row in rows] == [0, 1]


def test_a_line_beyond_the_limit_is_cut_and_counted(scanner):
    rows, summary = scan(scanner, FORK % (1, 5) + b"x" * (3 * LONGEST_LINE) + b"\n" + FORK % (2, 6))
    assert summary.cut_lines == 1
    assert [row["line"] for row in rows] == [1, 3]


def test_severe_lines_that_no_template_knows_are_kept(scanner):
    rows, _ = scan(scanner, b"Nov  2 10:15:01 node1 crmd[60]:    error: wibble wobble 77\n")
    assert [(row["kind"], row["level"]) for row in rows] == [("log.unexplained", "error")]


def test_stamps_of_its_own_or_of_the_line_before(scanner):
    stamped = b"Nov 02 10:15:01 corosync [SERV  ] Unloading all Corosync service engines.\n"
    bare = b"corosync [MAIN  ] Completed service synchronization, ready to provide service.\n"
    rows, _ = scan(scanner, stamped + bare)
    assert [row["digits"] for row in rows] == [0, -1]
    assert rows[0]["local"] == rows[1]["local"]


def test_both_engines_find_the_same_occurrences():
    random = Random(2010)
    words = [bytes(random.choices(b"abc", k=random.randint(2, 5))) for _ in range(40)]
    block = bytes(random.choices(b"abc\n", k=20000))
    found = []
    for engine in ("hyperscan", "ahocorasick"):
        numbers, ends = matcher(list(dict.fromkeys(words)), engine).hits(block)
        found.append(sorted(zip(np.asarray(numbers).tolist(), np.asarray(ends).tolist(), strict=True)))
    assert found[0] == found[1]
    assert found[0]


def test_colours_of_a_terminal_and_hard_blanks_of_a_web_page_hide_nothing(scanner):
    rows, _ = scan(scanner, b"\x1b[32mNov 02 10:15:01 " + BANNER.replace(b"[MAIN  ]", b"[MAIN \xc2\xa0]\x1b[0m"))
    assert [row["kind"] for row in rows] == ["corosync.started"]


@pytest.mark.parametrize("bundle", sorted((ROOT / "sample_logs" / "bundles").iterdir()), ids=lambda path: path.name)
def test_the_second_engine_gives_the_same_rows(bundle):
    found = []
    for engine in ("hyperscan", "ahocorasick"):
        store = Store()
        read(open_bundle([bundle]), store, Catalog.load(), engine=engine)
        found.append([store.rows(f"from {table} order by all") for table in ("raw_event", "chunk", "source", "note")])
    assert found[0] == found[1]
    assert all(found[0][:3])
