"""The parsers of configuration and inventory files, one module for each kind of file.

A module has `wants(path, head)`, which says by name and content whether it reads a file, and `settings(data)`, which
gives what it read and where it had to stop.  Where the name alone tells files apart (`RUNNING`, `DC`) a module has
`PARSERS` instead, a tuple of objects with these two functions.  Modules whose names begin with an underscore help.

    parser = find("etc/corosync/corosync.conf", head)
    if parser is not None:
        result = parser.settings(data)
"""

from __future__ import annotations

import importlib
import pkgutil
from functools import cache

from pcmklog.model import ConfigParser


@cache
def parsers() -> tuple[ConfigParser, ...]:
    """All parsers, also under the name `PARSERS`.  The modules are imported at the first call: pyparsing takes time."""
    names = sorted(module.name for module in pkgutil.iter_modules(__path__) if not module.name.startswith("_"))
    found: list[ConfigParser] = []
    for name in names:
        module = importlib.import_module(f"{__name__}.{name}")
        found.extend(getattr(module, "PARSERS", (module,)))
    return tuple(found)


def find(path: str, head: bytes) -> ConfigParser | None:
    """The parser for a file: `path` is where it stands in the bundle, `head` are its first bytes."""
    return next((parser for parser in parsers() if parser.wants(path, head)), None)


def __getattr__(name: str) -> tuple[ConfigParser, ...]:
    if name == "PARSERS":
        return parsers()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
