-- Times on the cluster clock: an offset below a second is left alone where the stamps have whole seconds only.
update event set ts = logged - c.zone_s - (case when c.given or abs(c.offset_s) >= 1 or (event.digits > 0 and abs(c.offset_s) >= 0.05) then c.offset_s else 0 end)
from clock c where c.node = event.node and (c.zone_s <> 0 or c.offset_s <> 0);

update source set
  first_ts = epoch(make_timestamp((s.first_local * 1000000)::bigint) + to_years((case when s.first_year < 1000 then s.base_year + s.first_year - 2000 else 0 end)::integer))
    - coalesce(s.first_zone, x.first, z.utc_offset, 0) - coalesce(c.zone_s, 0) - coalesce(c.offset_s, 0),
  last_ts = epoch(make_timestamp((s.last_local * 1000000)::bigint) + to_years((case when s.last_year < 1000 then s.base_year + s.last_year - 2000 else 0 end)::integer))
    - coalesce(s.last_zone, x.last, z.utc_offset, 0) - coalesce(c.zone_s, 0) - coalesce(c.offset_s, 0)
from source s left join node_zone z on z.node = s.node left join zone_end x on x.source = s.id
  left join clock c on c.node = s.node
where s.id = source.id and s.first_local is not null;
