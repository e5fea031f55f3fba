"""The report for a ticket: Markdown that says the same whenever it is rendered, and in which no log text is markup."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from pcmklog.report import doings, facts, stories, wording
from pcmklog.report.excerpts import EVIDENCE, Excerpt, excerpts
from pcmklog.report.facts import Report, Row
from pcmklog.report.stories import Story
from pcmklog.report.walk import Walk, walks

FINDINGS, SEQUENCES, LEFT_OUT, CASES = 100, 40, 60, 40
"""How many of each a ticket bears; the JSON report has all."""

SPECIAL = re.compile(r"([\\`*_\[\]<>|#~&]|^[-+=](?=\s|$|[-=]))")


def render(report: Report) -> str:
    """Give the report as Markdown (CommonMark with tables)."""
    blocks = [
        *_head(report),
        *_nodes(report),
        *_findings(report),
        *_doings(report),
        *_sequences(report),
        *_left_out(report),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def plain(text: object) -> str:
    """Give foreign text on one line, all that Markdown could read as markup escaped."""
    return _escaped(wording.one_line(str(text)))


def code(text: object) -> str:
    """Give foreign text as a code span; its fence is longer than any run of backticks inside."""
    inside = wording.one_line(str(text))
    fence = "`" * (_longest_run(inside) + 1)
    pad = " " if inside.startswith("`") or inside.endswith("`") else ""
    return f"{fence}{pad}{inside}{pad}{fence}" if inside else ""


def block(lines: Iterable[str]) -> str:
    """Give lines as a code block; its fence is longer than any run of backticks inside."""
    inside = "\n".join(wording.tame(line).replace("\n", " ") for line in lines)
    fence = "`" * max(3, _longest_run(inside) + 1)
    return f"{fence}text\n{inside}\n{fence}"


def table(heads: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Give a table of cells that are Markdown already."""
    heads = list(heads)
    lines = [heads, ["---"] * len(heads), *([str(cell) for cell in row] for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _head(report: Report) -> Iterator[str]:
    bundle, cluster = facts.inner(report, "bundle"), facts.inner(report, "cluster")
    yield f"# Cluster log report: {plain(cluster.get('name') or bundle.get('name') or 'cluster')}"
    yield f"**{plain(facts.headline(report))}**"
    yield plain(facts.summary(report))
    yield "\n".join(_facts(report))
    ranked = [story for story in stories.stories(report) if story.rank]
    if ranked:
        yield "## Root causes"
        yield "\n".join(line for story in ranked for line in _root(story))
    yield "## What was checked"
    gaps = facts.gaps(report)
    yield "\n".join(
        f"- {plain(sentence)}" for sentence in facts.checked(report) + ([f"Not covered: {gaps}"] if gaps else [])
    )


def _facts(report: Report) -> Iterator[str]:
    bundle = facts.inner(report, "bundle")
    yield f"- Bundle: {plain(bundle.get('name') or wording.UNKNOWN)} ({plain(bundle.get('kind') or wording.UNKNOWN)})"
    yield f"- Stack: {plain(facts.stack(report))}"
    yield f"- Logs (UTC): {wording.span(*(bundle.get('span') or (None, None)))}"


def _root(story: Story) -> Iterator[str]:
    yield f"{story.rank}. {_named(story.root)}"
    proof = facts.proof(story.root)
    if proof:
        yield f"   {code(facts.place(proof))}: {code(wording.shorten(str(proof.get('text') or ''), 300))}"


def _named(finding: Row) -> str:
    where, severity = plain(facts.whereabouts(finding)), facts.severity(finding)
    time, title = plain(wording.stamp(finding.get("at"))), plain(finding.get("title") or "")
    return f"**{severity}** {plain(finding.get('code'))} {where}, {time}: {title}"


def _nodes(report: Report) -> Iterator[str]:
    nodes = facts.rows(report, "nodes")
    if not nodes:
        return
    yield "## Nodes"
    heads = ("Node", "Stack", "Versions", "Starts", "Stops", "Last", "Clock", "Logs (UTC)")
    yield table(heads, (_node(report, node) for node in nodes))


def _node(report: Report, node: Row) -> Iterator[str]:
    lives = facts.lives(report, node.get("name"))
    version = ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in facts.versions(node).items())
    span = wording.span(*(node.get("span") or (None, None)))
    cells = (
        node.get("name"),
        node.get("stack"),
        version,
        lives.starts,
        lives.stops,
        lives.last,
        facts.offset(node),
        span,
    )
    return (plain(cell or wording.UNKNOWN) for cell in cells)


def _findings(report: Report) -> Iterator[str]:
    told = [(story, entry) for story in stories.stories(report) for entry in story.entries]
    if told:
        yield "## Findings"
    for story, entry in told[:FINDINGS]:
        rank = f"root cause {story.rank}, " if story.rank and not entry.depth else ""
        finding = entry.finding
        mark = "↳ " if entry.depth else ""
        yield f"### {mark}{plain(finding.get('code'))} {plain(finding.get('title') or '')}"
        yield "\n".join(_meta(finding, rank, entry.causes))
        yield _prose(finding.get("explanation"))
        yield f"**What to do**\n\n{_prose(finding['advice'])}" if finding.get("advice") else ""
        yield from (_excerpt(piece) for piece in excerpts(report, finding, context=False))
        yield from _more(len(finding.get("evidence") or ()) - EVIDENCE, "line")
    yield from _more(len(told) - FINDINGS, "finding")


def _meta(finding: Row, rank: str, causes: tuple[Row, ...]) -> Iterator[str]:
    stretch = wording.span(finding.get("at"), finding.get("until") or finding.get("at"))
    sure = f", confidence {finding['confidence']:.0%}" if finding.get("confidence") is not None else ""
    yield f"- {rank}**{facts.severity(finding)}** on {plain(facts.whereabouts(finding))}, {plain(stretch)}{sure}"
    if causes:
        named = (f"{plain(cause.get('code'))} {plain(facts.whereabouts(cause))}" for cause in causes)
        yield f"- caused by {', '.join(named)}"


def _prose(text: object) -> str:
    """Give paragraphs and lists of ours with `code` kept; the rest escaped, for log text may stand in it."""
    lines = wording.tame(str(text or "")).strip().split("\n")
    return "\n".join(_prose_line(line) for line in lines)


def _prose_line(line: str) -> str:
    bullet = re.match(r"\s*[-*] ", line)
    start = "- " if bullet else ""
    pieces = re.split(r"`([^`]+)`", line[bullet.end() :] if bullet else line.strip())
    return start + "".join(code(piece) if at % 2 else _escaped(piece) for at, piece in enumerate(pieces))


def _excerpt(piece: Excerpt) -> str:
    lines = [f"{line.number:>7}  {line.text}" if line.number is not None else "    ..." for line in piece.lines]
    return f"{code(piece.file)}\n\n{block(lines)}"


def _doings(report: Report) -> Iterator[str]:
    """Tell what the cluster did: upstream's questions with their answers, fencing, operations, invariants."""
    cases = facts.rows(report, "questions")
    if cases:
        yield "## Questions and answers"
    for case in cases[:CASES]:
        yield f"### {plain(case.get('title') or '')}"
        yield table(("Question", "Answer", "Proof"), (_answer(answer) for answer in case.get("answers") or ()))
    yield from _more(len(cases) - CASES + (report.get("questions_left_out") or 0), "case")
    yield from _listed(report, "fencing", "## Fencing", doings.fencing, ("tried", "wanted", "ended"))
    yield from _listed(report, "operations", "## Fail-over and shutdown", doings.operation, ("began",))
    checks = doings.checks(report)
    if checks:
        yield "## What must hold in any cluster"
        yield table(("Invariant", "Status", "Compared, or lacking"), (_check(check) for check in checks))


def _answer(answer: Row) -> tuple[str, str, str]:
    collect = f" Collect: {_cell(code(answer['collect']))}" if answer.get("collect") else ""
    return plain(answer.get("question") or ""), plain(answer.get("text") or "") + collect, _places(answer)


def _places(row: Row) -> str:
    proofs = [_cell(code(facts.place(proof))) for proof in (row.get("evidence") or ())[:2]]
    return ", ".join(proofs) or wording.UNKNOWN


def _listed(report: Report, key: str, head: str, said: Callable[[Row], str], times: tuple[str, ...]) -> Iterator[str]:
    found = facts.rows(report, key)
    if found:
        yield head
        yield "\n".join(
            f"- {plain(wording.stamp(next((row[time] for time in times if row.get(time)), None)))}: "
            f"{plain(said(row))} ({_places(row)})"
            for row in found[:CASES]
        )
        yield from _more(len(found) - CASES, "operation")


def _check(check: doings.Check) -> tuple[str, str, str]:
    broken = "".join(f" **{plain(breach.get('text') or '')}** {_places(breach)}" for breach in check.breaches[:CASES])
    return plain(check.sentence), plain(check.status), plain(check.what) + broken


def _sequences(report: Report) -> Iterator[str]:
    found = walks(report)
    if found:
        yield "## Starts and stops"
    for walk in sorted(found, key=lambda each: each.well)[:SEQUENCES] if len(found) > SEQUENCES else found:
        began, ended = walk.sequence.get("began"), walk.sequence.get("ended")
        yield f"### {plain(walk.title)}: {plain(walk.outcome)}"
        stack, stretch = plain(walk.sequence.get("stack") or wording.UNKNOWN), plain(wording.span(began, ended))
        yield f"{stack}, {stretch} ({wording.duration(walk.length)})"
        yield "\n".join(f"- **Deviation:** {plain(note)}" for note in walk.loose)
        yield table(("#", "Time", "After", "Step", "Daemon", "Proof"), _strides(walk)) if walk.strides else ""
    yield from _more(len(found) - SEQUENCES, "sequence")


def _strides(walk: Walk) -> Iterator[tuple[str, ...]]:
    first = walk.sequence.get("began")
    for stride in walk.strides:
        step = plain(stride.step) + "".join(f" **{plain(note)}**" for note in stride.notes)
        if stride.row is None:
            yield wording.UNKNOWN, "", "", step, "", ""
            continue
        row, proof = stride.row, stride.row.get("evidence")
        time = wording.stamp(row.get("at"), first if stride.number != 1 else None)
        gap = wording.duration(stride.gap) if stride.gap is not None else ""
        pid = f" {row['pid']}" if row.get("pid") is not None else ""
        daemon = plain(f"{row.get('daemon') or wording.UNKNOWN}{pid}")
        yield (
            str(stride.number),
            plain(time),
            gap,
            step,
            daemon,
            _cell(code(facts.place(proof))) if proof else wording.UNKNOWN,
        )


def _cell(span: str) -> str:
    """Escape the bars of a code span, which would end a cell even there."""
    return span.replace("|", "\\|")


def _left_out(report: Report) -> Iterator[str]:
    texts = facts.rows(report, "unexplained")
    if texts:
        yield "## Errors nobody explained"
        heads = ("Lines", "Level", "Daemon", "Text", "First")
        yield table(heads, (_text(row) for row in texts[:LEFT_OUT]))
        yield from _more(len(texts) - LEFT_OUT, "text")
    unread, missed = facts.rows(report, "unread"), facts.rows(report, "not_checked")
    lines = [f"- {code(row.get('path') or '?')}: {plain(row.get('text') or row.get('code') or '')}" for row in unread]
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in missed:
        reasons.setdefault((row.get("node") or "any node", row.get("reason") or ""), []).append(plain(row.get("code")))
    lines += [
        f"- not checked on {plain(node)}, {plain(reason)}: {', '.join(codes)}"
        for (node, reason), codes in reasons.items()
    ]
    if lines:
        yield "## Not covered"
        yield "\n".join(lines[:LEFT_OUT])
        yield from _more(len(lines) - LEFT_OUT, "item")


def _text(row: Row) -> tuple[str, ...]:
    first = code(facts.place(row.get("evidence") or {}))
    cells = (row.get("count"), row.get("level"), row.get("daemon"), row.get("text"))
    return *(plain(cell or wording.UNKNOWN) for cell in cells), _cell(first)


def _more(left: int, what: str) -> Iterator[str]:
    if left > 0:
        yield f"*… and {wording.count(left, what)} more, see the JSON report.*"


def _escaped(text: str) -> str:
    return SPECIAL.sub(r"\\\1", text)


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
