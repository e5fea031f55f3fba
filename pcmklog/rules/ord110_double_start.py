"""A second pacemakerd or Corosync was started while one was running.

## What it finds
Attempts to start that were turned down because the daemon was there already: `Pacemaker is already active`, `Aborting
start-up because active Pacemaker instance found`, `Another Corosync instance is already running`, an address of the
first one in use; and a pacemakerd that was started although the plugin with `ver: 0` had forked Pacemaker's daemons.
A new pacemakerd that takes over daemons whose parent is dead is FRK207.

## Why it matters
The second one is refused and the first is not harmed, but two hands are at work: an init script and systemd, a
cluster shell and an operator, or a `ver: 0` that somebody takes for `ver: 1`. Corosync before 2.4.4 could crash when
a second one was started.

## What to do
Find out who starts it twice: `systemctl list-dependencies --reverse pacemaker`, `chkconfig --list`, cron, a cluster
GUI, the shell history. One place only may start it; under CMAN that is `service cman start` (`chkconfig corosync
off`). With the plugin set `ver: 1` in the `service {}` block on all nodes if pacemakerd is to be the parent, then
restart Corosync and Pacemaker on each; with `ver: 0` take the pacemaker init script out of the boot.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding, Line
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, times

EPISODE = 120.0  # seconds between attempts of one story
KINDS = (
    "pacemakerd.duplicate",
    "pacemakerd.needs_plugin_v1",
    "corosync.duplicate",
    "corosync.exited",
    "cman.start_failed",
    "daemon.already_running",
)
ATTEMPT = """
select id from event
where node = ? and role = ? and (pid = ? or (? and kind in ('corosync.started', 'corosync.exited')))
  and ts between ?::double - 20 and ?::double + 2
order by ts, id limit 12
"""
RUNNING = """
select began, began_event from life
where node = ? and role = ? and coalesce(began, 0) <= ? and how not in ('refused', 'failed', 'unknown')
  and (pid is null or pid <> ?)
  and coalesce(ended, 'infinity'::double) >= ?
order by began desc limit 1
"""


@rule(
    "ORD110",
    "double-start",
    "error",
    reads=(
        "pacemakerd.duplicate",
        "pacemakerd.needs_plugin_v1",
        "corosync.duplicate",
        "pacemakerd.started",
        "corosync.started",
    ),
)
def double_start(store: Store) -> Iterator[Finding]:
    """Refused attempts, those of one daemon that follow each other as one."""
    groups: list[list[Event]] = []
    for event in store.events(*KINDS):
        if event.node is None or event.ts is None or not _refusal(event):
            continue
        same = next((group for group in reversed(groups) if _one_story(group[-1], event)), None)
        if same is None:
            groups.append([event])
        else:
            same.append(event)
    yield from (_finding(store, group) for group in groups)


def _refusal(event: Event) -> bool:
    if event.kind == "corosync.exited":
        return event.fields.get("status") == "18"  # COROSYNC_DONE_ALREADY_RUNNING, corosync exec/main.h
    if event.kind in ("cman.start_failed", "daemon.already_running"):
        return "already" in event.text
    return event.kind == "corosync.duplicate" or event.daemon == "pacemakerd"


def _one_story(before: Event, event: Event) -> bool:
    return (
        before.node == event.node and before.daemon == event.daemon and (event.ts or 0.0) - (before.ts or 0.0) < EPISODE
    )


def _finding(store: Store, group: list[Event]) -> Finding:
    first, last = group[0], group[-1]
    node, at, until = first.node or "", first.ts or 0.0, last.ts or 0.0
    corosync = first.daemon != "pacemakerd"
    role = "messaging" if corosync else "mcp"
    attempts = len({event.pid for event in group if event.kind != "corosync.exited"}) or 1
    again = f" ({times(attempts)})" if attempts > 1 else ""
    running = store.one(RUNNING, node, role, at, first.pid, at)
    since = f" since {clock(running.began)}" if running is not None and running.began is not None else ""
    proofs: list[int | Line] = [event.id for event in group]
    proofs += [
        row.id for event in group for row in store.rows(ATTEMPT, node, role, event.pid, corosync, event.ts, event.ts)
    ]
    if running is not None and running.began_event is not None:
        proofs.append(running.began_event)
    if first.kind == "pacemakerd.needs_plugin_v1":
        proofs += [Line(row.source, row.line) for row in store.settings("corosync.conf", "service[%].ver", node)]
        title = f"pacemakerd was started on {node} at {clock(at)} under the plugin with ver: 0, and refused{again}."
    else:
        name = "Corosync" if corosync else "pacemakerd"
        name = first.fields.get("program", name)
        title = (
            f"A second {name} was started on {node} at {clock(at)} while one was running{since}{again}; it was refused."
        )
    return Finding(node, title, at=at, until=until if until > at else None, evidence=tuple(dict.fromkeys(proofs)))
