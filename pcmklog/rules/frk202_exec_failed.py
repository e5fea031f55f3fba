"""A daemon could be forked, but not executed.

## What it finds
`FATAL: Cannot exec` and `Could not execute` of the forked child, which still logs as pacemakerd; systemd's status
203/EXEC, or 200/CHDIR, for a unit of the cluster. The plugin with `ver: 0` logs nothing: there a child that leaves
with 100 without one line of its own, or with 126 or 127 (a file that the shell cannot run either), is the proof.

## Why it matters
With pacemakerd one daemon that cannot be executed takes all of Pacemaker on that node down, and it stays down; with
`ver: 0` the node lives on without that daemon.

## What to do
The path and the reason stand in the line. `No such file`: the package is missing or of another release (the executor
moved from cluster-glue to Pacemaker with 1.1.8): `rpm -V pacemaker` or `dpkg -V pacemaker`, reinstall matching
packages. `Permission denied`: mode 0755, SELinux or AppArmor, `noexec`. `Exec format error`: wrong architecture, or a
script without `#!`. `Resource temporarily unavailable`: the limit of processes of user hacluster (`limits.conf`,
`LimitNPROC=`, see FRK201).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import NamedTuple

from pcmklog import daemons
from pcmklog.model import Finding
from pcmklog.rule import rule
from pcmklog.rules._ending import Ending, of_unit
from pcmklog.rules._endings import endings, episodes
from pcmklog.store import Store
from pcmklog.words import clock, times

EPISODE = 120.0
PROOFS = 12
SHELL = {126: "the file may not be executed", 127: "the shell did not find what to execute"}
SYSTEMD = {
    "200": "its working directory is missing (status 200/CHDIR of systemd)",
    "203": "status 203/EXEC of systemd",
}
SAID = """
select 1 from event
where node = ? and pid = ? and ts between ?::double - 60 and ?::double + 1 and daemon not in ('pacemakerd', 'corosync')
limit 1
"""
FORKED = """
select id from event
where node = ? and kind in ('child.forked', 'child.respawn_inhibited') and ts between ?::double - 60 and ?::double + 2
  and (fields->>'pid' = ?::varchar or (kind = 'child.respawn_inhibited' and fields->>'child' = ?))
order by id desc
"""


class Failure(NamedTuple):
    """What could not be executed, why, and the proofs."""

    what: str
    why: str
    ts: float
    proofs: tuple[int, ...]


@rule(
    "FRK202",
    "exec-failed",
    "error",
    reads=("child.forked", "child.exec_failed", "child.exited", "unit.main_exited", "pacemakerd.started"),
)
def exec_failed(store: Store) -> Iterator[Finding]:
    """One finding for each daemon and episode."""
    kept: dict[tuple[str, str], list[tuple[float, Failure]]] = defaultdict(list)
    for node, failure in (*_said(store), *_silent(store)):
        kept[node, failure.what].append((failure.ts, failure))
    for (node, what), failures in kept.items():
        failures.sort(key=lambda pair: pair[0])
        for group in episodes(failures, EPISODE):
            first, last = group[0], group[-1]
            often = f" ({times(len(group))} until {clock(last.ts)})" if len(group) > 1 else ""
            yield Finding(
                node,
                f"{what} could not be executed on {node} at {clock(first.ts)}: {first.why}{often}.",
                at=first.ts,
                until=last.ts if last.ts > first.ts else None,
                evidence=tuple(dict.fromkeys(proof for failure in group[:PROOFS] for proof in failure.proofs)),
            )


def _said(store: Store) -> Iterator[tuple[str, Failure]]:
    for event in store.events("child.exec_failed", "unit.main_exited"):
        if event.node is None or event.ts is None:
            continue
        fields = event.fields
        if event.kind == "child.exec_failed":
            why = fields.get("reason") or "no reason was given"
            what = fields.get("path") or fields.get("child", "")
            yield event.node, Failure(what.rsplit("/", 1)[-1], why, event.ts, (event.id,))
        elif of_unit(fields.get("unit", "")) and fields.get("status", "").partition("/")[0] in SYSTEMD:
            why = SYSTEMD[fields["status"].partition("/")[0]]
            yield event.node, Failure(of_unit(fields["unit"]), why, event.ts, (event.id,))


def _silent(store: Store) -> Iterator[tuple[str, Failure]]:
    """Children of which only the status tells."""
    for end in endings(store).ends:
        why = SHELL.get(end.status or 0, "")
        if (
            not why
            and end.status == 100
            and _by_corosync(store, end)
            and not store.one(SAID, end.node, end.pid, end.ts, end.ts)
        ):
            why = "it left with status 100 without a line of its own"
        if why and not end.ordered:
            forks = store.rows(FORKED, end.node, end.ts, end.ts, end.pid, end.daemon)
            yield end.node, Failure(end.daemon, why, end.ts, (*end.events, *(row.id for row in forks)))


def _by_corosync(store: Store, end: Ending) -> bool:
    """Whether Corosync was its parent."""
    teller = store.event(end.events[0])
    return end.pid is not None and daemons.role(teller.daemon) == "messaging"
