-- The facts of the cluster, each once; what many rules read.

-- Of several witnesses the most precise stamp leads, then the fullest file: so that events of one second keep the order
-- that they have in that file.  The longest has all words: syslog cuts the detail behind ` | `.
create table fact_leader as
with many as (
  select leader from same_fact group by leader having count(*) > 1
), ranked as (
  select f.id, m.leader, row_number() over lead as rank,
    first_value(f.id) over (partition by m.leader order by f.length desc, f.digits desc, r.lines desc, f.source, f.line)
      as longest,
    -- Corosync's own file has the pid of the process that opened it, syslog that of the daemon
    case when f.role = 'messaging' then min(f.pid) filter (r.format like 'syslog%' or r.format like 'journal%')
      over (partition by m.leader) end as pid
  from many m join same_fact w using (leader) join fact f on f.id = w.fact join source r on r.id = f.source
  window lead as (partition by m.leader order by f.digits desc, r.lines desc, f.length desc, f.source, f.line)
)
select f.id as fact, coalesce(k.leader, f.id) as leader, coalesce(k.rank, 1) as rank,
  nullif(k.longest, f.id) as longest, k.pid
from fact f left join ranked k using (id);

-- A line of a file of whole seconds that another file leads: what only the first one has stands beside it.
create temp table beside as
select f.source, f.logged, f.line, p.source as lead_source, p.line as lead_line
from fact_leader w join fact f on f.id = w.fact
join fact_leader l on l.leader = w.leader and l.rank = 1 join fact p on p.id = l.fact
where w.rank > 1 and f.digits = 0 and p.logged = f.logged and p.source <> f.source;

create temp table placed as
select f.id as fact, coalesce(a.lead_source, z.lead_source) as lead_source, coalesce(a.lead_line, z.lead_line) as lead_line,
  case when a.source is not null then 1 else -1 end as side
from (select id, source, logged, line from fact where source in (select source from beside)) f
asof left join beside a on a.source = f.source and a.logged = f.logged and f.line >= a.line
asof left join beside z on z.source = f.source and z.logged = f.logged and f.line <= z.line
where a.source is not null or z.source is not null;

-- the events in the order of `logged`, those of one second in the order of their files
create table event_order as
select row_number() over () as id, * from (
  select f.id as fact, l.leader, l.longest, f.node, f.logged, f.digits, f.role, coalesce(l.pid, f.pid) as pid
  from fact_leader l join fact f on f.id = l.fact
  left join placed p on p.fact = l.fact
  where l.rank = 1
  order by f.logged nulls first, coalesce(p.lead_source, f.source), coalesce(p.lead_line, f.line), coalesce(p.side, 0),
    f.source, f.line
);

create table wording as
select * from (select row_number() over () as fact, text, fields from raw_event)
where fact in (select longest from event_order);

create table event as
select
  o.id::bigint as id,        -- in the order of `logged`
  o.node,                    -- null when no file says whose line it is
  o.logged as ts,            -- seconds since 1970 UTC on the cluster clock (clock.py corrects it)
  o.logged,                  -- the same as the node itself wrote it
  o.digits,                  -- decimals of the stamp; -1 when the line has no stamp of its own
  s.daemon,                  -- program as logged: crmd, pacemaker-controld, corosync, systemd ...
  o.role,                    -- what it does, whatever its name: controller, messaging, mcp ...; or empty
  s.subsystem,               -- Corosync's: TOTEM, pcmk ...
  o.pid,
  s.kind,
  s.template,
  s.level,                   -- emerg alert crit error warning notice info debug trace, or empty
  coalesce(l.text, s.text) as text,
  coalesce(l.fields, s.fields) as fields,   -- JSON: fields->>'child'
  s.source, s.line           -- the most precise witness
from (select row_number() over () as fact, * from raw_event) s
join event_order o using (fact)
left join wording l on l.fact = o.longest;

-- every line that tells an event; rank 1 is the most precise
create table witness as
select o.id::bigint as event, f.source, f.line, l.rank
from fact_leader l join fact f on f.id = l.fact join event_order o using (leader);

update source set classified = c.n
from (select source, count(*) as n from raw_event where kind <> 'log.unexplained' group by source) c
where c.source = source.id;

drop table beside;
drop table placed;
drop table fact_leader;
drop table event_order;
drop table wording;
drop table same_fact;
