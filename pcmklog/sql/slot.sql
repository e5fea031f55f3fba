-- Facts that several sources may tell, in slots: the nth time that one process says one thing in one second.  What
-- different sources have in the same slot is one event.
create table slot as
with shared as (
  select key from fact where logged is not null group by key having min(source) < max(source)
),
keyed as (
  select id, source, line, logged, digits, key,
    -- Corosync's own file has the pid of the process that opened it, syslog that of the daemon
    case when role = 'messaging' then null else pid end as pid
  from fact
  where logged is not null and key in (from shared)
),
counted as (
  select *, row_number() over (partition by key, pid, source, floor(logged) order by line) as nth
  from keyed
)
select id, source, logged, digits, key, pid, min(id) over (partition by key, pid, floor(logged), nth) as leader
from counted;
