"""A member left the ring without a stop.

## What it finds
A node that its peers missed after the token was lost (`Failed to receive the leave message`, the plugin's `lost:`, a
smaller member list), and of which there is no stop sequence: neither its own nor `was shut down by sysadmin`. When
both sides lived on it is a partition (MEM402) and not told here.

## Why it matters
Nobody knows what the lost node still does. The peers have to fence it before they may start its resources; without
working fencing they either wait for ever or risk running them twice.

## What to do
On the lost node look at the seconds before: a crash or kill of Corosync (`journalctl -u corosync`, `coredumpctl`, OOM
killer), a reset or power loss (`last -x reboot`, the BMC's event log), a fencing by a peer (FEN601), a frozen host.
Check that fencing of that node was carried out (`stonith_admin --history NODE`) before anything is started by hand.
When it is clean again start Corosync, then Pacemaker.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._ring import Loss, Stops, losses, splits
from pcmklog.state.members import names
from pcmklog.store import Store
from pcmklog.words import clock, listing

EPISODE = 60.0  # seconds in which what survivors see of one loss belongs together
ECHOES = """
select id from event
where ts between ? - 1 and ? + 4 and node <> ? and fields->>'node' = ?
  and (kind = 'plugin.member_lost'
       or (kind in ('node.state', 'node.status') and fields->>'state' in ('lost', 'offline'))
       or kind in ('cpg.left', 'node.peer_left', 'dc.left'))
order by ts, id
limit 20
"""
KNOWN = """
select id from event
where ts between ? - 1 and ? + 1.5
  and kind in ('quorum.sync_left', 'quorum.members', 'plugin.membership_transitional')
  and list_contains(?, node)
order by ts, id
"""


@rule("MEM407", "peer-lost", "error", reads=("totem.membership_formed", "plugin.membership_stable"))
def peer_lost(store: Store) -> Iterator[Finding]:
    """Losses that no stop and no partition explains, by the lost node."""
    found = losses(store)
    stops = Stops(store, names(store))
    apart = {(loss.observer, loss.peer, loss.ts) for group in splits(found) for loss in group}
    divided = [(group[0].ts, group[-1].ts, {loss.observer for loss in group}) for group in splits(found)]
    groups: dict[str, list[list[Loss]]] = defaultdict(list)
    for loss in found:
        if (loss.observer, loss.peer, loss.ts) in apart or loss.back <= loss.ts or stops.ordered(loss.peer, loss.ts):
            continue
        if any(begin - 20 <= loss.ts <= end + 20 and loss.peer in sides for begin, end, sides in divided):
            continue
        mine = groups[loss.peer]
        if mine and loss.ts - mine[-1][-1].ts <= EPISODE:
            mine[-1].append(loss)
        else:
            mine.append([loss])
    for peer, episodes in groups.items():
        for group in episodes:
            yield _finding(store, peer, group)


def _finding(store: Store, peer: str, group: list[Loss]) -> Finding:
    first, last = group[0].ts, group[-1].ts
    witnesses = sorted({loss.observer for loss in group})
    echoes = [row.id for row in store.rows(ECHOES, first, last, peer, peer)]
    lists = [row.id for row in store.rows(KNOWN, first, first, witnesses)]
    own = [event for loss in group for event in loss.events]
    return Finding(
        peer,
        f"{peer} left the ring without a stop: {listing(witnesses)} formed one without it at {clock(first)}.",
        at=first,
        until=last if last - first > 2 else None,
        evidence=tuple(dict.fromkeys((*own, *lists, *echoes))),
        nodes=(peer, *witnesses),
    )
