"""How much of a bundle is read, so that a hostile one costs no more than time."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a bundle may cost.  What is beyond is left out, with a note.

    `unpacked` counts every byte that a decompressor gives, whatever the layer.  One compressed file may give
    `expansion` times what it takes, once it gave `expansion_from` bytes: gzip cannot do more than 1032 times, bzip2
    and xz can.  `layers` are archives and compressions within each other; a .tar.gz has two.  `spooled` is the size
    of a zip in an archive, which has to be copied aside before it can be read.
    """

    members: int = 200_000
    unpacked: int = 64 << 30
    expansion: int = 1100
    expansion_from: int = 1 << 30
    layers: int = 10
    spooled: int = 1 << 30
    notes: int = 1000


@dataclass
class Budget:
    """What is left of the bytes that may be unpacked."""

    left: int

    def grant(self, size: int) -> int:
        """Takes up to `size` bytes; gives how many may be used."""
        granted = min(size, max(self.left, 0))
        self.left -= size
        return granted

    @property
    def spent(self) -> bool:
        """Whether more was asked for than there was."""
        return self.left < 0
