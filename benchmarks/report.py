"""python -m benchmarks.report [BUNDLE ...]: how large the HTML report is, and how long a browser takes to open it.

Without arguments it takes the shipped samples, and a bundle of a million events that it makes.  The time is that from
the beginning of the navigation to the end of the page's scripts, as the browser itself tells it (`performance.now()`);
the timeline is drawn by then.  It needs chromium.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from statistics import median

from benchmarks.make_bundle import make
from benchmarks.measure import PYTHON, ROUNDS, run
from pcmklog.report.html import digest

MILLION = 480 << 20  # bytes of a made bundle with about a million events
SAMPLES = sorted((Path(__file__).parent.parent / "sample_logs" / "bundles").iterdir())
CLOCK = "addEventListener('load', () => { document.documentElement.dataset.opened = performance.now(); });"
BROWSER = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking")


def opened(page: Path, folder: Path) -> float:
    """Seconds until the page is drawn."""
    program = shutil.which("chromium")
    assert program, "this benchmark needs chromium"
    clocked = folder / "clocked.html"
    text = page.read_text("utf-8").replace("script-src ", f"script-src 'sha256-{digest(CLOCK)}' ", 1)
    clocked.write_text(text.replace("</body>", f"<script>{CLOCK}</script></body>"), "utf-8")
    times = []
    for turn in range(ROUNDS):
        command = [program, *BROWSER, f"--user-data-dir={folder / str(turn)}", "--window-size=1400,2000"]
        dom = subprocess.run(
            [*command, "--dump-dom", clocked.as_uri()], capture_output=True, text=True, check=True
        ).stdout
        found = re.search(r'data-opened="([\d.]+)"', dom)
        assert found, "the page was not opened"
        times.append(float(found[1]) / 1000)
    return median(times)


def measure(bundle: Path) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        command = [PYTHON, "-m", "pcmklog", "analyze", str(bundle), "--quiet", "--format", "html", "--output", name]
        wall = run(command).wall
        page = next(folder.glob("*.html"))
        size = page.stat().st_size / 1e6
        print(
            f"{bundle.name:44} {size:6.2f} MB {opened(page, folder):6.2f} s to open {wall:8.1f} s to make", flush=True
        )


def main() -> None:
    for bundle in map(Path, sys.argv[1:]) if sys.argv[1:] else SAMPLES:
        measure(bundle)
    if not sys.argv[1:]:
        with tempfile.TemporaryDirectory() as name:
            measure(make(Path(name) / "million", MILLION))


if __name__ == "__main__":
    main()
