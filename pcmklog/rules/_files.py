"""The configuration files of the nodes side by side: what several rules ask of them.

A node may have its file twice in a bundle (in `/etc` and in a crm_report); the fullest one counts.  A file that
belongs to no node is that of the whole cluster.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from pcmklog.model import Line
from pcmklog.store import Row, Store

CHOICE = """
select s.node, s.source, count(*) as n, any_value(f.path) as place
from setting s join source f on f.id = s.source
where s.file = ?
group by s.node, s.source
order by s.node nulls last, regexp_matches(place, '(^|/)etc/') desc, n desc, s.source
"""
SECTION = re.compile(r"^(.*\b(?:nodelist\.node|clusternodes\.clusternode)\[\d+\])\.([^.]+)$")


class File(NamedTuple):
    """One configuration file: whose it is, and its settings by their paths."""

    node: str | None
    source: int
    values: dict[str, Row]

    def get(self, path: str, default: str = "") -> str:
        """The value of a setting."""
        row = self.values.get(path)
        return row.value.strip() if row is not None else default

    def lines(self, *paths: str) -> Iterator[Line]:
        """Where the settings stand, those that there are."""
        for path in paths:
            if path in self.values:
                yield Line(self.source, self.values[path].line)


class Entry(NamedTuple):
    """A node as a configuration names it: with its name, its id, its addresses and the line where it begins."""

    name: str
    nodeid: str
    addresses: tuple[str, ...]
    lines: tuple[Line, ...]


def files(store: Store, kind: str) -> list[File]:
    """One file for each node that has one, or that of the cluster."""
    chosen: dict[str | None, int] = {}
    for row in store.rows(CHOICE, kind):
        chosen.setdefault(row.node, row.source)
    return [
        File(
            node,
            source,
            {
                row.path: row
                for row in store.rows(
                    "select path, value, line from setting where source = ? and file = ?", source, kind
                )
            },
        )
        for node, source in chosen.items()
    ]


def entries(file: File) -> list[Entry]:
    """The nodes that a corosync.conf or cluster.conf names."""
    found: dict[str, dict[str, Row]] = {}
    for path, row in file.values.items():
        if match := SECTION.match(path):
            found.setdefault(match[1], {})[match[2]] = row
    return [_entry(file, keys) for keys in found.values()]


def _entry(file: File, keys: dict[str, Row]) -> Entry:
    name = keys["name"].value.strip() if "name" in keys else ""
    rings = [keys[key].value.strip() for key in sorted(keys) if re.fullmatch(r"ring\d+_addr", key)]
    shown = [keys[key] for key in ("nodeid", "name", *sorted(k for k in keys if k.startswith("ring"))) if key in keys]
    return Entry(
        name or (rings[0] if rings and not is_address(rings[0]) else ""),
        keys["nodeid"].value.strip() if "nodeid" in keys else "",
        tuple(rings),
        tuple(Line(file.source, row.line) for row in shown),
    )


def services(file: File) -> Iterator[tuple[str, str, str]]:
    """The `service` blocks: their path, their name and their `ver` (`0` when it is not there)."""
    for path, row in file.values.items():
        if re.fullmatch(r"service\[\d+\]\.name", path):
            section = path.removesuffix(".name")
            yield section, row.value.strip(), file.get(f"{section}.ver", "0")


def is_address(text: str) -> bool:
    """Whether the text is an IP address."""
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True


def short(name: str) -> str:
    """A host name without its domain, as names are compared."""
    return name.lower() if is_address(name) else name.partition(".")[0].lower()


def plain(values: Iterable[str | None]) -> list[str]:
    """The values that are there, each once, in order."""
    return list(dict.fromkeys(value for value in values if value))
