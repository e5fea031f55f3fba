"""By which code and data the tables of a kept database were made: three digests that say what can be used again."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Sequence
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from pcmklog.rawtext import PAGE

MARKS = ("schema", "reading", "deriving")
# What comes after the tables, and what only carries them; a module that is not named here counts for all.
AFTERWARDS = frozenset(
    [
        "__main__.py", "analyze.py", "assemble.py", "causes.py", "causes.toml", "cli.py", "compare.py", "coverage.py",
        "kept.py", "listing.py", "marks.py", "options.py", "proofread.py", "rawlines.py", "report", "rule.py", "rules",
        "sections.py", "terminal.py", "timeline", "verdict.py", "verdict.toml",
    ]
)  # fmt: skip
# What comes between reading and the tables.
DERIVING = frozenset(
    [
        "clock", "dating", "facts.py", "nodes.py", "releases.py", "sequences", "sql", "state", "store.py", "words.py",
        "years.py",
    ]
)  # fmt: skip
COMMENT = re.compile(r"--[^\n]*|\s+")


def marks(messages: Sequence[Path] = ()) -> dict[str, str]:
    """The digests of today's code, with message files of the user's folders."""
    top = sorted(files("pcmklog").iterdir(), key=lambda entry: entry.name)
    deriving = [entry for entry in top if entry.name not in AFTERWARDS]
    reading = [entry for entry in deriving if entry.name not in DERIVING]
    own = [file for folder in messages for file in sorted(folder.glob("*.toml"))]
    return {"schema": schema(), "reading": _digest([*reading, *own]), "deriving": _digest([*deriving, *own])}


def schema() -> str:
    """The tables that reading fills: their names and columns, whatever the comments say."""
    text = files("pcmklog").joinpath("sql", "schema.sql").read_text("utf-8")
    return hashlib.sha256(f"{PAGE} {COMMENT.sub(' ', text)}".encode()).hexdigest()[:16]


def _digest(entries: Sequence[Traversable]) -> str:
    digest = hashlib.sha256()
    for entry in entries:
        for file in _files(entry):
            data = file.read_bytes()
            digest.update(f"{file.name} {len(data)}\n".encode() + data)
    return digest.hexdigest()[:16]


def _files(entry: Traversable) -> Iterator[Traversable]:
    if entry.is_file():
        if entry.name.endswith((".py", ".toml", ".sql")):
            yield entry
    elif entry.name != "__pycache__":
        for child in sorted(entry.iterdir(), key=lambda child: child.name):
            yield from _files(child)
