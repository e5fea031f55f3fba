"""What happened on every node, side by side on the clock of the cluster: `pcmklog timeline`."""

from __future__ import annotations

from pcmklog.timeline import columns, tables
from pcmklog.timeline.entries import Timeline, Wanted, stretch, timeline

__all__ = ["FORMATS", "Timeline", "Wanted", "render", "stretch", "timeline"]

FORMATS = ("text", "csv", "json", "md")


def render(what: Timeline, fmt: str, *, colour: bool = False, width: int = 160) -> str:
    """The timeline in one of the `FORMATS`; colour and width are for text."""
    if fmt == "text":
        return columns.render(what, colour=colour, width=width)
    return {"csv": tables.as_csv, "json": tables.as_json, "md": tables.as_markdown}[fmt](what)
