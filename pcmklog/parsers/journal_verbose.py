"""`journalctl -o verbose`: a line with time and cursor, then all fields, indented.

Mon 2026-11-02 10:15:01.123456 UTC [s=1;i=1;b=2;m=3;t=65f3a1b2c3d40;x=4]
    PRIORITY=5
    MESSAGE=notice: Starting Pacemaker 2.1.5

The record stands on the line of its MESSAGE, the first of a boot has a marker on its first line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from pcmklog.parsers._journal import LONGEST, Boots, line, marker

NAME = "journal-verbose"
ORDER = 11
BINARY = False
FIRST = re.compile(
    rb"(?m)^[^\s\d]\S{0,20} \d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?:\.\d+)? \S+ \[s=[0-9a-f]+;[^\]\n]*\bt=([0-9a-f]{1,15});"
)
FIELD = re.compile(rb"[ \t]+([A-Z_][A-Z0-9_]*)=(.*)")


def wants(head: bytes) -> bool:
    """Whether some line is the first of a record, and fields follow it."""
    found = FIRST.search(head[:4096])
    return found is not None and FIELD.match(head, head.find(b"\n", found.end()) + 1) is not None


def rewrite(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of the records of all blocks."""
    rest, boots = b"", Boots()
    for block in blocks:
        data = rest + block
        starts = [found.start() for found in FIRST.finditer(data)]
        cut = starts[-1] if starts else 0
        if len(data) - cut > LONGEST:
            cut = len(data)
        if cut:
            yield _records(data[:cut], boots)
        rest = data[cut:]
    if rest:
        yield _records(rest, boots)


def _records(data: bytes, boots: Boots) -> bytes:
    """Whole records, and what stands between them as it is."""
    starts = [found.start() for found in FIRST.finditer(data)]
    before = data[: starts[0]] if starts else data
    return before + b"".join(_record(data[start:end], boots) for start, end in pairwise([*starts, len(data)]))


def _record(data: bytes, boots: Boots) -> bytes:
    lines = data.split(b"\n")[:-1]
    found = FIRST.match(data)
    fields = {b"__REALTIME_TIMESTAMP": b"%d" % int(found[1], 16)} if found else {}
    place, last = 0, b""
    texts = [b""] * len(lines)
    for number, text in enumerate(lines[1:], 1):
        field = FIELD.match(text)
        if field:
            last = field[1]
            fields.setdefault(last, field[2].rstrip(b"\r"))
            place = number if last == b"MESSAGE" else place
        elif last and text.startswith((b" ", b"\t")):
            fields[last] += b"\n" + text.strip()
        elif text.startswith(b"-- "):
            texts[number] = text
    if boots.turned(fields.get(b"_BOOT_ID", b"")):
        texts[0] = marker(fields)
    if place:
        texts[place] = line(fields)
    return b"".join(text + b"\n" for text in texts)
