-- What proves the year and the zone of stamps; filled by dating/.

-- lines in which a daemon tells the seconds since 1970, beside the stamp of the same moment: by its own clock, or, of
-- the attributes that are set on all nodes at once, by that of the DC
create table epoch_line as
select r.source, r.line, coalesce(a.node, s.node) as node, r.year, r.local, r.zone,
  try_cast(regexp_extract(r.text, '(?:pe_calc-[a-z-]+-|-> ?|[=:(])([1-9][0-9]{8,9})\b', 1) as double) as epoch,
  false as history        -- it is the CIB that tells them
from raw_event r
join source s on s.id = r.source
left join node_alias a on a.host = r.host
where r.local is not null and r.digits >= 0 and (
  (r.kind = 'transition.started' and r.fields->>'ref' like 'pe\_calc-%' escape '\')
  or (r.kind = 'attrd.set' and r.fields->>'name' = 'shutdown')
  or (r.kind = 'attrd.sent' and r.text like '%shutdown%')
  or (r.kind = 'resource.failcount_updated' and r.fields->>'at' is not null)
  or (r.kind = 'report.marked')
);
delete from epoch_line where epoch is null;

-- the scheduler notes in its input when it ran, and says in the log which input that was
insert into epoch_line
select r.source, r.line, s.node, r.year, r.local, r.zone, try_cast(i.value as double), false
from raw_event r
join source s on s.id = r.source
join setting i on i.file = 'scheduler input' and i.path = 'execution_date' and i.node = s.node
join source n on n.id = i.source
where r.kind = 'transition.calculated' and r.local is not null and r.digits >= 0
  and regexp_extract(n.path, '[^/!]+$') = regexp_extract(r.text, '(pe-[a-z]+-[0-9]+\.bz2)', 1)
  and try_cast(i.value as double) is not null;

-- the CIB has the seconds at which each resource was last started or stopped on a node, whose log has the result
insert into epoch_line
with operation as (
  select coalesce(a.node, o.on_node) as node, o.resource, o.task, max(o.at) as at
  from (
    select source, regexp_extract(path, '^[^.]+') as op,
      any_value(value) filter (ends_with(path, '.resource')) as resource,
      any_value(value) filter (ends_with(path, '.operation')) as task,
      any_value(value) filter (ends_with(path, '.on_node')) as on_node,
      try_cast(any_value(value) filter (ends_with(path, '.last-rc-change')) as bigint) as at
    from setting where file = 'cib.xml' and starts_with(path, 'lrm_rsc_op[')
    group by all
  ) o left join node_alias a on a.host = o.on_node
  where o.at > 100000000 and o.task in ('start', 'stop', 'promote', 'demote', 'migrate_to', 'migrate_from')
  group by all
), result as (
  select r.source, r.line, s.node, r.year, r.local, r.zone,
    coalesce(r.fields->>'rsc', regexp_extract(r.fields->>'op_key', '^(.+?)_(migrate_to|migrate_from|[a-z]+)_\d+$', 1))
      as resource,
    coalesce(r.fields->>'task', regexp_extract(r.fields->>'op_key', '_(migrate_to|migrate_from|[a-z]+)_\d+$', 1))
      as task
  from raw_event r join source s on s.id = r.source
  where r.kind in ('resource.ok', 'resource.failed', 'resource.timed_out', 'resource.result')
    and r.local is not null and r.digits >= 0
)
select r.source, r.line, r.node, r.year, r.local, r.zone, o.at, true
from result r join operation o using (node, resource, task)
qualify row_number() over (partition by r.source, r.resource, r.task order by r.line desc) = 1;

-- which zone the stamps of a node are in that name none
create table node_zone (
  node varchar,
  utc_offset double,      -- seconds east of Greenwich; where the zone changes it, the last one
  zone varchar,           -- name of the zone, where it is known
  proof varchar,          -- given, epoch, history, file, stamps, times, others; see dating/zones.py
  n bigint                -- lines that prove it
);

-- what proves the year of a source whose stamps have none
create table year_proof (source integer, node varchar, proof varchar, n bigint);

-- the offset from UTC of single lines, where a node has no single one
create table zone_shift (source integer, line bigint, utc_offset double);

-- the same for the first and the last line of their sources
create table zone_end (source integer, first double, last double);
