"""What syslog daemons do to a text: escaped control characters, and texts that are not repeated but counted.

    notice: LogActions: Start vip#011(alpha)                       rsyslog writes a tab as its octal number,
    error: Cannot run:#012the disk is full                         and a newline; what follows one is detail
    corosync[2112]: message repeated 3 times: [   [TOTEM ] A processor failed]
    last message repeated 3 times

A repeated message is the message again, with ` | repeated 3 times` as its detail.
"""

from __future__ import annotations

import re

NAME = "escapes"
MARKS = (b"#011", b"#012", b"#015", b"message repeated ")
CONTROL = {b"#011": b"\t", b"#012": b" | ", b"#015": b"\r"}
BRACKETED = re.compile(rb"message repeated (\d+) times: \[ ?([^\r\n]*)\]")
STAMP_HOST = rb"[A-Z][a-z]{2} [ 0-3]\d \d\d:\d\d:\d\d \S+ |\d{4}-\d\d-\d\dT\S+ \S+ "
LAST = re.compile(
    rb"(?<=\n)(?P<head>" + STAMP_HOST + rb")(?:[\w.-]+: )?(?:-+ )?last message repeated (?P<count>\d+) times?[ \w-]*"
)
HEAD = re.compile(STAMP_HOST)
AGAIN = re.compile(rb" \| repeated \d+ times$")


def tidy(block: bytes) -> bytes:
    """The lines as the daemons said them."""
    for escaped, meant in CONTROL.items():
        block = block.replace(escaped, meant)
    if b"message repeated " in block:
        block = BRACKETED.sub(rb"\2 | repeated \1 times", block)
        block = LAST.sub(_again, block)
    return block


def _again(found: re.Match[bytes]) -> bytes:
    """The line before with the stamp of this one; the counter as it is where that is in the block before."""
    end = found.start() - 1
    before = found.string[found.string.rfind(b"\n", 0, max(end, 0)) + 1 : max(end, 0)].rstrip(b"\r")
    head = HEAD.match(before)
    if head is None or b"message repeated " in before:
        return found[0]
    text = before[head.end() :]
    return found["head"] + AGAIN.sub(b"", text) + b" | repeated " + found["count"] + b" times"
