"""The clock of a node and its zone: `date`, `timedatectl`, `time.txt`, `/etc/timezone`, `sysconfig/clock`.

    Fri Dec 14 20:08:33 CET 2012
    Time zone: Europe/Berlin (CET, +0100)
    System clock synchronized: yes

gives `date` (`2012-12-14 20:08:33`, local), `timezone`, `utc_offset` (seconds east of Greenwich) and
`ntp_synchronized` (`yes` or `no`).  The offset is only given where it is sure: CST may be China or Chicago.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcmklog.model import ConfigResult, Setting
from pcmklog.parsers.config._text import base, is_text, lines

FILE = "clock"
MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
# Abbreviations that stand for one offset wherever they are in use.
OFFSETS = {
    "UTC": 0, "GMT": 0, "UCT": 0, "Z": 0, "WET": 0, "WEST": 3600, "CET": 3600, "CEST": 7200, "MEZ": 3600, "MESZ": 7200,
    "EET": 7200, "EEST": 10800, "MSK": 10800, "JST": 32400, "KST": 32400, "HKT": 28800, "NZST": 43200, "NZDT": 46800,
    "EST": -18000, "EDT": -14400, "CDT": -18000, "MDT": -21600, "PST": -28800, "PDT": -25200,
    "AEST": 36000, "AEDT": 39600,
}  # fmt: skip
UTC_ZONES = frozenset({"UTC", "Etc/UTC", "Etc/UCT", "Etc/Zulu", "Zulu", "GMT", "Etc/GMT", "Universal", "Etc/Universal"})
ZONE = r"(?P<zone>[A-Z][A-Za-z]*(?:[/_+-][A-Za-z0-9]+)*)"
CTIME = re.compile(
    r"(?:(?:Time|Date): )?(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) "
    r"(?P<month>[A-Z][a-z]{2}) +(?P<day>\d{1,2}) (?P<time>\d\d:\d\d:\d\d)"
    r"(?: [AP]M)?(?: (?P<abbreviation>[A-Z]{1,5}|[+-]\d{2,4}))? (?P<year>\d{4})\s*$"
)
LOCAL = re.compile(r"\s*Local time: \w{3} (?P<date>\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) (?P<abbreviation>\S+)\s*$")
TIME_ZONE = re.compile(rf"\s*Time ?zone: {ZONE} \(\S+, (?P<offset>[+-]\d{{4}})\)")
NTP = re.compile(r"\s*(?:System clock synchronized|NTP synchronized): (?P<ntp>yes|no)\s*$")
LEAP = re.compile(r"Leap status\s*: (?P<leap>\S.*?)\s*$")
ASSIGNED = re.compile(rf"(?:ZONE|TIMEZONE)=(?P<quote>[\"']?){ZONE}(?P=quote)\s*$")
ALONE = re.compile(rf"{ZONE}\s*$")
PEERS = re.compile(r"\s+remote\s+(?:local|refid)\s")
SELECTED = re.compile(r"\*\S+\s|\^\*")

NAME = re.compile(
    r"^(?:date(?:[-_].*)?|time|timedatectl(?:[-_].*)?|timezone|(?:sysconfig[-_.])?clock"
    r"|chronyc[-_](?:-n_)?(?:tracking|sources).*|ntpq.*)(?:\.txt|\.out)?$"
)


def wants(path: str, head: bytes) -> bool:
    """By name, if there is something of a clock in it; `sysconfig/clock` is one, a driver's `clock` is not."""
    return NAME.search(base(path)) is not None and is_text(head) and bool(settings(head).settings)


def settings(data: bytes) -> ConfigResult:
    """What the file says of the clock; the first word on each counts."""
    found: dict[str, Setting] = {}
    peers = 0
    for number, line in lines(data):
        for path, value in _said(line, number):
            found.setdefault(path, Setting(FILE, path, value, number))
        peers = peers or (number if PEERS.match(line) else 0)
    if peers and "ntp_synchronized" not in found:
        found["ntp_synchronized"] = Setting(FILE, "ntp_synchronized", "no", peers)
    return ConfigResult(tuple(found.values()))


def _said(line: str, number: int) -> Iterator[tuple[str, str]]:
    if match := CTIME.match(line):
        yield from _ctime(match)
    elif match := LOCAL.match(line):
        yield "date", match["date"]
    elif match := TIME_ZONE.match(line):
        yield from (("timezone", match["zone"]), ("utc_offset", str(_seconds(match["offset"]))))
    elif match := NTP.match(line):
        yield "ntp_synchronized", match["ntp"]
    elif match := LEAP.match(line):
        yield "ntp_synchronized", "no" if match["leap"].lower().startswith("not") else "yes"
    elif SELECTED.match(line):
        yield "ntp_synchronized", "yes"
    elif match := ASSIGNED.match(line) or (ALONE.match(line) if number == 1 else None):
        yield from _zone(match["zone"])


def _ctime(match: re.Match[str]) -> Iterator[tuple[str, str]]:
    if match["month"] in MONTHS:
        month = MONTHS.index(match["month"]) + 1
        yield "date", f"{match['year']}-{month:02}-{int(match['day']):02} {match['time']}"
    name = match["abbreviation"] or ""
    offset = _seconds(name) if name[:1] in ("+", "-") else OFFSETS.get(name)
    if offset is not None:
        yield "utc_offset", str(offset)


def _zone(zone: str) -> Iterator[tuple[str, str]]:
    yield "timezone", zone
    if zone in UTC_ZONES:
        yield "utc_offset", "0"


def _seconds(offset: str) -> int:
    """`+0530` -> 19800."""
    digits = offset[1:].ljust(4, "0")
    seconds = int(digits[:2]) * 3600 + int(digits[2:]) * 60
    return -seconds if offset.startswith("-") else seconds
