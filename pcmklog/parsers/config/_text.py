"""What the parsers of this package have in common: lines with numbers, and names of files."""

from __future__ import annotations

import re
from collections.abc import Iterator

LONGEST = 4096
LONGEST_NAME = 255
# Copies that editors and packages leave beside the file that is in force.
COPY = re.compile(
    r"(?:~|[._-](?:bak|backup|old|orig|save|saved|example|sample|template|rpmnew|rpmsave|rpmorig|dpkg-\w+|ucf-\w+|sw[po]|udpu))"
    r"[\d._-]*$",
    re.IGNORECASE,
)


def lines(data: bytes) -> Iterator[tuple[int, str]]:
    """The lines with their 1-based numbers.

    Only a line feed ends a line, so that numbers are those of an editor.  What is no UTF-8, and NUL, shows as U+FFFD.
    Lines beyond 4096 characters are cut: no line that the inventories look for is nearly as long.
    """
    for number, raw in enumerate(data.split(b"\n"), 1):
        yield number, raw[:LONGEST].decode("utf-8", "replace").replace("\0", "\ufffd").rstrip("\r")


def base(path: str) -> str:
    """The name of the file: `corosync.conf` of `report.tar.gz!alpha/corosync.conf`."""
    return re.split(r"[/!]", path)[-1][-LONGEST_NAME:]


def is_text(head: bytes) -> bool:
    """Whether it may be read as lines."""
    return b"\0" not in head
