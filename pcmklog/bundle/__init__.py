"""Archives, folders and files as one stream of members.

A bundle is untrusted: nothing is written to, or opened under, a name that stands in an archive; what it may cost is
limited by `Limits`; whatever was left out, renamed or damaged has a note.
"""

from __future__ import annotations

import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path

from pcmklog.bundle import folder, names
from pcmklog.bundle.limits import Limits
from pcmklog.bundle.streams import Disk
from pcmklog.bundle.walk import Bundle, Place, Walk
from pcmklog.model import Member, PcmklogError

__all__ = ["Bundle", "Limits", "open_bundle"]

DEFAULT = Limits()


def open_bundle(paths: Sequence[Path], limits: Limits = DEFAULT) -> Bundle:
    """The bundle that the paths make up: an archive, a folder, log files, or several of them.

    Raises PcmklogError, with a sentence for the user, when one of them cannot be opened or there is nothing in them.
    """
    if not paths:
        raise PcmklogError("No bundle was named.")
    total = sum(_size(path) for path in paths)
    labels = _labels(paths)
    bundle = Bundle(_together(labels) if len(paths) > 1 else _name(paths[0]), total)
    members = _members(bundle, limits, paths, labels)
    # The first member is looked for at once, so that a bundle without any is an error here and not later.
    first = next(members, None)
    if first is None:
        raise PcmklogError(_nothing(bundle, labels))
    bundle.members = chain([first], members)
    return bundle


def _members(bundle: Bundle, limits: Limits, paths: Sequence[Path], labels: Sequence[str]) -> Iterator[Member]:
    walk = Walk(bundle, limits, alone=len(paths) == 1)
    for path, label in zip(paths, labels, strict=True):
        prefix = "" if len(paths) == 1 else f"{label}/"
        try:
            if path.is_dir():
                walk.mark(f"{label}/")
                yield from walk.folder(path, Place(label, prefix, label))
            else:
                yield from walk.file(path, Place(label, prefix, label, given=True))
        except OSError as error:
            raise _unreadable(path, error) from error
    walk.finish()


def _size(path: Path) -> int:
    """The bytes of what was named; raises PcmklogError unless it is a file or folder that can be opened."""
    try:
        info = path.stat()
        if stat.S_ISDIR(info.st_mode):
            os.scandir(path).close()
            return folder.size(path)
        if stat.S_ISREG(info.st_mode):
            Disk(path, lambda _count: None).close()
            return info.st_size
    except FileNotFoundError as error:
        raise PcmklogError(f"{_shown(path)} does not exist.") from error
    except OSError as error:
        raise _unreadable(path, error) from error
    except ValueError as error:  # a NUL in the name
        raise PcmklogError(f"{_shown(path)} cannot be the name of a file.") from error
    raise PcmklogError(f"{_shown(path)} is neither a file nor a folder.")


def _unreadable(path: Path, error: OSError) -> PcmklogError:
    return PcmklogError(f"{_shown(path)} cannot be read: {error.strerror}.")


def _shown(path: Path) -> str:
    return names.printable(str(path))


def _name(path: Path) -> str:
    # `.` and `..` have a name too.
    return names.clean(path.name if path.name not in ("", "..") else path.resolve().name)


def _together(labels: Sequence[str]) -> str:
    """One name for several: `a.tar and b.tar`, `a.tar and 2 more`."""
    return f"{labels[0]} and {labels[1] if len(labels) == 2 else f'{len(labels) - 1} more'}"


def _labels(paths: Sequence[Path]) -> list[str]:
    """A name for each: without folders, or with the one they stand in where names are equal (host/messages)."""
    known = [_name(path) for path in paths]
    count = Counter(known)
    return [
        name if count[name] == 1 else f"{_name(path.absolute().parent)}/{name}"
        for path, name in zip(paths, known, strict=True)
    ]


def _nothing(bundle: Bundle, labels: Sequence[str]) -> str:
    named = ", ".join(labels)
    damage = next((note.text for note in bundle.notes if note.code == "LOG003"), "")
    if damage:
        return f"Nothing could be read from {named}. {damage}"
    return f"There is no file in {named} that can be read." if bundle.notes else f"There is no file in {named}."
