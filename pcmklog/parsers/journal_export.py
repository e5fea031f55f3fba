"""`journalctl -o export`: fields line by line, an empty line behind each record, binary fields with their length.

__CURSOR=s=1;i=1
__REALTIME_TIMESTAMP=1793610901123456
MESSAGE=notice: Starting Pacemaker 2.1.5

The record stands on the line of its MESSAGE, the first of a boot has a marker on the line of its `_BOOT_ID`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcmklog.parsers._journal import LONGEST, Boots, line, marker

NAME = "journal-export"
ORDER = 10
BINARY = True
FIELD = re.compile(rb"_{0,2}[A-Z][A-Z0-9_]{0,63}[=\n]")
NEXT = re.compile(rb"\n\n+(?=__CURSOR=)")


def wants(head: bytes) -> bool:
    """A record begins with its cursor."""
    return head.lstrip(b"\n").startswith(b"__CURSOR=") and b"\n__REALTIME_TIMESTAMP=" in head


def rewrite(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of the records of all blocks."""
    rest, boots = b"", Boots()
    for block in blocks:
        text, used = _records(rest + block, boots)
        rest = (rest + block)[used:]
        if len(rest) > LONGEST:
            text, rest = text + b"\n" * rest.count(b"\n"), b""
        if text:
            yield text
    if rest:
        yield _records(rest + b"\n", boots)[0][: rest.count(b"\n")] or b"\n" * rest.count(b"\n")


def _records(data: bytes, boots: Boots) -> tuple[bytes, int]:
    """The lines of all whole records, and how many bytes those have."""
    lines: list[bytes] = []
    at = 0
    while at < len(data):
        record = _record(data, at)
        if record is None:
            break
        fields, places, end = record
        mine = [b""] * data.count(b"\n", at, end)
        if fields:
            if boots.turned(fields.get(b"_BOOT_ID", b"")):
                mine[places[b"_BOOT_ID"]] = marker(fields)
            if b"MESSAGE" in fields:
                mine[places[b"MESSAGE"]] = line(fields)
        lines += mine
        at = end
    return b"".join(text + b"\n" for text in lines), at


def _record(data: bytes, start: int) -> tuple[dict[bytes, bytes], dict[bytes, int], int] | None:
    """The fields of a record, on which of its lines each stands, and where it ends; None when it goes on."""
    fields: dict[bytes, bytes] = {}
    places: dict[bytes, int] = {}
    at, number = start, 0
    while (end := data.find(b"\n", at)) >= 0:
        if end == at:
            return fields, places, end + 1
        name, is_text, value = data[at:end].partition(b"=")
        after = end + 1
        if not is_text:
            first, after = end + 9, end + 9 + int.from_bytes(data[end + 1 : end + 9], "little") + 1
            if not FIELD.match(data, at) or after - first > LONGEST:
                return _lost(data, at)
            if after > len(data):
                return None
            number += data.count(b"\n", at, first)
            value = data[first : after - 1]
            at = first
        if name not in fields:
            fields[name], places[name] = value, number
        number += data.count(b"\n", at, after)
        at = after
    return None


def _lost(data: bytes, at: int) -> tuple[dict[bytes, bytes], dict[bytes, int], int] | None:
    """What is no field is skipped up to the next record."""
    found = NEXT.search(data, at)
    return ({}, {}, found.end()) if found else None
