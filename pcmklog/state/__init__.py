"""The state of every node at any moment, and what the cluster did: fencing, fail-over, shutdown.

Makes the tables that `sql/state.sql` describes, for rules, timeline and report.
"""

from __future__ import annotations

from pcmklog.state.changes import SEEN, Change, add, note_changes
from pcmklog.state.fencing import note_fencing
from pcmklog.state.intervals import lay_out, note_departures
from pcmklog.state.invariants import check_invariants
from pcmklog.state.members import name_members
from pcmklog.state.operations import note_operations
from pcmklog.store import Store

MARKED = {"succeeded": "fenced", "confirmed": "fenced", "failed": "failed"}


def derive(store: Store) -> None:
    """Fills the tables from events, lives and boots."""
    store.script("state")
    name_members(store)
    note_changes(store)
    roles = store.rows("select distinct aspect from state_change where aspect like 'daemon.%' order by 1")
    lay_out(store, *SEEN, "shutdown", "standby", "maintenance", *(row.aspect for row in roles))
    store.script("membership")
    note_departures(store)
    note_fencing(store)
    add(store, _fenced(store))
    lay_out(store, "fencing")
    note_operations(store)
    check_invariants(store)


def _fenced(store: Store) -> list[Change]:
    """Pending from the decision, then what came of it, until the node is back."""
    found: list[Change] = []
    for row in store.rows("select * from fencing where wanted is not null order by id"):
        found.append(Change(row.target, "fencing", "pending", row.wanted, row.wanted_event))
        if row.ended is not None and row.outcome in MARKED:
            found.append(Change(row.target, "fencing", MARKED[row.outcome], row.ended, row.events[0]))
        if row.returned is not None:
            found.append(Change(row.target, "fencing", "none", row.returned, row.returned_event))
    return found
