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
"""

from __future__ import annotations

import importlib
import pkgutil
import re
from functools import cache
from typing import Protocol


class Format(Protocol):
    """What a format module offers."""

    NAME: str
    HEADER: re.Pattern[bytes]
    STAMP: str
    ORDER: int


@cache
def formats() -> tuple[Format, ...]:
    """All header formats, in the order in which they are tried on a line."""
    names = (module.name for module in pkgutil.iter_modules(__path__) if not module.ispkg)
    modules = (importlib.import_module(f"{__name__}.{name}") for name in names)
    return tuple(sorted((m for m in modules if hasattr(m, "HEADER")), key=lambda m: (m.ORDER, m.NAME)))
