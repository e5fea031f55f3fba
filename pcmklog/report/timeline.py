"""What the timeline shows, as plain data: lanes, bars, marks, findings, fencing and density.

The script of the page makes plotly traces of it, `scene` a drawing for paper: both show the same.  Nothing in it is
markup; texts have been made visible (`wording.one_line`), and who draws them escapes them.  Times are milliseconds
since 1970 UTC, lanes and nodes are told by their place in the lists of this name.
"""

from __future__ import annotations

from typing import Any

from pcmklog.report import bands, doings, facts, lanes, stories, wording
from pcmklog.report.bands import Spell
from pcmklog.report.facts import Report, Row
from pcmklog.report.lanes import CLUSTER, HEIGHTS
from pcmklog.report.looks import FAMILIES, LIVES, LOOKS

Figure = dict[str, Any]
LONGEST = 600
"""A raw line that is shown under the pointer is cut after so many characters."""


def figure(report: Report, most: int = 2000) -> Figure | None:
    """Give the figure; None when nothing has a time.

    It holds at most so many bars, marks, findings and memberships each: more is a blur, and costs the page its size.
    Marks that had to share their place count each other, of the rest `left` tells how many are not there.
    """
    reach = lanes.extent(report)
    if not reach:
        return None
    names, seen = lanes.nodes(report), bands.views(report)
    rows = lanes.lanes(report, names, set(seen))
    spot = {(lane.node, lane.kind, lane.label if lane.kind == "life" else ""): at for at, lane in enumerate(rows)}
    lives = {(names[node], label): at for (node, kind, label), at in spot.items() if kind == "life" and node != CLUSTER}
    room = max((reach[1] - reach[0]) // 50, 1000)
    near = lanes.focus(report)
    bars = _bands(seen, names, spot) + _lives(report, lives, reach[1])
    told = _findings(report, names, spot)
    rings = [[wording.ms(row["at"]), _ring(row)] for row in lanes.rings(report)]
    return {
        "all": [reach[0] - room, reach[1] + room],
        "near": near,
        "nodes": [{"name": wording.one_line(name), "note": _note(report, name)} for name in names],
        "lanes": [
            {
                "node": lane.node,
                "kind": lane.kind,
                "label": wording.one_line(lane.label),
                "main": lane.main,
                "height": HEIGHTS[lane.kind],
            }
            for lane in rows
        ],
        "order": list(LOOKS),
        "looks": {
            key: {"words": look.words, "colour": look.variable, "hatch": look.hatch} for key, look in LOOKS.items()
        },
        "families": {code: FAMILIES.get(code, "") for code in sorted({row["family"] for row in told})},
        "holes": _holes(report, names, reach),
        "bars": sorted(bars, key=lambda bar: bar[1] - bar[2])[:most],
        "marks": [_mark(mark) for mark in lanes.thinned(lanes.marks(report, lives), most)],
        "rings": rings[:most],
        "findings": told[:most],
        "fencing": _fencing(report, names, spot)[:most],
        "density": _densities(report, names),
        "left": {
            name: len(every) - most
            for name, every in (("bar", bars), ("finding", told), ("membership", rings))
            if len(every) > most
        },
    }


def _note(report: Report, name: str) -> str:
    """Say in short what a node ran."""
    row = next((row for row in facts.rows(report, "nodes") if str(row.get("name")) == name), {})
    versions = facts.inner(row, "versions")
    told = [f"{key} {versions[key]}" for key in ("cman", "corosync", "pacemaker") if versions.get(key)]
    return wording.one_line(" · ".join(told))


def _bands(seen: bands.Views, names: list[str], spot: dict[tuple[int, str, str], int]) -> list[list[Any]]:
    """Give the bars of the bands; a DC has a second, thin one."""
    own = bands.node_bands(seen)
    owners = [(CLUSTER, bands.cluster_band(seen)), *((at, own.get(name, [])) for at, name in enumerate(names))]
    bars = []
    for node, spells in owners:
        lane = spot.get((node, "band", ""))
        if lane is not None:
            bars += [_bar(lane, spell, spell.look) for spell in spells]
            bars += [_bar(lane, spell, "dc") for spell in spells if spell.dc and spell.look != "down"]
    return bars


def _bar(lane: int, spell: Spell, look: str) -> list[Any]:
    text = wording.one_line(spell.text) if look != "dc" else ""
    return [lane, spell.since, spell.until, look, text, [wording.one_line(line) for line in spell.told]]


def _lives(report: Report, places: dict[tuple[str, str], int], last: int) -> list[list[Any]]:
    ends = {str(row.get("node")): wording.ms(row.get("ended")) for row in facts.rows(report, "logs")}
    bars: list[list[Any]] = []
    for row in facts.rows(report, "timeline"):
        lane = places.get((str(row.get("node")), str(row.get("lane") or "node")))
        began, ended = wording.ms(row.get("began")), wording.ms(row.get("ended"))
        since = ended if began is None else began
        if lane is None or since is None:
            continue
        until = ended if ended is not None else ends.get(str(row.get("node"))) or last
        look = str(row.get("how")) if str(row.get("how")) in LIVES else "unknown"
        length = wording.duration((until - since) / 1000)
        name = wording.one_line(str(row.get("title") or row.get("lane") or ""))
        stretch = wording.span(row.get("began"), row.get("ended"))
        told = [f"{wording.one_line(str(row.get('node')))}: {name}", f"{LOOKS[look].words}, {stretch} ({length})"]
        bars.append([lane, since, max(until, since), look, "", told])
    return bars


def _mark(mark: lanes.Mark) -> list[Any]:
    said = wording.shorten(mark.said, LONGEST)
    return [mark.lane, mark.at, mark.until, mark.times, mark.look, mark.title, said, wording.one_line(mark.place)]


def _findings(report: Report, names: list[str], spot: dict[tuple[int, str, str], int]) -> list[Row]:
    """Give the findings that have a time, with their numbers, the gravest first."""
    told = stories.stories(report)
    numbers = stories.numbers(told)
    ranks = {str(story.root.get("id")): story.rank for story in told}
    index = {name: at for at, name in enumerate(names)}
    found = []
    for row in facts.rows(report, "findings"):
        key, at, owner = str(row.get("id")), wording.ms(row.get("at")), lanes.owner(row)
        if at is None:
            continue
        code = wording.one_line(str(row.get("code") or ""))
        proof = facts.proof(row) or {}
        found.append(
            {
                "id": key,
                "n": numbers[key],
                "lane": spot[(index[owner] if owner is not None else CLUSTER, "findings", "")],
                "nodes": [index[str(node)] for node in row.get("nodes") or () if str(node) in index],
                "at": at,
                "until": wording.ms(row.get("until")) or at,
                "severity": facts.severity(row),
                "family": code.rstrip("0123456789") or "?",
                "code": code,
                "title": wording.shorten(wording.one_line(str(row.get("title") or "")), LONGEST),
                "where": wording.one_line(facts.whereabouts(row)),
                "rank": ranks.get(key, 0),
                "said": wording.shorten(wording.one_line(str(proof.get("text") or "")), LONGEST),
                "place": wording.one_line(facts.place(proof)) if proof else "",
            }
        )
    return sorted(found, key=lambda row: (facts.SEVERITIES.index(row["severity"]), row["n"]))


def _holes(report: Report, names: list[str], reach: tuple[int, int]) -> list[list[Any]]:
    """Give where nodes have no log: before the first line, after the last, where a rotated file lacks, or at all."""
    least = max((reach[1] - reach[0]) // 400, 1000)
    rows = facts.rows(report, "logs") or [
        {"node": row.get("name"), "began": ends[0], "ended": ends[-1], "holes": []}
        for row in facts.rows(report, "nodes")
        if (ends := list(row.get("span") or (None,)))
    ]
    logs = {str(row.get("node")): row for row in rows}
    found: list[list[Any]] = []
    for place, name in enumerate(names):
        row = logs.get(name, {})
        began, ended = wording.ms(row.get("began")), wording.ms(row.get("ended"))
        if began is None or ended is None:
            found.append([place, *reach, "no log of this node"])
            continue
        found += [[place, reach[0], began, "no log before this"]] if began - reach[0] > least else []
        found += [[place, ended, reach[1], "no log after this"]] if reach[1] - ended > least else []
        for hole in row.get("holes") or ():
            files = wording.count(hole.get("files") or 1, "rotated file")
            since, until = wording.ms(hole.get("began")), wording.ms(hole.get("until"))
            found += [[place, since, until, f"{files} missing"]] if since is not None and until is not None else []
    return found


def _fencing(report: Report, names: list[str], spot: dict[tuple[int, str, str], int]) -> list[Row]:
    """Give the arrows: from who asked over who did it to the target."""
    index = {name: at for at, name in enumerate(names)}

    def lane(name: object) -> int | None:
        node = index.get(str(name), CLUSTER)
        return spot.get((node, "band", ""), spot.get((node, "name", ""))) if name else None

    arrows: list[Row] = []
    for row in facts.rows(report, "fencing"):
        wanted, tried, ended = (wording.ms(row.get(key)) for key in ("wanted", "tried", "ended"))
        began = wanted if wanted is not None else tried if tried is not None else ended
        if began is None:
            continue
        target = row.get("target")
        stops = [(began, row.get("origin")), (tried if tried is not None else began, row.get("executor"))]
        points = [[at, lane(name)] for at, name in stops if name and name != target and lane(name) is not None]
        points = points if len(points) < 2 or points[0][1] != points[1][1] else points[:1]
        last = max(at for at in (began, tried, ended) if at is not None)
        points = [*(points or [[began, 0]]), [last, lane(target) or 0]]
        outcome = str(row.get("outcome") or "no result")
        look = {"succeeded": "fenced", "confirmed": "fenced", "failed": "unfenced"}.get(outcome, "fencing")
        words = f"{row.get('action') or 'fencing'}: {outcome}"
        told = wording.one_line(doings.fencing(row))
        nodes = sorted({index[str(row[key])] for key in ("origin", "executor", "target") if row.get(key) in index})
        arrows.append({"points": points, "look": look, "text": wording.one_line(words), "told": told, "nodes": nodes})
    return arrows


def _ring(row: Row) -> list[str]:
    ring = f" {row['ring']}" if row.get("ring") else ""
    told = [f"membership{ring} formed at {wording.stamp(row.get('at'))}{'' if ring else ', no ring id is logged'}"]
    named = {key: [str(node) for node in row.get(key) or ()] for key in ("members", "joined", "left")}
    told += [f"{key}: {facts.enumerated(nodes) or 'none'}" for key, nodes in named.items() if nodes or key == "members"]
    return [wording.one_line(line) for line in told]


def _densities(report: Report, names: list[str]) -> list[Row]:
    index = {name: at for at, name in enumerate(names)}
    return [
        {
            "began": wording.ms(strip.get("began")),
            "step": float(strip.get("step") or 1) * 1000,
            "nodes": [[index[str(row["node"])], row.get("lines")] for row in strip.get("nodes") or ()],
        }
        for strip in facts.rows(report, "density")
    ]
