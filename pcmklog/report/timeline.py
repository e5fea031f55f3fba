"""The timeline as a plotly figure: a lane for each daemon of each node, lives as bars, findings as marks.

Colours are those of the light page; each trace names the CSS variable it takes its colour from (`meta.colour`), so
that the script can follow the page into the dark.  All text is escaped here, for plotly reads a kind of HTML.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from html import escape
from textwrap import wrap
from typing import Any

import plotly.graph_objects as go

from pcmklog.report import facts, stories, wording
from pcmklog.report.facts import Report, Row
from pcmklog.report.lanes import RING, Lane, Mark, bars, extent, focus, lanes, marks, rings

LIVES = {
    "running": ("still running at the end", "#3f83c9", ""),
    "stopped": ("stopped in order", "#7f9fbf", ""),
    "exited": ("exited by itself", "#d28a16", "/"),
    "killed": ("killed", "#cf4436", "x"),
    "lost": ("lost", "#8a5cc2", "\\"),
    "unknown": ("end not known", "#9aa2ab", "."),
}
"""How a life ended -> its words, its colour and its hatching: nothing is told by colour alone."""

SEVERITY = {
    "critical": ("#b3122f", "x", 13),
    "error": ("#c2410c", "square", 11),
    "warning": ("#8a6100", "triangle-up", 12),
    "info": ("#2563a8", "circle", 10),
}
"""Severity -> colour, symbol, size."""

ROW, ROWS_MANY, ROW_MANY = 26, 40, 18


def figure(report: Report, most: int = 2000) -> dict[str, Any] | None:
    """Give the figure as plain data: `data`, `layout`, `ranges` (`all`, `findings`); None when nothing has a time.

    It holds at most so many lives, marks and memberships: more is a blur, and costs the page its size.
    """
    reach = extent(report)
    if not reach:
        return None
    shown = marks(report, most)
    order = lanes(report, shown)
    places = {lane: position for position, lane in enumerate(order)}
    traces = [*_rings(report, len(order), most), *_lives(report, places, reach[1], most), *_marks(shown, places)]
    plot = go.Figure(data=traces, layout=_layout(order) | {"annotations": list(_labels(report, shown, places))})
    plain: dict[str, Any] = json.loads(plot.to_json())
    near = focus(report)
    return plain | {"ranges": {"all": _padded(reach), "findings": [wording.stamp(at) for at in near] if near else None}}


def _lives(report: Report, places: dict[Lane, int], last: str, most: int) -> Iterator[go.Bar]:
    by_end: dict[str, list[tuple[Lane, Row]]] = {how: [] for how in LIVES}
    for lane, row in bars(report, most):
        how = str(row.get("how"))
        by_end[how if how in LIVES else "unknown"].append((lane, row))
    for how, found in by_end.items():
        if found:
            yield _bar(how, found, places, last)


def _bar(how: str, found: list[tuple[Lane, Row]], places: dict[Lane, int], last: str) -> go.Bar:
    words, colour, hatch = LIVES[how]
    starts = [str(row.get("began") or row.get("ended")) for _, row in found]
    lengths = [wording.seconds(began, row.get("ended") or last) for began, (_, row) in zip(starts, found, strict=True)]
    return go.Bar(
        name=words,
        orientation="h",
        base=[wording.stamp(at) for at in starts],
        x=[max(length or 0, 0.001) * 1000 for length in lengths],
        y=[places[lane] for lane, _ in found],
        width=0.5,
        marker={"color": colour, "line": {"width": 0}, "pattern": {"shape": hatch, "size": 5, "solidity": 0.25}},
        hovertext=[_life_text(lane, row, words) for lane, row in found],
        hovertemplate="%{hovertext}<extra></extra>",
        meta={"colour": f"--life-{how}", "legend": "life", "key": how},
    )


def _marks(shown: list[Mark], places: dict[Lane, int]) -> Iterator[go.Scatter]:
    events = [mark for mark in shown if mark.finding is None]
    if events:
        yield _scatter("key events", events, places, ("#5b6570", "circle", 8), "--event")
    for severity in reversed(facts.SEVERITIES):
        some = [mark for mark in shown if mark.finding is not None and mark.severity == severity]
        if some:
            yield _scatter(severity, some, places, SEVERITY[severity], f"--{severity}")


def _scatter(
    name: str,
    some: list[Mark],
    places: dict[Lane, int],
    look: tuple[str, str, int],
    variable: str,
) -> go.Scatter:
    colour, symbol, size = look
    return go.Scatter(
        name=name,
        mode="markers",
        x=[wording.stamp(mark.at) for mark in some],
        y=[places[mark.lane] for mark in some],
        marker={"symbol": symbol, "size": size, "color": colour, "line": {"width": 1.5, "color": "#ffffff"}},
        hovertext=[_mark_text(mark) for mark in some],
        hovertemplate="%{hovertext}<extra></extra>",
        customdata=[mark.finding for mark in some],
        cliponaxis=False,
        meta={"colour": variable, "legend": "event" if variable == "--event" else "finding", "key": name},
    )


def _labels(report: Report, shown: list[Mark], places: dict[Lane, int]) -> Iterator[dict[str, Any]]:
    """Name the root causes beside their marks: on the left, for what followed stands on the right."""
    ranks = {str(story.root.get("id")): story.rank for story in stories.stories(report) if story.rank}
    for mark in shown:
        if mark.finding in ranks:
            words = f"root cause {ranks.pop(mark.finding)}"
            where = {"x": wording.stamp(mark.at), "y": places[mark.lane], "xanchor": "right", "xshift": -10}
            yield where | {"text": words, "showarrow": False, "borderpad": 1, "borderwidth": 1, "font": {"size": 11}}


def _rings(report: Report, depth: int, most: int) -> Iterator[go.Scatter]:
    """Draw memberships as one broken line through all lanes, and a point on the ring's own lane that can be read."""
    found = list(rings(report, most))
    if not found:
        return
    at = [wording.stamp(row["at"]) for row in found]
    meta = {"colour": "--ring", "legend": "ring", "key": "membership"}
    yield go.Scatter(
        name="membership changes",
        mode="lines",
        x=[x for moment in at for x in (moment, moment, None)],
        y=[y for _ in at for y in (-0.5, depth - 0.5, None)],
        line={"width": 1, "dash": "dot", "color": "#5b6570"},
        hoverinfo="skip",
        meta=meta,
    )
    yield go.Scatter(
        name="membership changes",
        mode="markers",
        x=at,
        y=[0] * len(at),
        marker={"symbol": "diamond-tall", "size": 12, "color": "#5b6570"},
        hovertext=[_ring_text(row) for row in found],
        hovertemplate="%{hovertext}<extra></extra>",
        cliponaxis=False,
        meta=meta,
    )


def _layout(order: list[Lane]) -> dict[str, Any]:
    height = 90 + len(order) * (ROW_MANY if len(order) > ROWS_MANY else ROW)
    firsts = [place for place, lane in enumerate(order) if place and lane[0] != order[place - 1][0]]
    line = {
        "type": "line",
        "xref": "paper",
        "x0": 0,
        "x1": 1,
        "layer": "below",
        "line": {"width": 1, "color": "#c9d0d8"},
    }
    return {
        "template": None,
        "height": height,
        "margin": {"l": 10, "r": 16, "t": 8, "b": 40},
        "barmode": "overlay",
        "hovermode": "closest",
        "dragmode": "pan",
        "showlegend": False,
        "font": {"size": 12},
        "xaxis": {"type": "date", "zeroline": False, "hoverformat": "%Y-%m-%d %H:%M:%S.%3f", "automargin": True},
        "yaxis": {
            "range": [len(order) - 0.5, -0.5],
            "tickvals": list(range(len(order))),
            "ticktext": [_label(place, order) for place in range(len(order))],
            "automargin": True,
            "fixedrange": True,
            "zeroline": False,
            "showgrid": False,
        },
        "shapes": [line | {"y0": place - 0.5, "y1": place - 0.5} for place in firsts],
    }


def _label(place: int, order: list[Lane]) -> str:
    node, lane = order[place]
    first = place == 0 or order[place - 1][0] != node
    daemon = _safe(wording.shorten(lane, 18))
    if order[place] == RING:
        return f"<b>{daemon}</b> "
    return f"<b>{_safe(wording.shorten(node, 24))}</b>  {daemon} " if first else f"{daemon} "


def _life_text(lane: Lane, row: Row, words: str) -> str:
    stretch = wording.span(row.get("began"), row.get("ended"))
    length = wording.duration(wording.seconds(row.get("began"), row.get("ended")))
    told = [f"<b>{_safe(lane[0])} · {_safe(lane[1])}</b>: {words}", f"{stretch} ({length})"]
    return "<br>".join(told + ([_wrapped(str(row["title"]))] if row.get("title") else []))


def _mark_text(mark: Mark) -> str:
    where = " · ".join(_safe(part) for part in mark.lane if part)
    hint = ["<i>click to read the finding</i>"] if mark.finding else []
    told = [f"<b>{_safe(mark.title)}</b>", f"{where} at {wording.stamp(mark.at)}", _wrapped(mark.text), *hint]
    return "<br>".join(told)


def _ring_text(row: Row) -> str:
    told = [f"<b>membership {_safe(str(row.get('ring') or ''))}</b>", wording.stamp(row.get("at"))]
    named = {key: ", ".join(str(node) for node in row.get(key) or ()) for key in ("members", "joined", "left")}
    told += [f"{key}: {_wrapped(nodes or 'none')}" for key, nodes in named.items() if nodes or key == "members"]
    return "<br>".join(told)


def _wrapped(text: str) -> str:
    lines = wrap(wording.one_line(text), 76, max_lines=3, placeholder=" …")
    return "<br>".join(escape(line) for line in lines)


def _safe(text: str) -> str:
    return escape(wording.one_line(text))


def _padded(reach: tuple[str, str]) -> list[str]:
    room = max((wording.seconds(*reach) or 0) * 0.02, 1)
    return [wording.stamp(wording.later(reach[0], -room)), wording.stamp(wording.later(reach[1], room))]
