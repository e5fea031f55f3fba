"""One story in every kind of bundle that support engineers get is told the same way."""

from __future__ import annotations

import bz2
import gzip
import lzma

import pytest

from pcmklog.analyze import analyze
from tests.bundles import tar, zipped
from tests.logs import COROSYNC_START, COROSYNC_STOP, corosync, pacemaker_start, pacemaker_stop, text

NODES = ("node1", "node2")
STAMP = "Mon-02-Nov-2026"
NODE = " node {{\n  name: node{0}\n  nodeid: {0}\n }}\n"
CONF = f"totem {{\n version: 2\n}}\nnodelist {{\n{NODE.format(1)}{NODE.format(2)}}}\n"
SYSINFO = "Platform: Linux\nKernel release: 6.1.0-9-amd64\nPacemaker 2.1.5 (Build: a3f44794f94): agent-manpages\n"


def logs(node):
    """What a node wrote: it started and stopped."""
    ring = [*corosync(0, COROSYNC_START, node), *corosync(90, COROSYNC_STOP, node)]
    return {
        "corosync.log": text(ring),
        "pacemaker.log": text([*pacemaker_start(2, node=node), *pacemaker_stop(80, node)]),
    }


def syslog(node):
    """The same in syslog: whole seconds, without levels."""
    lines = "".join(logs(node).values()).splitlines()
    shapes = ((line[:15], line.split()[3:]) for line in lines)
    return "".join(
        f"{stamp} {node} corosync[40]:   {' '.join(rest[3:])}\n"
        if rest[0] == "[40]"
        else f"{stamp} {node} {rest[1]}{rest[2]}:  {' '.join(rest[4:])}\n"
        for stamp, rest in shapes
    )


def both(place, files):
    return {f"{place.format(node)}{name}": content for node in NODES for name, content in files(node).items()}


def crm_report(top="pcmk-" + STAMP):
    def files(node):
        own = {"cluster-log.txt": logs(node)["pacemaker.log"], "messages": syslog(node), "sysinfo.txt": SYSINFO}
        return logs(node) | own | {"report.out": "", "events.txt": syslog(node), "corosync.conf": CONF}

    return both(top + "/{}/", files) | {f"{top}/analysis.txt": "Diff corosync.conf... OK\n"}


def hb_report(*, crmsh=False):
    def files(node):
        log = "journal.log" if crmsh else "ha-log.txt"
        return logs(node) | {log: syslog(node), "events.txt": syslog(node), "sysinfo.txt": SYSINFO, "RUNNING": ""}

    more = {"report.log": "collected\n"} if crmsh else {}
    top = {"description.txt": "Please edit.\n", "analysis.txt": "OK\n", "members.txt": "node1 node2\n"}
    return both("report/{}/", lambda node: files(node) | more) | {f"report/{k}": v for k, v in top.items()}


def sosreport(node):
    top = f"sosreport-{node}-2026-11-02-abcdefg"
    var = {f"{top}/var/log/cluster/corosync.log": logs(node)["corosync.log"]}
    var[f"{top}/var/log/pacemaker/pacemaker.log"] = logs(node)["pacemaker.log"]
    var[f"{top}/var/log/messages"] = syslog(node)
    etc = {f"{top}/etc/corosync/corosync.conf": CONF, f"{top}/etc/hostname": f"{node}\n"}
    commands = {"date/date": "Mon Nov  2 11:00:00 UTC 2026\n", "host/hostname": f"{node}\n"}
    report = {f"crm_report/{node}/{name}": content for name, content in logs(node).items()}
    commands |= {f"pacemaker/{name}": content for name, content in report.items()}
    return var | etc | {f"{top}/sos_commands/{name}": content for name, content in commands.items()}


def section(kind, title, content):
    return f"#==[ {kind} ]==========#\n# {title}\n{content}\n"


def supportconfig(node):
    top = f"scc_{node}_261102_1100"
    ha = section("Configuration File", "/etc/corosync/corosync.conf", CONF)
    for name, content in logs(node).items():
        ha += section("Log File", f"/var/log/cluster/{name} - Last 500 Lines", content)
    return {
        f"{top}/ha.txt": ha,
        f"{top}/messages.txt": section("Log File", "/var/log/messages", syslog(node)),
        f"{top}/basic-environment.txt": section("Command", "/bin/date", "Mon Nov  2 11:00:00 UTC 2026\n"),
    }


def packed(files):
    return tar(
        *((name, content if isinstance(content, bytes) else content.encode()) for name, content in files.items())
    )


def renamed(files):
    return {name.replace("node1/", "node1.example.com/"): content for name, content in files.items()}


def one(name, data):
    return {name: data}


def each(name, files, pack):
    return {name.format(node): pack(packed(files(node))) for node in NODES}


KINDS = {
    "crm_report": lambda: one("pcmk.tar.bz2", bz2.compress(packed(crm_report()))),
    "pcs cluster report": lambda: one("cluster.tar.bz2", bz2.compress(packed(crm_report("cluster")))),
    "crm_report of full names": lambda: one("r.tar.gz", gzip.compress(packed(renamed(crm_report())))),
    "hb_report": lambda: one("report.tar.bz2", bz2.compress(packed(hb_report()))),
    "crm report": lambda: one("crm_report-Mon.tar.bz2", bz2.compress(packed(hb_report(crmsh=True)))),
    "history of hawk": lambda: one(
        "h.tar.gz", gzip.compress(packed({"report/report.tar.bz2": bz2.compress(packed(hb_report()))}))
    ),
    "sosreports": lambda: each("sosreport-{}-2026-11-02-abcdefg.tar.xz", sosreport, lzma.compress),
    "sos collect": lambda: one(
        "sos-collector-web-2026-11-02-abcde.tar.xz",
        lzma.compress(
            packed(
                {
                    f"sos-collector-web-2026-11-02-abcde/{name}": data
                    for name, data in each("sosreport-{}-2026-11-02-abcdefg.tar.xz", sosreport, lzma.compress).items()
                }
            )
        ),
    ),
    "supportconfigs": lambda: each("scc_{}_261102_1100.txz", supportconfig, lzma.compress),
    "zip of supportconfigs": lambda: one(
        "case.zip", zipped(*each("scc_{}_261102_1100.txz", supportconfig, lzma.compress).items())
    ),
    "folders": lambda: both("{}/var/log/", lambda node: logs(node) | {"messages": syslog(node)}),
    "files": lambda: both("{}-", logs),
}  # fmt: skip


def told(report):
    """What must not depend on the kind: nodes, sequences with their steps, lives, events, findings."""
    return {
        "nodes": [node["name"] for node in report["nodes"]],
        "sequences": [
            (s["node"], s["kind"], s["outcome"], [(p["step"], p["daemon"], p["at"]) for p in s["steps"]])
            for s in sorted(report["sequences"], key=lambda s: (s["node"], s["began"]))
        ],
        "lives": sorted(
            (life["node"], life["lane"], life["began"] or "", life["ended"] or "") for life in report["timeline"]
        ),
        "marks": sorted((mark["node"], mark["kind"], mark["at"]) for mark in report["marks"]),
        "findings": sorted((f["code"], f["node"] or "") for f in report["findings"]),
    }


def analyzed(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return analyze(sorted(folder.iterdir()))


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """The story from the logs alone."""
    return told(analyzed(tmp_path_factory.mktemp("plain"), both("{}/", logs)))


def test_the_story_is_one_of_two_starts_and_stops(plain):
    assert plain["nodes"] == ["node1", "node2"]
    assert [(node, kind, outcome) for node, kind, outcome, _ in plain["sequences"]] == [
        (node, kind, "complete") for node in NODES for kind in ("startup", "shutdown")
    ]


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_bundle_tells_the_same_story(tmp_path, plain, kind):
    report = analyzed(tmp_path, KINDS[kind]())
    assert report["unread"] == []
    assert told(report) == plain
