"""Two reports beside each other: a bad start against a good one, last week against today.

What differs is put into tables, each with a title, heads and rows; text and Markdown are views of these.  Findings are
matched by code and node, or by code alone where the nodes of the two bundles have other names, never by time.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from pcmklog.matrix import TOLD
from pcmklog.model import PcmklogError
from pcmklog.report import facts, wording
from pcmklog.report.cells import cut, padded, taken
from pcmklog.report.markdown import plain
from pcmklog.report.markdown import table as as_table
from pcmklog.store import Store

Report = Mapping[str, Any]
FORMATS = ("text", "md", "json")
NOTABLE = 1.0  # seconds by which a step took longer or shorter
MOST = 40  # rows of a table in text and Markdown
WIDEST = 48  # cells of a column
SETTINGS = f"""
select file, path, list_sort(list_distinct(list(value))) as found from setting where {TOLD}
group by file, path order by file, path
"""
OWN = re.compile(r"(?:name|addr|addr0)$")
PARTS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("counts", "In numbers", ("what", "a", "b")),
    ("versions", "Stacks and releases", ("what", "a", "b")),
    ("configuration", "Configuration", ("file", "path", "a", "b")),
    ("only_a", "Findings only in A", ("code", "severity", "where", "times", "title")),
    ("only_b", "Findings only in B", ("code", "severity", "where", "times", "title")),
    ("both", "Findings in both", ("code", "severity", "where", "a", "b")),
    ("pairs", "Starts and stops that were compared", ("kind", "a", "b", "result")),
)
"""Key of the comparison -> its title and columns."""

ALIKE = frozenset({"Findings in both", "Starts and stops that were compared"})
"""Titles of parts that are told though nothing differs."""


class Side(NamedTuple):
    """A report, and the values of the configuration by file and path."""

    report: Report
    settings: dict[tuple[str, str], list[str]]


def side(report: Report, store: Store) -> Side:
    """What is compared of an analysed bundle."""
    return Side(report, {(row.file, row.path): row.found for row in store.rows(SETTINGS)})


def compare(a: Side, b: Side) -> dict[str, Any]:
    """What differs between two bundles, in the shape of the JSON view."""
    same = bool(_names(a.report) & _names(b.report))
    found = [_findings(each.report, same=same) for each in (a, b)]
    matched = _matched(a.report, b.report, same=same)
    return {
        "schema": "pcmklog.compare/1",
        "a": _head(a.report),
        "b": _head(b.report),
        "counts": _differing(_counts(a.report), _counts(b.report)),
        "versions": _differing(_versions(a.report, same=same), _versions(b.report, same=same)),
        "configuration": _configuration(a.settings, b.settings, same=same),
        "only_a": [_told(key, rows) for key, rows in found[0].items() if key not in found[1]],
        "only_b": [_told(key, rows) for key, rows in found[1].items() if key not in found[0]],
        "both": [
            _told(key, rows) | {"a": len(rows), "b": len(found[1][key])}
            for key, rows in found[0].items()
            if key in found[1]
        ],
        "pairs": list(_compared(matched, b.report)),
        "sequences": [_pair(first, second) for first, second in matched if second],
    }


def sequences(report: Report, first: str, second: str) -> dict[str, Any]:
    """Two starts, or two stops, of one bundle.  Raises PcmklogError for one that there is not, and for unlike ones."""
    known = {str(row["id"]): row for row in facts.rows(report, "sequences")}
    for name in (first, second):
        if name not in known:
            have = f"it has {', '.join(known)}" if known else "it has none"
            raise PcmklogError(f"There is no start or stop {name} in this bundle; {have}.")
    if known[first]["kind"] != known[second]["kind"]:
        raise PcmklogError(f"{first} is a {known[first]['kind']} and {second} a {known[second]['kind']}.")
    head = _head(report)
    pair = _pair(known[first], known[second], whole=True)
    return {"schema": "pcmklog.compare/1", "a": head, "b": head, "sequences": [pair]}


def render(compared: Report, fmt: str, width: int = 80) -> str:
    """The comparison as text, Markdown or JSON, one of `FORMATS`."""
    if fmt == "json":
        return json.dumps(compared, indent=2, ensure_ascii=False) + "\n"
    return "\n".join(_markdown(compared) if fmt == "md" else _text(compared, width)) + "\n"


# ---------------------------------------------------------------------- what is compared


def _names(report: Report) -> set[str]:
    return {str(node["name"]) for node in facts.rows(report, "nodes")}


def _head(report: Report) -> dict[str, Any]:
    bundle = facts.inner(report, "bundle")
    return {
        "name": bundle.get("name"),
        "span": bundle.get("span"),
        "nodes": sorted(_names(report)),
        "verdict": facts.headline(report),
        "findings": facts.counts(report),
    }


def _counts(report: Report) -> dict[str, str]:
    walks = facts.rows(report, "sequences")
    told: Counter[str] = Counter()
    told["nodes"] = len(facts.rows(report, "nodes"))
    told["memberships"] = len(facts.rows(report, "memberships"))
    told["memberships that lost a node"] = sum(bool(row.get("left")) for row in facts.rows(report, "memberships"))
    for row in facts.rows(report, "fencing"):
        told[f"fencing {row.get('outcome')}"] += 1
    for row in walks:
        told[f"{row['kind']} {row['outcome']}"] += 1
    for severity, number in facts.counts(report).items():
        told[f"findings: {severity}"] = number
    return {what: str(number) for what, number in told.items()}


def _versions(report: Report, *, same: bool) -> dict[str, str]:
    """Releases by node, or of all nodes together where the nodes have other names."""
    told: dict[str, dict[str, None]] = {"stack": {facts.stack(report): None}}
    for node in facts.rows(report, "nodes"):
        for product, version in facts.versions(node).items():
            told.setdefault(f"{product} on {node['name']}" if same else product, {})[version] = None
    return {what: ", ".join(sorted(values)) for what, values in told.items()}


def _differing(a: Mapping[str, str], b: Mapping[str, str]) -> list[dict[str, Any]]:
    every = dict.fromkeys((*a, *b))
    return [{"what": what, "a": a.get(what), "b": b.get(what)} for what in every if a.get(what) != b.get(what)]


def _configuration(
    a: Mapping[tuple[str, str], list[str]], b: Mapping[tuple[str, str], list[str]], *, same: bool
) -> list[dict[str, Any]]:
    """Values that differ in files that both have; names and addresses only where the nodes are the same."""
    both = {file for file, _ in a} & {file for file, _ in b}
    return [
        {"file": file, "path": path, "a": _values(a.get((file, path))), "b": _values(b.get((file, path)))}
        for file, path in sorted({*a, *b})
        if file in both and a.get((file, path)) != b.get((file, path)) and (same or not OWN.search(path))
    ]


def _values(found: Sequence[str] | None) -> str | None:
    return None if found is None else ", ".join(found)


def _findings(report: Report, *, same: bool) -> dict[tuple[str, str], list[Report]]:
    found: dict[tuple[str, str], list[Report]] = {}
    for row in facts.rows(report, "findings"):
        where = (facts.whereabouts(row) if same else "a node") if row.get("node") else "cluster"
        found.setdefault((str(row["code"]), where), []).append(row)
    return found


def _told(key: tuple[str, str], rows: list[Report]) -> dict[str, Any]:
    worst = min(rows, key=lambda row: facts.SEVERITIES.index(facts.severity(row)))
    return {
        "code": key[0],
        "severity": facts.severity(worst),
        "where": key[1],
        "times": len(rows),
        "title": worst.get("title"),
        "ids": [row.get("id") for row in rows],
    }


def _matched(a: Report, b: Report, *, same: bool) -> list[tuple[Report, Report | None]]:
    """The starts and stops of A, each with that of B which it is compared with.

    They are of one kind and one node, of any where the nodes have other names.  First those with the same outcome find
    each other, the nearest first; then the rest.  What still has none, a second start that failed where B has one
    start, is compared with the nearest though that is taken: it is what differs.
    """
    left = {str(row["id"]): row for row in facts.rows(b, "sequences")}
    rows, found = facts.rows(a, "sequences"), dict[str, Report]()
    places = [_places(each) for each in (a, b)]

    def gap(row: Report, other: Report) -> float:
        return abs(places[0][str(row["id"])] - places[1][str(other["id"])])

    def likes(row: Report, others: Iterable[Report], *, outcome: bool = False) -> list[tuple[float, Report, Report]]:
        return [
            (gap(row, other), row, other)
            for other in others
            if row["kind"] == other["kind"]
            and (not same or row["node"] == other["node"])
            and (not outcome or row["outcome"] == other["outcome"])
        ]

    for outcome in (True, False):
        every = [pair for row in rows for pair in likes(row, left.values(), outcome=outcome)]
        for _, row, other in sorted(every, key=lambda pair: pair[0]):
            if str(row["id"]) not in found and str(other["id"]) in left:
                found[str(row["id"])] = left.pop(str(other["id"]))
    for row in rows:
        near = min(likes(row, facts.rows(b, "sequences")), key=lambda pair: pair[0], default=None)
        if near and str(row["id"]) not in found and near[2]["outcome"] != row["outcome"]:
            found[str(row["id"])] = near[2]
    return [(row, found.get(str(row["id"]))) for row in rows]


def _places(report: Report) -> dict[str, float]:
    """Where in the time of its bundle each start and stop began, in seconds from the bundle's first line."""
    first = (facts.inner(report, "bundle").get("span") or [None])[0]
    return {
        str(row["id"]): wording.seconds(first, row.get("began") or row.get("ended")) or 0.0
        for row in facts.rows(report, "sequences")
    }


def _compared(matched: Sequence[tuple[Report, Report | None]], b: Report) -> Iterator[dict[str, Any]]:
    """A row for each start and stop of both bundles: which was compared with which, and how many steps differ."""
    for row, other in matched:
        yield _row(row, other)
    taken = {str(other["id"]) for _, other in matched if other}
    for row in facts.rows(b, "sequences"):
        if str(row["id"]) not in taken:
            yield _row(None, row)


def _row(a: Report | None, b: Report | None) -> dict[str, Any]:
    told = [_named(_sequence(row)) if row else None for row in (a, b)]
    alike = _pair(a, b)["steps"] if a and b else ()
    differ = f"{wording.count(len(alike), 'step')} differ" if len(alike) != 1 else "1 step differs"
    return {
        "kind": (a or b or {}).get("kind"),
        "a": told[0],
        "b": told[1],
        "result": "nothing like it in the other" if not (a and b) else differ if alike else "alike",
    }


def _pair(a: Report, b: Report, *, whole: bool = False) -> dict[str, Any]:
    """Two sequences step by step: seconds since the step before; of all steps, or of those that differ."""
    first, second = _steps(a), _steps(b)
    rows: list[dict[str, Any]] = [
        {"step": step, "a": first.get(step), "b": second.get(step), "lacks": _lacks(step, first, second)}
        for step in dict.fromkeys((*first, *second))
    ]
    return {
        "kind": a["kind"],
        "a": _sequence(a),
        "b": _sequence(b),
        "steps": [row for row in rows if whole or row["lacks"] or abs(row["a"] - row["b"]) >= NOTABLE],
    }


def _lacks(step: str, first: Mapping[str, float], second: Mapping[str, float]) -> str | None:
    return "a" if step not in first else "b" if step not in second else None


def _steps(sequence: Report) -> dict[str, float]:
    """The seconds from the step before to the first of each step."""
    found: dict[str, float] = {}
    before = sequence.get("began")
    for step in sequence.get("steps") or ():
        found.setdefault(str(step["step"]), round(wording.seconds(before, step.get("at")) or 0.0, 3))
        before = step.get("at") or before
    return found


def _sequence(row: Report) -> dict[str, Any]:
    length = wording.seconds(row.get("began"), row.get("ended"))
    named = {name: row.get(name) for name in ("id", "node", "stack", "began", "outcome")}
    return named | {"seconds": None if length is None else round(length, 3)}


# ---------------------------------------------------------------------- views


def _tables(compared: Report) -> Iterator[tuple[str, tuple[str, ...], list[tuple[str, ...]]]]:
    """Title, heads and rows of what differs; parts without a row are left out."""
    for key, title, heads in PARTS:
        rows = [tuple(_cell(row[head]) for head in heads) for row in compared.get(key) or ()]
        if rows:
            yield title, heads, rows
    for pair in compared["sequences"]:
        rows = [(row["step"], _seconds(row, "a"), _seconds(row, "b")) for row in pair["steps"]]
        title = f"{pair['kind']}: A {_named(pair['a'])}; B {_named(pair['b'])}"
        if rows or pair["a"]["outcome"] != pair["b"]["outcome"]:
            yield title, ("step, seconds after the one before", "a", "b"), rows


def _differ(compared: Report) -> bool:
    """Whether there is more than what both have."""
    return any(title not in ALIKE for title, _, _ in _tables(compared)) or any(
        row["result"] != "alike" for row in compared.get("pairs") or ()
    )


def _named(sequence: Report) -> str:
    return f"{sequence['id']} of {sequence['node']} {sequence['outcome']}, {wording.duration(sequence['seconds'])}"


def _seconds(row: Report, which: str) -> str:
    return "missing" if row["lacks"] == which else f"{row[which]:.3f}"


def _cell(value: object) -> str:
    return wording.UNKNOWN if value is None else wording.one_line(str(value))


def _heads(compared: Report) -> Iterator[str]:
    for letter in ("a", "b"):
        head = compared[letter]
        stretch = wording.brief(*(head.get("span") or (None, None)))
        yield f"{letter.upper()}: {head['name']}, {stretch} UTC; {', '.join(head['nodes'])}; {head['verdict']}"


def _text(compared: Report, width: int) -> Iterator[str]:
    yield from (cut(wording.one_line(line), width) for line in _heads(compared))
    for title, heads, rows in _tables(compared):
        shown = [tuple(cut(cell, WIDEST) for cell in row[:-1]) + row[-1:] for row in (heads, *rows[:MOST])]
        wide = [max(taken(row[column]) for row in shown) for column in range(len(heads))]
        yield ""
        yield cut(title, width)
        for row in shown if rows else ():
            yield cut(
                "  " + "  ".join(padded(cell, size) for cell, size in zip(row, wide, strict=True)), width
            ).rstrip()
        if len(rows) > MOST:
            yield f"  ... and {len(rows) - MOST} more, see --format json"
    if not _differ(compared):
        yield ""
        yield "They do not differ."


def _markdown(compared: Report) -> Iterator[str]:
    yield "# Two bundles compared" if compared["a"] is not compared["b"] else "# Two sequences compared"
    for line in _heads(compared):
        yield f"\n{plain(line)}"
    for title, heads, rows in _tables(compared):
        yield f"\n## {plain(title)}"
        if rows:
            yield "\n" + as_table(heads, ([plain(wording.shorten(cell, 300)) for cell in row] for row in rows[:MOST]))
        if len(rows) > MOST:
            yield f"\n*… and {len(rows) - MOST} more.*"
    if not _differ(compared):
        yield "\nThey do not differ."
