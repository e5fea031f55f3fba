"""Runs of NUL, which a node leaves that goes down while the file is open, are taken out of the lines."""

import re

NAME = "damaged"
MARKS = ()  # a single byte is found at once
NULS = re.compile(rb"\0+")


def tidy(block: bytes) -> bytes:
    """The lines without NUL."""
    return NULS.sub(b"", block) if b"\0" in block else block
