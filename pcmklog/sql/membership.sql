-- memberships of the ring, once each: who was in it, who came, who went (as far as lines tell)
create table membership as
select
  coalesce(fields->>'ring', '?') as ring,
  min(ts) as ts,
  list_sort(list_distinct(list(node))) as members,
  list_sort(list_distinct(list(fields->>'joined') filter (where coalesce(fields->>'joined', '') <> ''))) as joined,
  list_sort(list_distinct(list(fields->>'left') filter (where coalesce(fields->>'left', '') <> ''))) as gone,
  arg_min(id, ts) as event    -- the first that told it
from event
where kind = 'totem.membership_formed' and ts is not null
group by all;
