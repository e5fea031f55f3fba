"""Log lines were dropped.

## What it finds
Where a logger says itself that lines are missing: rsyslog's or journald's rate limit, and buffers of Corosync and
libqb that ran over.

## Why it matters
A step that is missing here may have happened all the same: what is concluded from silence in that time is uncertain,
and the flood that filled the limit is often the fault itself.

## What to do
Read the other log of the same node for that time: pacemaker.log and corosync.log have no such limit. For the future
raise the limit (`RateLimitBurst=` and `RateLimitIntervalSec=` in journald.conf, `SysSock.RateLimit.Interval` of
rsyslog's imuxsock), and find what floods the log.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.store import Store
from pcmklog.words import clock, times

EPISODE = 120.0
LOST = ("syslog.rate_limited", "journal.suppressed", "log.dropped", "corosync.log_lost")


@rule("LOG002", "log-gap", "warning")
def log_gap(store: Store) -> Iterator[Finding]:
    """What loggers say they dropped, by node, within two minutes together."""
    for node, group in episodes(store.events(*LOST), EPISODE):
        said = (event.fields.get("lost") or event.fields.get("count") or "" for event in group)
        lost = sum(int(number) for number in said if number.isdigit())
        what = f"{lost} lines" if lost else "lines"
        yield Finding(
            node,
            f"{group[0].daemon} on {node} dropped {what} of the log at {clock(group[0].ts)} ({times(len(group))}).",
            at=group[0].ts,
            until=group[-1].ts if len(group) > 1 else None,
            evidence=tuple(event.id for event in group[:20]),
        )
