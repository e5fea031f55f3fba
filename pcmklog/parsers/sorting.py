"""Every line of a log is parsed, continued or unknown: which are which in a block."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

SAMPLED = 100  # lines of a block
MOST_BARE = 20_000  # lines of a block without a usual stamp that are looked at; of made-up files there are more
SHORTEST_HEADER = 8  # `cib[1]: `
# A line that begins like this has a header, known or not.
STAMPED = re.compile(
    rb"[<\[]?(?:[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d|\d{4}[-/]\d\d[-/]\d\d[T _]\d\d:\d\d|\d\d:\d\d:\d\d|\d{9,10}\.\d)"
)
Knows = Callable[[bytes, int, int], bool]


class Sorts(NamedTuple):
    """How many lines of a block have a known header, how many belong to the one before, and which are neither."""

    parsed: int
    continued: int
    unknown: list[int]


def sort(block: bytes, starts: np.ndarray, ends: np.ndarray, header: Knows, *, begun: bool) -> Sorts:
    """The sorts of lines of a block; `begun` is whether a record stands before it.

    A line without a known header belongs to the record before it, unless there is none or the line begins with a stamp.
    """
    known = _known(block, starts, ends, header)
    bare = np.flatnonzero(~known & (ends > starts))[:MOST_BARE].tolist()
    first = 0 if begun else (int(known.argmax()) if known.any() else len(known))
    unknown = [
        i
        for i in bare
        if (i < first and block[starts[i] : ends[i]].strip()) or STAMPED.match(block, int(starts[i]), int(ends[i]))
    ]
    parsed = int(known.sum())
    return Sorts(parsed, len(known) - parsed - len(unknown), unknown)


def _known(block: bytes, starts: np.ndarray, ends: np.ndarray, header: Knows) -> np.ndarray:
    """Which lines have a known header.

    Lines that have one of the two usual stamps in its fixed columns are taken as known when that is so for SAMPLED
    of them spread over the block; all others, and all lines of a block where it is not, are matched one by one.
    """
    usual = _usual(block, starts, ends)
    at = np.flatnonzero(usual)
    known = usual.copy()
    if not all(header(block, int(starts[i]), int(ends[i])) for i in at[:: max(1, len(at) // SAMPLED)]):
        for i in at:
            known[i] = header(block, int(starts[i]), int(ends[i]))
    for i in np.flatnonzero(~usual & (ends - starts >= SHORTEST_HEADER))[:MOST_BARE]:
        known[i] = header(block, int(starts[i]), int(ends[i]))
    return known


def _usual(block: bytes, starts: np.ndarray, ends: np.ndarray) -> np.ndarray:
    """Which lines have blanks and colons where the stamps of syslog or of ISO 8601 have them."""
    long_enough: np.ndarray = ends - starts > 16
    if len(block) <= 16:
        return np.zeros(len(starts), bool)
    data = np.frombuffer(block, np.uint8)
    s = np.where(long_enough, starts, 0)
    bsd = (data[s + 3] == 32) & (data[s + 6] == 32) & (data[s + 9] == 58) & (data[s + 12] == 58)
    iso = (data[s + 4] == 45) & (data[s + 7] == 45) & (data[s + 10] == 84) & (data[s + 13] == 58)
    found: np.ndarray = long_enough & (bsd | iso)
    return found
