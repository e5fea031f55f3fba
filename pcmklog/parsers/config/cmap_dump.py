"""What a running Corosync knew: `corosync-cmapctl` (2 and later), `corosync-objctl` (1.x), `corosync.dump`.

    runtime.members.1.status (str) = joined
    totem.interface.mcastport=5405

Paths are Corosync's own.  Counters of connections and services are left out: they are thousands, and change at once.
"""

from __future__ import annotations

import re

from pcmklog.model import ConfigResult, Setting
from pcmklog.parsers.config._text import is_text, lines

FILE = "cmap"
CMAP = re.compile(r"(?P<path>[\w.:/-]+) \((?:str|flt|dbl|bin|[iu]\d{1,2})\) = (?P<value>.*)$")
OBJECT = re.compile(
    r"(?P<path>compatibility|(?:totem|logging|quorum|nodelist|service|uidgid|aisexec|amf|cluster|runtime"
    r"|internal_configuration|libccs)\.[^=\s]+)"
    r"=(?P<value>.*)$"
)
COUNTERS = re.compile(r"(?:runtime\.(?:connections|services|blackbox)|stats)\.")


def wants(path: str, head: bytes) -> bool:  # noqa: ARG001 - the names of such dumps vary, their content does not
    """Three lines of a dump among the first ten."""
    if not is_text(head):
        return False
    first = [line for _, line in zip(range(10), (text for _, text in lines(head[:8192])), strict=False)]
    return sum(_entry(line) is not None for line in first) >= 3


def settings(data: bytes) -> ConfigResult:
    """All keys but counters."""
    found: list[Setting] = []
    for number, line in lines(data):
        match = _entry(line)
        if match and not COUNTERS.match(match["path"]):
            found.append(Setting(FILE, match["path"], match["value"].strip(), number))
    return ConfigResult(tuple(found))


def _entry(line: str) -> re.Match[str] | None:
    return CMAP.match(line) or OBJECT.match(line)
