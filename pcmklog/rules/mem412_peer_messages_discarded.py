"""The messages of a member were thrown away for long.

## What it finds
`Discarding ... message from`, again and again for the same sender, although sender and receiver are in the ring
together, and messages whose form or sender does not hold (`Invalid message`, `Nodeid mismatch`). A single discarded
message of a node that joins or leaves is none.

## Why it matters
What that node says never counts here: its changes of the CIB are lost, its status stays unknown, joins and fencing
requests of it time out.

## What to do
`not in our membership` means that the two take different paths of membership: a plugin with `ver: 0` beside one with
`ver: 1` (VER302), mixed releases (VER305) or stacks (VER304), or a node that was renamed (CFG711). Bring all nodes to
one mode and release. Unreadable messages mean daemons of different eras or stacks in one CPG group. Restart Pacemaker
on the node whose messages are dropped, then on the one that drops them.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import clock, times

MANY, LONG = 3, 20.0  # messages and seconds from which on it is no passing moment


UNREADABLE = ("Invalid message", "Nodeid mismatch", "CPG message")


@rule("MEM412", "peer-messages-discarded", "error", reads=("cib.message_discarded", "cpg.message_invalid", "dc.set"))
def peer_messages_discarded(store: Store) -> Iterator[Finding]:
    """Discarded messages by receiver and sender."""
    groups: dict[tuple[str, str], list[Event]] = {}
    for event in store.events("cib.message_discarded", "cpg.message_invalid"):
        sender = _sender(event)
        if event.node is not None and event.ts is not None and sender:
            groups.setdefault((event.node, sender), []).append(event)
    for (receiver, sender), events in groups.items():
        first, last = events[0].ts or 0.0, events[-1].ts or 0.0
        if len(events) < MANY or last - first < LONG:
            continue
        reason = events[0].fields.get("reason", "")
        yield Finding(
            None,
            f"{receiver} discarded messages of {sender} {times(len(events))} from {clock(first)} on"
            f"{f' ({reason})' if reason else ''}.",
            at=first,
            until=last,
            evidence=tuple(event.id for event in events[:20]),
            nodes=(receiver, sender),
        )


def _sender(event: Event) -> str:
    """Whose message was thrown away; of an unreadable one as far as it can be told."""
    if event.kind == "cib.message_discarded":
        return event.fields.get("node", "")
    if not event.text.startswith(UNREADABLE):
        return ""
    nodeid = event.fields.get("nodeid")
    return f"node {nodeid}" if nodeid else event.fields.get("sender", "another node").partition(":")[0]
