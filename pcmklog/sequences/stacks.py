"""Which stack a node runs: by what its logs prove, and where they are silent by its configuration.

A node may change its stack, so each life of the messaging layer has its own; the node has that of its last life.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import NamedTuple

from pcmklog.model import Event
from pcmklog.sequences.model import version_key
from pcmklog.store import Store

PLUGIN_NAME = re.compile(r"(?:openais|classic openais|plugin)", re.IGNORECASE)
ENGINE_VERSION = re.compile(r"Pacemaker Cluster Manager (\d[\w.]*)")


TELLING = frozenset(
    [
        "plugin.mcp_mode", "plugin.started", "cman.started", "fencing.cman_told", "corosync.started",
        "pacemakerd.started", "plugin.option", "corosync.engine_loaded", "quorum.provider", "stack.detected",
        "stack.connecting", "stack.reading", "child.forked",
    ]
)  # fmt: skip
"""Kinds that say something by what is in them; of all other events only who logged them is a sign."""


def speaker(event: Event) -> str:
    """Who logged an event, as far as it is a sign: events of one speaker, not of a kind that tells, say the same."""
    if event.daemon == "heartbeat" or event.subsystem in ("pcmk", "VOTEQ"):
        return f"{event.daemon} {event.subsystem}"
    return "pacemaker-" if event.daemon.startswith("pacemaker-") else ""


class Configured(NamedTuple):
    """What the configuration of a node asks for."""

    stack: str | None
    plugin_ver: int | None


@dataclass
class Signs:
    """What the log of one life of the messaging layer says about the stack."""

    plugin: bool = False
    mcp_mode: bool = False
    ver: int | None = None
    cman: bool = False
    votequorum: bool = False
    corosync: str | None = None
    heartbeat: bool = False
    detected: str | None = None
    forked_by_corosync: bool = False
    pacemaker: str | None = None

    def note(self, event: Event) -> None:
        """Takes one event into account."""
        kind, fields = event.kind, event.fields
        self.mcp_mode |= kind == "plugin.mcp_mode"
        self.plugin |= kind in ("plugin.mcp_mode", "plugin.started")
        self.cman |= kind in ("cman.started", "fencing.cman_told")
        self.heartbeat |= event.daemon == "heartbeat"
        self.plugin |= event.subsystem == "pcmk"
        self.votequorum |= event.subsystem == "VOTEQ" or event.daemon.startswith("pacemaker-")
        if kind == "corosync.started":
            self.corosync = fields.get("version") or self.corosync
        elif kind == "pacemakerd.started":
            self.pacemaker = fields.get("version") or self.pacemaker
        elif kind == "plugin.option" and fields.get("option") == "ver":
            self.ver = 1 if fields.get("value") == "1" else 0
        elif kind == "corosync.engine_loaded":
            self._engine(fields.get("name", ""))
        elif kind == "quorum.provider":
            self.cman |= "cman" in fields.get("provider", "")
            self.votequorum |= "votequorum" in fields.get("provider", "")
        elif kind in ("stack.detected", "stack.connecting", "stack.reading"):
            self.detected = fields.get("stack") or self.detected
        elif kind == "child.forked" and event.daemon in ("corosync", "aisexec", "openais"):
            self.plugin = self.forked_by_corosync = True

    def _engine(self, name: str) -> None:
        """The names of service engines tell the plugin with its release, and cman."""
        self.cman |= "CMAN" in name
        if found := ENGINE_VERSION.match(name):
            self.plugin = True
            self.pacemaker = self.pacemaker or found[1]

    def stack(self, configured: Configured) -> str | None:
        """The stack, the strongest sign first."""
        modern = version_key(self.corosync) >= (2,)
        if self.cman:
            return "cman"
        if (self.plugin or self.ver is not None) and not modern:
            return self._plugin(configured)
        if self.votequorum or modern:
            return "corosync"
        if self.detected:
            return self._by_detected(configured)
        if self.heartbeat and not self.corosync:
            return "heartbeat"
        return configured.stack

    def _plugin(self, configured: Configured) -> str:
        if self.mcp_mode or self.ver == 1:
            return "plugin-v1"
        if self.forked_by_corosync or self.ver == 0:
            return "plugin-v0"
        return "plugin-v1" if configured.plugin_ver == 1 else "plugin-v0"

    def _by_detected(self, configured: Configured) -> str | None:
        detected = (self.detected or "").lower()
        if PLUGIN_NAME.search(detected):
            return self._plugin(configured)
        return {"cman": "cman", "corosync": "corosync", "heartbeat": "heartbeat"}.get(detected, configured.stack)


def configured(store: Store, node: str | None) -> Configured:
    """What the node's own configuration files ask for."""
    quorum = store.setting("corosync.conf", "quorum.provider", node)
    names = {
        row.path.removesuffix(".name"): row
        for row in store.rows(
            "select * from setting where file = 'corosync.conf' and path like 'service[%].name' "
            "and (node = ? or node is null) order by node nulls last",
            node,
        )
    }
    cman = store.one("select 1 from setting where file = 'cluster.conf' and (node = ? or node is null)", node)
    values = [row.value for row in names.values()]
    if "corosync_cman" in values or (quorum and "cman" in quorum.value):
        return Configured("cman", None)
    if quorum and "votequorum" in quorum.value:
        return Configured("corosync", None)
    for section, row in names.items():
        if row.value == "pacemaker":
            ver = store.one("select value from setting where source = ? and path = ?", row.source, f"{section}.ver")
            mode = 1 if ver and ver.value.strip() == "1" else 0
            return Configured(f"plugin-v{mode}", mode)
    if cman:
        return Configured("cman", None)
    return Configured("corosync" if store.settings("corosync.conf", "nodelist.%", node) else None, None)
