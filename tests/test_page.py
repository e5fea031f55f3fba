"""The page in a real browser: its log, its filters, what can be copied, its addresses, and who can use it."""

from __future__ import annotations

import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from pcmklog.analyze import analyze
from pcmklog.report import beside, folds, html, settings, stories, trees
from pcmklog.report.walk import walks
from tests.report_samples import EVIL, evil, finding, rich, vast
from tests.test_report import chromium

BUNDLES = Path(__file__).parent.parent / "sample_logs/bundles"
SAMPLE = BUNDLES / "corosync3-killed-and-fenced.tar.gz"


@pytest.fixture(scope="module")
def sample():
    return analyze([SAMPLE])


def driven(tmp_path, page, script, *options):
    """What a script finds in the page, as it fills the object `seen`; nothing may be logged to the console."""
    whole = f"addEventListener('load', async () => {{ const seen = {{}}; {script}\n"
    whole += "document.documentElement.dataset.seen = JSON.stringify(seen); });"
    page = page.replace("script-src ", f"script-src 'sha256-{html.digest(whole)}' ", 1)
    dom, console = chromium(tmp_path, page.replace("</body>", f"<script>{whole}</script></body>"), *options)
    assert console == ""
    found = re.search(r'data-seen="([^"]*)"', dom)
    assert found, "the script did not come to its end"
    return json.loads(found[1].replace("&quot;", '"').replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"))


ASKED = """
const $ = (id) => document.getElementById(id);
const rows = () => [...$('log-rows').children].map((row) => [...row.cells].map((cell) => cell.textContent));
const set = (id, value) => { $(id).value = value; $(id).dispatchEvent(new Event('input')); };
"""


def test_log_is_filtered_and_turned_to_a_moment(tmp_path, sample):
    seen = driven(
        tmp_path,
        html.render(sample),
        ASKED
        + """
    seen.first = rows()[0]; seen.count = $('log-count').textContent;
    set('log-text', 'lost CONNECTION cluster'); seen.text = rows(); set('log-text', '');
    set('log-node', [...$('log-node').options].find((one) => one.text === 'pcmk-2').value);
    seen.nodes = [...new Set(rows().map((row) => row[1]))]; set('log-node', '');
    set('log-level', '3'); seen.levels = [...new Set(rows().map((row) => row[3]))]; set('log-level', '');
    $('log-at').value = '2026-11-22 07:00:00'; $('log-at').dispatchEvent(new Event('change'));
    seen.here = document.querySelector('.here').cells[0].textContent;
    $('log-at').value = 'yesterday'; $('log-at').dispatchEvent(new Event('change'));
    seen.invalid = $('log-at').getAttribute('aria-invalid');
    document.querySelector('[data-around]').click(); seen.around = document.querySelector('.here').textContent;
    """,
    )
    assert seen["count"].endswith(f"of {sample['events']['rows']:,} rows")
    assert seen["first"][0] == "2026-11-22 06:59:22.000"
    assert seen["text"]
    assert all("Lost connection to cluster" in row[4] for row in seen["text"])
    assert seen["nodes"] == ["pcmk-2"]
    assert set(seen["levels"]) <= {"emerg", "alert", "crit", "error"}
    assert seen["here"] >= "2026-11-22 07:00:00"
    assert seen["invalid"] == "true"
    assert "Connection to the CPG API failed" in seen["around"]


def test_finding_is_copied_as_text_as_markdown_and_as_link(tmp_path, sample):
    key = sample["verdict"]["root_causes"][0]
    root = next(row for row in sample["findings"] if row["id"] == key)
    seen = driven(
        tmp_path,
        html.render(sample),
        f"""
    navigator.clipboard.writeText = async (words) => {{ seen.copied.push(words); }}; seen.copied = [];
    const tools = [...document.querySelectorAll('#{root["key"]} > .does [data-take]')];
    for (const button of tools) {{ button.click(); await 0; }}
    navigator.clipboard.writeText = () => Promise.reject(new Error('no'));
    tools[1].click(); await new Promise((done) => setTimeout(done, 50));
    const area = document.querySelector('#by-hand textarea');
    seen.open = document.getElementById('by-hand').open;
    seen.selected = area.value.slice(area.selectionStart, area.selectionEnd) === seen.copied[1];
    """,
    )
    link, text, markdown = seen["copied"]
    assert link.endswith(f"#{root['key']}")
    proof = root["evidence"][0]
    for said in (text, markdown):
        assert root["title"] in said
        assert proof["file"] in said
        assert re.search(rf"(?m)^> +{proof['line']}  {re.escape(proof['text'].split(chr(9))[0])}", said)
    assert "```text\n" in markdown
    assert "`journalctl -k | grep -i oom`" in markdown
    assert seen["open"]
    assert seen["selected"]


def test_address_of_a_folded_finding_opens_it(tmp_path):
    report = rich()
    report["findings"] += [
        finding(
            number, "SYS956", "info", "pcmk-1", f"06:5{number % 10}:00.000", "The load was high", key=f"SYS956-{number}"
        )
        for number in (10, 11, 12)
    ]
    seen = driven(
        tmp_path,
        html.render(report),
        """
    location.hash = 'SYS956-12'; await new Promise((done) => setTimeout(done, 100));
    seen.active = document.activeElement.id; seen.open = document.activeElement.parentElement.open;
    """,
    )
    assert seen == {"active": "SYS956-12", "open": True}


def test_repetitions_are_folded_and_none_is_lost():
    told = stories.stories(vast())
    chapters = folds.chapters(told)
    ids = [each.finding["id"] for c in chapters for f in c.folds for each in (f.entry, *f.repeats)]
    assert sorted(ids) == sorted(entry.finding["id"] for story in told for entry in story.entries)


def test_hostile_lines_change_nothing(tmp_path):
    nasty = f"{EVIL}\x1b[2J\u202e"
    lines = [
        f"Nov 22 07:00:0{second} node1 corosync[77]:   [MAIN  ] Corosync Cluster Engine ('{nasty}'): started and ready"
        for second in range(3)
    ]
    lines.append("Nov 22 07:00:04 node1 pacemakerd[80]:    error: " + "<x>" * 350_000)
    (tmp_path / "node1").mkdir()
    (tmp_path / "node1" / "messages").write_text("\n".join(lines) + "\n", encoding="utf-8")
    page = html.render(analyze([tmp_path / "node1"]))
    assert len(page.encode()) < 3_000_000
    seen = driven(
        tmp_path,
        page,
        "seen.hacked = String(window.hacked); seen.images = document.images.length;"
        "seen.rows = document.getElementById('log-rows').textContent;",
    )
    assert (seen["hacked"], seen["images"]) == ("undefined", 0)
    assert "<script>" in seen["rows"]
    assert "\\u202e" in seen["rows"]
    assert not set(seen["rows"]) & set("\x1b\u202e")


@pytest.mark.parametrize("options", [(), ("--blink-settings=preferredColorScheme=0",)], ids=["light", "dark"])
@pytest.mark.parametrize("make", ["sample", "rich", "evil"])
def test_axe_finds_no_serious_fault(tmp_path, sample, make, options):
    """The rules of axe-core for WCAG 2 at the levels A and AA, and its best practices."""
    axe = (files("axe_core_python") / "axe.min.js").read_text("utf-8")
    page = html.render({"sample": sample, "rich": rich(), "evil": evil()}[make])
    page = page.replace("script-src ", f"script-src 'sha256-{html.digest(axe)}' ", 1)
    page = page.replace("</body>", f"<script>{axe}</script></body>")
    seen = driven(
        tmp_path,
        page,
        """
    const found = await axe.run(document, { resultTypes: ['violations'] });
    seen.faults = found.violations.filter((one) => ['serious', 'critical'].includes(one.impact))
      .map((one) => [one.id, ...one.nodes.slice(0, 3).map((node) => node.target.join(' '))]);
    """,
        *options,
    )
    assert seen["faults"] == []


def test_settings_that_differ_stand_first_and_are_marked():
    report = {
        "settings": [
            {
                "file": "corosync.conf",
                "path": "totem.token",
                "values": {"node1": "1000", "node2": "1000"},
                "differs": False,
            },
            {
                "file": "corosync.conf",
                "path": "service[0].ver",
                "values": {"node1": "0", "node2": "1"},
                "differs": True,
            },
        ]
    }
    (sheet,) = settings.sheets(report)
    assert [line.path for line in sheet.lines] == ["service[0].ver", "totem.token"]
    assert sheet.lines[0].cells == ("0", "1")
    assert settings.sentence([sheet]) == "1 value not the same on all nodes."


def test_tree_has_children_beneath_their_parent_and_incarnations_behind_each_other():
    report = analyze([BUNDLES / "plugin-v0-child-killed.tar.bz2"])
    found = {node: branches for node, branches, _ in trees.trees(report)}
    children = [child for branches in found.values() for branch in branches for child in branch.children]
    assert children
    assert any(child.again for child in children)


def test_what_weakens_a_finding_is_told(sample):
    ends = [row for row in sample["findings"] if any("end with it" in said for said in row["against"])]
    assert ends
    page = html.render(sample)
    assert "What speaks against it" in page
    assert "Nothing in the bundle speaks against it." in page


def start(node, *steps):
    """A start that got no further than its last step."""
    at = "2026-11-22T07:00:{:02d}.000Z"
    told = [{"step": step, "daemon": "corosync", "at": at.format(second)} for step, second in steps]
    return {
        "node": node,
        "kind": "startup",
        "stack": "corosync",
        "began": told[0]["at"],
        "outcome": "unknown",
        "steps": told,
    }


def test_a_step_that_falls_into_a_hole_of_the_log_is_told_apart_from_one_that_is_not_seen():
    log = {"began": "2026-11-22T06:00:00.000Z", "ended": "2026-11-22T08:00:00.000Z", "holes": []}
    hole = {"began": "2026-11-22T07:00:02.000Z", "until": "2026-11-22T07:00:08.000Z", "files": 1}
    report = {
        "sequences": [
            start("node1", ("one", 0), ("two", 5), ("three", 10)),
            start("node2", ("one", 0), ("three", 10)),
            start("node3", ("one", 0), ("three", 10)),
            start("node4", ("one", 0), ("two", 5)),
        ],
        "logs": [log | {"node": f"node{n}", "holes": [hole] if n == 3 else []} for n in (1, 2, 3)]
        + [log | {"node": "node4", "ended": "2026-11-22T07:00:06.000Z"}],
    }
    (table,) = beside.tables(walks(report), report)
    marks = {step: [cell.mark for cell in cells] for step, cells in table.rows}
    assert marks == {"one": ["✓"] * 4, "two": ["✓", "?", "▨", "✓"], "three": ["✓", "✓", "✓", "▨"]}


NARROW = """
const wide = (one) => one.getBoundingClientRect().right > innerWidth + 1 && !one.closest('.scroll, svg, nav');
document.querySelectorAll('details').forEach((one) => { one.open = true; });
seen.width = innerWidth; seen.scroll = document.documentElement.scrollWidth;
const all = [...document.querySelectorAll('main > section *')];
seen.wide = all.filter(wide).map((one) => `${one.closest('section').id} ${one.tagName} ${one.className}`);
seen.sections = document.querySelectorAll('main > section').length;
"""


@pytest.mark.parametrize("make", ["sample", "rich", "evil"])
def test_no_section_is_wider_than_a_narrow_screen(tmp_path, sample, make):
    page = html.render({"sample": sample, "rich": rich(), "evil": evil()}[make])
    seen = driven(tmp_path, page, NARROW, "--window-size=400,900")
    assert seen["sections"] > 5
    assert seen["wide"] == []
    assert seen["scroll"] <= seen["width"] <= 500


def test_print_opens_the_proof_of_every_finding(tmp_path, sample):
    script = """
    const proofs = () => [...document.querySelectorAll('article.finding > .evidence')];
    seen.before = proofs().filter((one) => one.open).length;
    dispatchEvent(new Event('beforeprint')); seen.open = proofs().filter((one) => one.open).length;
    dispatchEvent(new Event('afterprint')); seen.after = proofs().filter((one) => one.open).length;
    """
    seen = driven(tmp_path, html.render(sample), script)
    assert seen == {"before": seen["before"], "open": len(sample["findings"]), "after": seen["before"]}
    assert seen["before"] < seen["open"]
