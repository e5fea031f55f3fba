"""`corosync.conf`, `openais.conf` and the files in `service.d` and `uidgid.d`.

    totem {
            version: 2
            interface {
                    ringnumber: 0
            }
    }

gives `totem.version` and `totem.interface[0].ringnumber`.  Sections that may repeat always have a number; a second
`totem` goes on where the first one ended.  Of equal paths the last one counts, as it does for Corosync.

The rules are those of corosync 3.1 exec/coroparse.c: a statement is a line, `#` begins a comment only at the beginning
of a line, a line with `{` opens a section even if it has a `:` before.  What stops Corosync 3 is an error.  Releases
before 3 skip a line that is no statement, so reading goes on behind it.
"""

from __future__ import annotations

import re
from collections import Counter

import pyparsing as pp

from pcmklog.model import ConfigError, ConfigResult, Setting
from pcmklog.parsers.config._text import COPY, base, lines

FILE = "corosync.conf"
REPEATED = frozenset({
    "interface", "node", "service", "logger", "logger_subsys", "logging_daemon", "member", "uidgid", "clusternode",
    "altname", "method", "fencedevice",
})  # fmt: skip
# uidgid.uid and .gid may stand several times in one section, and all of them count.
LISTS = re.compile(r"^uidgid\[\d+\]\.")
LONGEST_PATH = 255  # ICMAP_KEYNAME_MAXLEN, corosync/icmap.h
LONGEST_LINE = 510  # char line[512] with its line feed, coroparse.c
MOST_LINES = 20_000  # pyparsing reads some ten thousand lines a second
MOST_ERRORS = 20

NAME = re.compile(r"(?:^|[-_.])(?:corosync|openais)\.conf(?:\.txt)?$")
FOLDER = re.compile(r"(?:^|[/!])(?:service|uidgid)\.d/[^/]+$")
SECTIONS = rb"totem|logging|quorum|nodelist|service|uidgid|aisexec|amf|cluster|event|pload|qb|resources|system|nozzle"
FIRST = re.compile(
    rb"(?:\xef\xbb\xbf)?(?:[ \t\r]*(?:#[^\n]*)?\n)*[ \t]*"
    rb"(?:compatibility[ \t]*:|(?:" + SECTIONS + rb")[ \t]*\{[ \t]*\r?(?:\n|\Z))"
)
TOTEM = re.compile(rb"^[ \t]*totem[ \t]*\{", re.MULTILINE)
MARK = b"\xef\xbb\xbf"


def statement() -> pp.ParserElement:
    """The grammar of a line that is no comment: `section {`, `key: value` or `}`.

    Nesting is not part of it: Corosync counts braces line by line, and ten thousand shall not exhaust the stack.
    """
    end = pp.StringEnd().set_name("the end of the line")
    section = pp.Regex(r"[^{]*[^{: \t]")("section")
    key = pp.Regex(r"[^{:]*[^{: \t]")("key")
    value = pp.Optional(pp.Regex(r".+"), default="")("value")
    opening = section + pp.Suppress(pp.Regex(r"[: \t]*\{")) - end
    closing = pp.Literal("}")("closing") - end
    return (opening | key + pp.Suppress(":") - value + end | closing).parse_with_tabs()


STATEMENT = statement()


def wants(path: str, head: bytes) -> bool:
    """By name, or by content: `corosync.conf.txt` is read, `corosync.conf.example` is not in force and is not."""
    name = base(path)
    if COPY.search(name) or head.lstrip().startswith(b"<"):
        return False
    if NAME.search(name):
        return True
    return FIRST.match(head) is not None and (FOLDER.search(path) is not None or TOTEM.search(head) is not None)


def settings(data: bytes) -> ConfigResult:
    """The settings and the errors of a file; what was read before an error is kept."""
    text, nul, _ = data.removeprefix(MARK).partition(b"\0")
    reader = _Reader()
    if data.startswith(MARK):
        reader.fail(1, 1, "expected text, found a byte order mark, which Corosync takes for a part of the first name")
    count = text.count(b"\n") + (not text.endswith(b"\n"))
    for number, line in lines(text):
        if reader.stopped or number > count:
            break
        reader.read(number, line)
    if nul and not reader.stopped:
        reader.stop(count, len(text) - text.rfind(b"\n"), "expected text, found a NUL byte")
    return reader.result(count, len(text.removesuffix(b"\n").rpartition(b"\n")[2].rstrip(b"\r")))


class _Reader:
    def __init__(self) -> None:
        self.found: dict[tuple[str, str], Setting] = {}
        self.errors: list[ConfigError] = []
        self.sections: list[tuple[str, int]] = []
        self.counts: Counter[str] = Counter()
        self.stopped = False

    def read(self, number: int, line: str) -> None:
        text = line.rstrip(" \t")
        bare = text.lstrip(" \t")
        if not bare or bare.startswith("#"):
            return
        if number > MOST_LINES:
            self.stop(number, 1, f"expected at most {MOST_LINES} lines; the rest was not read")
        elif len(text) > LONGEST_LINE:
            text = f"expected at most {LONGEST_LINE} characters in a line (Corosync: Line too long)"
            self.stop(number, LONGEST_LINE + 1, text)
        else:
            self._statement(number, text, len(text) - len(bare) + 1)

    def _statement(self, number: int, text: str, column: int) -> None:
        try:
            parsed = STATEMENT.parse_string(text)
        except pp.ParseSyntaxException as error:
            self.stop(number, error.loc + 1, f"expected the end of the line, found {_shown(text[error.loc :])}")
        except pp.ParseException:
            self.fail(number, column, f"expected `section {{`, `key: value` or `}}`, found {_shown(text.strip())}")
        else:
            self._take(number, column, parsed)

    def _take(self, number: int, column: int, parsed: pp.ParseResults) -> None:
        if "closing" in parsed:
            self._close(number, column)
            return
        name = parsed["section"] if "section" in parsed else parsed["key"]
        if len(self._path()) + len(name) + 1 >= LONGEST_PATH:
            self.stop(number, column, f"expected a path of at most {LONGEST_PATH} characters down to {_shown(name)}")
        elif "section" in parsed:
            self._open(number, name)
        else:
            self._set(f"{self._path()}.{name}".lstrip("."), parsed["value"], number)

    def _path(self) -> str:
        return self.sections[-1][0] if self.sections else ""

    def _open(self, number: int, name: str) -> None:
        path = f"{self._path()}.{name}".lstrip(".")
        if name in REPEATED:
            self.counts[path] += 1
            path = f"{path}[{self.counts[path] - 1}]"
        self.sections.append((path, number))

    def _close(self, number: int, column: int) -> None:
        if self.sections:
            self.sections.pop()
        else:
            text = "expected a section or the end of the file, found '}' (Corosync: Unexpected closing brace)"
            self.stop(number, column, text)

    def _set(self, path: str, value: str, number: int) -> None:
        key = (path, value if LISTS.match(path) else "")
        self.found.pop(key, None)
        self.found[key] = Setting(FILE, path, value, number)

    def fail(self, line: int, column: int, text: str) -> None:
        self.errors.append(ConfigError(line, column, text))
        self.stopped = len(self.errors) >= MOST_ERRORS

    def stop(self, line: int, column: int, text: str) -> None:
        self.fail(line, column, text)
        self.stopped = True

    def result(self, last: int, width: int) -> ConfigResult:
        if self.sections and not self.stopped:
            path, begun = self.sections[-1]
            text = f"expected '}}' for the section `{path}` that begins in line {begun}, found the end of the file"
            self.fail(last, width + 1, f"{text} (Corosync: Missing closing brace)")
        return ConfigResult(tuple(self.found.values()), tuple(self.errors))


def _shown(text: str, longest: int = 40) -> str:
    return repr(text if len(text) <= longest else f"{text[:longest]}...")
