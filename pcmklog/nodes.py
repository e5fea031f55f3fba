"""Whose file is it: node names from folders, from the host names in lines, and from configuration.

A host name counts as a node when a daemon of the cluster speaks under it.  Short and full names are one node.  The
name of a folder wins over a host name that says nothing (`localhost`).
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping
from pathlib import PurePosixPath
from typing import NamedTuple

from pcmklog.store import Row, Store
from pcmklog.years import YEARLESS, Rotation, base_years, rotations, years_of_neighbours

# Folders that stand in every bundle and never name a node.
COMMON = frozenset(
    [
        "var",
        "log",
        "logs",
        "cluster",
        "corosync",
        "pacemaker",
        "heartbeat",
        "etc",
        "ha.d",
        "sos_commands",
        "sos_reports",
        "pengine",
        "pe-inputs",
        "cib",
        "crm",
        "cores",
        "openais",
        "rsyslog",
        "syslog",
        "journal",
        "systemd",
        "sysconfig",
        "default",
        "service.d",
        "uidgid.d",
        "pcmk",
        "lib",
        "lib64",
        "run",
        "proc",
        "sys",
        "usr",
        "opt",
        "tmp",
        "home",
        "root",
        "bundle",
        "bundles",
        "messages",
        "report",
        "reports",
        "blackbox",
        "trace",
        "old",
        "archive",
        "tar",
        "data",
        "files",
        "host",
        "hosts",
        "nodes",
        "node",
        "conf",
        "config",
        "configuration",
        "lrm",
        "qdevice",
        "bad",
        "good",
        "sample",
        "samples",
        "expected",
        "hacluster",
        "crmd",
        "stonith",
        "fence",
        "services",
        "boot.iso",
        "kernel",
    ]
)
EMPTY_HOSTS = frozenset({"", "localhost", "localhost.localdomain", "(none)", "linux", "host", "corosync", "last"})
ROOT = re.compile(
    r"(?:sosreport-(?P<sos>[A-Za-z0-9][\w.]*(?:-[A-Za-z][\w.]*|-\d{1,3}(?=-))*?)-\d{4,}|(?:scc|nts)_(?P<scc>[\w.-]+?)_\d{6})"
)
NODE_FILE = re.compile(
    r"(?:^|/)(?:cib\.xml|cib\.txt|corosync\.conf|sysinfo\.txt|messages|syslog|[\w.-]*\.log|[\w.-]+\.extract\.txt|ha-log\.txt|RUNNING|STOPPED|DC)$"
)
MEMBER_SETTINGS = """
select distinct value as name from setting
where (file = 'corosync.conf' and regexp_matches(path, '^nodelist\\.node\\[\\d+\\]\\.name$'))
   or (file = 'cluster.conf' and regexp_matches(path, 'clusternode\\[\\d+\\]\\.name$'))
   or (file = 'cib.xml' and regexp_matches(path, '^node\\[\\d+\\]\\.uname$'))
"""
HOSTS = """
select r.host, count(*) as n
from raw_event r join daemon d on d.name = r.daemon
where d.family <> 'system' and d.role not in ('qnetd', 'init_script') and r.host <> ''
group by r.host order by n desc, r.host
"""
# Where stamps with and without a year stand in one source: the last of these and the first of those.
MIXED = f"""
with mixed as (
  select source, min(line) filter (year >= {YEARLESS}) as dated, max(line) filter (year < {YEARLESS}) as bare
  from raw_event where local is not null group by source
)
select m.source, b.year as turns, b.local as bare, d.year as year, d.local as dated, m.bare < m.dated as before
from mixed m
join raw_event b on b.source = m.source and b.line = m.bare
join raw_event d on d.source = m.source and d.line = m.dated
"""


class Names(NamedTuple):
    """The nodes, and which node each host or folder name stands for."""

    nodes: tuple[str, ...]
    alias: dict[str, str]


def attribute(store: Store) -> None:
    """Fills `source.node`, `setting.node`, `source.base_year` and the tables `rotation` and `node_alias`."""
    sources = store.rows(
        "select id, path, role, host, mtime, first_year, first_local, last_year, last_local from source order by id"
    )
    names = _names(store, sources)
    store.execute("create table node_alias (host varchar, node varchar)")
    store.insert("node_alias", {"host": [*names.alias], "node": [*names.alias.values()]})
    owners: dict[int, str | None] = {s.id: _owner(s, names) for s in sources}
    _set(store, "node", {**owners, **_neighbours(sources, owners)})
    _set(store, "base_year", base_years(sources) | years_of_neighbours(store.rows(MIXED)))
    found = rotations(sources)
    store.insert("rotation", {name: [getattr(pair, name) for pair in found] for name in Rotation._fields})
    store.execute("update setting set node = source.node from source where source.id = setting.source")
    store.execute("update config_error set node = source.node from source where source.id = config_error.source")


def _set(store: Store, column: str, values: Mapping[int, object]) -> None:
    known = {key: value for key, value in values.items() if value is not None}
    kind = "integer" if column == "base_year" else "varchar"
    store.execute(f"create temp table known (id integer, value {kind})")
    store.insert("known", {"id": [*known], "value": [*known.values()]})
    store.execute(f"update source set {column} = known.value from known where known.id = source.id")
    store.execute("drop table known")


def _names(store: Store, sources: list[Row]) -> Names:
    hosts = [row.host for row in store.rows(HOSTS) if row.host.lower() not in EMPTY_HOSTS]
    members = [row.name for row in store.rows(MEMBER_SETTINGS)]
    folders = _folders(sources, {_short(name) for name in (*hosts, *members)})
    preferred: dict[str, str] = {}
    for name in (*members, *folders, *hosts):
        preferred.setdefault(_short(name), name)
    alias = {name: preferred[_short(name)] for name in (*members, *folders, *hosts)}
    alias |= {_short(name): node for name, node in alias.items()}
    nodes = dict.fromkeys(alias[name] for name in (*folders, *hosts))
    return Names(tuple(sorted(nodes)), alias)


def _short(name: str) -> str:
    return name.lower() if re.fullmatch(r"[\d.:]+", name) else name.split(".", maxsplit=1)[0].lower()


def _folders(sources: list[Row], known: set[str]) -> list[str]:
    """Folder names that are nodes: those that hosts or configuration name, and their siblings with files of a node."""
    parents: dict[str, Counter[str]] = defaultdict(Counter)
    for source in sources:
        parts = PurePosixPath(source.path.replace("!", "/")).parts
        for depth, part in enumerate(parts[:-1]):
            if NODE_FILE.search("/".join(parts[depth + 1 :])) or source.role == "log":
                parents["/".join(parts[:depth])][part] += 1
    found: list[str] = []
    for children in parents.values():
        if any(_short(child) in known for child in children):
            found.extend(child for child in children if _plausible(child))
        found.extend(match for child in children if (match := _root(child)))
    return list(dict.fromkeys(found))


def _plausible(folder: str) -> bool:
    return (
        folder.lower() not in COMMON
        and not folder.startswith((".", "sos"))
        and "." not in folder.removesuffix(".local")[-4:]
    )


def _root(folder: str) -> str | None:
    match = ROOT.match(folder)
    return (match["sos"] or match["scc"]) if match else None


def _owner(source: Row, names: Names) -> str | None:
    """The node of a source: the deepest folder that names one, else the host that dominates its lines."""
    parts = PurePosixPath(source.path.replace("!", "/")).parts
    for part in reversed(parts[:-1]):
        name = names.alias.get(part) or names.alias.get(_short(part)) if _plausible(part) else None
        name = name or names.alias.get(_root(part) or "")
        if name:
            return name
    if source.host and source.host in names.alias:
        return names.alias[source.host]
    if len(names.nodes) == 1:
        return names.nodes[0]
    if source.role != "log":
        return None
    own = [part for part in parts[:-1] if _plausible(part)]
    if len(own) > 1 or (own and not names.nodes):
        return own[-1]
    return names.alias.get(source.host, source.host) or None


def _neighbours(sources: list[Row], owners: Mapping[int, str | None]) -> dict[int, str]:
    """Configuration that nothing names is that of the node whose logs, and no other's, stand nearest above it.

    So it is in the archives that a collector made on each node, when their folders bear no names of nodes.
    """
    whose: dict[str, set[str]] = defaultdict(set)
    for source in sources:
        owner = owners[source.id]
        if owner is not None and source.role == "log":
            for folder in _above(source):
                whose[folder].add(owner)
    found: dict[int, str] = {}
    for source in sources:
        if owners[source.id] is None and source.role == "config":
            near = next((whose[folder] for folder in _above(source) if folder in whose), set())
            if len(near) == 1:
                found[source.id] = next(iter(near))
    return found


def _above(source: Row) -> list[str]:
    """The folders and archives that hold a source, the nearest first."""
    return [str(folder) for folder in PurePosixPath(source.path.replace("!", "/")).parents]
