"""The configuration does not fit the host that runs with it.

## What it finds
A cluster.conf that does not name the host, a `nodename` (CMAN in corosync.conf) of another host, a node id or address
with which Corosync runs and which its own configuration or that of the peers does not have for it, the errors in
which the daemons say so, and a node id that is the loopback address. Capitals in a node name are for information.

## Why it matters
CMAN looks for its own name in cluster.conf and does not start when it is not there; the reason goes to the terminal
only, the log stays empty. A copied `nodename` makes two hosts one. With another id or address than the peers expect,
Corosync starts, finds nobody and says nothing: the node stays alone, each side without the other, and with fencing in
danger.

## What to do
`uname -n` has to be the clusternode's name in cluster.conf (or an alias that /etc/hosts resolves to the same
address), and `nodename` in the `cman` section of corosync.conf has to be set for each host. In `nodelist` the `name`,
`nodeid` and `ring0_addr` of a node must be the same on all nodes, and the address one that the host has (`ip addr`).
Correct the file, copy it to all nodes, restart the stack of the node.
"""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing

SAID = """
select id, ts, node, text from event
where kind = 'node.name_mismatch'
  or (
    kind = 'cman.config_error'
    and regexp_matches(text, 'node ?name|no nodeid in cluster.conf|resolves to localhost', 'i')
  )
order by node, ts nulls first, id
"""
LOOPBACK = ("16777343", "2130706433")  # 127.0.0.1 as a number, in either order of bytes
HOSTS = """
select name from node n
where has_logs and exists (
    select 1 from event e where e.node = n.name and e.role in ('messaging', 'mcp', 'fenced', 'controller', 'cib')
  )
order by name
"""
# The address and the node id with which a Corosync came up that stayed alone to its end.
RAN = """
select m.node, m.began, m.how,
  (select arg_min((e.id, e.fields->>'address'), e.id) from event e
    where e.node = m.node and e.kind in ('totem.link_configured', 'totem.interface_up')
      and e.fields->>'link' is distinct from '1'
      and e.ts between m.began - 0.5 and m.began + 30) as address,
  (select arg_min((e.id, e.fields->>'members'), e.id) from event e
    where e.node = m.node and e.kind = 'quorum.sync_members' and e.fields->>'count' = '1'
      and e.ts between m.began - 0.5 and m.began + 30) as nodeid
from life m
where m.role = 'messaging' and m.began is not null and m.how not in ('refused', 'failed')
  and not exists (
    select 1 from event e
    where e.node = m.node and e.kind in ('quorum.sync_members', 'quorum.members') and e.fields->>'count' <> '1'
      and e.ts between m.began and coalesce(m.ended, 'infinity'::double)
  )
order by m.began, m.node
"""
WITNESSES = """
select id from event
where node = ? and ts between ? and ? + 5
  and kind in ('quorum.sync_members', 'quorum.sync_joined', 'quorum.members', 'quorum.waiting_for_all',
               'totem.membership_formed')
order by ts, id limit 6
"""
INVOKED = """
select id from event where node = ? and kind in ('pacemakerd.invoked', 'daemon.core_directory') order by ts, id limit 3
"""


@rule("CFG702", "nodename-mismatch", "error", reads=("corosync.started", "pacemakerd.invoked", "cman.started"))
def nodename_mismatch(store: Store) -> Iterator[Finding]:
    """What the daemons say, names in the files, and ids and addresses against the files."""
    said: dict[str | None, list[Row]] = {}
    for row in store.rows(SAID):
        said.setdefault(row.node, []).append(row)
    for node, rows in said.items():
        yield Finding(
            node,
            f"{node} did not find itself in the configuration at {clock(rows[0].ts)}: {rows[0].text.rstrip('.')}.",
            at=rows[0].ts,
            until=rows[-1].ts if rows[-1].ts != rows[0].ts else None,
            evidence=tuple(row.id for row in rows[:12]),
        )
    yield from _loopback(store)
    hosts = [row.name for row in store.rows(HOSTS) if row.name not in said]
    yield from _unnamed(store, hosts)
    yield from _ran_otherwise(store)


def _loopback(store: Store) -> Iterator[Finding]:
    """A node id that is 127.0.0.1 as a number; and names with capitals, which work but are not advised."""
    told: set[str | None] = set()
    for event in store.events("plugin.local_nodeid", "node.name_capitals"):
        capitals = event.kind == "node.name_capitals"
        if event.node in told or not (capitals or event.fields.get("nodeid") in LOOPBACK):
            continue
        told.add(event.node)
        words = (
            "has a name with capitals, against which Pacemaker advises" if capitals else "had 127.0.0.1 as its node id"
        )
        yield Finding(
            event.node,
            f"{event.node} {words} ({clock(event.ts)}).",
            at=event.ts,
            evidence=(event.id,),
            severity="info" if capitals else None,
        )


def _unnamed(store: Store, hosts: list[str]) -> Iterator[Finding]:
    """Hosts whose own file names others only, or gives them the name of another."""
    for file in (*_files.files(store, "cluster.conf"), *_files.files(store, "corosync.conf")):
        if file.node not in hosts:
            continue
        nodename = file.get("cluster.cman.nodename")
        if nodename and _files.short(nodename) != _files.short(file.node or ""):
            yield Finding(
                file.node,
                f"The configuration of {file.node} calls it {nodename} (nodename).",
                evidence=tuple(file.lines("cluster.cman.nodename")),
            )
            continue
        named = [entry for entry in _files.entries(file) if entry.name]
        if not named or any(path.startswith("nodelist.") for path in file.values):
            continue
        if _files.short(file.node or "") not in {_files.short(entry.name) for entry in named}:
            yield Finding(
                file.node,
                f"cluster.conf of {file.node} does not name this host, but {listing(entry.name for entry in named)}.",
                evidence=(
                    *(line for entry in named for line in entry.lines),
                    *(row.id for row in store.rows(INVOKED, file.node)),
                ),
            )


def _ran_otherwise(store: Store) -> Iterator[Finding]:
    configured = _files.files(store, "corosync.conf")
    for life in store.rows(RAN):
        expected = [
            (file, entry)
            for file in configured
            for entry in _files.entries(file)
            if entry.name and _files.short(entry.name) == _files.short(life.node)
        ]
        if not expected:
            continue
        wrong = _wrong_id(life, expected) or _wrong_address(life, expected)
        if wrong is None:
            continue
        told, lines, event = wrong
        around = store.rows(WITNESSES, life.node, life.began, life.began)
        yield Finding(
            life.node,
            f"Corosync on {life.node} started at {clock(life.began)} with {told}.",
            at=life.began,
            evidence=(event, *(row.id for row in around if row.id != event), *lines),
        )


Expected = list[tuple[_files.File, _files.Entry]]
Wrong = tuple[str, tuple[Line, ...], int]


def _wrong_id(life: Row, expected: Expected) -> Wrong | None:
    """A node id that most files do not have for it; one that they give to another node is CFG703."""
    if life.nodeid is None:
        return None
    event, own = life.nodeid.values() if isinstance(life.nodeid, dict) else life.nodeid
    others = [(file, entry) for file, entry in expected if entry.nodeid and entry.nodeid != own]
    taken = any(e.nodeid == own for file, entry in others for e in _files.entries(file) if e.name != entry.name)
    if taken or 2 * len(others) <= len(expected):
        return None
    whose = listing(file.node or "the cluster" for file, _ in others)
    lines = tuple(line for _, entry in others for line in entry.lines[:1])
    return f"node id {own}, where the configuration of {whose} has {listing(e.nodeid for _, e in others)}", lines, event


def _wrong_address(life: Row, expected: Expected) -> Wrong | None:
    """A local address that nobody's file has for it."""
    if life.address is None:
        return None
    event, own = life.address.values() if isinstance(life.address, dict) else life.address
    known = {address for _, entry in expected for address in entry.addresses}
    if not known or not all(_files.is_address(address) for address in (own, *known)):
        return None
    if ip_address(own) in {ip_address(address) for address in known}:
        return None
    lines = tuple(line for _, entry in expected for line in entry.lines[2:])
    return f"the address {own}, where the configuration has {listing(sorted(known))}", lines, event
