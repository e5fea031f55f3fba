"""Lives: from the events of a node to the incarnations of its daemons.

A life begins with the daemon's banner or its parent's `Forked child`, and ends with its own last words, its parent's
report, or silence.  `how` says which:

    stopped    asked to stop, and ended
    exited     ended by itself, with `status`
    killed     died of a signal (`signal` if known)
    refused    the attempt to start was turned down (a second instance, no messaging layer, the wrong plugin mode)
    failed     the start ended with an error
    lost       no word about its end, but it is gone: a new life, a boot, or its clients say so
    running    alive when the log ends, or where it breaks off because a rotated file is not in the bundle
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable
from functools import cache
from importlib.resources import files
from itertools import count

from pcmklog import daemons
from pcmklog.model import Event
from pcmklog.sequences.life import MCP, MESSAGING, Life, seconds, whole

ATTEMPT = 30.0  # seconds in which an attempt to start pacemakerd shows what became of it
DOUBLE = 8.0  # seconds in which a second Corosync finds the first
TOGETHER = 2.0  # seconds in which a daemon and the syslog daemon of one boot may come up in either order
ECHO = 2.5  # seconds in which the last lines of a daemon may trail its end


@cache
def turns() -> dict[str, list[str]]:
    """The kinds that each handler takes, from `turns.toml`."""
    return tomllib.loads(files("pcmklog.sequences").joinpath("turns.toml").read_text("utf-8"))


class NodeLives:
    """The fold over the events of one node, in the order of time."""

    def __init__(self, node: str, numbers: count[int]) -> None:
        self.node = node
        self.numbers = numbers
        self.lives: list[Life] = []
        self.current: dict[str, Life] = {}
        self.attempt: Life | None = None
        self.boots: list[tuple[Event, float | None, int | None]] = []
        self.syslog_stopped: float | None = None
        self.handlers: dict[str, Callable[[Event], None]] = {
            kind: getattr(self, f"_{handler}") for handler, kinds in turns().items() for kind in kinds
        }

    def fold(self, events: Iterable[Event]) -> list[Life]:
        """All lives of the node in the order of their begin."""
        for event in events:
            handler = self.handlers.get(event.kind)
            if handler is not None:
                handler(event)
            self._heard(event)
        self._silent_attempt(None)
        return self.lives

    # ------------------------------------------------------------------ all daemons

    def _born(self, event: Event, daemon: str, role: str, pid: int | None, *, known: bool = True) -> Life:
        life = Life(next(self.numbers), self.node, daemon, role, pid, began=event.ts if known else None)
        if known:
            life.events["began"] = event.id
        life.last, life.last_event = event.ts, event.id
        self.lives.append(life)
        self.current[role] = life
        return life

    def _heard(self, event: Event) -> None:
        """Every line is a sign of life of its daemon."""
        role = daemons.role(event.daemon)
        if not role or role in ("systemd", "kernel", "syslog", "journal", "time", "init_script"):
            return
        life = self.current.get(role)
        gone = life is None or (not life.open and not self._echo(life, event))
        child = role in daemons.PACEMAKER_CHILDREN and life is None and event.pid is not None
        if gone and (role == MESSAGING or child):
            life = self._born(event, event.daemon, role, event.pid, known=False)
        if life is not None and life.open and (role == MESSAGING or event.pid is None or life.pid in (None, event.pid)):
            life.last, life.last_event = event.ts, event.id

    def _echo(self, life: Life, event: Event) -> bool:
        """Whether a line is only the trail of a life that has ended."""
        soon = life.ended is not None and event.ts is not None and event.ts - life.ended < ECHO
        return soon or event.pid == life.pid or life.role != MESSAGING

    def _open(self, role: str) -> Life | None:
        life = self.current.get(role)
        return life if life is not None and life.open else None

    def _silence(self, role: str) -> None:
        """A new life begins although the end of the old one was not heard.

        A Corosync that its clients did not miss ended with them, however long it had nothing to say.
        """
        life = self._open(role)
        if life is not None:
            missed = role != MESSAGING or "clients_lost" in life.events
            heard = [other.last for other in self.current.values() if other.open and other.last is not None]
            life.end(None, "lost", None if missed else max(heard, default=None))

    def _booted(self, event: Event) -> None:
        """The machine came up: what lived before that is gone.  Pid 1 says so only when all services have started."""
        if event.daemon == "systemd" and event.pid not in (None, 1):
            return
        began = (event.ts or 0.0) - seconds(event.fields.get("duration", ""))
        lively = [life for life in self.current.values() if life.open and life.last is not None and life.last <= began]
        lively = [life for life in lively if life.began is None or life.began < began - TOGETHER]
        if not lively:
            return
        last = max(lively, key=lambda life: life.last or 0.0)
        self.boots.append((event, last.last, last.last_event))
        for life in lively:
            life.end(None, "lost", last.last)
            life.events["ended"] = event.id

    def _syslog_stopped(self, event: Event) -> None:
        self.syslog_stopped = event.ts

    def _syslog_started(self, event: Event) -> None:
        """A syslog daemon that begins without having been told to stop: the machine came up again."""
        stopped, self.syslog_stopped = self.syslog_stopped, None
        if stopped is None:
            self._booted(event)

    def _other_started(self, event: Event) -> None:
        role = daemons.role(event.daemon)
        self._silence(role)
        self._born(event, event.daemon, role, event.pid)

    # ------------------------------------------------------------------ messaging layer

    def _messaging_started(self, event: Event) -> None:
        life = self.current.get(MESSAGING)
        if life is not None and life.open and life.stopping is None and life.began == event.ts is not None:
            return
        self._silence(MESSAGING)
        new = self._born(event, event.daemon, MESSAGING, event.pid)
        new.version = event.fields.get("version")
        new.parent = life.id if life is not None and life.how == "lost" else None

    def _messaging_ready(self, event: Event) -> None:
        life = self._open(MESSAGING)
        if life is not None and life.ready is None:
            life.ready = event.ts
            life.events["ready"] = event.id

    def _messaging_stopping(self, event: Event) -> None:
        life = self.current.get(MESSAGING)
        if life is None:
            life = self._born(event, event.daemon, MESSAGING, event.pid, known=False)
        if life.open and life.stopping is None and self._own(event):
            life.stopping = event.ts
            life.events["stopping"] = event.id

    def _own(self, event: Event) -> bool:
        """`Node <id> was shut down by sysadmin` stands in the logs of all; unloading says that it was this one."""
        return event.kind != "corosync.stopped_by_admin"

    def _messaging_exited(self, event: Event) -> None:
        life = self.current.get(MESSAGING)
        if life is None:
            life = self._born(event, event.daemon, MESSAGING, event.pid, known=False)
        status = whole(event.fields.get("status")) or 0
        if not life.open:
            return
        if status and status == 18:  # another instance is running (corosync exec/main.h)
            self._messaging_refused(event)
            return
        life.status = status
        life.end(event, "failed" if status else "stopped")

    def _messaging_refused(self, event: Event) -> None:
        """A second instance: its banner had been taken for a new life, the old one goes on."""
        life = self._open(MESSAGING)
        if life is None:
            return
        recent = life.began is not None and event.ts is not None and event.ts - life.began < DOUBLE
        if not recent:
            return
        life.end(event, "refused")
        before = next((old for old in reversed(self.lives) if old.id == life.parent), None)
        if before is not None:
            before.how, before.ended = "running", None
            before.events.pop("ended", None)
            self.current[MESSAGING] = before

    def _messaging_failed(self, event: Event) -> None:
        life = self.current.get(MESSAGING)
        if life is None or not life.open or (life.ready is not None and event.kind == "corosync.config_error"):
            if event.kind == "corosync.config_error" and (life is None or not life.open):
                self._born(event, event.daemon, MESSAGING, event.pid).end(event, "failed")
            return
        life.status = whole(event.fields.get("status"))
        life.end(event, "failed")

    def _messaging_lost(self, event: Event) -> None:
        """A client lost Corosync: kept as a hint; `settle` decides when the whole log is known."""
        life = self.current.get(MESSAGING)
        if life is not None:
            life.events.setdefault("clients_lost", event.id)
            if "clients_lost_last" not in life.events or life.open:
                life.events["clients_lost_last"] = event.id

    # ------------------------------------------------------------------ pacemakerd

    def _mcp_invoked(self, event: Event) -> None:
        life = self._open(MCP)
        if life is not None and life.began == event.ts is not None and "started" not in life.events:
            life.events = {"started": life.events["began"], "began": event.id}  # two files, one second: out of order
            return
        self._silent_attempt(event)
        if self.attempt is None:
            self.attempt = Life(
                next(self.numbers), self.node, event.daemon, MCP, event.pid, began=event.ts, last=event.ts
            )
            self.attempt.events["began"] = event.id

    def _mcp_waits(self, event: Event) -> None:
        if daemons.role(event.daemon) != MCP:  # a child that connects anew
            return
        if self.attempt is None and not self._mcp_alive(event):
            self._mcp_invoked(event)
        if self.attempt is not None:
            self.attempt.events.setdefault("waiting", event.id)
            self.attempt.last = event.ts

    def _mcp_alive(self, event: Event) -> bool:
        life = self._open(MCP)
        return life is not None and (life.pid is None or life.pid == event.pid)

    def _silent_attempt(self, event: Event | None) -> None:
        """An attempt of which nothing more was heard: with Pacemaker 1.1.3 the plugin shows that it came up."""
        attempt = self.attempt
        if attempt is None or (
            event is not None and event.ts is not None and attempt.began is not None and event.ts - attempt.began < 1
        ):
            return
        self.attempt = None
        attempt.how, attempt.ended = "unknown", attempt.last
        self.lives.append(attempt)

    def _mcp_started(self, event: Event) -> None:
        if event.daemon != "pacemakerd":
            return
        self._silence(MCP)
        attempt, self.attempt = self.attempt, None
        life = self._born(event, event.daemon, MCP, event.pid)
        life.version = event.fields.get("version")
        if (
            attempt is not None
            and attempt.began is not None
            and event.ts is not None
            and event.ts - attempt.began < ATTEMPT
        ):
            life.began = attempt.began
            life.events = {**attempt.events, "started": event.id}

    def _mcp_ready(self, event: Event) -> None:
        life = self._open(MCP)
        if life is not None and life.ready is None:
            life.ready = event.ts
            life.events["ready"] = event.id

    def _mcp(self, event: Event) -> Life:
        life = self.current.get(MCP)
        if life is None or (not life.open and event.kind != "pacemakerd.exited"):
            attempt, self.attempt = self.attempt, None
            life = self._born(event, event.daemon, MCP, event.pid, known=False)
            if attempt is not None:
                life.began, life.events = attempt.began, dict(attempt.events)
        return life

    def _mcp_stopping(self, event: Event) -> None:
        if event.daemon != "pacemakerd":
            return
        life = self._mcp(event)
        if life.open and life.stopping is None:
            life.stopping = event.ts
            life.events["stopping"] = event.id

    def _mcp_stopped(self, event: Event) -> None:
        if event.daemon != "pacemakerd":
            return
        if event.kind == "pacemakerd.exited" and self._only_tried(event.pid):
            return
        life = self._mcp(event)
        if life.open:
            life.status = whole(event.fields.get("status"))
            life.end(event, "stopped" if life.stopping is not None else "exited")

    def _only_tried(self, pid: int | None) -> bool:
        """Whether this process never became the pacemakerd of the node."""
        tried = [self.attempt] if self.attempt is not None else []
        tried += [life for life in self.lives if life.role == MCP and life.how == "refused"]
        return pid is not None and any(life.pid == pid for life in tried)

    def _mcp_refused(self, event: Event) -> None:
        attempt = self.attempt
        if attempt is None:
            attempt = Life(next(self.numbers), self.node, event.daemon, MCP, event.pid, began=event.ts, last=event.ts)
        self.attempt = None
        attempt.events["refused"] = event.id
        attempt.end(event, "refused")
        self.lives.append(attempt)

    # ------------------------------------------------------------------ children

    def _child(self, event: Event) -> tuple[str, str, int | None]:
        child = event.fields.get("child", "")
        return child, daemons.role(child), whole(event.fields.get("pid"))

    def _forked(self, event: Event) -> None:
        child, role, pid = self._child(event)
        if not role:
            return
        old = self.current.get(role)
        if old is not None and old.open and old.began is not None:
            old.end(None, "lost")
        elif old is not None and old.open:
            if old.pid == pid and pid is not None:
                old.began, old.events["began"] = event.ts, event.id
                self._parent(old, event)
                return
            old.end(None, "lost")
        self._parent(self._born(event, child, role, pid), event)

    def _parent(self, life: Life, event: Event) -> None:
        parent = self.current.get(MCP if event.daemon == "pacemakerd" else MESSAGING)
        life.parent = parent.id if parent is not None else None

    def _adopted(self, event: Event) -> None:
        child, role, pid = self._child(event)
        if not role:
            return
        life = self.current.get(role)
        if life is None or not life.open or (pid is not None and life.pid not in (None, pid)):
            life = self._born(event, child, role, pid, known=False)
        life.adopted = True
        life.events["adopted"] = event.id
        self._parent(life, event)

    def _ending(self, event: Event) -> Life | None:
        child, role, pid = self._child(event)
        if not role:
            return None
        life = self.current.get(role)
        if life is not None and (pid is None or life.pid is None or life.pid == pid):
            return life if life.open else None
        for old in reversed(self.lives):
            if old.role == role and old.pid == pid:
                return old if old.how in ("running", "lost") else None
        return self._born(event, child, role, pid, known=False)

    def _child_exited(self, event: Event) -> None:
        if (life := self._ending(event)) is not None:
            life.status = whole(event.fields.get("status"))
            parent = self.current.get(MCP) if event.daemon == "pacemakerd" else self.current.get(MESSAGING)
            ordered = parent is not None and parent.stopping is not None
            life.end(event, "stopped" if ordered or event.kind == "child.stop_confirmed" else "exited")

    def _child_signalled(self, event: Event) -> None:
        if (life := self._ending(event)) is not None:
            life.signal = whole(event.fields.get("signal"))
            parent = self.current.get(MCP) if event.daemon == "pacemakerd" else self.current.get(MESSAGING)
            ordered = parent is not None and parent.stopping is not None and life.signal in (None, 15)
            life.end(event, "stopped" if ordered else "killed")

    # ------------------------------------------------------------------ systemd

    def _unit_exited(self, event: Event) -> None:
        unit = event.fields.get("unit", "")
        role = {"corosync.service": MESSAGING, "pacemaker.service": MCP}.get(unit)
        life = self.current.get(role or "")
        if life is None or not life.open:
            if (
                life is not None
                and life.how == "lost"
                and life.ended is not None
                and event.ts is not None
                and abs(event.ts - life.ended) < ECHO
            ):
                life.how = "killed"
                life.events["ended"] = event.id
            return
        code = event.fields.get("code", "")
        status = whole((event.fields.get("status") or "").split("/")[0])
        if code in ("killed", "dumped"):
            life.signal = status
            life.end(event, "killed")
        elif status and status != 100:  # the unit counts 100 as a success
            life.status = status
            life.end(event, "failed" if life.ready is None else "exited")
