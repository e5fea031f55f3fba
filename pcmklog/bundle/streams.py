"""Bytes that come in one pass: from the disk, out of a decompressor, or of a member of an archive."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from pathlib import Path

CHUNK = 1 << 18


class BrokenError(Exception):
    """The bytes end here although more were to come; the text is a sentence, the code that of the note."""

    def __init__(self, text: str, code: str = "LOG003") -> None:
        super().__init__(text)
        self.code = code


class Stream(io.RawIOBase):
    """What `pull` gives, with a look ahead.

    `pull(size)` gives up to `size` bytes, an empty string at the end, or raises BrokenError.  The latter is an end
    like any other to the reader: whoever hands the stream out looks at `failure` afterwards.  `file` is the file
    itself when the bytes are those of a file on the disk.
    """

    def __init__(self, pull: Callable[[int], bytes], file: Disk | None = None) -> None:
        super().__init__()
        self.file = file
        self.failure: BrokenError | None = None
        self._pull = pull
        self._ahead = b""
        self._ended = False

    def readable(self) -> bool:
        return True

    def head(self, size: int) -> bytes:
        """The next bytes, which stay to be read; fewer than `size` at the end only."""
        while len(self._ahead) < size and (more := self._more(size - len(self._ahead))):
            self._ahead += more
        return self._ahead[:size]

    def read(self, size: int | None = -1, /) -> bytes:
        """Exactly `size` bytes unless the end comes first; all for -1."""
        left = -1 if size is None else size
        parts = []
        while left and (part := self._take(left if left > 0 else CHUNK)):
            parts.append(part)
            left -= len(part) if left > 0 else 0
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        part = self._take(len(buffer))
        buffer[: len(part)] = part
        return len(part)

    def drain(self) -> bool:
        """Reads to the end; tells whether anything but zeros came."""
        found = False
        while part := self._take(CHUNK):
            found = found or part.count(0) != len(part)
        return found

    def close(self) -> None:
        if self.file is not None:
            self.file.close()
        super().close()

    def _take(self, size: int) -> bytes:
        if not self._ahead:
            return self._more(size)
        part, self._ahead = self._ahead[:size], self._ahead[size:]
        return part

    def _more(self, size: int) -> bytes:
        if self._ended:
            return b""
        try:
            part = self._pull(size)
        except BrokenError as error:
            self.failure = error
            part = b""
        self._ended = not part
        return part


class Disk(io.FileIO):
    """A file on the disk that tells how many of its bytes were read.

    Opened so that neither a pipe without a writer nor a tape holds us up; only a regular file is read.
    """

    def __init__(self, path: Path, count: Callable[[int], None], *, follow: bool = True) -> None:
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC | (0 if follow else os.O_NOFOLLOW)
        super().__init__(os.open(path, flags), closefd=True)
        self._count = count

    def readinto(self, buffer: bytearray | memoryview, /) -> int:  # type: ignore[override]
        count = super().readinto(buffer) or 0
        self._count(count)
        return count

    def read(self, size: int | None = -1, /) -> bytes:
        data = super().read(size) or b""
        self._count(len(data))
        return data

    def stream(self) -> Stream:
        """The file as a stream; an error of the disk ends it."""
        return Stream(self._pull, self)

    def _pull(self, size: int) -> bytes:
        try:
            return self.read(size)
        except OSError as error:
            raise BrokenError(f"Reading stopped: {error.strerror}.", "") from error
