"""What the clock of a node showed at a moment of the cluster's clock: its own error and its zone put back in."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo

from pcmklog.store import Store

ZONES = """
select n.name as node, case when coalesce(c.zone_s, 0) = 0 then z.zone end as zone, coalesce(c.zone_s, 0) as zone_s,
  coalesce(z.utc_offset, 0) + coalesce(c.zone_s, 0) as east
from node n left join node_zone z on z.node = n.name left join clock c on c.node = n.name
where z.node is not null or c.zone_s <> 0
"""
# How far the clock was ahead at the event that is nearest to each moment; of two equally near that before it.
NEAREST = """
with asked as (select unnest(?::bigint[]) as n, unnest(?::varchar[]) as node, unnest(?::double[]) as ts),
shown as (select node, ts, arg_min(logged - ts, id) as ahead from event where ts is not null group by node, ts)
select a.n, case when abs(s.ts - a.ts) < abs(a.ts - b.ts) or b.ts is null then s.ahead else b.ahead end as ahead
from asked a asof left join shown b on b.node = a.node and b.ts <= a.ts
asof left join shown s on s.node = a.node and s.ts >= a.ts
where b.ts is not null or s.ts is not null
"""


class Faces:
    """The clock faces of the nodes whose zone something tells."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.nodes = {row.node: row for row in store.rows(ZONES)}

    def at(self, moments: Sequence[tuple[str | None, float | None]]) -> list[str | None]:
        """What the nodes themselves would have written: ISO 8601 with the offset from UTC; None where nothing tells.

        A moment is a node and seconds since 1970 UTC on the cluster's clock.
        """
        known = [(n, node, ts) for n, (node, ts) in enumerate(moments) if node in self.nodes and ts is not None]
        columns = [list(column) for column in zip(*known, strict=True)] or [[], [], []]
        ahead = {row.n: row.ahead for row in self.store.rows(NEAREST, *columns)}
        shown: list[str | None] = [None] * len(moments)
        for n, node, ts in known:
            if n in ahead:
                row = self.nodes[node]
                face = datetime.fromtimestamp(round(ts + ahead[n] - row.zone_s, 3), UTC)
                shown[n] = face.astimezone(_zone(row.zone, row.east)).isoformat(timespec="milliseconds")
        return shown


def _zone(name: str | None, east: float) -> tzinfo:
    """A zone by its name; by its seconds east of Greenwich where it has none, or none that this machine knows."""
    try:
        return ZoneInfo(name) if name else timezone(timedelta(seconds=round(east)))
    except (ValueError, OSError, KeyError):
        return timezone(timedelta(seconds=round(east)))
