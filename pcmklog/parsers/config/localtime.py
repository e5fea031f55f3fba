"""The zone of a machine: `/etc/localtime`, as the link that it is (to `.../zoneinfo/Europe/Berlin`) or as its content.

The content (RFC 8536, what sosreports have) names no zone, but ends with its rules, such as
`CET-1CEST,M3.5.0,M10.5.0/3`.  Either is given as `timezone`.
"""

from __future__ import annotations

import re

from pcmklog.model import ConfigResult, Setting
from pcmklog.parsers.config._text import base

FILE = "clock"
MAGIC = b"TZif"
LINK = re.compile(rb"(?:^|/)zoneinfo/(?:posix/|right/)?(?P<zone>[A-Za-z][\w+-]*(?:/[\w+-]+)*)\s*$")
RULES = re.compile(rb"\n(?P<zone>[A-Za-z<][\x21-\x7e]*)\n$")


def wants(path: str, head: bytes) -> bool:
    """By name and content."""
    return base(path) == "localtime" and (head.startswith(MAGIC) or LINK.search(head) is not None)


def settings(data: bytes) -> ConfigResult:
    """`timezone`; nothing where the zone has no rules that go on (the first version of the format)."""
    match = (RULES if data.startswith(MAGIC) else LINK).search(data)
    return ConfigResult((Setting(FILE, "timezone", match["zone"].decode(), 1),) if match else ())
