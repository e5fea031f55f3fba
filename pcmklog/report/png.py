"""The timeline as a PNG file, without a browser and without fonts of the system: `render(report)`.

The drawing is that of `svg`, in twice its size, so that it stays sharp on any screen.
"""

from __future__ import annotations

import io
from functools import cache
from itertools import pairwise

from PIL import Image, ImageDraw, ImageFont

from pcmklog.report.facts import Report
from pcmklog.report.scene import Box, Dot, Path, Scene, Shape, Text
from pcmklog.report.svg import paper

SCALE = 2
HIGHEST = 16_000
"""Pixels; a higher drawing comes in its plain size, and one that is higher still is cut."""

OWN = {"\u2026": "...", "\u2013": "-", "\u2014": "-", "\u2019": "'", "\u00d7": "x"}
"""What the built-in font lacks and how it is written then."""

OTHERS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "Arial.ttf")
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def render(report: Report) -> bytes:
    """Give the drawing of the whole report."""
    return draw(paper(report))


def draw(drawn: Scene) -> bytes:
    """Give the PNG of a drawing."""
    scale = SCALE if drawn.height * SCALE <= HIGHEST else 1
    image = Image.new("RGB", (drawn.width * scale, min(drawn.height * scale, HIGHEST)), "#ffffff")
    brush = ImageDraw.Draw(image)
    for shape in drawn.shapes:
        _paint(image, brush, shape, scale)
    out = io.BytesIO()
    image.quantize(256, dither=Image.Dither.NONE).save(out, "PNG", optimize=True)
    return out.getvalue()


def _paint(image: Image.Image, brush: ImageDraw.ImageDraw, shape: Shape, scale: int) -> None:
    if isinstance(shape, Box):
        _box(image, brush, shape, scale)
    elif isinstance(shape, Dot):
        x, y, radius = shape.x * scale, shape.y * scale, shape.radius * scale
        ends = (x - radius, y - radius, x + radius, y + radius)
        brush.ellipse(ends, shape.fill, shape.stroke, max(1, round(shape.thick * scale)))
    elif isinstance(shape, Path):
        points = [(x * scale, y * scale) for x, y in shape.points]
        if shape.fill:
            brush.polygon(points, shape.fill, shape.stroke, max(1, round(shape.thick * scale)))
        else:
            _line(brush, points, shape, scale)
    else:
        _text(brush, shape, scale)


def _box(image: Image.Image, brush: ImageDraw.ImageDraw, box: Box, scale: int) -> None:
    left, top = round(box.x * scale), round(box.y * scale)
    right, bottom = max(round((box.x + box.width) * scale), left + 1), max(round((box.y + box.height) * scale), top + 1)
    brush.rectangle((left, top, right - 1, bottom - 1), box.fill)
    if not box.hatch:
        return
    tile = Image.new("RGB", (right - left, bottom - top), box.fill)
    inner = ImageDraw.Draw(tile)
    wide, tall, step, thick = (
        right - left,
        bottom - top,
        6 * scale,
        max(1, round((0.9 if box.hatch == "x" else 1.3) * scale)),
    )
    for at in range(-tall - step, wide + step, step):
        if box.hatch in "/x":
            inner.line((at, tall, at + tall, 0), box.ink, thick)
        if box.hatch in "\\x":
            inner.line((at, 0, at + tall, tall), box.ink, thick)
    for y in range(step // 2, tall, step):
        if box.hatch == "-":
            inner.line((0, y, wide, y), box.ink, thick)
        for x in range(step // 2, wide if box.hatch == "." else 0, step):
            inner.rectangle((x, y, x + thick, y + thick), box.ink)
    image.paste(tile, (left, top))


def _line(brush: ImageDraw.ImageDraw, points: list[tuple[float, float]], path: Path, scale: int) -> None:
    thick = max(1, round(path.thick * scale))
    if not path.dash:
        brush.line(points, path.stroke, thick, "curve")
        return
    for (x0, y0), (x1, y1) in pairwise(points):
        length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5
        for at in range(0, int(length), 7 * scale):
            a, b = at / length, min((at + 4 * scale) / length, 1)
            ends = (x0 + (x1 - x0) * a, y0 + (y1 - y0) * a, x0 + (x1 - x0) * b, y0 + (y1 - y0) * b)
            brush.line(ends, path.stroke, thick)


def _text(brush: ImageDraw.ImageDraw, text: Text, scale: int) -> None:
    words = text.text
    chosen = font(round(text.size * scale * 1.05), own=words.isascii())
    if chosen is None:
        words = "".join(OWN.get(char, char if char.isascii() else "?") for char in words)
        chosen = font(round(text.size * scale * 1.05), own=True)
    assert chosen is not None
    anchor = {"start": "lm", "middle": "mm", "end": "rm"}[text.anchor]
    stroke = 0.35 * scale if text.bold else 0
    brush.text((text.x * scale, text.y * scale), words, text.colour, chosen, anchor, stroke_width=stroke)


@cache
def font(size: int, *, own: bool) -> Font | None:
    """The font that Pillow brings, which knows ASCII; one of the system for other letters, if it has any."""
    if own:
        return ImageFont.load_default(size)
    for name in OTHERS:
        try:
            return ImageFont.truetype(name, size)
        except OSError:
            continue
    return None
