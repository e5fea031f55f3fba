"""`journalctl -o json`, `json-sse` and `json-seq`: an object a line; texts are strings, or lists of byte numbers.

{"__REALTIME_TIMESTAMP":"1793610901123456","_HOSTNAME":"alpha","MESSAGE":"notice: Starting Pacemaker 2.1.5"}
data: {"__REALTIME_TIMESTAMP":"1793610901123456","_HOSTNAME":"alpha","MESSAGE":[110,111]}

A line has room for one record: the marker of a boot takes the place of its first record where that is no word of the
cluster, as a rule the kernel's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pcmklog import daemons
from pcmklog.parsers._journal import Boots, line, marker, of_json

NAME = "journal-json"
ORDER = 12
BINARY = False
START = re.compile(rb'(?:data: |\x1e)?\{[ \t]*"')


def wants(head: bytes) -> bool:
    """Whether the first line is an object of the journal."""
    return START.match(head.lstrip()) is not None and b'"__REALTIME_TIMESTAMP"' in head


def rewrite(blocks: Iterator[bytes]) -> Iterator[bytes]:
    """The lines of all blocks."""
    boots = Boots()
    for block in blocks:
        yield b"".join(_record(text, boots) + b"\n" for text in block.split(b"\n")[:-1])


def _record(text: bytes, boots: Boots) -> bytes:
    """One record; a line that is none stays as it is."""
    fields = of_json(text.removeprefix(b"data: ").lstrip(b"\x1e"))
    if fields is None:
        return text
    record = line(fields)
    if boots.turned(fields.get(b"_BOOT_ID", b"")):
        program = fields.get(b"SYSLOG_IDENTIFIER", b"").decode("utf-8", "replace")
        said = fields.get(b"MESSAGE", b"")
        if daemons.family(program) in ("", "system") and not said.startswith(b"Linux version"):
            return marker(fields)
    return record
