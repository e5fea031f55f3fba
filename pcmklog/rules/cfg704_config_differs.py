"""The configuration files of the nodes differ in a way that matters.

## What it finds
Settings of corosync.conf or cluster.conf that have to be equal on all nodes and are not: name, transport, encryption
and timeouts of the ring, multicast address and port, the list of nodes with ids and addresses, quorum settings and
votes, the service blocks, and the version of the file. What belongs to a node (`bindnetaddr`, `nodename`, its own
`nodeid` in `totem`), logging, comments and order do not count. Where no files differ, the words of the
daemons: another `config_version`, name or id of the cluster, ring addresses, `compatibility`.

## Why it matters
Corosync does not compare the files. Nodes with different encryption or addresses do not hear each other, and nobody
logs an error on the side that lacks the key; different timeouts make memberships break; different votes let two
halves be quorate at the same time.

## What to do
Decide which file is right, copy it to all nodes (`pcs cluster sync`, `csync2 -xv`, `ccs_sync` or scp), and compare
with `md5sum /etc/corosync/corosync.conf`. Raise `config_version`. Then `corosync-cfgtool -R` (Corosync 2.3 and later)
or a restart node by node; encryption, transport and addresses of a running ring may need the whole cluster down.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing

MATTERS = re.compile(
    r"totem\.(?:version|cluster_name|config_version|transport|token\w*|consensus|join|hold|merge|send_join|fail_recv_const|crypto_\w+"
    r"|secauth|rrp_mode|ip_version|netmtu|window_size|max_messages|link_mode|knet_\w+|vsftype|clear_node_high_bit|block_unlisted_ips"
    r"|interface\[\d+\]\.(?:ringnumber|linknumber|mcastaddr|mcastport|broadcast|ttl|transport|knet_\w+))"
    r"|quorum\.(?!device\.net\.host$).+|service\[\d+\]\.(?:name|ver)|compatibility"
    r"|cluster\.(?:name|config_version|cman\.(?!nodename)\w+|totem\.\w+|multicast\.addr|quorumd\.\w+)"
    r"|cluster\.clusternodes\.clusternode\[\d+\]\.(?:name|nodeid|votes)"
)
# What Corosync takes where the key is missing: 3.x has no encryption, `secauth` is on in 1.x and 2.x.
DEFAULTS = {
    "crypto_cipher": "none",
    "crypto_hash": "none",
    "ver": "0",
    "two_node": "0",
    "ringnumber": "0",
    "linknumber": "0",
}
WORDS = {"on": "yes", "off": "no", "true": "yes", "false": "no", "1": "1"}
SYMPTOMS = """
select id from event
where kind in ('knet.decrypt_failed', 'knet.digest_invalid', 'totem.digest_invalid', 'totem.crypto_differs',
               'totem.config_differs', 'cman.node_conflict', 'cman.config_version_differs',
               'corosync.config_version_differs')
order by ts nulls first, id
limit 6
"""
SAID = """
select id, ts, node, text, kind from event
where node is not null and kind in ('totem.config_differs', 'cman.node_conflict', 'cman.config_version_differs',
                                    'corosync.config_version_differs')
order by ts nulls first, id
"""
MODES = """
select node, arg_max(fields->>'mode', id) as mode, max(ts) as at, max(id) as id from event
where kind = 'corosync.sync_mode' and node is not null
group by node order by node
"""
Facts = dict[str, tuple[str, tuple[Line, ...]]]


@rule(
    "CFG704",
    "config-differs",
    "error",
    reads=("corosync.started", "cman.started", "pacemakerd.started", "cman.config_read"),
)
def config_differs(store: Store) -> Iterator[Finding]:
    """The files of one kind, compared setting by setting."""
    for kind in ("corosync.conf", "cluster.conf"):
        own = {file.node: _facts(file) for file in _files.files(store, kind) if file.node is not None}
        keys = sorted({key for facts in own.values() for key in facts})
        different = [key for key in keys if len({_value(facts, key) for facts in own.values()}) > 1]
        if len(own) > 1 and different:
            yield _finding(store, kind, {node: facts for node, facts in own.items() if node is not None}, different)
            return
    yield from _said(store)


def _said(store: Store) -> Iterator[Finding]:
    """Where the files are not there, or are equal by now: what the daemons say of their peers' files."""
    kept: dict[str, list[Row]] = {}
    for row in store.rows(SAID):
        kept.setdefault(row.node, []).append(row)
    for node, rows in kept.items():
        yield Finding(
            node,
            f"{node} met another configuration than its own at {clock(rows[0].ts)}: {rows[0].text.rstrip('!. ')}.",
            at=rows[0].ts,
            until=rows[-1].ts if rows[-1].ts != rows[0].ts else None,
            evidence=tuple(row.id for row in rows[:12]),
        )
    modes = store.rows(MODES)
    if len({row.mode for row in modes}) > 1:
        yield Finding(
            None,
            f"The nodes ran in different modes of compatibility: {', '.join(f'{m.node} {m.mode}' for m in modes)}.",
            at=max(row.at for row in modes),
            evidence=tuple(row.id for row in modes),
            nodes=tuple(row.node for row in modes),
        )


def _finding(store: Store, kind: str, own: dict[str, Facts], different: list[str]) -> Finding:
    odd = _odd_one(own, different)
    shown = "; ".join(_difference(own, key) for key in different[:4])
    more = f" and {len(different) - 4} more" if len(different) > 4 else ""
    lines = [line for key in different for facts in own.values() if key in facts for line in facts[key][1]]
    return Finding(
        odd,
        f"{kind} of {odd or listing(own)} differs{' from that of its peers' if odd else ''}: {shown}{more}.",
        evidence=(*dict.fromkeys(lines[:24]), *(row.id for row in store.rows(SYMPTOMS))),
        nodes=tuple(own),
    )


def _odd_one(own: dict[str, Facts], different: list[str]) -> str | None:
    """The one node that differs where all the others agree."""
    alone: Counter[str] = Counter()
    for key in different:
        values = Counter(_value(facts, key) for facts in own.values())
        for node, facts in own.items():
            alone[node] += values[_value(facts, key)] == 1 and len(values) == 2 and len(own) > 2
    (node, count), *_ = alone.most_common(1)
    return node if count == len(different) else None


def _difference(own: dict[str, Facts], key: str) -> str:
    held: dict[str, list[str]] = {}
    for node, facts in own.items():
        held.setdefault(facts[key][0] if key in facts else "not set", []).append(node)
    return f"{key} {', '.join(f'{value} on {listing(nodes)}' for value, nodes in held.items())}"


def _value(facts: Facts, key: str) -> str:
    return facts[key][0] if key in facts else DEFAULTS.get(key.rpartition(".")[2], "")


def _facts(file: _files.File) -> Facts:
    """What has to be equal, by keys that do not depend on the order of blocks."""
    facts: Facts = {}
    for path, row in file.values.items():
        if MATTERS.fullmatch(path) and not path.startswith("cluster.clusternodes"):
            facts[_key(file, path)] = (_plain(row.value), (Line(file.source, row.line),))
    for entry in _files.entries(file):
        who = _files.short(entry.name) if entry.name else entry.nodeid
        facts[f"node {who} nodeid"] = (entry.nodeid, entry.lines[:1])
        if entry.addresses:
            facts[f"node {who} addresses"] = (", ".join(entry.addresses), entry.lines[-len(entry.addresses) :])
    return facts


def _key(file: _files.File, path: str) -> str:
    """Service blocks go by their names, interfaces by their numbers."""
    section, _, last = path.rpartition(".")
    if section.startswith("service["):
        return f"service {file.get(f'{section}.name')}.{last}"
    if section.startswith("totem.interface["):
        number = file.get(f"{section}.linknumber") or file.get(f"{section}.ringnumber", "0")
        return f"totem.interface {number}.{last}"
    return path


def _plain(value: str) -> str:
    text = value.strip().lower()
    return WORDS.get(text, text)
