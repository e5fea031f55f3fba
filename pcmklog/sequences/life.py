"""What a life is: one incarnation of a daemon on a node, from start to end."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from pcmklog.model import Event

MCP = "mcp"
MESSAGING = "messaging"
SPAN = re.compile(r"([\d.]+)(min|ms|s)\b")
UNITS = {"min": 60.0, "s": 1.0, "ms": 0.001}


@dataclass
class Life:
    """One incarnation, see the module's page; times are cluster times, events are ids."""

    id: int
    node: str
    daemon: str
    role: str
    pid: int | None = None
    parent: int | None = None
    adopted: bool = False
    began: float | None = None
    ready: float | None = None
    stopping: float | None = None
    ended: float | None = None
    how: str = "running"
    status: int | None = None
    signal: int | None = None
    version: str | None = None
    events: dict[str, int] = field(default_factory=dict)
    last: float | None = None
    last_event: int | None = None

    @property
    def open(self) -> bool:
        """Whether nothing has been heard of its end yet."""
        return self.how == "running"

    def end(self, event: Event | None, how: str, ts: float | None = None) -> None:
        """Closes the life."""
        self.how = how
        self.ended = ts if ts is not None else (event.ts if event else self.last)
        if event is not None:
            self.events["ended"] = event.id


def seconds(duration: str) -> float:
    """What systemd says of the length of a boot: `1min 2.5s (kernel) + 3s (userspace) = 1min 5.5s.`, `692ms`."""
    total = duration.rsplit("=", 1)[-1]
    return sum(float(number) * UNITS[unit] for number, unit in SPAN.findall(total))


def whole(text: str | None) -> int | None:
    """The number that a field holds, or None."""
    try:
        return int(text) if text is not None else None
    except ValueError:
        return None
