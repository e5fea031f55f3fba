"""`fence_tool dump`, `dlm_tool dump`, `group_tool dump`: seconds since 1970 and a text, without the daemon's name.

1793610901 fenced 3.1.8 started
1793610901 cpg_join fenced:daemon ...

The daemon is the one that says that it started, or whose process group is joined; a dump that does neither is left.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

NAME = "debug-dump"
ORDER = 20
BINARY = False
LINE = re.compile(rb"(?m)^(\d{9,10}) (?=\S)")
DAEMON = re.compile(
    rb"(?m)^\d{9,10} (?:(fenced|dlm_controld|gfs_controld|groupd|qdiskd) \d\S* started"
    rb"|cpg_join (fenced|dlm|gfs):|(?:cpg_mcast|daemon cpg)\w* (fenced|dlm|gfs)\b)"
)
NAMES = {b"dlm": b"dlm_controld", b"gfs": b"gfs_controld"}


def wants(head: bytes) -> bool:
    """Whether all lines are of that shape, and one names the daemon."""
    if not LINE.match(head) or not DAEMON.search(head):
        return False
    lines = [text for text in head.split(b"\n") if text.strip()]
    return all(LINE.match(text) for text in lines)


def rewrite(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines with the name of the daemon."""
    name = b""
    for block in blocks:
        if not name and (found := DAEMON.search(block)):
            word = found[found.lastindex or 0]
            name = NAMES.get(word, word)
        yield LINE.sub(rb"\1 localhost %s: " % name, block) if name else block
