"""What archives and folders hold, before anything is decided about it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from pcmklog.bundle.streams import Stream

Report = Callable[[str], None]


@dataclass(frozen=True)
class Entry:
    """One name in an archive or folder.

    `kind` tells what it is; `open` gives the content of a file, or raises BrokenError or OSError.  `target` is where
    a link points to, as it is written there; for a file of a folder that was reached over a link, the name of the file
    itself.  `size` is None when it is not known beforehand.
    """

    name: str
    kind: Literal["file", "symlink", "hardlink", "special"]
    open: Callable[[], Stream]
    size: int | None = None
    mtime: float | None = None
    target: str = ""


def nothing() -> Stream:
    """The content of what has none."""
    return Stream(lambda _size: b"")
