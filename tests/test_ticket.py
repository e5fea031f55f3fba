"""The views that are read as text: what a terminal shows, and what goes into a ticket."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from pcmklog.report import markdown, moments, text
from tests.report_samples import Report, evil, finding, healthy, minimal, rich, vast

if TYPE_CHECKING:
    from collections.abc import Callable

every_report = pytest.mark.parametrize(
    "make", [rich, healthy, minimal, evil, vast, dict], ids=lambda maker: maker.__name__
)


@every_report
@pytest.mark.parametrize("width", [20, 72, 100, 200])
def test_terminal_view_fits_the_screen(make: Callable[[], Report], width: int) -> None:
    lines = text.render(make(), width=width).splitlines()
    assert len(lines) < 40
    assert max(len(line) for line in lines) <= width
    assert text.render(make(), colour=True, width=width).count("\n") == len(lines)


def test_terminal_view_counts_wide_characters_twice() -> None:
    report = rich() | {"verdict": {"summary": "", "root_causes": ["f4"]}}
    report["findings"][3]["title"] = "停" * 200
    cut = [line for line in text.render(report, width=80).splitlines() if "停" in line]
    assert cut
    assert all(sum(1 + (char == "停") for char in line) <= 80 for line in cut)


def test_terminal_view_has_the_root_causes_with_their_proof() -> None:
    said = text.render(rich())
    assert "1. ORD101 critical pcmk-2: Corosync was stopped while Pacemaker still ran" in said
    assert "   pcmk-2/corosync.log:104\n   Nov 22 06:46:44 pcmk-2 crmd: [2147]: Corosync was stopped" in said
    assert "... and 96 more root causes, see the report" in text.render(vast())


def test_terminal_view_hides_no_finding_in_silence() -> None:
    said = text.render(vast())
    listed = sum(int(times or 1) for times in re.findall(r"critical ORD101 (?:(\d+)× )?", said))  # noqa: RUF001 - meant
    listed += said.count(". ORD101 critical")
    (hidden,) = re.findall(r"and ([\d,]+) more findings", said)
    assert listed + int(hidden.replace(",", "")) == 3000


def test_terminal_view_says_what_to_do_next_on_a_line_of_its_own() -> None:
    report = rich()
    report["verdict"] |= {"summary": "It broke. Next: Mend it. Not known: why.", "next": "Mend it.", "unknown": ["why"]}
    lines = text.render(report).splitlines()
    assert "Next: Mend it." in lines
    assert "It broke." in lines


def test_terminal_view_has_a_line_for_each_node() -> None:
    report = rich()
    report["nodes"][0]["versions"] = report["nodes"][0]["versions"] | {"corosync": "1.4.6"}
    said = text.render(report)
    assert "pcmk-1  corosync 1.4.6, pacemaker 1.1.12; last startup complete" in said
    assert "pcmk-2  corosync 1.4.7, pacemaker 1.1.12; last shutdown killed; 3 critical, 2 e…" in said
    assert "pcmk-2  last shutdown killed; 3 critical, 2 errors; clock +0.4 s" in text.render(rich())


def test_colour_is_all_that_colour_adds() -> None:
    coloured = text.render(rich(), colour=True)
    assert "\x1b[1;31m" in coloured
    assert re.sub("\x1b\\[[0-9;]*m", "", coloured) == text.render(rich())
    assert "\x1b" not in text.render(rich())


def test_fences_are_longer_than_the_backticks_inside() -> None:
    said = markdown.render(evil())
    blocks = re.findall(r"(?ms)^(`{3,})text\n(.*?)\n\1$", said)
    assert {fence for fence, inside in blocks if "````" in inside} == {"`````"}
    outside = re.sub(r"(?ms)^(`{3,})text\n.*?\n\1$", "", said)
    assert "<script>" not in re.sub(r"(`+)(?!`).*?(?<!`)\1(?!`)", "", outside).replace("\\<", "")


@every_report
def test_ticket_fits_into_a_field_of_any_tracker(make: Callable[[], Report]) -> None:
    said = markdown.render(make())
    assert len(said) <= 32_767
    assert all(len(inside.splitlines()) <= 6 for inside in re.findall(r"(?ms)^```+text\n(.*?)\n```+$", said))
    assert said.count("\n| 2026-") + said.count("\n| 0") <= moments.LINES


def test_ticket_tells_the_root_causes_first_and_what_repeats_once() -> None:
    report = rich()
    again = [
        finding(number, "FRK204", "error", "pcmk-1", f"06:50:{number}.000", f"attrd exited {number}")
        for number in (10, 11, 12, 13, 14, 15)
    ]
    report["findings"] += again
    said = markdown.render(report)
    heads = re.findall(r"^###? (.*)$", said, re.MULTILINE)
    assert heads[:4] == [
        "Timeline of 2026-11-22",
        "Root causes",
        "1. ORD101: Corosync was stopped while Pacemaker still ran",
        "2. FRK201: fork failed three times: Resource temporarily unavailable",
    ]
    assert heads.count("FRK204 (7 of them): cib, attrd and crmd exited: lost the cluster connection") == 1
    assert "- again: FRK204 2026-11-22 06:50:10: attrd exited 10 (`pcmk-1/corosync.log:110`)" in said
    assert "- and 2 more like it" in said


def test_ticket_has_both_clocks_where_they_differ() -> None:
    report = rich()
    report["nodes"][1]["clock"] = report["nodes"][1]["clock"] | {"offset_s": 47.3, "timezone": "UTC+02:00"}
    said = markdown.render(report)
    assert "| Time (UTC) | Node's clock | Where | What | Proof |" in said
    row = "| 06:46:37.632 | 08:47:24.932 | pcmk-2 | ORD101 Corosync was stopped while Pacemaker still ran | "
    assert row + "`pcmk-2/corosync.log:104` |" in said
    for node in report["nodes"]:
        node["clock"] = node["clock"] | {"offset_s": 0.0, "timezone": "UTC"}
    for walk in report["sequences"]:
        for step in walk["steps"]:
            step["logged_at"] = step["at"]
    assert "All clocks went alike" in markdown.render(report)
    assert "Node's clock" not in markdown.render(report)


def test_moments_tell_of_all_sorts_even_where_one_is_frequent() -> None:
    report = rich()
    report["findings"] += [
        finding(number, "SYS956", "warning", "pcmk-1", f"06:30:{number}.000", "The load was high")
        for number in range(10, 60)
    ]
    told, left = moments.moments(report)
    assert len(told) == moments.LINES
    assert left > 30
    assert [moment.at for moment in told] == sorted(moment.at for moment in told)
    said = " | ".join(moment.what for moment in told)
    for what in ("ORD101", "FEN601", "start begins: corosync starts", "stop killed", "membership 16: pcmk-1, pcmk-3"):
        assert what in said
    assert said.count("SYS956") < 8


@pytest.mark.parametrize(
    "said",
    [
        "@ops", "root@node1", "!123", "#123", "~4", "%7", "&12", "$9", "GH-12",
        "https://example.com/a?b=c", "www.example.com/x", "ssh://node1:22/",
    ],
)  # fmt: skip
def test_no_tracker_finds_somebody_to_tell_or_something_to_link(said: str) -> None:
    assert markdown.plain(f"it said {said}, then *{said}*") == f"it said `{said}`, then \\*`{said}`\\*"


@pytest.mark.parametrize("said", ["resource vip#1", "4 # 5", "a @ b", "100%", "state=3"])
def test_what_no_tracker_links_is_no_code(said: str) -> None:
    assert "`" not in markdown.plain(said)
