"""The Cluster Information Base: `cib.xml`, `cib.xml.live`, what `cibadmin -Q` prints.

    <cib crm_feature_set="3.0.6" validate-with="pacemaker-1.2" epoch="7" num_updates="2" admin_epoch="0">
      <configuration>
        <crm_config>
          <cluster_property_set id="cib-bootstrap-options">
            <nvpair id="a" name="stonith-enabled" value="false"/>

gives `cib.epoch` and `property.stonith-enabled`.  Further paths: `rsc_default.<name>`, `op_default.<name>`,
`node[0].id`, `node[0].attribute.standby`, `primitive[0].class`, `primitive[0].meta.is-managed`,
`primitive[0].param.pcmk_host_list`, `resources.stonith` (how many fence devices), `node_state[0].crmd`,
`node_state[0].attribute.probe_complete`, `lrm_rsc_op[0].rc-code`.
A file that was cut gives what stands before the cut.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable

from pcmklog.model import ConfigResult, Setting
from pcmklog.parsers.config import _xml
from pcmklog.parsers.config._text import COPY, base

FILE = "cib.xml"
NAME = re.compile(r"(?:^|[-_.])cib\.xml(?:\.live|\.txt)?$")
# Older generations of the CIB, inputs of the scheduler, shadow copies.
HISTORY = re.compile(r"^(?:cib-\d+\.(?:raw|xml)|pe-(?:input|warn|error)-.*|shadow\..*|.*\.last)$")
DEFAULTS = {"crm_config": "property", "rsc_defaults": "rsc_default", "op_defaults": "op_default"}
ATTRIBUTES = {
    "node": ("id", "uname", "type"),
    "primitive": ("id", "class", "provider", "type", "template"),
    "template": ("id", "class", "provider", "type"),
    "node_state": ("id", "uname", "ha", "in_ccm", "crmd", "join", "expected", "shutdown", "remote_node", "node_fenced"),
    "lrm_rsc_op": ("id", "operation", "rc-code", "op-status", "interval", "last-rc-change", "exit-reason"),
}
# Of the parameters of resources only those that steer fencing: the others are the user's, and some are passwords.
PARAMETER = re.compile(r"pcmk_\w+|delay")


def wants(path: str, head: bytes) -> bool:
    """XML whose root is `cib` and that is no older generation; XML that is too broken to tell, if it has the name."""
    name = base(path)
    if HISTORY.search(name) or COPY.search(name):
        return False
    root = _xml.root(head)
    return root == "cib" or (not root and NAME.search(name) is not None and head.lstrip().startswith(b"<"))


def settings(data: bytes) -> ConfigResult:
    """What rules ask for, up to the error that stopped the reading."""
    reader = _Reader()
    errors = _xml.read(data, reader.opened, reader.closed)
    return ConfigResult(tuple(reader.found), errors)


class _Reader:
    def __init__(self) -> None:
        self.found: list[Setting] = []
        self.stack: list[str] = []
        self.counts: Counter[str] = Counter()
        self.here: dict[str, str] = {}
        self.uname = self.resource = ""
        self.stonith = self.resources = 0

    def opened(self, tag: str, attributes: dict[str, str], line: int) -> None:
        self.stack.append(tag)
        match tag:
            case "cib" if len(self.stack) == 1:
                self._put("cib", attributes.items(), line)
            case "nvpair":
                self._nvpair(attributes, line)
            case "node" if "nodes" in self.stack:
                self._numbered(tag, attributes, line)
            case "resources":
                self.resources = line
            case "primitive" | "template" if "resources" in self.stack:
                self.stonith += attributes.get("class") == "stonith" and tag == "primitive"
                self._numbered(tag, attributes, line)
            case "node_state":
                self.uname = attributes.get("uname", "")
                self._numbered(tag, attributes, line)
            case "lrm_resource":
                self.resource = attributes.get("id", "")
            case "lrm_rsc_op":
                self._operation(attributes, line)
            case _:
                return

    def closed(self, tag: str) -> None:
        self.stack.pop()
        if tag == "resources":
            self._put("resources", [("stonith", str(self.stonith))], self.resources)

    def _put(self, path: str, pairs: Iterable[tuple[str, str]], line: int) -> None:
        self.found.extend(Setting(FILE, f"{path}.{name}", value, line) for name, value in pairs)

    def _numbered(self, tag: str, attributes: dict[str, str], line: int) -> None:
        path = self.here[tag] = f"{tag}[{self.counts[tag]}]"
        self.counts[tag] += 1
        self._put(path, ((name, attributes[name]) for name in ATTRIBUTES[tag] if name in attributes), line)

    def _operation(self, attributes: dict[str, str], line: int) -> None:
        """An entry of a node's resource history; `on_node` is given for all releases."""
        self._numbered("lrm_rsc_op", attributes, line)
        known = {"resource": self.resource, "on_node": attributes.get("on_node") or self.uname}
        self._put(self.here["lrm_rsc_op"], ((name, value) for name, value in known.items() if value), line)

    def _nvpair(self, attributes: dict[str, str], line: int) -> None:
        name = attributes.get("name")
        path = self._scope(name) if name else None
        if name and path:
            self._put(path, [(name, attributes.get("value", ""))], line)

    def _scope(self, name: str) -> str | None:
        """Where the path of an nvpair begins, by what it stands in; None if nobody asks for it."""
        for tag in reversed(self.stack):
            match tag:
                case "op" | "lrm_rsc_op" | "group" | "clone" | "master" | "bundle":
                    return None
                case "crm_config" | "rsc_defaults" | "op_defaults":
                    return DEFAULTS[tag]
                case "node" | "node_state":
                    return f"{self.here[tag]}.attribute" if tag in self.here else None
                case "primitive" | "template":
                    return self._of_resource(tag, name)
                case _:
                    continue
        return None

    def _of_resource(self, tag: str, name: str) -> str | None:
        if tag not in self.here:
            return None
        if "meta_attributes" in self.stack:
            return f"{self.here[tag]}.meta"
        return f"{self.here[tag]}.param" if PARAMETER.fullmatch(name) else None
