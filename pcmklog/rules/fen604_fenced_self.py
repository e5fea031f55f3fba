"""A node took itself down because it had been fenced or could not be sure of its place.

## What it finds
`We were allegedly just fenced by ... for ...!` of a node that lives; sbd that reset its node (a message in its slot, no
majority, its watchdog); the quorum disk's daemon that reboots its node; the fencer that counts on a target to fence
itself by its watchdog.

## Why it matters
The node stopped without a stop sequence. `allegedly just fenced` is worse: a device reported success and the machine
went on, so for a while two nodes may have run the same resources.

## What to do
For `allegedly`: test the device by hand against exactly this node, look at the mapping of ports and plugs
(`pcmk_host_map`), and whether it is fabric fencing, which leaves the machine running. For sbd: read its log around the
time (`sbd -d DEVICE list`, latency warnings); the watchdog timeout must be longer than the storage's path failover.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.state.invariants import breaches
from pcmklog.store import Row, Store
from pcmklog.words import clock

EPISODE = 60.0
PROOFS = 12
QUERY = """
select id, ts, kind, text,
  case when kind = 'fencing.self' then fields->>'target' else node end as node
from event
where kind in ('fencing.of_us', 'sbd.rebooting', 'sbd.reset_requested', 'sbd.parent_dead', 'qdisk.rebooting')
  or (kind = 'sbd.message_received' and regexp_matches(lower(fields->>'command'), 'reset|off|crashdump'))
  or (kind = 'fencing.self' and text like 'Self-fencing%')
order by ts nulls first, id
"""
WORDS = {
    "fencing.of_us": "was told that it had just been fenced, though it lived",
    "fencing.self": "was left to fence itself",
    "qdisk.rebooting": "was rebooted by its quorum disk daemon",
}


@rule(
    "FEN604",
    "fenced-self",
    "critical",
    reads=(
        "fencing.of_us",
        "fencing.self",
        "fencing.succeeded",
        "sbd.started",
        "qdisk.started",
        "controller.state",
        "fencing.device_added",
    ),
)
def fenced_self(store: Store) -> Iterator[Finding]:
    """What a node says of this within a minute is one."""
    groups: dict[str, list[list[Row]]] = {}
    for row in store.rows(QUERY):
        if row.node is None:
            continue
        known = groups.setdefault(row.node, [])
        if known and (row.ts is None or known[-1][-1].ts is None or row.ts - known[-1][-1].ts < EPISODE):
            known[-1].append(row)
        else:
            known.append([row])
    for breach in breaches(store, "fenced-is-silent"):
        node = breach.nodes[0]
        if not any(breach.ts is None or group[0].ts is None or abs(group[0].ts - breach.ts) < EPISODE
                   for group in groups.get(node, ())):  # fmt: skip
            yield Finding(node, breach.text, at=breach.ts, evidence=tuple(breach.events))
    for node, known in groups.items():
        for group in known:
            words = WORDS.get(group[0].kind, "was taken down by sbd")
            yield Finding(
                node,
                f"{node} {words} at {clock(group[0].ts)}.",
                at=group[0].ts,
                until=group[-1].ts if group[-1].ts != group[0].ts else None,
                evidence=tuple(row.id for row in group[:PROOFS]),
            )
