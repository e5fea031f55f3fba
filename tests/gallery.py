"""python -m tests.gallery: makes the pictures of the README: a golden report in chromium, and our own drawing."""

from __future__ import annotations

import io
import shutil
import subprocess
import tempfile
from pathlib import Path

from PIL import Image

from pcmklog.analyze import picture
from pcmklog.timeline import Wanted

ROOT = Path(__file__).parent.parent
BUNDLE = ROOT / "sample_logs/bundles/corosync3-killed-and-fenced.tar.gz"
PAGE = ROOT / "reports/corosync3-killed-and-fenced.html"
GALLERY = ROOT / "reports/gallery"
VIEW = (1240, 2260)
BROWSER = ("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--hide-scrollbars")


def shot(page: Path, view: tuple[int, int]) -> Image.Image:
    """What a browser shows of a page."""
    program = shutil.which("chromium")
    assert program, "the gallery needs chromium"
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "shot.png"
        size = f"--window-size={view[0]},{view[1]}"
        command = [program, *BROWSER, f"--user-data-dir={folder}", size, "--virtual-time-budget=4000"]
        subprocess.run([*command, f"--screenshot={target}", page.as_uri()], capture_output=True, check=True)
        return Image.open(io.BytesIO(target.read_bytes())).convert("RGB")


def main() -> None:
    """Write both pictures, in few colours, so that they stay small."""
    GALLERY.mkdir(exist_ok=True)
    shot(PAGE, VIEW).quantize(256, dither=Image.Dither.NONE).save(GALLERY / "report.png", optimize=True)
    (GALLERY / "timeline.png").write_bytes(picture([BUNDLE], Wanted(), "png"))


if __name__ == "__main__":
    main()
