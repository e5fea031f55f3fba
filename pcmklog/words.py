"""Words for people: times, lists and counts as titles and explanations have them; and releases as numbers."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

NUMBER = re.compile(r"\d+")
RELEASE = re.compile(r"\d+(?:\.\d+)+")
Version = tuple[int, ...]


def clock(ts: float | None) -> str:
    """`14:03:22`, the time of day in UTC; `an unknown time` without one."""
    return "an unknown time" if ts is None else datetime.fromtimestamp(ts, UTC).strftime("%H:%M:%S")


def day(ts: float) -> str:
    """`2026-11-22`, the date in UTC."""
    return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d")


def duration(seconds: float) -> str:
    """`0.4 s`, `12 s`, `3 min 05 s`, `2 h 10 min`."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    if whole < 7200:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"


def listing(names: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    known = list(dict.fromkeys(names))
    if len(known) < 2:
        return "".join(known)
    return f"{', '.join(known[:-1])} and {known[-1]}"


def times(count: int) -> str:
    """`once`, `twice`, `7 times`."""
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def version_key(text: str | None) -> Version:
    """A version as numbers, so that 1.1.10 is more than 1.1.9; () for none."""
    release = RELEASE.search(text or "")
    return tuple(int(number) for number in NUMBER.findall(release[0] if release else text or "")[:4])


def ranges(versions: str) -> list[tuple[Version, Version]]:
    """The ends of `1.0.8-1.0.13, 2.0.3`, both included: `[((1, 0, 8), (1, 0, 13)), ((2, 0, 3), (2, 0, 3))]`."""
    ends = (part.partition("-") for part in versions.split(", ") if part)
    return [(version_key(low), version_key(high or low)) for low, _, high in ends]
