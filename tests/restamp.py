"""Bundles whose stamps are written anew: as if the clocks of the nodes had been wrong, or in other zones, or years.

`rewritten(bundle, folder, clocks)` unpacks a bundle and turns the stamp of every line of a log.  A `Clock` tells what
the clock of a node shows at a moment; what its lines say themselves of the seconds since 1970 turns with it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from pathlib import Path

from pcmklog.bundle import Limits, open_bundle

MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
BSD = re.compile(
    rb"^(?P<mark>(?:\[\d+\] )?)(?P<month>[A-Z][a-z]{2}) (?P<day>[ 0-3]\d) (?P<time>\d\d:\d\d:\d\d)(?P<part>\.\d+)?(?= )"
)
ISO = re.compile(
    rb"^(?P<date>\d{4}-\d\d-\d\d)(?P<t>[T ])(?P<time>\d\d:\d\d:\d\d)(?P<part>[.,]\d+)?(?P<zone>Z|[+-]\d\d:?\d\d)?(?= )"
)
EPOCH = re.compile(rb"(pe_calc-[a-z-]+-)(\d{10})\b")
LOG = re.compile(r"(?:\.log|messages|syslog|\.txt|journalctl.*)$")


@dataclass(frozen=True)
class Clock:
    """What a clock shows: `shown` gives its seconds since 1970 for the true ones, `zone` is that of its stamps."""

    shown: Callable[[float], float] = float
    zone: tzinfo = UTC


def rewritten(
    bundle: Path, folder: Path, clocks: Mapping[str, Clock], *, was: Mapping[str, tzinfo] | None = None
) -> Path:
    """The bundle as a folder; `was` are the zones that the stamps were in, UTC where none is given."""
    opened = open_bundle([bundle], Limits())
    year = 2026
    for member in opened:
        data = member.stream.read()
        path = folder / member.path.replace("!", "/")
        node = next((name for name in clocks if name in member.path.split("/")), None)
        log = LOG.search(member.path) is not None and b"\0" not in data[:4096]
        if clocks and node is None and log:
            continue  # what collectors put together of all nodes repeats their logs
        if node and log:
            zone = (was or {}).get(node, UTC)
            data = b"\n".join(_line(line, clocks[node], zone, year) for line in data.split(b"\n"))
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


def _line(line: bytes, clock: Clock, was: tzinfo, year: int) -> bytes:
    if found := BSD.match(line):
        at = datetime.strptime(
            f"{year} {found['month'].decode()} {found['day'].decode().strip()} {found['time'].decode()}",
            "%Y %b %d %H:%M:%S",
        ).replace(tzinfo=was)
        digits = len(found["part"] or b".") - 1
        shown = _shown(clock, at.timestamp() + float(b"0" + (found["part"] or b"")), digits)
        day = f"{shown.day:02}" if found["day"][:1] == b"0" else f"{shown.day:2}"
        stamp = f"{MONTHS[shown.month - 1]} {day} {shown:%H:%M:%S}{_part(shown, digits, '.')}"
        line = found["mark"] + stamp.encode() + line[found.end() :]
    elif found := ISO.match(line):
        text = f"{found['date'].decode()}T{found['time'].decode()}{(found['zone'] or b'').decode()}"
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=was)
        digits = len(found["part"] or b".") - 1
        shown = _shown(clock, at.timestamp() + float(b"0." + (found["part"] or b".0")[1:]), digits)
        zone = f"{shown:%z}" if found["zone"] else ""
        if b":" in (found["zone"] or b":"):
            zone = f"{zone[:3]}:{zone[3:]}" if zone else ""
        point = (found["part"] or b".")[:1].decode()
        stamp = f"{shown:%Y-%m-%d}{found['t'].decode()}{shown:%H:%M:%S}{_part(shown, digits, point)}{zone}"
        line = stamp.encode() + line[found.end() :]
    else:
        return line
    return EPOCH.sub(lambda said: said[1] + str(int(clock.shown(float(said[2])))).encode(), line)


def _shown(clock: Clock, true: float, digits: int) -> datetime:
    """The clock face, cut to the decimals of the stamp."""
    micro = int(clock.shown(true) * 1_000_000 + 0.5)
    unit = 10 ** (6 - min(digits, 6))
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micro - micro % unit)
    return at.astimezone(clock.zone)


def _part(shown: datetime, digits: int, point: str) -> str:
    return f"{point}{shown.microsecond:06}".ljust(digits + 1, "0")[: digits + 1] if digits else ""
