"""The timeline in a real browser: what is drawn, that numbers are those of the text, filters and keys."""

from __future__ import annotations

import json
import re
from html import unescape
from pathlib import Path
from typing import Any

from pcmklog.analyze import analyze
from pcmklog.report import html
from tests.report_samples import Report, evil, rich, vast
from tests.test_report import chromium

MOST_DRAWN = 5000
SAMPLE = Path(__file__).parent.parent / "sample_logs/bundles/corosync3-killed-and-fenced.tar.gz"


def asked(tmp_path: Path, report: Report, script: str, *options: str) -> Any:
    """Load the page, run a script in it that gives a value, after it has drawn; no complaint of the console."""
    driver = (
        "<script>addEventListener('load', () => setTimeout(async () => {"
        "const plot = document.getElementById('plot');"
        "const soon = () => new Promise((done) => setTimeout(done, 400));"
        "const press = async (selector) => { document.querySelector(selector).click(); await soon(); };"
        "const key = async (key) => { plot.dispatchEvent(new KeyboardEvent('keydown', { key })); await soon(); };"
        "const marks = (name) => plot.data.filter((one) => one.name === name).flatMap((one) => one.text || []);"
        f"const value = await (async () => {{ {script} }})();"
        "document.documentElement.dataset.answer = JSON.stringify(value);"
        "}, 600));</script>"
    )
    page = re.sub(r"script-src ", f"script-src 'sha256-{html.digest(driver[8:-9])}' ", html.render(report), count=1)
    dom, console = chromium(tmp_path, page.replace("</body>", driver + "</body>"), *options)
    assert console == ""
    answer = re.search(r'data-answer="([^"]*)"', dom)
    assert answer, "the script gave no answer"
    return json.loads(unescape(answer[1]))


def test_numbers_of_the_marks_are_those_of_the_text(tmp_path: Path) -> None:
    script = """
      await press('[data-range="all"]');
      const all = ['critical', 'error', 'warning', 'info'];
      const drawn = all.flatMap((severity) => marks(severity).map((text) => [text.replace(/<[^>]*>/g, ''), severity]));
      const told = [...document.querySelectorAll('article .number')].map((number) => [
        number.lastChild.textContent.trim(), all.find((severity) => number.classList.contains(severity))]);
      return [drawn, told];
    """
    drawn, told = asked(tmp_path, rich(), script)
    assert len(told) == len(rich()["findings"])
    assert sorted(drawn) == sorted(told)


def test_filters_hide_what_is_not_wanted_and_show_it_again(tmp_path: Path) -> None:
    script = """
      const seen = () => ['critical', 'error', 'warning'].map((severity) => marks(severity).length);
      const lanes = () => plot.layout.yaxis.ticktext.length;
      const told = [[...seen(), lanes()]];
      const filter = (name, value) => `[data-filter="${name}"][data-value="${value}"]`;
      const buttons = [filter('severity', 'critical'), filter('family', 'ORD'), filter('nodes', 1)];
      for (const selector of [...buttons, '[data-daemons="none"]', '[data-clear]']) {
        await press(selector);
        told.push([...seen(), lanes()]);
      }
      return told;
    """
    all_of_it, severe, family, node, daemons, again = asked(
        tmp_path, rich(), f"await press('[data-range=\"all\"]'); {script}"
    )
    assert all_of_it[:3] == [4, 3, 1]
    assert severe[:3] == [0, 3, 1]
    assert family[:3] == [0, 2, 1]
    assert node[:3] == [0, 0, 1]
    assert node[3] < family[3]
    assert daemons[3] < node[3]
    assert again[:3] == all_of_it[:3]


def test_keys_move_zoom_and_go_from_finding_to_finding(tmp_path: Path) -> None:
    script = """
      const range = () => plot.layout.xaxis.range.map(Number);
      const first = range();
      await key('+');
      const near = range();
      await key('ArrowRight');
      const later = range();
      await key('n');
      const said = document.getElementById('told').textContent;
      await key('Enter');
      return [first, near, later, said, document.activeElement.dataset.finding, plot.tabIndex];
    """
    first, near, later, said, active, index = asked(tmp_path, rich(), script)
    assert near[1] - near[0] < first[1] - first[0]
    assert later[0] > near[0]
    assert said.startswith("Finding 1, critical ORD101, pcmk-2")
    assert (active, index) == ("f4", 0)


def test_goes_from_the_text_to_the_mark(tmp_path: Path) -> None:
    script = """
      await press('button[data-finding="f2"]');
      const [from, to] = plot.layout.xaxis.range.map(Number), at = Date.parse('2026-11-22T06:40:20.900Z');
      return [document.activeElement.id, from < at && at < to, document.getElementById('told').textContent];
    """
    active, inside, said = asked(tmp_path, rich(), script)
    assert (active, inside) == ("plot", True)
    assert "FRK201" in said


def test_shows_the_raw_line_of_a_mark_as_text(tmp_path: Path) -> None:
    script = """
      const trace = plot.data.find((one) => one.name.startsWith('step'));
      plot.emit('plotly_click', { points: [{ customdata: trace.customdata[0] }] });
      const told = document.getElementById('told');
      return [told.querySelector('code').textContent, told.children.length, trace.hovertext.join(''), window.hacked];
    """
    said, children, hovering, hacked = asked(tmp_path, evil(), script)
    assert said.startswith("Nov 22 06:46:")
    assert children == 1
    assert "<img" not in hovering
    assert hacked is None


def test_draws_no_more_than_a_browser_moves_with_ease(tmp_path: Path) -> None:
    script = """
      await press('[data-range="all"]');
      return [document.querySelectorAll('#plot path, #plot text, #plot rect').length, marks('critical').length];
    """
    drawn, findings = asked(tmp_path, vast(), script)
    assert drawn < MOST_DRAWN
    assert findings >= 1


def test_marks_that_share_a_place_come_apart_when_the_view_is_near(tmp_path: Path) -> None:
    report = analyze([SAMPLE])
    key = [
        row
        for row in report["marks"]
        if not row["finding"] and row["node"] == "pcmk-2" and row["lane"] == "pacemaker-controld"
    ]
    first, last = key[0], key[-1]
    others = [row for row in report["marks"] if row not in key]
    report["marks"] = [*others, first | {"until": last["at"], "count": len(key), "evidence": None}]
    script = """
      const named = (lane) => lane.node >= 0 && figure.nodes[lane.node].name === 'pcmk-2';
      const mine = (lane) => named(lane) && lane.label === 'pacemaker-controld';
      const drawn = () => plot.data.filter((one) => one.meta === 'event').flatMap((one) => one.customdata)
        .filter(([, place]) => mine(figure.lanes[place])).length;
      const figure = JSON.parse(document.getElementById('figure').textContent);
      await press('[data-range="all"]');
      return [drawn(), figure.marks.filter((mark) => mark[3] > 1).length];
    """
    drawn, together = asked(tmp_path, report, script)
    assert together == 1
    assert 5 < drawn <= len(key)  # equal lines that follow each other are one row of the log


def test_a_finding_that_lasts_has_a_line_to_its_end(tmp_path: Path) -> None:
    report = analyze([SAMPLE])
    lasting = [row for row in report["findings"] if row["at"] and row["until"] and row["until"] > row["at"]]
    script = """
      return plot.data.filter((one) => one.meta === 'span').flatMap((one) => one.x.filter((at) => at !== null));
    """
    ends = asked(tmp_path, report, script)
    assert len(ends) == 2 * len(lasting) > 0


def test_narrow_screens_need_no_scrolling_sideways(tmp_path: Path) -> None:
    script = """
      const page = document.documentElement;
      const drawn = document.querySelector('#plot .main-svg').clientWidth;
      return [page.scrollWidth - page.clientWidth, plot.clientWidth, drawn, document.getElementById('filters').open];
    """
    over, wide, drawn, opened = asked(tmp_path, rich(), script, "--window-size=500,900")
    assert over <= 0
    assert drawn <= wide
    assert opened is False
