"""What stands before the message of a line: its stamp, and host, daemon, pid, level, subsystem.

A log repeats itself: between stamp and message stand the same few thousand spellings in a file of any size.  So each
spelling is parsed once, by the expressions of the formats and of `lead.py`, and looked up from then on.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple, TypeVar

import numpy as np

from pcmklog import daemons
from pcmklog.catalog import Template
from pcmklog.parsers import Format
from pcmklog.parsers.lead import LEAD, LEVELS
from pcmklog.parsers.stamps import FACES, MONTHS

NUMBER = re.compile(rb"\[(\d{1,9})\]")
FUNCTION = re.compile(rb"(?:[A-Za-z_][\w.@-]*:[ \t]*)?")
FIRST_WORD = re.compile(rb"\w+ ")
SPELLINGS = 1 << 16  # of heads that are remembered; a log of a real cluster has some thousand
DAY = 86400
CLOCK = [4, 5, 7, 8, 10, 11, 13, 14]  # columns of the numbers of `Nov 02 10:15:01`
SECONDS = np.array([10 * DAY, DAY, 36000, 3600, 600, 60, 10, 1])
SHORT_FRACTION, LONGEST_FRACTION = 10, 17  # bytes behind the seconds of the two usual stamps
Key = TypeVar("Key")
Value = TypeVar("Value")
UNSTAMPED, BSD, ISO = 0, 1, 2
"""How a line begins: with no stamp that its columns tell, with `Nov  2 10:15:01`, with `2026-11-02T10:15:01`."""


class Moment(NamedTuple):
    """A stamp as numbers; `local` is seconds since 1970 on the writer's clock face, in the year 2000 without `year`."""

    year: int
    month: int
    local: float
    zone: int | None
    digits: int


class Head:
    """What is known of a line before its message begins."""

    __slots__ = (
        "daemon", "face", "fits", "format", "host", "known", "level", "more", "stamped", "subsystem", "usual",
    )  # fmt: skip

    def __init__(  # noqa: PLR0913 - one parameter a part
        self, *, form: str = "", host: str = "", daemon: str = "", level: str = "", subsystem: str = "",
        stamped: bool = False, more: re.Pattern[bytes] | None = None, face: str = "",
    ) -> None:  # fmt: skip
        self.format = form
        self.known = bool(form)
        self.host = host
        self.daemon = daemon
        self.level = level
        self.more = more  # where a word for the level is its last: what may stand between that and the message
        self.subsystem = subsystem
        self.stamped = stamped
        self.face = face
        self.usual = False  # whether the stamp is all that stands before the spelling
        self.fits: dict[int, bool] = {}

    def may_say(self, template: Template) -> bool:
        """Whether this program may say it: families that are both known must be the same."""
        known = self.fits.get(template.id)
        if known is None:
            known = self.fits[template.id] = _fits(template, self.daemon, self.subsystem)
        return known


Said = tuple[Head, int | None]
"""A head, and the number of the process that stands in it."""
NOWHERE = Head()
"""What stands where no message begins."""


class Header:
    """A format with the numbers of its groups, so that a line costs no dictionary."""

    __slots__ = ("face", "groups", "match", "name", "prog")

    def __init__(self, form: Format) -> None:
        index = form.HEADER.groupindex
        self.name = form.NAME
        self.match = form.HEADER.match
        self.face = form.STAMP
        self.prog = getattr(form, "PROG", "")
        self.groups = tuple(index.get(name, 0) for name in ("ts", "host", "prog", "pid", "pid2", "sev"))

    def moment(self, found: re.Match[bytes]) -> Moment | None:
        """What the stamp of the header says."""
        text = found.group(self.groups[0]) if self.groups[0] else None
        return moment(self.face, text) if text else None

    def head(self, found: re.Match[bytes], lead: re.Match[bytes]) -> Said:
        """The head that header and lead tell together."""
        ts, host, prog, pid, pid2, sev = (found.group(g) if g else None for g in self.groups)
        number = pid or pid2
        head = Head(
            form=self.name,
            host=_word(host) if host else "",
            daemon=_word(prog) if prog else self.prog,
            level=_level(sev) or _level(lead["sev"]),
            subsystem=_word(lead["subsys"]) if lead["subsys"] else "",
            stamped=ts is not None,
            more=FUNCTION if lead["sev"] and not lead["func"] else LEAD if sev and not lead[0].strip() else None,
            face=self.face,
        )
        return head, int(number[:9]) if number else None


class Parts(NamedTuple):
    """A line that was parsed whole: what its header and its lead say, and where a message of it may begin."""

    header: Header | None
    found: re.Match[bytes] | None
    lead: re.Match[bytes]
    inner: int
    outer: int
    bare: int  # behind a bare function name, 0 without one

    @property
    def moment(self) -> Moment | None:
        """What the stamp says."""
        return self.header.moment(self.found) if self.header and self.found else None


class Heads:
    """The heads of lines, by the formats in the order in which they are tried."""

    def __init__(self, forms: Iterable[Format]) -> None:
        self.headers = [Header(form) for form in forms]
        self._order = list(self.headers)
        self._known = tuple(_Known() for _ in (UNSTAMPED, BSD, ISO))

    def before(self, block: bytes, place: tuple[int, int, int, int], face: int) -> Said | None:
        """The head of a line whose message begins at a certain place; None if no message may begin there.

        `place` is where the line starts, its stamp ends, its message begins, and where it ends; `face` as `faces`.
        """
        if face == UNSTAMPED:  # its format may be told by what follows
            return self._before(block, *place)[0]
        known = self._known[face]
        spelling = block[place[1] : place[2]]
        said = known.get(spelling)
        if said is None:
            found, certain = self._before(block, *place)
            if not certain:
                return found
            said = known.learn(spelling, found)
        return said if said[0].known else None

    def _before(self, block: bytes, start: int, stop: int, begin: int, end: int) -> tuple[Said | None, bool]:
        """The head, and whether it is that of every line with the same spelling before the message."""
        for header in self.headers:
            if found := header.match(block, start, end):
                break
        else:
            lead = _lead(block, start, begin)
            said = Head(level=_level(lead["sev"])), None
            return (said if _leads_to(block, lead, begin) else None), False
        if found.end() > begin:
            return None, False
        lead = _lead(block, found.end(), begin)
        stamp = header.groups[0]
        certain = found.span(stamp) == (start, stop) if stamp and found.start(stamp) >= 0 else stop == start
        if not _leads_to(block, lead, begin):
            return None, certain
        head, pid = header.head(found, lead)
        head.usual = certain and stop > start
        return (head, pid), certain

    def afresh(self) -> None:
        """A new block begins: formats are tried in their own order again, whatever was read before."""
        self._order = list(self.headers)

    def knows(self, block: bytes, start: int, end: int) -> bool:
        """Whether the line has a header of some format."""
        order = self._order
        for position, header in enumerate(order):
            if header.match(block, start, end):
                if position:
                    order.insert(0, order.pop(position))
                return True
        return False

    def parts(self, block: bytes, start: int, end: int) -> Parts:
        """The whole line, parsed; the format that fitted last is tried first."""
        order = self._order
        for position, header in enumerate(order):
            if found := header.match(block, start, end):
                if position:
                    order.insert(0, order.pop(position))
                lead = _lead(block, found.end(), end)
                break
        else:
            header, found = None, None
            lead = _lead(block, start, end)
        outer = _outer(lead)
        return Parts(header, found, lead, lead.end(), outer, _bare(block, lead, outer, end))

    def head(self, block: bytes, parts: Parts, stamp: tuple[int, int], face: int) -> Said:
        """The head of a line that was parsed, which is remembered where the spelling tells it all.

        `stamp` is where that of the line begins and ends, as its face says.
        """
        header, found, lead = parts.header, parts.found, parts.lead
        if header is None or found is None:
            return Head(level=_level(lead["sev"])), None
        if not face or not header.groups[0] or found.span(header.groups[0]) != stamp:
            return header.head(found, lead)
        known = self._known[face]
        spelling = block[stamp[1] : parts.inner]
        said = known.get(spelling)
        if said is None or not said[0].known:
            said = header.head(found, lead)
            said[0].usual = True
            known.learn(spelling, said)
        return said


class _Known:
    """The heads of spellings; those that differ in the number of the process only are parsed once together."""

    def __init__(self) -> None:
        self._whole: dict[bytes, Said] = {}
        self._alike: dict[tuple[bytes, bytes], Head] = {}

    def get(self, spelling: bytes) -> Said | None:
        """The head; NOWHERE where no message begins behind such a spelling, None if it was not met yet."""
        said = self._whole.get(spelling)
        if said is None and len(parts := NUMBER.split(spelling, 1)) > 1:
            before, number, after = parts
            head = self._alike.get((before, after))
            if head is not None:
                said = _keep(self._whole, spelling, (head, int(number)))
        return said

    def learn(self, spelling: bytes, said: Said | None) -> Said:
        """Remembers what was parsed."""
        head, pid = said or (NOWHERE, None)
        if len(parts := NUMBER.split(spelling, 1)) > 1:
            before, number, after = parts
            if said is None or pid == int(number):
                _keep(self._alike, (before, after), head)
        return _keep(self._whole, spelling, (head, pid))


def _keep(known: dict[Key, Value], key: Key, value: Value) -> Value:
    if len(known) >= SPELLINGS:
        known.clear()
    known[key] = value
    return value


def faces(block: np.ndarray, starts: np.ndarray) -> np.ndarray:
    """How each line begins: UNSTAMPED, BSD or ISO."""
    at = np.minimum(starts, max(0, len(block) - 17))
    whole = at == starts
    bsd = (block[at + 3] == 32) & (block[at + 6] == 32) & (block[at + 9] == 58) & (block[at + 12] == 58)
    iso = (block[at + 4] == 45) & (block[at + 7] == 45) & (block[at + 13] == 58) & (block[at + 16] == 58)
    return np.where(bsd & whole, BSD, np.where(iso & whole, ISO, UNSTAMPED)) if len(block) > 17 else starts * 0


def stamp_ends(block: np.ndarray, starts: np.ndarray, kinds: np.ndarray) -> np.ndarray:
    """Where the stamps of lines end whose faces are `kinds`; where the line starts if it is UNSTAMPED."""
    ends: np.ndarray = starts + np.array([0, 15, 19])[kinds]
    last = len(block) - 1
    longer = np.flatnonzero((kinds == ISO) | ((kinds == BSD) & (block[np.minimum(ends, last)] == 46)))
    if len(longer):
        reach = np.arange(LONGEST_FRACTION)
        blank = block[np.minimum(ends[longer, None] + reach, last)] == 32
        blank &= (reach < SHORT_FRACTION) | (kinds[longer, None] == ISO)
        ends[longer] += blank.argmax(1)  # none: it ends where the seconds do
    return ends


def bsd_stamps(block: np.ndarray, starts: np.ndarray, stops: np.ndarray) -> tuple[int, np.ndarray, np.ndarray]:
    """What `Nov 02 10:15:01.123` says at several places: the month, and by place local seconds and decimals.

    The month is 0 where the stamps have none in common, or something else stands there.
    """
    text = block[starts[:, None] + np.arange(15)]
    numbers = text[:, CLOCK].astype(np.int64) - ord("0")
    numbers[:, 0] *= text[:, 4] != ord(" ")
    month = MONTHS.get(text[0, :3].tobytes(), 0) if (text[:, :3] == text[0, :3]).all() else 0
    local = (numbers @ SECONDS - DAY + (_days(2000, month, 1) if month else 0) * DAY).astype(float)
    digits = np.maximum(stops - starts - 16, 0)
    fraction = np.zeros(len(starts), np.int64)
    for place in range(int(digits.max())):
        there = place < digits
        digit = block[np.where(there, starts + 16 + place, starts + 5)].astype(np.int64) - ord("0")
        numbers = np.column_stack((numbers, digit))
        fraction = np.where(there, fraction * 10 + digit, fraction)
    sound = bool(((numbers >= 0) & (numbers <= 9)).all()) and _shown(numbers[:, :8], month)
    return month if sound else 0, local + fraction / 10.0**digits, digits


def _shown(numbers: np.ndarray, month: int) -> bool:
    """Whether calendar and clock may show such digits, all of them."""
    day, hour, minute, second = (numbers[:, 0::2] * 10 + numbers[:, 1::2]).T
    last = monthrange(2000, month)[1] if month else 0
    return bool((day >= 1).all() and day.max() <= last and hour.max() < 24 and minute.max() < 60 and second.max() <= 60)


@lru_cache(1 << 16)
def _whole(face: str, text: bytes) -> Moment | None:
    try:
        stamp = FACES[face](text)
        local = _days(stamp.year or 2000, stamp.month, stamp.day) * DAY + stamp.seconds if stamp else 0
    except ValueError:  # `Nov xx 10:15:01`, `Feb 30 10:15:01`, `2026-13-01T10:15:01`
        return None
    return Moment(stamp.year, stamp.month, local, stamp.offset, stamp.digits) if stamp else None


def moment(face: str, text: bytes) -> Moment | None:
    """What a stamp says; the whole seconds of `Nov 02 10:15:01.123` are read once."""
    if face == "bsd" and text[15:16] == b"." and text[16:].isdigit():
        whole = _whole(face, text[:15])
        return whole and Moment(0, whole[1], whole[2] + float(text[15:]), None, len(text) - 16)
    return _whole(face, text)


@lru_cache(1024)
def _days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01.  Raises ValueError for a day that the month does not have."""
    return int(np.datetime64(f"{year:04d}-{month:02d}-{day:02d}", "D").astype(int))


def _lead(block: bytes, start: int, end: int) -> re.Match[bytes]:
    lead = LEAD.match(block, start, end)
    assert lead is not None  # every part of it is optional
    return lead


def _leads_to(block: bytes, lead: re.Match[bytes], begin: int) -> bool:
    """Whether the lead ends where the message begins; Corosync may write a bare function name between them."""
    return lead.end() == begin or (bool(lead["subsys"]) and _bare(block, lead, _outer(lead), begin) == begin)


def _outer(lead: re.Match[bytes]) -> int:
    """Where the message begins if what looks like a function is a part of it."""
    return lead.start("func") if lead["func"] else lead.end()


def _bare(block: bytes, lead: re.Match[bytes], outer: int, end: int) -> int:
    word = FIRST_WORD.match(block, outer, end) if lead["subsys"] else None
    return word.end() if word else 0


@lru_cache(4096)
def _word(text: bytes) -> str:
    return text.decode("utf-8", "replace").strip()


@lru_cache(4096)
def _families(emitter: tuple[str, ...]) -> frozenset[str]:
    return frozenset(daemons.family(name) for name in emitter) - {""}


def _fits(template: Template, daemon: str, subsystem: str) -> bool:
    if not template.emitter or not daemon or daemon in template.emitter:
        return True
    family = daemons.family(daemon)
    known = _families(template.emitter)
    if family == "corosync" and subsystem in ("pcmk", "CMAN"):
        return True
    return not family or not known or family in known


def _level(word: bytes | None) -> str:
    if not word:
        return ""
    return "debug" if word.startswith(b"debug") else LEVELS.get(word, "")
