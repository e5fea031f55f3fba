"""python -m benchmarks.report [BUNDLE ...]: how large the HTML report is, and how it feels in a browser.

Without arguments it takes the shipped samples, one of them told 44 times in a row, which is 50,000 events, and a
bundle of a million events that it makes.  Of each page it tells the bytes; the time from the beginning of the
navigation to the end of the page's scripts, when the timeline is drawn; the marks that are drawn (elements of SVG); and
the times from a click to the next picture when the view is zoomed, a filter is pressed and a word is looked for.  It
needs chromium.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.make_bundle import make
from benchmarks.measure import PYTHON, ROUNDS, run
from benchmarks.rules import raw, repeat
from pcmklog import analyze, assemble, causes, kept
from pcmklog.bundle import open_bundle
from pcmklog.catalog import Catalog
from pcmklog.report import html
from pcmklog.store import Store

MILLION = 480 << 20  # bytes of a made bundle with about a million events
SAMPLES = sorted((Path(__file__).parent.parent / "sample_logs" / "bundles").iterdir())
STORY, TIMES = "corosync3-killed-and-fenced.tar.gz", 44
BROWSER = (
    "--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--enable-logging=stderr", "--v=0", "--window-size=1400,2000", "--remote-debugging-port=0",
)  # fmt: skip
# A picture is there when plotly has drawn, the browser has laid out, and the next frame begins.
WATCH = """
addEventListener('load', async () => {
  const seen = { open: performance.now() }, get = (id) => document.getElementById(id);
  const plot = get('plot'), text = get('log-text');
  const frame = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done, 0)));
  const clocked = async (does, drawn) => {
    const begun = performance.now(), over = drawn && new Promise((done) => plot.once('plotly_afterplot', done));
    does(); await over; await frame();
    return performance.now() - begun;
  };
  const press = (selector) => clocked(() => document.querySelector(selector).click(), true);
  const marks = () => plot.querySelectorAll('path, rect, circle, text').length;
  const each = async (times, does) => {
    const found = [];
    for (let turn = 0; turn < times; turn += 1) found.push(await does(turn));
    return found;
  };
  if (plot && plot.data) {
    await press('[data-range=all]'); seen.marks = [marks()];
    const zoom = async () => { const took = await press('[data-move=in]'); seen.marks.push(marks()); return took; };
    seen.zoom = await each(6, zoom);
    await press('[data-range=all]');
    const filters = [...document.querySelectorAll('#filters [data-filter]')].slice(0, 4);
    seen.filter = await each(filters.length, (turn) => clocked(() => filters[turn].click(), true));
  }
  const look = (word) => clocked(() => { text.value = word; text.dispatchEvent(new Event('input')); }, false);
  if (text) seen.search = await each(3, (turn) => look(['lost', 'corosync', 'nothing like it'][turn]));
  console.log(`SEEN${JSON.stringify(seen)}NEES`);
});
"""


def watched(page: Path, folder: Path) -> dict[str, Any]:
    """What the page tells of itself."""
    program = shutil.which("chromium")
    assert program, "this benchmark needs chromium"
    text = page.read_text("utf-8").replace("script-src ", f"script-src 'sha256-{html.digest(WATCH)}' ", 1)
    (folder / "watched.html").write_text(text.replace("</body>", f"<script>{WATCH}</script></body>"), "utf-8")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        command = [program, *BROWSER, f"--user-data-dir={profile}", (folder / "watched.html").as_uri()]
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as browser:
            assert browser.stderr
            found = next((said for line in browser.stderr if (said := re.search("SEEN(.*)NEES", line))), None)
            browser.terminate()
    assert found, "the page was not opened"
    seen: dict[str, Any] = json.loads(found[1].replace('\\"', '"'))
    return seen


def told(name: str, page: Path, folder: Path) -> None:
    seen = [watched(page, folder) for _ in range(ROUNDS)]
    opened = median(each["open"] for each in seen) / 1000
    marks = max((max(each.get("marks", [0])) for each in seen), default=0)
    slow = {key: max((median(times) for times in zip(*(each.get(key, ()) for each in seen), strict=True)), default=0.0)
            for key in ("zoom", "filter", "search")}  # fmt: skip
    size = page.stat().st_size / 1e6
    print(
        f"{name:44} {size:6.2f} MB {opened:6.2f} s to open {marks:6,} marks, slowest "
        + ", ".join(f"{key} {took:4.0f} ms" for key, took in slow.items()),
        flush=True,
    )


def of_bundle(bundle: Path, folder: Path) -> Path:
    command = [PYTHON, "-m", "pcmklog", "analyze", str(bundle), "--quiet", "--format", "html", "--output", str(folder)]
    used = run(command)
    print(f"{bundle.name:44} {used.cpu:6.1f} CPU-s, {used.wall:6.1f} s to make", flush=True)
    return next(folder.glob("*.html"))


def of_story(bundle: Path, times: int, folder: Path) -> Path:
    """The page of a bundle whose story is told so many times in a row."""
    store, catalog = Store(), Catalog.load()
    kept.attach(store, raw(bundle, folder / "raw.duckdb"), anew=True)
    repeat(store, times)
    analyze.derive(store, catalog)
    checks = analyze.load_rules()
    findings = causes.link(causes.number(analyze.find(store, checks)))
    page = folder / "story.html"
    page.write_text(html.render(assemble.report(store, open_bundle([bundle]), checks, findings)), "utf-8")
    return page


def pages() -> Iterator[tuple[str, Callable[[Path], Path]]]:
    for bundle in map(Path, sys.argv[1:] or SAMPLES):
        yield bundle.name, lambda folder, bundle=bundle: of_bundle(bundle, folder)
    if not sys.argv[1:]:
        story = next(bundle for bundle in SAMPLES if bundle.name == STORY)
        yield f"{STORY} x {TIMES}", lambda folder: of_story(story, TIMES, folder)
        yield "a million events", lambda folder: of_bundle(make(folder / "million", MILLION), folder)


def main() -> None:
    for name, page in pages():
        with tempfile.TemporaryDirectory() as folder:
            told(name, page(Path(folder)), Path(folder))


if __name__ == "__main__":
    main()
