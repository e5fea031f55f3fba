"""The quorum device or quorum disk was lost.

## What it finds
corosync-qdevice that no longer heard its qnetd (`Server didn't send echo reply message on time`, `Connect timeout`),
`lost contact with quorum device`, and qdiskd that failed, hung or was evicted; and the death of either daemon. The
end of the device's daemon in an ordered stop, and a device that is only being polled, are none.

## Why it matters
The device's votes are gone. The cluster runs on as long as the nodes alone have quorum, and loses it with the next
node that goes.

## What to do
From the node try the qnetd host (`corosync-qnetd-tool -s` there, TCP port 5403, certificates); `corosync-qdevice-tool
-sv` shows the state on the node. For qdiskd look at the paths of the disk (`multipath -ll`), at `interval` and `tko`,
and keep the token timeout above twice their product. `corosync-quorumtool -s` has to show the device's vote again.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.rules._ring import Stops
from pcmklog.state.members import names
from pcmklog.store import Store
from pcmklog.words import clock, times

EPISODE = 120.0
DEVICES = ("corosync-qdevice", "qdiskd")
LOST = (
    "qdevice.echo_missed", "qdevice.connect_failed", "qdevice.disconnected", "qdevice.algorithm_failed",
    "quorum.device_lost", "qdisk.failed", "qdisk.evicted", "qdisk.hung", "qdisk.rebooting", "qdisk.score_low",
)  # fmt: skip


@rule(
    "QRM506",
    "qdevice-lost",
    "warning",
    reads=(*LOST, "quorum.device_awaited", "quorum.device_registered", "qdisk.started"),
)
def qdevice_lost(store: Store) -> Iterator[Finding]:
    """What is said of the loss, by node, within two minutes together."""
    stops = Stops(store, names(store))
    said = store.events(*LOST, "unit.main_exited")
    for node, group in episodes((event for event in said if _lost(stops, event)), EPISODE):
        device = "quorum disk" if group[0].kind.startswith("qdisk") else "quorum device"
        yield Finding(
            node,
            f"{node} lost its {device} at {clock(group[0].ts)}: {group[0].text.split(' | ')[0]} ({times(len(group))}).",
            at=group[0].ts,
            until=group[-1].ts if len(group) > 1 else None,
            evidence=tuple(event.id for event in group[:20]),
        )


def _lost(stops: Stops, event: Event) -> bool:
    """Whether a line tells a loss, and not what a stop of the node brings with it."""
    if event.kind == "unit.main_exited" and not event.fields.get("unit", "").startswith(DEVICES):
        return False
    return not stops.ordered(event.node or "", event.ts or 0.0, before=10.0)
