"""Bundle -> store: every member is looked at once, and becomes a log, a configuration file, a text or a binary."""

from __future__ import annotations

import gc
import io
import re
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from typing import IO, cast

from pcmklog.bundle import Bundle
from pcmklog.bundle.files import SCHEDULER_INPUT, what
from pcmklog.bundle.text import is_text
from pcmklog.catalog import Catalog
from pcmklog.model import ConfigResult, Member, Note, PcmklogError, Setting
from pcmklog.parsers import config
from pcmklog.scan import Scanner, Summary
from pcmklog.store import Store

HEAD = 1 << 16
LARGEST_CONFIG = 1 << 25
LARGEST_TEXT = 1 << 23
MANY_UNKNOWN = 10  # lines, and a twentieth of the log
# Collectors repeat lines of all nodes in these; the lines themselves stand in the logs beside them.
EXTRACTS = re.compile(r"(?:^|/)(?:analysis|events)\.txt$")
LOG_NAME = re.compile(
    r"(?:^|/)(?:messages|syslog|[\w.-]*(?:\.log|-log)(?:[.-][\w-]+)*|ha-log(?:\.txt)?|journal[\w.-]*)$", re.IGNORECASE
)
RAN = {
    "execution_date": re.compile(r' execution-date="(\d{9,10})"'),
    "cib.cib-last-written": re.compile(r' cib-last-written="([^"]{24})"'),
}
FREED = 31 << 20  # the largest piece, but for its head, by which glibc learns: malloc.c, DEFAULT_MMAP_THRESHOLD_MAX
AT_ONCE = 100_000  # objects before those that hold each other are looked for; a block of lines may make 50,000
JOURNAL = "It is a binary journal and was not read; `journalctl --file` makes a text of it."
Progress = Callable[[int, int], None]


def read(
    bundle: Bundle,
    store: Store,
    catalog: Catalog,
    progress: Progress | None = None,
    jobs: int = 0,
    engine: str = "",
) -> None:
    """Reads a bundle into the store.

    `progress` is called with the bytes that were read and the bytes in all; `jobs` is with how many processes large
    logs are read (0: what the machine has), `engine` is the name of a matcher.  Raises PcmklogError when the bundle
    holds no line of any cluster daemon.
    """

    def tick() -> None:
        if progress is not None:
            progress(bundle.bytes_read, bundle.bytes_total)

    bytearray(FREED)  # glibc keeps what blocks free from now on, else each block costs hundreds of page faults
    scanner = Scanner(catalog, engine, jobs)
    reader = _Reader(store, scanner, tick)
    with closing(scanner), _collected_seldom():
        for member in bundle:
            reader.read(member)
            tick()
    reader.finish()
    store.add_notes([*bundle.notes, *reader.notes])


@contextmanager
def _collected_seldom() -> Iterator[None]:
    """Looks for objects that hold each other once in some blocks: lines make millions, and hardly any do."""
    before = gc.get_threshold()
    gc.set_threshold(AT_ONCE, *before[1:])
    try:
        yield
    finally:
        gc.set_threshold(*before)


class _Reader:
    def __init__(self, store: Store, scanner: Scanner, tick: Callable[[], None]) -> None:
        self.tick = tick
        self.store = store
        self.scanner = scanner
        self.notes: list[Note] = []
        self.rows: dict[str, list[object]] = {}
        self.digests: dict[str, int] = {}
        self.count = 0

    def read(self, member: Member) -> None:
        head = member.stream.read(HEAD)
        stream = cast("IO[bytes]", _Rewound(head, member.stream))
        self.count += 1
        source, summary, note = self.count, Summary(), ""
        parser = None if SCHEDULER_INPUT.search(member.path) else config.find(member.path, head)
        if parser is not None:
            role = "config"
            data = stream.read(LARGEST_CONFIG)
            result = parser.settings(data)
            self._settings(source, result)
            summary.formats.update(setting.file for setting in result.settings[:1])
            self._text(source, io.BytesIO(data), summary)
        elif EXTRACTS.search(member.path):
            role = "extract"
            self._text(source, stream, summary)
        elif self.scanner.looks_like_a_log(head):
            role = "log"
            before = None
            for block in self.scanner.scan(stream, summary):
                self.store.add_block(source, block, before or summary.first, summary.last)
                before = summary.last
                self.tick()
        elif SCHEDULER_INPUT.search(member.path) or not _is_text(head):
            role = "binary"
            self._settings(source, _ran(head) if SCHEDULER_INPUT.search(member.path) else ConfigResult(()))
            if what(member.path, head) == "binary journal":
                self.notes.append(Note("", member.path, JOURNAL))
            summary.bytes = member.size or len(head)
        else:
            role = "text"
            note = self._not_understood(member.path, head)
            self._text(source, stream, summary)
        if role in ("binary", "text") and (kind := what(member.path, head)):
            summary.formats[kind] += 1
        self._row(source, member, role, summary, note)

    def finish(self) -> None:
        """Writes what is still held back."""
        self.store.flush()
        self.store.insert("source", self.rows)
        if not any(role in ("log", "config") for role in self.rows.get("role", [])):
            message = "There is no cluster log in it: no line of Corosync, CMAN, heartbeat or Pacemaker was recognised."
            raise PcmklogError(message)

    def _not_understood(self, path: str, head: bytes) -> str:
        if head.strip() and LOG_NAME.search(path) and head.count(b"\n") > 1:
            self.notes.append(Note("LOG004", path, "No parser knows the format of this file."))
            return "format not known"
        return ""

    def _text(self, source: int, stream: IO[bytes], summary: Summary) -> None:
        for block in self.scanner.text(stream, summary):
            if summary.bytes <= LARGEST_TEXT:
                self.store.add_block(source, block)

    def _settings(self, source: int, result: ConfigResult) -> None:
        self.store.add_settings(source, result.settings)
        errors = result.errors
        self.store.insert(
            "config_error",
            {
                "source": [source] * len(errors),
                "line": [e.line for e in errors],
                "column": [e.column for e in errors],
                "text": [e.text for e in errors],
            },
        )

    def _row(self, source: int, member: Member, role: str, summary: Summary, note: str) -> None:
        if summary.cut_lines:
            self.notes.append(Note("", member.path, f"{summary.cut_lines} lines longer than a megabyte were cut."))
        if n := summary.impossible:
            said = "1 line has a stamp" if n == 1 else f"{n} lines have stamps"
            told = f"{said} that no clock shows, such as 25:61:61 or Feb 30; the one before counts in its place."
            self.notes.append(Note("", member.path, told))
        if summary.unknown >= MANY_UNKNOWN and summary.unknown * 20 >= summary.lines:
            told = f"{summary.unknown} of {summary.lines} lines have no header that is known"
            self.notes.append(Note("", member.path, f"{told}; the first is line {summary.first_unknown}."))
        same_as = self.digests.setdefault(summary.digest, source) if summary.digest and summary.bytes else source
        first, last = summary.first or (None, None, None), summary.last or (None, None, None)
        row = {
            "id": source, "path": member.path, "role": role,
            "format": summary.format or None,
            "host": summary.hosts.most_common(1)[0][0] if summary.hosts else None,
            "bytes": summary.bytes, "lines": summary.lines, "first_line": member.first_line,
            "parsed": summary.parsed, "continued": summary.continued, "unknown": summary.unknown, "classified": 0,
            "cut_lines": summary.cut_lines, "mtime": member.mtime, "digest": summary.digest,
            "same_as": None if same_as == source else same_as, "note": note or None,
            "first_year": first[0], "first_local": first[1], "first_zone": first[2],
            "last_year": last[0], "last_local": last[1], "last_zone": last[2],
        }  # fmt: skip
        for name, value in row.items():
            self.rows.setdefault(name, []).append(value)


def _ran(head: bytes) -> ConfigResult:
    """When the scheduler worked on its input, and when the CIB in it was last changed, by the root element."""
    root = head[: head.find(b">")].decode("utf-8", "replace")
    found = ((path, match[1]) for path, told in RAN.items() if (match := told.search(root)))
    return ConfigResult(tuple(Setting("scheduler input", path, value, 1) for path, value in found))


def _is_text(head: bytes) -> bool:
    return head.count(b"\0") * 20 <= len(head) and is_text(head)


class _Rewound:
    """A stream whose head was read already, from its beginning."""

    def __init__(self, head: bytes, rest: IO[bytes]) -> None:
        self.head = head
        self.rest = rest

    def read(self, size: int = -1) -> bytes:
        if not self.head:
            return self.rest.read(size)
        if size < 0:
            taken, self.head = self.head + self.rest.read(), b""
            return taken
        taken = self.head + self.rest.read(max(0, size - len(self.head)))
        self.head = b""
        return taken
