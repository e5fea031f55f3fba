"""A log file is in a format that no parser knows.

## What it finds
Files among the logs whose lines are alike, as the lines of a log are, and none of which has a known header; and what
the reader noted of such files.

## Why it matters
What stands in it was not read: the report may miss a fault that this file shows.

## What to do
Look into the file. If it belongs to the cluster, send the logs in a format of syslog, the journal (`journalctl -o
short-iso-precise`), Corosync or Pacemaker; otherwise leave it out.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from pcmklog.model import Finding, Line
from pcmklog.rule import rule
from pcmklog.store import Store

LEAST = 20  # lines
ALIKE = 0.9  # the part of the lines that has one shape
SHOWN = 40
NOT_LOGS = re.compile(
    r"(?:^|[/!])(?:etc|proc|sys|usr|lib|boot|sos_(?:commands|logs|reports)|pengine|cib|cores)/"
    r"|\.(?:txt|conf|xml|info|bz2|gz|dot|html|json|js|css|out|service|socket|target|rules|cfg|cf|sh|py|md|csv|key|pem|sum)$",
    re.IGNORECASE,
)
FILES = """
select id, path, lines from source
where role in ('log', 'text') and format is null and coalesce(parsed, 0) = 0 and lines >= ? and same_as is null
order by id
"""


@rule("LOG004", "unparsed-format", "warning")
def unparsed_format(store: Store) -> Iterator[Finding]:
    """Files that look like logs and were not understood."""
    told = set()
    for row in store.rows(FILES, LEAST):
        if NOT_LOGS.search(row.path) or not _records(store.raw_lines(row.id, 1, SHOWN)):
            continue
        told.add(row.path)
        yield Finding(
            None,
            f"No parser knew the format of {row.path} ({row.lines} lines).",
            evidence=tuple(Line(row.id, line) for line in range(1, 4)),
        )
    for note in store.rows("select distinct path, text from note where code = 'LOG004' order by path"):
        if note.path not in told and not NOT_LOGS.search(note.path):
            yield Finding(None, f"{note.path} was not understood: {note.text}")


def _records(lines: list[str]) -> bool:
    """Whether nearly all lines begin alike, with a number or a stamp in it."""
    shapes = Counter(re.sub(r"[A-Za-z]", "a", re.sub(r"\d", "9", line[:8])) for line in lines if line.strip())
    if sum(shapes.values()) < LEAST:
        return False
    shape, count = shapes.most_common(1)[0]
    return "9" in shape and count >= ALIKE * sum(shapes.values())
