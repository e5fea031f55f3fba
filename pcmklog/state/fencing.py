"""What fencers were asked to do and what came of it: the table `fencing`, one row for each request.

Pacemaker's fencer gives each operation an id, which all nodes log with the result; what has none (the scheduler's
decision, the device, CMAN's fenced) belongs to the operation on that target that is under way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from pcmklog.store import Row, Store

ASKED = (
    "fencing.wanted",
    "fencing.initiated",
    "fencing.requested",
    "fencing.asked_peer",
    "fencing.asked_by_cman",
    "fencing.planned",
    "fencing.scheduled",
    "fenced.fencing",
)
DONE = ("fencing.succeeded", "fenced.succeeded", "fencing.confirmed_by_hand", "fenced.overridden")
FAILED = (
    "fencing.failed",
    "fencing.all_failed",
    "fencing.gave_up",
    "fencing.not_initiated",
    "fencing.query_timed_out",
    "fencing.no_device",
    "fenced.failed",
)
TOLD = ("fencing.device_result", "fencing.device_failed", "fenced.agent_result", "fencing.result", "fencing.cman_told")
READS = (*ASKED, *DONE, *FAILED, *TOLD, "fenced.started", "fencing.device_added")
SOURCES = {kind: n for n, kinds in enumerate((DONE, FAILED, TOLD, ASKED)) for kind in kinds}
TARGETS = r"""
select id, ts, node, kind, text, fields->>'target' as target, fields->>'action' as action, fields->>'rc' as rc,
  fields->>'result' as result,
  case kind when 'fenced.agent_result' then fields->>'agent' else fields->>'device' end as device,
  coalesce(fields->>'client', fields->>'origin') as client, fields->>'reason' as reason,
  fields->>'origin' as origin, daemon,
  case when kind in ('fencing.initiated', 'fencing.succeeded', 'fencing.failed', 'fencing.result') then
    coalesce(nullif(regexp_extract(coalesce(fields->>'id', fields->>'more', ''), '(?:^|=)([0-9a-f]{8})(?:-|$)', 1), ''),
      regexp_extract(fields->>'client', '@.*\.([0-9a-f]{8})$', 1), '') else '' end as operation
from event
where (kind like 'fencing.%' or kind like 'fenced.%') and fields->>'target' is not null
  and coalesce(fields->>'action', '') not in ('on', 'monitor', 'status', 'list', 'metadata')
  and text not like '%unfenc%'
order by ts nulls first, id
"""

LONG = 180.0  # seconds of silence after which a new word is about a new request
TRAIL = 5.0  # seconds in which all nodes and daemons tell of one result
TRIED = (
    "fencing.wanted",
    "fencing.initiated",
    "fencing.requested",
    "fencing.asked_peer",
    "fencing.asked_by_cman",
    "fenced.fencing",
)
BY_HAND = ("fencing.confirmed_by_hand", "fenced.overridden")
NOBODY = ("", "<no-one>", "<anyone>", "any device", "(any)", "a peer", "<anyone>:")
RETURNS = """
select node, ts, event from (
  select node, back as ts, back_event as event from departure where back is not null
  union all select node, ts, event from boot
  union all select node, began, began_event from life where role in ('messaging', 'mcp') and began is not null
)
where node in (select unnest(?::varchar[]))
order by node, ts
"""


@dataclass
class Request:
    """A request and all that is said of it."""

    target: str
    rows: list[Row] = field(default_factory=list)
    operation: str = ""
    closed: float | None = None
    returned: float | None = None
    returned_event: int | None = None

    def of(self, kinds: tuple[str, ...]) -> list[Row]:
        """The rows of some kinds, in order of time."""
        return [row for row in self.rows if row.kind in kinds]

    def take(self, row: Row) -> None:
        """Adds a row; a result closes the request."""
        self.rows.append(row)
        self.operation = self.operation or row.operation
        if row.kind in (*DONE, *FAILED):
            self.closed = row.ts

    def goes_on(self, row: Row) -> bool:
        """Whether a row without an id of its own is about this request."""
        last = self.rows[-1].ts
        if row.ts is None or last is None:
            return True
        if self.closed is None:
            return bool(row.ts - last < LONG)
        return (row.kind not in ASKED and bool(row.ts - last < TRAIL)) or row.kind == "fencing.gave_up"


def note_fencing(store: Store) -> None:
    """Fills `fencing`."""
    found = requests(store)
    _come_back(store, found)
    columns: dict[str, list[object]] = {}
    for number, request in enumerate(found, 1):
        for name, value in {"id": number, **_row(request)}.items():
            columns.setdefault(name, []).append(value)
    store.insert("fencing", columns)


def requests(store: Store) -> list[Request]:
    """The requests in order of time."""
    found: list[Request] = []
    by_target: dict[str, list[Request]] = {}
    for row in store.rows(TARGETS):
        if row.kind not in SOURCES:
            continue
        mine = by_target.setdefault(row.target, [])
        request = _mine(mine, row)
        if request is None:
            request = Request(row.target)
            mine.append(request)
            found.append(request)
        request.take(row)
    return found


def _mine(known: list[Request], row: Row) -> Request | None:
    if not known:
        return None
    if row.operation:
        same = next((request for request in reversed(known) if request.operation == row.operation), None)
        free = known[-1] if not known[-1].operation and known[-1].goes_on(row) else None
        return same or free
    return known[-1] if known[-1].goes_on(row) else None


def _come_back(store: Store, found: list[Request]) -> None:
    """When the target was seen alive after its fencing."""
    seen: dict[str, list[Row]] = {}
    for row in store.rows(RETURNS, sorted({request.target for request in found})):
        seen.setdefault(row.node, []).append(row)
    for request in found:
        tried = request.of(TRIED)
        since = (tried[0] if tried else request.rows[0]).ts
        back = next((row for row in seen.get(request.target, ()) if since is not None and row.ts > since), None)
        if back is not None and request.of(DONE):
            request.returned, request.returned_event = back.ts, back.event


def _row(request: Request) -> dict[str, object]:
    done, failed, tried = request.of(DONE), request.of(FAILED), request.of(TRIED)
    results = done or failed
    origin, client = _asker(request)
    ordered = sorted(request.rows, key=lambda row: (SOURCES[row.kind], row.id))
    return {
        "target": request.target,
        "action": next((row.action for row in request.rows if row.action in ("reboot", "off", "poweroff")), None),
        "operation": request.operation or None,
        "origin": origin,
        "client": client,
        "reason": next(
            (row.reason for row in request.of(("fencing.scheduled", "fencing.planned")) if row.reason), None
        ),
        "device": _first(row.device for row in request.of(TOLD)),
        "executor": _first(row.device for row in results if row.kind.startswith("fencing.")),
        "wanted": request.rows[0].ts,
        "wanted_event": request.rows[0].id,
        "tried": tried[0].ts if tried else None,
        "ended": results[0].ts if results else None,
        "outcome": _outcome(request),
        "said": None if done else _first(row.reason for row in failed),
        "returned": request.returned,
        "returned_event": request.returned_event,
        "events": [row.id for row in ordered],
    }


def _outcome(request: Request) -> str:
    done = request.of(DONE)
    if done:
        return "confirmed" if {row.kind for row in done} <= set(BY_HAND) else "succeeded"
    if request.of(FAILED):
        return "failed"
    return "no result" if request.of(TRIED) else "not tried"


def _asker(request: Request) -> tuple[str | None, str | None]:
    """The node and the daemon that asked: the fencer that was asked first says so best, then the result."""
    for row in request.of(("fencing.wanted",)):
        return row.node, row.client
    for row in request.of(("fenced.fencing", "fencing.asked_by_cman")):
        return row.node, row.daemon
    for row in (*request.of((*DONE, *FAILED)), *request.of(TRIED)):
        client, _, node = str(row.client or "").partition("@")
        if node or row.origin:
            return (node.removesuffix(f".{row.operation}") or row.origin), (client if node else None)
        if client:
            return client.partition("[")[0], None
    return None, None


def _first(values: Iterable[str | None]) -> str | None:
    return next((value for value in values if value and value not in NOBODY), None)
