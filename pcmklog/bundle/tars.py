"""The entries of a tar archive, in one pass."""

from __future__ import annotations

import math
import tarfile
from collections.abc import Callable, Iterator
from typing import Literal, Self

from pcmklog.bundle.entries import Entry, Report, nothing
from pcmklog.bundle.limits import Budget
from pcmklog.bundle.streams import CHUNK, BrokenError, Stream

BLOCK = 512
# Headers may bring names and maps of holes of any length, which tarfile keeps in memory.
LARGEST_HEADER = 4 << 20
# Beside its own errors tarfile lets those of its conversions through, and recursion for headers of headers.
ERRORS = (tarfile.TarError, ValueError, LookupError, ArithmeticError, RuntimeError)


def is_tar(head: bytes) -> bool:
    """Whether a tar archive begins so: the checksum of the first header fits, or its magic is there."""
    if head[257:262] == b"ustar":
        return True
    if len(head) < BLOCK:
        return False
    try:
        tarfile.TarInfo.frombuf(head[:BLOCK], "utf-8", "surrogateescape")
    except ERRORS:
        return False
    return True


def tar_entries(stream: Stream, budget: Budget, report: Report) -> Iterator[Entry]:
    """The entries of a tar.  `report` gets a sentence when the archive ends too early or is damaged."""
    feed = _Feed(stream)
    try:
        with _opened(feed) as tar:
            while (info := tar.next()) is not None:
                # tarfile remembers all members, for hard links; we do that ourselves.
                tar.members.clear()  # type: ignore[attr-defined]
                feed.header_left = None
                if not info.isdir():
                    yield _entry(tar, info, budget)
                _skip(tar)
                feed.header_left = LARGEST_HEADER
            feed.header_left = None
            if _rest(tar):
                report("Something follows the end of the archive; it was left out.")
    except ERRORS as error:
        report(f"The archive is cut off or damaged: {str(error).rstrip('.')}.")
    stream.drain()


class _Feed:
    """What tarfile reads from; while it reads a header, no more than a header may have."""

    def __init__(self, stream: Stream) -> None:
        self.stream = stream
        self.header_left: int | None = LARGEST_HEADER

    def pull(self, size: int) -> bytes:
        data = self.stream.read(size)
        if self.header_left is not None:
            self.header_left -= len(data)
            if self.header_left < 0:
                raise tarfile.ReadError("one of its headers is too long")
        return data


def _opened(feed: _Feed) -> tarfile.TarFile:
    source = Stream(feed.pull)
    return tarfile.open(
        mode="r|", fileobj=source, bufsize=CHUNK, tarinfo=_Header, encoding="utf-8", errors="surrogateescape"
    )


class _Header(tarfile.TarInfo):
    """A header that is an error unless it is whole.

    Where the first header was good, tarfile takes a bad one, or none at all, for the end of the archive.
    """

    @classmethod
    def frombuf(cls, buf: bytes | bytearray, encoding: str, errors: str) -> Self:
        if len(buf) < BLOCK:
            raise tarfile.ReadError("there is no mark of its end")
        try:
            return super().frombuf(buf, encoding, errors)
        except tarfile.HeaderError as error:
            if buf.count(0) == BLOCK:
                raise
            raise tarfile.ReadError(f"{error} in a header") from error


def _skip(tar: tarfile.TarFile) -> None:
    """Reads what is left of a member, so that `next` reads nothing but headers."""
    while (left := tar.offset - _file(tar).tell()) > 0:
        if not _file(tar).read(min(left, CHUNK)):
            raise tarfile.ReadError("unexpected end of data")


def _file(tar: tarfile.TarFile) -> tarfile._Fileobj:
    if tar.fileobj is None:
        raise tarfile.StreamError("it is closed")
    return tar.fileobj


def _rest(tar: tarfile.TarFile) -> bool:
    found = False
    while data := _file(tar).read(CHUNK):
        found = found or data.count(0) != len(data)
    return found


def _entry(tar: tarfile.TarFile, info: tarfile.TarInfo, budget: Budget) -> Entry:
    mtime = float(info.mtime)
    known = mtime if math.isfinite(mtime) else None
    if not info.isreg():
        return Entry(info.name, _kind(info), nothing, 0, known, info.linkname)
    pull = _sparse(tar, info, budget) if info.issparse() else _content(tar, info)
    return Entry(info.name, "file", lambda: Stream(pull), info.size, known)


def _kind(info: tarfile.TarInfo) -> Literal["symlink", "hardlink", "special"]:
    if info.issym():
        return "symlink"
    return "hardlink" if info.islnk() else "special"


def _content(tar: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[int], bytes]:
    """Reads the member beside `extractfile`, which drops what came last before a cut."""
    file, left = _file(tar), max(info.size, 0)

    def pull(size: int) -> bytes:
        nonlocal left
        data = file.read(min(size, left)) if left else b""
        left -= len(data)
        return data

    return pull


def _sparse(tar: tarfile.TarFile, info: tarfile.TarInfo, budget: Budget) -> Callable[[int], bytes]:
    file = tar.extractfile(info)

    def pull(size: int) -> bytes:
        try:
            data = file.read(size) if file else b""
        except ERRORS as error:
            raise BrokenError(f"Its data are damaged: {error}.") from error
        return data[: budget.grant(len(data))]

    return pull
