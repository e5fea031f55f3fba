"""Corosync ran without the quorum provider that Pacemaker needs.

## What it finds
`Corosync quorum is not configured`, or a quorum provider that could not be loaded. The plugin counts votes itself and
wants none.

## Why it matters
The controller cannot connect to quorum and ends or hangs; pacemakerd kills and respawns it for ever. The node takes
part in no election and gives no vote.

## What to do
Add `quorum { provider: corosync_votequorum }` to corosync.conf on this node, as on its peers, and restart Corosync
and then Pacemaker there. Corosync 1.x with Pacemaker needs either the plugin (`service { name: pacemaker }`) or CMAN.
`Couldn't load quorum provider` means a typing error or a missing package.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding, Line
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, times

QUORUM = """
select source, min(line) as line from setting
where file = 'corosync.conf' and node = ? and path like 'quorum.%'
group by source
"""


@rule(
    "QRM505", "provider-missing", "error", reads=("quorum.not_configured", "quorum.provider_failed", "quorum.provider")
)
def provider_missing(store: Store) -> Iterator[Finding]:
    """What the controller or Corosync said of it, by node."""
    groups: dict[str, list[Event]] = {}
    for event in store.events("quorum.not_configured", "quorum.provider_failed"):
        if event.node is not None:
            groups.setdefault(event.node, []).append(event)
    for node, events in groups.items():
        failed = next((event for event in events if event.kind == "quorum.provider_failed"), None)
        what = (
            f"the quorum provider {failed.fields.get('provider')} could not be loaded"
            if failed
            else "no quorum provider was configured"
        )
        yield Finding(
            node,
            f"On {node} {what}: said {times(len(events))}, first at {clock(events[0].ts)}.",
            at=events[0].ts,
            until=events[-1].ts if len(events) > 1 else None,
            evidence=(
                *(event.id for event in events[:20]),
                *(Line(row.source, row.line) for row in store.rows(QUORUM, node)),
            ),
        )
