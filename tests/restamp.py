"""Bundles whose stamps are written anew: as if the clocks of the nodes had been wrong, or in other zones, or years.

`rewritten(bundle, folder, clocks)` unpacks a bundle and turns the stamp of every line of a log.  A `Clock` tells what
the clock of a node shows at a moment; what its lines say themselves of the seconds since 1970 turns with it.

A stamp of whole seconds hides when the line was written within the second.  Another file of the node may tell it, else
the line before: so the files of a node stay as far apart as they were.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
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
LOG = re.compile(r"(?:\.log|messages|syslog|\.txt|journalctl.*|systemctl_status.*)(?:[.-]\d+)?(?:\.(?:gz|xz|bz2))?$")
FOLDER = r"(?:^|[/!])(?:sosreport-)?{}(?:-\d{{4}}-[^/!]*|\.(?:tar|tgz)[^/!]*)?[/!]"


@dataclass(frozen=True)
class Clock:
    """What a clock shows: `shown` gives its seconds since 1970 for the true ones, `zone` is that of its stamps."""

    shown: Callable[[float], float] = float
    zone: tzinfo = UTC


@dataclass
class _Node:
    """The clock of a node, the zone that its stamps were in, and the fractions of seconds that its files tell."""

    clock: Clock
    was: tzinfo
    fractions: dict[tuple[bytes, int], float] = field(default_factory=dict)
    before: tuple[int, float] = (0, 0.0)


def rewritten(
    bundle: Path, folder: Path, clocks: Mapping[str, Clock], *, was: Mapping[str, tzinfo] | None = None
) -> Path:
    """The bundle as a folder; `was` are the zones that the stamps were in, UTC where none is given."""
    nodes = {name: _Node(clock, (was or {}).get(name, UTC)) for name, clock in clocks.items()}
    logs: list[tuple[Path, _Node]] = []
    for member in open_bundle([bundle], Limits()):
        data = member.stream.read()
        path = folder / member.path.replace("!", "/")
        node = next((name for name in clocks if re.search(FOLDER.format(re.escape(name)), member.path)), None)
        log = LOG.search(member.path) is not None and b"\0" not in data[:4096]
        if clocks and node is None and log:
            continue  # what collectors put together of all nodes repeats their logs
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        if node and log:
            logs.append((path, nodes[node]))
            _learn(data, nodes[node])
    for path, of in logs:
        of.before = (0, 0.0)
        path.write_bytes(b"\n".join(_line(line, of) for line in path.read_bytes().split(b"\n")))
    return folder


def _learn(data: bytes, node: _Node) -> None:
    for line in data.split(b"\n"):
        if (stamp := _stamp(line, node.was)) and stamp.digits:
            node.fractions.setdefault((_essence(line), int(stamp.at)), stamp.at % 1)


def _essence(line: bytes) -> bytes:
    """What a line of one file has in common with its copy in another."""
    return line.split(b" | ")[0].rstrip()[-40:]


@dataclass(frozen=True)
class _Stamp:
    """When, to how many decimals, and the pattern that found it."""

    at: float
    digits: int
    found: re.Match[bytes]


def _stamp(line: bytes, was: tzinfo, year: int = 2026) -> _Stamp | None:
    if found := BSD.match(line):
        text = f"{year} {found['month'].decode()} {found['day'].decode().strip()} {found['time'].decode()}"
        at = datetime.strptime(text, "%Y %b %d %H:%M:%S").replace(tzinfo=was)
    elif found := ISO.match(line):
        text = f"{found['date'].decode()}T{found['time'].decode()}{(found['zone'] or b'').decode()}"
        at = datetime.fromisoformat(text)
        at = at if at.tzinfo else at.replace(tzinfo=was)
    else:
        return None
    part = (found["part"] or b".")[1:]
    return _Stamp(at.timestamp() + float(b"0." + (part or b"0")), len(part), found)


def _line(line: bytes, node: _Node) -> bytes:
    stamp = _stamp(line, node.was)
    if stamp is None:
        return line
    second = int(stamp.at)
    true = stamp.at
    if not stamp.digits:
        least = node.before[1] if node.before[0] == second else 0.0
        true += max(least, node.fractions.get((_essence(line), second), least))
    node.before = (second, true - second)
    found, shown = stamp.found, _shown(node.clock, true, stamp.digits)
    if found.re is BSD:
        day = f"{shown.day:02}" if found["day"][:1] == b"0" else f"{shown.day:2}"
        text = f"{MONTHS[shown.month - 1]} {day} {shown:%H:%M:%S}{_part(shown, stamp.digits, '.')}"
        line = found["mark"] + text.encode() + line[found.end() :]
    else:
        zone = f"{shown:%z}" if found["zone"] else ""
        if b":" in (found["zone"] or b":"):
            zone = f"{zone[:3]}:{zone[3:]}" if zone else ""
        point = (found["part"] or b".")[:1].decode()
        day = f"{shown:%Y-%m-%d}{found['t'].decode()}"
        line = f"{day}{shown:%H:%M:%S}{_part(shown, stamp.digits, point)}{zone}".encode() + line[found.end() :]
    return EPOCH.sub(lambda said: said[1] + str(int(node.clock.shown(float(said[2])))).encode(), line)


def _shown(clock: Clock, true: float, digits: int) -> datetime:
    """The clock face, cut to the decimals of the stamp."""
    micro = int(clock.shown(true) * 1_000_000 + 0.5)
    unit = 10 ** (6 - min(digits, 6))
    at = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micro - micro % unit)
    return at.astimezone(clock.zone)


def _part(shown: datetime, digits: int, point: str) -> str:
    return f"{point}{shown.microsecond:06}".ljust(digits + 1, "0")[: digits + 1] if digits else ""
