"""What can be said of a life only when the whole log is known.

When clients say that they lost Corosync, either Corosync died, or (with the plugin's `ver: 1` and Pacemaker 1.1.7)
pacemakerd did and took their connections with it.  What Corosync logs afterwards tells which.  And an end that was not
heard is no fault when the log of that time is not in the bundle.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import NamedTuple

from pcmklog import daemons
from pcmklog.model import Event
from pcmklog.sequences.life import MCP, MESSAGING, Life

STAMP = 1.0  # seconds that two stamps of whole seconds may differ
TELLING = ("plugin.client_left", "plugin.client_connected")  # they show that this Corosync lives
ORDERED = 2.0  # seconds after its own last words in which a loss is the end of an orderly stop


class Hole(NamedTuple):
    """A time of which the bundle has no log of the node, although there was one."""

    began: float
    until: float


def settle(lives: Sequence[Life], events: Sequence[Event], holes: Sequence[Hole] = ()) -> None:
    """Corrects how lives ended, in place."""
    for life in lives:
        if life.how == "lost" and any(_silent_over(life, lives, hole) for hole in holes):
            life.how, life.ended = "running", None
            life.events.pop("ended", None)
    by_id = {event.id: event for event in events}
    said = [event for event in events if event.ts is not None and daemons.role(event.daemon) == MESSAGING]
    for life in lives:
        if life.role == MESSAGING and "clients_lost" in life.events:
            _messaging(life, lives, said, [by_id[life.events[name]] for name in ("clients_lost", "clients_lost_last")])


def _silent_over(life: Life, lives: Sequence[Life], hole: Hole) -> bool:
    """Whether the end of a life may have been logged in the hole: it spoke before it, the next life after it."""
    last = life.last if life.last is not None else life.began
    following = (other.began for other in lives if other.role == life.role and other is not life and other.began)
    return (
        last is not None
        and last <= hole.began + STAMP
        and all(began <= last or began >= hole.until - STAMP for began in following)
    )


def _messaging(life: Life, lives: Sequence[Life], said: Sequence[Event], lost: Sequence[Event]) -> None:
    """Puts an end to a life whose clients lost it; `said` is what the messaging layer logged, in the order of time."""
    for event in lost:
        if event.ts is None or (life.began is not None and event.ts < life.began):
            continue
        if life.stopping is not None and event.ts >= life.stopping - STAMP:
            continue
        if _speaks_after(lives, said, event.ts):
            _mcp_died(lives, event)
            continue
        if life.how in ("running", "lost"):
            life.how, life.ended = "killed", event.ts
            life.events["ended"] = event.id
            return


def _speaks_after(lives: Sequence[Life], said: Sequence[Event], ts: float) -> bool:
    """Whether this very Corosync logged after its clients had lost it."""
    following = min(
        (other.began for other in lives if other.role == MESSAGING and other.began is not None and other.began > ts),
        default=None,
    )
    for event in said[bisect_left(said, ts - STAMP, key=_ts) :]:
        if following is not None and _ts(event) >= following:
            return False
        if _ts(event) > ts + STAMP / 10 or event.kind in TELLING:
            return True
    return False


def _ts(event: Event) -> float:
    return event.ts or 0.0


def _mcp_died(lives: Sequence[Life], event: Event) -> None:
    for life in lives:
        if (
            life.role != MCP
            or life.stopping is not None
            or life.how not in ("running", "lost", "unknown")
            or event.ts is None
        ):
            continue
        if (life.began is None or life.began < event.ts) and (life.last is None or life.last <= event.ts + STAMP):
            life.how, life.ended = "killed", event.ts
            life.events["ended"] = event.id
