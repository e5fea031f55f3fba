"""Builds the report: one dictionary, the JSON report, of which all other reports are views."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import PurePosixPath
from typing import Any

from pcmklog import __version__, dating, evidence
from pcmklog.browse import events
from pcmklog.bundle import Bundle
from pcmklog.chart import chart
from pcmklog.coverage import coverage, releases
from pcmklog.lacks import lacks
from pcmklog.listing import sources
from pcmklog.matrix import settings
from pcmklog.model import Finding
from pcmklog.processes import processes
from pcmklog.rule import Rule
from pcmklog.sections import sections, shown, time
from pcmklog.store import Row, Store
from pcmklog.verdict import verdict

Report = dict[str, Any]
OPTION = {"plugin-v0": 1, "plugin-v1": 2, "cman": 3, "corosync": 4}
HEARD = """
select n.name as node, coalesce(list(distinct e.role) filter (e.kind is not null), []) as roles
from node n left join event e on e.node = n.name
where n.has_logs
group by n.name order by n.name
"""
SPANS = "select node, min(first_ts) as first, max(last_ts) as last from source where role = 'log' group by node"
FILES = "select node, list(path order by path) as paths from source where role in ('log', 'config') group by node"
SPEAKERS = {"messaging": "Corosync or CMAN", "mcp": "pacemakerd", "": "the system"}


def report(store: Store, bundle: Bundle, rules: Sequence[Rule], findings: Sequence[Finding]) -> Report:
    """The report in the shape of the contract, with more keys for the views at its end."""
    missed = _not_checked(store, rules)
    told = evidence.told(store, findings, missed)
    nodes = _nodes(store)
    doings = sections(store, findings)
    judged = verdict(findings, doings)
    return {
        "schema": "pcmklog.report/1",
        "generator": {"name": "pcmklog", "version": __version__},
        "bundle": _bundle(store, bundle),
        "cluster": _cluster(store, nodes),
        "nodes": nodes,
        "sequences": _sequences(store),
        "findings": told,
        "verdict": {
            "summary": judged.summary,
            "root_causes": list(judged.root_causes),
            "sentences": list(judged.sentences),
            "next": judged.next_step or None,
            "unknown": list(judged.unknown),
        },
        **chart(store, findings),
        **doings,
        "context": evidence.context(store, told),
        "rules": {r.code: {"name": r.name, "what": r.what, "why": r.why, "remedy": r.remedy} for r in rules},
        "not_checked": missed,
        "sources": sources(store, bundle.links),
        **coverage(store),
        "lacks": lacks(store, findings, doings["questions"]),
        "processes": processes(store),
        "settings": settings(store),
        "events": events(store, findings),
    }


def _bundle(store: Store, bundle: Bundle) -> Report:
    total = store.one(
        "select count(*) as files, sum(bytes)::bigint as bytes, sum(lines)::bigint as lines, "
        "sum(parsed)::bigint as parsed, "
        "sum(classified)::bigint as classified, min(first_ts) as first, max(last_ts) as last from source"
    )
    assert total is not None
    return {
        "name": bundle.name,
        "kind": bundle.kind,
        "files": total.files,
        "bytes": total.bytes or 0,
        "lines": total.lines or 0,
        "parsed": total.parsed or 0,
        "classified": total.classified or 0,
        "span": [time(total.first), time(total.last)],
    }


def _cluster(store: Store, nodes: list[Report]) -> Report:
    name = store.one(
        "select value from setting where path in ('totem.cluster_name', 'cluster.name', 'property.cluster-name') "
        "order by source, line limit 1"
    )
    stacks = {node["stack"] for node in nodes if node["stack"]}
    stack = stacks.pop() if len(stacks) == 1 else None
    return {
        "name": name.value if name else None,
        "stack": stack,
        "option": OPTION.get(stack or ""),
        "members": [n["name"] for n in nodes],
    }


def _nodes(store: Store) -> list[Report]:
    found = []
    clocks, zones, spans, files = (
        {row.node: row for row in store.rows(query)} for query in ("from clock", "from node_zone", SPANS, FILES)
    )
    for node in store.rows("select * from node order by name"):
        clock, zone, span = (rows.get(node.name) for rows in (clocks, zones, spans))
        found.append(
            {
                "name": node.name,
                "nodeid": node.nodeid,
                "addresses": list(node.addresses or []),
                "stack": node.stack,
                "plugin_ver": node.plugin_ver,
                "versions": {
                    "corosync": node.corosync,
                    "cman": node.cman,
                    "pacemaker": node.pacemaker,
                    "feature_set": node.feature_set,
                },
                "releases": releases(store, node.name),
                "clock": {
                    "reference": clock.reference if clock else None,
                    "offset_s": clock.offset_s if clock and _is_known(clock) else None,
                    "drift_ppm": clock.drift_ppm if clock else None,
                    "timezone": _zone((zone.utc_offset if zone else 0.0) + (clock.zone_s if clock else 0.0))
                    if zone or clock
                    else None,
                    "anchors": clock.anchors if clock else 0,
                    "residual_ms": clock.residual_ms if clock else None,
                    "error_s": clock.error_s if clock else None,
                    "timezone_proof": _zone_proof(store, node.name, clock),
                    "year_proof": dating.year_proof(store, node.name),
                },
                "span": [time(span.first), time(span.last)] if span else [None, None],
                "files": files[node.name].paths if node.name in files else [],
            }
        )
    return found


def _is_known(clock: Row) -> bool:
    """Whether anything tells how far the clock was from the reference."""
    return bool(clock.anchors or clock.given or clock.node == clock.reference)


def _zone_proof(store: Store, node: str, clock: Row | None) -> str | None:
    """What proves the zone: the node's own lines and files, else the moments that it shares with others."""
    if clock is not None and clock.zone_s:
        return f"proved by {clock.anchors} moments common with other nodes"
    return dating.zone_proof(store, node)


def _zone(seconds: float) -> str:
    if not seconds:
        return "UTC"
    minutes = round(abs(seconds) / 60)
    return f"UTC{'+' if seconds > 0 else '-'}{minutes // 60:02d}:{minutes % 60:02d}"


def _sequences(store: Store) -> list[Report]:
    steps: dict[int, list[Report]] = {}
    rows = store.rows("select p.*, e.logged from step p left join event e on e.id = p.event order by sequence, n")
    events = list(dict.fromkeys(row.event for row in rows if row.event is not None))
    proofs = dict(zip(events, store.evidences(events), strict=True))
    for row in rows:
        steps.setdefault(row.sequence, []).append(
            {
                "step": row.step,
                "daemon": row.daemon,
                "pid": row.pid,
                "at": time(row.ts),
                "logged_at": time(row.logged),
                "evidence": next((shown(proof) for proof in proofs.get(row.event, ())), None),
            }
        )
    deviations: dict[int, list[Report]] = {}
    for row in store.rows("select * from deviation order by sequence, n"):
        deviations.setdefault(row.sequence, []).append(
            {"kind": row.kind, "step": row.step, "after": row.after, "seconds": row.seconds}
        )
    return [
        {
            "id": f"s{row.id}",
            "node": row.node,
            "kind": row.kind,
            "stack": row.stack,
            "began": time(row.began),
            "ended": time(row.ended),
            "outcome": row.outcome,
            "steps": steps.get(row.id, []),
            "deviations": deviations.get(row.id, []),
        }
        for row in store.rows("select * from sequence order by began nulls first, node, id")
    ]


def _not_checked(store: Store, rules: Sequence[Rule]) -> list[Report]:
    """Rules that could find nothing, because nobody speaks who says what they read: in the bundle, or on one node."""
    nodes = store.rows(HEARD)
    speakers: dict[str, set[str]] = {}
    for row in store.rows("select distinct kind, role from event"):
        speakers.setdefault(row.kind, set()).add(row.role)
    rows = []
    for rule in rules:
        roles = {role for kind in rule.reads for role in speakers.get(kind, ())}
        if rule.reads and not roles:
            rows.append({"code": rule.code, "node": None, "reason": "none of the lines that it reads is in the bundle"})
        elif rule.reads:
            reason = f"no line of {_speakers(roles)} in its logs"
            rows += [
                {"code": rule.code, "node": node.node, "reason": reason}
                for node in nodes
                if not roles.intersection(node.roles)
            ]
    return rows


def _speakers(roles: set[str]) -> str:
    """Those who say what a rule reads; several daemons of Pacemaker are Pacemaker."""
    of_pacemaker = sorted(roles - {"messaging", ""})
    names = ["Pacemaker" if len(of_pacemaker) > 1 else SPEAKERS.get(role, f"the {role}") for role in of_pacemaker[:1]]
    names += [SPEAKERS[role] for role in ("messaging", "") if role in roles]
    return " or ".join(names)


def stem(name: str) -> str:
    """The name of a bundle without the endings of archives, for the names of report files."""
    plain = PurePosixPath(name).name
    for ending in (".gz", ".bz2", ".xz", ".zst", ".tgz", ".tbz", ".txz", ".tar", ".zip"):
        plain = plain.removesuffix(ending)
    return plain or "report"
