"""Pacemaker or Corosync was not started at all, because what it needs had failed.

## What it finds
systemd's `Dependency failed for` Pacemaker or Corosync. The daemon itself leaves not one line: it never ran. The
units that failed in the two minutes before are named. Without systemd: sbd that refuses to start (an old fencing
message in its slot, no device), and the init script of cman that finds NetworkManager in charge of the interfaces.
Units that were merely ordered after it are no matter of this rule.

## Why it matters
Whoever looks for an error in Pacemaker's log finds nothing, and may take the silence for a lost log. The fault lies
one layer below: mostly Corosync whose start failed or timed out, or the network, sbd or a file system.

## What to do
Repair the unit that failed first: `systemctl --failed`, `journalctl -u corosync -b`, `corosync -f` by hand shows an
error in corosync.conf at once. Then `systemctl reset-failed corosync pacemaker` and `systemctl start pacemaker`: its
`Requires=corosync.service` starts Corosync too. systemd does not try again by itself once the dependency is repaired.
`Found fencing message`: make sure why this node was to be fenced, then `sbd -d DEVICE message NODE clear`. For cman:
`chkconfig NetworkManager off`, stop it, and use the network service.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.store import Store
from pcmklog.words import clock, listing, times

REFUSED = ("sbd.start_failed", "cman.start_blocked")
EPISODE = 300.0  # seconds between refusals of one story
BEFORE = 120.0  # seconds before it in which the real failure is looked for
NAMES = {
    "pacemaker.service": "Pacemaker",
    "corosync.service": "Corosync",
    "Pacemaker High Availability Cluster Manager": "Pacemaker",
    "Corosync Cluster Engine": "Corosync",
}
FAILURES = """
select id, kind, fields->>'unit' as unit from event
where node = ? and ts between ?::double - ?::double and ?::double + 1
  and kind in ('unit.start_failed', 'unit.failed', 'unit.timed_out', 'unit.main_exited', 'unit.control_exited',
    'unit.job_failed',
               'corosync.config_error', 'corosync.start_failed', 'corosync.failed', 'sbd.start_failed')
order by ts, id limit 20
"""


@rule(
    "ORD113",
    "start-blocked-by-dependency",
    "error",
    reads=("unit.dependency_failed", "unit.starting", "unit.started", *REFUSED),
)
def start_blocked_by_dependency(store: Store) -> Iterator[Finding]:
    """Refusals of one daemon on one node that follow each other are one."""
    groups: dict[tuple[str, str], list[list[Event]]] = {}
    for event in store.events("unit.dependency_failed"):
        name = _name(event)
        if event.node is None or event.ts is None or name is None:
            continue
        known = groups.setdefault((event.node, name), [])
        if known and event.ts - (known[-1][-1].ts or 0.0) < EPISODE:
            known[-1].append(event)
        else:
            known.append([event])
    for (node, name), known in groups.items():
        yield from (_finding(store, node, name, group) for group in known)
    told = {node for node, _ in groups}
    for node, group in episodes(store.events(*REFUSED), EPISODE):
        if node not in told:
            yield _refused(node, group)


def _refused(node: str, group: list[Event]) -> Finding:
    """What sbd or an init script says itself, where no systemd tells what it held up."""
    first, last = group[0], group[-1]
    return Finding(
        node,
        f"{first.daemon} on {node} refused to start at {clock(first.ts)}: {first.text.rstrip('. ')}.",
        at=first.ts,
        until=last.ts if last.ts != first.ts else None,
        evidence=tuple(event.id for event in group),
    )


def _name(event: Event) -> str | None:
    """Which of the two it is, by unit or by description."""
    said = event.fields.get("unit") or event.fields.get("description", "")
    return NAMES.get(said.rstrip("."))


def _finding(store: Store, node: str, name: str, group: list[Event]) -> Finding:
    first, last = group[0], group[-1]
    failures = store.rows(FAILURES, node, first.ts, BEFORE, last.ts)
    units = listing(
        row.unit for row in failures if row.unit and row.kind != "unit.job_failed" and name.lower() not in row.unit
    )
    why = f"{units} had failed" if units else "a unit that it needs had failed"
    again = f" ({times(len(group))})" if len(group) > 1 else ""
    return Finding(
        node,
        f"systemd did not start {name} on {node} at {clock(first.ts)}, because {why}{again}.",
        at=first.ts,
        until=last.ts if last.ts != first.ts else None,
        evidence=tuple(dict.fromkeys((*(event.id for event in group), *(row.id for row in failures)))),
    )
