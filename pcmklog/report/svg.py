"""The timeline as an SVG file, without a browser: `render(report)`; the page holds the same drawing for paper."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape

from pcmklog.report import facts, wording
from pcmklog.report.facts import Report
from pcmklog.report.scene import WIDTH, Box, Dot, Path, Scene, Shape, Text, scene
from pcmklog.report.timeline import figure

FONTS = "system-ui, -apple-system, 'Segoe UI', Roboto, 'Noto Sans', 'DejaVu Sans', Arial, sans-serif"
HATCHES = {
    "/": "M-1 1L1 -1M0 6L6 0M5 7L7 5",
    "\\": "M-1 5L1 7M0 0L6 6M5 -1L7 1",
    "x": "M0 6L6 0M0 0L6 6",
    "-": "M0 3H6",
    ".": "M2 3H4",
}


def render(report: Report) -> str:
    """Give the drawing of the whole report: where the findings are, else all of it."""
    return draw(paper(report))


def paper(report: Report, nodes: Sequence[str] = (), span: tuple[int, int] | None = None, most: int = 2000) -> Scene:
    """Give the drawing of a report; one sentence where nothing has a time."""
    shown = figure(report, most)
    if shown is None:
        return Scene(
            WIDTH, 40, title(report), [Text(12, 20, "Nothing in this bundle has a time: there is no timeline.")]
        )
    return scene(shown, title(report), nodes, span)


def title(report: Report) -> str:
    """Give what stands above the drawing."""
    name = str(facts.inner(report, "bundle").get("name") or "cluster")
    return wording.one_line(f"{name}: {facts.headline(report)}")


def draw(drawn: Scene) -> str:
    """Give the SVG of a drawing: well-formed XML that asks for nothing from elsewhere."""
    used = {(shape.hatch, shape.ink) for shape in drawn.shapes if isinstance(shape, Box) and shape.hatch}
    names = {pair: f"hatch{number}" for number, pair in enumerate(sorted(used))}
    body = "".join(line for shape in drawn.shapes for line in _shape(shape, names))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {drawn.width} {drawn.height}" '
        f'width="{drawn.width}" height="{drawn.height}" font-family="{escape(FONTS)}" role="img">'
        f"<title>{_text(drawn.title)}</title><defs>{''.join(_patterns(names))}</defs>\n{body}</svg>\n"
    )


def hatch_width(hatch: str) -> float:
    """Give how thick the lines of a hatching are."""
    return 0.9 if hatch == "x" else 1.3


def _patterns(names: dict[tuple[str, str], str]) -> Iterator[str]:
    for (hatch, ink), name in names.items():
        yield (
            f'<pattern id="{name}" width="6" height="6" patternUnits="userSpaceOnUse">'
            f'<path d="{HATCHES[hatch]}" stroke="{ink}" stroke-width="{hatch_width(hatch)}" fill="none"/></pattern>'
        )


def _shape(shape: Shape, names: dict[tuple[str, str], str]) -> Iterator[str]:
    if isinstance(shape, Text):
        style = f'font-size="{shape.size:g}" fill="{shape.colour}"' + (' font-weight="700"' if shape.bold else "")
        place = f'x="{shape.x:.1f}" y="{shape.y + shape.size * 0.35:.1f}" text-anchor="{shape.anchor}"'
        yield f"<text {place} {style}>{_text(shape.text)}</text>\n"
        return
    told = f"<title>{_text(shape.told)}</title>" if shape.told else ""
    if isinstance(shape, Box):
        place = f'x="{shape.x:.1f}" y="{shape.y:.1f}" width="{shape.width:.1f}" height="{shape.height:.1f}"'
        yield f'<rect {place} fill="{shape.fill}">{told}</rect>\n'
        if shape.hatch:
            yield f'<rect {place} fill="url(#{names[shape.hatch, shape.ink]})" pointer-events="none"/>\n'
    elif isinstance(shape, Dot):
        place = f'cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="{shape.radius:g}"'
        style = f'fill="{shape.fill}" stroke="{shape.stroke}" stroke-width="{shape.thick:g}"'
        yield f"<circle {place} {style}>{told}</circle>\n"
    elif isinstance(shape, Path):
        points = "L".join(f"{x:.1f} {y:.1f}" for x, y in shape.points)
        dash = ' stroke-dasharray="4 3"' if shape.dash else ""
        style = f'fill="{shape.fill or "none"}" stroke="{shape.stroke}" stroke-width="{shape.thick:g}"{dash}'
        yield f'<path d="M{points}{"Z" if shape.fill else ""}" {style}>{told}</path>\n'


def _text(text: str) -> str:
    """Escape text, without what XML cannot hold."""
    return escape(wording.tame(text).encode("utf-8", "replace").decode())
