"""The entries of a tar archive, in one pass."""

from __future__ import annotations

import io
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
                    yield _entry(tar, feed, info, budget)
                _skip(tar, feed)
                feed.header_left = LARGEST_HEADER
            feed.header_left = None
            if stream.drain():
                report("Something follows the end of the archive; it was left out.")
    except ERRORS as error:
        report(f"The archive is cut off or damaged: {str(error).rstrip('.')}.")
    stream.drain()


class _Feed(io.RawIOBase):
    """The archive as a file that is read forward only; while a header is read, no more than a header may have.

    tarfile's own stream copies all content twice.
    """

    def __init__(self, stream: Stream) -> None:
        super().__init__()
        self.stream = stream
        self.header_left: int | None = LARGEST_HEADER
        self._place = 0

    def read(self, size: int | None = -1, /) -> bytes:
        """Exactly `size` bytes unless the end comes first."""
        data = self.stream.read(size)
        self._place += len(data)
        if self.header_left is not None:
            self.header_left -= len(data)
            if self.header_left < 0:
                raise tarfile.ReadError("one of its headers is too long")
        return data

    def tell(self) -> int:
        return self._place

    def seek(self, place: int, whence: int = io.SEEK_SET, /) -> int:
        """Goes forward."""
        if place < self._place or whence != io.SEEK_SET:
            raise tarfile.StreamError("seeking backwards is not allowed")
        while self._place < place and self.read(min(place - self._place, CHUNK)):
            pass
        return self._place


def _opened(feed: _Feed) -> tarfile.TarFile:
    return tarfile.open(mode="r:", fileobj=feed, tarinfo=_Header, encoding="utf-8", errors="surrogateescape")


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


def _skip(tar: tarfile.TarFile, feed: _Feed) -> None:
    """Reads what is left of a member, so that `next` reads nothing but headers."""
    if feed.seek(tar.offset) < tar.offset:
        raise tarfile.ReadError("unexpected end of data")


def _entry(tar: tarfile.TarFile, feed: _Feed, info: tarfile.TarInfo, budget: Budget) -> Entry:
    mtime = float(info.mtime)
    known = mtime if math.isfinite(mtime) else None
    if not info.isreg():
        return Entry(info.name, _kind(info), nothing, 0, known, info.linkname)
    pull = _sparse(tar, info, budget) if info.issparse() else _content(feed, info)
    return Entry(info.name, "file", lambda: Stream(pull), info.size, known)


def _kind(info: tarfile.TarInfo) -> Literal["symlink", "hardlink", "special"]:
    if info.issym():
        return "symlink"
    return "hardlink" if info.islnk() else "special"


def _content(feed: _Feed, info: tarfile.TarInfo) -> Callable[[int], bytes]:
    """Reads the member beside `extractfile`, which drops what came last before a cut."""
    left = max(info.size, 0)

    def pull(size: int) -> bytes:
        nonlocal left
        data = feed.read(min(size, left)) if left else b""
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
