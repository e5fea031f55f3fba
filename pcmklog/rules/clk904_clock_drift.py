"""The clock of a node drifted through the log.

## What it finds
An offset against the peers that grows or shrinks steadily from one common membership to the next, with its rate.

## Why it matters
No single correction fits: the further from an anchor, the less two nodes' lines can be compared. Sooner or later a
time service will set the clock with a jump.

## What to do
Time synchronisation does not work on that node: `chronyc sources -v`, `chronyc tracking` (or `ntpq -p`). In a virtual
machine look at the clock source (`/sys/devices/system/clocksource/clocksource0/current_clocksource`), at steal time
and at a second time service that fights the first, such as the guest tools.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Store

DRIFTS = """
select c.node, c.reference, c.drift_ppm, min(a.ahead_s) as least, max(a.ahead_s) as most,
  list(a.event order by a.event) as events,
  list(a.peer_event order by a.peer_event) as peers
from clock c join clock_anchor a on a.node = c.node
where c.drift_ppm is not null
group by all having max(a.ahead_s) - min(a.ahead_s) >= ?
order by c.node
"""
LEAST = 0.5  # seconds; what a clock gains in days on its own is no fault
PPM = 1e6


@rule("CLK904", "clock-drift", "warning", reads=("totem.membership_formed", "plugin.membership_stable"))
def clock_drift(store: Store) -> Iterator[Finding]:
    """Clocks with a rate."""
    for row in store.rows(DRIFTS, LEAST):
        rate = row.drift_ppm / PPM * 1000
        yield Finding(
            row.node,
            f"The clock of {row.node} {'gained' if rate > 0 else 'lost'} {abs(rate):.1f} ms each second "
            f"against {row.reference}: it was {row.least:+.1f} s to {row.most:+.1f} s off.",
            evidence=tuple(dict.fromkeys((*row.events, *row.peers))),
            nodes=(row.node, row.reference),
        )
