"""What is known of a node: stack, releases, addresses, per life and in all."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, field

from pcmklog.model import Event
from pcmklog.sequences import stacks
from pcmklog.sequences.life import MESSAGING, Life
from pcmklog.sequences.stacks import Configured, Signs, configured, speaker
from pcmklog.store import Store

TELLING = (
    "feature_set.incompatible", "dc.set", "totem.interface_up", "totem.link_configured", "knet.link_configured",
    "plugin.local_nodeid",
)  # fmt: skip
"""Kinds that say something of releases and addresses; the attribute `#feature-set` does so too."""


@dataclass
class Profile:
    """The row of the table `node`, and the stack of each life of the messaging layer."""

    name: str
    configured: Configured
    stack: str | None = None
    plugin_ver: int | None = None
    corosync: str | None = None
    cman: str | None = None
    pacemaker: str | None = None
    feature_set: str | None = None
    nodeid: str | None = None
    addresses: list[str] = field(default_factory=list)
    first_ts: float | None = None
    last_ts: float | None = None
    has_logs: bool = False
    stacks: dict[int, str | None] = field(default_factory=dict)

    def row(self) -> dict[str, object]:
        """The columns of the table `node`."""
        return {
            "name": self.name,
            "nodeid": self.nodeid,
            "addresses": self.addresses,
            "stack": self.stack,
            "configured": self.configured.stack,
            "plugin_ver": self.plugin_ver,
            "corosync": self.corosync,
            "cman": self.cman,
            "pacemaker": self.pacemaker,
            "feature_set": self.feature_set,
            "first_ts": self.first_ts,
            "last_ts": self.last_ts,
            "has_logs": self.has_logs,
        }


def profile(
    store: Store, node: str, lives: Sequence[Life], events: Sequence[Event], undated: Sequence[Event] = ()
) -> Profile:
    """All that events and configuration tell of a node; `undated` are those of a log without time stamps."""
    known = Profile(node, configured(store, node))
    _stacks(known, lives, events, undated)
    _releases(known, store, node, events)
    _identity(known, store, node, events)
    if events:
        known.first_ts, known.last_ts, known.has_logs = events[0].ts, events[-1].ts, True
    return known


def _stacks(known: Profile, lives: Sequence[Life], events: Sequence[Event], undated: Sequence[Event]) -> None:
    """Signs are gathered per life of the messaging layer, and once over the whole log."""
    messaging = [life for life in lives if life.role == MESSAGING]
    per_life = {life.id: Signs() for life in messaging}
    whole = Signs()
    for event in undated:
        for signs in (whole, *per_life.values()):
            signs.note(event)
    telling, spoken = [event for event in events if event.kind in stacks.TELLING], _spoken(events)
    for event in (*telling, *(said[0] for said in spoken)):
        whole.note(event)
    for life in messaging:
        for said in spoken:
            for event in _during(life, said)[:1]:
                per_life[life.id].note(event)
        for event in _during(life, telling):
            per_life[life.id].note(event)
    for life in messaging:
        known.stacks[life.id] = per_life[life.id].stack(known.configured) or whole.stack(known.configured)
    lasting = [life for life in messaging if life.how not in ("refused", "failed")] or messaging
    known.stack = (known.stacks[lasting[-1].id] if lasting else None) or whole.stack(known.configured)
    if known.stack in ("plugin-v0", "plugin-v1"):
        known.plugin_ver = int(known.stack[-1])


def _spoken(events: Sequence[Event]) -> list[list[Event]]:
    """Events by who logged them, where that is a sign."""
    by_speaker: dict[str, list[Event]] = {}
    for event in events:
        if who := speaker(event):
            by_speaker.setdefault(who, []).append(event)
    return [*by_speaker.values()]


def _during(life: Life, events: Sequence[Event]) -> Sequence[Event]:
    """Those of the events, which are in the order of time, that were logged in this life or a second beside it."""
    low = 0 if life.began is None else bisect_left(events, life.began - 1, key=_ts)
    return events[low : None if life.ended is None else bisect_right(events, life.ended + 1, key=_ts)]


def _ts(event: Event) -> float:
    return event.ts or 0.0


def _releases(known: Profile, store: Store, node: str, events: Sequence[Event]) -> None:
    told = {row.product: row.exact for row in store.rows("select product, exact from release where node = ?", node)}
    known.corosync, known.pacemaker, known.cman = (told.get(name) for name in ("corosync", "pacemaker", "cman"))
    for event in events:
        if event.kind == "feature_set.incompatible":
            known.feature_set = event.fields.get("own") or known.feature_set
        elif event.kind == "attrd.set" and event.fields.get("name") == "#feature-set":
            if event.fields.get("node") == node:
                known.feature_set = event.fields.get("new") or known.feature_set
        elif event.kind == "dc.set" and event.fields.get("node") == node:
            known.feature_set = event.fields.get("feature_set") or known.feature_set
    if known.feature_set is None and (head := store.setting("cib.xml", "cib.crm_feature_set", node)):
        known.feature_set = head.value


def _identity(known: Profile, store: Store, node: str, events: Sequence[Event]) -> None:
    addresses: dict[str, None] = {}
    for event in events:
        if event.kind in ("totem.interface_up", "totem.link_configured", "knet.link_configured"):
            value = event.fields.get("address") or event.fields.get("ip")
            if value:
                addresses[value] = None
        elif event.kind == "plugin.local_nodeid":
            known.nodeid = event.fields.get("nodeid")
    for row in store.rows(
        "select path, value from setting "
        "where file = 'corosync.conf' and path like 'nodelist.node[%].name' and value = ? limit 1",
        node,
    ):
        base = row.path.removesuffix(".name")
        for more in store.rows(
            "select path, value from setting where file = 'corosync.conf' and starts_with(path, ? || '.')", base
        ):
            if more.path.endswith(".nodeid"):
                known.nodeid = known.nodeid or more.value
            elif "ring" in more.path and more.path.endswith("_addr"):
                addresses[more.value] = None
    known.addresses = list(addresses)
