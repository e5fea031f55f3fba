-- Clocks that were set or drift: each event by its own offset.
update event set ts = logged - c.zone_s - s.offset_s
from event_shift s, clock c
where s.event = event.id and c.node = event.node;

update source set first_ts = first_ts + e.constant - e.first_offset, last_ts = last_ts + e.constant - e.last_offset
from (
  select w.source, any_value(c.offset_s) as constant,
    arg_min(s.offset_s, w.line) as first_offset, arg_max(s.offset_s, w.line) as last_offset
  from event_shift s join event v on v.id = s.event join witness w on w.event = s.event join clock c on c.node = v.node
  group by w.source
) e
where e.source = source.id and first_ts is not null;
