"""The entries of a zip archive: by its directory, or by the members' own headers when that was cut off."""

from __future__ import annotations

import calendar
import lzma
import stat
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import IO

from pcmklog.bundle.entries import Entry, Report, nothing
from pcmklog.bundle.limits import Budget
from pcmklog.bundle.streams import CHUNK, BrokenError, Stream

STARTS = (b"PK\x03\x04", b"PK\x05\x06")
# RuntimeError: a password is wanted, or a method is not known.
ERRORS = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, struct.error, EOFError, OSError, RuntimeError, ValueError)
LONGEST_TARGET = 4096
MADE_ON_UNIX = 3
LOCAL = struct.Struct("<4s5H3I2H")
STORED, DEFLATED = 0, 8
SIZES_FOLLOW = 8
IN_ZIP64 = 0xFFFFFFFF
# A damaged size may lead where no file can.
FARTHEST = 1 << 62


def is_zip(head: bytes) -> bool:
    """Whether a zip archive begins so."""
    return head.startswith(STARTS)


def zip_entries(file: IO[bytes], budget: Budget, report: Report) -> Iterator[Entry]:
    """The entries of a zip.  `report` gets a sentence when its directory is missing or damaged."""
    try:
        archive = zipfile.ZipFile(file)
    except ERRORS:
        report("The archive is cut off: its directory is missing; the members were found by their own headers.")
        yield from _salvaged(file, budget, report)
        return
    with archive:
        for info in archive.infolist():
            # Not `is_dir`, which fails for an empty name.
            if not info.filename.endswith("/"):
                yield _entry(archive, info, budget)


def _entry(archive: zipfile.ZipFile, info: zipfile.ZipInfo, budget: Budget) -> Entry:
    def content() -> Stream:
        try:
            return Stream(_limited(archive.open(info), budget))
        except ERRORS as error:
            raise BrokenError(f"It cannot be unpacked: {error}.") from error

    mtime = _mtime(info.date_time)
    mode = stat.S_IFMT(info.external_attr >> 16) if info.create_system == MADE_ON_UNIX else 0
    if mode == stat.S_IFLNK:
        return Entry(info.filename, "symlink", nothing, 0, mtime, _target(content))
    if mode not in (0, stat.S_IFREG):
        return Entry(info.filename, "special", nothing, 0, mtime)
    return Entry(info.filename, "file", content, info.file_size, mtime)


def _target(content: Callable[[], Stream]) -> str:
    try:
        return content().read(LONGEST_TARGET).decode("utf-8", "surrogateescape")
    except BrokenError:
        # Leads nowhere inside the bundle, and so gets its note.
        return "/"


def _limited(file: IO[bytes], budget: Budget) -> Callable[[int], bytes]:
    def pull(size: int) -> bytes:
        try:
            data = file.read(size)
        except ERRORS as error:
            raise BrokenError(f"Its data are damaged: {error}.") from error
        return data[: budget.grant(len(data))]

    return pull


def _mtime(date: tuple[int, int, int, int, int, int]) -> float | None:
    # A local time of a zone that nobody wrote down; taken as UTC it is right to a day, which is what it is good for.
    try:
        return float(calendar.timegm(date))
    except ValueError:
        return None


def _salvaged(file: IO[bytes], budget: Budget, report: Report) -> Iterator[Entry]:
    at = 0
    while (local := _local(file, at)) is not None:
        member = _Salvage(file, local, budget)
        if not member.name.endswith("/"):
            yield Entry(member.name, "file", member.stream, None, local.mtime)
        end = member.end()
        if end is None:
            report(f"Nothing behind {local.name} could be read.")
            return
        at = end


class _Local:
    """The header before a member."""

    def __init__(self, fields: tuple[int, ...], name: bytes, extra: bytes, start: int) -> None:
        _, flags, self.method, time, date, _, packed, unpacked, _, _ = fields
        self.sizes_follow = bool(flags & SIZES_FOLLOW)
        self.encrypted = bool(flags & 1)
        self.name = name.decode("utf-8", "surrogateescape")
        self.start = start
        self.wide = b"\x01\x00" in extra and IN_ZIP64 in (packed, unpacked)
        # The extra field of zip64 holds both sizes, the unpacked one first.
        self.packed = struct.unpack_from("<Q", extra, extra.index(b"\x01\x00") + 12)[0] if self.wide else packed
        self.mtime = _mtime(
            (1980 + (date >> 9), date >> 5 & 15, date & 31, time >> 11, time >> 5 & 63, (time & 31) * 2),
        )


def _local(file: IO[bytes], at: int) -> _Local | None:
    if at > FARTHEST:
        return None
    file.seek(at)
    head = file.read(LOCAL.size)
    if len(head) < LOCAL.size or not head.startswith(STARTS[0]):
        return None
    fields = LOCAL.unpack(head)[1:]
    name, extra = file.read(fields[-2]), file.read(fields[-1])
    try:
        return _Local(fields, name, extra, at + LOCAL.size + len(name) + len(extra))
    except struct.error:
        return None


class _Salvage:
    """A member that is read by its own header.  Its end is known when it was read to it."""

    def __init__(self, file: IO[bytes], local: _Local, budget: Budget) -> None:
        self.name = local.name
        self._file = file
        self._local = local
        self._budget = budget
        self._at = local.start
        self._inflate = zlib.decompressobj(-15)
        self._readable = not local.encrypted and (
            local.method == DEFLATED or (local.method == STORED and not local.sizes_follow)
        )
        self._stream = Stream(self._pull if self._readable else nothing().read)

    def stream(self) -> Stream:
        if not self._readable:
            raise BrokenError("It cannot be unpacked without the directory of the archive.")
        return self._stream

    def end(self) -> int | None:
        """Where the next header stands, if that can be told."""
        if not self._local.sizes_follow:
            return self._local.start + self._local.packed
        if not self._readable:
            return None
        self._stream.drain()
        return self._behind_sizes(self._at) if self._inflate.eof else None

    def _pull(self, size: int) -> bytes:
        if self._local.method == STORED:
            return self._stored(size)
        data = b""
        while not data and not self._inflate.eof:
            self._file.seek(self._at)
            packed = self._inflate.unconsumed_tail or self._file.read(CHUNK)
            if not packed:
                break
            data = self._inflated(packed, size)
        return data[: self._budget.grant(len(data))]

    def _inflated(self, packed: bytes, size: int) -> bytes:
        fresh = 0 if self._inflate.unconsumed_tail else len(packed)
        try:
            data = self._inflate.decompress(packed, size)
        except zlib.error as error:
            raise BrokenError(f"Its data are damaged: {error}.") from error
        self._at += fresh - len(self._inflate.unused_data)
        return data

    def _stored(self, size: int) -> bytes:
        self._file.seek(self._at)
        data = self._file.read(min(size, max(0, self._local.start + self._local.packed - self._at)))
        self._at += len(data)
        return data

    def _behind_sizes(self, at: int) -> int:
        # A checksum and two sizes of four or eight bytes, with or without a signature before them.
        self._file.seek(at)
        ahead = self._file.read(28)
        return at + next((n for n in (16, 24, 12, 20) if ahead[n : n + 2] == b"PK"), 16)
