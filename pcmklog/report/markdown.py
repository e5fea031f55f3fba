"""The report for a ticket: Markdown that fits into one, says the same each time, and in which no log text is markup.

What is most needed stands first, what repeats is told once, and of every proof there are a few lines and pointers to
the rest.  The whole is never longer than what the fields of common trackers take.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pcmklog.report import doings, facts, moments, stories, wording
from pcmklog.report.excerpts import cut
from pcmklog.report.facts import Report, Row
from pcmklog.report.stories import Entry
from pcmklog.report.walk import Walk, walks

LONGEST = 30_000
"""Characters: a field of Jira takes 32,767, a comment on GitHub 65,536."""

EVIDENCE, LINE, PLACES, PATH = 3, 240, 4, 160
"""Lines that prove a finding, characters of each, pointers to further lines, and characters of a pointer."""

NODES, SEVERAL, NOTED, CASES, SEQUENCES, TEXTS, LEFT_OUT = 16, 4, 12, 6, 8, 6, 10
"""How many of each a ticket bears; the JSON report has all."""

SPECIAL = re.compile(r"([\\`*\[\]<>|#~&]|(?<![^\W_])_|_(?![^\W_])|^[-+=](?=\s|$|[-=]))")
"""What Markdown may read as markup; an underscore within a word is none."""

LINKED = re.compile(
    r"((?:[a-z][a-z0-9+.-]*://|\bwww\.)[^\s`|<>\"]*[\w/]|[\w.+-]*@[\w.-]*\w|(?<!\w)[#!$%&~]\d+|\bGH-\d+)", re.IGNORECASE
)
"""What a tracker makes a link of, or a message to somebody, though it is no markup: it becomes code."""

REST = "The whole is in the HTML and the JSON report; `pcmklog rules show CODE` tells what a finding means."


def render(report: Report) -> str:
    """Give the report as Markdown (CommonMark with tables), of `LONGEST` characters at most."""
    blocks = [*_head(report), *_timeline(report)]
    tail = [*_doings(report), *_sequences(report), *_left_out(report), f"*{REST}*"]
    blocks += _fitting(list(_findings(report)), LONGEST - _length(blocks) - _length(tail))
    return "\n\n".join(block for block in (*blocks, *tail) if block) + "\n"


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


# ---------------------------------------------------------------------- the head


def _head(report: Report) -> Iterator[str]:
    bundle, cluster, judged = (facts.inner(report, key) for key in ("bundle", "cluster", "verdict"))
    yield f"# {_short(cluster.get('name') or bundle.get('name') or 'cluster', 80)}: {plain(facts.headline(report))}"
    yield _short(facts.account(report), 1500)
    yield f"**Next:** {_prose(judged['next'])}" if judged.get("next") else ""
    unknown = list(judged.get("unknown") or ())
    if unknown:
        yield "**Not known:**\n\n" + "\n".join(f"- {_short(text)}" for text in unknown[:SEVERAL])
        yield from _more(len(unknown) - SEVERAL, "question")
    yield "\n".join(_facts(report))
    yield from _nodes(report)


def _facts(report: Report) -> Iterator[str]:
    bundle = facts.inner(report, "bundle")
    kind, stretch = bundle.get("kind") or wording.UNKNOWN, wording.brief(*(bundle.get("span") or (None, None)))
    yield f"- Bundle: {code(bundle.get('name') or 'bundle')} ({plain(kind)}), logs of {stretch} UTC"
    yield f"- Stack: {plain(facts.stack(report))}"
    gaps = facts.gaps(report)
    yield f"- Checked: {_short('; '.join(facts.checked(report)), 600)}"
    if gaps:
        yield f"- Not covered: {plain(gaps)}; see the end"


def _nodes(report: Report) -> Iterator[str]:
    nodes = facts.rows(report, "nodes")
    if nodes:
        yield table(
            ("Node", "Versions", "Starts", "Stops", "Last", "Clock"), (_node(report, node) for node in nodes[:NODES])
        )
        yield from _more(len(nodes) - NODES, "node")


def _node(report: Report, node: Row) -> Iterator[str]:
    lives = facts.lives(report, node.get("name"))
    version = ", ".join(
        f"{name} {value}" for name, value in facts.versions(node).items() if name != "feature_set" and value
    )
    cells = (node.get("name"), version, lives.starts, lives.stops, lives.last, facts.offset(node))
    return (_short(cell or wording.UNKNOWN, 80) for cell in cells)


def _timeline(report: Report) -> Iterator[str]:
    told, left = moments.moments(report)
    if not told:
        return
    own, before = moments.faces(report, told), ""
    yield f"## Timeline of {wording.stamp(told[0].at)[:10]}" if _one_day(told) else "## Timeline"
    if not own and moments.alike(report):
        yield "All clocks went alike and in UTC: these are the stamps to look for in the logs."
    rows = []
    for at, moment in enumerate(told):
        stamp = wording.stamp(moment.at, before or (moment.at if _one_day(told) else None))
        before = moment.at
        proof = _cell(_at(moment.proof)) if moment.proof else ""
        rows.append((stamp, *own[at : at + 1], _short(moment.node, 40), _short(moment.what), proof))
    yield table(("Time (UTC)", *(["Node's clock"] if own else []), "Where", "What", "Proof"), rows)
    yield from _more(left, "moment")


def _one_day(told: list[moments.Moment]) -> bool:
    return len({wording.stamp(moment.at)[:10] for moment in told}) == 1


# ---------------------------------------------------------------------- findings


def _findings(report: Report) -> Iterator[str]:
    """Tell the root causes, then what is grave or a warning by code, then what is worth a line."""
    told = [(story.rank, entry) for story in stories.stories(report) for entry in story.entries]
    roots = [pair for pair in told if pair[0] and not pair[1].depth]
    others = [pair for pair in told if pair not in roots]
    noted = _by_code([pair for pair in others if facts.severity(pair[1].finding) == "info"])
    grave = [pair for pair in others if facts.severity(pair[1].finding) != "info"]
    for head, pairs in (("Root causes", roots), ("Consequences and other findings" if roots else "Findings", grave)):
        for number, group in enumerate(_by_code(pairs)):
            yield (f"## {head}\n\n" if number == 0 else "") + _group(group, whole=pairs is roots)
    if noted:
        yield "## Also noted\n\n" + "\n".join(f"- {_noted(group)}" for group in noted[:NOTED])
        yield from _more(len(noted) - NOTED, "kind of finding")


def _by_code(pairs: list[tuple[int, Entry]]) -> list[list[tuple[int, Entry]]]:
    groups: dict[str, list[tuple[int, Entry]]] = {}
    for pair in pairs:
        groups.setdefault(str(pair[1].finding.get("code")), []).append(pair)
    return [*groups.values()]


def _group(group: list[tuple[int, Entry]], *, whole: bool) -> str:
    """Tell the findings of one code: the first with its proof, each further one on a line."""
    rank, entry = group[0]
    first, again = entry.finding, [later.finding for _, later in group[1:]]
    number = f"{rank}. " if rank and not entry.depth else ""
    often = f" ({len(group)} of them)" if again else ""
    parts = [f"### {number}{plain(first.get('code'))}{often}: {_short(first.get('title') or '')}"]
    parts.append(_meta(first, entry.causes))
    if again:
        lines = [f"- again: {_one(row)}" for row in again[:SEVERAL]]
        more = [f"- and {len(again) - SEVERAL} more like it"] if len(again) > SEVERAL else []
        parts.append("\n".join((*lines, *more)))
    if whole:
        parts += [_prose(first.get("explanation")), f"**What to do.** {_prose(first.get('advice'))}"]
    return "\n\n".join(part for part in (*parts, *_proof(first)) if part)


def _meta(finding: Row, causes: tuple[Row, ...]) -> str:
    stretch = wording.span(finding.get("at"), finding.get("until") or finding.get("at"))
    because = f"; caused by {', '.join(plain(cause.get('code')) for cause in causes[:SEVERAL])}" if causes else ""
    where = _short(facts.whereabouts(finding), 120)
    return f"**{facts.severity(finding)}** on {where}{f', {plain(stretch)}' if finding.get('at') else ''}{because}"


def _one(finding: Row) -> str:
    """Tell a finding on one line, with its first proof."""
    proof = facts.proof(finding)
    place = f" ({_at(proof)})" if proof else ""
    return f"{plain(finding.get('code'))} {_time(finding)}: {_short(finding.get('title') or '')}{place}"


def _noted(group: list[tuple[int, Entry]]) -> str:
    """Tell findings of one code on one line."""
    first, *again = [entry.finding for _, entry in group]
    others = [f"{_time(row, first)} on {_short(facts.whereabouts(row), 60)}" for row in again[:SEVERAL]]
    more = f" and {len(again) - SEVERAL} more" if len(again) > SEVERAL else ""
    return _one(first) + (f"; again {', '.join(others)}{more}" if again else "")


def _time(finding: Row, after: Row | None = None) -> str:
    return plain(wording.stamp(finding.get("at"), (after or {}).get("at")).split(".")[0])


def _proof(finding: Row) -> Iterator[str]:
    """Give the strongest lines, by file, and where the rest stands."""
    rows = list(finding.get("evidence") or ())
    files: dict[str, list[Row]] = {}
    for row in rows[:EVIDENCE]:
        files.setdefault(str(row.get("file")), []).append(row)
    lines = []
    for file, found in files.items():
        lines.append(file)
        lines += [_line(row) for row in sorted(found, key=lambda row: row.get("line") or 0)]
    if lines:
        yield block(lines)
    rest = rows[EVIDENCE:]
    if rest:
        more = f" and {len(rest) - PLACES} more" if len(rest) > PLACES else ""
        yield f"Also {', '.join(_at(row) for row in rest[:PLACES])}{more}."


def _line(row: Row) -> str:
    return f"{row.get('line') or '':>6}: {wording.shorten(cut(str(row.get('text') or '')), LINE)}"


def _at(row: Row) -> str:
    """Give `file:line` as code; of a path without measure its end."""
    place = facts.place(row)
    return code(place if len(place) <= PATH else f"…{place[-PATH:]}")


def _prose(text: object) -> str:
    """Give paragraphs and lists of ours with `code` kept; the rest escaped, for log text may stand in it."""
    lines = wording.tame(str(text or "")).strip().split("\n")
    return "\n".join(_prose_line(line) for line in lines)


def _prose_line(line: str) -> str:
    bullet = re.match(r"\s*[-*] ", line)
    start = "- " if bullet else ""
    pieces = re.split(r"`([^`]+)`", line[bullet.end() :] if bullet else line.strip())
    return start + "".join(code(piece) if at % 2 else _escaped(piece) for at, piece in enumerate(pieces))


# ---------------------------------------------------------------------- the rest


def _doings(report: Report) -> Iterator[str]:
    """Tell what the cluster did, a line each: upstream's questions with their answers, fencing, broken invariants."""
    cases, fenced = facts.rows(report, "questions"), facts.rows(report, "fencing")
    broken = [breach for check in doings.checks(report) for breach in check.breaches]
    if cases or fenced or broken:
        yield "## What the cluster did"
    yield "\n".join(f"- {_short(doings.short(case))}" for case in cases[:CASES])
    yield from _more(len(cases) - CASES + (report.get("questions_left_out") or 0), "case")
    yield "\n".join(f"- {_short(doings.fencing(row), 400)} ({_place(row)})" for row in fenced[:CASES])
    yield from _more(len(fenced) - CASES, "request")
    yield "\n".join(f"- **violated:** {_short(row.get('text') or '')} ({_place(row)})" for row in broken[:CASES])
    yield from _more(len(broken) - CASES, "breach")
    if doings.checked(report):
        yield f"Invariants of a cluster: {plain(doings.checked(report))}."


def _place(row: Row) -> str:
    proof = facts.proof(row)
    return _at(proof) if proof else "no line"


def _sequences(report: Report) -> Iterator[str]:
    bad = [each for each in walks(report) if not each.well]
    if bad:
        yield "## Starts and stops that went wrong"
        yield "\n".join(f"- {_sequence(each)}" for each in bad[:SEQUENCES])
        yield from _more(len(bad) - SEQUENCES, "sequence")


def _sequence(walk: Walk) -> str:
    began = plain(wording.stamp(walk.sequence.get("began")).split(".")[0])
    notes = [f"{stride.step} ({note})" for stride in walk.strides for note in stride.notes] + [*walk.loose]
    told = f": {_short('; '.join(notes[:SEVERAL]))}" if notes else ""
    more = f" and {len(notes) - SEVERAL} more" if len(notes) > SEVERAL else ""
    return f"{_short(walk.title, 80)} at {began}, {plain(walk.outcome)}{told}{more}"


def _left_out(report: Report) -> Iterator[str]:
    texts = facts.rows(report, "unexplained")
    if texts:
        yield "## Errors nobody explained"
        yield "\n".join(f"- {_text(row)}" for row in texts[:TEXTS])
        yield from _more(len(texts) - TEXTS, "text")
    unread, missed = facts.rows(report, "unread"), facts.rows(report, "not_checked")
    lines = [f"- {code(row.get('path') or '?')}: {_short(row.get('text') or row.get('code') or '')}" for row in unread]
    more = len(lines) - LEFT_OUT
    reasons: dict[tuple[str, str], list[str]] = {}
    for row in missed:
        reasons.setdefault((row.get("reason") or "", row.get("node") or ""), []).append(plain(row.get("code")))
    where = [
        f"- {facts.enumerated(sorted(set(codes)))}{f' on {_short(node, 80)}' if node else ''}: {_short(reason)}"
        for (reason, node), codes in reasons.items()
    ]
    if lines or where:
        yield "## Not checked"
        yield "\n".join((*lines[:LEFT_OUT], *where[:LEFT_OUT]))
        yield from _more(max(more, 0) + max(len(where) - LEFT_OUT, 0), "item")


def _text(row: Row) -> str:
    place = _at(row.get("evidence") or {})
    who = f"{row.get('count')} times {row.get('daemon') or wording.UNKNOWN} {row.get('level') or ''}".strip()
    return f"{plain(who)}: {code(wording.shorten(str(row.get('text') or ''), LINE))} ({place})"


def _fitting(parts: list[str], room: int) -> list[str]:
    """Give as many parts as there is room for, and say how many are lacking."""
    for kept in range(len(parts), 0, -1):
        if _length(parts[:kept]) <= room - 100 * (kept < len(parts)):
            return parts[:kept] + list(_more(len(parts) - kept, "kind of finding"))
    return []


def _length(parts: Iterable[str]) -> int:
    return sum(len(part) + 2 for part in parts)


def _more(left: int, what: str) -> Iterator[str]:
    if left > 0:
        yield f"*… and {wording.count(left, what)} more.*"


def _short(text: object, limit: int = 300) -> str:
    return plain(wording.shorten(wording.one_line(str(text)), limit))


def _cell(span: str) -> str:
    """Escape the bars of a code span, which would end a cell even there."""
    return span.replace("|", "\\|")


def _escaped(text: str) -> str:
    """Give text that Markdown leaves as it is, and in which a tracker finds nobody to be told and nothing to link."""
    pieces = LINKED.split(text)
    return "".join(code(piece) if at % 2 else SPECIAL.sub(r"\\\1", piece) for at, piece in enumerate(pieces))


def _longest_run(text: str) -> int:
    return max((len(run) for run in re.findall("`+", text)), default=0)
