"""The timeline as a picture without a browser: SVG and PNG of the same drawing."""

from __future__ import annotations

import io
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from PIL import Image

from pcmklog.report import png, svg, timeline
from pcmklog.report.scene import Box, Text, scene
from tests.report_samples import EVIL, evil, healthy, minimal, rich, vast

BUNDLE = Path(__file__).parent.parent / "sample_logs/bundles/corosync3-killed-and-fenced.tar.gz"
SVG = "{http://www.w3.org/2000/svg}"


def texts(drawing: str) -> list[str]:
    return [element.text or "" for element in ET.fromstring(drawing).iter(f"{SVG}text")]  # noqa: S314 - our own


def pcmklog(*arguments: object) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run([sys.executable, "-m", "pcmklog", *map(str, arguments)], capture_output=True, check=False)


@pytest.mark.parametrize("make", [rich, healthy, minimal, evil, vast, dict], ids=lambda maker: maker.__name__)
def test_svg_is_well_formed_whatever_stands_in_the_logs(make) -> None:
    drawing = svg.render(make())
    root = ET.fromstring(drawing)  # noqa: S314 - our own
    assert root.tag == f"{SVG}svg"
    assert {element.tag.removeprefix(SVG) for element in root.iter()} <= {
        *("svg", "title", "defs", "pattern", "path", "rect", "circle", "text"),
    }
    assert not any("href" in name or name.startswith("on") for element in root.iter() for name in element.attrib)


def test_svg_shows_foreign_text_as_text() -> None:
    drawing = svg.render(evil())
    assert "<script" not in drawing
    assert any(EVIL[:20] in text for text in texts(drawing))


def test_numbers_are_those_of_the_page() -> None:
    figure = timeline.figure(rich())
    assert figure
    shown = {text for text in texts(svg.render(rich())) if text.isdecimal()}
    near = [row for row in figure["findings"] if figure["near"][0] <= row["at"] <= figure["near"][1]]
    assert {str(row["n"]) for row in near} <= shown


def test_drawing_holds_the_chosen_nodes_and_stretch_only() -> None:
    drawn = svg.paper(rich(), ["pcmk-2"])
    names = [shape.text for shape in drawn.shapes if isinstance(shape, Text) and shape.bold]
    assert "pcmk-2" in names
    assert "pcmk-1" not in names
    figure = timeline.figure(rich())
    assert figure
    early = scene(figure, "x", (), (figure["all"][0], figure["all"][0] + 60_000))
    assert not [shape for shape in early.shapes if isinstance(shape, Text) and shape.text == "2"]


def test_what_is_told_by_colour_is_told_by_hatching_too() -> None:
    boxes = [shape for shape in svg.paper(rich()).shapes if isinstance(shape, Box)]
    hatches = {shape.fill: shape.hatch for shape in boxes if "killed" in shape.told or "exited by itself" in shape.told}
    assert len(hatches) == 2
    assert len(set(hatches.values())) == 2
    assert all(hatches.values())


def test_png_has_twice_the_size_of_the_drawing() -> None:
    drawn = svg.paper(rich())
    with Image.open(io.BytesIO(png.draw(drawn))) as image:
        assert image.format == "PNG"
        assert image.size == (2 * drawn.width, 2 * drawn.height)
        assert len(image.convert("RGB").getcolors(1 << 20) or []) > 10


def test_png_needs_no_font_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(png, "OTHERS", ())
    png.font.cache_clear()
    with Image.open(io.BytesIO(png.render(evil()))) as image:
        assert image.width == 2400
    png.font.cache_clear()


def test_commands_write_pictures(tmp_path: Path) -> None:
    target = tmp_path / "two.svg"
    done = pcmklog(
        "timeline", BUNDLE, "-f", "svg", "--node", "pcmk-1", "--around", "f1", "--within", "5s", "-o", target
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    shown = texts(target.read_text("utf-8"))
    assert "pcmk-1" in shown
    assert "pcmk-3" not in shown
    done = pcmklog("timeline", BUNDLE, "--format", "png")
    assert done.stdout.startswith(b"\x89PNG")
    done = pcmklog("analyze", BUNDLE, "-f", "svg", "-f", "png", "-o", tmp_path, "-q")
    assert done.returncode == 1
    names = sorted(path.name for path in tmp_path.glob("corosync3*"))
    assert names == ["corosync3-killed-and-fenced.png", "corosync3-killed-and-fenced.svg"]


@pytest.mark.parametrize("wish", [("--where", "level = error"), ("--daemon", "corosync"), ("--min-severity", "error")])
def test_pictures_refuse_in_one_sentence_to_choose_lines(wish) -> None:
    done = pcmklog("timeline", BUNDLE, "-f", "svg", *wish)
    assert done.returncode == 2
    assert done.stderr.decode().count("\n") == 1
    assert "A picture has no lines" in done.stderr.decode()


def test_gallery_of_the_readme_is_small_and_shown() -> None:
    root = BUNDLE.parent.parent.parent
    pictures = sorted((root / "reports/gallery").glob("*.png"))
    assert [path.name for path in pictures] == ["report.png", "timeline.png"]
    assert max(path.stat().st_size for path in pictures) < 200_000
    assert all(f"reports/gallery/{path.name}" in (root / "README.md").read_text("utf-8") for path in pictures)
