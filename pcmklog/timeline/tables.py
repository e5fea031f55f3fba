"""The timeline as CSV, JSON and Markdown: the same entries, uncut, with both stamps."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

from pcmklog.model import Finding
from pcmklog.report.wording import one_line, tame
from pcmklog.sections import time
from pcmklog.timeline.entries import Entry, Timeline

HEADS = (
    "at", "until", "logged_at", "node", "daemon", "subsystem", "pid", "level", "kind", "count", "findings", "file",
    "line", "text",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@")


def as_csv(timeline: Timeline) -> str:
    """A row for each entry; what a spreadsheet would take for a formula is quoted by an apostrophe."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\n")
    rows.writerow(HEADS)
    for entry in timeline.entries:
        row = _row(entry) | {"findings": " ".join(entry.findings)}
        rows.writerow([_cell(row[name]) for name in HEADS])
    return out.getvalue()


def as_json(timeline: Timeline) -> str:
    """One object: the stretch, clocks, entries, findings, and what each node was from when on."""
    whole = {
        "schema": "pcmklog.timeline/1",
        "bundle": timeline.bundle,
        "nodes": list(timeline.nodes),
        "since": time(timeline.since),
        "until": time(timeline.until),
        "clocks": [row._asdict() for row in timeline.clocks],
        "entries": [_row(entry) for entry in timeline.entries],
        "findings": [_finding(finding) for finding in timeline.findings],
        "states": {
            node: [{"since": time(spell.since), "condition": spell.condition, "dc": spell.dc} for spell in spells]
            for node, spells in timeline.spells.items()
        },
        "left_out": {"of_less_severity": timeline.left_out, "without_time": timeline.timeless},
    }
    return json.dumps(whole, indent=1, ensure_ascii=False) + "\n"


def as_markdown(timeline: Timeline) -> str:
    """A table with a column for each node."""
    head = ["time (UTC)", *(_md(node) for node in timeline.nodes)]
    lines = [f"# {_md(timeline.bundle)}", "", _md_row(head), _md_row(["---"] * len(head))]
    every: list[Entry | Finding] = [*timeline.findings, *timeline.entries]
    for row in sorted(every, key=_at):
        said = _md_finding(row) if isinstance(row, Finding) else _md_entry(row)
        column = timeline.nodes.index(row.node) if row.node in timeline.nodes else 0
        cells = [said if n == column else "" for n in range(len(timeline.nodes))]
        lines.append(_md_row([_stamp(_at(row)), *cells]))
    return "\n".join(lines) + "\n"


def _at(row: Entry | Finding) -> float:
    return row.ts if isinstance(row, Entry) else row.at or 0.0


def _row(entry: Entry) -> dict[str, Any]:
    return {
        "at": time(entry.ts),
        "until": time(entry.until) if entry.times > 1 else None,
        "logged_at": time(entry.logged),
        "node": entry.node,
        "daemon": entry.daemon,
        "subsystem": entry.subsystem or None,
        "pid": entry.pid,
        "level": entry.level,
        "kind": entry.kind,
        "count": entry.times,
        "findings": list(entry.findings),
        "file": entry.file,
        "line": entry.line,
        "text": entry.text,
    }


def _finding(finding: Finding) -> dict[str, Any]:
    return {
        "id": finding.id,
        "at": time(finding.at),
        "until": time(finding.until),
        "code": finding.code,
        "severity": finding.severity,
        "node": finding.node,
        "title": finding.title,
        "caused_by": list(finding.caused_by),
    }


def _cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    text = tame(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _stamp(ts: float | None) -> str:
    return (time(ts) or "").replace("T", " ").rstrip("Z")


def _md_entry(entry: Entry) -> str:
    own = "" if abs(entry.logged - entry.ts) < 0.0015 else f"[logged {_stamp(entry.logged)}] "
    several = f"{entry.times}× " if entry.times > 1 else ""  # noqa: RUF001 - the sign is meant
    told = f" ({', '.join(entry.findings)})" if entry.findings else ""
    return f"{own}{several}{_md(entry.daemon)} {entry.level}: {_md(entry.text)}{told}"


def _md_finding(finding: Finding) -> str:
    return f"**{finding.id} {finding.severity} {finding.code}** {_md(finding.title)}"


def _md(text: str) -> str:
    """Text that is no markup in a table of Markdown."""
    return "".join(f"\\{char}" if char in "\\`*_{}[]<>#|~!&" else char for char in one_line(text))


def _md_row(cells: list[str]) -> str:
    return f"| {' | '.join(cells)} |"
