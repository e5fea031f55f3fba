"""The nodes wrote their logs in different time zones.

## What it finds
Stamps of two nodes that differ by whole quarters of an hour at the moment of a common membership, or nodes whose
files name different offsets from UTC.

## Why it matters
Nothing is wrong with the cluster. But whoever lays the logs side by side compares different times. This report shows
all lines in UTC on the common clock.

## What to do
Nothing, or set all nodes to one zone (`timedatectl set-timezone UTC`), and log with the zone in the stamp: rsyslog's
`RSYSLOG_FileFormat`, `journalctl -o short-iso`.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.store import Store
from pcmklog.words import listing

ZONES = """
select n.name as node, coalesce(z.utc_offset, 0) + coalesce(c.zone_s, 0) as zone
from node n left join node_zone z on z.node = n.name left join clock c on c.node = n.name
where n.has_logs and (coalesce(z.proof, 'others') <> 'others' or c.anchors > 0 or c.node = c.reference)
order by n.name
"""
ANCHORS = """
select e.id from event e
where e.kind in ('totem.membership_formed', 'plugin.membership_stable') and list_contains(?, e.node)
  and e.fields->>'ring' is not null
order by e.ts, e.id limit 24
"""


@rule("CLK903", "timezone-differs", "info", reads=("totem.membership_formed", "plugin.membership_stable"))
def timezone_differs(store: Store) -> Iterator[Finding]:
    """The zones of the nodes, as their files name them or their stamps show."""
    zones: dict[float, list[str]] = {}
    for row in store.rows(ZONES):
        zones.setdefault(row.zone, []).append(row.node)
    if len(zones) < 2:
        return
    nodes = [node for names in zones.values() for node in names]
    told = "; ".join(f"{listing(names)} {_zone(zone)}" for zone, names in sorted(zones.items()))
    yield Finding(
        None,
        f"The nodes log in different time zones: {told}.",
        evidence=tuple(row.id for row in store.rows(ANCHORS, nodes)),
        nodes=tuple(sorted(nodes)),
    )


def _zone(seconds: float) -> str:
    minutes = round(abs(seconds) / 60)
    return f"UTC{'-' if seconds < 0 else '+'}{minutes // 60:02d}:{minutes % 60:02d}"
