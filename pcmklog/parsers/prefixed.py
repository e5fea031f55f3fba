"""What `grep`, `cat -n` and the shells of many nodes put in front of a line is taken off.

corosync.log:Nov 02 10:15:01 corosync [TOTEM ] A processor failed, forming new configuration.
messages:123:Nov  2 10:15:01 alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
messages-124-Nov  2 10:15:01 alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
alpha: Nov  2 10:15:01 alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
   125:Nov  2 10:15:01 alpha pacemakerd[2300]:  notice: Starting Pacemaker 2.1.5
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcmklog.parsers import known

NAME = "prefixed"
ORDER = 30
BINARY = False
LOOKED_AT = 200  # lines
STAMP = rb"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d)"
# Shortest first: a prefix ends where a stamp begins.
PREFIX = re.compile(
    rb"(?m)^(?:[^\s:]{1,200}?:(?:\d{1,9}:)?|[^\s:]{1,200}?-\d{1,9}-|[ \t]*\d{1,9}[:\t]|\[[\w.-]+\]:?|[\w.-]+ \|)"
    rb"[ \t]*(?=" + STAMP + rb")"
)


def wants(head: bytes) -> bool:
    """Whether most lines have a header behind a prefix, and few have one without."""
    if not PREFIX.search(head):
        return False
    lines = [text for text in head.split(b"\n") if text.strip() and text.strip() != b"--"][:LOOKED_AT]
    bare = sum(known(text) is not None for text in lines)
    behind = sum(known(text[found.end() :]) is not None for text in lines if (found := PREFIX.match(text)))
    return behind * 2 > len(lines) and behind > bare


def rewrite(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines without their prefixes."""
    for block in blocks:
        yield PREFIX.sub(b"", block)
