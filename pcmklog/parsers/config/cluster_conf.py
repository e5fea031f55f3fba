"""`cluster.conf`, the configuration of CMAN (XML).

    <cluster name="web" config_version="3">
      <cman two_node="1" expected_votes="1"/>
      <clusternodes>
        <clusternode name="host.example.com" nodeid="1"/>

gives `cluster.name`, `cluster.cman.two_node` and `cluster.clusternodes.clusternode[0].name`.  Every element has a
number but those that stand once in a cluster.
"""

from __future__ import annotations

import re
from collections import Counter

from pcmklog.model import ConfigResult, Setting
from pcmklog.parsers.config import _xml
from pcmklog.parsers.config._text import COPY, base

FILE = "cluster.conf"
SINGLE = frozenset({
    "cluster", "cman", "multicast", "clusternodes", "fence", "unfence", "fencedevices", "fence_daemon", "fence_xvmd",
    "totem", "logging", "quorumd", "dlm", "gfs_controld", "rm", "failoverdomains", "resources",
})  # fmt: skip
NAME = re.compile(r"(?:^|[-_.])cluster\.conf(?:\.txt|\.xml)?$")
# The passwords of fence devices are nobody's business in a report.
SECRET = re.compile(r"pass(?:w|phrase)|secret|community|auth_?key", re.IGNORECASE)
HIDDEN = "(hidden)"


def wants(path: str, head: bytes) -> bool:
    """XML whose root is `cluster`; XML that is too broken to tell, if it has the name."""
    name = base(path)
    if COPY.search(name):
        return False
    if _xml.root(head) == "cluster":
        return b"config_version" in head or NAME.search(name) is not None
    return NAME.search(name) is not None and head.lstrip().startswith(b"<")


def settings(data: bytes) -> ConfigResult:
    """All attributes as settings, up to the error that stopped the reading."""
    reader = _Reader()
    errors = _xml.read(data, reader.opened, reader.closed)
    return ConfigResult(tuple(reader.found), errors)


class _Reader:
    def __init__(self) -> None:
        self.found: list[Setting] = []
        self.paths: list[str] = []
        self.counts: Counter[str] = Counter()

    def opened(self, tag: str, attributes: dict[str, str], line: int) -> None:
        path = f"{self.paths[-1]}.{tag}" if self.paths else tag
        if tag not in SINGLE:
            self.counts[path] += 1
            path = f"{path}[{self.counts[path] - 1}]"
        self.paths.append(path)
        known = ((name, HIDDEN if SECRET.search(name) else value) for name, value in attributes.items())
        self.found.extend(Setting(FILE, f"{path}.{name}", value, line) for name, value in known)

    def closed(self, _tag: str) -> None:
        self.paths.pop()
