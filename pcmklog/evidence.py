"""The findings as the report has them: each with its key, its lines of proof, and these in their surroundings."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from typing import Any

from pcmklog.doubts import Doubts
from pcmklog.faces import Faces
from pcmklog.model import Finding, Line
from pcmklog.sections import shown, time
from pcmklog.store import Store

Report = dict[str, Any]
MOST_EVIDENCE = 40  # lines of one finding; the strongest stand first
CONTEXT = 5  # lines before and after a proof
IN_CONTEXT = 12  # lines of proof that are shown in their surroundings
LONGEST = 2000  # letters of a line


def told(store: Store, findings: Sequence[Finding], missed: Sequence[Report]) -> list[Report]:
    """The key `findings`; `missed` is the key `not_checked`."""
    faces, doubts = Faces(store), Doubts(store, missed)
    rows = [_finding(store, finding, faces) for finding in findings]
    for row, finding in zip(rows, findings, strict=True):
        row["against"] = doubts.of(finding, row["evidence"])
    taken: dict[str, int] = {}
    for row in rows:
        again = taken[row["key"]] = taken.get(row["key"], 0) + 1
        row["key"] += f"-{again}" if again > 1 else ""
    return rows


def context(store: Store, findings: Sequence[Report]) -> dict[str, list[Report]]:
    """The key `context`: by the id of a finding its proofs in their surroundings."""
    return {finding["id"]: _context(store, finding["evidence"]) for finding in findings}


def _finding(store: Store, finding: Finding, faces: Faces) -> Report:
    evidence = _evidence(store, finding.evidence, finding.node)[:MOST_EVIDENCE]
    return {
        "id": finding.id,
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "node": finding.node,
        "nodes": list(dict.fromkeys(n for n in (finding.node, *finding.nodes) if n)),
        "at": time(finding.at),
        "until": time(finding.until),
        "title": finding.title,
        "explanation": finding.explanation,
        "advice": finding.advice,
        "confidence": finding.confidence,
        "caused_by": list(finding.caused_by),
        "evidence": evidence,
        "key": _key(finding, evidence),
        "local": faces.at(finding.node or next(iter(finding.nodes), None), finding.at),
    }


def _key(finding: Finding, evidence: Sequence[Report]) -> str:
    """The same for the same bundle, whatever else is found in it: code, node and the strongest proof make it."""
    proof = next((f"{line['file']}:{line['line']}" for line in evidence), finding.title)
    digest = sha256("\n".join((finding.code, finding.node or "", proof)).encode("utf-8", "surrogatepass"))
    return f"{finding.code}-{digest.hexdigest()[:8]}"


def _evidence(store: Store, proofs: Sequence[int | Line], node: str | None) -> list[Report]:
    """The lines behind the proofs: first the best line of each, then their further witnesses."""
    by_proof = store.evidences(list(dict.fromkeys(proofs)), node)
    ordered = [lines[0] for lines in by_proof if lines] + [line for lines in by_proof for line in lines[1:]]
    return [shown(evidence) for evidence in dict.fromkeys(ordered)]


def _context(store: Store, evidence: list[Report]) -> list[Report]:
    """Proofs that stand near each other share one excerpt."""
    by_file: dict[str, list[Report]] = {}
    for line in evidence[:IN_CONTEXT]:
        by_file.setdefault(line["file"], []).append(line)
    excerpts = []
    for path, lines in by_file.items():
        source = store.one("select id, first_line from source where path = ?", path)
        assert source is not None
        for group in _near(sorted(line["line"] for line in lines)):
            first = max(source.first_line, group[0] - CONTEXT)
            inside = store.raw_lines(
                source.id, first - source.first_line + 1, group[-1] + CONTEXT - source.first_line + 1
            )
            excerpts.append(
                {
                    "file": path,
                    "node": lines[0]["node"],
                    "first_line": first,
                    "marked": group,
                    "lines": [text[:LONGEST] for text in inside],
                }
            )
    return excerpts


def _near(numbers: list[int]) -> list[list[int]]:
    groups: list[list[int]] = []
    for number in numbers:
        if groups and number - groups[-1][-1] <= 2 * CONTEXT + 1:
            groups[-1].append(number)
        else:
            groups.append([number])
    return groups
