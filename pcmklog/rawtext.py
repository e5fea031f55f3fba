"""The raw text of a bundle: zstd frames one behind the other, in an unlinked temporary file or in a kept database.

It stands beside the tables and not in them while a bundle is read: DuckDB writes large values anew with every
checkpoint (a GB of frames took 26 CPU-seconds and 2.8 GB of memory, as pages at the end 2 and 0.3).
"""

from __future__ import annotations

import tempfile
import weakref
from collections.abc import Iterator
from typing import Protocol

import duckdb
import zstandard

PAGE = 1 << 13
"""Bytes of a page; those of a row group are written, and read, together, and make up 16 MB."""
PAGES = 2048
IN_MEMORY = 1 << 24
LARGEST_FRAME = 1 << 26  # a block of lines is some MB; whoever made the file, a frame may not unpack without end


class Frames(Protocol):
    """Where the frames are."""

    def read(self, place: int, size: int) -> bytes: ...


class Spool:
    """Frames as they come, in memory as long as they are few."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(IN_MEMORY, prefix="pcmklog-")  # noqa: SIM115 - it lives as long as the store
        weakref.finalize(self, self._file.close)
        self.size = 0

    def append(self, frame: bytes) -> int:
        """Adds a frame; gives its place."""
        place, self.size = self.size, self.size + len(frame)
        self._file.seek(place)
        self._file.write(frame)
        return place

    def read(self, place: int, size: int) -> bytes:
        self._file.seek(place)
        return self._file.read(size)


class Pages:
    """Frames in the table `page` of a kept database."""

    def __init__(self, connection: duckdb.DuckDBPyConnection, database: str) -> None:
        self._connection = connection
        self._query = f"select number, bytes from {database}.page where number between ? and ?"

    def read(self, place: int, size: int) -> bytes:
        first = place // PAGE
        rows = self._connection.execute(self._query, [first, (place + size - 1) // PAGE]).fetchall()
        begin = place - first * PAGE
        return b"".join(row[1] for row in sorted(rows))[begin : begin + size]


def pages(frames: Frames, size: int) -> Iterator[tuple[int, list[bytes]]]:
    """All the text in batches of pages, each with the number of its first page."""
    for begin in range(0, size, PAGE * PAGES):
        data = frames.read(begin, min(PAGE * PAGES, size - begin))
        yield begin // PAGE, [data[place : place + PAGE] for place in range(0, len(data), PAGE)]


def unpacked(frame: bytes) -> bytes:
    """The text of a frame; zstandard.ZstdError for one that is damaged or larger than any of ours."""
    if not 0 <= zstandard.frame_content_size(frame) <= LARGEST_FRAME:
        raise zstandard.ZstdError("frame of an unlikely size")
    return zstandard.ZstdDecompressor().decompress(frame)
