"""The entries of a folder on the disk."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

from pcmklog.bundle.entries import Entry, nothing, zone_link
from pcmklog.bundle.streams import Disk, Stream

Count = Callable[[int], None]
# The path inside the folder, and why it could not be looked at.
Unreadable = Callable[[str, OSError], None]


def folder_entries(root: Path, count: Count, unreadable: Unreadable) -> Iterator[Entry]:
    """The entries below a folder, sorted.  Links to files inside of it are followed, others are not."""
    real = Path(os.path.realpath(root))

    def failed(error: OSError) -> None:
        unreadable(os.path.relpath(error.filename, real), error)

    for at, below, names in os.walk(real, onerror=failed):
        below.sort()
        linked = [name for name in below if Path(at, name).is_symlink()]
        for name in sorted(names + linked):
            path = Path(at, name)
            try:
                yield _entry(real, path, count)
            except OSError as error:
                unreadable(path.relative_to(real).as_posix(), error)


def size(root: Path) -> int:
    """The bytes of all files below a folder."""
    entries = folder_entries(root, lambda _count: None, lambda _path, _error: None)
    return sum(entry.size or 0 for entry in entries)


def _entry(root: Path, path: Path, count: Count) -> Entry:
    name = path.relative_to(root).as_posix()
    info = path.lstat()
    if stat.S_ISREG(info.st_mode):
        return Entry(name, "file", partial(_open, path, count), info.st_size, info.st_mtime)
    if not stat.S_ISLNK(info.st_mode):
        return Entry(name, "special", nothing, 0, info.st_mtime)
    return _link(root, path, name, count)


def _link(root: Path, path: Path, name: str, count: Count) -> Entry:
    if zone_link(name, said := str(path.readlink())):
        return Entry(name, "symlink", nothing, 0, None, said)
    target = Path(os.path.realpath(path))
    if not target.is_relative_to(root):
        return Entry(name, "symlink", nothing, 0, None, str(target))
    inside = target.relative_to(root).as_posix()
    if not target.is_file():
        # Relative to the link, as in an archive.
        return Entry(name, "symlink", nothing, 0, None, os.path.relpath(target, path.parent))
    info = target.stat()
    return Entry(name, "file", partial(_open, target, count), info.st_size, info.st_mtime, inside)


def _open(path: Path, count: Count) -> Stream:
    file = Disk(path, count, follow=False)
    if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
        file.close()
        raise OSError(0, "it is no longer a regular file")
    return file.stream()
