"""Corosync 1.x ran without the service block that Pacemaker or its peers need.

## What it finds
A Corosync 1.x that loaded neither the Pacemaker plugin nor CMAN, and was not told to (a plugin that could not be
loaded is VER308), on a node where Pacemaker was started all the same, or whose peers run the plugin or CMAN.

## Why it matters
Pacemaker then takes the stack for plain Corosync. Builds for the plugin have no support for its quorum: `The Corosync
quorum API is not supported in this build`, `Corosync is running, but Pacemaker could not find the CMAN or Pacemaker
plugin loaded`, and the controller ends for good. The ring looks healthy, with a member on which nothing can run.

## What to do
Copy corosync.conf (and /etc/corosync/service.d) from a node that works, or add the block and restart Corosync, then
Pacemaker:

    service {
        name: pacemaker
        ver: 1
    }

On a CMAN cluster start Corosync through `service cman start` only, never by its own init script: `chkconfig corosync
off`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules import _files
from pcmklog.store import Row, Store
from pcmklog.words import clock, listing

BARE = """
select m.node, m.began, m.ended, m.began_event, m.version
from life m
where m.role = 'messaging' and m.version like '1.%' and m.began is not null and m.how not in ('refused', 'failed')
  and not exists (
    select 1 from event e
    where e.node = m.node and e.ts between m.began - 1 and coalesce(m.ended, 'infinity'::double)
      and (
        e.kind in ('plugin.started', 'plugin.option', 'plugin.mcp_mode', 'plugin.config_reading', 'cman.started',
                   'cman.config_read', 'corosync.engine_failed')
        or (e.kind = 'corosync.engine_loaded' and regexp_matches(e.text, 'Pacemaker|CMAN|vote'))
        or (e.kind = 'quorum.provider')
      )
  )
  and exists (
    select 1 from event e
    where e.node = m.node and e.kind in ('corosync.engine_loaded', 'corosync.synced')
      and e.ts between m.began and m.began + 30
  )
order by m.began, m.node
"""
PACEMAKER = """
select id, ts, kind from event
where node = ? and ts between ? and coalesce(?, 'infinity'::double)
  and kind in ('stack.detected', 'stack.reading', 'stack.connecting', 'stack.unsupported', 'stack.no_plugin',
               'stack.mismatch', 'pacemakerd.started')
order by kind not in ('stack.unsupported', 'stack.no_plugin', 'stack.mismatch'), ts, id
limit 12
"""
PEERS = "select name from node where name <> ? and stack in ('plugin-v0', 'plugin-v1', 'cman') order by name"


@rule("VER313", "plugin-not-configured", "error", reads=("corosync.started",))
def plugin_not_configured(store: Store) -> Iterator[Finding]:
    """Lives of a bare Corosync 1.x that somebody needed more of."""
    for row in store.rows(BARE):
        pacemaker = store.rows(PACEMAKER, row.node, row.began, row.ended)
        peers = [peer.name for peer in store.rows(PEERS, row.node)]
        if not pacemaker and not peers:
            continue
        yield Finding(
            row.node,
            f"Corosync {row.version} on {row.node} ran from {clock(row.began)} without the Pacemaker plugin or "
            f"CMAN{_need(pacemaker, peers)}.",
            at=row.began,
            evidence=(*(event.id for event in pacemaker), row.began_event, *_peer_blocks(store, peers)),
        )


def _need(pacemaker: list[Row], peers: list[str]) -> str:
    wanted = []
    if pacemaker:
        wanted.append(f"Pacemaker was started at {clock(min(event.ts for event in pacemaker))}")
    if peers:
        wanted.append(f"{listing(peers)} ran with it")
    return f", though {' and '.join(wanted)}"


def _peer_blocks(store: Store, peers: list[str]) -> Iterator[Line]:
    for file in _files.files(store, "corosync.conf"):
        if file.node in peers:
            for section, _, _ in _files.services(file):
                yield from file.lines(f"{section}.name", f"{section}.ver")
