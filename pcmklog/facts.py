"""One fact, many witnesses: joins the lines of several files that tell the same event.

Lines of one process with equal wording in the same second are one event when they stand in different sources; two
equal lines of one source are two events.  Where stamps differ (whole seconds here and milliseconds there, a daemon
that writes its two files one after the other) the nearest within two seconds are joined.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter

from pcmklog.store import Store

WINDOW = 2.0  # seconds: a host that is busy with a fault passes a line on to syslog that late
WINDOW_UNSTAMPED = 60.0  # a line without a stamp has the time of the line before it
NEAR = 8  # clusters of equal sources that are tried: floods would cost their square
# Clusters of keys of which not every cluster has all sources.
PARTIAL = """
with cluster as (
  select key, leader, any_value(pid) as pid, min(logged) as first,
    max(logged + case when digits > 0 then 0 else 1 end) as last, min(digits) < 0 as loose,
    list(source order by source) as sources
  from slot group by key, leader
)
select c.* from cluster c
join (
  select key from cluster group by key
  having count(*) > 1 and min(len(sources)) < len(list_distinct(flatten(list(sources))))
) using (key)
order by key, first, leader
"""


def join(store: Store) -> None:
    """Makes the tables `fact`, `event` and `witness` from the raw events."""
    store.script("derive")
    store.script("slot")
    store.execute("create temp table joined (leader bigint, into_leader bigint)")
    store.insert("joined", _joined(store))
    store.execute(
        "create table same_fact as select s.id as fact, coalesce(j.into_leader, s.leader) as leader "
        "from slot s left join joined j on j.leader = s.leader"
    )
    store.execute("drop table slot; drop table joined")
    store.script("untimed")
    store.script("event")


@dataclass
class _Cluster:
    """Facts of different sources that are one event, from the first stamp to the end of the last."""

    leader: int
    pid: int | None
    first: float
    last: float
    loose: bool
    sources: frozenset[int]
    into: _Cluster | None = None

    def root(self) -> _Cluster:
        root = self
        while root.into is not None:
            root = root.into
        return root

    def gap(self, later: _Cluster) -> float:
        """Seconds between the two; none when the second of one has the other in it."""
        return max(0.0, later.first - self.last)

    def take(self, other: _Cluster) -> None:
        """The other's facts are facts of this event, unless a source would tell it twice, or they had two pids."""
        if self.sources & other.sources or (self.pid != other.pid and None not in (self.pid, other.pid)):
            return
        self.sources |= other.sources
        self.pid = other.pid if self.pid is None else self.pid
        other.into = self


def _joined(store: Store) -> dict[str, list[object]]:
    """For each cluster that is part of another one, that one."""
    rows = store.connection.execute(PARTIAL).fetchall()
    leaders: list[object] = []
    into: list[object] = []
    for _, group in groupby(rows, itemgetter(0)):
        clusters = [
            _Cluster(leader, pid, first, last, loose, frozenset(sources))
            for _, leader, pid, first, last, loose, sources in group
        ]
        pairs = [(a.gap(b), b.first - a.first, n, a, b) for n, (a, b) in enumerate(_near(clusters))]
        for *_, a, b in sorted(pairs, key=itemgetter(0, 1, 2)):
            if a.root() is not b.root():
                a.root().take(b.root())
        for cluster in clusters:
            if cluster.into is not None:
                leaders.append(cluster.leader)
                into.append(cluster.root().leader)
    return {"leader": leaders, "into_leader": into}


def _near(clusters: list[_Cluster]) -> Iterator[tuple[_Cluster, _Cluster]]:
    """Pairs, the earlier one first, that are near enough and have no source in common."""
    before: dict[frozenset[int], list[_Cluster]] = defaultdict(list)
    for later in clusters:
        for sources, earlier in before.items():
            if sources.isdisjoint(later.sources):
                window = WINDOW_UNSTAMPED if later.loose else WINDOW
                for cluster in earlier[-NEAR:]:
                    if later.first - cluster.first <= (WINDOW_UNSTAMPED if cluster.loose else window):
                        yield cluster, later
        before[later.sources].append(later)
