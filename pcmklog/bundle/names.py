"""Names of members: what an archive calls its files, made harmless and unique.

No file is ever opened or written under such a name; they are shown, compared and stored.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

LONGEST = 1000
# Control characters, marks that turn the direction of writing, line separators, and bytes that are no UTF-8.
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]")


def printable(text: str) -> str:
    r"""The text with control characters and undecodable bytes as escapes.

    >>> printable("mess\nages\udcff")
    'mess\\x0aages\\xff'
    """
    return UNSAFE.sub(_escape, text)


def _escape(found: re.Match[str]) -> str:
    code = ord(found[0])
    # Python keeps a byte that is no UTF-8 as a surrogate, PEP 383.
    code = code - 0xDC00 if 0xDC80 <= code <= 0xDCFF else code
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}"


def clean(name: str) -> str:
    """The name inside the bundle: relative, without `.` and `..`, printable.

    >>> clean("./a//b"), clean("/etc/passwd"), clean("../../x"), clean("/")
    ('a/b', 'etc/passwd', 'x', 'unnamed')
    """
    parts = [part for part in name.split("/") if part not in ("", ".", "..")]
    return printable("/".join(parts))[:LONGEST] or "unnamed"


def was_renamed(name: str) -> bool:
    """Whether `clean` does more than to leave out what has no meaning, such as `./`."""
    return name.startswith("/") or ".." in name.split("/") or len(name) > LONGEST or bool(UNSAFE.search(name))


def symlink_target(path: str, target: str) -> str | None:
    """Where a symbolic link leads inside the bundle; None when it leads out of it.

    >>> symlink_target("etc/corosync.conf", "../corosync.conf")
    'corosync.conf'
    >>> symlink_target("etc/shadow", "/etc/shadow"), symlink_target("a", "../b")
    (None, None)
    """
    if target.startswith("/"):
        return None
    parts = path.split("/")[:-1]
    for part in target.split("/"):
        if part == ".." and not parts:
            return None
        if part == "..":
            parts.pop()
        elif part not in ("", "."):
            parts.append(part)
    return clean("/".join(parts)) if parts else ""


def folders(paths: Iterable[str]) -> set[str]:
    """All folders and archives that the paths stand in.

    >>> sorted(folders(["a/b/c", "x.tar!y"]))
    ['', 'a', 'a/b', 'x.tar']
    """
    found = {""}
    for path in paths:
        above = path
        while (end := max(above.rfind("/"), above.rfind("!"))) > 0 and (above := above[:end]) not in found:
            found.add(above)
    return found


def unique(path: str, taken: dict[str, int]) -> str:
    """The path, with a number when it is taken; `taken` holds the last number that each path got.

    >>> taken = {}
    >>> unique("messages", taken), unique("messages", taken), unique("messages", taken)
    ('messages', 'messages (2)', 'messages (3)')
    """
    found = path
    number = taken.get(path, 0)
    while found in taken:
        number += 1
        found = f"{path} ({number})"
    taken[path] = max(number, 1)
    taken.setdefault(found, 1)
    return found
