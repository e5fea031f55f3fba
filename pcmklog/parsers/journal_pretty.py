r"""`journalctl -o json-pretty`: an object over several lines, a field on each.

{
\t"__REALTIME_TIMESTAMP" : "1793610901123456",
\t"MESSAGE" : "notice: Starting Pacemaker 2.1.5"
}

The record stands on the line of its MESSAGE, the first of a boot has a marker on its first line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcmklog.parsers._journal import LONGEST, Boots, line, marker, of_json

NAME = "journal-pretty"
ORDER = 13
BINARY = False
START = re.compile(rb'\{[ \t\r]*\n[ \t]+"[A-Z_]')
END = re.compile(rb"(?m)^\}[ \t\r]*\n")
MESSAGE = re.compile(rb'(?m)^[ \t]+"MESSAGE"[ \t]*:')


def wants(head: bytes) -> bool:
    """Whether the first object is of the journal."""
    return START.match(head.lstrip()) is not None and b'"__REALTIME_TIMESTAMP"' in head


def rewrite(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of the records of all blocks."""
    rest, boots = b"", Boots()
    for block in blocks:
        data, at = rest + block, 0
        for end in END.finditer(data, max(len(rest) - 4, 0)):
            yield _record(data[at : end.end()], boots)
            at = end.end()
        rest = data[at:]
        if len(rest) > LONGEST:
            yield rest
            rest = b""
    if rest:
        yield rest


def _record(text: bytes, boots: Boots) -> bytes:
    """The lines of one record; what is no object stays as it is."""
    begin = text.find(b"{")
    fields = of_json(text[begin:]) if begin >= 0 else None
    if fields is None:
        return text
    before = text[:begin].count(b"\n")
    lines = text[:begin].split(b"\n")[:-1] + [b""] * (text.count(b"\n") - before)
    found = MESSAGE.search(text, begin)
    if boots.turned(fields.get(b"_BOOT_ID", b"")):
        lines[before] = marker(fields)
    if found:
        lines[text.count(b"\n", 0, found.start())] = line(fields)
    return b"".join(text + b"\n" for text in lines)
