"""One fact, many witnesses: joins the lines of several files that tell the same event.

Lines of one node with equal daemon, kind and wording, in different sources, within a second and a half, are one
event.  Two equal lines of one source are two events.
"""

from __future__ import annotations

from pcmklog.store import Store

WINDOW = 1.5  # seconds: a syslog stamp is cut to the second, and a daemon may write its two files one after the other
WINDOW_UNSTAMPED = 60.0  # a line without a stamp has the time of the line before it
SEVERAL = """
select f.id, hash(f.node, f.daemon, f.kind, f.essence) as key, f.logged, f.source, f.digits
from fact f
join (
  select node, daemon, kind, essence
  from fact
  where logged is not null
  group by all having count(distinct source) > 1
) k on k.node is not distinct from f.node and k.daemon = f.daemon and k.kind = f.kind and k.essence = f.essence
where f.logged is not null
order by key, f.logged, f.source, f.line
"""


def join(store: Store) -> None:
    """Makes the tables `fact`, `event` and `witness` from the raw events."""
    store.script("derive")
    store.execute("create table same_fact (fact bigint, leader bigint)")
    store.insert("same_fact", _clusters(store))
    store.script("event")


def _clusters(store: Store) -> dict[str, list[object]]:
    """For each fact that is in several sources, the fact that it is joined with (the first of its cluster)."""
    facts: list[object] = []
    leaders: list[object] = []
    key_before: int | None = None
    open_clusters: list[tuple[float, int, set[int]]] = []
    for fact, key, logged, source, digits in store.connection.execute(SEVERAL).fetchall():
        if key != key_before:
            key_before, open_clusters = key, []
        window = WINDOW if digits >= 0 else WINDOW_UNSTAMPED
        open_clusters = [cluster for cluster in open_clusters if logged - cluster[0] <= WINDOW_UNSTAMPED]
        fitting = (c for c in open_clusters if source not in c[2] and logged - c[0] <= window)
        cluster = next(fitting, None)
        if cluster is None:
            cluster = (logged, fact, set())
            open_clusters.append(cluster)
        cluster[2].add(source)
        leader = cluster[1]
        facts.append(fact)
        leaders.append(leader)
    return {"fact": facts, "leader": leaders}
