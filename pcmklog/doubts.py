"""What speaks against a finding or weakens it: holes in logs, nodes and daemons without lines, clocks without proof.

It is the same for all rules: a rule tells what it found, and nothing here knows what it looks for.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pcmklog.model import Finding
from pcmklog.store import Row, Store
from pcmklog.words import clock, duration, listing

Report = dict[str, Any]
NEAR = 60.0  # seconds around a finding in which a hole or an unexplained line may concern it
END = 5.0  # seconds between the last line of a node and what was found, in which it is the end of the log
MOST = 5
LOST = """
select node, ts, daemon from event
where kind in ('syslog.rate_limited', 'journal.suppressed', 'log.dropped', 'corosync.log_lost') and ts is not null
order by node, ts, id
"""
STRANGE = "select node, ts from event where kind = 'log.unexplained' and ts is not null and node is not null"
NODES = """
select n.name, n.has_logs, max(s.last_ts) as last, coalesce(c.anchors, 0) as anchors, coalesce(c.given, false) as given
from node n left join clock c on c.node = n.name
left join source s on s.node = n.name and s.role = 'log' and s.classified > 0
group by all
"""
WHOLE = "select id from event where id in (select unnest(?::bigint[])) and digits <= 0"


class Doubts:
    """What of the bundle can weaken a finding, looked up once."""

    def __init__(self, store: Store, missed: Sequence[Report]) -> None:
        self.nodes = {row.name: row for row in store.rows(NODES)}
        self.holes = store.rows("select * from log_hole order by began")
        self.lost = store.rows(LOST)
        self.strange = store.rows(STRANGE)
        self.missed: dict[tuple[str, str], str] = {
            (row["code"], row["node"]): row["reason"] for row in missed if row["node"]
        }

    def of(self, finding: Finding, evidence: Sequence[Mapping[str, Any]]) -> list[str]:
        """Sentences, the weightiest first; none when nothing in the bundle weakens it."""
        if finding.code.startswith("LOG"):
            return []  # they are such a doubt
        nodes = list(dict.fromkeys(node for node in (finding.node, *finding.nodes) if node))
        said = [*self._silent(nodes), *self._gaps(finding, nodes), *self._unread(finding, nodes)]
        said += [
            *self._clocks(finding, nodes),
            *self._ends(finding),
            *_single(evidence),
            *self._unexplained(finding, nodes),
        ]
        return said[:MOST]

    def _silent(self, nodes: Sequence[str]) -> Iterator[str]:
        mute = [node for node in nodes if node in self.nodes and not self.nodes[node].has_logs]
        if mute:
            yield f"The bundle has no logs of {listing(mute)}: what happened there is known from others only."

    def _gaps(self, finding: Finding, nodes: Sequence[str]) -> Iterator[str]:
        if finding.at is None:
            return
        first, last = finding.at - NEAR, (finding.until or finding.at) + NEAR
        for hole in self.holes:
            if hole.node in nodes and hole.began <= last and hole.until >= first:
                yield (
                    f"The logs of {hole.node} have a hole from {clock(hole.began)} to {clock(hole.until)}: "
                    "a line that would say otherwise may have stood there."
                )
        dropped = [row for row in self.lost if row.node in nodes and first <= row.ts <= last]
        if dropped:
            yield (
                f"{dropped[0].daemon} on {dropped[0].node} dropped lines at {clock(dropped[0].ts)}: "
                "what seems missing may have happened."
            )

    def _unread(self, finding: Finding, nodes: Sequence[str]) -> Iterator[str]:
        for node in nodes:
            reason = self.missed.get((finding.code, node))
            if reason and self.nodes[node].has_logs:
                yield f"{node} itself does not tell: {reason.replace(' in its logs', ' stands in its logs')}."

    def _clocks(self, finding: Finding, nodes: Sequence[str]) -> Iterator[str]:
        if len(nodes) < 2 or not any(isinstance(proof, int) for proof in finding.evidence):
            return
        loose = [node for node in nodes if self._loose(node)]
        if loose and len(self.nodes) > 1:
            are = "is" if len(loose) == 1 else "are"
            yield (
                f"No common moment proves the clock of {listing(loose)}, which {are} taken as right: "
                "the order of lines of different nodes is uncertain."
            )

    def _loose(self, node: str) -> bool:
        row: Row | None = self.nodes.get(node)
        return row is not None and row.has_logs and not row.anchors and not row.given

    def _ends(self, finding: Finding) -> Iterator[str]:
        row = self.nodes.get(finding.node or "")
        if row is None or row.last is None or finding.at is None:
            return
        after = row.last - (finding.until or finding.at)
        if -END < after < END:
            left = f"{duration(after)} later" if after >= 0.05 else "with it"
            yield f"The logs of {finding.node} end {left}: what came after is not in the bundle."

    def _unexplained(self, finding: Finding, nodes: Sequence[str]) -> Iterator[str]:
        if finding.at is None:
            return
        first, last = finding.at - NEAR, (finding.until or finding.at) + NEAR
        near = sum(row.node in nodes and first <= row.ts <= last for row in self.strange)
        if near:
            stand = "line stands" if near == 1 else "lines stand"
            yield f"{near} severe {stand} within a minute of it that nobody explains: there may be another cause."


def _single(evidence: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    if len(evidence) == 1:
        yield "It rests on a single line."
