"""Moments as people write them: `14:00`, `2026-11-22 06:59`, `-2h`, `f3`, `10 min before f3`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import NamedTuple

import pyparsing as pp

from pcmklog.model import PcmklogError

DAY = 86400.0
UNITS = {"ms": 0.001, "s": 1.0, "sec": 1.0, "second": 1.0, "m": 60.0, "min": 60.0, "minute": 60.0,
         "h": 3600.0, "hour": 3600.0, "d": DAY, "day": DAY}  # fmt: skip
HELP = "a moment is written as 14:00, 2026-11-22 06:59, -2h (before the end), f3, or 10 min before f3"


class Known(NamedTuple):
    """What a moment may refer to: the first and last moment of the logs, and when each finding was."""

    first: float
    last: float
    findings: Mapping[str, float | None]


def moment(text: str, known: Known) -> float:
    """Seconds since 1970 UTC.  Raises PcmklogError for what is no moment, or names a finding that there is not."""
    try:
        (found,) = _grammar().parse_string(text, parse_all=True)
    except pp.ParseException as error:
        raise PcmklogError(f"'{text}' is no moment: {HELP}.") from error
    return _resolved(found, text, known)


def shown(ts: float) -> str:
    """A moment as it may be written: `2026-11-22 06:59:03`."""
    return datetime.fromtimestamp(ts, UTC).strftime("%Y-%m-%d %H:%M:%S")


def seconds(text: str) -> float:
    """A length of time such as `30s`, `10 min` or `1 h 30 min`, in seconds.  Raises PcmklogError for what is none."""
    try:
        (found,) = _length().parse_string(text, parse_all=True)
    except pp.ParseException as error:
        raise PcmklogError(f"'{text}' is no length of time: it is written as 30s, 10 min or 1h 30min.") from error
    return float(found)


@cache
def _length() -> pp.ParserElement:
    unit = pp.Regex(r"(?:ms|sec(?:ond)?s?|min(?:ute)?s?|hours?|days?|[smhd])(?![a-z])", re.IGNORECASE)
    number = pp.Regex(r"\d+(?:\.\d+)?")
    part = (number + unit).set_parse_action(lambda t: float(t[0]) * _unit(t[1].lower()))
    return pp.OneOrMore(part).set_parse_action(sum)


def _unit(name: str) -> float:
    return UNITS[name] if name in UNITS else UNITS[name.removesuffix("s")]


@cache
def _grammar() -> pp.ParserElement:
    """Gives one tuple: its first word says what it is."""
    iso = pp.Regex(r"\d{4}-\d\d-\d\d(?:[T ]\d\d?:\d\d(?::\d\d(?:\.\d+)?)?(?: ?(?:Z|UTC|[+-]\d\d:?\d\d))?)?")
    clock = pp.Regex(r"\d\d?:\d\d(?::\d\d(?:\.\d+)?)?")
    finding = pp.Regex(r"[fF]\d+")
    end = pp.one_of("begin end", caseless=True, as_keyword=True)
    point = (
        iso.set_parse_action(lambda t: ("iso", t[0]))
        | clock.set_parse_action(lambda t: ("clock", t[0]))
        | finding.set_parse_action(lambda t: ("finding", t[0].lower()))
        | end.set_parse_action(lambda t: (t[0].lower(),))
    )
    way = pp.one_of("before after", caseless=True, as_keyword=True)
    shifted = (_length() + way - point).set_parse_action(
        lambda t: ("shifted", t[0] if t[1].lower() == "after" else -t[0], t[2])
    )
    relative = (pp.one_of("- +") + _length()).set_parse_action(
        lambda t: ("shifted", -t[1], ("end",)) if t[0] == "-" else ("shifted", t[1], ("begin",))
    )
    return iso | clock | shifted | relative | point


def _resolved(found: tuple[object, ...], text: str, known: Known) -> float:
    match found:
        case ("shifted", float() as by, tuple() as point):
            return _resolved(point, text, known) + by
        case ("begin",):
            return known.first
        case ("end",):
            return known.last
        case ("finding", str() as name):
            return _finding(name, known)
        case ("clock", str() as clock):
            return _today(clock, text, known)
        case (_, str() as iso):
            return _absolute(iso, text)
    raise PcmklogError(f"'{text}' is no moment: {HELP}.")


def _finding(name: str, known: Known) -> float:
    if name not in known.findings:
        raise PcmklogError(f"There is no finding {name}; this bundle has {_range(known)}.")
    at = known.findings[name]
    if at is None:
        raise PcmklogError(f"The finding {name} has no moment: it is true of the whole bundle.")
    return at


def _range(known: Known) -> str:
    names = [*known.findings]
    return f"{names[0]} to {names[-1]}" if names else "no findings"


def _absolute(iso: str, text: str) -> float:
    try:
        at = datetime.fromisoformat(iso.replace(" UTC", "Z").replace("UTC", "Z"))
    except ValueError as error:
        raise PcmklogError(f"'{text}' is no moment: {error}.") from error
    return at.replace(tzinfo=at.tzinfo or UTC).timestamp()


def _today(clock: str, text: str, known: Known) -> float:
    """That time on the last day of the logs that has it, else on their last day."""
    hour, minute, second = ([float(part) for part in clock.split(":")] + [0.0])[:3]
    if hour >= 24 or minute >= 60 or second >= 60:
        raise PcmklogError(f"'{text}' is no moment: a day has no {clock}.")
    midnight = datetime.fromtimestamp(known.last, UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    at = (midnight + timedelta(hours=hour, minutes=minute, seconds=second)).timestamp()
    return at - DAY if at > known.last and at - DAY >= known.first else at
