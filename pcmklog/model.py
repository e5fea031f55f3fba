"""The values that the stages hand to each other.

Everything here is small, frozen and free of behaviour; this module imports nothing of ours.  Times are seconds
since 1970-01-01 UTC (float).  `ts` is on the cluster's common clock, `logged` is what the node itself wrote.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import IO, NamedTuple, Protocol


class PcmklogError(Exception):
    """What the user gave cannot be analysed; the text is one sentence for standard error (exit status 2)."""


def interrupted(error: Exception) -> bool:
    """Whether an error is what a library made of a signal that came while it worked.

    DuckDB says so of a query; hyperscan puts the exception of the signal's handler into the text of its own.
    """
    return any(word in str(error) for word in ("Query interrupted", "KeyboardInterrupt"))


@dataclass(frozen=True)
class Member:
    """One file of the bundle, opened once, as a stream.

    `path` is where it stands inside the bundle, with `outer.tar.gz!inner/path` for archives in archives;
    `size` is in bytes (None when not known before reading), `mtime` in seconds since 1970 or None.  `first_line` is
    above 1 for a section of a text (`ha.txt!etc/corosync/corosync.conf`): the number of its first line in that text.
    """

    path: str
    size: int | None
    mtime: float | None
    stream: IO[bytes]
    first_line: int = 1


class Note(NamedTuple):
    """What could not be read or was left out: a code such as LOG003 or an empty string, the path, and a sentence."""

    code: str
    path: str
    text: str


class Line(NamedTuple):
    """The address of a log or configuration line: the source's id and the 1-based number."""

    source: int
    line: int


@dataclass(frozen=True)
class Given:
    """What the user says of the clocks, which counts for more than what the bundle proves.

    `year` is that of the newest line without one, `zones` are names or offsets of zones by node (the empty name means
    every node), `offsets` the seconds by which the clock of a node was ahead of the others.
    """

    year: int | None = None
    zones: Mapping[str, str] = field(default_factory=dict)
    offsets: Mapping[str, float] = field(default_factory=dict)


class Evidence(NamedTuple):
    """A line that proves something: where it stands in the bundle, and what it says.

    The number is that in the file on the disk: of a section of a text, in that text.
    """

    node: str | None
    file: str
    line: int
    text: str


class Event(NamedTuple):
    """A fact with its witnesses: a line that a template recognised, counted once however many files hold it.

    `daemon` is the program (`pacemakerd`, `crmd`, `corosync`, `kernel` ...); `subsystem` is Corosync's (`TOTEM`,
    `pcmk`) or an empty string; `level` is one of emerg, alert, crit, error, warning, notice, info, debug, trace or an
    empty string when the format does not tell; `fields` are the holes of the template.
    """

    id: int
    node: str | None
    ts: float | None
    logged: float | None
    daemon: str
    subsystem: str
    pid: int | None
    kind: str
    level: str
    text: str
    fields: Mapping[str, str]
    source: int
    line: int


class Setting(NamedTuple):
    """A value of a configuration or inventory file.

    `file` is its kind (corosync.conf, cluster.conf, cib.xml, packages, hosts ...), `path` the dotted way to it
    with counters for repeated sections (`service[0].ver`, `nodelist.node[1].ring0_addr`), `line` 1-based.
    """

    file: str
    path: str
    value: str
    line: int


class ConfigError(NamedTuple):
    """Where a configuration file is wrong: 1-based line and column, and what was expected."""

    line: int
    column: int
    text: str


@dataclass(frozen=True)
class ConfigResult:
    """What a configuration parser gives: the settings that could be read and the errors that stopped it."""

    settings: tuple[Setting, ...] = ()
    errors: tuple[ConfigError, ...] = ()


class ConfigParser(Protocol):
    """A module in `pcmklog.parsers.config`: says which files it reads and reads them."""

    def wants(self, path: str, head: bytes) -> bool: ...

    def settings(self, data: bytes) -> ConfigResult: ...


@dataclass(frozen=True)
class Finding:
    """One fault, on one node (or between nodes), at one moment, with the lines that prove it.

    `evidence` holds event ids (all witnesses of the event count) and `Line` addresses, the strongest proof first.
    `severity` is critical, error, warning or info; None means the rule's default.
    `at` and `until` are cluster times.  `causes` are hints for the cause graph: codes that may have led to this one.
    """

    node: str | None
    title: str
    at: float | None = None
    until: float | None = None
    evidence: tuple[int | Line, ...] = ()
    nodes: tuple[str, ...] = ()
    explanation: str = ""
    advice: str = ""
    severity: str | None = None
    confidence: float = 0.9
    code: str = ""
    name: str = ""
    id: str = ""
    caused_by: tuple[str, ...] = ()
    extra: Mapping[str, str] = field(default_factory=dict)


SEVERITIES = ("info", "warning", "error", "critical")


class Members(Protocol):
    """What `bundle.open_bundle` gives: iterate once over the members; `notes` grows while reading."""

    kind: str
    name: str
    notes: list[Note]

    def __iter__(self) -> Iterator[Member]: ...
