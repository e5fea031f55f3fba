"""Decompression, recognised by content.

Every byte that came before a cut or damage is handed on; the libraries' own file objects drop the last of them.
"""

from __future__ import annotations

import bz2
import lzma
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

import zstandard

from pcmklog.bundle.limits import Budget, Limits
from pcmklog.bundle.streams import CHUNK, BrokenError, Stream

try:  # a third of the time of zlib
    from isal import isal_zlib as inflate
except ImportError:
    import zlib as inflate  # type: ignore[no-redef]

GZIP_WITH_HEADER = 31
# `xz -9` needs 65 MiB to decode; a header may ask for 4 GiB.
XZ_MEMORY = 256 << 20
# A block of zstd takes four bytes and may give 128 KiB, all at once: that many blocks fit into memory.
ZSTD_FEED = 1 << 10
FEED = 1 << 16


class Decoder(Protocol):
    """What bz2.BZ2Decompressor is."""

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Gzip:
    """The object of zlib with the face of that of bz2."""

    def __init__(self) -> None:
        self._object = inflate.decompressobj(wbits=GZIP_WITH_HEADER)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return bool(self._object.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._object.unused_data)

    def decompress(self, data: bytes, max_length: int, /) -> bytes:
        out: bytes = self._object.decompress(self._object.unconsumed_tail + data, max_length)
        # With a full buffer there may be more to come, even if all input was taken.
        self.needs_input = not self._object.unconsumed_tail and len(out) < max_length
        return out


class _Zstd:
    """The object of zstandard with the face of that of bz2, but that it does not heed `max_length`."""

    needs_input = True

    def __init__(self) -> None:
        self._object: Any = zstandard.ZstdDecompressor().decompressobj()

    @property
    def eof(self) -> bool:
        return bool(self._object.eof)

    @property
    def unused_data(self) -> bytes:
        return bytes(self._object.unused_data)

    def decompress(self, data: bytes, _max_length: int, /) -> bytes:
        out: bytes = self._object.decompress(data)
        return out


@dataclass(frozen=True)
class Codec:
    """A compression: its name and suffix, what a stream begins with, and what decodes one stream."""

    name: str
    suffix: str
    starts: tuple[bytes, ...]
    decoder: Callable[[], Decoder]
    feed: int = FEED


def _xz() -> Decoder:
    return lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=XZ_MEMORY)


# Frames of which pzstd and others write a note to themselves.
ZSTD_SKIPPED = tuple(bytes([n, 0x2A, 0x4D, 0x18]) for n in range(0x50, 0x60))
CODECS = (
    Codec("gzip", ".gz", (b"\x1f\x8b\x08",), _Gzip),
    # The digits of pi begin a block, those of its root end a stream without any; `BZh` alone may be text.
    Codec(
        "bzip2",
        ".bz2",
        tuple(b"BZh%d" % n + d for n in range(1, 10) for d in (b"1AY&SY", b"\x17rE8P\x90")),
        bz2.BZ2Decompressor,
    ),
    Codec("xz", ".xz", (b"\xfd7zXZ\0",), _xz),
    Codec("zstd", ".zst", (b"\x28\xb5\x2f\xfd", *ZSTD_SKIPPED), _Zstd, ZSTD_FEED),
)
LONGEST_START = 10
# isal's and zlib's errors share no base but Exception with each other; both modules call it `error`.
ERRORS: tuple[type[Exception], ...] = (
    cast("type[Exception]", inflate.error),
    lzma.LZMAError,
    zstandard.ZstdError,
    OSError,
    ValueError,
    EOFError,
)


def codec(head: bytes) -> Codec | None:
    """The compression of what begins so, if any."""
    return next((known for known in CODECS if head.startswith(known.starts)), None)


class Decoded:
    """The content of a compressed stream; several that follow each other are one, as pbzip2 leaves them."""

    def __init__(self, known: Codec, source: Stream, budget: Budget, limits: Limits) -> None:
        self._codec = known
        self._source = source
        self._budget = budget
        self._limits = limits
        self._decoder = known.decoder()
        self._input = b""
        self._ready = b""
        self._ready_from = 0  # where what was not given yet begins
        self._taken = self._given = 0

    def pull(self, size: int) -> bytes:
        """Up to `size` bytes of content; raises BrokenError where they end too early."""
        while self._ready_from == len(self._ready):
            if self._budget.spent or (self._decoder.eof and not self._next_stream()):
                return b""
            self._ready, self._ready_from = self._allowed(self._decode()), 0
        part = self._ready[self._ready_from : self._ready_from + size]
        self._ready_from += len(part)
        return part

    def _decode(self) -> bytes:
        data, self._input = self._input, b""
        if self._decoder.needs_input and not data:
            data = self._source.read(self._codec.feed)
            self._taken += len(data)
            if not data:
                raise BrokenError(f"The {self._codec.name} data are cut off.")
        try:
            return self._decoder.decompress(data, CHUNK)
        except ERRORS as error:
            raise BrokenError(f"The {self._codec.name} data are damaged: {str(error).rstrip('.')}.") from error

    def _next_stream(self) -> bool:
        rest = self._decoder.unused_data
        while len(rest := rest.lstrip(b"\0")) < LONGEST_START and (more := self._source.read(self._codec.feed)):
            rest += more
        if not rest:
            return False
        if not rest.startswith(self._codec.starts):
            raise BrokenError(f"Something follows the {self._codec.name} data that does not belong to them.")
        self._decoder, self._input = self._codec.decoder(), rest
        return True

    def _allowed(self, data: bytes) -> bytes:
        self._given += len(data)
        if self._given > max(self._limits.expansion_from, self._taken * self._limits.expansion):
            raise BrokenError(f"It expands more than {self._limits.expansion} times; the rest was left out.", "")
        return data[: self._budget.grant(len(data))]
