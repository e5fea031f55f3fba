"""The verdict: what began it, what followed, what else is wrong, what to do next, and what is not known."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from pcmklog import causes
from pcmklog.model import Finding
from pcmklog.words import clock, day, listing

Section = Mapping[str, Any]
EFFECTS = 4  # consequences that are named; the rest is counted
OTHERS = 2  # further roots that are named
UNKNOWNS = 4
CASES = 2  # of one open question that are named
TOGETHER = 5.0  # seconds in which one thing may befall several nodes
SHORTEST = 60  # letters of a next step that says enough
SENTENCE = re.compile(r"(?<=[a-z0-9)`'\"])[.:] (?=[A-Z`])")
OPEN = {
    "What was its last sign of life?": "the last sign of life",
    "Did the peers notice?": "whether the peers noticed",
    "Was a transition computed?": "whether a transition was computed",
    "Did it contain fencing?": "whether it contained fencing",
    "Was it tried?": "whether fencing was tried",
    "Did it work?": "whether the fencing worked",
    "With what result?": "the result",
    "What did the agent print?": "what the agent printed",
    "What did the cluster do about it, and was it recovered?": "what the cluster did",
}
GRAVE = ("critical", "error")
MISSING = ("LOG001", "LOG002", "LOG003", "LOG004", "LOG005")


@dataclass(frozen=True)
class Verdict:
    """What happened in words, the ids of the root causes, the most likely first, and what the last sentences say."""

    summary: str
    root_causes: tuple[str, ...] = ()
    next_step: str = ""
    unknown: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()  # of the summary: what happened, without the next step and what is not known


def verdict(findings: Sequence[Finding], told: Section | None = None) -> Verdict:
    """The ranked roots and the words; `told` is what `sections` gives."""
    roots = causes.roots(findings)
    unknown = tuple(_unknown(findings, told or {}))
    if not roots:
        words = ["No faults found.", *_holds(told or {})]
        return Verdict(" ".join([*words, *_not_known(unknown)]), (), "", unknown, tuple(words))
    first = roots[0]
    step = _step(first)
    words = [
        f"{_when(first)}{first.title.rstrip('.')}.",
        *_followed(first, findings, told or {}),
        *_others(roots),
    ]
    summary = " ".join([*words, *([f"Next: {step}"] if step else []), *_not_known(unknown)])
    return Verdict(summary, tuple(root.id for root in roots), step, unknown, tuple(words))


@cache
def words() -> dict[str, str]:
    """What a fault means for the service, by its code; in the order in which it matters."""
    table: dict[str, str] = tomllib.loads(files("pcmklog").joinpath("verdict.toml").read_text("utf-8"))["words"]
    return table


def _when(finding: Finding) -> str:
    """The date, for titles have the time of day only."""
    return f"{day(finding.at)}: " if finding.at is not None else ""


def _holds(told: Section) -> Iterator[str]:
    found = [row["status"] for row in told.get("invariants") or ()]
    if found.count("holds"):
        checks = f"{found.count('holds')} of {len(found)} checks across all nodes"
        yield f"{checks} (rings, DC, fencing, quorum, resources) could be made, and found no contradiction."


def _followed(root: Finding, findings: Sequence[Finding], told: Section) -> Iterator[str]:
    """The consequences, the gravest for the service first, and what became of the resources."""
    below = causes.descendants(root.id, findings)
    if below:
        yield f"It led to this: {_phrases(below)}."
    yield from _services(root, below, told)


def _phrases(below: Sequence[Finding]) -> str:
    """One phrase for each code: those that matter most for the service, in order of time; the rest is counted."""
    by_code: dict[str, list[Finding]] = {}
    for finding in below:
        if finding.severity != "info":
            by_code.setdefault(finding.code, []).append(finding)
    order = list(words())
    ranked = sorted(by_code, key=lambda code: order.index(code) if code in order else len(order))
    named = sorted(ranked[:EFFECTS], key=lambda code: (_at(by_code[code]) is None, _at(by_code[code]) or 0.0))
    said = [_phrase(by_code[code]) for code in named]
    left = sum(len(by_code[code]) for code in ranked[EFFECTS:])
    return listing([*said, *([f"{left} more {'finding' if left == 1 else 'findings'}"] if left else [])])


def _at(group: Sequence[Finding]) -> float | None:
    """When it happened; fencing is done when it ends."""
    first = group[0]
    return first.until if first.code == "FEN601" and first.until is not None else first.at


def _phrase(group: Sequence[Finding]) -> str:
    first = group[0]
    nodes = list(dict.fromkeys(f.node for f in group if f.node)) or list(first.nodes)
    names = listing(nodes) or "the cluster"
    template = words().get(first.code)
    if template is None:
        return f"{first.name.replace('-', ' ') or first.code} on {names}"
    return template.format(nodes=names, at=clock(_at(group)), was="was" if len(nodes) < 2 else "were")


def _services(root: Finding, below: Sequence[Finding], told: Section) -> Iterator[str]:
    """What became of the resources of the nodes concerned."""
    nodes = {f.node for f in (root, *below) if f.node}
    rows = [row for row in told.get("operations") or () if row["kind"] == "failover" and row["node"] in nodes]
    moves = [move for row in rows for move in row["moves"]]
    done = {move["resource"]: move["done"] for move in moves if move["outcome"] == "ok" and move["to"]}
    bad = list(dict.fromkeys(move["resource"] for move in moves if move["resource"] not in done))
    lacking = f"no start of {listing(bad)} is logged"
    if done:
        but = f"; {lacking}" if bad else ""
        yield f"The cluster had {_resources(done)} up elsewhere by {max(done.values())[11:19]}{but}."
    elif bad:
        yield f"The cluster planned to bring up {_resources(bad)} elsewhere; {lacking}."


def _resources(names: Collection[str]) -> str:
    return f"{'resource' if len(names) == 1 else 'resources'} {listing(names)}"


def _others(roots: Sequence[Finding]) -> Iterator[str]:
    """Further beginnings, the same fault on other nodes in the same moment as one."""
    others = [root for root in roots[1:] if root.severity in GRAVE]
    same = [other for other in others if _alike(roots[0], other)]
    if same:
        yield f"The same happened on {listing(dict.fromkeys(f.node or '' for f in same))} in that moment."
    groups: list[list[Finding]] = []
    for other in (other for other in others if other not in same):
        group = next((group for group in groups if _alike(group[0], other)), None)
        if group is None:
            groups.append([other])
        else:
            group.append(other)
    if groups:
        named = "; ".join(_short(group[0]) if len(group) == 1 else _phrase(group) for group in groups[:OTHERS])
        more = f"; and {len(groups) - OTHERS} more" if len(groups) > OTHERS else ""
        yield f"Independent of that: {named}{more}."


def _alike(a: Finding, b: Finding) -> bool:
    """Whether one thing befell two nodes at once."""
    if a.at is None or b.at is None or None in (a.node, b.node):
        return False
    return a.code == b.code and a.node != b.node and abs(a.at - b.at) <= TOGETHER


def _short(finding: Finding) -> str:
    """The title without what comes after its first colon, which is detail."""
    return re.split(r": |; ", finding.title.rstrip("."), maxsplit=1)[0]


def _step(finding: Finding) -> str:
    """The first sentence of the advice, or as many as say enough."""
    advice = " ".join(finding.advice.split())
    if not advice:
        return ""
    parts = SENTENCE.split(advice)
    said = parts[0]
    for part in parts[1:]:
        if len(said) >= SHORTEST:
            break
        said = f"{said.rstrip('.:')}. {part}"
    return f"{said.rstrip('.:')}."


def _unknown(findings: Sequence[Finding], told: Section) -> Iterator[str]:
    """What the bundle lacks for a whole account."""
    for finding in findings:
        if finding.code in MISSING:
            yield _short(finding)
    cases: dict[str, list[str]] = {}
    for case in told.get("questions") or ():
        lacking = [OPEN.get(row["question"], row["question"]) for row in case["answers"] if row["verdict"] == "unknown"]
        if lacking:
            cases.setdefault(listing(lacking), []).append(case["title"])
    for asked, titles in cases.items():
        more = f"; and {len(titles) - CASES} more" if len(titles) > CASES else ""
        yield f"{asked} ({'; '.join(titles[:CASES])}{more})"


def _not_known(unknown: Sequence[str]) -> Iterator[str]:
    if unknown:
        more = f"; and {len(unknown) - UNKNOWNS} more" if len(unknown) > UNKNOWNS else ""
        yield f"Not known: {'; '.join(unknown[:UNKNOWNS])}{more}."
