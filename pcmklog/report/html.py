"""The HTML report: one file that needs no network, opens anywhere and can be printed.

Scripts run by their hash alone (Content-Security-Policy), and the policy forbids every request.  What comes from the
report is made visible where it hides (`wording.tame`) and escaped by jinja2, whose autoescape is on for all templates.
"""

from __future__ import annotations

import base64
import hashlib
import re
from contextlib import suppress
from functools import cache
from importlib.resources import files
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemBytecodeCache, PackageLoader, StrictUndefined
from jinja2.bccache import Bucket
from markupsafe import Markup, escape

from pcmklog.report import (
    beside,
    cards,
    doings,
    facts,
    folds,
    scene,
    settings,
    shape,
    stories,
    svg,
    timeline,
    trees,
    wording,
)
from pcmklog.report.excerpts import EVIDENCE, Excerpt, excerpts, weight
from pcmklog.report.facts import Report, Row
from pcmklog.report.stories import Story
from pcmklog.report.walk import Walk, walks

PLOTLY = "plotly-basic.min.js"
SCRIPTS = ("timeline.js", "report.js", "log.js")
STYLES = ("report.css", "sections.css", "timeline.css")
WORDS = (beside, cards, doings, facts, settings, trees, wording)
"""The modules that templates call."""

PAPER = 860
"""Pixels of the drawing that takes the timeline's place on paper and where no script runs."""

SENTENCE = 320
"""Letters of a sentence on the first screen; the finding that it leads to has the whole."""

PLACES = 3
"""Excerpts of a finding that stand open; more of them are one click away."""

FIXED_BYTES, LEAST = 2_400_000, 64
"""Bytes of log and scripts that no limit makes smaller, about; by how much the limits are divided at most."""

MOST_BYTES = 4_800_000
"""A page that grows past this is rendered again with less in it."""


class Limits(NamedTuple):
    """How much of each a page holds; the JSON report has all.

    `context` is in bytes: past it findings show their bare proof, past twice that none.
    """

    findings: int = 600
    sequences: int = 120
    sources: int = 1000
    table: int = 400
    marks: int = 1500
    cases: int = 60
    context: int = 900_000

    def divided(self, by: int) -> Limits:
        """Give limits that are so many times smaller."""
        return Limits(*(limit // by for limit in self))


def render(report: Report) -> str:
    """Give the page, with as much of the report as five megabytes hold."""
    report, page, by = shape.complete(report), "", 1
    while by <= LEAST:
        page = _page(report, Limits().divided(by))
        size = len(page.encode("utf-8", "replace"))
        if size <= MOST_BYTES:
            break
        by *= max(2, -(-(size - FIXED_BYTES) // (MOST_BYTES - FIXED_BYTES)))
    return page


def _page(report: Report, limits: Limits) -> str:
    told = stories.stories(report)
    shown = _shown(told, limits)
    figure = timeline.figure(report, limits.marks)
    scripts = [asset(PLOTLY), *map(asset, SCRIPTS)]
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            report=report,
            policy=policy(scripts),
            style=Markup("".join(map(asset, STYLES))),  # noqa: S704 - our own files
            scripts=[Markup(script) for script in scripts],  # noqa: S704 - our own files
            figure=figure,
            paper=Markup(svg.draw(scene.scene(figure, svg.title(report), width=PAPER))) if figure else "",  # noqa: S704 - escaped there
            stories=told,
            numbers=stories.numbers(told),
            shown=shown,
            chapters=folds.chapters(shown),
            events=facts.inner(report, "events").get("rows"),
            browsable=_browsable(report),
            listed={str(entry.finding["id"]) for story in shown for entry in story.entries},
            proofs=_proofs(report, shown, limits),
            walks=_walks(report, limits),
            limits=limits,
        )
    )


@cache
def asset(name: str) -> str:
    """Read a file of `assets/`."""
    return (files("pcmklog.report") / "assets" / name).read_text("utf-8")


def policy(scripts: list[str]) -> str:
    """Give the Content-Security-Policy: nothing but these scripts, styles of the page itself and embedded images."""
    hashes = " ".join(f"'sha256-{digest(script)}'" for script in scripts)
    return (
        f"default-src 'none'; script-src {hashes}; style-src 'unsafe-inline'; img-src data: blob:; "
        "connect-src 'none'; form-action 'none'; base-uri 'none'"
    )


@cache
def environment() -> Environment:
    """Give the jinja2 environment: autoescape for all, no silent misspelling, no invisible characters."""
    env = Environment(
        loader=PackageLoader("pcmklog.report", "templates"),
        bytecode_cache=_compiled(),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_printed,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    env.globals |= {module.__name__.rpartition(".")[2]: module for module in WORDS}
    env.globals |= {"EVIDENCE": EVIDENCE, "PLACES": PLACES, "SENTENCE": SENTENCE}
    env.filters |= {"anchor": anchor, "coded": coded, "path": path, "prose": prose}
    env.filters |= {"stamp": wording.stamp, "duration": wording.duration}
    return env


class Compiled(FileSystemBytecodeCache):
    """Templates as they were compiled the last time, in a folder that is the user's alone; a full disk is no error."""

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Keep a template for the next time."""
        with suppress(OSError):
            super().dump_bytecode(bucket)


def _compiled() -> Compiled | None:
    """Give the cache of templates; None where there is no folder that is safe."""
    try:
        return Compiled()
    except (RuntimeError, OSError):
        return None


def anchor(finding: Row) -> str:
    """Give the id of a finding's element, safe in an address: its key, which stays, or the id that it has this time."""
    key = finding.get("key") or f"finding-{finding.get('id')}"
    return re.sub(r"[^A-Za-z0-9-]", lambda char: f"_{ord(char[0]):x}_", str(key))


def prose(text: object) -> Markup:
    """Give paragraphs and lists of plain text, with `code` set as code."""
    return Markup("").join(
        _block(block) for block in re.split(r"\n\s*\n", wording.tame(str(text or ""))) if block.strip()
    )


def _block(block: str) -> Markup:
    items = re.split(r"(?m)^\s*[-*] ", block)
    head = Markup("<p>{}</p>").format(coded(items[0])) if items[0].strip() else Markup("")
    if len(items) == 1:
        return head
    return head + Markup("<ul>{}</ul>").format(
        Markup("").join(Markup("<li>{}</li>").format(coded(item)) for item in items[1:])
    )


def path(text: object) -> Markup:
    """Give a path that may be broken behind each slash."""
    return Markup("/<wbr>").join(escape(part) for part in wording.tame(str(text or "")).split("/"))


def coded(text: object) -> Markup:
    """Give one line of plain text, with `code` set as code."""
    pieces = re.split(r"`([^`\n]+)`", wording.tame(str(text or "")).strip())
    return Markup("").join(
        Markup("<code>{}</code>").format(piece) if at % 2 else escape(piece) for at, piece in enumerate(pieces)
    )


def _printed(value: Any) -> Any:
    """Print None as the dash of tables, and text without what hides in it."""
    if value is None:
        return wording.UNKNOWN
    return value if isinstance(value, Markup) or not isinstance(value, str) else wording.tame(value)


def _browsable(report: Report) -> Row:
    """Give the events for the log of the page, without what hides in foreign text."""
    events = dict(facts.inner(report, "events"))
    for name in ("texts", "nodes", "daemons", "files"):
        events[name] = [wording.tame(str(text)) for text in events.get(name) or ()]
    return events


def _shown(told: list[Story], limits: Limits) -> list[Story]:
    """Keep as many stories, and of each as many findings, as a page holds."""
    room, kept = limits.findings, []
    for story in told:
        if room > 0:
            kept.append(Story(story.rank, story.entries[:room]))
        room -= len(story.entries)
    return kept


def _proofs(report: Report, told: list[Story], limits: Limits) -> dict[str, list[Excerpt]]:
    """Give the excerpts by finding, root causes first, while the budget lasts."""
    spent, given = 0, {}
    for finding in _by_need(told):
        pieces = excerpts(report, finding, context=spent < limits.context)
        if spent + weight(pieces) > 2 * limits.context:
            pieces = excerpts(report, finding, context=False)[:1]
        if spent > 2 * limits.context:
            pieces = []
        spent += weight(pieces)
        given[str(finding.get("id"))] = pieces
    return given


def _by_need(told: list[Story]) -> list[Row]:
    roots = [story.root for story in told]
    rest = [entry.finding for story in told for entry in story.entries[1:]]
    return roots + sorted(rest, key=lambda row: facts.SEVERITIES.index(facts.severity(row)))


def _walks(report: Report, limits: Limits) -> list[Walk]:
    """Give the sequences in their order; when there are too many, those that went wrong."""
    found = walks(report)
    if len(found) > limits.sequences:
        wrong = [walk for walk in found if not walk.well]
        return wrong[: limits.sequences] or found[: limits.sequences]
    return found


def digest(script: str) -> str:
    """Give the hash by which the policy knows a script."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
