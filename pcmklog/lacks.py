"""What the bundle lacks for a whole account, and the commands that collect it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from pcmklog.model import Finding
from pcmklog.state.answers import LEAD, TRAIL, report_of
from pcmklog.store import Store
from pcmklog.words import clock, day, listing

Report = dict[str, Any]
MOST = 12
GRAVE = ("critical", "error")

ADRIFT = """
select c.node from clock c join node n on n.name = c.node
where n.has_logs and c.anchors = 0 and not c.given and c.node <> c.reference
order by c.node
"""


def lacks(store: Store, findings: Sequence[Finding], questions: Sequence[Report]) -> list[Report]:
    """The key `lacks`: `what` is missing, `why` it matters, and the command to `collect` it, where there is one."""
    found: dict[str, Report] = {}
    for row in (
        *_nodes(store, findings), *_holes(store), *_spans(findings), *_clocks(store), *_answers(questions)
    ):  # fmt: skip
        known = found.setdefault(row["what"], row)
        known["collect"] = known["collect"] or row["collect"]
    return list(found.values())[:MOST]


def _lack(what: str, why: str, collect: str | None) -> Report:
    return {"what": what, "why": why, "collect": collect}


def _nodes(store: Store, findings: Sequence[Finding]) -> Iterator[Report]:
    """Members without logs: one command for all of them."""
    mute = [row.name for row in store.rows("select name from node where not has_logs order by name")]
    if not mute:
        return
    grave = [finding.at for finding in findings if finding.at is not None and finding.severity in GRAVE]
    yield _lack(
        f"the logs of {listing(mute)}",
        "what these nodes did is known from others only",
        report_of(" ".join(mute), min(grave, default=None), max(grave, default=None)),
    )


def _holes(store: Store) -> Iterator[Report]:
    for row in store.rows(
        "select h.*, o.path as older_path, n.path as newer_path from log_hole h "
        "join source o on o.id = h.older join source n on n.id = h.newer order by h.began, h.older"
    ):
        files = "the rotated file" if row.missing == 1 else f"{row.missing} rotated files"
        yield _lack(
            f"{files} between {row.older_path} and {row.newer_path}",
            f"nothing tells what {row.node} did from {day(row.began)} {clock(row.began)} to {clock(row.until)}",
            report_of(row.node, row.began + LEAD, row.until - TRAIL),
        )


def _spans(findings: Sequence[Finding]) -> Iterator[Report]:
    for finding in findings:
        if finding.code == "LOG005" and len(finding.nodes) > 1 and finding.until is not None:
            yield _lack(
                f"logs of the same time of {listing(finding.nodes)}",
                "no moment can be seen from both sides",
                report_of(" ".join(finding.nodes), finding.at, finding.until),
            )


def _clocks(store: Store) -> Iterator[Report]:
    """Nodes with logs that have no moment in common with others, and of which the user told nothing."""
    adrift = [row.node for row in store.rows(ADRIFT)]
    if adrift:
        whose = "its clock was" if len(adrift) == 1 else "their clocks were"
        yield _lack(
            f"a moment that {listing(adrift)} had in common with the others",
            f"how far {whose} off is unknown, and so which came first of lines of different nodes (--offset tells it)",
            "chronyc -n tracking",
        )


def _answers(questions: Sequence[Report]) -> Iterator[Report]:
    for case in questions:
        for answer in case["answers"]:
            if answer["verdict"] == "unknown" and answer["collect"]:
                missing = str(answer["text"]).partition("it has no ")[2].rstrip(".")
                what = missing or f"an answer to the question: {answer['question']}"
                asked = str(answer["question"])
                yield _lack(
                    what,
                    f"{case['title']}, and without it nobody can say: {asked[0].lower()}{asked[1:]}",
                    answer["collect"],
                )
