"""`/etc/hosts`: what names stand for on that node.

    127.0.0.1    localhost
    192.0.2.1    host.example.com host

gives the path `host` with the value `192.0.2.1`, and the same for `host.example.com`.  The first line of a name
counts for the resolver; a name that stands twice gives two settings.
"""

from __future__ import annotations

import re

from pcmklog.model import ConfigResult, Setting
from pcmklog.parsers.config._text import base, is_text, lines

FILE = "hosts"
NAME = re.compile(r"^(?:etc[-_.])?hosts(?:\.txt)?$")
ADDRESS = re.compile(r"(?=[^\s#]*[.:])[0-9a-fA-F.:]+(?:%\w+)?$")


def wants(path: str, head: bytes) -> bool:
    """A file named `hosts` whose first entry is an address and names (Ansible has files of this name too)."""
    if not NAME.search(base(path)) or not is_text(head):
        return False
    first = next((words for _, line in lines(head) if (words := _words(line))), None)
    return first is not None and len(first) > 1 and ADDRESS.match(first[0]) is not None


def settings(data: bytes) -> ConfigResult:
    """One setting for each name of each line."""
    found: list[Setting] = []
    for number, line in lines(data):
        address, *names = _words(line) or [""]
        if ADDRESS.match(address):
            found.extend(Setting(FILE, name, address, number) for name in names)
    return ConfigResult(tuple(found))


def _words(line: str) -> list[str]:
    return line.partition("#")[0].split()
