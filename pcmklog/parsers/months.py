"""Stamps with the month in another language become English ones; the names stand in `months.toml`.

Mär 02 10:15:01 alpha corosync[2112]:   [TOTEM ] A processor failed, forming new configuration.
févr. 02 10:15:01 alpha corosync[2112]:   [TOTEM ] A processor failed, forming new configuration.

English logs pay for a look at the two ends of a block: a language writes its months either with letters beyond ASCII,
or in lower case in every month, or they are names of three letters that `stamps.py` knows.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache
from importlib.resources import files

from pcmklog.parsers.stamps import MONTHS

NAME = "local-months"
MARKS = ()  # every block is looked at
ENDS = 512  # bytes
ENCODINGS = ("utf-8", "iso-8859-1", "iso-8859-2", "iso-8859-5", "iso-8859-9", "koi8-r", "cp1252")


def tidy(block: bytes) -> bytes:
    """The lines with English months."""
    names, expression = _table()
    if block.isascii() and not (expression.search(b"\n" + block[:ENDS]) or expression.search(block[-ENDS:])):
        return block
    block = expression.sub(lambda found: b"\n" + names[found[1]] + b" " + found[2], b"\n" + block)
    return block[1:]


@cache
def _table() -> tuple[dict[bytes, bytes], re.Pattern[bytes]]:
    """The English name by the foreign one, and what finds a stamp with a foreign one."""
    languages = tomllib.loads(files("pcmklog.parsers").joinpath("months.toml").read_text("utf-8"))["names"]
    names: dict[bytes, bytes] = {}
    for language in languages.values():
        for name, english in zip(language.split(), list(MONTHS)[:12], strict=True):
            names |= dict.fromkeys(_encoded(name), english)
    for known in MONTHS:
        names.pop(known, None)
    # `mars` before `mar`: the blank behind the name decides.
    words = b"|".join(re.escape(name) for name in sorted(names))
    return names, re.compile(rb"\n[ \t]?(" + words + rb") +([ 0-3]?\d [ \d]\d:\d\d:\d\d)")


def _encoded(name: str) -> list[bytes]:
    """The name in every encoding that has its letters."""
    found = []
    for encoding in ENCODINGS:
        try:
            found.append(name.encode(encoding))
        except UnicodeEncodeError:
            continue
    return found
