"""What the clock of a node showed at a moment of the cluster's clock: its own error and its zone put back in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from pcmklog.store import Store

ZONES = """
select n.name as node, case when coalesce(c.zone_s, 0) = 0 then z.zone end as zone, coalesce(c.zone_s, 0) as zone_s,
  coalesce(z.utc_offset, 0) + coalesce(c.zone_s, 0) as east
from node n left join node_zone z on z.node = n.name left join clock c on c.node = n.name
where z.node is not null or c.zone_s <> 0
"""
NEAREST = "select logged - ts as ahead from event where node = ? and ts is not null order by abs(ts - ?), id limit 1"


class Faces:
    """The clock faces of the nodes whose zone something tells."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.nodes = {row.node: row for row in store.rows(ZONES)}

    def at(self, node: str | None, ts: float | None) -> str | None:
        """What the node itself would have written: ISO 8601 with its offset from UTC; None when nothing tells its zone.

        `ts` is in seconds since 1970 UTC on the cluster's clock.
        """
        row = self.nodes.get(node or "")
        near = self.store.one(NEAREST, node, ts) if row is not None and ts is not None else None
        if row is None or ts is None or near is None:
            return None
        shown = datetime.fromtimestamp(round(ts + near.ahead - row.zone_s, 3), UTC)
        return shown.astimezone(_zone(row.zone, row.east)).isoformat(timespec="milliseconds")


def _zone(name: str | None, east: float) -> tzinfo:
    """A zone by its name; by its seconds east of Greenwich where it has none, or none that this machine knows."""
    try:
        return ZoneInfo(name) if name else timezone(timedelta(seconds=round(east)))
    except (ValueError, OSError, KeyError):
        return timezone(timedelta(seconds=round(east)))
