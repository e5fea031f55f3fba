"""What a timeline shows: entries in the order of the cluster clock, findings, and what each node was meanwhile."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from importlib.resources import files
from typing import Any, NamedTuple

from duckdb import ColumnExpression as Column
from duckdb import ConstantExpression as Constant
from duckdb import DuckDBPyRelation, Expression

from pcmklog.model import Finding, Line, PcmklogError
from pcmklog.store import Row, Store
from pcmklog.timeline import filters, moments

AROUND_S = 60.0  # what is shown before and after the moment that was asked for
NOTABLE = (
    "corosync.started", "corosync.ready", "corosync.exited", "pacemakerd.started", "pacemakerd.stopping",
    "pacemakerd.stopped", "child.forked", "child.exited", "child.signalled", "child.respawned", "controller.state",
    "totem.token_lost", "totem.membership_formed", "plugin.membership_stable", "quorum.gained", "quorum.lost",
    "system.booted", "fencing.wanted", "fencing.succeeded", "fencing.failed",
)  # fmt: skip
"""Kinds that are shown without `--min-severity` though some releases log them as info."""

SHOWN_STATES = "select node, aspect, value, since, until from state order by node, since, until"
SPAN = "select min(ts) as first, max(ts) as last from entry"


@dataclass(frozen=True)
class Wanted:
    """What the user asks for, in the words of the command line."""

    since: str | None = None
    until: str | None = None
    around: str | None = None
    within: str | None = None
    nodes: Sequence[str] = ()
    daemons: Sequence[str] = ()
    min_severity: str | None = None
    where: str | None = None


class Entry(NamedTuple):
    """Events of one node that say the same, one after the other; the first stands for all.

    `ts` and `until` are on the cluster clock, `logged` is the node's own, `face` what its clock showed in its zone.
    """

    ts: float
    until: float
    logged: float
    face: float | None
    digits: int
    node: str
    daemon: str
    subsystem: str
    pid: int | None
    kind: str
    level: str
    severity: int
    text: str
    file: str
    line: int
    times: int
    findings: tuple[str, ...]


class Spell(NamedTuple):
    """What a node was from a moment on: up, down, unknown, fencing; with quorum or not; DC or not."""

    since: float
    condition: str  # quorate, inquorate, up (quorum not known), down, fenced, unknown
    dc: bool


@dataclass(frozen=True)
class Timeline:
    """A stretch of the bundle's time, ready to be shown."""

    bundle: str
    nodes: tuple[str, ...]
    since: float
    until: float
    entries: tuple[Entry, ...]
    findings: tuple[Finding, ...]
    spells: dict[str, list[Spell]] = field(default_factory=dict)
    clocks: tuple[Row, ...] = ()
    left_out: int = 0  # events below the severity that is shown
    timeless: int = 0  # events without a stamp

    def state(self, node: str, ts: float) -> Spell | None:
        """What the node was at that moment; None before anything is known."""
        spells = self.spells.get(node, [])
        at = bisect_right(spells, ts, key=lambda spell: spell.since)
        return spells[at - 1] if at else None


def timeline(store: Store, bundle: str, findings: Sequence[Finding], wanted: Wanted) -> Timeline:
    """The timeline of an analysed bundle.  Raises PcmklogError for a wish that is not understood or names nothing."""
    nodes, since, until = stretch(store, findings, wanted)
    inside = (Column("ts") >= Constant(since)) & (Column("ts") <= Constant(until))
    inside = inside & Column("node").isin(*map(Constant, nodes))
    if wanted.daemons:
        names = list(wanted.daemons)
        inside = inside & (filters.one_of("daemon", names) | filters.one_of("role", names))
    if wanted.where:
        inside = inside & filters.condition(wanted.where)
    heavy = _heavy(wanted)
    chosen = store.connection.table("entry").filter(inside)
    shown = chosen if heavy is None else chosen.filter(heavy)
    rows = _asked(shown, files("pcmklog").joinpath("sql", "runs.sql").read_text("utf-8"))
    timeless = store.one("select count(*) as n from event where ts is null and node is not null")
    assert timeless is not None
    plain = not (wanted.where or wanted.daemons)
    return Timeline(
        bundle,
        nodes,
        since,
        until,
        tuple(Entry._make((*row[1:-1], tuple(sorted(row[-1] or (), key=_number)))) for row in rows),
        tuple(f for f in findings if plain and _concerns(f, nodes, since, until)),
        _spells(store, nodes),
        tuple(store.rows("select * from clock order by node")),
        chosen.shape[0] - sum(row[-2] for row in rows),
        timeless.n,
    )


def stretch(store: Store, findings: Sequence[Finding], wanted: Wanted) -> tuple[tuple[str, ...], float, float]:
    """The nodes that are meant, and from when to when; raises what `timeline` does."""
    _prepare(store, findings)
    nodes = _nodes(store, wanted.nodes)
    return nodes, *_stretch(store, findings, wanted)


def _asked(shown: DuckDBPyRelation, query: str) -> list[tuple[Any, ...]]:
    """The rows of a query over `shown`."""
    result = shown.query("shown", query)
    assert result is not None
    return result.fetchall()


def _prepare(store: Store, findings: Sequence[Finding]) -> None:
    """The temporary tables that the timeline is chosen from."""
    store.execute("create or replace temp table told (event bigint, finding varchar)")
    proofs = [(proof, finding.id) for finding in findings for proof in finding.evidence]
    told = [(proof, name) for proof, name in proofs if not isinstance(proof, Line)]
    lines = [(proof, name) for proof, name in proofs if isinstance(proof, Line)]
    store.insert("told", {"event": [event for event, _ in told], "finding": [name for _, name in told]})
    store.execute(
        "insert into told (event, finding) select w.event, p.finding from (select unnest(?::integer[]) as source, "
        "unnest(?::bigint[]) as line, unnest(?::varchar[]) as finding) p join witness w using (source, line)",
        [place.source for place, _ in lines], [place.line for place, _ in lines], [name for _, name in lines],
    )  # fmt: skip
    store.script("timeline")


def _nodes(store: Store, wanted: Sequence[str]) -> tuple[str, ...]:
    """The nodes with entries, or those that the user named, a star standing for anything."""
    every = tuple(row.node for row in store.rows("select distinct node from entry order by node"))
    if not wanted:
        return every
    found = store.connection.table("entry").filter(filters.one_of("node", list(wanted)))
    some = {name for (name,) in _asked(found, "select distinct node from shown")}
    for name in wanted:
        if "*" not in name and name.lower() not in {node.lower() for node in some}:
            raise PcmklogError(f"There is no node {name}; the nodes are {', '.join(every) or 'not known'}.")
    return tuple(node for node in every if node in some)


def _stretch(store: Store, findings: Sequence[Finding], wanted: Wanted) -> tuple[float, float]:
    span = store.one(SPAN)
    if span is None or span.first is None:
        raise PcmklogError("No event of this bundle has a time, so there is no timeline.")
    known = moments.Known(span.first, span.last, {finding.id: finding.at for finding in findings})
    since, until = known.first, known.last
    if wanted.around:
        middle = moments.moment(wanted.around, known)
        within = moments.seconds(wanted.within) if wanted.within else AROUND_S
        since, until = middle - within, middle + within
    since = moments.moment(wanted.since, known) if wanted.since else since
    until = moments.moment(wanted.until, known) if wanted.until else until
    if since > until and wanted.since and wanted.until:
        raise PcmklogError(f"The timeline would end before it begins: {wanted.since} is later than {wanted.until}.")
    if since > until:
        logs = f"{moments.shown(known.first)} to {moments.shown(known.last)} UTC"
        raise PcmklogError(f"There is nothing in that stretch of time: the logs of this bundle are of {logs}.")
    return since, until


def _heavy(wanted: Wanted) -> Expression | None:
    """The condition of severity; None where everything is shown.  By default what proves a finding is shown anyway."""
    if wanted.min_severity:
        return Column("severity") >= Constant(filters.severity(wanted.min_severity))
    if wanted.where:
        return None
    notable = Column("kind").isin(*map(Constant, NOTABLE)) | Column("findings").isnotnull()
    return (Column("severity") >= Constant(filters.severity("notice"))) | notable


def _concerns(finding: Finding, nodes: Iterable[str], since: float, until: float) -> bool:
    """Whether a finding is in the stretch and on one of the nodes."""
    whose = {name for name in (finding.node, *finding.nodes) if name}
    return finding.at is not None and since <= finding.at <= until and (not whose or bool(whose.intersection(nodes)))


def _number(name: str) -> tuple[int, str]:
    digits = name.lstrip("f")
    return (int(digits) if digits.isdecimal() else 0, name)


def _spells(store: Store, nodes: Sequence[str]) -> dict[str, list[Spell]]:
    """What each node was from when on: the last word on each aspect, taken together."""
    said: dict[str, dict[str, str]] = {node: {} for node in nodes}
    found: dict[str, list[Spell]] = {node: [] for node in nodes}
    for row in store.rows(SHOWN_STATES):
        if row.node not in said:
            continue
        said[row.node][row.aspect] = row.value
        spell = Spell(row.since, _condition(said[row.node]), said[row.node].get("dc") == row.node)
        spells = found[row.node]
        if spells and spells[-1].since == spell.since:
            spells.pop()
        if not spells or spells[-1][1:] != spell[1:]:
            spells.append(spell)
    return found


def _condition(said: dict[str, str]) -> str:
    """One word for a node, of all that is known of it."""
    messaging = said.get("daemon.messaging", said.get("daemon.heartbeat", "unknown"))
    if said.get("fencing") in ("pending", "fenced"):
        return "fenced" if said["fencing"] == "fenced" else "fencing"
    if messaging == "unknown":
        return "unknown"
    if messaging != "running":
        return "down"
    return {"yes": "quorate", "no": "inquorate"}.get(said.get("quorum", ""), "up")
