"""Pacemaker's daemons were forked in another order than this release has it.

## What it finds
The forks of one start, as the parent (pacemakerd, or Corosync with the plugin's `ver: 0`) logged them, against the
order of the release: stonith-ng, cib, lrmd, attrd, pengine, crmd up to 1.1.6; the CIB first since 1.1.7. The respawn
of a single daemon, a start that adopts daemons of an earlier pacemakerd, and the daemons' own first lines, which
interleave, prove nothing and are left out.

## Why it matters
Each daemon is a client of those before it: a controller that comes before the CIB, the fencer or the executor fails
its first connections, waits, and may give up. A parent that has its own order is no build of that release: a patched
or mixed installation.

## What to do
Compare the packages on that node (`rpm -qa 'pacemaker*' 'corosync*'`, `dpkg -l`): all of Pacemaker must be of one
build, and `rpm -V pacemaker` clean. Restart Pacemaker on the node (`systemctl restart pacemaker`; with `ver: 0`
Corosync as a whole). If the order is wrong again, reinstall the release. On the plugin with `ver: 0` move to `ver: 1`
or CMAN, where pacemakerd forks the daemons.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from pcmklog import daemons
from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.sequences import child_order
from pcmklog.store import Row, Store
from pcmklog.words import clock

BURST = 10.0  # seconds in which a parent has forked all of its children
PARENTS = """
select p.id, p.node, p.role, p.began,
  case when p.role = 'mcp' then coalesce(p.version, n.pacemaker) else n.pacemaker end as version
from life p join node n on n.name = p.node
where p.began is not null and p.how not in ('refused', 'failed')
  and (p.role = 'mcp' or (p.role = 'messaging' and p.stack = 'plugin-v0'))
  and not exists (select 1 from life c where c.parent = p.id and c.adopted)
order by p.began, p.node
"""


@rule("ORD105", "daemon-start-out-of-order", "warning", reads=("child.forked",))
def daemon_start_out_of_order(store: Store) -> Iterator[Finding]:
    """Starts whose forks do not rise in the order of the release."""
    told: dict[str, list[Event]] = {}
    for event in store.events("child.forked", "child.exited", "child.signalled", "child.respawned"):
        if event.node is not None and event.ts is not None:
            told.setdefault(event.node, []).append(event)
    for parent in store.rows(PARENTS):
        order = child_order(parent.role, parent.version)
        forks = list(_burst(told.get(parent.node, []), parent))
        if not order or len(forks) < 3:
            continue
        wrong = _first_wrong(forks, order)
        if wrong is None:
            continue
        early, late = wrong
        yield Finding(
            parent.node,
            f"On {parent.node} {early.fields['child']} was forked at {clock(early.ts)}, before {late.fields['child']}, "
            f"which Pacemaker {parent.version} starts first.",
            at=early.ts,
            until=late.ts if late.ts != early.ts else None,
            evidence=tuple(dict.fromkeys((early.id, late.id, *(fork.id for fork in forks)))),
        )


def _burst(told: list[Event], parent: Row) -> Iterator[Event]:
    """The forks of one start, up to the first daemon that comes back or ends; `told` is in the order of time."""
    seen: set[str] = set()
    for event in told[bisect_left(told, parent.began - 1, key=lambda event: event.ts or 0.0) :]:
        if (event.ts or 0.0) > parent.began + BURST:
            return
        if (daemons.role(event.daemon) == "mcp") != (parent.role == "mcp"):
            continue
        role = daemons.role(event.fields.get("child", ""))
        if event.kind != "child.forked" or role in seen:
            return
        if role:
            seen.add(role)
            yield event


def _first_wrong(forks: list[Event], order: tuple[str, ...]) -> tuple[Event, Event] | None:
    """The first pair of forks in the wrong order: the one that came too early, and the one it overtook."""
    known = [fork for fork in forks if daemons.role(fork.fields["child"]) in order]
    ranks = [order.index(daemons.role(fork.fields["child"])) for fork in known]
    for n, rank in enumerate(ranks):
        for m in range(n + 1, len(ranks)):
            if ranks[m] < rank:
                return known[n], known[m]
    return None
