"""A daemon refused its configuration and did not start.

## What it finds
The errors with which Corosync, or CMAN's part of it, turns its configuration down, one finding for each attempt to
start: a line that cannot be parsed, a value of the wrong kind, an unknown transport, a missing or short key, quorum
settings that contradict each other, and exit status 8 (main configuration) or 7 (key in 1.x) where nothing else was
logged. A name that does not match is CFG702, a node id that stands twice CFG703, a file that may not be read CFG706.
Also a configuration file in the bundle that Corosync 3 would refuse at its next start.

## Why it matters
Corosync does not start, and with it Pacemaker does not either (systemd reports `Dependency failed`). A node that runs
well with a file that was broken afterwards will not come back from its next restart, be it planned or by fencing.

## What to do
The error names file and line; only some releases check without starting: `corosync -t` (3.0 and later). `journalctl
-u corosync` has parser errors that never reach corosync.log. Copy the file from a node that works, correct what is
the node's own, and start: `systemctl start corosync`. For cluster.conf use `ccs_config_validate`. For a missing key
copy /etc/corosync/authkey from a peer (mode 0400), or make one with `corosync-keygen` and distribute it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcmklog.model import Event, Finding, Line
from pcmklog.rule import rule
from pcmklog.sequences.model import version_key
from pcmklog.store import Row, Store
from pcmklog.words import clock

REFUSALS = (
    "corosync.config_error",
    "corosync.key_unreadable",
    "corosync.key_short",
    "corosync.config_version_differs",
    "quorum.config_error",
    "cman.config_error",
)
ATTEMPT = 3.0  # seconds in which one attempt to start says all that it has to say
STATUS = {
    "8": "its main configuration",
    "7": "its key or the configuration of the log",
    "9": "its configuration of the log",
}
# What other rules report: names, node ids, permissions, the user.
OTHERS = re.compile(
    r"Nodeid \S+ appears twice|Permission denied|is not found in /etc/(?:passwd|group)"
    r"|node ?name|no nodeid in cluster\.conf|No nodeid specified|resolves to localhost",
    re.IGNORECASE,
)
ECHOES = """
select id from event
where node = ? and ts between ? - 1 and ? + 2 and (
    (kind = 'corosync.failed' and fields->>'status' <> '18')
    or (kind = 'unit.main_exited' and text like 'corosync%')
  )
order by ts, id
limit 4
"""
BROKEN = """
select c.source, c.node, c.line, c.line + s.first_line - 1 as shown, c.text, s.path, n.corosync
from config_error c join source s on s.id = c.source left join node n on n.name = c.node
where regexp_matches(s.path, '(corosync|openais|cluster)\\.conf|/(service|uidgid)\\.d/') and s.same_as is null
order by c.node nulls first, c.source, c.line
"""


@rule("CFG701", "parse-error", "critical", reads=("corosync.started", "cman.started", *REFUSALS))
def parse_error(store: Store) -> Iterator[Finding]:
    """Attempts to start that ended with the configuration, then files that would end so."""
    told: set[str | None] = set()
    for group in _attempts(store):
        first = group[0]
        told.add(first.node)
        echoes = store.rows(ECHOES, first.node, first.ts, group[-1].ts)
        yield Finding(
            first.node,
            f"{'CMAN' if first.kind.startswith('cman') else 'Corosync'} on {first.node} refused its configuration at "
            f"{clock(first.ts)}: {_reason(first)}.",
            at=first.ts,
            evidence=(*(event.id for event in group), *(row.id for row in echoes if row.id != first.id)),
        )
    yield from _broken_files(store, told)


def _attempts(store: Store) -> Iterator[list[Event]]:
    """The errors of one attempt together; an exit status counts where no error says more."""
    open_ones: dict[str | None, list[Event]] = {}
    for event in store.events(*REFUSALS, "corosync.failed"):
        if event.kind == "corosync.failed" and event.fields.get("status") not in STATUS:
            continue
        group = open_ones.get(event.node)
        if group and (event.ts or 0.0) - (group[0].ts or 0.0) <= ATTEMPT and event.kind == "corosync.failed":
            group.append(event)
            yield from _own(open_ones.pop(event.node))
            continue
        if group and (event.ts or 0.0) - (group[0].ts or 0.0) <= ATTEMPT:
            group.append(event)
            continue
        if group:
            yield from _own(group)
        open_ones[event.node] = [event]
    for group in open_ones.values():
        yield from _own(group)


def _own(group: list[Event]) -> Iterator[list[Event]]:
    if not any(OTHERS.search(event.text) for event in group):
        yield group


def _reason(event: Event) -> str:
    if event.kind == "corosync.failed":
        status = event.fields.get("status", "")
        return f"exit status {status} ({STATUS[status]})"
    return event.text.rstrip(". ")


def _broken_files(store: Store, told: set[str | None]) -> Iterator[Finding]:
    done: set[tuple[str | None, str]] = set()
    for row in store.rows(BROKEN):
        key = (row.node, row.path.rpartition("/")[2])
        if key in done or row.node in told or _lenient(row):
            continue
        done.add(key)
        yield Finding(
            row.node,
            f"{key[1]} of {row.node or 'the cluster'} would be refused at the next start, in line {row.shown}: "
            f"{row.text}.",
            evidence=(Line(row.source, row.line),),
            severity="error",
            confidence=0.7,
        )


def _lenient(row: Row) -> bool:
    """Releases before 3 skip a line that is no statement, and go on."""
    key = version_key(row.corosync)
    return bool(key) and key < (3,) and "brace" not in row.text and "cluster.conf" not in row.path
