"""What a question of upstream's troubleshooting guide is answered with: yes, no or unknown, in words, with proofs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

from pcmklog.model import Line

YES, NO, UNKNOWN = "yes", "no", "unknown"
LEAD, TRAIL = 600, 300  # seconds before and after that a report should cover


@dataclass(frozen=True)
class Answer:
    """`collect` is the command that fetches what would tell, where the bundle cannot say."""

    question: str
    verdict: str
    text: str
    proofs: tuple[int | Line, ...] = ()
    collect: str = ""


@dataclass(frozen=True)
class Case:
    """A node that was lost or fenced, or a resource that failed, with the answers about it."""

    kind: str  # node, resource
    subject: str
    node: str
    ts: float | None
    title: str
    answers: tuple[Answer, ...]


def cannot_say(question: str, missing: str, collect: str) -> Answer:
    """The bundle lacks it: what does, and how to get it."""
    return Answer(question, UNKNOWN, f"The bundle cannot say: it has no {missing}.", (), collect)


def report_of(nodes: str, ts: float | None, until: float | None = None) -> str:
    """The command that collects the logs of some nodes around a time; its times are those of the node that runs it."""
    span = ""
    if ts is not None:
        begin, end = (datetime.fromtimestamp(at, UTC) for at in (ts - LEAD, (until or ts) + TRAIL))
        span = f' --from "{begin:%Y-%m-%d %H:%M:%S}" --to "{end:%Y-%m-%d %H:%M:%S}"'
    return f'TZ=UTC crm_report{span} --nodes "{nodes}"'
