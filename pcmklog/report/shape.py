"""The shape of the report: which keys its objects have, so that a key that an older file lacks reads as null."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pcmklog.report.facts import Report

SHAPE = {
    "nodes": "name nodeid addresses stack plugin_ver versions releases clock span files",
    "sequences": "id node kind stack began ended outcome steps deviations",
    "findings": "id code name severity node nodes at until title explanation advice confidence caused_by evidence key"
    " local against",
    "lacks": "what why collect",
    "processes": "id parent node daemon role pid run runs adopted began ready stopping ended how status signal version"
    " file line",
    "settings": "file path values differs",
    "timeline": "node lane began ended how title",
    "marks": "node lane at until count kind text severity finding evidence",
    "memberships": "ring at logged_at members joined left evidence",
    "not_checked": "code node reason",
    "unread": "path code text",
    "sources": "path node role format lines parsed continued unknown classified unexplained note at began ended",
    "unexplained": "daemon level text count nodes evidence",
    "evidence": "node file line text",
    "steps": "step daemon pid at logged_at evidence",
    "deviations": "kind step after seconds",
}
"""Key of a list -> the keys of its objects."""

LISTS = frozenset({"against", "caused_by", "steps", "deviations", "files"})


def complete(report: Report) -> dict[str, Any]:
    """Give the report with all the keys of its shape; what was lacking is null, or empty where a list belongs."""
    whole = {key: _completed(key, value) for key, value in report.items()}
    for row in whole.get("findings") or ():
        row["evidence"] = row["evidence"] or []
    return whole


def _completed(key: str, value: object) -> Any:
    if value is None and key in LISTS:
        return []
    if key not in SHAPE or not isinstance(value, (list, tuple)):
        return value
    return [_row(key, row) if isinstance(row, Mapping) else row for row in value]


def _row(key: str, row: Mapping[str, Any]) -> dict[str, Any]:
    blank: dict[str, Any] = {name: [] if name in LISTS else None for name in SHAPE[key].split()}
    return blank | {name: _completed(name, value) for name, value in row.items()}
