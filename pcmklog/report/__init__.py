"""The reports: views of one dictionary, which is the JSON report.

Each view is a module with `render(report, ...) -> str`, a pure function of the dictionary.  Views are imported when
they are asked for: the terminal does not need jinja2.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

RENDERERS: dict[str, str] = {
    "html": "pcmklog.report.html",
    "md": "pcmklog.report.markdown",
    "text": "pcmklog.report.text",
    "json": "pcmklog.report.json_view",
}
"""Format -> the module that renders it."""

SUFFIXES = {"text": "txt"}
"""The suffix of a format's file where it is not the format's name."""


def render(report: Mapping[str, Any], fmt: str) -> str:
    """Give the report in one format, a key of `RENDERERS`."""
    text: str = import_module(RENDERERS[fmt]).render(report)
    return text


def write(report: Mapping[str, Any], formats: Iterable[str], directory: Path, stem: str) -> list[Path]:
    """Write `directory/stem.<suffix>` for each format and give the paths in that order."""
    rendered = [(directory / f"{stem}.{SUFFIXES.get(fmt, fmt)}", render(report, fmt)) for fmt in formats]
    directory.mkdir(parents=True, exist_ok=True)
    for path, text in rendered:
        path.write_text(text, encoding="utf-8", newline="\n")
    return [path for path, _ in rendered]
