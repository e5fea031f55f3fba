"""What every view tells in the same words: the verdict, the nodes, what was checked and what was not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

from pcmklog.report import wording

Report = Mapping[str, Any]
Row = Mapping[str, Any]

SEVERITIES = ("critical", "error", "warning", "info")
STACKS = {"plugin-v0": 1, "plugin-v1": 2, "cman": 3, "corosync": 4}
BAD_OUTCOMES = frozenset({"incomplete", "failed", "refused", "killed", "crashed"})

NAMED = 8
"""A list of nodes longer than this is cut."""

OPTIONS = {
    1: "Corosync plugin, ver: 0",
    2: "Corosync plugin, ver: 1 + pacemakerd",
    3: "CMAN + pacemakerd",
    4: "Corosync quorum + pacemakerd",
}
"""The four ways to run Pacemaker on Corosync, as its announcement of the master control process counts them."""


class Lives(NamedTuple):
    """How often a node started and stopped, and how its last sequence ended."""

    starts: str
    stops: str
    last: str
    well: bool


def rows(report: Report, key: str) -> list[Row]:
    """Give a list of the report that may be absent or null."""
    return list(report.get(key) or ())


def inner(report: Report, key: str) -> Row:
    """Give an object of the report that may be absent or null."""
    return report.get(key) or {}


def severity(finding: Row) -> str:
    """Give the severity of a finding, `info` for one we do not know."""
    named = str(finding.get("severity"))
    return named if named in SEVERITIES else "info"


def counts(report: Report) -> dict[str, int]:
    """Count the findings by severity, the worst first, without zeros."""
    found = Counter(severity(finding) for finding in rows(report, "findings"))
    return {name: found[name] for name in SEVERITIES if found[name]}


def tally(report: Report) -> str:
    """Give `2 critical, 1 error, 3 warnings`."""
    return ", ".join(_tallied(name, number) for name, number in counts(report).items())


def mood(report: Report) -> str:
    """Give the verdict as one word: `faulty`, `warned` or `healthy`."""
    found = counts(report)
    if "critical" in found or "error" in found:
        return "faulty"
    return "warned" if "warning" in found else "healthy"


def headline(report: Report) -> str:
    """Give the verdict as one short sentence, true whatever the findings are."""
    number = len(rows(report, "findings"))
    if not rows(report, "nodes") and not number:
        return "Nothing to judge: no node was recognised in this bundle"
    told = {"faulty": "Faults found", "warned": "No failure found", "healthy": "No faults found"}[mood(report)]
    return f"{told}: {tally(report)}" if number else told


def counted(name: str, number: int) -> str:
    """Give the word that stands behind a number of findings of a severity: `critical`, `error`, `errors`."""
    return name + ("s" if name in {"error", "warning"} and number != 1 else "")


def sentences(report: Report) -> list[str]:
    """Give what happened, a sentence each; a report that has none has them in its summary."""
    told = inner(report, "verdict").get("sentences") or [summary(report)]
    said = [wording.one_line(str(sentence)) for sentence in told if sentence]
    fresh = [sentence for sentence in said if sentence.rstrip(".") != headline(report).partition(":")[0]]
    return [*lead(report), *fresh] or said


def lead(report: Report) -> list[str]:
    """Say which nodes were looked at and how they started and stopped, where nothing else begins the account."""
    nodes, began = rows(report, "nodes"), (inner(report, "bundle").get("span") or [None])[0]
    if inner(report, "verdict").get("root_causes") or not nodes or not began:
        return []
    ended = inner(report, "bundle")["span"][1]
    stretch = f"{wording.stamp(began).split('.')[0]} to {wording.stamp(ended, began).split('.')[0]} UTC"
    return [f"The logs of {enumerated(str(node.get('name')) for node in nodes)} from {stretch}: {_went(report)}."]


def _went(report: Report) -> str:
    found = rows(report, "sequences")
    good = sum(not _bad(sequence) for sequence in found)
    if not found:
        return "no start or stop in them"
    if len(found) == 1:
        return f"one {found[0].get('kind')}, {'' if good else 'not '}as it should be"
    torn = sum(_bad(sequence) and sequence.get("outcome") == "incomplete" for sequence in found)
    rest = f", {torn:,} not seen to the end" if torn else ""
    return f"{len(found):,} starts and stops, {'all' if good == len(found) else f'{good:,}'} as they should be{rest}"


def capital(text: object) -> str:
    """Give a text that begins a sentence."""
    return str(text)[:1].upper() + str(text)[1:]


def summary(report: Report) -> str:
    """Give the verdict's own words."""
    return wording.one_line(str(inner(report, "verdict").get("summary") or ""))


def account(report: Report) -> str:
    """Give the verdict's words without what to do next and what is not known, which stand apart."""
    told, judged = summary(report), inner(report, "verdict")
    marks = [f" Next: {wording.one_line(str(judged['next']))}"] if judged.get("next") else []
    marks += [" Not known: "] if judged.get("unknown") else []
    for mark in marks:
        told = told.partition(mark)[0]
    return (
        " ".join([*lead(report), told.removeprefix("No faults found.").strip()]).strip() or told
    )  # the headline says so


def whereabouts(finding: Row) -> str:
    """Name the node of a finding, or the nodes it concerns, or the cluster."""
    if finding.get("node"):
        return str(finding["node"])
    return enumerated(str(node) for node in finding.get("nodes") or ()) or "cluster"


def enumerated(names: Iterable[str]) -> str:
    """Give names as a list that stays short."""
    every = list(names)
    return ", ".join(every[:NAMED]) + (f" and {len(every) - NAMED:,} more" if len(every) > NAMED else "")


def place(evidence: Row) -> str:
    """Give `file:line` of an evidence."""
    line = evidence.get("line")
    return f"{evidence.get('file') or '?'}:{line}" if line is not None else str(evidence.get("file") or "?")


def proof(finding: Row) -> Row | None:
    """Give the strongest evidence of a finding, which is the first."""
    return next(iter(finding.get("evidence") or ()), None)


def lives(report: Report, node: object) -> Lives:
    """Count the starts and stops of a node."""
    mine, ended = [row for row in rows(report, "sequences") if row.get("node") == node], last(report, node)
    ending = f"{ended.get('kind')} {ended.get('outcome') or 'unknown'}" if ended else wording.UNKNOWN
    return Lives(_told(mine, "startup"), _told(mine, "shutdown"), ending, bool(ended) and not _bad(ended or {}))


def last(report: Report, node: object) -> Row | None:
    """Give the start or stop of a node that ended last."""
    return max((row for row in rows(report, "sequences") if row.get("node") == node), key=_ended, default=None)


def versions(node: Row) -> dict[str, str]:
    """Give the known versions of a node by name."""
    told = inner(node, "versions")
    releases = inner(node, "releases")
    ranges = {name: (releases.get(name) or {}).get("range") for name in releases if not told.get(name)}
    return {name: str(value) for name, value in told.items() if value} | {
        name: f"{range_}, from wordings" for name, range_ in ranges.items() if range_
    }


def unexplained(report: Report) -> str:
    """Tell how many severe lines no message of the catalogue explains, and the first of them; nothing for none."""
    texts = rows(report, "unexplained")
    if not texts:
        return ""
    files = sum(bool(source.get("unexplained")) for source in rows(report, "sources"))
    lines = sum(text.get("count") or 0 for text in texts)
    first = texts[0].get("evidence") or {}
    return (
        f"{wording.count(lines, 'severe line')} nobody explained in {wording.count(files, 'file')}, "
        f"{wording.count(len(texts), 'text')}; {place(first)}: {first.get('text') or ''}"
    )


def stack(report: Report) -> str:
    """Name the cluster's stack and which option of the four it is."""
    cluster = inner(report, "cluster")
    option = OPTIONS.get(cluster.get("option") or 0)
    several = sorted({str(node["stack"]) for node in rows(report, "nodes") if node.get("stack")})
    mixed = f"mixed stacks: {' and '.join(several)}" if len(several) > 1 else "stack not known"
    return f"{option} (option {cluster['option']})" if option else str(cluster.get("stack") or mixed)


def stack_of(node: Row) -> str:
    """Name the stack of a node as `stack` does; `not known` where nothing tells."""
    named = str(node.get("stack") or "")
    return OPTIONS.get(STACKS.get(named, 0), named or "not known")


def releases(report: Report) -> str:
    """Name the releases of the cluster: each product once, all of its releases where nodes differ."""
    found: dict[str, dict[str, None]] = {}
    for node in rows(report, "nodes"):
        for name, version in versions(node).items():
            if name != "feature_set":
                found.setdefault({"cman": "CMAN"}.get(name, name.capitalize()), {})[version] = None
    return ", ".join(f"{name} {' and '.join(known)}" for name, known in found.items()) or "not known"


def kind(report: Report) -> str:
    """Name what the bundle is: `crm_report`, or `log files` where no tool made it."""
    named = str(inner(report, "bundle").get("kind") or "kind not known")
    return "log files" if named == "logs" else named


def did(report: Report) -> bool:
    """Whether the report tells what the cluster did."""
    return any(rows(report, key) for key in ("questions", "operations", "fencing", "invariants", "memberships"))


def offset(node: Row) -> str:
    """Give the clock's offset: `+3.200 s`, `unknown`, `reference` for the clock that the others are measured by."""
    clock = inner(node, "clock")
    if clock.get("offset_s") is None:
        return "unknown" if clock.get("reference") else wording.UNKNOWN
    if clock.get("reference") == node.get("name"):
        return "reference"
    return f"{clock['offset_s']:+.3f} s"


def noted(source: Row) -> str:
    """Tell what else is known of a file: what it is the same as, lines that are no record of their own, its date."""
    more = {"continued": "continue the line before", "unknown": "of no known form"}
    told = [str(source["note"])] if source.get("note") else []
    told += [f"{wording.count(source[key], 'line')} {words}" for key, words in more.items() if source.get(key)]
    told += [f"of {wording.stamp(source['at']).split('.')[0]}"] if source.get("at") else []
    return "; ".join(told)


def share(part: float | None, whole: float | None) -> str:
    """Give `98.4 %`; never `100 %` when something is lacking."""
    if not whole or part is None:
        return wording.UNKNOWN
    percent = 100 * part / whole
    return "100 %" if part >= whole else f"{min(percent, 99.9):.1f} %"


def checked(report: Report) -> list[str]:
    """Say what was looked at, one sentence each; the ground on which `No faults found` stands."""
    bundle, told = inner(report, "bundle"), []
    if bundle.get("lines"):
        known = share(bundle.get("parsed"), bundle["lines"])
        lines, files = wording.count(bundle["lines"], "line"), wording.count(bundle.get("files") or 0, "file")
        told.append(f"{lines} in {files} read, {known} parsed")
    told.append(f"{wording.count(len(rows(report, 'nodes')), 'node')}: {_names(report)}")
    told.append(_sequences(report))
    rules = inner(report, "rules")
    if rules:
        told.append(f"{wording.count(len(rules), 'rule')} applied")
    return told


def gaps(report: Report) -> str:
    """Say in one sentence what was left out; empty when nothing was."""
    unread, missed = rows(report, "unread"), rows(report, "not_checked")
    told = [f"{wording.count(len(unread), 'item')} of the bundle not or not fully read"] if unread else []
    told += [f"{wording.count(len(missed), 'check')} not possible"] if missed else []
    return ", ".join(told)


def missed(report: Report) -> list[tuple[str, str, list[str]]]:
    """Group the checks that were not possible: why, on which node, and the codes of the rules."""
    found: dict[tuple[str, str], list[str]] = {}
    for row in rows(report, "not_checked"):
        key = str(row.get("reason") or wording.UNKNOWN), str(row.get("node") or "all nodes")
        found.setdefault(key, []).append(str(row.get("code")))
    return [(why, node, codes) for (why, node), codes in found.items()]


def _tallied(name: str, number: int) -> str:
    return wording.count(number, name) if name in {"error", "warning"} else f"{number:,} {name}"


def _names(report: Report) -> str:
    return enumerated(str(node.get("name")) for node in rows(report, "nodes")) or "none recognised"


def _sequences(report: Report) -> str:
    found = rows(report, "sequences")
    good = sum(not _bad(sequence) for sequence in found)
    if not found:
        return "no start or stop in these logs"
    return f"{wording.count(len(found), 'start and stop sequence')} rebuilt, {good:,} as they should be"


def _bad(sequence: Row) -> bool:
    return sequence.get("outcome") in BAD_OUTCOMES or bool(sequence.get("deviations"))


def _told(mine: list[Row], kind: str) -> str:
    some = [sequence for sequence in mine if sequence.get("kind") == kind]
    failed = sum(sequence.get("outcome") in BAD_OUTCOMES for sequence in some)
    return f"{len(some)} ({failed} bad)" if failed else str(len(some))


def _ended(sequence: Row) -> str:
    return str(sequence.get("ended") or sequence.get("began") or "")
