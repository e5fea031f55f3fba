"""What the end of a daemon is, and which programs and units are daemons of the cluster."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass, field

from pcmklog import daemons

UNITS = {
    "corosync": "corosync",
    "pacemaker": "pacemakerd",
    "pacemaker_remote": "pacemaker-remoted",
    "corosync-qdevice": "corosync-qdevice",
    "corosync-qnetd": "corosync-qnetd",
    "sbd": "sbd",
    "dlm": "dlm_controld",
    "heartbeat": "heartbeat",
}
FAMILIES = ("corosync", "pacemaker", "cman", "heartbeat", "sbd")


@dataclass(eq=False)
class Ending:
    """The end of one daemon: by a signal, or by itself with a status; `ordered` inside a stop that was asked for."""

    node: str
    daemon: str
    role: str
    pid: int | None
    ts: float
    signal: int | None = None
    status: int | None = None
    ordered: bool = False
    hung: bool = False  # its parent killed it, for it did not answer
    teller: str = ""
    events: list[int] = field(default_factory=list)

    @property
    def name(self) -> str:
        """`pacemaker-execd[138]`."""
        return self.daemon if self.pid is None else f"{self.daemon}[{self.pid}]"

    @property
    def died(self) -> bool:
        """Whether it was a signal (a status may be unknown too, when a new parent found only that it is gone)."""
        return self.status is None


@dataclass
class Endings:
    """All ends of all nodes in the order of time, and the ordered stops of each node."""

    ends: list[Ending] = field(default_factory=list)
    stops: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    def stopping(self, node: str, ts: float) -> bool:
        """Whether an ordered stop of Pacemaker was under way, or done and no new start begun."""
        spans = self.stops.get(node, [])
        at = bisect_right(spans, (ts, float("inf")))
        return at > 0 and ts <= spans[at - 1][1]


def of_program(program: str) -> str:
    """The daemon behind the name of a process, which the kernel cuts to 15 characters; empty if it is none of ours."""
    for name in daemons.names():
        if name[:15] == program[:15] and daemons.family(name) in FAMILIES:
            return name
    return ""


def number(text: str | None) -> int | None:
    """The number at the begin of `9/KILL` or `9`."""
    head = (text or "").split("/")[0]
    return int(head) if head.isdigit() else None


def of_unit(unit: str) -> str:
    """The daemon that a unit of systemd runs; empty if it is none of the cluster."""
    return UNITS.get(unit.removesuffix(".service"), "")
