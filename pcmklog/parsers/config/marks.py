"""The small files in which hb_report and crm_report note the state of a node at the time of the report.

`DC`, `RUNNING` and `STOPPED` say it by being there (`running`, value `yes` or the name inside); `members.txt` and
`crm_node -l` list members (`member[0].name`, `.id`, `.state`); `hb_uuid.txt` has the node's UUID (`hb_uuid`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from pcmklog.model import ConfigResult, Setting
from pcmklog.parsers.config._text import base, is_text, lines

FILE = "marks"
HOST = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,252}$")
LISTED = re.compile(r"(?P<id>\d+) (?P<name>[A-Za-z0-9][\w.-]*) ?(?P<state>\w+)?\s*$")
UUID = re.compile(r"(?:.*[\s:])?(?P<uuid>[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\s*$")
LONGEST_MARK = 256


@dataclass(frozen=True)
class Mark:
    """A file that says something by its name alone."""

    name: str
    path: str

    def wants(self, path: str, head: bytes) -> bool:
        return base(path) == self.name and len(head) <= LONGEST_MARK and len(head.split()) <= 1 and is_text(head)

    def settings(self, data: bytes) -> ConfigResult:
        inside = data.decode("utf-8", "replace").strip()
        return ConfigResult((Setting(FILE, self.path, inside or "yes", 1),))


@dataclass(frozen=True)
class Members:
    """Members as `crm_node -p` prints them in one line, or `crm_node -l` with ids."""

    name: re.Pattern[str]

    def wants(self, path: str, head: bytes) -> bool:
        return self.name.search(base(path)) is not None and is_text(head) and bool(self.settings(head).settings)

    def settings(self, data: bytes) -> ConfigResult:
        found: list[Setting] = []
        seen: set[str] = set()
        for number, line in lines(data):
            for row in _members(line):
                if row["name"] not in seen:
                    path = f"member[{len(seen)}]"
                    found.extend(Setting(FILE, f"{path}.{key}", value, number) for key, value in row.items() if value)
                    seen.add(row["name"])
        return ConfigResult(tuple(found))


@dataclass(frozen=True)
class Uuid:
    """The UUID by which heartbeat knows the node."""

    name: str

    def wants(self, path: str, head: bytes) -> bool:
        return base(path) == self.name and bool(self.settings(head).settings)

    def settings(self, data: bytes) -> ConfigResult:
        found = ((number, UUID.match(line)) for number, line in lines(data))
        return ConfigResult(tuple(Setting(FILE, "hb_uuid", uuid["uuid"], number) for number, uuid in found if uuid))


def _members(line: str) -> list[dict[str, str | Any]]:
    """The members of a line; none where it is a sentence such as an error message."""
    if match := LISTED.match(line):
        return [match.groupdict()]
    words = line.split()
    return [{"name": word} for word in words] if all(HOST.match(word) for word in words) else []


PARSERS = (
    Mark("DC", "dc"),
    Mark("RUNNING", "running"),
    Mark("STOPPED", "stopped"),
    Members(re.compile(r"^(?:members\.txt|crm_node(?:_info|[-_]-?[lp])(?:\.txt)?)$")),
    Uuid("hb_uuid.txt"),
)
