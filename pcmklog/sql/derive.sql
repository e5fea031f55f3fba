-- Facts and their witnesses.  Needs source.node, source.base_year, node_alias (filled by nodes.py), node_zone
-- and zone_shift (filled by dating/).

-- a raw event with its node and the time that the node wrote
create table fact as
select
  row_number() over (order by r.source, r.line) as id,
  r.source,
  r.line,
  coalesce(a.node, s.node) as node,
  case
    when r.local is null then null
    else epoch(make_timestamp((r.local * 1000000)::bigint)
               + to_years((case when r.year < 1000 then s.base_year + r.year - 2000 else 0 end)::integer))
         - coalesce(r.zone, x.utc_offset, z.utc_offset, 0)
  end as logged,
  r.digits,
  r.daemon,
  r.subsystem,
  r.pid,
  r.kind,
  r.template,
  r.level,
  r.text,
  r.fields,
  rtrim(replace(split_part(r.text, '| ', 1), '#011', chr(9)), ' .' || chr(9)) as essence   -- what stands before the detail
from raw_event r
join source s on s.id = r.source
left join node_alias a on a.host = r.host
left join node_zone z on z.node = coalesce(a.node, s.node)
left join zone_shift x on x.source = r.source and x.line = r.line;
