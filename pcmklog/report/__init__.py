"""The reports: views of one dictionary, which is the JSON report.

Each view is a module with `render(report, ...)`, a pure function of the dictionary.  Views are imported when they are
asked for: the terminal does not need jinja2.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from pcmklog.report.scene import Scene

RENDERERS: dict[str, str] = {
    "html": "pcmklog.report.html",
    "md": "pcmklog.report.markdown",
    "text": "pcmklog.report.text",
    "json": "pcmklog.report.json_view",
    "svg": "pcmklog.report.svg",
}
"""Format -> the module that renders it as text."""

PAINTERS = {"png": "pcmklog.report.png"}
"""Format -> the module that renders it as bytes."""

SUFFIXES = {"text": "txt"}
"""The suffix of a format's file where it is not the format's name."""


def render(report: Mapping[str, Any], fmt: str) -> str:
    """Give the report in one format, a key of `RENDERERS`."""
    text: str = import_module(RENDERERS[fmt]).render(report)
    return text


def encoded(report: Mapping[str, Any], fmt: str) -> bytes:
    """Give what a file of one format holds, a key of `RENDERERS` or `PAINTERS`."""
    if fmt in RENDERERS:
        return render(report, fmt).encode("utf-8")
    painted: bytes = import_module(PAINTERS[fmt]).render(report)
    return painted


def drawn(scene: Scene, fmt: str) -> bytes:
    """Give a drawing as svg or png."""
    picture: str | bytes = import_module(PAINTERS.get(fmt) or RENDERERS[fmt]).draw(scene)
    return picture.encode("utf-8") if isinstance(picture, str) else picture


def write(report: Mapping[str, Any], formats: Iterable[str], directory: Path, stem: str) -> list[Path]:
    """Write `directory/stem.<suffix>` for each format and give the paths in that order."""
    rendered = [(directory / f"{stem}.{SUFFIXES.get(fmt, fmt)}", encoded(report, fmt)) for fmt in formats]
    directory.mkdir(parents=True, exist_ok=True)
    for path, content in rendered:
        path.write_bytes(content)
    return [path for path, _ in rendered]
