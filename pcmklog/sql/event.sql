-- The facts of the cluster, each once; what many rules read.
create table fact_leader as
-- Of several witnesses the most precise stamp leads, then the fullest file: so that events of one second keep the order
-- that they have in that file.
select f.id, coalesce(s.leader, f.id) as leader,
  row_number() over (
    partition by coalesce(s.leader, f.id) order by f.digits desc, r.lines desc, length(f.text) desc, f.source, f.line
  ) as rank
from fact f join source r on r.id = f.source left join same_fact s on s.fact = f.id;

create table event as
select
  row_number() over (order by f.logged nulls first, f.source, f.line)::bigint as id,  -- in the order of `logged`
  f.node,                    -- null when no file says whose line it is
  f.logged as ts,            -- seconds since 1970 UTC on the cluster clock (clock.py corrects it)
  f.logged,                  -- the same as the node itself wrote it
  f.digits,                  -- decimals of the stamp; -1 when the line has no stamp of its own
  f.daemon,                  -- program as logged: crmd, pacemaker-controld, corosync, systemd ...
  coalesce(d.role, '') as role,   -- what it does, whatever its name: controller, messaging, mcp ...
  f.subsystem,               -- Corosync's: TOTEM, pcmk ...
  coalesce(case when d.role = 'messaging' then p.pid end, f.pid) as pid,
  f.kind,
  f.template,
  f.level,                   -- emerg alert crit error warning notice info debug trace, or empty
  coalesce(t.text, f.text) as text,
  coalesce(t.fields, f.fields) as fields,   -- JSON: fields->>'child'
  f.source, f.line,          -- the most precise witness
  l.leader as fact
from fact_leader l
join fact f on f.id = l.id
left join daemon d on d.name = f.daemon
left join (   -- Corosync's own file has the pid of the process that opened it, syslog that of the daemon
  select l.leader, min(f.pid) as pid
  from fact_leader l join fact f on f.id = l.id join source s on s.id = f.source
  where (s.format like 'syslog%' or s.format like 'journal%') and f.pid is not null
  group by l.leader
) p on p.leader = l.leader
left join (   -- the longest wording: syslog cuts the detail behind ` | `
  select l.leader, arg_max(f.text, length(f.text)) as text, arg_max(f.fields, length(f.fields)) as fields
  from fact_leader l join fact f on f.id = l.id
  group by l.leader having count(*) > 1
) t on t.leader = l.leader
where l.rank = 1;

-- every line that tells an event; rank 1 is the most precise
create table witness as
select e.id as event, f.source, f.line, l.rank
from fact_leader l join fact f on f.id = l.id join event e on e.fact = l.leader;

update source set classified = c.n
from (select source, count(*) as n from raw_event where kind <> 'log.unexplained' group by source) c
where c.source = source.id;

drop table fact_leader;
drop table same_fact;
alter table event drop column fact;
