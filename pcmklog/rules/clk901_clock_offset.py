"""The clock of a node was off against its peers.

## What it finds
A node that stamped the memberships, which all members log at one moment, more than a second apart from the node that
most others agree with. Whole hours are a time zone (CLK903), a changing offset is CLK902 or CLK904.

## Why it matters
Lines of two nodes cannot be compared by their stamps. Pacemaker itself suffers little as long as the offset is
constant, but failure timeouts, rules with dates and the order of a fencing history go wrong.

## What to do
Start and check time synchronisation on that node: `chronyc tracking`, `timedatectl`, `ntpq -p`. Let it be
synchronised before the cluster starts (`After=time-sync.target`, chrony's `makestep` only at boot). This report
already shows its lines on the common clock.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import duration

LEAST = 1.0
CLOCKS = """
select c.* from clock c
where abs(c.offset_s) > ? and c.node <> c.reference and not exists (select 1 from clock_step s where s.node = c.node)
order by c.node
"""
ANCHORS = """
select e.id from event e
where e.kind in ('totem.membership_formed', 'plugin.membership_stable') and e.node in (?, ?) and e.fields->>'ring' in (
  select o.fields->>'ring' from event o
  where o.kind = e.kind and o.node in (?, ?) and o.fields->>'ring' is not null
  group by 1 having count(distinct o.node) = 2
)
order by e.ts, e.id limit 24
"""


@rule("CLK901", "clock-offset", "warning", reads=("totem.membership_formed", "plugin.membership_stable"))
def clock_offset(store: Store) -> Iterator[Finding]:
    """Offsets that the common rings prove."""
    for row in store.rows(CLOCKS, LEAST):
        proof = [e.id for e in store.rows(ANCHORS, row.node, row.reference, row.node, row.reference)]
        way = "ahead of" if row.offset_s > 0 else "behind"
        yield Finding(
            row.node,
            f"The clock of {row.node} was {duration(abs(row.offset_s))} {way} that of {row.reference}"
            f"{', and it drifted' if row.drift_ppm else ''}.",
            evidence=tuple(proof),
            nodes=(row.node, row.reference),
            extra={"offset_s": f"{row.offset_s:.3f}"},
        )
