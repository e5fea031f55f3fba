"""Texts that hold files and outputs of commands one after the other, as supportconfig of SUSE writes them.

    #==[ Configuration File ]===========================#
    # /etc/corosync/corosync.conf
    totem {
            version: 2
    ...
    #==[ Command ]======================================#
    # /usr/bin/chronyc -n tracking
    #==[ Log File ]=====================================#
    # /var/log/pacemaker/pacemaker.log - Last 500 Lines
    #==[ Log File ]=====================================#
    # /var/log/ha-log - File not found

Source: conf_files, log_files, grep_log_files and _log_cmd in bin/supportconfig.rc of supportutils 3.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from pcmklog.bundle import names
from pcmklog.bundle.streams import CHUNK, Stream

MARK = b"#==[ "
HEADER = re.compile(rb"#==\[ [^\]\r\n]{1,60} \]=+#?\r?\n# ?(?P<name>[^\n]{0,2000})\n")
LONGEST_HEADER = 2200
TAIL = re.compile(r" - (?:Last \d+ Lines|(?P<gone>File not found))\s*$")
# What sos turns into `_` where it names a file after a command; supportconfig writes the whole path of the program.
PROGRAM = re.compile(r"^(?:/[\w.+-]+)*/(?=[\w.+-]+(?:\s|$))")
NO_NAME = re.compile(r"[^\w.,:=+@%-]+")
LONGEST_NAME = 120


class Section(NamedTuple):
    """One file or output: its name (empty for what stands before the first), the number of its first line, its text."""

    name: str
    first_line: int
    stream: Stream


def is_sectioned(head: bytes) -> bool:
    r"""Whether the text that begins so has sections.

    >>> is_sectioned(b"Intro\n#==[ Command ]====#\n# /bin/date\n"), is_sectioned(b"echo '#==[ Note ]==#'\n# x\n")
    (True, False)
    """
    return MARK in head and any(_begins_line(head, m.start()) for m in HEADER.finditer(head))


def sections(stream: Stream) -> Iterator[Section]:
    """The sections in one pass; the stream of each is valid until the next one.  Lines of headers belong to none."""
    text = _Text(stream)
    taken: dict[str, int] = {}
    if text.filled():
        yield Section("", 1, Stream(text.pull))
    while (title := text.next_title()) is not None:
        tail = TAIL.search(title)
        if tail is None or not tail["gone"]:
            name = names.unique(_name(title[: tail.start()] if tail else title), taken)
            yield Section(name, text.line, Stream(text.pull))


def _name(title: str) -> str:
    """A path without its first slash, or a command as sos names its output.

    >>> _name("/etc/hosts"), _name("/usr/bin/chronyc -n tracking"), _name("rpm -qa | sort")
    ('etc/hosts', 'chronyc_-n_tracking', 'rpm_-qa_sort')
    """
    if re.fullmatch(r"/\S+", title) and not re.match(r"/(?:usr/)?s?bin/", title):
        return names.clean(title)
    return names.clean(NO_NAME.sub("_", PROGRAM.sub("", title.strip())).strip("_")[:LONGEST_NAME])


def _begins_line(data: bytes, at: int) -> bool:
    return at == 0 or data[at - 1 : at] == b"\n"


class _Text:
    """The text, of which `pull` gives what stands before the next header; `line` is the number of the next line.

    The bytes from `_at` to `_end` are ready; what follows them is a header, or may become one.
    """

    def __init__(self, stream: Stream) -> None:
        self.line = 1
        self._stream = stream
        self._data = b""
        self._at = self._end = 0
        self._header: re.Match[bytes] | None = None

    def pull(self, size: int) -> bytes:
        """Up to `size` bytes; none at the end of the section."""
        if not self.filled():
            return b""
        part = self._data[self._at : min(self._at + size, self._end)]
        self._at += len(part)
        self.line += part.count(b"\n")
        return part

    def filled(self) -> bool:
        """Whether there is something before the next header."""
        while self._at == self._end and self._header is None:
            more = self._stream.read(CHUNK)
            if not more and self._at == len(self._data):
                return False
            # One byte more stays, which tells whether a line begins here.
            kept = max(0, self._at - 1)
            self._data, self._at = self._data[kept:] + more, self._at - kept
            self._end = self._ready(last=not more)
        return self._at < self._end

    def next_title(self) -> str | None:
        """Goes to the next section, over what was not read of this one; gives its title, None behind the last."""
        while self.pull(CHUNK):
            pass
        if self._header is None:
            return None
        header, self._header = self._header, None
        self.line += 2
        self._at = header.end()
        self._end = self._ready(last=False)
        return header["name"].decode("utf-8", "surrogateescape").rstrip("\r")

    def _ready(self, *, last: bool) -> int:
        """Where the next header begins, or may begin once more bytes are there."""
        data, at = self._data, self._at
        while (at := data.find(MARK, at)) >= 0:
            if _begins_line(data, at):
                self._header = HEADER.match(data, at)
                if self._header or (not last and len(data) - at < LONGEST_HEADER):
                    return at
            at += 1
        return len(data) if last else max(self._at, len(data) - len(MARK) + 1)
