"""What the rules of child processes share: how each daemon of a node ended, and whether a stop was under way.

One fold over the events of a node.  A death has several tellers (the parent, cluster-glue, the kernel, systemd, the
core dump service): they are joined by role and pid.  A stop that Pacemaker began by itself because it lost its
messaging layer is no ordered stop; what its children do in it is told by the rules.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from typing import TypeVar

from pcmklog import daemons
from pcmklog.model import Event
from pcmklog.rules._ending import Ending, Endings, number, of_program, of_unit
from pcmklog.store import Store, once

Item = TypeVar("Item")
JOIN = 5.0  # seconds in which two tellers speak of one death
ECHO = 3.0  # seconds after a death in which its parent says what it does about it
NEXT = 2.0  # seconds from the end of one child to the stop of the next
BY_ITSELF = 5.0  # seconds after the loss of the messaging layer in which pacemakerd begins to stop unasked
SIGKILL, SIGSEGV, SIGTERM = 9, 11, 15
STOPS = ("pacemakerd.stopping", "plugin.stopping", "heartbeat.stopping")
STARTS = ("pacemakerd.started", "pacemakerd.ready", "corosync.started", "heartbeat.started", "child.forked")
KERNEL = ("kernel.oom_killed", "kernel.segfault", "coredump.noted")
SILENT = """
select l.*, (select n.began_event from life n where n.node = l.node and n.role = l.role and n.began > l.ended
             order by n.began limit 1) as next_event
from life l
where l.how = 'killed' and l.role in ('mcp', 'messaging') and l.ended is not null and l.ended_event is not null
order by l.ended, l.id
"""


class _Node:
    """The fold over one node."""

    def __init__(self, node: str) -> None:
        self.node = node
        self.ends: list[Ending] = []
        self.spans: list[tuple[float, float]] = []
        self.stop: float | None = None
        self.lost: float | None = None
        self.sent: dict[int | None, str] = {}
        self.hung: set[int | None] = set()
        self.timed_out: dict[str, float] = {}

    def take(self, event: Event) -> None:
        """Takes one event into account."""
        kind, ts = event.kind, event.ts or 0.0
        if kind in STOPS:
            by_itself = self.lost is not None and ts - self.lost <= BY_ITSELF
            if self.stop is None and not by_itself and (event.daemon == "pacemakerd" or kind != "pacemakerd.stopping"):
                self.stop = ts
        elif kind in STARTS:
            self.close(ts)
            self.lost = None if kind != "child.forked" else self.lost
        elif kind == "pacemakerd.lost_messaging":
            self.lost = ts
        elif kind == "child.stopping":
            self.sent[number(event.fields.get("pid"))] = event.fields.get("signal", "15")
            for end in self.ends[-4:]:  # a log that begins amid a stop: the child before was told so too
                end.ordered = end.ordered or (end.signal == SIGTERM and ts - end.ts <= NEXT)
        elif kind == "child.killed_unresponsive":
            self.hung.add(number(event.fields.get("pid")))
        elif kind in ("unit.timed_out", "unit.killing"):
            self.timed_out[event.fields.get("unit", "")] = ts
        elif kind in ("child.respawned", "child.respawn_delayed", "pacemakerd.panicked"):
            self.echo(event)
        else:
            self.end(event)

    def close(self, ts: float) -> None:
        """A new start ends what is left of the stop before it."""
        if self.stop is not None:
            self.spans.append((self.stop, ts))
            self.stop = None

    def echo(self, event: Event) -> None:
        """What the parent does about a death proves it too."""
        role = daemons.role(event.fields.get("child", ""))
        for end in reversed(self.ends[-8:]):
            if end.role == role and (event.ts or 0.0) - end.ts <= ECHO:
                end.events.append(event.id)
                return

    def end(self, event: Event) -> None:
        """A line about an end: of a child, of a process, of a unit."""
        if event.kind == "unit.main_exited":
            self.unit(event)
            return
        name = event.fields.get("child") or of_program(event.fields.get("program", ""))
        role, pid = daemons.role(name), number(event.fields.get("pid"))
        if not role or (event.kind == "process.killed" and event.daemon not in ("pacemakerd", "crmd", "heartbeat")):
            return
        signal = number(event.fields.get("signal"))
        if event.kind in KERNEL and signal is None:
            signal = {"kernel.oom_killed": SIGKILL, "kernel.segfault": SIGSEGV}.get(event.kind)
        ordered = self.stop is not None or (event.kind == "child.terminated" and event.level == "notice")
        ordered = ordered or (signal == SIGTERM and pid in self.sent)
        self.add(event, Ending(self.node, name, role, pid, event.ts or 0.0, signal, ordered=ordered))

    def unit(self, event: Event) -> None:
        """The main process of a unit is gone; systemd's own SIGKILL after a timeout is no crash."""
        unit = event.fields.get("unit", "")
        name = of_unit(unit)
        code, status = event.fields.get("code", ""), number(event.fields.get("status"))
        if not name or code not in ("killed", "dumped") or status == SIGTERM:
            return
        ts = event.ts or 0.0
        ordered = ts - self.timed_out.get(unit, float("-inf")) <= 2 * JOIN or (
            name == "pacemakerd" and self.stop is not None
        )
        self.add(event, Ending(self.node, name, daemons.role(name), None, ts, status, ordered=ordered))

    def add(self, event: Event, new: Ending) -> None:
        """Adds an end, or the event to the end that another teller has told already."""
        if event.kind in ("child.exited", "heartbeat.child_exited"):
            new.status = number(event.fields.get("status"))
        new.hung = new.pid is not None and new.pid in self.hung
        new.teller = event.kind
        for old in reversed(self.ends[-12:]):
            known = None not in (old.pid, new.pid)
            same = old.pid == new.pid if known else old.role in ("mcp", "messaging") and old.teller != new.teller
            if old.role == new.role and same and new.ts - old.ts <= JOIN:
                old.events.append(event.id)
                old.signal, old.pid = old.signal or new.signal, old.pid or new.pid
                return
        new.events.append(event.id)
        self.ends.append(new)


READS = (
    "child.signalled", "child.exited", "child.terminated", "child.stopping", "child.killed_unresponsive",
    "child.respawned", "child.respawn_delayed", "process.killed", "heartbeat.child_exited", "heartbeat.child_killed",
    "pacemakerd.lost_messaging", "pacemakerd.panicked", "unit.main_exited", "unit.timed_out", "unit.killing",
    *STOPS, *STARTS, *KERNEL,
)  # fmt: skip


@once
def endings(store: Store) -> Endings:
    """How the daemons of all nodes ended."""
    nodes: dict[str, list[Event]] = defaultdict(list)
    for event in store.events(*READS):
        if event.node is not None and event.ts is not None:
            nodes[event.node].append(event)
    found = Endings()
    for node, events in nodes.items():
        folded = _Node(node)
        for event in sorted(events, key=lambda e: (e.ts or 0.0, e.id)):
            folded.take(event)
        folded.close(float("inf"))
        found.ends.extend(folded.ends)
        found.stops[node] = folded.spans
    _add_silent(store, found)
    found.ends.sort(key=lambda end: (end.ts, end.events[0]))
    return found


def _add_silent(store: Store, found: Endings) -> None:
    """Corosync or pacemakerd that died without a line about it; its clients or its successor prove it."""
    for life in store.rows(SILENT):
        if any(e.node == life.node and e.role == life.role and abs(e.ts - life.ended) <= JOIN for e in found.ends):
            continue
        end = Ending(life.node, life.daemon, life.role, life.pid, life.ended, life.signal, teller="life")
        end.events = [event for event in (life.ended_event, life.next_event) if event is not None]
        found.ends.append(end)


def episodes(items: Iterable[tuple[float, Item]], gap: float) -> list[list[Item]]:
    """Items in the order of time, in groups: in each no item is more than `gap` seconds after the one before."""
    groups: list[list[Item]] = []
    last = float("-inf")
    for ts, item in items:
        if not groups or ts - last > gap:
            groups.append([])
        groups[-1].append(item)
        last = ts
    return groups
