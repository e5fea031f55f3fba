"""The user hacluster, or its group haclient, does not exist on the node.

## What it finds
`Cluster user hacluster does not exist`, `Could not find user and group IDs for user hacluster`, a child that could
not be started under its user, and a `uidgid` of Corosync that names somebody unknown.

## Why it matters
Most of Pacemaker's daemons run as hacluster. Without it pacemakerd (or the plugin) does not start at all, or each
child dies before its first line. The name may also come from a directory service that is not up yet when the cluster
starts at boot.

## What to do
`getent passwd hacluster; getent group haclient`. The packages create both; after a restore or with a minimal image
add them by hand: `groupadd -r -g 189 haclient; useradd -r -u 189 -g haclient -s /sbin/nologin -d / hacluster` (ids as
on the other nodes). Keep them local in /etc/passwd and /etc/group, never in LDAP or NIS only. Then `chown -R
hacluster:haclient /var/lib/pacemaker` and start Pacemaker.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, times

KINDS = (
    "pacemakerd.start_failed",
    "plugin.start_failed",
    "child.setup_failed",
    "pacemakerd.acl_failed",
    "corosync.config_error",
)
WORDS = (
    "does not exist",
    "Could not find user",
    "No group found",
    "not found",
    "Cannot get password entry",
    "nvalid uid",
    "Invalid user",
)


@rule(
    "CFG709", "user-missing", "critical", reads=("pacemakerd.started", "pacemakerd.invoked", "plugin.started", *KINDS)
)
def user_missing(store: Store) -> Iterator[Finding]:
    """One finding a node."""
    groups: dict[str | None, list[Event]] = {}
    for event in store.events(*KINDS):
        if event.kind == "corosync.config_error" and "user" not in event.text and "group" not in event.text:
            continue
        if any(word in event.text for word in WORDS):
            groups.setdefault(event.node, []).append(event)
    for node, events in groups.items():
        first, until = events[0], events[-1].ts
        again = f" ({times(len(events))})" if len(events) > 1 else ""
        yield Finding(
            node,
            f"{node} lacked the user or group of the cluster at {clock(first.ts)}: {first.text.rstrip('. ')}{again}.",
            at=first.ts,
            until=until if until != first.ts else None,
            evidence=tuple(event.id for event in events[:12]),
        )
