"""A daemon was not allowed to read, write or connect where it had to.

## What it finds
`Permission denied` for corosync.conf, the key, the CIB or a directory of the daemons, `Bad permissions on ...`, and
connections to Corosync that were turned down for the user of a daemon (`Denied connection attempt from <uid>:<gid>`,
`Invalid IPC credentials`, `Could not authorize group`); a Corosync with the plugin that does not run as root, one
that misses its run directory, and one that Pacemaker does not trust because another user runs it (`not authentic`). A
program that may not be executed is FRK202; the `Operation not permitted` behind an exit status is only the text of
that number.

## Why it matters
Pacemaker's CIB, attribute and controller daemons do not run as root but as hacluster. When the owner of their files
or the access to Corosync is wrong they end at once, are respawned, or go on without writing the configuration to
disk, so that the next start comes up with an old one.

## What to do
`ls -lZ` on the path of the line. /var/lib/pacemaker/* (before 1.1.8 /var/lib/heartbeat/crm) belongs to
hacluster:haclient, mode 0750; corosync.conf to root, 0644; authkey to root, 0400. `restorecon -Rv /var/lib/pacemaker
/etc/corosync` where SELinux is on (`ausearch -m avc -ts recent`). For denied connections let Corosync know the user:
`uidgid { uid: hacluster gid: haclient }` in /etc/corosync/uidgid.d; pacemakerd 1.1.10 and later does so itself. A
reload of Corosync before 2.4.1 forgot that again: restart Pacemaker. `must be configured to start as root`: `aisexec
{ user: root group: root }`. A missing directory: make it, on a /run that is emptied at boot with a file in
tmpfiles.d. `not authentic`: see who runs that process (`ps -fp PID`), above all in containers, and end it.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, times

DENIED = "Permission denied"
# Kinds that are a refusal by themselves, and kinds that are one when the reason says so.
ALWAYS = ("pacemakerd.acl_failed", "corosync.client_denied", "messaging.not_authentic", "ipc.denied")
WITH_REASON = (
    "corosync.config_error",
    "corosync.key_unreadable",
    "corosync.start_failed",
    "cib.not_found",
    "cib.not_used",
    "cib.write_failed",
    "cib.writes_disabled",
    "cib.archived_unusable",
    "daemon.start_failed",
    "ipc.refused",
    "messaging.connect_failed",
    "totem.ring_not_stored",
    "plugin.start_failed",
)
WORDS = (
    DENIED,
    "CS_ERR_ACCESS",
    "ad permissions",
    "must be configured to start as 'root'",
    "context and rights",
    "directory not present",
)
EPISODE = 300.0  # seconds


@rule(
    "CFG706",
    "permission",
    "error",
    reads=("corosync.started", "pacemakerd.started", "cib.reading", *ALWAYS, *WITH_REASON),
)
def permission(store: Store) -> Iterator[Finding]:
    """Denials, one for each node and episode."""
    groups: list[list[Event]] = []
    last: dict[str | None, list[Event]] = {}
    for event in store.events(*ALWAYS, *WITH_REASON):
        if not _denied(event):
            continue
        group = last.get(event.node)
        if group is None or (event.ts or 0.0) - (group[-1].ts or 0.0) > EPISODE:
            group = last[event.node] = []
            groups.append(group)
        group.append(event)
    for group in groups:
        first, until = group[0], group[-1].ts
        again = f" ({times(len(group))})" if len(group) > 1 else ""
        yield Finding(
            first.node,
            f"{first.daemon} on {first.node} was not permitted at {clock(first.ts)}: {first.text.rstrip('. ')}{again}.",
            at=first.ts,
            until=until if until != first.ts else None,
            evidence=tuple(event.id for event in group[:12]),
        )


def _denied(event: Event) -> bool:
    if event.kind == "corosync.client_denied":
        return "not ready" not in event.text
    if event.kind == "pacemakerd.acl_failed":  # without the group there is nobody to be permitted: CFG709
        return "accept connections" not in event.text and "No group found" not in event.text
    if event.kind == "messaging.not_authentic":
        return "not authentic" in event.text or "Rejecting" in event.text
    return event.kind in ALWAYS or any(word in event.text for word in WORDS)
