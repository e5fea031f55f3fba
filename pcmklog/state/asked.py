"""Who wanted a node to stop: systemd, an operator, the machine's shutdown, a signal, or pacemakerd by itself."""

from __future__ import annotations

from pcmklog.store import Row, Store

BEFORE, AFTER = 15.0, 2.0  # seconds around the first step of the stop
MACHINE = 60.0  # seconds around it in which the machine's own shutdown is told
HEARD = """
select id, ts, node, kind, daemon, role, text, fields->>'unit' as unit, fields->>'child' as child,
  fields->>'origin' as origin, fields->>'name' as signal
from event
where kind in (
    'system.shutting_down', 'unit.stopping', 'pacemakerd.stop_asked', 'child.fatal', 'child.respawn_inhibited',
    'pacemakerd.respawn_inhibited', 'pacemakerd.lost_messaging', 'pacemakerd.signalled', 'corosync.stopped_by_admin',
    'corosync.stopped_by_signal', 'cman.shutdown_ordered', 'controller.stop_unexpected', 'join.refused'
  ) and ts is not null and node is not null
order by node, ts, id
"""
# The first that is heard says who; the words take the row's values.
WORDS = (
    ("child.fatal", "pacemakerd itself, after a fatal failure of {child}"),
    ("child.respawn_inhibited", "pacemakerd itself, after a fatal failure of {child}"),
    ("pacemakerd.respawn_inhibited", "pacemakerd itself, after a fatal error"),
    ("join.refused", "the controller itself: the DC refused its join"),
    ("pacemakerd.lost_messaging", "pacemakerd itself: it had lost the messaging layer"),
    ("controller.stop_unexpected", "another node of the cluster"),
    ("system.shutting_down", "the shutdown of the machine"),
    ("unit.stopping", "systemd, which stopped {unit} (systemctl, or a unit that it depends on)"),
    ("pacemakerd.stop_asked", "a client of pacemakerd: {origin}"),
    ("cman.shutdown_ordered", "cman_tool leave or the cman init script"),
    ("pacemakerd.signalled", "a signal to pacemakerd ({signal}), as an init script or an operator sends it"),
    ("corosync.stopped_by_admin", "corosync-cfgtool -H or the corosync init script"),
    ("corosync.stopped_by_signal", "a signal to Corosync, as an init script or an operator sends it"),
)


class Askers:
    """What nodes heard of their stops."""

    def __init__(self, store: Store) -> None:
        self.heard: dict[str, list[Row]] = {}
        for row in store.rows(HEARD):
            self.heard.setdefault(row.node, []).append(row)

    def of(self, node: str, began: float) -> tuple[str | None, list[int]]:
        """In words who asked for the stop that began then, and the events that say so."""
        near = [row for row in self.heard.get(node, ()) if _fits(row, began)]
        for kind, words in WORDS:
            said = [row for row in near if row.kind == kind]
            if said:
                row = said[0]
                text = words.format(child=row.child or "a daemon", unit=row.unit or row.text, origin=row.origin or "?",
                                    signal=row.signal or "SIGTERM")  # fmt: skip
                return text, [other.id for other in said[:2]]
        return None, []


def _fits(row: Row, began: float) -> bool:
    if row.kind == "system.shutting_down":
        return (
            bool(row.daemon.startswith("systemd") or "shutting down for" in row.text) and abs(row.ts - began) < MACHINE
        )
    if row.kind == "unit.stopping" and not _cluster(row):
        return False
    if row.kind == "pacemakerd.signalled" and row.role != "mcp":
        return False
    return bool(began - BEFORE <= row.ts <= began + AFTER)


def _cluster(row: Row) -> bool:
    said = f"{row.unit} {row.text}".lower()
    return any(word in said for word in ("pacemaker", "corosync", "cman", "heartbeat"))
