"""The views of the report: what they say, their limits, and that nothing foreign gets out of its place."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import pytest

from pcmklog import report as reports
from pcmklog.report import bands, facts, html, json_view, markdown, stories, text, timeline, wording
from tests.report_samples import EVIL, Report, at, evil, finding, healthy, minimal, rich, vast

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

MAKERS: list[Callable[[], Report]] = [rich, healthy, minimal, evil, vast, dict]
every_report = pytest.mark.parametrize("make", MAKERS, ids=lambda maker: maker.__name__)


class Page(HTMLParser):
    """What stands in a page: elements with their attributes, the text of the scripts, all other text."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []
        self.feed(page)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag == "script":
            self.scripts.append("")

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] == "script":
            self.scripts[-1] += data


def chromium(tmp_path: Path, page: str, *options: str) -> tuple[str, str]:
    """Load a page in a browser and give the document as it stands after its scripts ran, and what was logged."""
    program = shutil.which("chromium")
    assert program, "these tests need chromium"
    file = tmp_path / "report.html"
    file.write_text(page, encoding="utf-8")
    command = [
        program,
        "--headless",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-quic",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        f"--user-data-dir={tmp_path / 'profile'}",
        "--window-size=1400,3000",
        "--virtual-time-budget=8000",
        "--enable-logging=stderr",
        "--v=0",
        *options,
        "--dump-dom",
        file.as_uri(),
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120)
    return done.stdout, "\n".join(line for line in done.stderr.splitlines() if "CONSOLE" in line)


@every_report
@pytest.mark.parametrize("fmt", sorted(reports.RENDERERS))
def test_renders_any_report_the_same_each_time(make: Callable[[], Report], fmt: str) -> None:
    first = reports.render(make(), fmt)
    assert first == reports.render(make(), fmt)
    assert first.endswith("\n")
    first.encode("utf-8")


@every_report
def test_page_stays_below_five_megabytes(make: Callable[[], Report]) -> None:
    assert len(html.render(make()).encode()) < 5_000_000


@every_report
def test_page_asks_for_nothing_from_elsewhere(make: Callable[[], Report]) -> None:
    page = Page(html.render(make()))
    for tag, attributes in page.elements:
        assert tag not in {"link", "iframe", "img", "object", "embed", "base", "form"}
        assert not [name for name in attributes if name.startswith("on") or name in {"src", "action", "srcset"}]
        assert (attributes.get("href") or "#").startswith("#")
    policies = [
        attributes["content"]
        for tag, attributes in page.elements
        if attributes.get("http-equiv") == "Content-Security-Policy"
    ]
    assert [str(policy).split(";")[0] for policy in policies] == ["default-src 'none'"]
    assert "unsafe" not in re.findall("script-src[^;]*", str(policies[0]))[0]


def test_key_of_a_finding_is_its_address() -> None:
    assert html.anchor({"id": "f1", "key": "ORD101-a96e2c11"}) == "ORD101-a96e2c11"
    assert html.anchor({"id": "f1<", "key": None}) == "finding-f1_3c_"


@every_report
def test_links_of_the_page_lead_somewhere(make: Callable[[], Report]) -> None:
    page = Page(html.render(make()))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    assert {str(attributes["href"])[1:] for _, attributes in page.elements if "href" in attributes} <= set(ids)


def test_page_tells_all_of_the_report() -> None:
    page = html.render(rich())
    for said in (
        "Faults found: 4 critical, 3 errors, 1 warning",
        "Corosync was stopped on pcmk-2",
        "pcmk-2/corosync.log:104",
        "service corosync stop",
        "missing, after attrd up",
        "out of order, after crmd stops",
        "2026-11-22 06:46:37.632",
        "no pacemakerd log of pcmk-1",
        "pcmk-3/core.2147",
        "1.4.7",
        "+0.426 s",
        "+1.230",
        "It matters.",
    ):
        assert said.lstrip("+1.") in page
    assert re.search(r'l proof"><span class="no">101</span>', page)


def test_tells_consequences_beneath_their_first_cause() -> None:
    told = [[(entry.finding["id"], entry.depth) for entry in story.entries] for story in stories.stories(rich())]
    assert told == [[("f4", 0), ("f5", 1), ("f6", 1), ("f7", 2), ("f8", 3)], [("f2", 0), ("f3", 1)], [("f1", 0)]]


def test_tells_each_finding_once_even_in_circles() -> None:
    circle = [
        finding(
            number,
            "ORD101",
            "error",
            "pcmk-1",
            "06:00:00.000",
            "x",
            caused_by=[f"f{1 + number % 3}", "f9", f"f{number}"],
        )
        for number in (1, 2, 3)
    ]
    chain = [
        finding(number, "ORD101", "error", "pcmk-1", "06:00:00.000", "x", caused_by=[f"f{number - 1}"] * (number > 10))
        for number in range(10, 3000)
    ]
    for verdict in ({}, {"root_causes": ["f2", "f404"]}):
        told = [
            entry.finding["id"]
            for story in stories.stories({"findings": circle + chain, "verdict": verdict})
            for entry in story.entries
        ]
        assert sorted(told) == sorted(row["id"] for row in circle + chain)


@pytest.mark.parametrize("view", [html.render, markdown.render, text.render])
def test_healthy_bundle_says_so_and_what_was_checked(view: Callable[[Report], str]) -> None:
    said = view(healthy())
    assert "No faults found" in said
    assert "48,120 lines in 6 files read, 100 % parsed" in said
    assert "3 start and stop sequences rebuilt, 3 as they should be" in said
    assert "2 rules applied" in said
    assert "Faults found" not in said


@pytest.mark.parametrize("view", [html.render, markdown.render, text.render])
def test_control_characters_are_written_out(view: Callable[[Report], str]) -> None:
    said = view(evil())
    assert not set(said) & set("\x1b\x07\x00\u202e")
    assert "\\x1b[2J" in said.replace("\\\\", "\\").replace("\\[", "[")


def test_json_view_is_the_report() -> None:
    assert json.loads(json_view.render(rich())) == rich()
    odd = {"findings": [{"title": "\udcff\x1b", "confidence": float("nan")}], "span": (1, 2)}
    assert json.loads(json_view.render(odd)) == {
        "findings": [{"title": "\ufffd\x1b", "confidence": None}],
        "span": [1, 2],
    }


def test_foreign_text_starts_no_script_and_no_element() -> None:
    page, clean = Page(html.render(evil())), Page(html.render(rich()))
    tags, expected = ([tag for tag, _ in each.elements if tag != "wbr"] for each in (page, clean))  # paths break at /
    assert tags == expected
    assert len(page.scripts) == 4


def test_timeline_has_a_lane_for_each_daemon_and_a_mark_for_each_finding() -> None:
    figure = timeline.figure(rich())
    assert figure
    own = [(lane["kind"], lane["label"]) for lane in figure["lanes"] if lane["node"] == 0]
    assert own[:4] == [("name", "pcmk-1"), ("life", "corosync"), ("life", "pacemakerd"), ("life", "cib")]
    assert sorted(row["id"] for row in figure["findings"]) == sorted(row["id"] for row in rich()["findings"])
    assert {figure["lanes"][row["lane"]]["kind"] for row in figure["findings"]} == {"findings"}
    assert timeline.figure(minimal()) is None


def test_marks_that_are_too_many_are_counted_together() -> None:
    every, figure = timeline.figure(vast(), 100_000), timeline.figure(vast(), 500)
    assert every
    assert figure
    assert len(every["marks"]) > 500 >= len(figure["marks"])
    assert sum(mark[3] for mark in figure["marks"]) == sum(mark[3] for mark in every["marks"])
    assert figure["left"]["bar"] == 20_000 - 500


def test_bands_tell_members_quorum_and_who_is_apart() -> None:
    def state(name: str, aspect: str, value: str, since: str, until: str) -> Report:
        return {"node": name, "aspect": aspect, "value": value, "since": at(since), "until": at(until)}

    both, begin, cut, end = "a, b", "06:00:00.000", "06:01:00.000", "06:02:00.000"
    rows = [
        state(name, *row)
        for name in "ab"
        for row in (
            ("daemon.messaging", "running", begin, end),
            ("members", both, begin, cut),
            ("members", name, cut, end),
            ("quorum", "yes", begin, cut),
            ("quorum", "no" if name == "b" else "yes", cut, end),
        )
    ]
    seen = bands.views({"state": rows})
    assert [(spell.look, spell.text) for spell in bands.node_bands(seen)["b"]] == [
        ("quorate", "2 of 2, quorate"),
        ("inquorate", "1 of 2, no quorum"),
    ]
    assert [(spell.look, spell.text) for spell in bands.cluster_band(seen)] == [
        ("whole", "2 of 2, quorate"),
        ("split", "apart: 1 + 1 of 2"),
    ]


def test_nodes_without_log_are_hatched_where_they_have_none() -> None:
    report = rich() | {
        "logs": [
            {"node": "pcmk-1", "began": at("06:00:00.000"), "ended": at("06:59:00.000"), "holes": []},
            {
                "node": "pcmk-2",
                "began": at("06:30:00.000"),
                "ended": at("06:59:00.000"),
                "holes": [{"began": at("06:40:00.000"), "until": at("06:45:00.000"), "files": 2}],
            },
        ]
    }
    figure = timeline.figure(report)
    assert figure
    assert [(row[0], row[3]) for row in figure["holes"]] == [
        (1, "no log before this"),
        (1, "2 rotated files missing"),
        (2, "no log of this node"),
    ]


def test_fencing_is_an_arrow_from_who_asked_over_who_did_it_to_the_target() -> None:
    fenced = {
        "target": "pcmk-2",
        "origin": "pcmk-3",
        "executor": "pcmk-1",
        "wanted": at("06:46:40.000"),
        "tried": at("06:46:41.000"),
        "ended": at("06:46:44.000"),
        "outcome": "succeeded",
        "action": "reboot",
    }
    figure = timeline.figure(rich() | {"fencing": [fenced, fenced | {"outcome": "failed", "executor": None}]})
    assert figure
    owners = [[figure["lanes"][lane]["label"] for _, lane in arrow["points"]] for arrow in figure["fencing"]]
    assert owners == [["pcmk-3", "pcmk-1", "pcmk-2"], ["pcmk-3", "pcmk-2"]]
    assert [(arrow["look"], arrow["text"]) for arrow in figure["fencing"]] == [
        ("fenced", "reboot: succeeded"),
        ("unfenced", "reboot: failed"),
    ]


def test_times_are_short_where_the_date_repeats() -> None:
    assert (
        wording.span("2026-11-22T06:46:37.632Z", "2026-11-22T07:46:38.100+01:00")
        == f"2026-11-22 06:46:37.632 {wording.UNKNOWN} 06:46:38.100"
    )
    assert wording.stamp("2026-11-23T00:00:00.000Z", "2026-11-22T23:59:59.999Z") == "2026-11-23 00:00:00.000"
    assert wording.stamp(None) == wording.UNKNOWN
    assert [wording.duration(length) for length in (0.4, 59.96, 185, 7800, 360_000)] == [
        "0.400 s",
        "60.0 s",
        "3 min 05 s",
        "2 h 10 min",
        "4 d 4 h",
    ]


def test_share_is_never_all_when_something_is_lacking() -> None:
    assert [facts.share(part, 100_000) for part in (100_000, 99_999, None)] == ["100 %", "99.9 %", wording.UNKNOWN]


def test_writes_the_files_that_were_asked_for(tmp_path: Path) -> None:
    paths = reports.write(healthy(), reports.RENDERERS, tmp_path / "out", "web")
    assert [path.name for path in paths] == ["web.html", "web.md", "web.txt", "web.json", "web.svg"]
    assert json.loads(paths[3].read_bytes()) == healthy()


def test_terminal_needs_neither_jinja2_nor_a_painter() -> None:
    code = "import sys, pcmklog.report.text, pcmklog.report.json_view; print({'PIL', 'jinja2'} & set(sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "set()\n"


@pytest.mark.parametrize("make", [rich, evil, vast, healthy, minimal], ids=lambda maker: maker.__name__)
def test_browser_draws_the_page_without_a_complaint(make: Callable[[], Report], tmp_path: Path) -> None:
    dom, console = chromium(tmp_path, html.render(make()))
    assert console == ""
    assert ("data-drawn=" in dom) == (make is not minimal)
    assert ("main-svg" in dom) == (make is not minimal)


def test_browser_runs_nothing_that_came_with_the_logs(tmp_path: Path) -> None:
    probe = "<script>document.documentElement.dataset.probe = String(window.hacked);document.onload</script>"
    page = html.render(evil())
    told = re.sub(r"script-src ", f"script-src 'sha256-{html.digest(probe[8:-9])}' ", page, count=1)
    dom, console = chromium(tmp_path, told.replace("</body>", probe + "</body>"))
    assert console == ""
    assert 'data-probe="undefined"' in dom
    refused = page.replace("</body>", EVIL + "</body>")
    dom, console = chromium(tmp_path / "", refused)
    assert "Content Security Policy" in console


def test_browser_goes_to_the_finding_of_a_mark(tmp_path: Path) -> None:
    driver = """<script>addEventListener('load', () => setTimeout(() => {
      const plot = document.getElementById('plot');
      const trace = plot.data.find((one) => one.name === 'critical');
      const number = document.querySelector('#finding-f7 .number').lastChild.textContent.trim();
      const mark = trace.text.indexOf(`<b>${number}</b>`);
      plot.emit('plotly_click', { points: [{ customdata: trace.customdata[mark] }] });
      document.querySelector('[data-move="in"]').click();
      document.documentElement.dataset.active = document.activeElement.id;
      setTimeout(() => {
        const top = document.activeElement.getBoundingClientRect().top;
        document.documentElement.dataset.seen = String(top >= 0 && top < innerHeight);
      }, 2000);
    }, 800));</script>"""
    page = re.sub(r"script-src ", f"script-src 'sha256-{html.digest(driver[8:-9])}' ", html.render(rich()), count=1)
    dom, console = chromium(tmp_path, page.replace("</body>", driver + "</body>"))
    assert console == ""
    assert f'data-active="{html.anchor({"id": "f7"})}"' in dom
    assert 'data-seen="true"' in dom
