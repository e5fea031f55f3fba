"""Clock faces: how the stamp of a line becomes numbers.

A face turns the bytes of a stamp into `(year, month, day, seconds of the day, offset, digits)`: `year` is 0 when the
stamp has none, `offset` is the zone in seconds east of Greenwich or None when the stamp is local, `digits` is how
many decimals the seconds have.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import NamedTuple


class Stamp(NamedTuple):
    """What a stamp says, see above; all in the zone of the writer."""

    year: int
    month: int
    day: int
    seconds: float
    offset: int | None
    digits: int


MONTHS = {name: n for n, name in enumerate(b"Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(), 1)}
ISO = re.compile(
    rb"(\d{4})[-/](\d\d)[-/](\d\d)[T_ ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?(?: ?(Z|UTC|GMT|[+-]\d\d:?\d\d))?"
)


def bsd(text: bytes) -> Stamp | None:
    """`Nov  2 10:15:01`, `Nov 02 10:15:01.123`: no year, no zone; the day is padded with a blank or a zero."""
    month = MONTHS.get(text[:3])
    if month is None:
        return None
    digits = max(0, len(text) - 16)
    fraction = float(text[15:]) if digits else 0.0
    return Stamp(0, month, _int(text[4:6]), _clock(text[7:15]) + fraction, None, digits)


def iso(text: bytes) -> Stamp | None:
    """`2026-11-02T10:15:01.123456+01:00`, `2010/11/02_10:15:01`, `2026-11-02 10:15:01 UTC`."""
    found = ISO.search(text)
    if found is None:
        return None
    year, month, day, hour, minute, second, fraction, zone = found.groups()
    seconds = int(hour) * 3600 + int(minute) * 60 + int(second) + (float(b"0." + fraction) if fraction else 0.0)
    return Stamp(int(year), int(month), int(day), seconds, _offset(zone), len(fraction or b""))


def none(_: bytes) -> Stamp | None:
    """A header without a stamp."""
    return None


FACES: dict[str, Callable[[bytes], Stamp | None]] = {"bsd": bsd, "iso": iso, "none": none}


@lru_cache(65536)
def _clock(text: bytes) -> int:
    return int(text[:2]) * 3600 + int(text[3:5]) * 60 + int(text[6:8])


@lru_cache(64)
def _int(text: bytes) -> int:
    return int(text)


def _offset(zone: bytes | None) -> int | None:
    if zone is None:
        return None
    if zone[:1] not in b"+-":
        return 0
    seconds = int(zone[1:3]) * 3600 + int(zone[-2:]) * 60
    return -seconds if zone[:1] == b"-" else seconds
