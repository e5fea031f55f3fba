"""The markers of reboots that `journalctl` puts between two lines get the stamp and host of the line behind them.

-- Reboot --
-- Boot 0123456789abcdef0123456789abcdef --
"""

from __future__ import annotations

import re

NAME = "boot-markers"
MARKS = (b"-- Reboot --", b"-- Boot ")
MARKER = re.compile(
    rb"(?:(?<=\n)|\A)(-- (?:Reboot|Boot [0-9a-f]{32}) --)(?=\r?\n"
    rb"(?P<head>[^\n]{0,60}?[^\s:\[\]]+ )[^\s\[\]:]+(?:\[\d+\])?:[ \t])"
)


def tidy(block: bytes) -> bytes:
    """The lines with stamped markers."""
    return MARKER.sub(rb"\g<head>systemd-journald: \1", block)
