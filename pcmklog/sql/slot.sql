-- Facts that several sources may tell, in slots: the nth time that one process says one thing in one second.  What
-- different sources have in the same slot is one event.
create table slot as
with keyed as (
  select f.id, f.source, f.line, f.logged, f.digits,
    hash(f.node, f.daemon, f.kind, f.essence) as key,
    -- Corosync's own file has the pid of the process that opened it, syslog that of the daemon
    case when d.role = 'messaging' then null else f.pid end as pid
  from fact f left join daemon d on d.name = f.daemon
  where f.logged is not null
),
counted as (
  select *, row_number() over (partition by key, pid, source, floor(logged) order by line) as nth
  from keyed
  where key in (select key from keyed group by key having count(distinct source) > 1)
)
select id, source, logged, digits, key, pid, min(id) over (partition by key, pid, floor(logged), nth) as leader
from counted;
