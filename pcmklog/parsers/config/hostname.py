"""What a node is called: `/etc/hostname`, `uname -n`, `uname -a`, `hostnamectl`, the head of `sysstats.txt`.

    Linux host 3.10.0-1160.el7.x86_64 #1 SMP Mon Oct 19 16:18:59 UTC 2020 x86_64 GNU/Linux

gives `hostname` and `kernel`.
"""

from __future__ import annotations

import re

from pcmklog.model import ConfigResult, Setting
from pcmklog.parsers.config._text import base, is_text, lines

FILE = "hostname"
NAME = re.compile(
    r"^(?:etc[-_.])?(?:hostname(?:[-_]-?[fs])?|HOSTNAME|nodename|uname(?:[-_]-?[an])?|hostnamectl(?:[-_]\w+)?|sysstats)"
    r"(?:\.txt|\.out)?$"
)
HOST = r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,251}[A-Za-z0-9])?"
ALONE = re.compile(rf"(?P<hostname>{HOST})\s*$")
UNAME = re.compile(rf"Linux (?P<hostname>{HOST}) (?P<kernel>\d\S*) ")
STATIC = re.compile(rf"\s*Static hostname: (?P<hostname>{HOST})\s*$")
KERNEL = re.compile(r"\s*Kernel: Linux (?P<kernel>\d\S*)\s*$")
ASKED = re.compile(r"\+ uname -n\s*$")
# The name is in the first lines or nowhere: behind them `sysstats.txt` goes on with processes and disks.
MOST_LINES = 20


def wants(path: str, head: bytes) -> bool:
    """By name, if there is a host name in it."""
    return NAME.search(base(path)) is not None and is_text(head) and bool(settings(head).settings)


def settings(data: bytes) -> ConfigResult:
    """`hostname`, and `kernel` where the command tells it."""
    found: dict[str, Setting] = {}
    asked = True
    for number, line in lines(data):
        if number > MOST_LINES:
            break
        match = UNAME.match(line) or STATIC.match(line) or KERNEL.match(line) or (ALONE.match(line) if asked else None)
        for name, value in match.groupdict().items() if match else ():
            found.setdefault(name, Setting(FILE, name, value, number))
        # A bare word is a name at the beginning, or behind the command that prints it.
        asked = ASKED.match(line) is not None or (asked and (not line.strip() or line.startswith("#")))
    return ConfigResult(tuple(found.values()))
