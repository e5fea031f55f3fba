"""What archives and folders hold, before anything is decided about it."""

from __future__ import annotations

import io
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Literal

from pcmklog.bundle.streams import Stream

Report = Callable[[str], None]
ZONE = re.compile(r"(?:^|/)zoneinfo/")
ZONE_LINK = re.compile(r"(?:^|/)localtime$")


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


def zone_link(name: str, target: str) -> bool:
    """Whether it is the link by which a machine says in which zone it is, `/etc/localtime`."""
    return ZONE_LINK.search(name) is not None and ZONE.search(target) is not None


def written(entry: Entry) -> Entry:
    """A link as a file that says where it leads."""
    said = f"{entry.target}\n".encode(errors="replace")
    return replace(entry, kind="file", open=lambda: Stream(io.BytesIO(said).read), size=len(said), target="")
