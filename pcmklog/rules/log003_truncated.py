"""A file or archive of the bundle ends early.

## What it finds
Archives whose data are cut off or damaged, as far as the reader met them.

## Why it matters
What comes after the cut is missing, and the log seems to end at a moment at which nothing ended.

## What to do
Fetch the bundle again and compare size and checksum with the original (`gzip -t`, `xz -t`, `tar -tf`). Look for a
full disk or an upload limit on the way.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.store import Store

INSIDE = """
select node from source where starts_with(path, ?) and node is not null
group by node order by count(*) desc limit 1
"""
LAST = """
select id, lines from source where starts_with(path, ?) and role = 'log' and lines > 0 order by id desc limit 1
"""


@rule("LOG003", "truncated", "warning")
def truncated(store: Store) -> Iterator[Finding]:
    """The notes of the reader."""
    for note in store.rows("select distinct path, text from note where code = 'LOG003' order by path"):
        stem = PurePosixPath(note.path).name.split(".")[0]
        own = store.one(INSIDE, note.path) or store.one("select node from node_alias where host = ? limit 1", stem)
        last = store.one(LAST, note.path)
        yield Finding(
            own.node if own is not None else None,
            f"{note.path} was cut off: {note.text}",
            evidence=(Line(last.id, last.lines),) if last is not None else (),
        )
