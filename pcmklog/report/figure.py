"""The timeline as a plotly figure, for a notebook: the lanes, bars, marks and findings that the page shows."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

import plotly.graph_objects as go

from pcmklog.report import timeline
from pcmklog.report.facts import Report
from pcmklog.report.looks import BANDS, LIVES, LOOKS, SEVERITY

SYMBOLS = {"critical": "x", "error": "square", "warning": "triangle-up", "info": "circle"}
THICK = {"band": 0.8, "life": 0.5}
DC = 0.2  # of a lane: the thin bar of the DC lies in the band
ROW, MARGIN = 20, 110  # pixels
UNDRAWN = frozenset({"name", "lines"})
Data = dict[str, Any]
Rows = dict[int, int]  # by the place of a lane


def plot(report: Report) -> go.Figure:
    """Give the figure; one without traces when nothing in the report has a time.

    Times are UTC on the cluster's common clock.  What stands in a hover text is escaped, for plotly reads a kind of
    HTML; `customdata` of a finding is its id.
    """
    data = timeline.figure(report)
    if data is None:
        return go.Figure()
    kinds = [lane["kind"] for lane in data["lanes"]]
    rows = {place: row for row, place in enumerate(place for place, kind in enumerate(kinds) if kind not in UNDRAWN)}
    traces = [*_bars(data, rows), *_marks(data, rows), *_fencing(data, rows), *_findings(data, rows)]
    return go.Figure(data=traces, layout=_layout(data, rows))


def _bars(data: Data, rows: Rows) -> Iterator[go.Bar]:
    """One trace for each look that a life or a band has."""
    for key in (*BANDS, *LIVES):
        found = [bar for bar in data["bars"] if bar[3] == key]
        if found:
            look = LOOKS[key]
            yield go.Bar(
                name=look.words,
                orientation="h",
                base=[since for _, since, *_ in found],
                x=[max(until - since, 1) for _, since, until, *_ in found],
                y=[rows[lane] for lane, *_ in found],
                width=[DC if key == "dc" else THICK[data["lanes"][lane]["kind"]] for lane, *_ in found],
                marker={"color": look.colour, "pattern": {"shape": look.hatch, "solidity": 0.25}, "line": {"width": 0}},
                hovertext=[_told(told) for *_, told in found],
                hoverinfo="text",
            )


def _marks(data: Data, rows: Rows) -> Iterator[go.Scatter]:
    for key, symbol in (("step", "line-ns-open"), ("event", "circle-open")):
        found = [mark for mark in data["marks"] if mark[4] == key]
        if found:
            yield go.Scatter(
                name=LOOKS[key].words,
                mode="markers",
                x=[at for _, at, *_ in found],
                y=[rows[lane] for lane, *_ in found],
                marker={"symbol": symbol, "size": 8, "color": LOOKS[key].colour},
                hovertext=[_told([f"{times} x {title}" if times > 1 else title, said, place])
                           for _, _, _, times, _, title, said, place in found],
                hoverinfo="text",
            )  # fmt: skip


def _fencing(data: Data, rows: Rows) -> Iterator[go.Scatter]:
    """One line for each request, from who asked to the target."""
    for arrow in data["fencing"]:
        look = LOOKS[arrow["look"]]
        yield go.Scatter(
            name=look.words,
            mode="lines+markers",
            x=[at for at, _ in arrow["points"]],
            y=[rows[lane] for _, lane in arrow["points"]],
            line={"color": look.colour, "dash": "solid" if arrow["look"] == "fenced" else "dash"},
            marker={"symbol": "arrow", "angleref": "previous", "size": 11},
            hovertext=escape(arrow["told"]),
            hoverinfo="text",
            showlegend=False,
        )


def _findings(data: Data, rows: Rows) -> Iterator[go.Scatter]:
    for severity, look in reversed(SEVERITY.items()):
        found = [one for one in data["findings"] if one["severity"] == severity]
        if found:
            yield go.Scatter(
                name=look.words,
                mode="markers+text",
                x=[one["at"] for one in found],
                y=[rows[one["lane"]] for one in found],
                text=[str(one["n"]) for one in found],
                textposition="middle right",
                marker={"symbol": SYMBOLS[severity], "size": 12, "color": look.colour},
                hovertext=[_told([f"{one['code']} {one['where']}", one["title"], one["said"]]) for one in found],
                hoverinfo="text",
                customdata=[one["id"] for one in found],
            )


def _layout(data: Data, rows: Rows) -> Data:
    names = [*(node["name"] for node in data["nodes"]), "cluster"]  # the lanes of the cluster have the node -1
    stripes = [
        {"type": "rect", "yref": "paper", "y0": 0, "y1": 1, "x0": since, "x1": until, "line": {"width": 0},
         "fillcolor": LOOKS["hole"].colour, "opacity": 0.06}
        for _, since, until, _ in data["holes"]
    ]  # fmt: skip
    return {
        "height": MARGIN + ROW * len(rows),
        "barmode": "overlay",
        "hovermode": "closest",
        "shapes": stripes,
        "xaxis": {"type": "date", "range": data["near"] or data["all"], "hoverformat": "%Y-%m-%d %H:%M:%S.%3f"},
        "yaxis": {
            "range": [len(rows) - 0.5, -0.5],
            "tickvals": [*rows.values()],
            "ticktext": [escape(_label(data["lanes"][place], names)) for place in rows],
            "automargin": True,
        },
    }


def _label(lane: Data, names: list[str]) -> str:
    return f"{names[lane['node']]} {lane['label']}"


def _told(lines: list[str]) -> str:
    return "<br>".join(escape(line) for line in lines if line)
