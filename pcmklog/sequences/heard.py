"""What is heard of each node: the events that tell something by themselves, and of all others who spoke when.

Between two events that turn a life nothing depends on how often somebody spoke, only on the first and the last word.
"""

from __future__ import annotations

from itertools import groupby

from pcmklog.model import Event
from pcmklog.sequences import profile, settle, stacks
from pcmklog.sequences.lives import ECHO, turns
from pcmklog.sequences.model import kinds
from pcmklog.store import Store

# A stretch goes from one turn to the next, in two parts: the first holds what may trail an end.
WORDS = """
create temp table heard as
with told as (
  select id, node, ts, source, line, daemon, subsystem, pid, kind in (select unnest(?::varchar[])) as turns,
    kind in (select unnest(?::varchar[])) or (kind = 'attrd.set' and fields->>'name' = '#feature-set') as tells
  from event where node is not null
), placed as (
  select *, row_number() over mine as n, sum(turns::int) over mine as stretch,
    ts < max(case when turns then ts end) over mine + ?::double as trails
  from told
  window mine as (partition by node order by ts nulls first, source, line rows unbounded preceding)
)
select id from placed where turns or tells
union
select unnest([arg_min(id, n), arg_max(id, n)]) from placed
group by node, stretch, trails, daemon, subsystem, pid, ts is null
"""


def heard(store: Store) -> dict[str, list[Event]]:
    """The events by node, in the order of time; those without a time come first."""
    turning = {kind for taken in turns().values() for kind in taken}
    telling = {*kinds(), *stacks.TELLING, *profile.TELLING, *settle.TELLING}
    store.execute(WORDS, sorted(turning), sorted(telling), ECHO)
    events = sorted(store.events_where("id in (from heard)"), key=lambda event: event.node or "")
    store.execute("drop table heard")
    return {node or "": [*group] for node, group in groupby(events, lambda event: event.node)}
