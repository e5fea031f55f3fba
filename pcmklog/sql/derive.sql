-- Facts and their witnesses.  Needs source.node, source.base_year, node_alias (filled by nodes.py), node_zone
-- and zone_shift (filled by dating/).

-- a raw event with its node and the time that the node wrote; what it says stands in raw_event alone
create table fact as
select
  r.id,                  -- the place in raw_event
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
  r.pid,
  coalesce(d.role, '') as role,
  -- of the daemon and of what it says before the detail: equal for the witnesses of one event
  hash(coalesce(a.node, s.node), r.daemon, r.kind, case
    when contains(r.text, '| ') or contains(r.text, '#011') or r.text[-1:] in (' ', '.', chr(9))
    then rtrim(replace(split_part(r.text, '| ', 1), '#011', chr(9)), ' .' || chr(9))
    else r.text
  end) as key,
  length(r.text) as length
from (select row_number() over () as id, * from raw_event) r
join source s on s.id = r.source
left join daemon d on d.name = r.daemon
left join node_alias a on a.host = r.host
left join node_zone z on z.node = coalesce(a.node, s.node)
left join zone_shift x on x.source = r.source and x.line = r.line;
