"""The findings as the report has them: each with its key, its lines of proof, and these in their surroundings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from hashlib import sha256
from typing import Any

from pcmklog.doubts import Doubts
from pcmklog.faces import Faces
from pcmklog.model import Finding, Line
from pcmklog.sections import shown, time
from pcmklog.store import Row, Store

Report = dict[str, Any]
MOST_EVIDENCE = 40  # lines of one finding; the strongest stand first
CONTEXT = 5  # lines before and after a proof
IN_CONTEXT = 12  # lines of proof that are shown in their surroundings
LONGEST = 2000  # letters of a line


def told(store: Store, findings: Sequence[Finding], missed: Sequence[Report]) -> list[Report]:
    """The key `findings`; `missed` is the key `not_checked`."""
    doubts = Doubts(store, missed)
    faces = Faces(store).at([(f.node or next(iter(f.nodes), None), f.at) for f in findings])
    rows = [_finding(*each) for each in zip(findings, _proofs(store, findings), faces, strict=True)]
    for row, finding in zip(rows, findings, strict=True):
        row["against"] = doubts.of(finding, row["evidence"])
    taken: dict[str, int] = {}
    for row in rows:
        again = taken[row["key"]] = taken.get(row["key"], 0) + 1
        row["key"] += f"-{again}" if again > 1 else ""
    return rows


def context(store: Store, findings: Sequence[Report]) -> dict[str, list[Report]]:
    """The key `context`: by the id of a finding its proofs in their surroundings."""
    paths = {line["file"] for finding in findings for line in finding["evidence"][:IN_CONTEXT]}
    found = store.rows("select path, id, first_line from source where path in (select unnest(?::varchar[]))", [*paths])
    sources = {row.path: row for row in found}
    return {finding["id"]: _context(store, sources, finding["evidence"]) for finding in findings}


def _finding(finding: Finding, evidence: list[Report], face: str | None) -> Report:
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
        "local": face,
    }


def _key(finding: Finding, evidence: Sequence[Report]) -> str:
    """The same for the same bundle, whatever else is found in it: code, node and the strongest proof make it."""
    proof = next((f"{line['file']}:{line['line']}" for line in evidence), finding.title)
    digest = sha256("\n".join((finding.code, finding.node or "", proof)).encode("utf-8", "surrogatepass"))
    return f"{finding.code}-{digest.hexdigest()[:8]}"


def _proofs(store: Store, findings: Sequence[Finding]) -> Iterator[list[Report]]:
    """The lines behind the proofs of each finding: first the best line of each, then their further witnesses."""
    wanted: dict[int | Line, None] = dict.fromkeys(proof for f in findings for proof in _strongest(f))
    known = dict(zip(wanted, store.evidences([*wanted]), strict=True))
    for finding in findings:
        by_proof = [known[proof] for proof in _strongest(finding)]
        ordered = [lines[0] for lines in by_proof if lines] + [line for lines in by_proof for line in lines[1:]]
        lines = [shown(line) for line in dict.fromkeys(ordered)][:MOST_EVIDENCE]
        yield [line | {"node": line["node"] or finding.node} for line in lines]


def _strongest(finding: Finding) -> list[int | Line]:
    """As many proofs as are shown, and some more, for two may stand on one line."""
    return list(dict.fromkeys(finding.evidence))[: 2 * MOST_EVIDENCE]


def _context(store: Store, sources: Mapping[str, Row], evidence: list[Report]) -> list[Report]:
    """Proofs that stand near each other share one excerpt."""
    by_file: dict[str, list[Report]] = {}
    for line in evidence[:IN_CONTEXT]:
        by_file.setdefault(line["file"], []).append(line)
    excerpts = []
    for path, lines in by_file.items():
        source = sources[path]
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
