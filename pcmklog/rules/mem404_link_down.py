"""The network link to a member failed while the process there lived on.

## What it finds
A knet link that went down, a ring that totemrrp marked FAULTY, or an interface that was taken from Corosync, although
the node at the other end had not been stopped and its Corosync went on. Links that fall because a node left, died or
was not scheduled (MEM405), and links that were never up, are none.

## Why it matters
With one link the member is lost as soon as the token times out. With several the cluster runs on, but without the
redundancy it was built for.

## What to do
Look at the interface, cable, switch port and bond of that link (`ip -s link`, `ethtool`), at firewall rules for its
UDP port, and at what the network team changed at that second. `corosync-cfgtool -s` shows each link; on Corosync 1.x
and 2.x a ring marked FAULTY is put back with `corosync-cfgtool -r` once the network is right (1.4 and later do so by
themselves). Never take the interface down with `ifdown` under Corosync 1.x or 2.x. Configure a second link when there
is only one.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._ring import Stops
from pcmklog.state.members import names
from pcmklog.store import Store
from pcmklog.words import clock, listing, times

EPISODE = 15.0  # seconds from one failed link to the next within one episode
FALLS = 8.0  # seconds a link takes to go down after the process at its other end died
ALIVE = """
select 1 from life m
where m.node = ? and m.role = 'messaging' and m.how not in ('refused', 'failed')
  and coalesce(m.began, 0) < ? - 1
  and (m.ended is null or m.ended > ? + 1)
limit 1
"""
SPOKE = "select 1 from event where node = ? and role = 'messaging' and ts > ? + 1 limit 1"
DIED = """
select 1 from life m
where m.node = ? and m.role = 'messaging' and m.ended between ? - ? and ? + 1 and m.how <> 'refused'
limit 1
"""
UP = """
select 1 from event
where kind = 'knet.link_up' and node = ? and fields->>'host' = ? and fields->>'link' = ? and ts <= ?
  and ts >= coalesce((select max(ts) from event where kind = 'corosync.started' and node = ? and ts <= ?), 0)
limit 1
"""
# a Corosync that was not scheduled answers on no link, and finds them all down when it goes on
PAUSED = """
select 1 from event
where kind = 'totem.not_scheduled' and node in (?, ?)
  and ? between ts - try_cast(fields->>'ms' as double) / 1000 - 1 and ts + 3
limit 1
"""
LEAVES = 30.0  # seconds from the last packet of a member to the ring without it
# a member of which there are no logs, and that said goodbye
LEFT = """
select 1 from event e
where e.node = ? and e.ts between ? - ?::double and ? + ?::double
  and (
    (e.kind = 'totem.membership_formed' and list_contains(regexp_split_to_array(e.fields->>'left', '[ ,]+'), ?)
      and not exists (
        select 1 from event x where x.node = e.node and x.kind in ('totem.left_without_leave', 'totem.token_lost')
          and x.ts between e.ts - 10 and e.ts + 1
      ))
    or (e.kind = 'corosync.stopped_by_admin' and e.fields->>'nodeid' = ?)
  )
limit 1
"""
STARTED = "select 1 from event where kind = 'corosync.started' and node = ? and ts <= ? limit 1"


@rule(
    "MEM404",
    "link-down",
    "warning",
    reads=("knet.link_configured", "knet.link_up", "knet.link_down", "rrp.ring_faulty", "totem.interface_up"),
)
def link_down(store: Store) -> Iterator[Finding]:
    """Failed links, those that follow each other closely together."""
    known = names(store)
    stops = Stops(store, known)
    logged = {row.name for row in store.rows("select name from node where has_logs")}
    groups: list[list[Event]] = []
    for event in store.events("knet.link_down", "rrp.ring_faulty", "totem.interface_down"):
        if event.node is None or event.ts is None or stops.ordered(event.node, event.ts):
            continue
        if event.kind == "knet.link_down":
            peer = known.get(event.fields.get("host", ""), "")
            if not _failed(store, event, peer, stops, logged):
                continue
        if groups and event.ts - (groups[-1][-1].ts or 0.0) <= EPISODE:
            groups[-1].append(event)
        else:
            groups.append([event])
    for group in groups:
        yield _finding(sorted(group, key=lambda event: (event.ts or 0.0, event.node or "", event.id)), known, logged)


def _failed(store: Store, event: Event, peer: str, stops: Stops, logged: set[str]) -> bool:
    """Whether the link fell by itself: it had been up, and nothing had happened to the process at its other end."""
    node, ts, host, link = event.node, event.ts or 0.0, event.fields.get("host"), event.fields.get("link")
    started = store.one(STARTED, node, ts) is not None
    if started and store.one(UP, node, host, link, ts, node, ts) is None:
        return False
    if stops.ordered(peer, ts) or store.one(PAUSED, node, peer, ts) is not None:
        return False
    if peer not in logged:
        return store.one(LEFT, node, ts, FALLS, ts, LEAVES, host, host) is None
    if store.one(DIED, peer, ts, FALLS, ts) is not None:
        return False
    return store.one(ALIVE, peer, ts, ts) is not None and store.one(SPOKE, peer, ts) is not None


def _finding(group: list[Event], known: dict[str, str], logged: set[str]) -> Finding:
    first, last = group[0].ts or 0.0, group[-1].ts or 0.0
    observers = list(dict.fromkeys(event.node for event in group if event.node is not None))
    peers = dict.fromkeys(_peer(event, known) for event in group if event.fields.get("host"))
    links = sorted({event.fields["link"] for event in group if event.fields.get("link")})
    subject = (
        observers[0] if all(event.kind == "totem.interface_down" for event in group) and len(observers) == 1 else None
    )
    if subject:
        what = f"The network interface of Corosync on {subject} went down"
    elif peers:
        what = f"Link {listing(links)} {_between(group, known)} went down"
    else:
        what = f"Ring {listing(links)} was marked FAULTY on {listing(observers)}"
    again = f" ({times(len(group))} in all)" if len(group) > 1 else ""
    silent = len(peers) == 1 and not peers.keys() & logged
    or_peer = f", unless {next(iter(peers))} itself was down: there are no logs of it" if silent else ""
    return Finding(
        subject,
        f"{what} at {clock(first)}{again}{or_peer}.",
        at=first,
        until=last if last - first > 1 else None,
        evidence=tuple(event.id for event in group),
        nodes=tuple(dict.fromkeys((*observers, *peers))),
    )


def _peer(event: Event, known: dict[str, str]) -> str:
    host = event.fields.get("host", "")
    return known.get(host, f"node {host}")


def _between(group: list[Event], known: dict[str, str]) -> str:
    """The two ends, whichever of them said it; a node that all failed links have in common stands alone."""
    pairs = {frozenset((event.node or "", _peer(event, known))) for event in group if event.fields.get("host")}
    shared = sorted(frozenset.intersection(*pairs))
    if not shared:
        return f"between {listing(sorted(frozenset.union(*pairs)))}"
    others = sorted(frozenset.union(*pairs) - {shared[0]})
    return f"between {shared[0]} and {others[0]}" if len(others) == 1 else f"from {shared[0]} to {listing(others)}"
