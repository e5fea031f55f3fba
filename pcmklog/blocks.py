"""Streams as blocks of whole lines, plain as the scanner wants them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import IO, Protocol

BLOCK = 1 << 20
LONGEST_LINE = 1 << 20
COLOURS = re.compile(rb"\x1b\[[0-9;]*[A-Za-z]")
ESCAPE = b"\x1b"
HARD_BLANK = "\u00a0".encode()


class Counts(Protocol):
    """What is counted while a stream is read."""

    bytes: int
    cut_lines: int


def blocks(stream: IO[bytes], summary: Counts) -> Iterator[bytes]:
    """Whole lines in blocks of about BLOCK bytes; a line beyond LONGEST_LINE is cut, and counted in `cut_lines`."""
    tail = b""
    skipping = False
    while data := stream.read(BLOCK):
        summary.bytes += len(data)
        if skipping:
            newline = data.find(b"\n")
            if newline < 0:
                continue
            data, skipping = data[newline:], False
        cut = data.rfind(b"\n")
        if cut < 0:
            tail += data
            if len(tail) > LONGEST_LINE:
                tail, skipping = tail[:LONGEST_LINE], True
                summary.cut_lines += 1
            continue
        yield b"".join((tail, memoryview(data)[: cut + 1]))
        tail = data[cut + 1 :]
    if tail:
        yield tail + b"\n"


def plain(block: bytes) -> bytes:
    """The text without the colours of a terminal and without the hard blanks of a web page; lines stay lines."""
    if ESCAPE in block:
        block = COLOURS.sub(b"", block)
    # A single byte is looked for ten times as fast as two.
    return block.replace(HARD_BLANK, b" ") if HARD_BLANK[:1] in block else block
