"""Every file of the bundle with what it is: read as what, a copy or an extract of which other one, or not read."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from pcmklog.store import Row, Store

SOURCES = """
select s.path, s.node, s.role, s.format, s.lines, s.parsed, s.continued, s.unknown, s.classified,
  coalesce(u.unexplained, 0) as unexplained, s.note,
  case when s.role in ('binary', 'text') then s.mtime end as at, s.id, o.path as same_as,
  case when s.role = 'log' then s.first_ts end as began, case when s.role = 'log' then s.last_ts end as ended
from source s left join source o on o.id = s.same_as left join (
  select source, count(*) as unexplained from raw_event where kind = 'log.unexplained' group by source
) u on u.source = s.id
order by s.id
"""
# Logs whose events all stand in a longer one with the same stamps and words, with three places to compare.
PARTS = """
with told as (
  select w.event, w.source, w.line, f.logged, f.digits
  from witness w join fact f on f.source = w.source and f.line = w.line
  where f.logged is not null
),
pair as (
  select a.source as part, b.source as whole, count(*) as n, min((a.line, b.line)) as first,
    max((a.line, b.line)) as last, arg_min((a.line, b.line), hash(a.line)) as middle
  from told a join told b on b.event = a.event and b.source <> a.source
  join raw_event x on x.source = a.source and x.line = a.line
  join raw_event y on y.source = b.source and y.line = b.line
  where a.logged = b.logged and a.digits = b.digits and x.text = y.text
  group by all
)
select p.part, p.whole, w.path, [p.first, p.middle, p.last] as places
from pair p
join source s on s.id = p.part and s.role = 'log' and s.same_as is null
join source w on w.id = p.whole and w.role = 'log' and w.lines > s.lines and w.format = s.format
where p.n >= 3 and p.n = (select count(*) from told t where t.source = p.part)
qualify row_number() over (partition by p.part order by w.lines desc, p.whole) = 1
order by p.part
"""


def sources(store: Store, links: Mapping[str, str]) -> list[dict[str, Any]]:
    """The files in the order of the bundle, then the links in it that lead to one of them."""
    parts = {row.part: row.path for row in store.rows(PARTS) if _same_lines(store, row)}
    found = [_listed(row, parts.get(row.id)) for row in store.rows(SOURCES)]
    known = {row["path"] for row in found}
    blank: dict[str, Any] = dict.fromkeys(found[0]) if found else {}
    found.extend(
        blank | {"path": path, "role": "link", "note": f"link to {target}"}
        for path, target in sorted(links.items())
        if path not in known
    )
    return found


def _listed(row: Row, whole: str | None) -> dict[str, Any]:
    kept = {name: value for name, value in row._asdict().items() if name not in ("id", "same_as")}
    said = [row.note, f"same as {row.same_as}" if row.same_as else None, f"extract of {whole}" if whole else None]
    times = {name: _time(getattr(row, name)) for name in ("at", "began", "ended")}
    return kept | {"note": "; ".join(filter(None, said)) or None} | times


def _time(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def _same_lines(store: Store, row: Row) -> bool:
    """Whether the lines are equal and not only what they tell."""
    return all(
        store.raw_lines(row.part, mine, mine) == store.raw_lines(row.whole, other, other) for mine, other in row.places
    )
