"""How times, durations, numbers and foreign text are put into words, the same in every view."""

from __future__ import annotations

import re
import unicodedata
from datetime import UTC, datetime, timedelta
from functools import lru_cache

UNKNOWN = "–"  # noqa: RUF001 - the dash of tables, meant
SAFE_CONTROLS = "\n\t"
STRANGE = re.compile(r"[^\t\n -~]")  # what has to be looked at one by one
HARMFUL = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Unicode categories that move a cursor, turn the direction of writing or cannot be seen."""

MINUTE, HOUR, DAY = 60, 3600, 86400
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@lru_cache(maxsize=4096)
def moment(iso: str | None) -> datetime | None:
    """Read an ISO 8601 time of the report; None for what is none."""
    try:
        at = datetime.fromisoformat(iso or "")
        return at.replace(tzinfo=UTC) if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def stamp(iso: str | None, after: str | None = None) -> str:
    """Give `2026-11-22 06:46:37.632`; without the date when `after` is a time of the same day."""
    at, before = moment(iso), moment(after)
    if at is None:
        return iso or UNKNOWN
    clock = f"{at:%H:%M:%S}.{at.microsecond // 1000:03}"
    return clock if before and before.date() == at.date() else f"{at:%Y-%m-%d} {clock}"


def span(first: str | None, last: str | None) -> str:
    """Give a stretch of time, the date once when both ends share it."""
    if not first and not last:
        return UNKNOWN
    return stamp(first) if first == last else f"{stamp(first)} – {stamp(last, first)}"  # noqa: RUF001


def brief(first: str | None, last: str | None, after: str | None = None) -> str:
    """Give a stretch of time in whole seconds, without the date where it is that of `after`."""
    if not first or not last:
        return UNKNOWN
    return f"{stamp(first, after).split('.')[0]} – {stamp(last, first).split('.')[0]}"  # noqa: RUF001


def seconds(first: str | None, last: str | None) -> float | None:
    """Give the seconds from one time of the report to another."""
    start, end = moment(first), moment(last)
    return (end - start).total_seconds() if start and end else None


def ms(iso: str | None) -> int | None:
    """Give a time of the report in milliseconds since 1970 UTC."""
    at = moment(iso)
    return round((at - EPOCH) / timedelta(milliseconds=1)) if at else None


def later(iso: str, by: float) -> str:
    """Give the time of the report that lies some seconds after another."""
    at = moment(iso)
    return (at + timedelta(seconds=by)).isoformat() if at else iso


def duration(length: float | None) -> str:
    """Give `0.412 s`, `12.3 s`, `3 min 05 s`, `2 h 10 min` or `3 d 4 h`."""
    if length is None:
        return UNKNOWN
    sign, length = ("-" if length < 0 else ""), abs(length)
    if length < MINUTE:
        return f"{sign}{length:.3f} s" if length < 10 else f"{sign}{length:.1f} s"
    whole = round(length)
    if whole < HOUR:
        return f"{sign}{whole // MINUTE} min {whole % MINUTE:02} s"
    if whole < DAY:
        return f"{sign}{whole // HOUR} h {whole % HOUR // MINUTE:02} min"
    return f"{sign}{whole // DAY} d {whole % DAY // HOUR} h"


def count(number: int, noun: str) -> str:
    """Give `1 line`, `2,048 lines`."""
    plural = noun[:-1] + "ies" if noun.endswith("y") else noun + "s"
    return f"{number:,} {noun if number == 1 else plural}"


def size(octets: int | None) -> str:
    """Give a number of bytes as a person reads it."""
    if octets is None:
        return UNKNOWN
    amount = float(octets)
    for unit in ("bytes", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}" if unit == "bytes" else f"{amount:.1f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def tame(text: str) -> str:
    r"""Make foreign text harmless: what steers a terminal or hides is written out (`\x1b`); newline and tab stay."""
    if text.isascii() and text.isprintable():
        return text
    return STRANGE.sub(lambda found: _visible(found[0]), text)


def one_line(text: str) -> str:
    """Give tame text without line breaks and tabs."""
    return " ".join(tame(text).split())


def shorten(text: str, limit: int) -> str:
    """Cut text that is too long and say so by an ellipsis."""
    return text if len(text) <= limit else text[: max(limit - 1, 0)] + "…"


def _visible(char: str) -> str:
    if char in SAFE_CONTROLS or unicodedata.category(char) not in HARMFUL:
        return char
    code = ord(char)
    return f"\\x{code:02x}" if code <= 0xFF else f"\\u{code:04x}" if code <= 0xFFFF else f"\\U{code:08x}"
