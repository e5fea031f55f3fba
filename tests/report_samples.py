"""Reports made by hand for the tests of the views: rich, healthy, minimal, hostile and far too large."""

from __future__ import annotations

import json
from typing import Any

Report = dict[str, Any]

NODES = ("pcmk-1", "pcmk-2", "pcmk-3")
EVIL = "</script><script>window.hacked=1</script><img src=x onerror='window.hacked=1'>"


def at(clock: str) -> str:
    return f"2026-11-22T{clock}Z"


def proof(node: str, line: int, said: str, file: str = "corosync.log") -> Report:
    return {"node": node, "file": f"{node}/{file}", "line": line, "text": f"Nov 22 06:46:{line % 60:02} {node} {said}"}


def finding(number: int, code: str, severity: str, node: str | None, clock: str, title: str, **more: Any) -> Report:
    lines = [proof(node or NODES[0], 100 + number, f"crmd: [2147]: {title}")]
    return {
        "id": f"f{number}",
        "code": code,
        "name": "a-name",
        "severity": severity,
        "node": node,
        "nodes": [node] if node else list(NODES),
        "at": at(clock),
        "until": None,
        "title": title,
        "explanation": f"Because `{code}` holds.\n\nA second paragraph.",
        "advice": "Stop Pacemaker first:\n\n- `service pacemaker stop`\n- `service corosync stop`",
        "confidence": 0.9,
        "caused_by": [],
        "evidence": lines,
    } | more


def node(name: str, number: int, **more: Any) -> Report:
    return {
        "name": name,
        "nodeid": number,
        "addresses": [f"10.20.0.{number}"],
        "stack": "plugin-v1",
        "plugin_ver": 1,
        "versions": {"corosync": "1.4.7", "cman": None, "pacemaker": "1.1.12", "feature_set": "3.0.9"},
        "clock": {
            "reference": "pcmk-1",
            "offset_s": 0.0 if number == 1 else 0.213 * number,
            "drift_ppm": 1.5,
            "timezone": "UTC",
            "anchors": 12,
            "residual_ms": 4.0,
        },
        "span": [at("06:00:00.000"), at("06:59:00.000")],
        "files": [f"{name}/corosync.log", f"{name}/messages"],
    } | more


STARTUP = (
    "corosync starts",
    "plugin loads",
    "ring forms",
    "pacemakerd starts",
    "cib up",
    "stonithd up",
    "lrmd up",
    "attrd up",
    "pengine up",
    "crmd up",
    "joined",
)
SHUTDOWN = (
    "pacemakerd asked to stop",
    "crmd stops",
    "pengine stops",
    "attrd stops",
    "lrmd stops",
    "stonithd stops",
    "cib stops",
    "pacemakerd stops",
    "corosync stops",
)


def sequence(
    number: int, name: str, begun: tuple[str, int], outcome: str, deviations: list[Report], skew: int = 0
) -> Report:
    kind, minute = begun
    daemons = STARTUP if kind == "startup" else SHUTDOWN
    seconds = [min(place * place * 0.41, 59) for place in range(len(daemons))]
    absent = [row["step"] for row in deviations if row["kind"] == "missing"]
    steps = [
        {
            "step": step,
            "daemon": step.split()[0],
            "pid": 2140 + place,
            "at": at(f"06:{minute:02}:{second:06.3f}"),
            "logged_at": at(f"06:{minute:02}:{min(second + skew, 59.9):06.3f}"),
            "evidence": proof(name, 20 + place, f"{step} (pid {2140 + place})"),
        }
        for place, (step, second) in enumerate(zip(daemons, seconds, strict=True))
        if step not in absent
    ]
    return {
        "id": f"s{number}",
        "node": name,
        "kind": kind,
        "stack": "plugin-v1",
        "began": steps[0]["at"],
        "ended": steps[-1]["at"],
        "outcome": outcome,
        "steps": steps,
        "deviations": deviations,
    }


def healthy() -> Report:
    return {
        "schema": "pcmklog.report/1",
        "generator": {"name": "pcmklog", "version": "0.1.0"},
        "bundle": {
            "name": "web-sun-22",
            "kind": "crm_report",
            "files": 6,
            "bytes": 4_813_022,
            "lines": 48_120,
            "parsed": 48_120,
            "classified": 9_400,
            "span": [at("06:00:00.000"), at("06:59:00.000")],
        },
        "cluster": {"name": "web", "stack": "plugin-v1", "option": 2, "members": list(NODES)},
        "nodes": [node(name, number) for number, name in enumerate(NODES, 1)],
        "sequences": [
            sequence(number, name, ("startup", number), "complete", []) for number, name in enumerate(NODES, 1)
        ],
        "findings": [],
        "verdict": {"summary": "All three nodes started in order and stayed members.", "root_causes": []},
        "rules": {
            "ORD101": {
                "name": "messaging-stopped-under-pacemaker",
                "what": "It fires.",
                "why": "It matters.",
                "remedy": "Mend it.",
            },
            "FRK201": {"name": "fork-failed", "what": "It fires.", "why": "It matters.", "remedy": "Mend it."},
        },
        "timeline": [
            {
                "node": name,
                "lane": lane,
                "began": at(f"06:0{number}:0{place}.000"),
                "ended": None,
                "how": "running",
                "title": f"pid {2140 + place}",
            }
            for number, name in enumerate(NODES, 1)
            for place, lane in enumerate(("corosync", "pacemakerd", "cib", "crmd"))
        ],
        "memberships": [
            {"ring": "12", "at": at("06:02:00.000"), "members": list(NODES[:2]), "joined": ["pcmk-2"], "left": []}
        ],
        "sources": [
            {
                "path": f"{name}/corosync.log",
                "node": name,
                "format": "corosync1",
                "lines": 16_040,
                "parsed": 16_040,
                "classified": 3_100,
                "note": "",
            }
            for name in NODES
        ],
    }


def rich() -> Report:
    """Three nodes; Corosync was stopped under Pacemaker on the second, and a fork failed on the third."""
    report = healthy()
    report["sequences"] = [
        *report["sequences"][:2],
        sequence(
            3,
            "pcmk-3",
            ("startup", 40),
            "failed",
            [
                {"kind": "missing", "step": "pengine up", "after": "attrd up", "seconds": None},
                {"kind": "slow", "step": "crmd up", "after": "attrd up", "seconds": 7.8},
            ],
            1,
        ),
        sequence(
            4,
            "pcmk-2",
            ("shutdown", 46),
            "killed",
            [
                {"kind": "out-of-order", "step": "corosync stops", "after": "crmd stops", "seconds": None},
                {"kind": "unexpected", "step": "fence", "after": None, "seconds": None},
            ],
        ),
    ]
    report["findings"] = [
        finding(1, "VER302", "warning", None, "06:00:01.100", "The nodes run the plugin with different ver:"),
        finding(
            2,
            "FRK201",
            "critical",
            "pcmk-3",
            "06:40:20.900",
            "fork failed three times: Resource temporarily unavailable",
            until=at("06:40:31.000"),
        ),
        finding(3, "ORD107", "error", "pcmk-3", "06:40:41.000", "The start never reached S_NOT_DC", caused_by=["f2"]),
        finding(4, "ORD101", "critical", "pcmk-2", "06:46:37.632", "Corosync was stopped while Pacemaker still ran"),
        finding(
            5,
            "FRK204",
            "error",
            "pcmk-2",
            "06:46:37.911",
            "cib, attrd and crmd exited: lost the cluster connection",
            caused_by=["f4"],
        ),
        finding(6, "MEM407", "error", "pcmk-2", "06:46:39.000", "pcmk-2 left without a stop", caused_by=["f4"]),
        finding(
            7,
            "FEN601",
            "critical",
            "pcmk-2",
            "06:46:44.250",
            "pcmk-2 was fenced by pcmk-1 with fence_ipmilan",
            caused_by=["f6"],
        ),
        finding(
            8,
            "ORD109",
            "critical",
            "pcmk-2",
            "06:46:52.000",
            "The logs of pcmk-2 end without a stop",
            caused_by=["f7", "f4"],
        ),
    ]
    report["verdict"] = {
        "summary": "Corosync was stopped on pcmk-2 before Pacemaker, so the node was fenced; "
        "on pcmk-3 a fork failed and its start stalled.",
        "root_causes": ["f4", "f2"],
    }
    lives = {"corosync": "stopped", "pacemakerd": "killed", "cib": "exited", "crmd": "lost"}
    for bar in report["timeline"]:
        if bar["node"] == "pcmk-2":
            bar |= {"ended": at("06:46:37.900"), "how": lives[bar["lane"]]}
    report["marks"] = [
        {
            "node": "pcmk-2",
            "lane": "corosync",
            "at": at("06:46:37.632"),
            "kind": "finding",
            "text": "Corosync was stopped while Pacemaker still ran",
            "severity": "critical",
            "finding": "f4",
        },
        {
            "node": "pcmk-1",
            "lane": "crmd",
            "at": at("06:46:40.000"),
            "kind": "dc.elected",
            "text": "pcmk-1 is DC",
            "severity": None,
            "finding": None,
        },
    ]
    report["memberships"].append(
        {"ring": "16", "at": at("06:46:39.000"), "members": ["pcmk-1", "pcmk-3"], "joined": [], "left": ["pcmk-2"]}
    )
    around = [
        f"Nov 22 06:46:{second} pcmk-2 corosync[2131]:   [pcmk  ] notice: line {second}" for second in range(30, 44)
    ]
    report["context"] = {
        "f4": [{"file": "pcmk-2/corosync.log", "node": "pcmk-2", "first_line": 97, "lines": around, "marked": [101]}]
    }
    report["not_checked"] = [{"code": "FRK201", "node": "pcmk-1", "reason": "no pacemakerd log of pcmk-1"}]
    report["unread"] = [{"path": "pcmk-3/core.2147", "code": "LOG004", "text": "no log: a core dump"}]
    return report


def minimal() -> Report:
    return {
        "schema": "pcmklog.report/1",
        "generator": {},
        "bundle": {},
        "cluster": {},
        "nodes": [],
        "sequences": [],
        "findings": [],
        "verdict": {},
    }


def evil() -> Report:
    """Text from the bundle that tries to be markup, script, escape sequence or fence, in every place."""
    report = rich()
    nasty = f"{EVIL}\x1b[2J\x07\u202e````|{{{{7*7}}}}"
    swapped = json.dumps(report).replace("pcmk-2", "NASTY")
    turned: Report = replaced(json.loads(swapped), "NASTY", nasty)
    return turned


def replaced(value: Any, old: str, new: str) -> Any:
    if isinstance(value, dict):
        return {replaced(key, old, new): replaced(inner, old, new) for key, inner in value.items()}
    if isinstance(value, list):
        return [replaced(inner, old, new) for inner in value]
    return value.replace(old, new) if isinstance(value, str) else value


def vast() -> Report:
    """More of everything than a page can hold."""
    report = rich()
    report["findings"] = [
        finding(
            number,
            "ORD101",
            "critical",
            "pcmk-1",
            "06:10:00.000",
            f"fault {number} " + "x<&>" * 200,
            caused_by=[f"f{number - 1}"] if number % 7 else [],
        )
        for number in range(1, 3001)
    ]
    report["verdict"]["root_causes"] = [f"f{number}" for number in range(7, 700, 7)]
    report["context"] = {
        f"f{number}": [
            {"file": "a.log", "node": "pcmk-1", "first_line": 1, "lines": ["<>&\"'" * 60] * 40, "marked": [3]}
        ]
        for number in range(1, 3001)
    }
    report["sequences"] = [
        sequence(number, "pcmk-1", ("startup", number % 60), "complete", []) for number in range(2000)
    ]
    report["nodes"] = [node(f"node-with-a-rather-long-name-{number}.example.com", number) for number in range(1, 33)]
    report["timeline"] = [
        {
            "node": f"n{number % 16}",
            "lane": "crmd",
            "began": at("06:00:00.000"),
            "ended": at("06:10:00.000"),
            "how": "killed",
            "title": "died " * 50,
        }
        for number in range(20_000)
    ]
    report["marks"] = [
        {
            "node": "n1",
            "lane": "crmd",
            "at": at("06:10:00.000"),
            "kind": "x.happened",
            "text": "y" * 500,
            "severity": None,
            "finding": None,
        }
        for _ in range(20_000)
    ]
    report["memberships"] = [
        {"ring": str(number), "at": at("06:10:00.000"), "members": list(NODES), "joined": [], "left": []}
        for number in range(20_000)
    ]
    report["sources"] = report["sources"] * 5000
    report["unread"] = report["unread"] * 5000
    report["not_checked"] = report["not_checked"] * 5000
    return report
