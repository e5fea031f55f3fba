"""The cluster runs on a stack, or in a mode of one, that later releases have dropped.

## What it finds
Pacemaker's own notice that support for heartbeat, CMAN or the plugin will be removed (1.1.18 and later), and CMAN's
daemons that run in the compatibility mode of groupd (`groupd_compat`), made for the time of an upgrade from RHEL 5.

## Why it matters
Nothing is broken. But Pacemaker 2.0 knows none of these stacks: an update that brings it, planned or by accident,
leaves a node that cannot join. The mode of groupd costs features and hides that old nodes are still expected.

## What to do
Plan the move to Corosync 2 or 3 with votequorum: it needs the whole cluster down once, or a new cluster beside the old
one. Until then keep Pacemaker at 1.1 (hold the packages). Take `groupd_compat="1"` out of cluster.conf once no node of
the old release is left, raise config_version and restart CMAN node by node.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock

LIBGROUP = "2"  # GROUP_LIBGROUP, redhat-cluster group/daemon


@rule("VER314", "stack-deprecated", "info", reads=("deprecated.stack", "groupd.mode", "corosync.started"))
def stack_deprecated(store: Store) -> Iterator[Finding]:
    """One finding for each node and reason."""
    kept: dict[tuple[str, str], list[Event]] = {}
    for event in store.events("deprecated.stack", "groupd.mode"):
        if event.node is None or (event.kind == "groupd.mode" and event.fields.get("mode") != LIBGROUP):
            continue
        stack = event.fields.get("stack", "")
        what = f"on {stack}, which Pacemaker 2 does not know" if stack else "in the compatibility mode of groupd"
        kept.setdefault((event.node, what), []).append(event)
    for (node, what), events in kept.items():
        yield Finding(
            node,
            f"{node} ran {what} (said at {clock(events[0].ts)}).",
            at=events[0].ts,
            evidence=tuple(event.id for event in events[:6]),
        )
