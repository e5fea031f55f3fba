"""A node was refused, or refused itself, because the CRM feature sets or CIB formats do not fit.

## What it finds
The words of both sides: `Local feature set ... is incompatible with DC's` and `We can only support up to CRM feature
set ...` of the node that came, `Rejecting join-... because feature set ... is incompatible with ours` of the DC, and
`Discarding update with feature set ... greater than our own` of an old CIB daemon whose peers write a newer one. The
node named is the one with the older set. Also an executor, mostly of a Pacemaker Remote node, whose protocol the
cluster does not speak.

## Why it matters
A Pacemaker may only join a DC whose feature set is not newer than its own. Up to 1.1 the CIB itself carries the set
of its last writer, and an older node can no longer apply updates: its copy goes stale, or it elects itself DC beside
the other. Current releases give up at once: the controller ends with the code that forbids a respawn, pacemakerd
stops everything and even asks Corosync to stop.

## What to do
Upgrade the node that was refused to the release of the others (`pacemakerd --features` shows the feature set,
`crm_mon -1` the DC's), then start it. There is no way back for the CIB of a cluster whose old nodes are all gone.
When an upgrade is under way, keep at least one node of the old release running until every node is upgraded: the DC
stays with the oldest. A node that must be re-installed gets the newer release.
"""

from __future__ import annotations

from collections.abc import Iterator

from pcmklog.model import Event, Finding
from pcmklog.rule import rule
from pcmklog.rules._episodes import episodes
from pcmklog.store import Store
from pcmklog.words import clock, times

KINDS = (
    "feature_set.incompatible",
    "feature_set.unsupported",
    "feature_set.update_discarded",
    "join.feature_set_refused",
)
EPISODE = 900.0  # seconds: attempts to join that follow each other are one refusal
ECHOES = """
select id from event
where node = ? and ts between ? - 0.5 and ? + 3
  and kind in ('join.refused', 'child.fatal', 'pacemakerd.respawn_inhibited', 'daemon.respawn_inhibited',
               'child.respawn_inhibited')
order by ts, id
limit 6
"""


@rule("VER306", "feature-set-refused", "error", reads=(*KINDS, "dc.set", "join.refused", "executor.version_refused"))
def feature_set_refused(store: Store) -> Iterator[Finding]:
    """Refusals, one for each node and episode."""
    groups: list[tuple[str | None, list[Event]]] = []
    last: dict[str | None, list[Event]] = {}
    for event in store.events(*KINDS):
        subject = _subject(event)
        group = last.get(subject)
        if group is None or (event.ts or 0.0) - (group[-1].ts or 0.0) > EPISODE:
            group = last[subject] = []
            groups.append((subject, group))
        group.append(event)
    for subject, group in groups:
        yield _finding(store, subject, group)
    for node, refused in episodes(store.events("executor.version_refused"), EPISODE):
        yield _executor(node, refused)


def _executor(node: str, group: list[Event]) -> Finding:
    """The executor turned its client down: on a remote node the cluster is too old for it."""
    first = group[0]
    return Finding(
        node,
        f"The executor of {node} turned the cluster down at {clock(first.ts)}: it wants API version "
        f"{first.fields.get('least', '')}, not {first.fields.get('version', '')}.",
        at=first.ts,
        until=group[-1].ts if len(group) > 1 else None,
        evidence=tuple(event.id for event in group[:12]),
    )


def _subject(event: Event) -> str | None:
    """The node with the older feature set: the one that speaks of itself, or the one that the DC turns down."""
    if event.kind == "join.feature_set_refused" or "node" in event.fields:
        return event.fields.get("node")
    return event.node


def _finding(store: Store, subject: str | None, group: list[Event]) -> Finding:
    first, until = group[0], group[-1].ts
    fields = first.fields
    own = fields.get("own", "")
    other = fields.get("feature_set") or fields.get("current") or ""
    if first.kind == "join.feature_set_refused" or "node" in fields:
        own, other = other, own
    again = f" ({times(len(group))})" if len(group) > 1 else ""
    if first.kind == "feature_set.update_discarded":
        told = f"discarded updates of the CIB with feature set {other} from {clock(first.ts)} on"
    elif first.kind == "feature_set.unsupported":
        told = f"could not support the CIB of the cluster ({other}) at {clock(first.ts)}"
    else:
        told = f"was not let into the cluster ({other}) at {clock(first.ts)}"
    echoes = store.rows(ECHOES, subject, first.ts, until) if first.ts is not None else []
    return Finding(
        subject,
        f"{subject} (feature set {own}) {told}{again}.",
        at=first.ts,
        until=until if until != first.ts else None,
        evidence=(*(event.id for event in group[:12]), *(row.id for row in echoes)),
        nodes=tuple({event.node: None for event in group if event.node}),
    )
