"""The header formats of log lines, one module each, and in `config` the parsers of configuration files.

A format is a module with

    NAME     how reports call it
    HEADER   a compiled expression over bytes that matches the header and ends where the message begins, with the
             groups `ts`, `host`, `prog`, `pid`, `sev`, `func` as far as the format has them
    STAMP    which clock face `ts` has: a name of `pcmklog.parsers.stamps`
    PROG     the program when the header does not name it (optional)
    ORDER    where several formats fit a line the lower number is tried first

Levels, functions and Corosync's `[SUBSYS]` in front of the message are the business of `lead.py`, for they are the
same behind every header.

A format whose records take several lines, or that hides the header behind something else, is a `Rewriter`.  What may
stand in the lines of any format (an escaped newline, a foreign month) is put right by modules with `tidy`.
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from itertools import chain
from types import ModuleType
from typing import Protocol

HEAD = 1 << 16
Clean = Callable[[bytes], bytes]


class Format(Protocol):
    """What a format module offers."""

    NAME: str
    HEADER: re.Pattern[bytes]
    STAMP: str
    ORDER: int


class Rewriter(Protocol):
    """Turns a format that has no header on each line into lines that another format knows.

    `rewrite` takes blocks of whole lines and yields their text with exactly as many newlines: each record stands on
    one of its lines (that of its message) under a header with all that is known, the others are empty.  So numbers of
    lines stay those of the file.  A record may straddle blocks; what is carried over is bounded.  With `BINARY` the
    blocks come as they are in the file, otherwise without colours.
    """

    NAME: str
    ORDER: int
    BINARY: bool

    def wants(self, head: bytes) -> bool:
        """Whether the first lines of a source are of this format."""

    def rewrite(self, blocks: Iterator[bytes]) -> Iterator[bytes]:
        """The same lines with usual headers."""


class Tidier(Protocol):
    """Puts something right in the lines of any format.

    It is asked for blocks that have one of its MARKS, which the automaton of the scanner finds by the way; without
    marks it is asked for every block, and has to see by a glance that nothing is wrong.
    """

    NAME: str
    MARKS: tuple[bytes, ...]

    def tidy(self, block: bytes) -> bytes:
        """The lines put right; lines stay lines."""


@cache
def _modules() -> tuple[ModuleType, ...]:
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    return tuple(importlib.import_module(f"{__name__}.{name}") for name in names)


@cache
def formats() -> tuple[Format, ...]:
    """All header formats, in the order in which they are tried on a line."""
    found = (module for module in _modules() if hasattr(module, "HEADER"))
    return tuple(sorted(found, key=lambda module: (module.ORDER, module.NAME)))


@cache
def rewriters() -> tuple[Rewriter, ...]:
    """All rewriters, in the order in which they are asked."""
    found = (module for module in _modules() if hasattr(module, "rewrite"))
    return tuple(sorted(found, key=lambda module: (module.ORDER, module.NAME)))


@cache
def tidiers() -> tuple[Tidier, ...]:
    """All modules that put something right in any line."""
    return tuple(module for module in _modules() if hasattr(module, "tidy"))


def tidy(block: bytes, *, marked: bool = True) -> bytes:
    """The lines with everything put right that may stand in the way in any format; lines stay lines.

    `marked` is whether the block has any of the tidiers' marks.
    """
    for tidier in tidiers():
        if marked or not tidier.MARKS:
            block = tidier.tidy(block)
    return block


def marks() -> tuple[bytes, ...]:
    """What stands in blocks that have to be tidied."""
    return tuple(dict.fromkeys(mark for tidier in tidiers() for mark in tidier.MARKS))


def known(line: bytes) -> re.Match[bytes] | None:
    """The header of a line, if some format knows it."""
    return next((found for form in formats() if (found := form.HEADER.match(line))), None)


def chosen(head: bytes, clean: Clean) -> tuple[Rewriter, ...]:
    """The rewriters that the first lines of a source ask for; each gets what the one before made of them."""
    head = head[: head.rfind(b"\n", 0, HEAD) + 1] or head[:HEAD] + b"\n"
    found: list[Rewriter] = []
    for rewriter in rewriters():
        text = head if rewriter.BINARY or found else clean(head)
        if rewriter.wants(text):
            found.append(rewriter)
            head = b"".join(rewriter.rewrite(iter([text])))
    return tuple(found)


def readable(blocks: Iterable[bytes], clean: Clean) -> Iterator[tuple[bytes, bytes, str]]:
    """Blocks as they are in the file, the text of their lines for the scanner, and how the file is laid out.

    `clean` takes colours off.  The layout is the name of the rewriter, empty for one line a record.
    """
    blocks = iter(blocks)
    first = next(blocks, b"")
    rewriting = chosen(first, clean) if first else ()
    blocks = chain([first] if first else [], blocks)
    if not rewriting:
        for raw in blocks:
            yield raw, clean(raw), ""
        return
    binary = rewriting[0].BINARY
    pairs: Iterator[tuple[bytes, bytes]] = ((raw, raw if binary else clean(raw)) for raw in blocks)
    for rewriter in rewriting:
        pairs = _rewritten(pairs, rewriter)
    for raw, text in pairs:
        yield raw, clean(text), rewriting[0].NAME


def _rewritten(pairs: Iterable[tuple[bytes, bytes]], rewriter: Rewriter) -> Iterator[tuple[bytes, bytes]]:
    """Pairs of the file's lines and what the rewriter made of them; lines it left out come last, as empty ones."""
    waiting = b""

    def texts() -> Iterator[bytes]:
        nonlocal waiting
        for raw, text in pairs:
            waiting += raw
            yield text

    for text in rewriter.rewrite(texts()):
        cut = _after_lines(waiting, text.count(b"\n"))
        raw, waiting = waiting[:cut], waiting[cut:]
        yield raw, text
    if waiting:
        yield waiting, b"\n" * waiting.count(b"\n")


def _after_lines(text: bytes, lines: int) -> int:
    if text.count(b"\n") == lines:
        return len(text)
    cut = 0
    for _ in range(lines):
        cut = text.index(b"\n", cut) + 1
    return cut
