"""Log lines are missing.

## What it finds
Where a logger says itself that lines are missing: rsyslog's or journald's rate limit, and buffers of Corosync and
libqb that ran over. And rotated files of which one in the middle is not in the bundle (`messages.1`, `messages.3`), if
no other log of the node has the time between them.

## Why it matters
A step that is missing here may have happened all the same: what is concluded from silence in that time is uncertain,
and the flood that filled the limit is often the fault itself.

## What to do
Read the other log of the same node for that time: pacemaker.log and corosync.log have no such limit. For the future
raise the limit (`RateLimitBurst=` and `RateLimitIntervalSec=` in journald.conf, `SysSock.RateLimit.Interval` of
rsyslog's imuxsock), and find what floods the log. Fetch the rotated files that are missing.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.store import Store
from pcmklog.words import clock, times

EPISODE = 120.0
HOLES = """
select h.node, h.began, h.until, h.older, h.newer, h.missing, o.lines, o.path as older_path, n.path as newer_path
from log_hole h join source o on o.id = h.older join source n on n.id = h.newer
order by h.began, h.older
"""
LOST = ("syslog.rate_limited", "journal.suppressed", "log.dropped", "corosync.log_lost")


@rule("LOG002", "log-gap", "warning")
def log_gap(store: Store) -> Iterator[Finding]:
    """What loggers say they dropped, by node, within two minutes together; then rotated files that are missing."""
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
    for row in store.rows(HOLES):
        files = "the rotated file" if row.missing == 1 else f"{row.missing} rotated files"
        yield Finding(
            row.node,
            f"The bundle lacks {files} between {row.older_path} and {row.newer_path}.",
            at=row.began,
            until=row.until,
            evidence=(Line(row.older, row.lines), Line(row.newer, 1)),
        )
