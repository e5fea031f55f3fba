-- What a timeline is made of; temporary, for the database may be open for reading only.  Needs `told`: which findings
-- an event is a proof of.

create or replace temp table entry as
select
  e.id,
  e.ts,                     -- seconds since 1970 UTC on the cluster clock
  e.logged,                 -- the same as the node itself wrote it
  r.local as face,          -- seconds on the clock face of the writer, as the file has it
  e.digits,
  e.node, e.daemon, e.role, e.subsystem, e.pid,
  coalesce(nullif(e.level, ''), 'notice') as level,
  case e.level
    when 'trace' then 0 when 'debug' then 1 when 'info' then 2 when 'warning' then 4 when 'error' then 5
    when 'crit' then 6 when 'alert' then 7 when 'emerg' then 8 else 3 end as severity,
  e.kind, e.text,
  e.source, s.path as file, e.line,
  t.findings                -- null: it proves none
from event e
join source s on s.id = e.source
left join (select source, line, any_value(local) as local from raw_event group by all) r
  on r.source = e.source and r.line = e.line
left join (select event, list(distinct finding) as findings from told group by event) t on t.event = e.id
where e.ts is not null and e.node is not null;
