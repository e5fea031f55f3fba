"""Records that were broken into two lines, by a web page or a mail program.

Nov  2 10:15:01 alpha corosync[2112]:
   [TOTEM ] A processor failed, forming new configuration.

A header on its own is joined with the line below it, and the record stands there.  Where a mail program broke all lines
at one width, what it broke off is joined with the line above, and the record stands on that.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

from pcmklog.parsers import known

NAME = "wrapped"
ORDER = 40
BINARY = False
LOOKED_AT = 300  # lines
STAMP = re.compile(rb"(?:<\d{1,3}>)?(?:[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d)")
WIDEST = 100
NARROWEST = 60
CARRIED = 64  # lines
Join = Callable[[list[bytes]], list[bytes]]


def wants(head: bytes) -> bool:
    """Whether a good part of the lines is a header on its own, or what was broken off at one width."""
    lines = [text.rstrip() for text in head.split(b"\n") if text.strip()][:LOOKED_AT]
    return _split(lines) or _folded(lines)


def rewrite(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines with whole records."""
    join, rest = None, b""
    for block in blocks:
        data = rest + block
        lines = data.split(b"\n")[:-1]
        if join is None and len(lines) < LOOKED_AT:
            rest = data
            continue
        join = join or _way(lines)
        cut = _last_record(lines)
        rest = b"".join(text + b"\n" for text in lines[cut:])
        if cut:
            yield b"".join(text + b"\n" for text in join(lines[:cut]))
    lines = rest.split(b"\n")[:-1]
    if lines:
        yield b"".join(text + b"\n" for text in (join or _way(lines))(lines))


def _way(lines: list[bytes]) -> Join:
    return _join_split if _split([text.rstrip() for text in lines if text.strip()][:LOOKED_AT]) else _join_folded


def _last_record(lines: list[bytes]) -> int:
    """Where the last record begins, which may go on in the next block."""
    for number in range(len(lines) - 1, max(len(lines) - CARRIED, 0), -1):
        if STAMP.match(lines[number]):
            return number
    return len(lines)


def _alone(text: bytes) -> bool:
    """Whether the line is a header, or the first part of one, with no message behind it."""
    if not STAMP.match(text) or len(text) > WIDEST:
        return False
    found = known(text)
    return not text[found.end() :].strip() if found else True


def _joined(above: bytes, below: bytes) -> bytes | None:
    """Header and message as one line, if that makes a record."""
    text = above.rstrip() + b" " + below.strip()
    found = known(text)
    return text if found and text[found.end() :].strip() else None


def _split(lines: list[bytes]) -> bool:
    """Whether at least a fifth of the lines are headers on their own with their message below."""
    if sum(not STAMP.match(text) for text in lines) * 5 < len(lines):
        return False
    pairs = sum(
        _alone(above) and not STAMP.match(below) and _joined(above, below) is not None
        for above, below in pairwise(lines)
    )
    return pairs >= 2 and pairs * 5 >= len(lines)


def _folded(lines: list[bytes]) -> bool:
    """Whether no line is wide, and many lines without a header follow lines that are nearly as wide as can be."""
    widest = max(map(len, lines), default=0)
    if not NARROWEST <= widest <= WIDEST:
        return False
    bare = [n for n, text in enumerate(lines) if n and text[:1].strip() and not known(text)]
    full = sum(len(lines[n - 1]) + len(lines[n].split(b" ", 1)[0]) >= widest - 1 for n in bare)
    return full >= 3 and full * 6 >= len(lines) and full * 10 >= len(bare) * 9


def _join_split(lines: list[bytes]) -> list[bytes]:
    """Each record on the line of its message; the lines of headers are empty."""
    texts = list(lines)
    waiting: int | None = None
    for number, text in enumerate(lines):
        if not text.strip():
            continue
        if waiting is not None and not STAMP.match(text) and (joined := _joined(lines[waiting], text)):
            texts[waiting], texts[number] = b"", joined
        waiting = number if _alone(text) else None
    return texts


def _join_folded(lines: list[bytes]) -> list[bytes]:
    """Each record on its first line."""
    texts = list(lines)
    first: int | None = None
    for number, text in enumerate(lines):
        if known(text):
            first = number
        elif first is not None and text.strip():
            texts[first] = texts[first].rstrip() + b" " + text.strip()
            texts[number] = b""
        else:
            first = None
    return texts
