"""Clock faces: how the stamp of a line becomes numbers.

A face turns the bytes of a stamp into `(year, month, day, seconds of the day, offset, digits)`: `year` is 0 when the
stamp has none, `offset` is the zone in seconds east of Greenwich or None when the stamp is local, `digits` is how
many decimals the seconds have.  It raises ValueError for what no clock shows, such as 25:61:61.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
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
# Names of three plain letters that other languages have; `months.py` translates the rest.
MONTHS |= {b"Mai": 5, b"Okt": 10, b"Dez": 12, b"Oca": 1, b"Nis": 4, b"Haz": 6, b"Tem": 7, b"Eyl": 9, b"Eki": 10}
MONTHS |= {b"Kas": 11, b"Ara": 12}
ISO = re.compile(
    rb"(\d{4})[-/](\d\d)[-/](\d\d)[T_ ](\d\d):(\d\d):(\d\d)(?:[.,](\d{1,9}))?"
    rb"(?: ?([A-Z]{1,5}|[+-]\d\d(?::?\d\d)?))?"
)
# Zones whose short name means one offset (in hours); a stamp with another name counts as local.
ZONES = {
    b"Z": 0, b"UTC": 0, b"GMT": 0, b"WET": 0, b"WEST": 1, b"CET": 1, b"CEST": 2, b"EET": 2, b"EEST": 3, b"MSK": 3,
    b"JST": 9, b"KST": 9, b"AEST": 10, b"AEDT": 11, b"NZST": 12, b"NZDT": 13, b"BRT": -3, b"EST": -5, b"EDT": -4,
    b"CDT": -5, b"MST": -7, b"MDT": -6, b"PST": -8, b"PDT": -7,
}  # fmt: skip
CTIME = re.compile(rb"([A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d)(?: (\d{4}))?")


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
    seconds = _clock(b":".join((hour, minute, second))) + (float(b"0." + fraction) if fraction else 0.0)
    return Stamp(int(year), int(month), int(day), seconds, _offset(zone), len(fraction or b""))


def ctime(text: bytes) -> Stamp | None:
    """`Nov  2 10:15:01 2026`, the year may be missing."""
    found = CTIME.match(text)
    stamp = bsd(found[1]) if found else None
    return stamp._replace(year=int(found[2] or 0)) if found and stamp else None


def unix(text: bytes) -> Stamp | None:
    """`1793610901.123456`, seconds since 1970 UTC."""
    whole, _, fraction = text.partition(b".")
    day, seconds = divmod(int(whole), 86400)
    return Stamp(*_date(day), seconds + (float(b"0." + fraction) if fraction else 0.0), 0, len(fraction))


def none(_: bytes) -> Stamp | None:
    """A header without a stamp."""
    return None


FACES: dict[str, Callable[[bytes], Stamp | None]] = {
    "bsd": bsd, "iso": iso, "ctime": ctime, "unix": unix, "none": none,
}  # fmt: skip


@lru_cache(65536)
def _clock(text: bytes) -> int:
    hour, minute, second = int(text[:2]), int(text[3:5]), int(text[6:8])
    if hour > 23 or minute > 59 or second > 60:  # 60 is a leap second
        raise ValueError(f"no clock shows {text!r}")
    return hour * 3600 + minute * 60 + second


@lru_cache(64)
def _int(text: bytes) -> int:
    return int(text)


@lru_cache(4096)
def _date(day: int) -> tuple[int, int, int]:
    date = datetime.fromtimestamp(min(day, 2932896) * 86400, UTC)  # 9999-12-31
    return date.year, date.month, date.day


@lru_cache(64)
def _offset(zone: bytes | None) -> int | None:
    if zone is None:
        return None
    if zone[:1] not in b"+-":
        hours = ZONES.get(zone)
        return None if hours is None else hours * 3600
    seconds = int(zone[1:3]) * 3600 + int(zone[3:].lstrip(b":") or 0) * 60
    return -seconds if zone[:1] == b"-" else seconds
